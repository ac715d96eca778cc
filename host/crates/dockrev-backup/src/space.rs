//! Free space and inodes.

use crate::BackupError;
use rustix::io::Errno;
use std::io;
use std::path::Path;

/// What stays free on a file system that a backup or a restore writes to, so that it does not starve everything else
/// there.
pub const SPACE_MARGIN_BYTES: u64 = 64 * 1024 * 1024;

/// Inodes that stay free on a file system that a restore writes to.
pub const INODE_MARGIN: u64 = 1024;

/// An artifact is expected to shrink to this part of the data, one in so many; what does not is stopped while it is
/// written.
pub(crate) const EXPECTED_RATIO: u64 = 2;

/// What a file system has left.
#[derive(Clone, Copy, Debug)]
struct Free {
    bytes: u64,
    /// Absent where the file system makes inodes as it needs them.
    inodes: Option<u64>,
}

fn free(path: &Path) -> io::Result<Free> {
    let stat = rustix::fs::statvfs(path)?;
    let inodes = (stat.f_files > 0).then_some(stat.f_favail);
    Ok(Free { bytes: stat.f_bavail.saturating_mul(stat.f_frsize), inodes })
}

/// Refuses to write `bytes` in `entries` files at `path` if they and the margin do not fit.
pub(crate) fn require(path: &Path, bytes: u64, entries: u64) -> Result<(), BackupError> {
    let free = free(path).map_err(|source| BackupError::file("see the free space of", path, source))?;
    let needed_bytes = bytes.saturating_add(SPACE_MARGIN_BYTES);
    if free.bytes < needed_bytes {
        let path = path.to_owned();
        return Err(BackupError::NoSpace { path, needed_bytes: Some(needed_bytes), free_bytes: free.bytes });
    }
    let needed = entries.saturating_add(INODE_MARGIN);
    match free.inodes {
        Some(free) if entries > 0 && free < needed => {
            Err(BackupError::NoInodes { path: path.to_owned(), needed, free })
        }
        Some(_) | None => Ok(()),
    }
}

/// Whether an error says that the disk, or what its owner may use of it, is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOSPC | Errno::DQUOT))
}

/// The error for a disk that filled up while it was written to.
pub(crate) fn full(path: &Path) -> BackupError {
    let free_bytes = free(path.parent().unwrap_or(path)).map_or(0, |free| free.bytes);
    BackupError::NoSpace { path: path.to_owned(), needed_bytes: None, free_bytes }
}
