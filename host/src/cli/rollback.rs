//! `dockrev rollback`: puts back what an ended job changed.

use super::arguments::RollbackArguments;
use super::jobs::find_job;
use super::live::{Live, Verbosity};
use super::signals::StopRequest;
use super::update::{Answer, ask, recover};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use crate::lock::DataLock;
use dockrev_core::job::JobState;

pub(super) async fn run(config: &Config, arguments: &RollbackArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    find_job(&app, &arguments.job).await?;
    let host = app.host()?;
    let live = Live::new(Verbosity::of_flag(arguments.verbose));
    let _stop = StopRequest::listen();
    let _lock = DataLock::take(&config.data_dir)?;
    recover(&app, &host, &live).await?;
    let job = find_job(&app, &arguments.job).await?;
    let change = &job.change;
    let question = format!("Put {} back from {} to {}?", change.service, change.to.tag, change.from.tag);
    if ask(&question, arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    let job = app.runner(&host).await?.roll_back(&job.id, &live).await?;
    Ok(match job.state {
        JobState::RolledBack { .. } => Ending::Fine,
        JobState::Updated
        | JobState::Running { .. }
        | JobState::Undoing { .. }
        | JobState::Failed { .. }
        | JobState::NeedsAttention { .. } => Ending::Trouble,
    })
}
