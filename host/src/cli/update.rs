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
use crate::cli::notify;
use crate::cli::output::{complain, out};
use crate::config::Config;
use dockrev_core::event::Event;
use dockrev_core::ids::{ContainerName, ServiceId, ServiceName, StackName};
use dockrev_core::image::Tag;
use dockrev_core::job::{Job, JobState, Stage};
use dockrev_core::plan::{
    Change, Decision, MismatchRule, Plan, PlanEntry, PlanOptions, UndoRule, VerifySettings, Writing, plan,
};
use dockrev_engine::attach;
use dockrev_engine::batch::{self, Item};
use dockrev_engine::detect::{Depth, Scope};

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
    let mut plan = make_plan(&app, &host, &scope, requested.as_ref(), arguments).await?;
    attach::attach(&mut plan, &app.ports(&host).await?, &config.settings).await?;
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
    tell(&app, config, &batch.items).await;
    tidy(&app, &host).await?;
    let mut errors = batch.errors.into_iter();
    let first = errors.next();
    for error in errors {
        Failure::from(error).show();
    }
    first.map_or(Ok(ending.worse_of(so_far)), |error| Err(error.into()))
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

pub(super) async fn find_service(host: &Host, text: &str) -> Result<ServiceId, Failure> {
    if let Some((stack, service)) = text.split_once('/') {
        return Ok(ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) });
    }
    let inventory = host.engine.inventory().await?;
    let named = inventory.stacks.into_iter().flat_map(|stack| stack.services).map(|service| service.id);
    let found: Vec<ServiceId> = named.filter(|id| id.service.as_str() == text).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Failure::new(
            "service.not-found",
            format!("no stack has a service `{text}` with containers on this engine"),
        )
        .hint("`dockrev check` lists all services")),
        several => {
            let names = several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Failure::new("service.ambiguous", format!("several stacks have a service `{text}`: {names}"))
                .hint("name it as STACK/SERVICE"))
        }
    }
}

async fn make_plan(
    app: &App,
    host: &Host,
    scope: &Scope,
    requested: Option<&Tag>,
    arguments: &UpdateArguments,
) -> Result<Plan, Failure> {
    let bar = progress_bar(true);
    let progress = follow(&bar);
    let detector = app.detector().await?;
    let survey = detector.survey(host.ports(), scope, Depth::Plan, requested, &progress).await?;
    bar.finish_and_clear();
    let without_healthcheck =
        if arguments.roll_back_without_healthcheck { UndoRule::Automatic } else { UndoRule::OnRequest };
    // What is asked for by its name is taken although it was taken back before.
    let refused = if requested.is_some() { Vec::new() } else { app.refused_images().await? };
    let options = PlanOptions {
        refused,
        architecture_mismatch: if arguments.allow_arch_mismatch { MismatchRule::Apply } else { MismatchRule::Hold },
        verify: VerifySettings { without_healthcheck, ..VerifySettings::default() },
    };
    Ok(plan(&survey.detections, &survey.platform, &options))
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

/// Tells every channel of the configuration how each job ended. A channel that fails changes nothing about the update.
async fn tell(app: &App, config: &Config, items: &[Item]) {
    for item in items {
        let Item::Ran(job) = item else { continue };
        let Some(event) = Event::of_job(job) else { continue };
        for plugin in &config.notify {
            if let Err(problem) = notify::deliver(app, plugin, &event).await {
                complain!("{} {plugin} did not get word of {}: {problem}", paint(Tone::Caution, "warning:"), job.id);
            }
        }
    }
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
