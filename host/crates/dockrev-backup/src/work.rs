//! Work that blocks, on a thread of its own, and what its failure means to the update pipeline.

use crate::{BackupError, Control};
use dockrev_core::backup::{ArtifactName, TargetName};
use dockrev_core::causes::in_full;
use dockrev_core::ports::{CancelFlag, VaultError};
use std::time::Duration;

/// How often it is looked whether the work is to stop.
const CANCEL_POLL: Duration = Duration::from_millis(100);

/// Why work on a thread of its own ended early.
pub(crate) enum Ended {
    /// As the work says.
    Failed(BackupError),
    /// The thread did not come to its end.
    Lost(String),
}

impl Ended {
    pub(crate) fn into_vault(self, name: Option<&ArtifactName>, target: Option<&TargetName>) -> VaultError {
        let error = match self {
            Self::Failed(error) => error,
            Self::Lost(reason) => return VaultError::Failed { action: "work on a backup".to_owned(), reason },
        };
        let reason = in_full(&error);
        match (error, name, target) {
            (BackupError::Cancelled, _, _) => VaultError::Cancelled,
            (BackupError::NoSpace { path, needed_bytes, free_bytes }, _, _) => VaultError::NoSpace {
                path,
                needed: needed_bytes.unwrap_or(free_bytes.saturating_add(1)),
                free: free_bytes,
            },
            (BackupError::Missing { .. }, Some(name), _) => VaultError::NotFound { name: name.clone() },
            (
                BackupError::NoChecksum { .. }
                | BackupError::Corrupt { .. }
                | BackupError::Schema { .. }
                | BackupError::Unsafe { .. },
                Some(name),
                _,
            ) => VaultError::Damaged { name: name.clone(), reason },
            (BackupError::Unsettled { .. } | BackupError::Place { is_undone: false, .. }, _, _) => {
                VaultError::Unsettled { reason }
            }
            (BackupError::Target { target, .. }, Some(name), _) => {
                VaultError::TargetMissing { name: name.clone(), target: TargetName::new(target) }
            }
            (_, Some(name), _) => VaultError::Failed { action: format!("work on backup `{name}`"), reason },
            (_, None, Some(target)) => VaultError::Failed { action: format!("measure {target}"), reason },
            (_, None, None) => VaultError::Failed { action: "look at the backups".to_owned(), reason },
        }
    }
}

pub(crate) async fn blocking<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce(&Control) -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Ended> {
    on_thread(name, Control::new(), work).await
}

pub(crate) async fn on_thread<T: Send + 'static>(
    name: &'static str,
    control: Control,
    work: impl FnOnce(&Control) -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Ended> {
    // Nobody waits any more: the work ends soon as well.
    let _ends = EndsWithUs(control.clone());
    match tokio::task::spawn_blocking(move || work(&control)).await {
        Ok(done) => done.map_err(Ended::Failed),
        Err(error) => Err(Ended::Lost(format!("could not {name}: {error}"))),
    }
}

struct EndsWithUs(Control);

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The outcome of `work`, which is asked to stop when `cancel` is raised.
pub(crate) async fn watched<T>(
    work: impl Future<Output = Result<T, Ended>>,
    control: &Control,
    cancel: &CancelFlag,
) -> Result<T, Ended> {
    let mut work = std::pin::pin!(work);
    tokio::select! {
        done = &mut work => done,
        () = raised(cancel) => {
            control.cancel();
            work.await
        }
    }
}

/// Comes to its end when somebody asked to stop.
pub(crate) async fn raised(cancel: &CancelFlag) {
    while !cancel.is_raised() {
        tokio::time::sleep(CANCEL_POLL).await;
    }
}
