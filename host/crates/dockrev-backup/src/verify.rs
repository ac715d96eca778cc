//! Checking an artifact without unpacking it to anywhere.

use crate::contents::Contents;
use crate::decode::Artifact;
use crate::index::{Sum, hex, read_sum};
use crate::{BackupError, Control, Index};
use std::path::Path;

/// An artifact that is whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// What it holds.
    pub index: Index,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// Reads all of an artifact: its checksum, its compression, every entry's place, and that everything it says it has is
/// there. Blocks until then.
///
/// # Errors
///
/// It is damaged, hostile, or cannot be read.
pub fn verify(artifact: &Path, control: &Control) -> Result<Verified, BackupError> {
    let sum = match artifact.try_exists() {
        Ok(false) => return Err(BackupError::Missing { path: artifact.to_owned() }),
        Ok(true) | Err(_) => read_sum(artifact)?,
    };
    let index = verify_file(artifact, &sum, control)?;
    Ok(Verified { index, sha256: hex(&sum) })
}

/// Checks the artifact at `path` against `stated`, wherever that was read.
pub(crate) fn verify_file(path: &Path, stated: &Sum, control: &Control) -> Result<Index, BackupError> {
    let artifact = Artifact::open(path)?;
    verify_opened(&artifact, stated, control)?;
    Ok(artifact.index)
}

pub(crate) fn verify_opened(artifact: &Artifact, stated: &Sum, control: &Control) -> Result<(), BackupError> {
    let mut contents = Contents::open(artifact, control)?;
    while contents.next()?.is_some() {
        control.check()?;
    }
    let sum = contents.finish()?;
    artifact.compare(&sum, stated)
}
