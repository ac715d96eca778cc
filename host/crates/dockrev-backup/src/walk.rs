//! Visiting a tree, whatever its depth and however it changes meanwhile.

use crate::dirs::Dirs;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{Dir, FileType};
use std::ffi::{CStr, CString};
use std::io;

/// What is done on the way. Paths are relative to the root, for messages and archives.
pub(crate) trait Visitor {
    /// What stops the walk.
    type Error;

    /// Sees one entry of `parent`, before what is in it. Gives the opened folder to go into, if it is to be gone into.
    ///
    /// `kind` is what the folder's list says, or `Unknown`.
    fn visit(&mut self, parent: BorrowedFd<'_>, name: &CStr, kind: FileType, path: &[u8]) -> Result<Step, Self::Error>;

    /// Sees a folder again after everything in it.
    fn leave(&mut self, _parent: BorrowedFd<'_>, _name: &CStr, _path: &[u8]) -> Result<(), Self::Error> {
        Ok(())
    }

    /// A folder cannot be listed, or the way back from it is lost. Goes on without the rest of it, or stops.
    fn lost(&mut self, path: &[u8], error: io::Error) -> Result<(), Self::Error>;
}

/// Where to go after an entry.
pub(crate) enum Step {
    /// Into this folder.
    Into(OwnedFd),
    /// To the next entry.
    Past,
}

struct Frame {
    names: std::vec::IntoIter<(CString, FileType)>,
    /// Length of the folder's own path.
    path_length: usize,
    name: CString,
}

/// Walks through everything below `root`, entries of a folder in the order of their names' bytes.
pub(crate) fn walk<V: Visitor>(root: OwnedFd, visitor: &mut V) -> Result<(), V::Error> {
    let mut path = Vec::new();
    let names = match list(root.as_fd()) {
        Ok(names) => names,
        Err(error) => return visitor.lost(&path, error),
    };
    let mut dirs = match Dirs::new(root) {
        Ok(dirs) => dirs,
        Err(error) => return visitor.lost(&path, error),
    };
    let mut frames = vec![Frame { names: names.into_iter(), path_length: 0, name: CString::default() }];
    while let Some(frame) = frames.last_mut() {
        path.truncate(frame.path_length);
        let Some((name, kind)) = frame.names.next() else {
            if let Some(left) = frames.pop()
                && !frames.is_empty()
            {
                ascend(&mut dirs, &mut frames, &left, &path, visitor)?;
            }
            continue;
        };
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.as_bytes());
        let step = match dirs.top() {
            Ok(parent) => visitor.visit(parent, &name, kind, &path)?,
            Err(error) => return visitor.lost(&path, error),
        };
        if let Step::Into(folder) = step {
            match list(folder.as_fd()).and_then(|names| dirs.push(folder).map(|()| names)) {
                Ok(names) => frames.push(Frame { names: names.into_iter(), path_length: path.len(), name }),
                Err(error) => visitor.lost(&path, error)?,
            }
        }
    }
    Ok(())
}

fn ascend<V: Visitor>(
    dirs: &mut Dirs,
    frames: &mut Vec<Frame>,
    left: &Frame,
    path: &[u8],
    visitor: &mut V,
) -> Result<(), V::Error> {
    match dirs.pop() {
        Ok(()) => match dirs.top() {
            Ok(parent) => visitor.leave(parent, &left.name, path),
            Err(error) => visitor.lost(path, error),
        },
        Err(error) => {
            // What is left of the folders on the way cannot be reached any more: back to the nearest that is held.
            visitor.lost(path, error)?;
            while dirs.top().is_err() && dirs.depth() > 0 {
                frames.pop();
                dirs.forget();
            }
            Ok(())
        }
    }
}

/// The names in a folder, in the order of their bytes.
pub(crate) fn list(folder: BorrowedFd<'_>) -> io::Result<Vec<(CString, FileType)>> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if !matches!(name.to_bytes(), b"." | b"..") {
            names.push((name.to_owned(), entry.file_type()));
        }
    }
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    Ok(names)
}
