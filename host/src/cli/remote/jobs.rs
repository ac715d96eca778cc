//! `dockrev jobs` and `dockrev rollback` on a server.

use super::LOOK_AGAIN_AFTER;
use super::update::Followed;
use crate::cli::arguments::{JobsArguments, JobsCommand, RollbackArguments};
use crate::cli::live::{Live, Verbosity};
use crate::cli::output::{out, print_json};
use crate::cli::show;
use crate::cli::update::{Answer, ask};
use crate::cli::{Ending, Failure};
use crate::operations::jobs::the_one;
use crate::operations::jobs::view::{JobView, LogLineView, StepView};
use crate::operations::words::JobStateName;
use crate::remote::Remote;
use serde::Deserialize;
use serde_json::{Value, json};

/// Jobs that are searched when one is named by its first characters.
const SEARCH_MAX_JOBS: usize = 10_000;
/// Log lines that `show` prints.
const SHOW_MAX_LINES: usize = 5_000;
/// Length of a whole id.
const ID_CHARS: usize = 23;

#[derive(Deserialize)]
struct Detail {
    job: JobView,
    journal: Vec<StepView>,
}

pub(super) async fn run(remote: &Remote, arguments: &JobsArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        JobsCommand::List { limit, json } => {
            let most = usize::try_from(*limit).unwrap_or(usize::MAX);
            if *json {
                print_json(&remote.list::<Value>(&["jobs"], &[], most).await?)?;
            } else {
                show::job::list(&remote.list::<JobView>(&["jobs"], &[], most).await?);
            }
        }
        JobsCommand::Show { job, json } => show_one(remote, &find(remote, job).await?, *json).await?,
        JobsCommand::Cancel { job } => {
            let id = find(remote, job).await?;
            let job: JobView = remote.post(&["jobs", &id, "cancel"], &json!({})).await?;
            out!("job {} of {} was asked to stop and undo itself", job.id, job.workload);
        }
    }
    Ok(Ending::Fine)
}

/// The id of the job that begins with `text`.
async fn find(remote: &Remote, text: &str) -> Result<String, Failure> {
    if text.len() >= ID_CHARS {
        return Ok(text.to_owned());
    }
    let jobs: Vec<JobView> = remote.list(&["jobs"], &[], SEARCH_MAX_JOBS).await?;
    Ok(the_one(jobs, |job| &job.id, text)?.id)
}

async fn show_one(remote: &Remote, id: &str, json: bool) -> Result<(), Failure> {
    if json {
        return print_json(&remote.get::<Value>(&["jobs", id], &[]).await?);
    }
    let Detail { job, journal } = remote.get(&["jobs", id], &[]).await?;
    show::job::show(&job, &journal);
    for line in remote.list::<LogLineView>(&["jobs", id, "log"], &[], SHOW_MAX_LINES).await? {
        show::job::log_line(&job, line.at, line.source, &line.text);
    }
    Ok(())
}

pub(super) async fn roll_back(remote: &Remote, arguments: &RollbackArguments) -> Result<Ending, Failure> {
    let id = find(remote, &arguments.job).await?;
    let Detail { job, .. } = remote.get(&["jobs", &id], &[]).await?;
    let change = &job.change;
    let question = format!("Put {} back from {} to {}?", job.workload, change.to.tag, change.from.tag);
    if ask(&question, arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    let wish = json!({ "restore_data": arguments.restore_data });
    remote.post::<JobView>(&["jobs", &id, "rollback"], &wish).await?;
    let verbosity = Verbosity::of_flag(arguments.verbose);
    let (live, mut followed) = (Live::new(verbosity), Followed::again(&job, verbosity));
    loop {
        let looked = followed.look(remote, &live).await?;
        match looked {
            Some(job) if followed.has_ended => {
                return Ok(if job.state == JobStateName::RolledBack { Ending::Fine } else { Ending::Trouble });
            }
            Some(_) | None => tokio::time::sleep(LOOK_AGAIN_AFTER).await,
        }
    }
}
