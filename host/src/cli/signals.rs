//! What a signal does while something is being changed.

use super::output::complain;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit status of a program that was ended by a second interrupt, as shells have it.
const EXIT_INTERRUPTED: i32 = 130;

/// From its making on, the first interrupt, termination or hang-up does not end the process: the job that runs is
/// brought to its end and no other is begun. A second interrupt ends the process at once; the next update then picks up
/// the job.
pub(super) struct StopRequest {
    is_asked: Arc<AtomicBool>,
}

impl StopRequest {
    pub(super) fn listen() -> Self {
        let is_asked = Arc::new(AtomicBool::new(false));
        let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        for kind in signals {
            // Without a handler the signal ends the process, and the next update picks up the job.
            if let Ok(signal) = signal(kind) {
                tokio::spawn(wait(signal, Arc::clone(&is_asked)));
            }
        }
        Self { is_asked }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.load(Ordering::Relaxed)
    }
}

async fn wait(mut signal: Signal, is_asked: Arc<AtomicBool>) {
    while signal.recv().await.is_some() {
        if is_asked.swap(true, Ordering::Relaxed) {
            std::process::exit(EXIT_INTERRUPTED);
        }
        complain!("stopping after this job; once more to stop at once and leave the job to the next update");
    }
}
