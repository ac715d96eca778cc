//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};

/// A backup, a verification or a restore did not happen. Nothing of it is left behind unless the error says so.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The stack's name cannot be the name of a folder.
    #[error("stack name `{}` cannot be the name of a folder", .stack.escape_debug())]
    StackName {
        /// The name.
        stack: String,
    },
    /// There is an artifact of that stack and second already.
    #[error("there is a backup `{}` already", .path.display())]
    Exists {
        /// The artifact.
        path: PathBuf,
    },
    /// There is no such artifact, or what is there has not the name of one.
    #[error("there is no backup `{}`", .path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The checksum that belongs beside an artifact is absent or unreadable.
    #[error("backup `{}` has no checksum beside it: {reason}", .path.display())]
    NoChecksum {
        /// The artifact.
        path: PathBuf,
        /// What was found.
        reason: String,
    },
    /// The artifact is damaged: cut short, changed, or never one of ours.
    #[error("backup `{}` is damaged: {reason}", .path.display())]
    Corrupt {
        /// The artifact.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The artifact was made by a newer Dockrev.
    #[error("backup `{}` has format {found}; this Dockrev reads {known}", .path.display())]
    Schema {
        /// The artifact.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// An archive holds something that no restore may follow.
    #[error("refused entry `{entry}` of `{archive}`: {reason}")]
    Unsafe {
        /// The artifact.
        archive: String,
        /// The entry's name, odd bytes escaped.
        entry: String,
        /// Why it is refused.
        reason: String,
    },
    /// A helper ended before its copy did.
    #[error("the helper stopped in the middle of its copy")]
    CutOff,
    /// A target was named that is not in the artifact, or named twice.
    #[error("backup `{}` cannot give target `{target}`: {reason}", .path.display())]
    Target {
        /// The artifact.
        path: PathBuf,
        /// The target.
        target: String,
        /// Why not.
        reason: &'static str,
    },
    /// Data changed while it was read, and that was not to be accepted.
    #[error("{count} entries of `{target}` changed while they were read, first `{first}`")]
    Changed {
        /// The target.
        target: String,
        /// The first entry.
        first: String,
        /// How many there are.
        count: u64,
    },
    /// The data of a target cannot be read.
    #[error("could not {action} `{}`", .path.display())]
    Source {
        /// What was tried, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file system has too little space.
    #[error("too little space at `{}`: {} needed, {free_bytes} bytes free", .path.display(), needed(.needed_bytes))]
    NoSpace {
        /// Where it would be written.
        path: PathBuf,
        /// What it takes, margin included; unknown once writing failed.
        needed_bytes: Option<u64>,
        /// What is free.
        free_bytes: u64,
    },
    /// The file system has too few inodes left.
    #[error("too few inodes at `{}`: {needed} needed, {free} free", .path.display())]
    NoInodes {
        /// Where it would be written.
        path: PathBuf,
        /// What it takes, margin included.
        needed: u64,
        /// What is free.
        free: u64,
    },
    /// A restore that ended half-way is still to be settled there.
    #[error("an earlier restore of `{}` was interrupted and is not settled", .path.display())]
    Unsettled {
        /// The folder with the restore's state.
        path: PathBuf,
    },
    /// What was to be restored could not be put in place. What was there before is there again, unless `is_undone` is false.
    #[error("could not {action} `{}`{}", .path.display(), undone(*.is_undone))]
    Place {
        /// What was tried, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Whether what was there before is there again.
        is_undone: bool,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file or folder of the backups themselves cannot be read or written.
    #[error("could not {action} `{}`", .path.display())]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// Of what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The measuring took longer than it may.
    #[error("`{}` could not be measured in time: {entries} entries seen", .path.display())]
    TimedOut {
        /// What was measured.
        path: PathBuf,
        /// How many entries were seen.
        entries: u64,
    },
    /// It was asked to stop.
    #[error("stopped as asked")]
    Cancelled,
}

fn needed(bytes: &Option<u64>) -> String {
    bytes.map_or_else(|| "more is".to_owned(), |bytes| format!("{bytes} bytes are"))
}

fn undone(is_undone: bool) -> &'static str {
    if is_undone { "" } else { "; it is half-way and has to be settled" }
}

impl BackupError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::StackName { .. } => "backup.stack-name",
            Self::Exists { .. } => "backup.exists",
            Self::Missing { .. } => "backup.missing",
            Self::NoChecksum { .. } => "backup.no-checksum",
            Self::Corrupt { .. } => "backup.corrupt",
            Self::Schema { .. } => "backup.schema",
            Self::Unsafe { .. } => "backup.unsafe",
            Self::CutOff => "backup.cut-off",
            Self::Target { .. } => "backup.target",
            Self::Changed { .. } => "backup.changed",
            Self::Source { .. } => "backup.source",
            Self::NoSpace { .. } => "backup.no-space",
            Self::NoInodes { .. } => "backup.no-inodes",
            Self::Unsettled { .. } => "backup.unsettled",
            Self::Place { .. } => "backup.place",
            Self::File { .. } => "backup.file",
            Self::TimedOut { .. } => "backup.timed-out",
            Self::Cancelled => "backup.cancelled",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Corrupt { .. } | Self::NoChecksum { .. } => {
                Some("take another backup of the stack: `dockrev backup list` shows which are whole")
            }
            Self::Schema { .. } => Some("restore it with a newer Dockrev, or by hand with `zstd` and `tar`"),
            Self::Unsafe { .. } => {
                Some("this archive was not written by Dockrev as it is: do not unpack it by hand either")
            }
            Self::Changed { .. } => Some("stop or pause the services while the backup is taken"),
            Self::NoSpace { .. } | Self::NoInodes { .. } => Some("make room there, or keep the backups elsewhere"),
            Self::Unsettled { .. } => Some("run the restore again: it first finishes or undoes what was interrupted"),
            Self::Place { is_undone: false, .. } => {
                Some("the old data is in the hidden folder `.dockrev-restore-*` there; run the restore again")
            }
            Self::StackName { .. }
            | Self::Exists { .. }
            | Self::Missing { .. }
            | Self::CutOff
            | Self::Target { .. }
            | Self::Source { .. }
            | Self::Place { is_undone: true, .. }
            | Self::File { .. }
            | Self::TimedOut { .. }
            | Self::Cancelled => None,
        }
    }

    /// Makes an error about a file of the backups; a full disk is told apart.
    pub(crate) fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        match crate::space::is_full(&source) {
            true => crate::space::full(path),
            false => Self::File { action, path: path.to_owned(), source },
        }
    }

    /// Makes an error about the place of a restore; a full disk is told apart.
    pub(crate) fn place(action: &'static str, path: &Path, source: io::Error) -> Self {
        match crate::space::is_full(&source) {
            true => crate::space::full(path),
            false => Self::Place { action, path: path.to_owned(), is_undone: true, source },
        }
    }
}
