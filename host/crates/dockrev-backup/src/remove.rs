//! Removing a tree, whatever its depth, without following a symbolic link.

use crate::dirs::open_folder;
use crate::walk::{Step, Visitor, walk};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::fs::{AtFlags, FileType, Mode};
use rustix::io::Errno;
use std::ffi::CStr;
use std::io;

struct Remover;

/// Removes `name` of `parent` with everything in it. What is not there is removed already.
pub(crate) fn remove_tree(parent: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let folder = match open_folder(parent, name) {
        Err(error) if is_gone(&error) => return Ok(()),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::NOTDIR) => {
            return unlink(parent, name, AtFlags::empty());
        }
        opened => opened?,
    };
    let _ = rustix::fs::fchmod(folder.as_fd(), Mode::RWXU);
    walk(folder, &mut Remover)?;
    unlink(parent, name, AtFlags::REMOVEDIR)
}

fn unlink(parent: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> io::Result<()> {
    match rustix::fs::unlinkat(parent, name, flags) {
        Err(Errno::NOENT) => Ok(()),
        removed => Ok(removed?),
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound
}

impl Visitor for Remover {
    type Error = io::Error;

    fn visit(&mut self, parent: BorrowedFd<'_>, name: &CStr, kind: FileType, _: &[u8]) -> io::Result<Step> {
        if !matches!(kind, FileType::Directory | FileType::Unknown) {
            return unlink(parent, name, AtFlags::empty()).map(|()| Step::Past);
        }
        match open_folder(parent, name) {
            Ok(folder) => {
                // A folder that its owner may not write to keeps what is in it; as root that makes no difference.
                let _ = rustix::fs::fchmod(folder.as_fd(), Mode::RWXU);
                Ok(Step::Into(folder))
            }
            Err(error) if is_gone(&error) => Ok(Step::Past),
            Err(error) if matches!(Errno::from_io_error(&error), Some(Errno::NOTDIR | Errno::LOOP)) => {
                unlink(parent, name, AtFlags::empty()).map(|()| Step::Past)
            }
            Err(error) => Err(error),
        }
    }

    fn leave(&mut self, parent: BorrowedFd<'_>, name: &CStr, _: &[u8]) -> io::Result<()> {
        unlink(parent, name, AtFlags::REMOVEDIR)
    }

    fn lost(&mut self, _: &[u8], error: io::Error) -> io::Result<()> {
        Err(error)
    }
}
