//! Checking an artifact without unpacking it to anywhere.

use crate::artifact::corrupt;
use crate::contents::Contents;
use crate::decode::{Artifact, follow};
use crate::growth::Growth;
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
fn verify_file(path: &Path, stated: &Sum, control: &Control) -> Result<Index, BackupError> {
    let artifact = Artifact::open(path)?;
    let mut contents = Contents::open(&artifact, control)?;
    while contents.next()?.is_some() {
        control.check()?;
    }
    let read = contents.finish()?;
    artifact.compare(&read.sum, stated)?;
    Ok(artifact.index)
}

/// Reads an artifact while it is written, as a restore would, and compares it at the end with the closing record that was
/// written last. Gives what it holds, and its checksum.
pub(crate) fn verify_growing(path: &Path, growth: Growth) -> Result<(Index, Sum), BackupError> {
    // Who writes it is the one that is cancelled.
    let control = Control::new();
    let mut contents = Contents::begin(path, follow(path, growth, &control)?, None, &control)?;
    while contents.next()?.is_some() {}
    let read = contents.finish()?;
    let index = Artifact::open(path)?.index;
    let is_all = read.seen.len() == index.totals.len()
        && read.seen.iter().zip(&index.totals).all(|(seen, totals)| seen.is_all_of(totals))
        && control.progress().bytes == index.archive_bytes;
    match is_all && read.manifest == index.manifest {
        true => Ok((index, read.sum)),
        false => Err(corrupt(path, "what was written is not what its closing record says")),
    }
}
