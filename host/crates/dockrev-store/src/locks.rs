//! The locks of stacks: a row says which job has one, and a file that the system locks says whether it still lives.

use crate::names::Doing;
use crate::open::Store;
use async_trait::async_trait;
use dockrev_core::ids::{JobId, StackName};
use dockrev_core::ports::{LockError, StackGuard, StackLocks};
use jiff::Timestamp;
use std::fs::{self, File, TryLockError};
use std::path::PathBuf;
use std::time::Duration;

/// How often a lock is tried.
const LOCK_TRIES: u32 = 4;
/// Wait between two tries.
const LOCK_PAUSE: Duration = Duration::from_millis(25);

/// The locks of the stacks that are worked on from one data folder.
#[derive(Clone, Debug)]
pub struct StoredLocks {
    store: Store,
    folder: PathBuf,
}

impl StoredLocks {
    /// Locks that are written down in `store`, with their files in `folder`, which is made when it is needed.
    #[must_use]
    pub fn new(store: Store, folder: PathBuf) -> Self {
        Self { store, folder }
    }

    fn file(&self, stack: &StackName) -> Result<File, String> {
        fs::create_dir_all(&self.folder).map_err(|error| format!("`{}`: {error}", self.folder.display()))?;
        let path = self.folder.join(file_name(stack));
        let opened = File::options().create(true).truncate(false).write(true).open(&path);
        opened.map_err(|error| format!("`{}`: {error}", path.display()))
    }

    async fn holder(&self, stack: &StackName) -> Result<(JobId, u32), String> {
        const READING: Doing = Doing("read who works on a stack");
        let row: Option<(String, i64)> = sqlx::query_as("select job_id, process_id from stack_lock where stack = $1")
            .bind(stack.as_str())
            .fetch_optional(&self.store.pool)
            .await
            .map_err(|error| READING.failed(&error).to_string())?;
        // The other process may have the file and not have written its row yet.
        let (job, process) = row.unwrap_or_else(|| ("unknown".to_owned(), 0));
        Ok((JobId::new(job), u32::try_from(process).unwrap_or_default()))
    }

    async fn write_down(&self, stack: &StackName, job: &JobId) -> Result<(), String> {
        const LOCKING: Doing = Doing("write down who works on a stack");
        sqlx::query(
            "insert into stack_lock (stack, job_id, process_id, taken_at_unix_ms) values ($1, $2, $3, $4) \
             on conflict (stack) do update set job_id = excluded.job_id, process_id = excluded.process_id, \
             taken_at_unix_ms = excluded.taken_at_unix_ms",
        )
        .bind(stack.as_str())
        .bind(job.as_str())
        .bind(i64::from(std::process::id()))
        .bind(Timestamp::now().as_millisecond())
        .execute(&self.store.pool)
        .await
        .map(drop)
        .map_err(|error| LOCKING.failed(&error).to_string())
    }
}

/// Tries some times: who only asks whether the lock is held has it for a moment.
async fn try_lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..LOCK_TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
            result => return result,
        }
    }
    file.try_lock()
}

/// The stack's name, with all that could leave the folder written as hexadecimal digits.
fn file_name(stack: &StackName) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let name = stack.as_str().bytes().fold(String::new(), |mut name, byte| {
        if plain(byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02x}"));
        }
        name
    });
    format!("{name}.lock")
}

#[async_trait]
impl StackLocks for StoredLocks {
    async fn take(&self, stack: &StackName, job: &JobId) -> Result<StackGuard, LockError> {
        let failed = |reason: String| LockError::Failed { stack: stack.clone(), reason };
        let file = self.file(stack).map_err(failed)?;
        match try_lock(&file).await {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let (job, process) = self.holder(stack).await.map_err(failed)?;
                return Err(LockError::Held { stack: stack.clone(), job, process });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error.to_string())),
        }
        self.write_down(stack, job).await.map_err(failed)?;
        Ok(StackGuard::new(file))
    }

    async fn is_held(&self, stack: &StackName) -> Result<bool, LockError> {
        let failed = |reason: String| LockError::Failed { stack: stack.clone(), reason };
        let file = self.file(stack).map_err(failed)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(failed(error.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stack_is_one_jobs_until_that_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let locks = StoredLocks::new(store.clone(), folder.path().join("locks"));
        let other = StoredLocks::new(store, folder.path().join("locks"));
        let (shop, blog) = (StackName::new("shop"), StackName::new("../blog"));
        let held = locks.take(&shop, &JobId::new("first")).await.unwrap();
        let error = other.take(&shop, &JobId::new("second")).await.err().unwrap();
        let process = std::process::id();
        assert_eq!(error, LockError::Held { stack: shop.clone(), job: JobId::new("first"), process });
        other.take(&blog, &JobId::new("third")).await.unwrap();
        assert!(other.is_held(&shop).await.unwrap());
        drop(held);
        assert!(!other.is_held(&shop).await.unwrap());
        other.take(&shop, &JobId::new("second")).await.unwrap();
    }

    #[test]
    fn no_name_leaves_the_folder() {
        assert_eq!(file_name(&StackName::new("shop-1_a")), "shop-1_a.lock");
        assert_eq!(file_name(&StackName::new("../a b")), "%2e%2e%2fa%20b.lock");
    }
}
