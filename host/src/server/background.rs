//! What the server does by itself: checks, updates of services that opted in, and letting go of what is no longer needed.

use super::detached::detached;
use super::{Server, automatic, checks, runs};
use crate::config::Schedule;
use dockrev_core::window::Opening;
use dockrev_engine::detect::Scope;
use jiff::{Timestamp, ZonedDateTime};
use std::sync::Arc;
use std::time::Duration;

/// How often is looked whether a backup or an old image can be let go: they are kept for an hour and more.
const TIDY_EVERY: Duration = Duration::from_secs(10 * 60);
/// Longest sleep until a time of the day: clocks are set, and machines are put to sleep themselves.
const NAP_MAX: Duration = Duration::from_secs(60);

/// Begins all of it. It ends with the server.
pub(super) fn begin(server: &Arc<Server>) {
    let checker = Arc::clone(server);
    tokio::spawn(async move { check_again_and_again(&checker).await });
    let keeper = Arc::clone(server);
    tokio::spawn(async move {
        while nap(&keeper, TIDY_EVERY).await == Woken::ByTheClock {
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

/// Checks when the server starts and whenever it is time, and when a window for updates opens; then updates what may be.
async fn check_again_and_again(server: &Arc<Server>) {
    let config = &server.app.config().server;
    if config.checks.is_none() && config.update_windows.iter().next().is_none() {
        return;
    }
    let mut is_check = config.checks.is_some();
    loop {
        if is_check {
            checks::run(server, Scope::All).await;
        }
        automatic::round(server).await;
        let now = ZonedDateTime::now().with_time_zone(config.time_zone.clone());
        let next_check = config.checks.as_ref().and_then(|checks: &Schedule| checks.next_after(&now));
        // When an open one closes, the one after it is known.
        let next_window = match automatic::opening(server) {
            Opening::Closed(opens) => opens,
            Opening::OpenUntil(closes) => Some(closes),
        };
        let Some(next) = next_check.iter().chain(&next_window).min() else { return };
        is_check = next_check.as_ref() == Some(next);
        server.checks.set_next(next_check.as_ref().map(ZonedDateTime::timestamp));
        if sleep_until(server, next.timestamp()).await == Woken::ByTheEnd {
            return;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Woken {
    ByTheClock,
    ByTheEnd,
}

async fn sleep_until(server: &Server, time: Timestamp) -> Woken {
    loop {
        // A time that is past has none left.
        let left = Duration::try_from(time.duration_since(Timestamp::now())).unwrap_or(Duration::ZERO);
        if left.is_zero() {
            return Woken::ByTheClock;
        }
        if nap(server, left.min(NAP_MAX)).await == Woken::ByTheEnd {
            return Woken::ByTheEnd;
        }
    }
}

async fn nap(server: &Server, time: Duration) -> Woken {
    let mut stopping = server.stopping();
    tokio::select! {
        () = tokio::time::sleep(time) => Woken::ByTheClock,
        _ = stopping.wait_for(|stopping| *stopping) => Woken::ByTheEnd,
    }
}
