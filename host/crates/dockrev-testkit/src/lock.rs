use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::Error;

/// A lock between processes and threads, held until it is dropped. Ends with its process, however that ends.
#[derive(Debug)]
pub struct Lock {
    path: PathBuf,
    _file: File,
}

impl Lock {
    /// Waits for the lock that the file at `path` stands for; makes the file and its folder.
    pub fn acquire(path: &Path) -> Result<Self, Error> {
        loop {
            let file = open(path)?;
            file.lock().map_err(Error::io("lock", path))?;
            if let Some(lock) = Self::if_current(path, file) {
                return Ok(lock);
            }
        }
    }

    /// Takes the lock if nobody holds it.
    pub fn try_acquire(path: &Path) -> Result<Option<Self>, Error> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self::if_current(path, file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(source)) => Err(Error::io("lock", path)(source)),
        }
    }

    /// Gives the lock back and removes its file.
    pub fn remove(self) {
        // Whoever waits for this very file sees that it is gone and asks again.
        let _ = fs::remove_file(&self.path);
    }

    /// The lock, unless the file was removed or replaced while we waited for it.
    fn if_current(path: &Path, file: File) -> Option<Self> {
        let ours = file.metadata().ok()?.ino();
        let current = fs::metadata(path).ok()?.ino();
        (ours == current).then(|| Self { path: path.to_owned(), _file: file })
    }
}

fn open(path: &Path) -> Result<File, Error> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
    }
    File::options().create(true).append(true).open(path).map_err(Error::io("open", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_holds_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/one");
        let lock = Lock::acquire(&path).unwrap();
        assert!(Lock::try_acquire(&path).unwrap().is_none());
        lock.remove();
        assert!(!path.exists());
        assert!(Lock::try_acquire(&path).unwrap().is_some());
    }
}
