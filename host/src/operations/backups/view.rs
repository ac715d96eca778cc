//! Backups, as people and programs are shown them.

use dockrev_core::backup::{Artifact, ArtifactTarget, DamagedArtifact};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;
use utoipa::ToSchema;

/// A backup.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Backup)]
pub struct BackupView {
    /// Its name: `STACK/YYYYMMDD-HHMMSSZ.tar.zst`.
    pub name: String,
    /// The stack whose data it is.
    pub stack: String,
    /// When it was begun.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created_at: Option<Timestamp>,
    /// Its size on the disk.
    pub size_bytes: u64,
    /// Digest of the whole file.
    pub digest: String,
    /// What is in it.
    pub targets: Vec<BackupContent>,
}

/// What is in a backup.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct BackupContent {
    /// `volume:NAME` or `bind:PATH`.
    pub name: String,
    /// Size of its files' content.
    pub size_bytes: u64,
    /// How many entries it has.
    pub entries: u64,
    /// What was left out or changed while it was read.
    pub notes: Vec<String>,
}

/// A file among the backups that is none any more.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = DamagedBackup)]
pub struct DamagedView {
    /// Its name.
    pub name: String,
    /// Its size on the disk.
    pub size_bytes: u64,
    /// What is wrong with it.
    pub reason: String,
}

impl From<ArtifactTarget> for BackupContent {
    fn from(target: ArtifactTarget) -> Self {
        let ArtifactTarget { name, bytes, entries, notes } = target;
        Self { name: name.to_string(), size_bytes: bytes, entries, notes }
    }
}

impl From<Artifact> for BackupView {
    fn from(artifact: Artifact) -> Self {
        Self {
            name: artifact.name.to_string(),
            stack: artifact.name.stack().to_string(),
            created_at: dockrev_backup::created(Path::new(artifact.name.as_str())),
            size_bytes: artifact.bytes,
            digest: artifact.digest.to_string(),
            targets: artifact.targets.into_iter().map(BackupContent::from).collect(),
        }
    }
}

impl From<DamagedArtifact> for DamagedView {
    fn from(damaged: DamagedArtifact) -> Self {
        Self { name: damaged.name.to_string(), size_bytes: damaged.bytes, reason: damaged.reason }
    }
}
