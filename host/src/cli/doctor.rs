//! `dockrev doctor`: what works, what does not, and how to mend it.

use crate::app::App;
use crate::cli::arguments::DoctorArguments;
use crate::cli::output::print_json;
use crate::cli::paint::Tone;
use crate::cli::table::{Cell, Table};
use crate::cli::{Ending, Failure};
use crate::config::Config;
use crate::operations::doctor::{Finding, State, examine};
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    findings: &'a [Finding],
}

pub(super) async fn run(config: &Config, arguments: &DoctorArguments) -> Result<Ending, Failure> {
    show(&examine(&App::new(config), config).await?, arguments)
}

/// Shows what was found, as it was asked for.
pub(super) fn show(findings: &[Finding], arguments: &DoctorArguments) -> Result<Ending, Failure> {
    if arguments.json {
        print_json(&Document { format: "dockrev.doctor/1", findings })?;
    } else {
        print(findings);
    }
    let is_broken = findings.iter().any(|finding| finding.state == State::Broken);
    Ok(if is_broken { Ending::Trouble } else { Ending::Fine })
}

fn print(findings: &[Finding]) {
    let mut table = Table::new(&["", "AREA", "WHAT", "FINDING"]);
    for finding in findings {
        let (tone, word) = match finding.state {
            State::Ok => (Tone::Good, "ok"),
            State::Warning => (Tone::Caution, "warning"),
            State::Broken => (Tone::Bad, "broken"),
        };
        let hint = finding.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        table.row(vec![
            Cell::new(tone, word),
            Cell::plain(finding.area.clone()),
            Cell::plain(finding.subject.clone()),
            Cell::plain(format!("{}{hint}", finding.message)),
        ]);
    }
    table.print();
}
