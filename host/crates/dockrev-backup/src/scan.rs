//! Reading a tree into an archive.

use crate::attributes::{Attribute, AttributeReader};
use crate::dirs::{open_file, open_folder, status};
use crate::entry::{Entry, Extent, Kind, Meta};
use crate::manifest::{NoteKind, Shape};
use crate::swap::HIDDEN_PREFIX;
use crate::tar::EXTENTS_MAX;
use crate::walk::{Step, Visitor, walk};
use crate::writer::TargetWriter;
use crate::{BackupError, Control};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, SeekFrom, Stat};
use rustix::io::Errno;
use std::collections::HashMap;
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Reads what is at `root`, a folder or a file, as one target.
pub(crate) fn scan(root: &Path, target: &mut TargetWriter<'_>, control: &Control) -> Result<Shape, BackupError> {
    let failed = |action, source| BackupError::Source { action, path: root.to_owned(), source };
    // The root itself may be reached through a symbolic link; nothing below it is.
    let real = root.canonicalize().map_err(|source| failed("find", source))?;
    let parent = real.parent().unwrap_or(&real);
    let name =
        real.file_name().map_or_else(|| c".".to_owned(), |name| CString::new(name.as_bytes()).unwrap_or_default());
    let parent = open_folder(rustix::fs::CWD, &c_path(parent)).map_err(|source| failed("open", source))?;
    let stat = status(parent.as_fd(), &name).map_err(|source| failed("look at", source))?;
    let mut scan = Scan {
        root: root.to_owned(),
        device: stat.st_dev,
        target,
        control,
        attributes: AttributeReader::new(),
        links: HashMap::new(),
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => {
            let folder = scan.folder(parent.as_fd(), &name, b"")?;
            if let Some(folder) = folder {
                walk(folder, &mut scan)?;
            }
            Ok(Shape::Folder)
        }
        FileType::RegularFile => {
            scan.file(parent.as_fd(), &name, b"")?;
            match scan.target.totals().entries {
                0 => Err(failed("read", io::Error::other("it vanished while it was read"))),
                _ => Ok(Shape::File),
            }
        }
        FileType::Symlink
        | FileType::Fifo
        | FileType::Socket
        | FileType::CharacterDevice
        | FileType::BlockDevice
        | FileType::Unknown => Err(failed("read", io::Error::other("it is neither a folder nor a file"))),
    }
}

fn c_path(path: &Path) -> CString {
    // A path that came from the system has no zero byte.
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

struct Scan<'a, 'w> {
    root: PathBuf,
    device: u64,
    target: &'a mut TargetWriter<'w>,
    control: &'a Control,
    attributes: AttributeReader,
    /// First path of each file that has several names.
    links: HashMap<(u64, u64), Box<[u8]>>,
}

impl Visitor for Scan<'_, '_> {
    type Error = BackupError;

    fn visit(&mut self, parent: BorrowedFd<'_>, name: &CStr, kind: FileType, path: &[u8]) -> Result<Step, BackupError> {
        self.control.check()?;
        if !path.contains(&b'/') && name.to_bytes().starts_with(HIDDEN_PREFIX.as_bytes()) {
            self.target.note(path, NoteKind::UnfinishedRestore);
            return Ok(Step::Past);
        }
        match kind {
            FileType::Directory => Ok(self.folder(parent, name, path)?.map_or(Step::Past, Step::Into)),
            FileType::RegularFile => self.file(parent, name, path).map(|()| Step::Past),
            FileType::Unknown
            | FileType::Symlink
            | FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice => self.special(parent, name, path),
        }
    }

    fn lost(&mut self, path: &[u8], error: io::Error) -> Result<(), BackupError> {
        match gone(&error) || error.kind() == io::ErrorKind::Other {
            true => self.target.note(path, NoteKind::Vanished),
            false => return Err(self.failed("list", path, error)),
        }
        Ok(())
    }
}

/// Whether an error says that something is no longer what it was when its name was read.
fn gone(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::NOENT | Errno::LOOP | Errno::NOTDIR | Errno::NXIO | Errno::STALE))
}

impl Scan<'_, '_> {
    fn failed(&self, action: &'static str, path: &[u8], source: io::Error) -> BackupError {
        let path = if path.is_empty() { self.root.clone() } else { self.root.join(OsStr::from_bytes(path)) };
        BackupError::Source { action, path, source }
    }

    /// Turns an error into a note if the thing just went away.
    fn unless_gone<T>(
        &mut self,
        action: &'static str,
        path: &[u8],
        got: io::Result<T>,
    ) -> Result<Option<T>, BackupError> {
        match got {
            Ok(value) => Ok(Some(value)),
            Err(error) if gone(&error) => {
                self.target.note(path, NoteKind::Vanished);
                Ok(None)
            }
            Err(error) => Err(self.failed(action, path, error)),
        }
    }

    fn begin(&mut self, path: &[u8], kind: Kind, stat: &Stat, attributes: Vec<Attribute>) -> Result<(), BackupError> {
        self.target.begin(Entry { path: path.to_vec(), kind, meta: Meta::of(stat, attributes) })
    }

    /// Writes a folder and opens it, unless another file system begins there.
    fn folder(&mut self, parent: BorrowedFd<'_>, name: &CStr, path: &[u8]) -> Result<Option<OwnedFd>, BackupError> {
        let Some(folder) = self.unless_gone("open", path, open_folder(parent, name))? else { return Ok(None) };
        let stat = rustix::fs::fstat(&folder).map_err(|error| self.failed("look at", path, error.into()))?;
        let attributes = self.attributes.of(folder.as_fd());
        let Some(attributes) = self.unless_gone("read the attributes of", path, attributes)? else { return Ok(None) };
        self.begin(path, Kind::Directory, &stat, attributes)?;
        if stat.st_dev != self.device {
            self.target.note(path, NoteKind::OtherFilesystem);
            return Ok(None);
        }
        Ok(Some(folder))
    }

    /// Whether this is another name of a file that is in the archive already; then it is written as that.
    fn is_link(&mut self, path: &[u8], stat: &Stat) -> Result<bool, BackupError> {
        if stat.st_nlink < 2 {
            return Ok(false);
        }
        match self.links.get(&(stat.st_dev, stat.st_ino)) {
            Some(first) => {
                let to = first.to_vec();
                self.begin(path, Kind::HardLink { to }, stat, Vec::new())?;
                Ok(true)
            }
            None => {
                self.links.insert((stat.st_dev, stat.st_ino), path.into());
                Ok(false)
            }
        }
    }

    fn special(&mut self, parent: BorrowedFd<'_>, name: &CStr, path: &[u8]) -> Result<Step, BackupError> {
        let Some(stat) = self.unless_gone("look at", path, status(parent, name))? else { return Ok(Step::Past) };
        let (major, minor) = (rustix::fs::major(stat.st_rdev), rustix::fs::minor(stat.st_rdev));
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => return Ok(self.folder(parent, name, path)?.map_or(Step::Past, Step::Into)),
            FileType::RegularFile => return self.file(parent, name, path).map(|()| Step::Past),
            FileType::Symlink => {
                let to = rustix::fs::readlinkat(parent, name, Vec::new()).map_err(io::Error::from);
                match self.unless_gone("read", path, to)? {
                    Some(to) => Kind::Symlink { to: to.into_bytes() },
                    None => return Ok(Step::Past),
                }
            }
            FileType::Fifo => Kind::Fifo,
            FileType::CharacterDevice => Kind::CharDevice { major, minor },
            FileType::BlockDevice => Kind::BlockDevice { major, minor },
            FileType::Socket | FileType::Unknown => {
                self.target.note(path, NoteKind::Socket);
                return Ok(Step::Past);
            }
        };
        if self.is_link(path, &stat)? {
            return Ok(Step::Past);
        }
        let attributes = self.attributes.at(parent, name);
        if let Some(attributes) = self.unless_gone("read the attributes of", path, attributes)? {
            self.begin(path, kind, &stat, attributes)?;
        }
        Ok(Step::Past)
    }

    fn file(&mut self, parent: BorrowedFd<'_>, name: &CStr, path: &[u8]) -> Result<(), BackupError> {
        let Some(file) = self.unless_gone("open", path, open_file(parent, name))? else { return Ok(()) };
        let stat = rustix::fs::fstat(&file).map_err(|error| self.failed("look at", path, error.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            self.target.note(path, NoteKind::Vanished);
            return Ok(());
        }
        if self.is_link(path, &stat)? {
            return Ok(());
        }
        let attributes = self.attributes.of(file.as_fd());
        let attributes = attributes.map_err(|error| self.failed("read the attributes of", path, error))?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let runs = runs(file.as_fd(), &stat).map_err(|error| self.failed("find the holes of", path, error))?;
        let whole = [Extent { offset: 0, length: size }];
        let kind = match &runs {
            Some(extents) => Kind::Sparse { size, extents: extents.clone() },
            None => Kind::File { size },
        };
        self.begin(path, kind, &stat, attributes)?;
        let mut is_short = false;
        for run in runs.as_deref().unwrap_or(&whole) {
            is_short |= self.run(file.as_fd(), *run, path)?;
        }
        self.target.end()?;
        let after = rustix::fs::fstat(&file).map_err(|error| self.failed("look at", path, error.into()))?;
        if let Some(what) = change(&stat, &after, is_short) {
            self.target.note(path, what);
        }
        Ok(())
    }

    /// Copies a run of data; where there is less than there was, zeros. Gives whether there was less.
    fn run(&mut self, file: BorrowedFd<'_>, run: Extent, path: &[u8]) -> Result<bool, BackupError> {
        let mut done = 0;
        while done < run.length {
            let space = self.target.space()?;
            let wanted = usize::try_from(run.length - done).map_or(space.len(), |left| left.min(space.len()));
            let got = rustix::io::retry_on_intr(|| rustix::io::pread(file, &mut space[..wanted], run.offset + done));
            match got.map_err(|error| self.failed("read", path, error.into()))? {
                0 => {
                    self.target.zeros(run.length - done)?;
                    return Ok(true);
                }
                got => {
                    self.target.advance(got);
                    done += got as u64;
                }
            }
        }
        Ok(false)
    }
}

fn change(before: &Stat, after: &Stat, is_short: bool) -> Option<NoteKind> {
    let moment = |stat: &Stat| (stat.st_mtime, stat.st_mtime_nsec, stat.st_ctime, stat.st_ctime_nsec);
    if is_short || after.st_size < before.st_size {
        Some(NoteKind::Shrank)
    } else if after.st_size > before.st_size {
        Some(NoteKind::Grew)
    } else {
        (moment(before) != moment(after)).then_some(NoteKind::Changed)
    }
}

/// The runs of data of a file with holes. Absent for one without.
fn runs(file: BorrowedFd<'_>, stat: &Stat) -> io::Result<Option<Vec<Extent>>> {
    /// What `st_blocks` counts in.
    const BLOCK_BYTES: u64 = 512;
    let size = u64::try_from(stat.st_size).unwrap_or(0);
    if (stat.st_blocks as u64).saturating_mul(BLOCK_BYTES) >= size {
        return Ok(None);
    }
    let mut extents = Vec::new();
    let mut at = 0;
    while at < size {
        let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(start) if start < size => start,
            // No data from here on.
            Ok(_) | Err(Errno::NXIO) => break,
            // The file system does not know its holes.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let is_last = extents.len() + 1 == EXTENTS_MAX;
        let end = if is_last { size } else { rustix::fs::seek(file, SeekFrom::Hole(start))?.min(size) };
        // Whoever punches holes meanwhile may make a run of nothing.
        if end > start {
            extents.push(Extent { offset: start, length: end - start });
        }
        at = end.max(start + 1);
    }
    let is_whole = extents == [Extent { offset: 0, length: size }];
    Ok((!is_whole).then_some(extents))
}
