//! `dockrev recover`: finishes or undoes every job that was interrupted.

use super::arguments::RecoverArguments;
use super::live::{Live, Verbosity};
use super::paint::{Tone, paint};
use super::show::plan::count;
use super::signals::StopRequest;
use super::{Ending, Failure};
use crate::app::{App, Host};
use crate::cli::output::{complain, out};
use crate::config::Config;
use dockrev_core::job::JobState;
use dockrev_core::ports::Journal as _;
use dockrev_engine::retention::{self, Tidied};
use dockrev_engine::runner::Recovered;

pub(super) async fn run(config: &Config, arguments: &RecoverArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    let host = app.host()?;
    let live = Live::new(Verbosity::of_flag(arguments.verbose));
    let stop = StopRequest::listen();
    let is_settled = app.store().await?.unfinished().await?.is_empty();
    let ending = settle(&app, &host, &live, &stop).await?;
    if is_settled {
        out!("no job was interrupted");
    }
    Ok(ending)
}

/// Picks up what was interrupted, before anything else: what an open job left behind is no ground to plan on. Then lets
/// go of what earlier jobs no longer need.
pub(super) async fn settle(app: &App, host: &Host, live: &Live, stop: &StopRequest) -> Result<Ending, Failure> {
    let runner = app.runner(host, stop.cancel()).await?;
    let mut ending = Ending::Fine;
    let mut settled = 0_usize;
    for recovered in runner.recover(live).await? {
        match recovered {
            Recovered::Settled(job) => {
                settled += 1;
                if matches!(job.state, JobState::NeedsAttention { .. }) {
                    ending = Ending::Trouble;
                }
            }
            Recovered::AtWork(who) => complain!("{} {who}: it is left to it", paint(Tone::Caution, "note:")),
        }
    }
    if settled > 0 {
        let jobs = count(settled, "job");
        out!("{}\n", paint(Tone::Caution, format!("picked up {jobs} that had been interrupted")));
    }
    tidy(app, host).await?;
    Ok(ending)
}

/// Nobody has to act on what fails here: the next time does what was left.
pub(super) async fn tidy(app: &App, host: &Host) -> Result<(), Failure> {
    let Tidied { discarded, problems } = retention::tidy(&app.ports(host).await?).await?;
    for name in discarded {
        tracing::info!("removed backup {name}");
    }
    for problem in problems {
        tracing::warn!("tidying up: {problem}");
    }
    Ok(())
}
