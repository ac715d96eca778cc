//! `dockrev jobs`: what was done, when, and how it ended.

use super::arguments::{JobsArguments, JobsCommand};
use super::paint::{Tone, paint};
use super::{Ending, Failure, show};
use crate::app::App;
use crate::cli::output::{complain, out, print_json};
use crate::config::Config;
pub(super) use crate::operations::jobs::find_job;
use crate::operations::jobs::view::{JobView, StepView};
use dockrev_core::job::{Job, JournalEntry, LogLine};
use dockrev_core::ports::{Journal, StackLocks};
use serde::Serialize;

/// Log lines that `show` prints.
const SHOW_MAX_LINES: u32 = 1_000;

pub(super) async fn run(config: &Config, arguments: &JobsArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    match &arguments.command {
        JobsCommand::List { limit, json } => list(&app, *limit, *json).await?,
        JobsCommand::Show { job, json } => show_one(&app, &find_job(&app, job).await?, *json).await?,
        JobsCommand::Cancel { job } => cancel(&app, &find_job(&app, job).await?).await?,
    }
    Ok(Ending::Fine)
}

async fn list(app: &App, limit: u32, json: bool) -> Result<(), Failure> {
    let jobs = app.store().await?.jobs(limit).await?;
    if json {
        return print_json(&Jobs { format: "dockrev.jobs/1", jobs: &jobs });
    }
    show::job::list(&jobs.iter().map(JobView::from).collect::<Vec<_>>());
    Ok(())
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

async fn show_one(app: &App, job: &Job, json: bool) -> Result<(), Failure> {
    let journal = app.store().await?.journal(&job.id).await?;
    let log = app.store().await?.log(&job.id, SHOW_MAX_LINES).await?;
    if json {
        return print_json(&JobDetail { format: "dockrev.job/1", job, journal: &journal, log: &log });
    }
    let view = JobView::from(job);
    show::job::show(&view, &journal.iter().map(StepView::from).collect::<Vec<_>>());
    for line in &log {
        show::job::log_line(&view, line.at, line.source.into(), &line.text);
    }
    Ok(())
}
