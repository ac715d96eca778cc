//! What a plan would change, before anybody says yes.

use crate::cli::output::out;
use crate::cli::paint::{Tone, paint};
use crate::cli::table::{one_line, size};
use crate::operations::change::{BackupPlanView, BackupTargetView, ChangeView};
use crate::operations::words::ConsistencyName;

/// Shows the changes of the user's own files, what is copied before, and what to know.
pub(in crate::cli) fn show(changes: &[ChangeView]) {
    for line in changes.iter().flat_map(|change| &change.diff) {
        let tone = match line.chars().next() {
            Some('+') => Tone::Good,
            Some('-') => Tone::Bad,
            Some(_) | None => Tone::Faint,
        };
        out!("{}", paint(tone, one_line(line)));
    }
    for change in changes {
        for line in change.backup.as_ref().map(backup_lines).unwrap_or_default() {
            out!("{} {}: {line}", paint(Tone::Faint, "backup:"), change.workload);
        }
    }
    for change in changes {
        for warning in &change.warnings {
            let text = format!("warning: {}: {warning}", change.workload);
            out!("{}", paint(Tone::Caution, one_line(&text)));
        }
    }
    out!();
}

/// One line for each target of a plan: what is done with it, and why.
pub(in crate::cli) fn backup_lines(plan: &BackupPlanView) -> Vec<String> {
    plan.targets.iter().map(|target| one_line(&backup_line(target))).collect()
}

fn backup_line(target: &BackupTargetView) -> String {
    let Some(consistency) = target.consistency else {
        let tone = if target.is_a_gap { Tone::Caution } else { Tone::Faint };
        return format!("{}  {}", target.name, paint(tone, target.reason.as_deref().unwrap_or_default()));
    };
    let bytes = target.size_bytes.map_or_else(|| "size unknown".to_owned(), size);
    let held = match consistency {
        ConsistencyName::Live => "copied while it is in use",
        ConsistencyName::Pause => "copied while its users are paused",
        ConsistencyName::Stop => "copied while the service is stopped",
    };
    let back = if target.goes_back { "goes back with a rollback" } else { "stays as it is at a rollback" };
    format!("{}  {bytes}, {held}, {back}", target.name)
}

/// `1 service`, `2 services`.
pub(in crate::cli) fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
