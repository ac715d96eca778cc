//! Putting the data of an artifact back.

use crate::contents::Contents;
use crate::decode::Artifact;
use crate::entry::Meta;
use crate::extract::Extractor;
use crate::index::read_sum;
use crate::manifest::{Notes, Shape};
use crate::swap::Swap;
use crate::verify::verify_opened;
use crate::{BackupError, Control, space};
use std::ffi::CString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Where the data of a target goes.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    shape: Shape,
    swap: Swap,
    holder: PathBuf,
    name: CString,
    written: Option<(Meta, Notes)>,
}

/// Puts targets back. The whole artifact is checked before anything is touched, everything is written beside what is
/// there, and only then takes its place. Called again after an interruption, it first finishes what was begun. Nobody
/// may use the places meanwhile. Blocks until it is done.
///
/// # Errors
///
/// Before any place was touched: any. Afterwards: a place that could not be exchanged; the next call goes on with it.
pub fn restore(artifact: &Path, places: &[Place], control: &Control) -> Result<Vec<Restored>, BackupError> {
    let sum = match artifact.try_exists() {
        Ok(false) => return Err(BackupError::Missing { path: artifact.to_owned() }),
        Ok(true) | Err(_) => read_sum(artifact)?,
    };
    let opened = Artifact::open(artifact)?;
    verify_opened(&opened, &sum, control)?;
    let mut staged = places.iter().map(|place| stage(&opened, artifact, place)).collect::<Result<Vec<_>, _>>()?;
    let written = write(&opened, &mut staged, control);
    if let Err(error) = written {
        staged.iter().for_each(Staged::abandon);
        return Err(error);
    }
    for one in &staged {
        one.seal()?;
    }
    staged.into_iter().map(Staged::take_place).collect()
}

fn stage(opened: &Artifact, artifact: &Path, place: &Place) -> Result<Staged, BackupError> {
    let refused = |reason| BackupError::Target { path: artifact.to_owned(), target: place.target.clone(), reason };
    let targets = &opened.index.manifest.targets;
    let target = targets.iter().position(|target| target.name == place.target).ok_or_else(|| refused("it has none"))?;
    let totals = &opened.index.totals[target];
    let into = place.into.canonicalize().map_err(|error| BackupError::place("find", &place.into, error))?;
    let is_folder = into.is_dir();
    if is_folder != (totals.shape == Shape::Folder) {
        return Err(refused("what is there is a folder and was a file, or the other way round"));
    }
    let parent = into.parent().unwrap_or(&into).to_owned();
    space::require(if is_folder { &into } else { &parent }, totals.data_bytes, totals.entries)?;
    let swap = Swap::of(&into);
    let (holder, name) = if is_folder {
        swap.settle()?;
        (swap.begin()?, CString::from(c"new"))
    } else {
        let mut name = std::ffi::OsString::from(crate::swap::HIDDEN_PREFIX);
        name.push(into.file_name().unwrap_or_default());
        // One that an interrupted restore left is worth nothing.
        let _ = fs::remove_file(parent.join(&name));
        (parent, CString::new(name.as_bytes()).unwrap_or_default())
    };
    Ok(Staged { target, into, shape: totals.shape, swap, holder, name, written: None })
}

fn write(opened: &Artifact, staged: &mut [Staged], control: &Control) -> Result<(), BackupError> {
    let mut contents = Contents::open(opened, control)?;
    let mut current: Option<(usize, Extractor)> = None;
    while let Some(item) = contents.next()? {
        control.check()?;
        if item.depth.is_none() {
            finish(&mut current, staged)?;
            let wanted = staged.iter().position(|one| one.target == item.target);
            current = wanted.map(|at| Ok((at, staged[at].extractor()?))).transpose()?;
        }
        if let Some((_, extractor)) = &mut current {
            extractor.write(item, &mut contents)?;
        }
    }
    finish(&mut current, staged)
}

fn finish(current: &mut Option<(usize, Extractor)>, staged: &mut [Staged]) -> Result<(), BackupError> {
    if let Some((at, extractor)) = current.take() {
        staged[at].written = Some(extractor.finish()?);
    }
    Ok(())
}

impl Staged {
    fn extractor(&self) -> Result<Extractor, BackupError> {
        let failed = |error| BackupError::place("write into", &self.holder, error);
        let holder = File::open(&self.holder).map_err(failed)?;
        Extractor::new(holder.into(), self.name.clone(), &self.into).map_err(failed)
    }

    fn beside(&self) -> PathBuf {
        self.holder.join(std::ffi::OsStr::from_bytes(self.name.as_bytes()))
    }

    fn abandon(&self) {
        match self.shape {
            Shape::Folder => self.swap.abandon(),
            // What is left over is found by the next restore.
            Shape::File => drop(fs::remove_file(self.beside())),
        }
    }

    fn seal(&self) -> Result<(), BackupError> {
        match self.shape {
            Shape::Folder => self.swap.seal(),
            Shape::File => {
                let synced = File::open(self.beside()).and_then(|file| file.sync_all());
                synced.map_err(|error| BackupError::place("write", &self.into, error))
            }
        }
    }

    fn take_place(self) -> Result<Restored, BackupError> {
        let (meta, notes) = self.written.clone().unwrap_or_default();
        match self.shape {
            Shape::Folder => {
                self.swap.exchange()?;
                self.swap.dress(&meta)?;
            }
            Shape::File => {
                let renamed = fs::rename(self.beside(), &self.into).and_then(|()| File::open(&self.holder)?.sync_all());
                renamed.map_err(|error| BackupError::place("replace", &self.into, error))?;
            }
        }
        Ok(Restored { into: self.into, notes })
    }
}
