//! What an artifact says of itself.

use dockrev_core::ids::{ServiceName, StackName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The newest format of artifacts, and the one that is written.
pub const SCHEMA: u32 = 1;

/// Name of the manifest in the archive: its first entry.
pub(crate) const MANIFEST_NAME: &str = "manifest.json";

/// The folder in the archive that holds one entry per target.
pub(crate) const DATA_FOLDER: &str = "data";

/// Most bytes that the manifest and the closing record may have.
pub(crate) const MANIFEST_MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Most notes that are kept by name, per target; the rest is counted.
pub const NOTES_MAX: usize = 200;

/// The first entry of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the artifact.
    pub schema: u32,
    /// The stack whose data it is.
    pub stack: StackName,
    /// When it was begun.
    pub created: Timestamp,
    /// The version of Dockrev that wrote it.
    pub dockrev: String,
    /// What is in it, in order.
    pub targets: Vec<Target>,
}

impl Manifest {
    /// One that was not read yet.
    pub(crate) fn none() -> Self {
        let (stack, dockrev) = (StackName::new(""), String::new());
        Self { schema: 0, stack, created: Timestamp::UNIX_EPOCH, dockrev, targets: Vec::new() }
    }
}

/// One volume or bind mount of an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// What it is called: unique within the artifact.
    pub name: String,
    /// Where it is in the archive: below `data/`.
    pub folder: String,
    /// What it is.
    pub kind: TargetKind,
    /// The volume's name, or the path on the host.
    pub source: String,
    /// The services that use it.
    pub services: Vec<ServiceName>,
    /// How it was read.
    pub read: ReadBy,
    /// What the services did meanwhile.
    pub consistency: Consistency,
}

/// What a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A volume.
    Volume,
    /// A folder or file of the host.
    Bind,
}

/// How data was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadBy {
    /// From its folder on the host.
    Directly,
    /// By a helper beside it: it is not to be seen from where Dockrev runs.
    Helper,
}

/// What those who write to the data did while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Consistency {
    /// They ran: files may be from different moments.
    Running,
    /// They were paused: one moment, as after a crash.
    Paused,
    /// They were stopped: as they leave their data themselves.
    Stopped,
}

/// The closing record of an artifact: what was found out while it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// The manifest, as in the first entry.
    pub manifest: Manifest,
    /// What each target holds, in the manifest's order.
    pub totals: Vec<Totals>,
    /// Length of the archive, uncompressed. Nothing longer is unpacked.
    pub archive_bytes: u64,
}

/// What a target holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// What its root is.
    pub shape: Shape,
    /// Files, folders and other entries, the root included.
    pub entries: u64,
    /// Bytes of data, without holes.
    pub data_bytes: u64,
    /// What is not in it, or not for certain as it was.
    pub notes: Notes,
}

/// What a target's root is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A folder.
    Folder,
    /// A single file.
    File,
}

/// Entries that deserve a word, the first [`NOTES_MAX`] by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The first of them, in order.
    pub named: Vec<Note>,
    /// How many more there are.
    pub unnamed: u64,
}

/// An entry that deserves a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its path from the target's root, odd bytes escaped.
    pub path: String,
    /// What there is to say.
    pub what: NoteKind,
}

/// What there is to say of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// A socket: it is left out, since only its program can make it.
    Socket,
    /// It was there and then was not: it is left out.
    Vanished,
    /// It was written to while it was read: it may be in between two states.
    Changed,
    /// It became longer while it was read: the length at the beginning is kept.
    Grew,
    /// It became shorter while it was read: zeros stand for what was gone.
    Shrank,
    /// Another file system is mounted there: the folder is kept, what is mounted is left out.
    OtherFilesystem,
    /// State of an interrupted restore: it is left out.
    UnfinishedRestore,
    /// Its attributes are too large for an archive: it is kept without them.
    AttributesTooLarge,
    /// An attribute cannot be set where it was restored to.
    AttributeNotRestored,
    /// Its owner cannot be set where it was restored to.
    OwnerNotRestored,
}

impl NoteKind {
    /// Whether it means that data moved while it was read.
    #[must_use]
    pub fn is_change(self) -> bool {
        match self {
            Self::Vanished | Self::Changed | Self::Grew | Self::Shrank => true,
            Self::Socket
            | Self::OtherFilesystem
            | Self::UnfinishedRestore
            | Self::AttributesTooLarge
            | Self::AttributeNotRestored
            | Self::OwnerNotRestored => false,
        }
    }
}

impl Notes {
    pub(crate) fn add(&mut self, path: &[u8], what: NoteKind) {
        if self.named.len() < NOTES_MAX {
            self.named.push(Note { path: crate::entry::printable(path), what });
        } else {
            self.unnamed += 1;
        }
    }
}
