//! What a signal does while something is being changed.

use super::output::complain;
use dockrev_core::ports::CancelFlag;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Exit status of a program that was ended by an interrupt, as shells have it.
const EXIT_INTERRUPTED: i32 = 130;

/// From its making on, an interrupt, termination or hang-up does not end the process: the first lets the job that runs
/// come to its end and no other begin, the second has it undo itself, and the third ends the process at once; `dockrev
/// recover` then picks up the job.
pub(super) struct StopRequest {
    asked: Arc<AtomicU32>,
    cancel: CancelFlag,
}

impl StopRequest {
    pub(super) fn listen() -> Self {
        let (asked, cancel) = (Arc::new(AtomicU32::new(0)), CancelFlag::default());
        let signals = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        for kind in signals {
            // Without a handler the signal ends the process, and the job is picked up later.
            if let Ok(signal) = signal(kind) {
                tokio::spawn(wait(signal, Arc::clone(&asked), cancel.clone()));
            }
        }
        Self { asked, cancel }
    }

    /// Whether no other job is to begin.
    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) > 0
    }

    /// Raised when the job that runs is to undo itself.
    pub(super) fn cancel(&self) -> CancelFlag {
        self.cancel.clone()
    }
}

async fn wait(mut signal: Signal, asked: Arc<AtomicU32>, cancel: CancelFlag) {
    while signal.recv().await.is_some() {
        match asked.fetch_add(1, Ordering::Relaxed) {
            0 => complain!("stopping after this job; once more to have it undone"),
            1 => {
                cancel.raise();
                complain!("undoing the job; once more to stop at once and leave it to `dockrev recover`");
            }
            _ => std::process::exit(EXIT_INTERRUPTED),
        }
    }
}
