//! `dockrev serve`: the API and the page.

use super::arguments::ServeArguments;
use super::output::{complain, out};
use super::{Ending, Failure};
use crate::config::{Config, listen_address};
use crate::server::{Left, Mode, bind};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

/// Exit status of a program that was ended by an interrupt, as shells have it.
const EXIT_INTERRUPTED: i32 = 130;

pub(super) async fn run(config: &Config, arguments: &ServeArguments) -> Result<Ending, Failure> {
    let mut config = config.clone();
    if let Some(listen) = &arguments.listen {
        config.server.listen = listen_address(listen)?;
    }
    "server".clone_into(&mut config.requested_by);
    super::warn(&config);
    let mode = if arguments.dev { Mode::Open } else { Mode::Guarded };
    let bound = bind(&config, mode).await?;
    out!("Dockrev listens on http://{}", bound.address());
    if mode == Mode::Open {
        complain!("everybody on this machine is let in (--dev)");
    }
    match bound.serve(asked_to_end()).await? {
        Left::Nothing => Ok(Ending::Fine),
        // At once: the thread that is at work would fall over the runtime that is taken down around it.
        Left::WorkInProgress => std::process::exit(0),
    }
}

/// The first signal ends the server once its jobs have come to an end, the second at once: what was running is picked up
/// at the next start.
async fn asked_to_end() {
    let mut waiting = JoinSet::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        match signal(kind) {
            Ok(mut signal) => drop(waiting.spawn(async move {
                signal.recv().await;
                tokio::spawn(async move {
                    signal.recv().await;
                    std::process::exit(EXIT_INTERRUPTED);
                });
            })),
            Err(error) => tracing::warn!("a signal cannot be waited for: {error}"),
        }
    }
    waiting.join_next().await;
    // The other one still ends the process at once.
    waiting.detach_all();
}
