//! `dockrev serve`: what runs as long as the process does.

pub(crate) mod automatic;
mod background;
pub(crate) mod checks;
pub(crate) mod detached;
pub(crate) mod metrics;
mod observer;
pub(crate) mod plans;
pub(crate) mod run;
pub(crate) mod runs;

use crate::app::{App, Host};
use crate::config::Config;
use crate::events::Events;
use crate::http;
use crate::operations::Failure;
use checks::Checks;
use dockrev_core::ports::CancelFlag;
use dockrev_engine::retention;
use dockrev_engine::runner::Recovered;
use jiff::Timestamp;
use metrics::Metrics;
use observer::Watcher;
use runs::Runs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};

/// How long running jobs are waited for when the process is asked to end: less than what service managers wait before
/// they kill. What is not done by then is picked up at the next start.
const STOP_PATIENCE: Duration = Duration::from_secs(8);
/// How long open connections are waited for after that.
const CLOSE_PATIENCE: Duration = Duration::from_secs(1);

/// Who may listen to events at the same time: each has a connection and a task.
const LISTENERS_MAX: usize = 256;

/// Who is let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Whoever shows a token, or comes through a trusted proxy with a name.
    Guarded,
    /// Everybody, on this machine only.
    Open,
}

/// What all requests share.
pub struct Server {
    /// The application.
    pub(crate) app: App,
    /// The machine that it works on.
    pub(crate) host: Host,
    /// What happens.
    pub(crate) events: Events,
    /// Checks, and what the last one found.
    pub(crate) checks: Checks,
    /// Plans that are carried out.
    pub(crate) runs: Runs,
    /// What is counted for monitoring.
    pub(crate) metrics: Metrics,
    /// Who is let in.
    pub(crate) mode: Mode,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// Since when.
    pub(crate) started_at: Timestamp,
    /// Places for those that listen to events.
    pub(crate) listeners: Arc<Semaphore>,
    /// Events of registries that were taken.
    pub(crate) seen: http::Seen,
    /// Who knocks how often.
    pub(crate) limits: http::Limits,
    /// True from when the process is asked to end.
    stopping: watch::Sender<bool>,
}

/// What a server leaves when it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// Nothing goes on.
    Nothing,
    /// A job is still at work: the next start picks it up.
    WorkInProgress,
}

/// A server that listens, and serves nothing yet.
pub struct Bound {
    server: Arc<Server>,
    listener: TcpListener,
}

/// The time as the store keeps it: in whole milliseconds, so that it is the same after a restart.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

impl Server {
    /// Whether no new work is begun any more.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Ends when the process is asked to end.
    pub(crate) fn stopping(&self) -> watch::Receiver<bool> {
        self.stopping.subscribe()
    }
}

/// Settles what an earlier process left, and listens.
///
/// # Errors
///
/// Everybody would be let in from elsewhere; the address cannot be listened on; the data folder cannot be used.
pub async fn bind(config: &Config, mode: Mode) -> Result<Bound, Failure> {
    let address = config.server.listen;
    if mode == Mode::Open && !address.ip().is_loopback() {
        return Err(Failure::new(
            "server.open-to-others",
            format!("`--dev` lets everybody in, and `{address}` can be reached from elsewhere"),
        )
        .hint("listen on 127.0.0.1 or [::1], or leave `--dev` out"));
    }
    let app = App::new(config);
    let host = app.host()?;
    let events = Events::new(Timestamp::now().as_millisecond());
    let metrics = Metrics::default();
    recover(&app, &host, Watcher::new(events.clone(), metrics.clone())).await?;
    let checks = Checks::load(&*app.store().await?).await;
    let failed = |error: std::io::Error| {
        Failure::new("server.cannot-listen", format!("could not listen on `{address}`: {error}"))
            .hint("see whether another process has it, or set DOCKREV_LISTEN")
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = Server {
        app,
        host,
        events,
        checks,
        runs: Runs::default(),
        metrics,
        mode,
        address,
        started_at: Timestamp::now(),
        listeners: Arc::new(Semaphore::new(LISTENERS_MAX)),
        seen: http::Seen::default(),
        limits: http::Limits::default(),
        stopping: watch::channel(false).0,
    };
    Ok(Bound { server: Arc::new(server), listener })
}

/// Finishes or undoes what was interrupted. An engine that does not answer is no reason not to come up: the page says so,
/// and no new job of such a stack begins.
async fn recover(app: &App, host: &Host, watcher: Watcher) -> Result<(), Failure> {
    let ports = app.ports(host).await?;
    let runner = app.runner(host, CancelFlag::default()).await?;
    match runner.recover(&watcher).await {
        Ok(recovered) => {
            for one in recovered {
                match one {
                    Recovered::Settled(job) => {
                        tracing::warn!(job.id = %job.id, job.state = job.state.name(), "settled an interrupted job");
                    }
                    Recovered::AtWork(who) => tracing::warn!("{who}: it is left to it"),
                }
            }
        }
        Err(error) => tracing::error!("could not settle what was interrupted: {error}"),
    }
    for problem in retention::tidy(&ports).await?.problems {
        tracing::warn!("tidying up: {problem}");
    }
    Ok(())
}

impl Bound {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Serves until `asked_to_end` does, then lets running jobs come to their end for a while.
    pub async fn serve(self, asked_to_end: impl Future<Output = ()> + Send + 'static) -> Result<Left, Failure> {
        let Self { server, listener } = self;
        background::begin(&server);
        let router = http::router(&server).into_make_service_with_connect_info::<SocketAddr>();
        let ending = Arc::clone(&server);
        let (quiet_sender, mut quiet) = watch::channel(false);
        let stopped = async move {
            asked_to_end.await;
            tracing::info!("stopping: no new job begins");
            ending.stopping.send_replace(true);
            if tokio::time::timeout(STOP_PATIENCE, ending.runs.wait_until_idle()).await.is_err() {
                tracing::warn!("a job is still at work: the next start picks it up");
            }
            quiet_sender.send_replace(true);
        };
        let serving = axum::serve(listener, router).with_graceful_shutdown(stopped);
        let too_long = async {
            // An error means that the sender is gone, and that only happens after it has sent.
            let _ = quiet.wait_for(|quiet| *quiet).await;
            tokio::time::sleep(CLOSE_PATIENCE).await;
        };
        tokio::select! {
            served = serving => served.map_err(|error| Failure::new("server.failed", error.to_string()))?,
            () = too_long => {}
        }
        if let Ok(store) = server.app.store().await {
            store.close().await;
        }
        Ok(if server.runs.count() == 0 { Left::Nothing } else { Left::WorkInProgress })
    }
}
