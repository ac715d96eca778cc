//! One Dockrev at a time changes things from one data folder.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

/// Held as long as it lives; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

/// Why the data folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another Dockrev is changing things from `{}`", .0.display())]
    Held(PathBuf),
    /// The file cannot be made or locked.
    #[error("could not lock `{}`", path.display())]
    Failed {
        /// The lock file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl DataLock {
    /// Takes the lock of a data folder, or says who cannot.
    pub fn take(data_dir: &Path) -> Result<Self, LockError> {
        let path = data_dir.join("lock");
        let failed = |source| LockError::Failed { path: path.clone(), source };
        std::fs::create_dir_all(data_dir).map_err(failed)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(data_dir.to_owned())),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_held_by_one_and_let_go_of() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataLock::take(folder.path()).unwrap();
        assert!(matches!(DataLock::take(folder.path()), Err(LockError::Held(_))));
        drop(first);
        DataLock::take(folder.path()).unwrap();
    }
}
