//! Jobs that were done, and those that run.

pub mod view;

use super::Failure;
use crate::app::App;
use dockrev_core::job::Job;
use dockrev_core::ports::Journal as _;

/// Jobs that are searched when one is named by its first characters.
const SEARCH_MAX_JOBS: u32 = 10_000;

/// The job whose id begins with `text`.
pub async fn find_job(app: &App, text: &str) -> Result<Job, Failure> {
    let jobs = app.store().await?.jobs(SEARCH_MAX_JOBS).await?;
    the_one(jobs, |job| job.id.as_str(), text)
}

/// The one of `jobs` whose id begins with `text`.
pub(crate) fn the_one<T>(jobs: Vec<T>, id: impl Fn(&T) -> &str, text: &str) -> Result<T, Failure> {
    let mut found = jobs.into_iter().filter(|job| id(job).starts_with(text));
    match (found.next(), found.next()) {
        (Some(job), None) => Ok(job),
        (Some(one), Some(other)) => {
            let message = format!("several jobs begin with `{text}`: {}, {}", id(&one), id(&other));
            Err(Failure::new("job.ambiguous", message).hint("give more characters"))
        }
        (None, _) => Err(Failure::new("job.not-found", format!("no job begins with `{text}`"))
            .hint("`dockrev jobs list` shows the jobs")),
    }
}
