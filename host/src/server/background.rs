//! What the server does by itself: checks, and lets go of what is no longer needed. It updates nothing unasked.

use super::detached::detached;
use super::{Server, checks, runs};
use dockrev_engine::detect::Scope;
use std::sync::Arc;
use std::time::Duration;

/// How often is looked whether a backup or an old image can be let go: they are kept for an hour and more.
const TIDY_EVERY: Duration = Duration::from_secs(10 * 60);

/// Begins all of it. It ends with the server.
pub(super) fn begin(server: &Arc<Server>) {
    if let Some(every) = server.app.config().server.check_every {
        let checker = Arc::clone(server);
        tokio::spawn(async move {
            loop {
                checks::run(&checker, Scope::All).await;
                if wait(&checker, every).await == Woken::ByTheEnd {
                    return;
                }
            }
        });
    }
    let keeper = Arc::clone(server);
    tokio::spawn(async move {
        while wait(&keeper, TIDY_EVERY).await == Woken::ByTheClock {
            let server = Arc::clone(&keeper);
            // What fails has been said in the log.
            let _ = detached(async move || {
                runs::tidy(&server).await;
                Ok(())
            })
            .await;
        }
    });
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Woken {
    ByTheClock,
    ByTheEnd,
}

async fn wait(server: &Server, time: Duration) -> Woken {
    let mut stopping = server.stopping();
    tokio::select! {
        () = tokio::time::sleep(time) => Woken::ByTheClock,
        _ = stopping.wait_for(|stopping| *stopping) => Woken::ByTheEnd,
    }
}
