//! Where artifacts are, and what they are called: `<base>/<stack>/<YYYYMMDD-HHMMSSZ>.tar.zst`, with `.sha256` beside it.

use crate::index::{read_index, read_sum};
use crate::{BackupError, Index};
use dockrev_core::ids::StackName;
use jiff::Timestamp;
use std::fs::{self, DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};

/// Longest name of a stack that becomes a folder, in bytes: what Linux's file systems take.
const STACK_NAME_MAX_BYTES: usize = 255;

const STAMP: &str = "%Y%m%d-%H%M%S";
const SUFFIX: &str = "Z.tar.zst";
const SUM_SUFFIX: &str = ".sha256";

/// Suffix of a file that is still written.
const PARTIAL_SUFFIX: &str = ".partial";

/// An artifact below the base folder.
#[derive(Debug)]
pub struct Listed {
    /// Where it is.
    pub path: PathBuf,
    /// Whose data it is, by its folder.
    pub stack: StackName,
    /// When it was begun, by its name.
    pub created: Timestamp,
    /// Its length, in bytes.
    pub size_bytes: u64,
    /// What it holds, or what is wrong with it. Only its end is read: [`crate::verify`] reads all of it.
    pub index: Result<Index, BackupError>,
}

/// The folder of a stack's artifacts.
///
/// # Errors
///
/// The stack's name cannot be the name of a folder.
pub fn stack_folder(base: &Path, stack: &StackName) -> Result<PathBuf, BackupError> {
    let name = stack.as_str();
    let is_good = (1..=STACK_NAME_MAX_BYTES).contains(&name.len())
        && !name.starts_with('.')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
    if is_good { Ok(base.join(name)) } else { Err(BackupError::StackName { stack: name.to_owned() }) }
}

/// Where the artifact of `stack` that was begun at `created` is, or would be.
///
/// # Errors
///
/// The stack's name cannot be the name of a folder.
pub fn artifact_path(base: &Path, stack: &StackName, created: Timestamp) -> Result<PathBuf, BackupError> {
    let stamp = created.strftime(STAMP).to_string();
    Ok(stack_folder(base, stack)?.join(stamp + SUFFIX))
}

/// When an artifact was begun, by its name. Absent if it is not the name of one.
#[must_use]
pub fn created(path: &Path) -> Option<Timestamp> {
    let stamp = path.file_name()?.to_str()?.strip_suffix(SUFFIX)?;
    let time = Timestamp::strptime(format!("{STAMP}%z"), format!("{stamp}+0000")).ok()?;
    // One spelling for one moment.
    (time.strftime(STAMP).to_string() == stamp).then_some(time)
}

/// Where the checksum of an artifact is.
#[must_use]
pub fn sum_path(artifact: &Path) -> PathBuf {
    with_suffix(artifact, "", SUM_SUFFIX)
}

/// Where an artifact or checksum is while it is written.
pub(crate) fn partial_path(path: &Path) -> PathBuf {
    with_suffix(path, ".", PARTIAL_SUFFIX)
}

fn with_suffix(path: &Path, prefix: &str, suffix: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{prefix}{name}{suffix}"))
}

/// Lists the artifacts below `base`, by stack and then by age, oldest first. Damaged ones are listed with what is wrong
/// with them. A base folder that is not there has none.
///
/// # Errors
///
/// A folder cannot be read.
pub fn list(base: &Path) -> Result<Vec<Listed>, BackupError> {
    let mut listed = Vec::new();
    for folder in entries(base)? {
        let stack = StackName::new(folder.file_name().to_string_lossy());
        let is_folder = folder.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && stack_folder(base, &stack).is_ok_and(|path| path == folder.path()) {
            listed.extend(list_stack(base, &stack)?);
        }
    }
    Ok(listed)
}

/// Lists the artifacts of one stack, oldest first.
///
/// # Errors
///
/// As for [`list`]; the stack's name cannot be the name of a folder.
pub fn list_stack(base: &Path, stack: &StackName) -> Result<Vec<Listed>, BackupError> {
    let mut listed = Vec::new();
    for entry in entries(&stack_folder(base, stack)?)? {
        let path = entry.path();
        let Some(created) = created(&path) else { continue };
        // One that is deleted at this very moment is no longer to be listed.
        let Ok(meta) = entry.metadata() else { continue };
        let index = if meta.is_file() { look(&path) } else { Err(corrupt(&path, "it is not a file")) };
        listed.push(Listed { path, stack: stack.clone(), created, size_bytes: meta.len(), index });
    }
    Ok(listed)
}

fn look(path: &Path) -> Result<Index, BackupError> {
    let mut file = File::open(path).map_err(|source| BackupError::file("open", path, source))?;
    read_sum(path)?;
    read_index(path, &mut file).map(|(index, _)| index)
}

fn entries(folder: &Path) -> Result<Vec<DirEntry>, BackupError> {
    let read = || -> io::Result<Vec<DirEntry>> {
        let mut entries: Vec<DirEntry> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
        entries.sort_by_key(DirEntry::file_name);
        Ok(entries)
    };
    match read() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read.map_err(|source| BackupError::file("list", folder, source)),
    }
}

/// Deletes an artifact and its checksum. One that is not there is no error. A folder left empty goes as well.
///
/// # Errors
///
/// The path has not the name of an artifact, or a file cannot be deleted.
pub fn delete(artifact: &Path) -> Result<(), BackupError> {
    if created(artifact).is_none() {
        return Err(BackupError::Missing { path: artifact.to_owned() });
    }
    // The artifact first: without it, a checksum means nothing.
    for path in [artifact.to_owned(), sum_path(artifact)] {
        remove(&path)?;
    }
    if let Some(folder) = artifact.parent() {
        // Other artifacts keep it.
        let _ = fs::remove_dir(folder);
    }
    Ok(())
}

/// Removes what an interrupted backup of `stack` left. No other backup of it may be under way. Gives how many files
/// there were.
///
/// # Errors
///
/// A file cannot be deleted, or the stack's name cannot be the name of a folder.
pub fn clean(base: &Path, stack: &StackName) -> Result<usize, BackupError> {
    let mut removed = 0;
    for entry in entries(&stack_folder(base, stack)?)? {
        let name = entry.file_name().to_string_lossy().into_owned();
        let target = name.strip_prefix('.').and_then(|name| name.strip_suffix(PARTIAL_SUFFIX));
        let is_partial = target.is_some_and(is_ours);
        // A checksum is written before its artifact.
        let sum_of = name.strip_suffix(SUM_SUFFIX).map(|artifact| entry.path().with_file_name(artifact));
        let is_left = sum_of.is_some_and(|artifact| created(&artifact).is_some() && !artifact.exists());
        if is_partial || is_left {
            remove(&entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

fn is_ours(name: &str) -> bool {
    created(Path::new(name.strip_suffix(SUM_SUFFIX).unwrap_or(name))).is_some()
}

fn remove(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(|source| BackupError::file("delete", path, source)),
    }
}

pub(crate) fn corrupt(path: &Path, reason: impl Into<String>) -> BackupError {
    BackupError::Corrupt { path: path.to_owned(), reason: reason.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_artifacts_name_is_its_moment() {
        let moment: Timestamp = "2026-11-25T04:05:06.789Z".parse().unwrap();
        let path = artifact_path(Path::new("/b"), &StackName::new("shop"), moment).unwrap();
        assert_eq!(path, Path::new("/b/shop/20261125-040506Z.tar.zst"));
        assert_eq!(created(&path), Some("2026-11-25T04:05:06Z".parse().unwrap()));
        assert_eq!(sum_path(&path), Path::new("/b/shop/20261125-040506Z.tar.zst.sha256"));
        for bad in ["20261325-040506Z.tar.zst", "20261125-040506.tar.zst", "2026-11-25.tar.zst", "x", "Z.tar.zst"] {
            assert_eq!(created(Path::new(bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_stack_cannot_leave_the_base() {
        for bad in ["", ".", "..", ".hidden", "a/b", "../x", "a b", "ü", "a\n", &"x".repeat(256)] {
            assert!(stack_folder(Path::new("/b"), &StackName::new(bad)).is_err(), "{bad:?}");
        }
        for good in ["shop", "my_stack-2.0", "A"] {
            assert_eq!(stack_folder(Path::new("/b"), &StackName::new(good)).unwrap(), Path::new("/b").join(good));
        }
    }
}
