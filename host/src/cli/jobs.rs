//! `dockrev jobs`: what was done, when, and how it ended.

use super::arguments::{JobsArguments, JobsCommand};
use super::backup::plan_lines;
use super::paint::{Tone, paint};
use super::table::{Cell, Table, field, one_line, size};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::{complain, out, print_json};
use crate::config::Config;
pub(super) use crate::operations::jobs::find_job;
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{Direction, Job, JobState, JournalEntry, LogLine, Observation, StageOutput, Step};
use dockrev_core::ports::{Journal, StackLocks};
use serde::Serialize;

/// Log lines that `show` prints.
const SHOW_MAX_LINES: u32 = 1_000;

pub(super) async fn run(config: &Config, arguments: &JobsArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    match &arguments.command {
        JobsCommand::List { limit, json } => list(&app, *limit, *json).await?,
        JobsCommand::Show { job, json } => show(&app, &find_job(&app, job).await?, *json).await?,
        JobsCommand::Cancel { job } => cancel(&app, &find_job(&app, job).await?).await?,
    }
    Ok(Ending::Fine)
}

async fn list(app: &App, limit: u32, json: bool) -> Result<(), Failure> {
    let jobs = app.store().await?.jobs(limit).await?;
    if json {
        return print_json(&Jobs { format: "dockrev.jobs/1", jobs: &jobs });
    }
    if jobs.is_empty() {
        out!("no jobs yet");
        return Ok(());
    }
    let mut table = Table::new(&["JOB", "SERVICE", "FROM", "TO", "STATE", "WHEN", "WHY"]);
    for job in &jobs {
        let why = job.state.cause().map_or_else(String::new, |cause| cause.message.clone());
        table.row(vec![
            Cell::plain(job.id.to_string()),
            Cell::plain(job.change.id().to_string()),
            Cell::plain(job.change.from.tag.to_string()),
            Cell::plain(job.change.to.tag.to_string()),
            Cell::new(tone(&job.state), job.state.name()),
            Cell::plain(job.created_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            Cell::plain(why),
        ]);
    }
    table.print();
    Ok(())
}

fn tone(state: &JobState) -> Tone {
    match state {
        JobState::Updated => Tone::Good,
        JobState::RolledBack { .. } | JobState::Failed { .. } => Tone::Caution,
        JobState::NeedsAttention { .. } => Tone::Bad,
        JobState::Running { .. } | JobState::Undoing { .. } => Tone::News,
    }
}

#[derive(Serialize)]
struct Jobs<'a> {
    format: &'static str,
    jobs: &'a [Job],
}

#[derive(Serialize)]
struct JobDetail<'a> {
    format: &'static str,
    job: &'a Job,
    journal: &'a [JournalEntry],
    log: &'a [LogLine],
}

/// Says on standard error which jobs have not ended. Makes no database where there is none yet.
pub(super) async fn tell_of_unfinished(app: &App) {
    if !app.has_store() {
        return;
    }
    let (Ok(store), Ok(locks)) = (app.store().await, app.locks().await) else { return };
    for job in store.unfinished().await.unwrap_or_default() {
        let is_at_work = locks.is_held(&job.change.id().stack()).await.unwrap_or(false);
        let what = if is_at_work { "is running" } else { "was interrupted: `dockrev recover` picks it up" };
        complain!("{} job {} of {} {what}", paint(Tone::Caution, "note:"), job.id, job.change.id());
    }
}

/// Asks; the process that runs the job notices within a second and undoes it.
async fn cancel(app: &App, job: &Job) -> Result<(), Failure> {
    if !app.store().await?.ask_to_cancel(&job.id).await? {
        let message = format!("job `{}` ended as `{}`: there is nothing to stop", job.id, job.state.name());
        return Err(Failure::new("job.ended", message));
    }
    if app.locks().await?.is_held(&job.change.id().stack()).await.unwrap_or(true) {
        out!("job {} of {} was asked to stop and undo itself", job.id, job.change.id());
    } else {
        out!("job {} of {} was interrupted: `dockrev recover` undoes it", job.id, job.change.id());
    }
    Ok(())
}

async fn show(app: &App, job: &Job, json: bool) -> Result<(), Failure> {
    let journal = app.store().await?.journal(&job.id).await?;
    let log = app.store().await?.log(&job.id, SHOW_MAX_LINES).await?;
    if json {
        return print_json(&JobDetail { format: "dockrev.job/1", job, journal: &journal, log: &log });
    }
    show_head(job);
    show_backup(job);
    out!("\n{}", paint(Tone::Strong, "stages"));
    for entry in &journal {
        if let Some(text) = describe(entry) {
            let at = entry.at.duration_since(job.created_at).as_secs_f64();
            out!("  {at:>8.2} s  {text}");
        }
    }
    out!("\n{}", paint(Tone::Strong, "log"));
    for line in &log {
        out!("  {} {}", paint(Tone::Faint, format!("{:<8}", line.source)), one_line(&line.text));
    }
    Ok(())
}

fn show_head(job: &Job) {
    let change = &job.change;
    let row = |name: &str, text: String| out!("{}", field(name, Tone::Plain, &text));
    row("job", job.id.to_string());
    match change.id() {
        WorkloadId::Service(service) => row("service", service.to_string()),
        WorkloadId::Container(container) => row("container", container.to_string()),
    }
    out!("{}", field("state", tone(&job.state), job.state.name()));
    if let Some(cause) = job.state.cause() {
        row("cause", format!("{} ({}, during {})", cause.message, cause.code, cause.stage));
    }
    if let JobState::NeedsAttention { undo_failure: Some(failure), .. } = &job.state {
        row("undo failed", format!("{} ({})", failure.message, failure.code));
    }
    row(
        "from",
        format!("{} {}", change.from.reference.familiar(), change.from.digest.as_ref().map_or("", |d| d.as_str())),
    );
    row("from image", change.from.image_id.to_string());
    row("to", format!("{} {}", change.to.tagged().familiar(), change.to.digest));
    row("level", change.level.to_string());
    let followers: Vec<&str> = change.workload.followers().iter().map(|one| one.service.as_str()).collect();
    if !followers.is_empty() {
        row("followers", followers.join(", "));
    }
    let one_shots: Vec<&str> = change.workload.one_shots().iter().map(|one| one.service.as_str()).collect();
    if !one_shots.is_empty() {
        row("runs first", one_shots.join(", "));
    }
    row("reason", change.reason.clone());
    row("asked by", job.requested_by.clone());
    row("asked at", job.created_at.to_string());
    row("changed at", job.changed_at.to_string());
}

fn show_backup(job: &Job) {
    let Some(backup) = &job.change.backup else { return };
    out!("\n{}", paint(Tone::Strong, "backup"));
    for line in plan_lines(backup) {
        out!("  {line}");
    }
}

fn describe(entry: &JournalEntry) -> Option<String> {
    let stage = match entry.direction {
        Direction::Do => entry.stage.to_string(),
        Direction::Undo => format!("undo {}", entry.stage),
    };
    match &entry.step {
        Step::Started => Some(paint(Tone::Strong, stage)),
        Step::Intends(_) => None,
        Step::Did(effect) => Some(format!("  did: {}", one_line(&effect.to_string()))),
        Step::Done(StageOutput::Nothing) => None,
        Step::Done(StageOutput::Pulled { image_id }) => Some(format!("  image {image_id}")),
        Step::Done(StageOutput::BackedUp { artifact, held_ms }) => Some(format!(
            "  backup {} ({}), the service stood still for {:.1} s",
            artifact.name,
            size(artifact.bytes),
            std::time::Duration::from_millis(*held_ms).as_secs_f64()
        )),
        Step::Done(StageOutput::Verified { containers, waited_ms, warnings }) => {
            let names = containers.iter().map(|container| container.name.as_str()).collect::<Vec<_>>().join(", ");
            let warnings = warnings.iter().map(|warning| format!("; {warning}")).collect::<String>();
            Some(format!(
                "  good after {:.1} s: {names}{warnings}",
                std::time::Duration::from_millis(*waited_ms).as_secs_f64()
            ))
        }
        Step::Saw(Observation::Probed { container, probe }) => {
            let said = if probe.output.is_empty() { String::new() } else { format!(": {}", one_line(&probe.output)) };
            Some(format!("  probe of {container} ended with {}{said}", probe.exit_code))
        }
        // They are in the log below.
        Step::Saw(Observation::LastLines { .. }) => None,
        Step::Failed(failure) => {
            Some(paint(Tone::Bad, format!("  failed: {} ({})", one_line(&failure.message), failure.code)))
        }
    }
}
