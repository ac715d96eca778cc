//! What a backup leaves on the disk.

use super::target::TargetName;
use crate::ids::StackName;
use crate::image::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How an artifact's name ends.
const ENDING: &str = ".tar.zst";
/// When it was begun, in UTC.
const TIME_FORMAT: &str = "%Y%m%d-%H%M%SZ";
/// Longest folder name: what common filesystems take.
const STACK_MAX_BYTES: usize = 255;

/// Name of an artifact below the backup folder: `STACK/YYYYMMDD-HHMMSSZ.tar.zst`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ArtifactName(String);

/// A text is no artifact's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the name of a backup: expected `STACK/YYYYMMDD-HHMMSSZ.tar.zst`")]
pub struct InvalidArtifactName(pub String);

impl ArtifactName {
    /// The name for a backup of `stack` that begins at `at`.
    ///
    /// # Errors
    ///
    /// The stack's name cannot be the name of a folder.
    pub fn new(stack: &StackName, at: Timestamp) -> Result<Self, InvalidArtifactName> {
        format!("{stack}/{}{ENDING}", at.strftime(TIME_FORMAT)).parse()
    }

    /// The name as text, which is also its path below the backup folder.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The stack it belongs to.
    #[must_use]
    pub fn stack(&self) -> StackName {
        StackName::new(self.0.split_once('/').map_or("", |(stack, _)| stack))
    }
}

impl FromStr for ArtifactName {
    type Err = InvalidArtifactName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').filter(|(stack, _)| is_folder_name(stack));
        let time = parts.and_then(|(_, file)| file.strip_suffix(ENDING));
        match time.filter(|time| is_time(time)) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(InvalidArtifactName(text.chars().take(STACK_MAX_BYTES).collect())),
        }
    }
}

impl fmt::Display for ArtifactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_folder_name(name: &str) -> bool {
    (1..=STACK_MAX_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
}

/// `20260131-235959Z`.
fn is_time(text: &str) -> bool {
    text.len() == 16
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 => b == b'-',
            15 => b == b'Z',
            _ => b.is_ascii_digit(),
        })
}

/// A finished backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its name.
    pub name: ArtifactName,
    /// Its size on the disk, in bytes.
    pub bytes: u64,
    /// Digest of the whole file.
    pub digest: Digest,
    /// What is in it, by name.
    pub targets: Vec<ArtifactTarget>,
}

/// A file among the backups that is none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DamagedArtifact {
    /// Its name.
    pub name: ArtifactName,
    /// Its size on the disk, in bytes.
    pub bytes: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// All that is kept below the backup folder, each oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifacts {
    /// Backups that are whole as far as their end tells. Only reading all of one makes it sure.
    pub backups: Vec<Artifact>,
    /// What can be told to be damaged without reading it.
    pub damaged: Vec<DamagedArtifact>,
}

impl Artifacts {
    /// The name of the newest one of `stack`, whether or not it is damaged: who asks for the newest does not want an older one.
    #[must_use]
    pub fn newest(&self, stack: &str) -> Option<&ArtifactName> {
        let damaged = self.damaged.iter().map(|artifact| &artifact.name);
        let names = self.backups.iter().map(|artifact| &artifact.name).chain(damaged);
        names.filter(|name| name.stack().as_str() == stack).max()
    }
}

/// One target of a finished backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtifactTarget {
    /// Which one.
    pub name: TargetName,
    /// Size of its files' content, in bytes.
    pub bytes: u64,
    /// How many entries it has.
    pub entries: u64,
    /// What was left out or changed while it was read, in words; shortened.
    pub notes: Vec<String>,
}
