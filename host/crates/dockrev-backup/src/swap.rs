//! Exchanging what is at a place for what a restore wrote, so that after any interruption it is known how to go on.
//!
//! A folder that is mounted cannot be replaced itself, so its entries are: everything happens in a hidden folder in it
//! (for a single file, beside it). A record in that folder, on the disk before the next step begins, says how far it is:
//!
//! ```text
//! writing    new/ is being written                  interrupted: the hidden folder goes away
//! out        what is there moves to old/            interrupted: goes on
//! in         what is in new/ moves to the place     interrupted: goes on
//! placed     old/ is still kept, then goes away     interrupted: goes on
//! back-in    what is new moves back to new/         interrupted: goes on undoing
//! back-out   what is in old/ moves back             interrupted: goes on undoing
//! ```
//!
//! Within a phase every step is one rename, so that which ones are done can be seen from where things are.

use crate::entry::Meta;
use crate::extract::set_meta;
use crate::remove::remove_tree;
use crate::walk::list;
use crate::{BackupError, attributes, dirs};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the hidden folders of restores are called.
pub(crate) const HIDDEN_PREFIX: &str = ".dockrev-restore-";

const NEW: &CStr = c"new";
const OLD: &CStr = c"old";
const RECORD: &CStr = c"state.json";
const RECORD_PARTIAL: &CStr = c"state.json.partial";

/// Largest record that is read, in bytes: the root's attributes are most of it.
const RECORD_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// How far an exchange is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Phase {
    Writing,
    Out,
    In,
    Placed,
    BackIn,
    BackOut,
}

/// What has to be known to go on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Record {
    phase: Phase,
    /// The folder itself, before and after. A single file has its own.
    old: Meta,
    new: Meta,
}

/// What became of an interrupted restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There was none.
    Nothing,
    /// It had not begun to replace anything, and is gone.
    Forgotten,
    /// It was finished: the place is as in the backup.
    Finished,
    /// It was undone: the place is as it was before.
    Undone,
}

/// Finishes, undoes or forgets what an interrupted restore left at `place`, a folder or a file, whichever the state on
/// the disk says. Doing it again is the same as once.
///
/// # Errors
///
/// The place cannot be read or written; the state stays for another try.
pub fn settle(place: &Path) -> Result<Settled, BackupError> {
    Swap::of(place)?.settle()
}

/// Whether an interrupted restore has begun to replace what is at `place`, and is not settled.
pub(crate) fn is_half_way(place: &Path) -> Result<bool, BackupError> {
    let swap = Swap::of(place)?;
    let phase = swap.hidden().and_then(|hidden| swap.phase(&hidden));
    match phase {
        Ok(Phase::Writing) => Ok(false),
        Ok(Phase::Out | Phase::In | Phase::Placed | Phase::BackIn | Phase::BackOut) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(swap.half_way("look at the restore of", source)),
    }
}

/// The exchange of one place.
pub(crate) struct Swap {
    /// The place, for errors.
    place: PathBuf,
    /// The folder whose entries are exchanged.
    root: OwnedFd,
    /// The single entry that is exchanged; absent for all of them.
    only: Option<CString>,
    hidden: CString,
    #[cfg(test)]
    steps_left: std::cell::Cell<u64>,
}

impl Swap {
    /// The exchange of what is at `place`, a folder or a file.
    pub(crate) fn of(place: &Path) -> Result<Self, BackupError> {
        let failed = |error| BackupError::place("find", place, error);
        let real = place.canonicalize().map_err(failed)?;
        let (root, only) = match (real.is_dir(), real.parent(), real.file_name()) {
            (false, Some(parent), Some(name)) => {
                (parent, Some(CString::new(name.as_bytes()).map_err(|e| failed(e.into()))?))
            }
            _ => (&*real, None),
        };
        let root_name = CString::new(root.as_os_str().as_bytes()).map_err(|error| failed(error.into()))?;
        let root = dirs::open_folder(CWD, &root_name).map_err(failed)?;
        let hidden = format!("{HIDDEN_PREFIX}{}", only.as_deref().map_or_else(|| "all".to_owned(), short_sum));
        Ok(Self {
            place: place.to_owned(),
            root,
            only,
            hidden: CString::new(hidden).map_err(|error| failed(error.into()))?,
            #[cfg(test)]
            steps_left: std::cell::Cell::new(u64::MAX),
        })
    }

    /// Makes the hidden folder. Gives the folder that the target's root is written into, and its name there.
    pub(crate) fn begin(&self) -> Result<(OwnedFd, CString), BackupError> {
        let begin = || -> io::Result<(OwnedFd, CString)> {
            let old =
                Meta::of(&rustix::fs::fstat(&self.root)?, attributes::AttributeReader::new().of(self.root.as_fd())?);
            rustix::fs::mkdirat(&self.root, &self.hidden, Mode::RWXU)?;
            let hidden = self.hidden()?;
            // A folder's default ACL goes over to what is made in it; the backup says what there was.
            attributes::remove_others(hidden.as_fd(), &[])?;
            rustix::fs::fchmod(&hidden, Mode::RWXU)?;
            self.record(&hidden, &Record { phase: Phase::Writing, old, new: Meta::default() })?;
            match &self.only {
                None => Ok((hidden, NEW.to_owned())),
                Some(name) => {
                    rustix::fs::mkdirat(&hidden, NEW, Mode::RWXU)?;
                    Ok((dirs::open_folder(hidden.as_fd(), NEW)?, name.clone()))
                }
            }
        };
        begin().map_err(|error| match Errno::from_io_error(&error) {
            Some(Errno::EXIST) => BackupError::Unsettled { path: self.place.clone() },
            _ => BackupError::place("make room for a restore in", &self.place, error),
        })
    }

    /// Forgets what was written: nothing was exchanged yet. The folder's times are put back.
    pub(crate) fn abandon(&self) -> Result<(), BackupError> {
        let abandon = || self.forget(self.hidden().and_then(|hidden| self.read(&hidden)).ok().map(|record| record.old));
        abandon().map_err(|error| BackupError::place("clear", &self.place, error))
    }

    /// Says that all of it is written, and puts it on the disk. `new` is what the folder itself becomes.
    pub(crate) fn seal(&self, new: Meta) -> Result<(), BackupError> {
        let seal = || -> io::Result<()> {
            let hidden = self.hidden()?;
            rustix::fs::mkdirat(&hidden, OLD, Mode::RWXU)?;
            rustix::fs::syncfs(&hidden)?;
            let old = self.read(&hidden)?.old;
            self.record(&hidden, &Record { phase: Phase::Out, old, new })
        };
        seal().map_err(|error| BackupError::place("write", &self.place, error))
    }

    /// Exchanges old for new. If that fails, what was there is put back.
    pub(crate) fn exchange(&self) -> Result<(), BackupError> {
        let Err(source) = self.forward() else { return Ok(()) };
        let is_undone = self.backward().is_ok();
        Err(BackupError::Place { action: "exchange the content of", path: self.place.clone(), is_undone, source })
    }

    /// Puts back what was there before the exchange.
    pub(crate) fn undo(&self) -> Result<(), BackupError> {
        self.backward().map_err(|source| self.half_way("put back the content of", source))
    }

    /// Removes what was replaced. Gives the folder itself what the backup says.
    pub(crate) fn finish(&self) -> Result<(), BackupError> {
        let finish = || -> io::Result<()> {
            let new = self.read(&self.hidden()?)?.new;
            self.forget(Some(new))
        };
        finish().map_err(|source| self.half_way("clear what was replaced in", source))
    }

    pub(crate) fn settle(&self) -> Result<Settled, BackupError> {
        let hidden = match self.hidden() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settled::Nothing),
            hidden => hidden.map_err(|source| self.half_way("look at the restore of", source))?,
        };
        let phase = self.phase(&hidden).map_err(|source| self.half_way("look at the restore of", source))?;
        match phase {
            Phase::Writing => self.abandon().map(|()| Settled::Forgotten),
            Phase::Out | Phase::In | Phase::Placed => {
                self.exchange()?;
                self.finish().map(|()| Settled::Finished)
            }
            Phase::BackIn | Phase::BackOut => self.undo().map(|()| Settled::Undone),
        }
    }

    /// Without a record nothing was ever moved: it is written before, and removed last.
    fn phase(&self, hidden: &OwnedFd) -> io::Result<Phase> {
        match self.read(hidden) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match dirs::open_folder(hidden.as_fd(), OLD) {
                Ok(old) if !list(old.as_fd())?.is_empty() => Err(io::Error::other("its record is missing")),
                Ok(_) | Err(_) => Ok(Phase::Writing),
            },
            record => record.map(|record| record.phase),
        }
    }

    fn forward(&self) -> io::Result<()> {
        let hidden = self.hidden()?;
        let mut record = self.read(&hidden)?;
        if record.phase == Phase::Out {
            let old = dirs::open_folder(hidden.as_fd(), OLD)?;
            self.move_all(self.root.as_fd(), old.as_fd())?;
            self.advance(&hidden, &mut record, Phase::In)?;
        }
        if record.phase == Phase::In {
            let new = dirs::open_folder(hidden.as_fd(), NEW)?;
            self.move_all(new.as_fd(), self.root.as_fd())?;
            self.advance(&hidden, &mut record, Phase::Placed)?;
        }
        Ok(())
    }

    fn backward(&self) -> io::Result<()> {
        let hidden = self.hidden()?;
        let mut record = self.read(&hidden)?;
        if matches!(record.phase, Phase::In | Phase::Placed) {
            self.advance(&hidden, &mut record, Phase::BackIn)?;
        } else if record.phase == Phase::Out {
            self.advance(&hidden, &mut record, Phase::BackOut)?;
        }
        if record.phase == Phase::BackIn {
            let new = dirs::open_folder(hidden.as_fd(), NEW)?;
            self.move_all(self.root.as_fd(), new.as_fd())?;
            self.advance(&hidden, &mut record, Phase::BackOut)?;
        }
        if record.phase == Phase::BackOut {
            let old = dirs::open_folder(hidden.as_fd(), OLD)?;
            self.move_all(old.as_fd(), self.root.as_fd())?;
            self.root_sync()?;
        }
        self.forget(Some(record.old))
    }

    /// Moves what belongs to the place from one folder to another.
    fn move_all(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> io::Result<()> {
        for (name, _) in list(from)? {
            let is_ours = name.as_bytes().starts_with(HIDDEN_PREFIX.as_bytes());
            if !is_ours && self.only.as_ref().is_none_or(|only| *only == name) {
                self.step()?;
                rename(from, to, &name)?;
            }
        }
        rustix::fs::fsync(from)?;
        Ok(rustix::fs::fsync(to)?)
    }

    fn advance(&self, hidden: &OwnedFd, record: &mut Record, phase: Phase) -> io::Result<()> {
        record.phase = phase;
        self.record(hidden, record)
    }

    /// Removes the hidden folder, its record last, and dresses the folder itself in `meta`.
    fn forget(&self, meta: Option<Meta>) -> io::Result<()> {
        if let Ok(hidden) = self.hidden() {
            for name in [OLD, NEW] {
                self.step()?;
                remove_tree(hidden.as_fd(), name)?;
            }
            if let Some(meta) = &meta {
                self.dress(meta)?;
            }
            self.step()?;
            remove_tree(self.root.as_fd(), &self.hidden)?;
        }
        self.root_sync()?;
        match meta {
            // Removing the hidden folder changed the times.
            Some(meta) => self.dress(&meta),
            None => Ok(()),
        }
    }

    /// Gives the folder itself owner, mode, attributes and times. For a single file, its folder only gets nothing.
    fn dress(&self, meta: &Meta) -> io::Result<()> {
        if self.only.is_some() {
            return Ok(());
        }
        let stat = rustix::fs::fstat(&self.root)?;
        attributes::remove_others(self.root.as_fd(), &meta.xattrs)?;
        set_meta(self.root.as_fd(), meta, (stat.st_uid, stat.st_gid)).map(drop)
    }

    fn hidden(&self) -> io::Result<OwnedFd> {
        dirs::open_folder(self.root.as_fd(), &self.hidden)
    }

    fn read(&self, hidden: &OwnedFd) -> io::Result<Record> {
        let file = File::from(dirs::open_file(hidden.as_fd(), RECORD)?);
        let mut json = Vec::new();
        file.take(RECORD_MAX_BYTES).read_to_end(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }

    /// Writes the record, on the disk when it returns.
    fn record(&self, hidden: &OwnedFd, record: &Record) -> io::Result<()> {
        self.step()?;
        let flags = OFlags::CREATE | OFlags::TRUNC | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = rustix::fs::openat(hidden, RECORD_PARTIAL, flags, Mode::RUSR | Mode::WUSR)?;
        let mut file = File::from(file);
        file.write_all(&serde_json::to_vec(record)?)?;
        file.sync_all()?;
        rustix::fs::renameat(hidden, RECORD_PARTIAL, hidden, RECORD)?;
        rustix::fs::fsync(hidden)?;
        self.root_sync()
    }

    fn root_sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(&self.root)?)
    }

    fn half_way(&self, action: &'static str, source: io::Error) -> BackupError {
        BackupError::Place { action, path: self.place.clone(), is_undone: false, source }
    }

    /// Stands before everything that changes the disk, so that a test can stop there.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "tests stop here")]
    fn step(&self) -> io::Result<()> {
        Ok(())
    }

    #[cfg(test)]
    fn step(&self) -> io::Result<()> {
        match self.steps_left.get() {
            0 => Err(io::Error::other("stopped by the test")),
            left => {
                self.steps_left.set(left - 1);
                Ok(())
            }
        }
    }
}

/// Moves an entry, never onto another one.
fn rename(from: BorrowedFd<'_>, to: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    match rustix::fs::renameat_with(from, name, to, name, RenameFlags::NOREPLACE) {
        // Not every file system can promise that; then it is looked at before.
        Err(Errno::INVAL | Errno::NOSYS) => match rustix::fs::statat(to, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EXIST.into()),
            Err(Errno::NOENT) => Ok(rustix::fs::renameat(from, name, to, name)?),
            Err(error) => Err(error.into()),
        },
        renamed => Ok(renamed?),
    }
}

/// A few digits that stand for a name of any length.
fn short_sum(name: &CStr) -> String {
    let sum: crate::index::Sum = Sha256::digest(name.to_bytes()).into();
    crate::index::hex(&sum)[..16].to_owned()
}

#[cfg(test)]
mod tests;
