//! Having the disk take what was written while more is made, so that the wait for it at the end is short.

use rustix::fd::AsFd;
use rustix::fs::{Advice, fadvise};
use std::num::NonZeroU64;

/// What is handed to the disk at a time, in bytes: large enough for it to write in one go.
const AT_ONCE_BYTES: u64 = 8 * 1024 * 1024;

/// Hands one file to the disk, from its beginning to its end.
#[derive(Debug, Default)]
pub(crate) struct WriteBack {
    handed_over: u64,
}

impl WriteBack {
    /// Says that the file is written up to there.
    pub(crate) fn written(&mut self, file: impl AsFd, up_to: u64) {
        if let Some(length) = NonZeroU64::new(up_to.saturating_sub(self.handed_over))
            && length.get() >= AT_ONCE_BYTES
        {
            // Linux begins to write what is changed in the range, waits for nothing, and drops only what is on the disk
            // already. It is a hint: who does not take it loses nothing but time.
            let _ = fadvise(file, self.handed_over, Some(length), Advice::DontNeed);
            self.handed_over = up_to;
        }
    }
}
