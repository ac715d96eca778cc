//! Folders that are open from a root downwards, without following a symbolic link and without a limit by the length of
//! a path or the number of open files.

use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Mode, OFlags};
use std::ffi::CStr;
use std::io;

/// Folders below the root whose descriptors are kept; a process has 1024 of them as a rule. From deeper ones the way
/// back is their `..`, checked.
const HELD: usize = 128;

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The folders from a root to the current one.
#[derive(Debug)]
pub(crate) struct Dirs {
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    fd: Option<OwnedFd>,
    id: (u64, u64),
}

impl Level {
    fn new(fd: OwnedFd) -> io::Result<Self> {
        Ok(Self { id: id(fd.as_fd())?, fd: Some(fd) })
    }
}

fn id(fd: BorrowedFd<'_>) -> io::Result<(u64, u64)> {
    let stat = rustix::fs::fstat(fd)?;
    Ok((stat.st_dev, stat.st_ino))
}

impl Dirs {
    /// Begins at `root`.
    pub(crate) fn new(root: OwnedFd) -> io::Result<Self> {
        Ok(Self { levels: vec![Level::new(root)?] })
    }

    /// The current folder.
    pub(crate) fn top(&self) -> io::Result<BorrowedFd<'_>> {
        let top = self.levels.last().and_then(|level| level.fd.as_ref());
        top.map(AsFd::as_fd).ok_or_else(|| io::Error::other("no folder is open"))
    }

    /// The folder that all others lie in.
    pub(crate) fn root(&self) -> io::Result<BorrowedFd<'_>> {
        let root = self.levels.first().and_then(|level| level.fd.as_ref());
        root.map(AsFd::as_fd).ok_or_else(|| io::Error::other("no folder is open"))
    }

    /// How many folders are open below the root.
    pub(crate) fn depth(&self) -> usize {
        self.levels.len() - 1
    }

    /// Goes into `folder`, which lies in the current one.
    pub(crate) fn push(&mut self, folder: OwnedFd) -> io::Result<()> {
        let level = Level::new(folder)?;
        if self.levels.len() > HELD
            && let Some(top) = self.levels.last_mut()
        {
            top.fd = None;
        }
        self.levels.push(level);
        Ok(())
    }

    /// Goes back to the folder that the current one lies in.
    ///
    /// # Errors
    ///
    /// The current folder was moved meanwhile, so that the way back is lost.
    pub(crate) fn pop(&mut self) -> io::Result<()> {
        let Some(left) = self.levels.pop() else { return Err(io::Error::other("no folder is open")) };
        let Some(top) = self.levels.last_mut() else { return Err(io::Error::other("the root was left")) };
        if top.fd.is_none() {
            let fd = left.fd.as_ref().ok_or_else(|| io::Error::other("no folder is open"))?;
            let parent = rustix::fs::openat(fd, c"..", FOLDER, Mode::empty())?;
            if id(parent.as_fd())? != top.id {
                return Err(io::Error::other("it was moved meanwhile"));
            }
            top.fd = Some(parent);
        }
        Ok(())
    }
}

impl Dirs {
    /// Gives up the current folder after the way back from it was lost.
    pub(crate) fn forget(&mut self) {
        if self.levels.len() > 1 {
            self.levels.pop();
        }
    }
}

/// Opens a folder for reading, leaving its access time alone where that is allowed.
pub(crate) fn open_folder(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    open(parent, name, FOLDER)
}

/// Opens something for reading: never through a symbolic link, never waiting for a fifo's other end, and leaving its
/// access time alone where that is allowed.
pub(crate) fn open_file(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    open(parent, name, OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC)
}

fn open(parent: BorrowedFd<'_>, name: &CStr, flags: OFlags) -> io::Result<OwnedFd> {
    match rustix::fs::openat(parent, name, flags | OFlags::NOATIME, Mode::empty()) {
        Err(rustix::io::Errno::PERM) => Ok(rustix::fs::openat(parent, name, flags, Mode::empty())?),
        opened => Ok(opened?),
    }
}

/// A file's status, of a symbolic link itself.
pub(crate) fn status(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<rustix::fs::Stat> {
    Ok(rustix::fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?)
}
