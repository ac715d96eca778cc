//! Writing a target's entries into a folder that only this restore knows.

use crate::BackupError;
use crate::attributes;
use crate::contents::{Contents, Item};
use crate::dirs::{Dirs, open_folder};
use crate::entry::{Entry, Extent, Kind, Meta, Time, printable};
use crate::manifest::{NoteKind, Notes};
use crate::write_back::WriteBack;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Timespec, Timestamps, UTIME_OMIT, Uid};
use rustix::io::Errno;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What everything is until it is whole: nobody else's.
const NEW_FILE: Mode = Mode::RUSR.union(Mode::WUSR);
const NEW_FOLDER: Mode = Mode::RWXU;

/// Writes the entries of one target, in the archive's order, below a folder.
pub(crate) struct Extractor {
    dirs: Dirs,
    /// Metadata of the folders that are open, given to them when they are closed.
    open: Vec<Meta>,
    name: CString,
    place: PathBuf,
    root: Meta,
    /// Who this process is: what it makes belongs to them already.
    own: (u32, u32),
    notes: Notes,
}

impl Extractor {
    /// Writes the target's root as `name` in `holder`; `place` is what is restored, for errors.
    pub(crate) fn new(holder: OwnedFd, name: CString, place: &Path) -> io::Result<Self> {
        Ok(Self {
            dirs: Dirs::new(holder)?,
            open: Vec::new(),
            name,
            place: place.to_owned(),
            root: Meta::default(),
            own: (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw()),
            notes: Notes::default(),
        })
    }

    /// Writes an entry, its data taken from `contents`.
    pub(crate) fn write(&mut self, item: Item, contents: &mut Contents<'_>) -> Result<(), BackupError> {
        let Item { depth, entry, .. } = item;
        self.close_to(depth.unwrap_or(0)).map_err(|error| self.failed(&entry.path, error))?;
        let name = match depth {
            None => self.name.clone(),
            Some(_) => {
                let name = entry.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                CString::new(name).map_err(|error| self.failed(&entry.path, error.into()))?
            }
        };
        if depth.is_none() {
            self.root = entry.meta.clone();
        }
        match &entry.kind {
            Kind::Directory => self.folder(&name, &entry),
            Kind::File { size } => {
                let whole = [Extent { offset: 0, length: *size }];
                return self.file(&name, &entry, *size, &whole, contents);
            }
            Kind::Sparse { size, extents } => return self.file(&name, &entry, *size, extents, contents),
            Kind::HardLink { to } => self.link(&name, to),
            Kind::Symlink { .. } | Kind::Fifo | Kind::CharDevice { .. } | Kind::BlockDevice { .. } => {
                self.special(&name, &entry)
            }
        }
        .map_err(|error| self.failed(&entry.path, error))
    }

    /// Closes everything. Gives the root's metadata and what could not be restored as it was.
    pub(crate) fn finish(mut self) -> Result<(Meta, Notes), BackupError> {
        self.close_to(0).map_err(|error| self.failed(b"", error))?;
        Ok((self.root, self.notes))
    }

    fn close_to(&mut self, depth: usize) -> io::Result<()> {
        while self.open.len() > depth {
            if let Some(meta) = self.open.pop() {
                // The folder's own path is not kept; what cannot be set is noted without it.
                let notes = set_meta(self.dirs.top()?, &meta, self.own)?;
                notes.into_iter().for_each(|what| self.notes.add(b"(a folder)", what));
            }
            self.dirs.pop()?;
        }
        Ok(())
    }

    fn folder(&mut self, name: &CStr, entry: &Entry) -> io::Result<()> {
        let parent = self.dirs.top()?;
        rustix::fs::mkdirat(parent, name, NEW_FOLDER)?;
        let folder = open_folder(parent, name)?;
        self.dirs.push(folder)?;
        self.open.push(entry.meta.clone());
        Ok(())
    }

    fn file(
        &mut self,
        name: &CStr,
        entry: &Entry,
        size: u64,
        runs: &[Extent],
        contents: &mut Contents<'_>,
    ) -> Result<(), BackupError> {
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = self.dirs.top().and_then(|parent| Ok(rustix::fs::openat(parent, name, flags, NEW_FILE)?));
        let file = File::from(opened.map_err(|error| self.failed(&entry.path, error))?);
        let mut write_back = WriteBack::default();
        for run in runs {
            let mut done = 0;
            while done < run.length {
                let chunk = contents.chunk()?;
                let length = usize::try_from(run.length - done).map_or(chunk.len(), |left| left.min(chunk.len()));
                if length == 0 {
                    return Err(self.failed(&entry.path, io::ErrorKind::UnexpectedEof.into()));
                }
                let written = file.write_all_at(&chunk[..length], run.offset + done);
                written.map_err(|error| self.failed(&entry.path, error))?;
                contents.consume(length);
                done += length as u64;
                write_back.written(&file, run.offset + done);
            }
        }
        let finish = || -> io::Result<Vec<NoteKind>> {
            if runs.last().is_none_or(|last| last.offset + last.length < size) && size > 0 {
                file.set_len(size)?;
            }
            set_meta(file.as_fd(), &entry.meta, self.own)
        };
        let notes = finish().map_err(|error| self.failed(&entry.path, error))?;
        notes.into_iter().for_each(|what| self.notes.add(&entry.path, what));
        Ok(())
    }

    /// Makes another name of something that this restore wrote. No symbolic link is followed on the way to it.
    fn link(&mut self, name: &CStr, to: &[u8]) -> io::Result<()> {
        let mut at = rustix::io::fcntl_dupfd_cloexec(self.dirs.root()?, 0)?;
        let mut parts = to.split(|byte| *byte == b'/');
        let last = CString::new(parts.next_back().unwrap_or_default())?;
        at = open_folder(at.as_fd(), &self.name)?;
        for part in parts {
            at = open_folder(at.as_fd(), &CString::new(part)?)?;
        }
        Ok(rustix::fs::linkat(&at, &last, self.dirs.top()?, name, AtFlags::empty())?)
    }

    fn special(&mut self, name: &CStr, entry: &Entry) -> io::Result<()> {
        let parent = self.dirs.top()?;
        let device = |major, minor| rustix::fs::makedev(major, minor);
        match &entry.kind {
            Kind::Symlink { to } => rustix::fs::symlinkat(&to[..], parent, name)?,
            Kind::Fifo => rustix::fs::mknodat(parent, name, FileType::Fifo, NEW_FILE, 0)?,
            Kind::CharDevice { major, minor } => {
                rustix::fs::mknodat(parent, name, FileType::CharacterDevice, NEW_FILE, device(*major, *minor))?;
            }
            Kind::BlockDevice { major, minor } => {
                rustix::fs::mknodat(parent, name, FileType::BlockDevice, NEW_FILE, device(*major, *minor))?;
            }
            Kind::Directory | Kind::File { .. } | Kind::Sparse { .. } | Kind::HardLink { .. } => {}
        }
        let is_link = matches!(entry.kind, Kind::Symlink { .. });
        let notes = set_meta_at(parent, name, &entry.meta, is_link, self.own)?;
        notes.into_iter().for_each(|what| self.notes.add(&entry.path, what));
        Ok(())
    }

    fn failed(&self, path: &[u8], error: io::Error) -> BackupError {
        let path = if path.is_empty() { self.place.clone() } else { self.place.join(printable(path)) };
        BackupError::place("restore", &path, error)
    }
}

/// Whether a change of attributes or owners failed because the place or our rights do not allow it, which is noted and
/// not fatal.
fn is_refused(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::PERM | Errno::OPNOTSUPP | Errno::INVAL))
}

fn note_refusal(result: io::Result<()>, what: NoteKind, notes: &mut Vec<NoteKind>) -> io::Result<()> {
    match result {
        Err(error) if is_refused(&error) => {
            if !notes.contains(&what) {
                notes.push(what);
            }
            Ok(())
        }
        result => result,
    }
}

/// Owners first: a change of them takes setuid bits and capabilities away. Without the owner there is no setuid.
pub(crate) fn set_meta(file: BorrowedFd<'_>, meta: &Meta, own: (u32, u32)) -> io::Result<Vec<NoteKind>> {
    let mut notes = Vec::new();
    if (meta.uid, meta.gid) != own {
        let (uid, gid) = (Uid::from_raw(meta.uid), Gid::from_raw(meta.gid));
        let owned = rustix::fs::fchown(file, Some(uid), Some(gid)).map_err(io::Error::from);
        note_refusal(owned, NoteKind::OwnerNotRestored, &mut notes)?;
    }
    for attribute in &meta.xattrs {
        note_refusal(attributes::set(file, attribute), NoteKind::AttributeNotRestored, &mut notes)?;
    }
    rustix::fs::fchmod(file, mode(meta, &notes))?;
    rustix::fs::futimens(file, &times(meta))?;
    Ok(notes)
}

fn set_meta_at(
    parent: BorrowedFd<'_>,
    name: &CStr,
    meta: &Meta,
    is_link: bool,
    own: (u32, u32),
) -> io::Result<Vec<NoteKind>> {
    let mut notes = Vec::new();
    if (meta.uid, meta.gid) != own {
        let (uid, gid) = (Uid::from_raw(meta.uid), Gid::from_raw(meta.gid));
        let owned = rustix::fs::chownat(parent, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW);
        note_refusal(owned.map_err(io::Error::from), NoteKind::OwnerNotRestored, &mut notes)?;
    }
    for attribute in &meta.xattrs {
        note_refusal(attributes::set_at(parent, name, attribute), NoteKind::AttributeNotRestored, &mut notes)?;
    }
    if !is_link {
        rustix::fs::chmodat(parent, name, mode(meta, &notes), AtFlags::empty())?;
    }
    rustix::fs::utimensat(parent, name, &times(meta), AtFlags::SYMLINK_NOFOLLOW)?;
    Ok(notes)
}

fn mode(meta: &Meta, notes: &[NoteKind]) -> Mode {
    let is_ours = !notes.contains(&NoteKind::OwnerNotRestored);
    Mode::from_raw_mode(if is_ours { meta.mode } else { meta.mode & 0o1777 })
}

pub(crate) fn times(meta: &Meta) -> Timestamps {
    let spec = |time: Time| Timespec { tv_sec: time.seconds, tv_nsec: time.nanoseconds.into() };
    let omitted = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    Timestamps { last_access: meta.accessed.map_or(omitted, spec), last_modification: spec(meta.modified) }
}
