//! Stopping a backup or a restore from outside, and seeing how far it is.

use crate::BackupError;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Stops one backup, verification or restore, and counts what it did. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Control {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    is_cancelled: AtomicBool,
    bytes: AtomicU64,
    entries: AtomicU64,
}

/// How far the work is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Uncompressed bytes that went through.
    pub bytes: u64,
    /// Files, folders and other entries that went through.
    pub entries: u64,
}

impl Control {
    /// Makes one that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the work to stop. It ends with [`BackupError::Cancelled`] within a chunk of data and leaves nothing behind.
    pub fn cancel(&self) {
        self.state.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the work was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.state.is_cancelled.load(Ordering::Relaxed)
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            bytes: self.state.bytes.load(Ordering::Relaxed),
            entries: self.state.entries.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn check(&self) -> Result<(), BackupError> {
        if self.is_cancelled() { Err(BackupError::Cancelled) } else { Ok(()) }
    }

    pub(crate) fn add_bytes(&self, bytes: usize) {
        self.state.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn add_entry(&self) {
        self.state.entries.fetch_add(1, Ordering::Relaxed);
    }
}
