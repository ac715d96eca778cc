//! `dockrev check`: what is out of date, and why.

mod json;

use super::arguments::CheckArguments;
use super::show::entries;
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use crate::operations::check::{self, CheckResult, Checked, Entry, Question};
use dockrev_core::ids::StackName;
use dockrev_engine::detect::Scope;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::time::Instant;

pub(super) async fn run(config: &Config, arguments: &CheckArguments) -> Result<Ending, Failure> {
    let began = Instant::now();
    let config = &config.with_filters(&arguments.labels.only_label, &arguments.labels.exclude_label)?;
    let app = App::new(config);
    let checked = look(&app, arguments).await?;
    let result = checked.result(&app, began.elapsed()).await?;
    show(&result, arguments)?;
    super::warn(config);
    super::plugin::complain(&app).await;
    super::jobs::tell_of_unfinished(&app).await;
    Ok(ending(&result, arguments))
}

/// Shows what was found, as it was asked for.
pub(super) fn show(result: &CheckResult, arguments: &CheckArguments) -> Result<(), Failure> {
    if arguments.json {
        return json::print(result);
    }
    for line in entries::lines(&result.entries).into_iter().chain(entries::left_alone(&result.effort.limits)) {
        out!("{line}");
    }
    out!("{}", entries::summary(&result.counts));
    Ok(())
}

/// Whether there is news, where that was asked for.
pub(super) fn ending(result: &CheckResult, arguments: &CheckArguments) -> Ending {
    let news = result.entries.iter().any(is_news);
    if arguments.exit_code && news { Ending::News } else { Ending::Fine }
}

async fn look(app: &App, arguments: &CheckArguments) -> Result<Checked, Failure> {
    let bar = progress_bar(!arguments.json);
    let progress = follow(&bar);
    let scope = match arguments.stack.as_slice() {
        [] if arguments.image.is_empty() => Some(Scope::All),
        [] => None,
        names => Some(Scope::Stacks(names.iter().map(StackName::new).collect())),
    };
    let checked = check::check(app, &Question { scope, images: arguments.image.clone() }, &progress).await?;
    bar.finish_and_clear();
    Ok(checked)
}

/// A bar on a terminal, nothing elsewhere.
pub(super) fn progress_bar(wanted: bool) -> ProgressBar {
    if !wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("asking registries {bar:24} {pos}/{len}");
    ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Keeps `bar` at what is done of how many.
pub(super) fn follow(bar: &ProgressBar) -> impl Fn(usize, usize) + Send + Sync + '_ {
    |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

/// Whether there is something newer, taken or not.
fn is_news(entry: &Entry) -> bool {
    entry.candidate.is_some()
}
