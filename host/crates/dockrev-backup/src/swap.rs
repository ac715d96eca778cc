//! Exchanging what is in a folder for what a restore wrote, so that after any interruption it is known how to go on.
//!
//! A folder that is mounted cannot be replaced itself, so its entries are: everything happens in a hidden folder in it.
//! Markers in that folder, each on the disk before the next step, say how far the exchange is:
//!
//! ```text
//! (none)    new/ is being written          interrupted: the hidden folder goes away
//! written   entries move to old/           interrupted: goes on
//! emptied   entries of new/ move up        interrupted: goes on
//! filled    old/ goes away                 interrupted: goes on
//! ```

use crate::BackupError;
use crate::attributes;
use crate::entry::Meta;
use crate::extract::set_meta;
use rustix::fd::AsFd;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What the hidden folders of restores are called.
pub(crate) const HIDDEN_PREFIX: &str = ".dockrev-restore-";
/// The one hidden folder: two restores of one place never run at the same time.
const HIDDEN: &str = ".dockrev-restore-1";
const NEW: &str = "new";
const OLD: &str = "old";
const WRITTEN: &str = "written";
const EMPTIED: &str = "emptied";
const FILLED: &str = "filled";

/// The exchange of what is in one folder.
pub(crate) struct Swap {
    root: PathBuf,
    hidden: PathBuf,
}

impl Swap {
    pub(crate) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), hidden: root.join(HIDDEN) }
    }

    /// Finishes or forgets what an interrupted restore left.
    pub(crate) fn settle(&self) -> Result<(), BackupError> {
        if !self.hidden.exists() {
            return Ok(());
        }
        if self.has(WRITTEN) {
            return self.exchange();
        }
        fs::remove_dir_all(&self.hidden).map_err(|error| self.failed("remove", error))
    }

    /// Makes the hidden folder, where a folder [`NEW`] is then written.
    pub(crate) fn begin(&self) -> Result<PathBuf, BackupError> {
        fs::create_dir(&self.hidden).map_err(|error| self.failed("make", error))?;
        Ok(self.hidden.clone())
    }

    /// Name of what is written into the folder that [`Self::begin`] gives.
    pub(crate) fn new_name() -> &'static str {
        NEW
    }

    /// Removes what was written: nothing was exchanged yet.
    pub(crate) fn abandon(&self) {
        // What is left over is found by the next restore.
        let _ = fs::remove_dir_all(&self.hidden);
    }

    /// Says that everything new is written, and puts it on the disk. From here on the restore is only ever finished.
    pub(crate) fn seal(&self) -> Result<(), BackupError> {
        let sealed = || {
            rustix::fs::syncfs(File::open(&self.hidden)?)?;
            fs::create_dir(self.hidden.join(OLD))?;
            self.mark(WRITTEN)
        };
        sealed().map_err(|error| self.failed("seal", error))
    }

    /// Does what is left of the exchange.
    pub(crate) fn exchange(&self) -> Result<(), BackupError> {
        let exchanged = || -> io::Result<()> {
            let (old, new) = (self.hidden.join(OLD), self.hidden.join(NEW));
            if !self.has(EMPTIED) {
                for name in names(&self.root)?.into_iter().filter(|name| name != HIDDEN) {
                    fs::rename(self.root.join(&name), old.join(&name))?;
                }
                self.mark(EMPTIED)?;
            }
            if !self.has(FILLED) {
                for name in names(&new)? {
                    fs::rename(new.join(&name), self.root.join(&name))?;
                }
                self.mark(FILLED)?;
            }
            fs::remove_dir_all(&self.hidden)?;
            File::open(&self.root)?.sync_all()
        };
        exchanged().map_err(|source| BackupError::Place {
            action: "exchange the content of",
            path: self.root.clone(),
            is_undone: false,
            source,
        })
    }

    /// Gives the folder itself what it had. Done last, for the exchange changes its times.
    pub(crate) fn dress(&self, meta: &Meta) -> Result<(), BackupError> {
        let dressed = || -> io::Result<()> {
            let root = File::open(&self.root)?;
            let own = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
            attributes::remove_others(root.as_fd(), &meta.xattrs)?;
            set_meta(root.as_fd(), meta, own)?;
            Ok(())
        };
        dressed().map_err(|error| self.failed("set the owner, mode and times of", error))
    }

    fn has(&self, marker: &str) -> bool {
        self.hidden.join(marker).exists()
    }

    fn mark(&self, marker: &str) -> io::Result<()> {
        File::create(self.hidden.join(marker))?.sync_all()?;
        // The renames before it have to be on the disk as well.
        File::open(&self.hidden)?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }

    fn failed(&self, action: &'static str, error: io::Error) -> BackupError {
        BackupError::place(action, &self.hidden, error)
    }
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect()
}
