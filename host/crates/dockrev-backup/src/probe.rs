//! Measuring data before it is backed up.

use crate::dirs::{open_folder, status};
use crate::walk::{Step, Visitor, walk};
use crate::{BackupError, Control};
use rustix::fd::BorrowedFd;
use rustix::fs::{CWD, FileType, Stat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How much data there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Bytes of data, without holes. More than the limit if `is_over`.
    pub bytes: u64,
    /// Entries that were seen.
    pub entries: u64,
    /// Whether counting stopped because there is more than the limit.
    pub is_over: bool,
}

/// Measures the folder or file at `path`, until there are more than `most_bytes`.
///
/// # Errors
///
/// It takes longer than `timeout`, is cancelled, or something cannot be read.
pub fn probe(path: &Path, timeout: Duration, most_bytes: u64, control: &Control) -> Result<Size, BackupError> {
    let failed = |source| BackupError::Source { action: "measure", path: path.to_owned(), source };
    let real = path.canonicalize().map_err(failed)?;
    let name = CString::new(real.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
    let stat = status(CWD, &name).map_err(failed)?;
    let size = Size { bytes: 0, entries: 0, is_over: false };
    let (device, links) = (stat.st_dev, HashSet::new());
    let mut probe = Probe { path, control, end: Instant::now() + timeout, most_bytes, device, links, size };
    let walked = match FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        true => open_folder(CWD, &name).map_err(Stop::Io).and_then(|folder| walk(folder, &mut probe)),
        false => probe.count(&stat),
    };
    match walked {
        Ok(()) => Ok(probe.size),
        Err(Stop::Over) => Ok(Size { is_over: true, ..probe.size }),
        Err(Stop::Io(source)) => Err(failed(source)),
        Err(Stop::Error(error)) => Err(error),
    }
}

/// Why counting ends early.
enum Stop {
    Over,
    Io(io::Error),
    Error(BackupError),
}

struct Probe<'a> {
    path: &'a Path,
    control: &'a Control,
    end: Instant,
    most_bytes: u64,
    device: u64,
    /// Files with several names that were counted.
    links: HashSet<(u64, u64)>,
    size: Size,
}

impl Probe<'_> {
    fn count(&mut self, stat: &Stat) -> Result<(), Stop> {
        /// What `st_blocks` counts in.
        const BLOCK_BYTES: u64 = 512;
        self.size.entries += 1;
        let is_file = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
        if is_file && (stat.st_nlink < 2 || self.links.insert((stat.st_dev, stat.st_ino))) {
            let stored = (stat.st_blocks as u64).saturating_mul(BLOCK_BYTES);
            self.size.bytes += u64::try_from(stat.st_size).unwrap_or(0).min(stored);
        }
        if self.size.bytes > self.most_bytes { Err(Stop::Over) } else { Ok(()) }
    }
}

impl Visitor for Probe<'_> {
    type Error = Stop;

    fn visit(&mut self, parent: BorrowedFd<'_>, name: &CStr, _: FileType, _: &[u8]) -> Result<Step, Stop> {
        self.control.check().map_err(Stop::Error)?;
        if Instant::now() > self.end {
            return Err(Stop::Error(BackupError::TimedOut { path: self.path.to_owned(), entries: self.size.entries }));
        }
        let stat = match status(parent, name) {
            Ok(stat) => stat,
            Err(error) if is_gone(&error) => return Ok(Step::Past),
            Err(error) => return Err(Stop::Io(error)),
        };
        self.count(&stat)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory || stat.st_dev != self.device {
            return Ok(Step::Past);
        }
        match open_folder(parent, name) {
            Ok(folder) => Ok(Step::Into(folder)),
            Err(error) if is_gone(&error) => Ok(Step::Past),
            Err(error) => Err(Stop::Io(error)),
        }
    }

    fn lost(&mut self, _: &[u8], error: io::Error) -> Result<(), Stop> {
        if is_gone(&error) { Ok(()) } else { Err(Stop::Io(error)) }
    }
}

fn is_gone(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::STALE))
}
