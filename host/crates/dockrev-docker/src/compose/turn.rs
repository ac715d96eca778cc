//! One `up` of a stack at a time, also when the Dockrev that started it is gone.
//!
//! Compose outlives a Dockrev that is killed, and goes on. So it gets as its standard input a file that is locked: the
//! lock belongs to the open file, and ends with the last process that has it open.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::time::Instant;

/// How often it is tried.
const POLL: Duration = Duration::from_millis(50);

/// The right to bring a stack up.
#[derive(Debug)]
pub(super) struct Turn(File);

impl Turn {
    /// Waits, at most for `timeout`, until no Compose has the file at `path` locked. Gives nothing if one still has it then.
    pub(super) async fn take(path: &Path, timeout: Duration) -> io::Result<Option<Self>> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let until = Instant::now() + timeout;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if Instant::now() >= until => return Ok(None),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(POLL).await,
            }
        }
    }

    /// The standard input of whoever shares the lock: empty, as the file is.
    pub(super) fn input(&self) -> io::Result<Stdio> {
        self.0.try_clone().map(Stdio::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[tokio::test]
    async fn a_turn_ends_with_the_last_who_has_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shop/up.lock");
        let now = Duration::ZERO;
        let turn = Turn::take(&path, now).await.unwrap().unwrap();
        let mut orphan = Command::new("sleep").arg("1000").stdin(turn.input().unwrap()).spawn().unwrap();
        assert!(Turn::take(&path, now).await.unwrap().is_none());
        drop(turn);
        assert!(Turn::take(&path, now).await.unwrap().is_none(), "the program has it still");
        orphan.kill().unwrap();
        orphan.wait().unwrap();
        assert!(Turn::take(&path, now).await.unwrap().is_some());
    }
}
