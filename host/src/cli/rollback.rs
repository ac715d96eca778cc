//! `dockrev rollback`: puts back what an ended job changed.

use super::arguments::RollbackArguments;
use super::jobs::find_job;
use super::live::{Live, Verbosity};
use super::recover::settle;
use super::signals::StopRequest;
use super::update::{Answer, ask};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use dockrev_core::job::{DataWish, JobState};

pub(super) async fn run(config: &Config, arguments: &RollbackArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    find_job(&app, &arguments.job).await?;
    let host = app.host()?;
    let live = Live::new(Verbosity::of_flag(arguments.verbose));
    let stop = StopRequest::listen();
    settle(&app, &host, &live, &stop).await?;
    let job = find_job(&app, &arguments.job).await?;
    let change = &job.change;
    let question = format!("Put {} back from {} to {}?", change.id(), change.to.tag, change.from.tag);
    if ask(&question, arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    let data = if arguments.restore_data { DataWish::Restore } else { DataWish::Keep };
    let job = app.runner(&host, stop.cancel()).await?.roll_back(&job.id, data, &live).await?;
    Ok(match job.state {
        JobState::RolledBack { .. } => Ending::Fine,
        JobState::Updated
        | JobState::Running { .. }
        | JobState::Undoing { .. }
        | JobState::Failed { .. }
        | JobState::NeedsAttention { .. } => Ending::Trouble,
    })
}
