//! Artifacts of a stack's data: taken, listed, checked, and put back.
//!
//! An artifact is a tar file compressed with Zstandard, with a closing record and a checksum beside it; any `zstd` and
//! `tar` can unpack it. The functions here block; [`BackupFolder`] runs them for the update pipeline.
#![forbid(unsafe_code)]

mod artifact;
mod attributes;
mod away;
mod backup;
mod compress;
mod contents;
mod control;
mod decode;
mod dirs;
mod entry;
pub mod errand;
mod error;
mod extract;
mod folder;
mod growth;
mod index;
pub mod manifest;
mod pipe;
mod probe;
mod reach;
mod remove;
mod restore;
mod scan;
mod space;
mod swap;
mod tar;
mod verify;
mod walk;
mod work;
mod write_back;
mod writer;

pub use artifact::{Listed, artifact_path, clean, created, delete, list, list_stack, stack_folder, sum_path};
pub use backup::{Backup, BackupRequest, OnChange, Snapshot, TargetSource, backup, send};
pub use control::{Control, Progress};
pub use error::BackupError;
pub use folder::BackupFolder;
pub use manifest::{Consistency, Index, Manifest, ReadBy, SCHEMA, TargetKind};
pub use probe::{Size, probe};
pub use reach::Reach;
pub use restore::{Place, Restored, restore};
pub use space::{INODE_MARGIN, SPACE_MARGIN_BYTES};
pub use swap::{Settled, settle};
pub use verify::{Verified, verify};
