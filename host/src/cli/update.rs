//! `dockrev update`: shows the plan, asks, does it, and says what runs now.

mod consent;

use super::arguments::UpdateArguments;
use super::check::{follow, progress_bar};
use super::live::{Live, Verbosity};
use super::paint::{Tone, paint};
use super::recover::{settle, tidy};
use super::show::plan::count;
use super::show::{entries, job, plan};
use super::signals::StopRequest;
use super::table::{Cell, Table};
use super::{Ending, Failure};
use crate::app::{App, Host};
use crate::cli::failure;
use crate::cli::output::{complain, out};
use crate::config::Config;
use crate::operations::change::ChangeView;
use crate::operations::check::Entry;
use crate::operations::update::{Untold, Wanted, find_service, make_plan, tell};
use crate::operations::words::EntryStatus;
use dockrev_core::ids::{ContainerName, StackName};
use dockrev_core::image::Tag;
use dockrev_core::job::JobState;
use dockrev_core::plan::{Change, MismatchRule, UndoRule};
use dockrev_engine::batch::{self, Item};
use dockrev_engine::detect::Scope;

pub(super) use consent::{Answer, ask};

pub(super) async fn run(config: &Config, arguments: &UpdateArguments) -> Result<Ending, Failure> {
    let requested = requested_tag(arguments)?;
    let config = &config.with_filters(&arguments.labels.only_label, &arguments.labels.exclude_label)?;
    super::warn(config);
    let app = App::new(config);
    let host = app.host()?;
    let live = Live::new(Verbosity::of_flag(arguments.verbose));
    let stop = StopRequest::listen();
    let recovered = if arguments.dry_run { Ending::Fine } else { settle(&app, &host, &live, &stop).await? };
    let scope = scope(&host, arguments).await?;
    let bar = progress_bar(true);
    let planned = make_plan(&app, &host, &wanted(scope, requested, arguments), &follow(&bar)).await?;
    bar.finish_and_clear();
    let entries = planned.entries();
    for line in entries::lines(&entries) {
        out!("{line}");
    }
    super::plugin::complain(&app).await;
    let changes: Vec<Change> = planned.plan.changes().cloned().collect();
    let unknown = unknown(&entries);
    let so_far = if unknown > 0 { Ending::Trouble } else { recovered };
    if changes.is_empty() {
        say_nothing_to_do(unknown);
        return Ok(so_far);
    }
    plan::show(&changes.iter().map(ChangeView::from).collect::<Vec<_>>());
    if arguments.dry_run {
        out!("dry run: nothing was changed");
        return Ok(Ending::Fine);
    }
    let question = format!("Update {}?", count(changes.len(), "service"));
    match ask(&question, arguments.yes)? {
        Answer::Yes => {}
        Answer::No => {
            out!("nothing was changed");
            return Ok(Ending::Fine);
        }
    }
    let runner = app.runner(&host, stop.cancel()).await?;
    let batch = batch::run(&runner, changes, &config.requested_by, &live, &|| stop.is_asked()).await;
    out!();
    let ending = report(&batch.items);
    for untold in tell(&app, &config.notify, &batch.items).await {
        let Untold { channel, job, problem } = untold;
        complain!("{} {channel} did not get word of {job}: {problem}", paint(Tone::Caution, "warning:"));
    }
    tidy(&app, &host).await?;
    let mut errors = batch.errors.into_iter();
    let first = errors.next();
    for error in errors {
        failure::show(&Failure::from(error));
    }
    first.map_or(Ok(ending.worse_of(so_far)), |error| Err(error.into()))
}

/// Of how many it could not be found out whether there is something newer.
pub(super) fn unknown(entries: &[Entry]) -> usize {
    entries.iter().filter(|entry| matches!(entry.status, EntryStatus::Gone | EntryStatus::Unknown)).count()
}

pub(super) fn say_nothing_to_do(unknown: usize) {
    match unknown {
        0 => out!("nothing to update"),
        some => out!("nothing to update, but of {} it is not known", count(some, "service")),
    }
}

fn wanted(scope: Scope, tag: Option<Tag>, arguments: &UpdateArguments) -> Wanted {
    let architecture_mismatch = if arguments.allow_arch_mismatch { MismatchRule::Apply } else { MismatchRule::Hold };
    let without_healthcheck =
        if arguments.roll_back_without_healthcheck { UndoRule::Automatic } else { UndoRule::OnRequest };
    Wanted { scope, tag, architecture_mismatch, without_healthcheck }
}

fn requested_tag(arguments: &UpdateArguments) -> Result<Option<Tag>, Failure> {
    let parse = |tag: &String| tag.parse().map_err(|error| Failure::new("tag.invalid", format!("--to: {error}")));
    arguments.to.as_ref().map(parse).transpose()
}

async fn scope(host: &Host, arguments: &UpdateArguments) -> Result<Scope, Failure> {
    match (&arguments.service, &arguments.container, &arguments.stack) {
        (Some(service), _, _) => Ok(Scope::Service(find_service(host, service).await?)),
        (None, Some(container), _) => Ok(Scope::Container(ContainerName::new(container))),
        (None, None, Some(stack)) => Ok(Scope::Stacks(vec![StackName::new(stack)])),
        (None, None, None) => Ok(Scope::All),
    }
}

/// What runs now, service by service.
fn report(items: &[Item]) -> Ending {
    let mut table = Table::new(&job::RESULT);
    let mut ending = Ending::Fine;
    for item in items {
        match item {
            Item::Ran(job) => {
                if job.state != JobState::Updated {
                    ending = Ending::Trouble;
                }
                table.row(job::result_row(&job.as_ref().into()));
            }
            Item::Stopped { workload } => {
                ending = Ending::Trouble;
                table.row(vec![Cell::plain(workload.to_string()), Cell::new(Tone::Caution, "not begun: stopped")]);
            }
            Item::Skipped { workload, because } => {
                ending = Ending::Trouble;
                let reason = format!("skipped: it waits for {because}");
                table.row(vec![Cell::plain(workload.to_string()), Cell::new(Tone::Caution, reason)]);
            }
        }
    }
    table.print();
    ending
}
