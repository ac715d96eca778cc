//! `dockrev update`: shows the plan, asks, does it, and says what runs now.

mod consent;

use super::arguments::UpdateArguments;
use super::backup::plan_lines as backup_lines;
use super::check::{follow, plan_lines, progress_bar};
use super::live::{Live, Verbosity};
use super::paint::{Tone, paint};
use super::recover::{settle, tidy};
use super::signals::StopRequest;
use super::table::{Cell, Table, one_line};
use super::{Ending, Failure};
use crate::app::{App, Host};
use crate::cli::failure;
use crate::cli::output::{complain, out};
use crate::config::Config;
use crate::operations::update::{Untold, Wanted, find_service, make_plan, tell};
use dockrev_core::ids::{ContainerName, StackName};
use dockrev_core::image::Tag;
use dockrev_core::job::{Job, JobState, Stage};
use dockrev_core::plan::{Change, Decision, MismatchRule, PlanEntry, UndoRule, Writing};
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
    let plan = make_plan(&app, &host, &wanted(scope, requested, arguments), &follow(&bar)).await?;
    bar.finish_and_clear();
    let entries: Vec<&PlanEntry> = plan.entries.iter().collect();
    for line in plan_lines(&entries) {
        out!("{line}");
    }
    super::plugin::complain(&app).await;
    let changes: Vec<Change> = plan.changes().cloned().collect();
    let unknown =
        entries.iter().filter(|entry| matches!(entry.decision, Decision::Gone(_) | Decision::Unknown(_))).count();
    let so_far = if unknown > 0 { Ending::Trouble } else { recovered };
    if changes.is_empty() {
        match unknown {
            0 => out!("nothing to update"),
            some => out!("nothing to update, but of {} it is not known", count(some, "service")),
        }
        return Ok(so_far);
    }
    show_edits(&changes);
    show_backups(&changes);
    show_warnings(&changes);
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

/// The changes of the user's own files, as a unified diff.
fn show_edits(changes: &[Change]) {
    for change in changes {
        let Some(Writing::Rewrite(plan)) = change.workload.service().map(|service| &service.writing) else { continue };
        for line in plan.rewrite.diff() {
            let tone = match line.chars().next() {
                Some('+') => Tone::Good,
                Some('-') => Tone::Bad,
                Some(_) | None => Tone::Faint,
            };
            out!("{}", paint(tone, one_line(&line)));
        }
    }
}

fn show_backups(changes: &[Change]) {
    for change in changes {
        let lines = change.backup.as_ref().map(backup_lines).unwrap_or_default();
        for line in lines {
            out!("{} {}: {line}", paint(Tone::Faint, "backup:"), change.id());
        }
    }
}

fn show_warnings(changes: &[Change]) {
    for change in changes {
        for warning in &change.warnings {
            let text = format!("warning: {}: {warning}", change.id());
            out!("{}", paint(Tone::Caution, one_line(&text)));
        }
    }
    out!();
}

/// What runs now, service by service.
fn report(items: &[Item]) -> Ending {
    let mut table = Table::new(&["SERVICE", "RESULT", "RUNS NOW", "DIGEST BEFORE", "DIGEST NOW", "TIME", "JOB"]);
    let mut ending = Ending::Fine;
    for item in items {
        match item {
            Item::Ran(job) => {
                if job.state != JobState::Updated {
                    ending = Ending::Trouble;
                }
                table.row(job_cells(job));
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

fn job_cells(job: &Job) -> Vec<Cell> {
    let change = &job.change;
    let before = change.from.digest.as_ref().map_or("-", |digest| digest.short()).to_owned();
    let (runs, digest) = match &job.state {
        JobState::Updated => (change.to.tag.to_string(), change.to.digest.short().to_owned()),
        JobState::RolledBack { .. } => (change.from.tag.to_string(), before.clone()),
        // Preflight may have found that something else runs by now.
        JobState::Failed { cause } if cause.stage != Stage::Preflight => (change.from.tag.to_string(), before.clone()),
        JobState::Failed { .. }
        | JobState::NeedsAttention { .. }
        | JobState::Running { .. }
        | JobState::Undoing { .. } => ("unknown".to_owned(), "unknown".to_owned()),
    };
    let tone = match &job.state {
        JobState::Updated => Tone::Good,
        JobState::RolledBack { .. } | JobState::Failed { .. } => Tone::Caution,
        JobState::NeedsAttention { .. } | JobState::Running { .. } | JobState::Undoing { .. } => Tone::Bad,
    };
    let took = job.changed_at.duration_since(job.created_at).as_secs_f64();
    vec![
        Cell::plain(change.id().to_string()),
        Cell::new(tone, job.state.name()),
        Cell::plain(runs),
        Cell::plain(before),
        Cell::plain(digest),
        Cell::plain(format!("{took:.1} s")),
        Cell::new(Tone::Faint, job.id.to_string()),
    ]
}

fn count(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}
