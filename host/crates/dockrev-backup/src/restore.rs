//! Putting the data of an artifact back.

use crate::contents::Contents;
use crate::decode::Artifact;
use crate::extract::Extractor;
use crate::index::{Sum, read_sum};
use crate::manifest::{Notes, Shape};
use crate::swap::Swap;
use crate::{BackupError, Control, space};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Where the data of a target goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What it is called in the artifact.
    pub target: String,
    /// The folder or file that becomes what it was.
    pub into: PathBuf,
}

/// What was put back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where.
    pub into: PathBuf,
    /// What could not be put back as it was.
    pub notes: Notes,
}

/// Where one target is written until it takes its place.
struct Staged {
    target: usize,
    into: PathBuf,
    swap: Swap,
    notes: Notes,
}

/// Puts targets back. Everything is written beside what is there, and only once the whole artifact was found good and all of
/// it is on the disk does it take its place: what is there is not touched before. What is replaced is kept until every place is
/// done. Called again after an interruption, it first settles what was begun. Nobody may use the places meanwhile.
/// Blocks until it is done.
///
/// # Errors
///
/// Any; every place is then as it was before, unless the error says that one is half-way: [`crate::settle`] and the next
/// restore go on with that.
pub fn restore(artifact: &Path, places: &[Place], control: &Control) -> Result<Vec<Restored>, BackupError> {
    let (opened, sum) = open(artifact)?;
    let mut staged = Vec::new();
    let written = write((&opened, &sum), places, &mut staged, control);
    if let Err(error) = written {
        return Err(abandon(&staged, error));
    }
    exchange(&staged)?;
    staged.iter().try_for_each(|one| one.swap.finish())?;
    Ok(staged.into_iter().map(|one| Restored { into: one.into, notes: one.notes }).collect())
}

/// Opens an artifact. Gives what its checksum has to be, too.
fn open(artifact: &Path) -> Result<(Artifact, Sum), BackupError> {
    if let Ok(false) = artifact.try_exists() {
        return Err(BackupError::Missing { path: artifact.to_owned() });
    }
    let sum = read_sum(artifact)?;
    Ok((Artifact::open(artifact)?, sum))
}

fn find(opened: &Artifact, name: &str) -> Result<usize, BackupError> {
    let position = opened.index.manifest.targets.iter().position(|target| target.name == name);
    position.ok_or_else(|| refused(opened, name, "it holds none of that name"))
}

fn refused(opened: &Artifact, target: &str, reason: &'static str) -> BackupError {
    BackupError::Target { path: opened.path.clone(), target: target.to_owned(), reason }
}

/// Writes all targets beside their places, checks the artifact meanwhile, and puts them on the disk.
fn write(
    (opened, stated): (&Artifact, &Sum),
    places: &[Place],
    staged: &mut Vec<Staged>,
    control: &Control,
) -> Result<(), BackupError> {
    let mut extractors = Vec::new();
    for Place { target: name, into } in places {
        let target = find(opened, name)?;
        if staged.iter().any(|other| other.target == target) {
            return Err(refused(opened, name, "it was named twice"));
        }
        let swap = ready(opened, target, into)?;
        // Begun twice in one place, it is refused by the one that began first.
        let (holder, root) = swap.begin()?;
        staged.push(Staged { target, into: into.clone(), swap, notes: Notes::default() });
        let extractor = Extractor::new(holder, root, into);
        extractors.push(extractor.map_err(|error| BackupError::place("write into", into, error))?);
    }
    let mut contents = Contents::open(opened, control)?;
    while let Some(item) = contents.next()? {
        control.check()?;
        let place = staged.iter().position(|one| one.target == item.target);
        if let Some(place) = place {
            extractors[place].write(item, &mut contents)?;
        }
    }
    let read = contents.finish()?;
    opened.compare(&read.sum, stated)?;
    for (one, extractor) in staged.iter_mut().zip(extractors) {
        let (root, notes) = extractor.finish()?;
        one.notes = notes;
        one.swap.seal(root)?;
    }
    Ok(())
}

/// Settles what an earlier restore left, and looks whether the target fits there.
fn ready(opened: &Artifact, target: usize, into: &Path) -> Result<Swap, BackupError> {
    let totals = &opened.index.totals[target];
    let swap = Swap::of(into)?;
    swap.settle()?;
    if into.is_dir() != (totals.shape == Shape::Folder) {
        let name = &opened.index.manifest.targets[target].name;
        return Err(refused(opened, name, "there is a folder where a file was, or the other way round"));
    }
    let folder = if into.is_dir() { into } else { into.parent().unwrap_or(into) };
    space::require(folder, totals.data_bytes, totals.entries)?;
    Ok(swap)
}

/// Removes what was written. What cannot be removed is found by the next restore.
fn abandon(staged: &[Staged], error: BackupError) -> BackupError {
    for one in staged {
        // The first error says why; that something is left over is seen by the next restore.
        let _ = one.swap.abandon();
    }
    error
}

/// Exchanges place after place. If one cannot be, those before it are put back.
fn exchange(staged: &[Staged]) -> Result<(), BackupError> {
    for (done, one) in staged.iter().enumerate() {
        let Err(error) = one.swap.exchange() else { continue };
        for earlier in staged[..done].iter().rev() {
            earlier.swap.undo()?;
        }
        return Err(abandon(&staged[done + 1..], error));
    }
    Ok(())
}
