//! Where backups are kept, and how data gets there and back.

use super::LogSink;
use crate::backup::{Artifact, ArtifactName, Artifacts, DataTarget, PlannedTarget, TargetName};
use crate::ids::StackName;
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks long work to stop. Clones ask for the same.
#[derive(Clone, Debug, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Asks.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked.
    #[must_use]
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for work that knows no more than that.
    #[must_use]
    pub fn shared(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// Backups of data: measured, written, checked, put back and removed.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Counts the bytes of a target, until they are more than `most_bytes`.
    async fn measure(&self, target: &DataTarget, most_bytes: u64) -> Result<u64, VaultError>;

    /// A name that no backup of `stack` has, at or soon after `at`.
    async fn free_name(&self, stack: &StackName, at: Timestamp) -> Result<ArtifactName, VaultError>;

    /// Copies those of `targets` that are taken. When it returns, the artifact is whole, on the disk and has been read back; a failure leaves
    /// none under that name.
    async fn write(
        &self,
        name: &ArtifactName,
        targets: &[PlannedTarget],
        cancel: &CancelFlag,
        log: &dyn LogSink,
    ) -> Result<Artifact, VaultError>;

    /// Reads the whole artifact and compares it with its checksum and its own list of content.
    async fn verify(&self, name: &ArtifactName) -> Result<Artifact, VaultError>;

    /// Puts data back to what it was when the artifact was written. The artifact is checked before anything is touched;
    /// what is replaced is kept until all of it is done. Doing it again, also after it was interrupted, is the same as
    /// once.
    async fn restore(&self, name: &ArtifactName, items: &[RestoreItem], log: &dyn LogSink) -> Result<(), VaultError>;

    /// Ends what an earlier process left at work on the data of `stack`, whose lock is held by whoever asks; without one, only
    /// what is nobody's.
    async fn end_work(&self, stack: Option<&StackName>) -> Result<(), VaultError>;

    /// Removes an artifact, also one that was not finished. Absent is as good as removed.
    async fn discard(&self, name: &ArtifactName) -> Result<(), VaultError>;

    /// All finished artifacts, and what has become of others.
    async fn list(&self) -> Result<Artifacts, VaultError>;
}

/// Data that goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestoreItem {
    /// What it is called in the artifact.
    pub from: TargetName,
    /// Where it goes.
    pub into: DataTarget,
}

impl RestoreItem {
    /// Data that goes back to where it came from.
    #[must_use]
    pub fn in_place(target: DataTarget) -> Self {
        Self { from: target.name.clone(), into: target }
    }
}

/// A backup could not be made or used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "error")]
pub enum VaultError {
    /// The disk is too full for it.
    #[error("not enough space in `{}`: {needed} bytes are needed and {free} are free", path.display())]
    NoSpace {
        /// Where.
        path: PathBuf,
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The data is not where Dockrev could read or write it.
    #[error("{target} is not within reach: {reason}")]
    OutOfReach {
        /// Which data.
        target: TargetName,
        /// Why not.
        reason: String,
    },
    /// A helper was needed to reach the data, and did not come to an answer. Another try may.
    #[error("could not reach the data by a helper: {reason}")]
    Helper {
        /// Why not.
        reason: String,
    },
    /// A restore was begun and nobody knows how far it came, or that it is half-way. Doing it again finishes or undoes it.
    #[error("the data may be half-way between what it was and the backup: {reason}")]
    Unsettled {
        /// What is known.
        reason: String,
    },
    /// There is no such backup.
    #[error("there is no backup `{name}`")]
    NotFound {
        /// Which one.
        name: ArtifactName,
    },
    /// The artifact is not what was written.
    #[error("backup `{name}` is damaged: {reason}")]
    Damaged {
        /// Which one.
        name: ArtifactName,
        /// What is wrong.
        reason: String,
    },
    /// The backup does not hold this data.
    #[error("backup `{name}` does not hold {target}")]
    TargetMissing {
        /// Which one.
        name: ArtifactName,
        /// What it lacks.
        target: TargetName,
    },
    /// It was asked to stop.
    #[error("the backup was asked to stop")]
    Cancelled,
    /// Reading or writing failed.
    #[error("could not {action}: {reason}")]
    Failed {
        /// What was tried, as a verb and its object.
        action: String,
        /// Why it failed.
        reason: String,
    },
}

impl VaultError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSpace { .. } => "backup.no-space",
            Self::OutOfReach { .. } => "backup.out-of-reach",
            Self::Helper { .. } => "backup.helper",
            Self::Unsettled { .. } => "backup.unsettled",
            Self::NotFound { .. } => "backup.not-found",
            Self::Damaged { .. } => "backup.damaged",
            Self::TargetMissing { .. } => "backup.target-missing",
            Self::Cancelled => "job.cancelled",
            Self::Failed { .. } => "backup.failed",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoSpace { .. } => Some("free some space, or set DOCKREV_BACKUP_BASE_DIR to a larger disk"),
            Self::OutOfReach { .. } => Some(
                "Dockrev has to see the data: run it on the engine's machine, or give its container the same folders under \
                 the same paths, or see to it that the engine can run a helper; or leave the target out with a `skip` rule",
            ),
            Self::Helper { .. } => Some(
                "Dockrev does not see the data, and has a container of its own copy it: see whether the engine can run one",
            ),
            Self::Unsettled { .. } => Some(
                "nothing that uses it is to run before the same restore was done again: it finishes or undoes what was begun",
            ),
            Self::NotFound { .. } => Some("`dockrev backup list` shows the backups"),
            Self::Damaged { .. } => Some("nothing was touched; take another backup, or read this one by hand with tar"),
            Self::TargetMissing { .. } | Self::Cancelled | Self::Failed { .. } => None,
        }
    }
}
