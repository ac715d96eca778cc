//! Taking a backup.

use crate::artifact::{artifact_path, corrupt, partial_path, stack_folder, sum_path};
use crate::compress::{GrowingFile, compress};
use crate::growth::Growth;
use crate::index::{Sum, frame, hex, sum_text};
use crate::manifest::{Consistency, Index, Manifest, ReadBy, SCHEMA, Target, TargetKind};
use crate::pipe::pipe;
use crate::scan::scan;
use crate::verify::verify_growing;
use crate::writer::{ArchiveWriter, Changes};
use crate::{BackupError, Control, space, swap};
use dockrev_core::ids::{ServiceName, StackName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;

/// Mode of artifacts and their folders: they hold what the services keep, secrets among it.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// Longest part of a target's name that its folder in the archive carries, in bytes.
const FOLDER_NAME_MAX_BYTES: usize = 60;

/// What is to be backed up, and where to.
pub struct BackupRequest {
    /// The folder below which the artifacts of all stacks are. It is made if it is not there.
    pub base: PathBuf,
    /// How much data is expected. Half of it has to fit on the disk, margin added, or nothing is begun.
    pub expected_bytes: Option<u64>,
    /// What goes into the artifact.
    pub snapshot: Snapshot,
}

/// What goes into an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Snapshot {
    /// The stack.
    pub stack: StackName,
    /// The moment that names the artifact.
    pub created: Timestamp,
    /// The version of Dockrev, for the manifest.
    pub dockrev: String,
    /// The volumes and bind mounts, in order, each under a name of its own.
    pub targets: Vec<TargetSource>,
    /// What to do about data that changes while it is read.
    pub on_change: OnChange,
}

/// A volume or bind mount that is to be backed up.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TargetSource {
    /// What it is called within the artifact.
    pub name: String,
    /// What it is.
    pub kind: TargetKind,
    /// The volume's name, or the path on the host.
    pub source: String,
    /// The services that use it.
    pub services: Vec<ServiceName>,
    /// What they do meanwhile.
    pub consistency: Consistency,
    /// Who reads it.
    pub read: ReadBy,
    /// Where its reader sees it: a folder, or a single file.
    pub path: PathBuf,
}

/// What to do about data that changes while it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnChange {
    /// Note it by name.
    Note,
    /// Fail.
    Fail,
}

/// A backup that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// The artifact.
    pub path: PathBuf,
    /// Its length, in bytes.
    pub size_bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
    /// What it holds.
    pub index: Index,
}

/// Takes a backup: reads all targets in order into one artifact, reads that back and checks it while it is written, puts it on
/// the disk, and only then gives it its name. Blocks until then.
///
/// # Errors
///
/// Any; nothing of the artifact is left then.
pub fn backup(request: BackupRequest, control: &Control) -> Result<Backup, BackupError> {
    let BackupRequest { base, expected_bytes, snapshot } = request;
    let (stack, created) = (snapshot.stack.clone(), snapshot.created);
    let room = Room { base: &base, stack: &stack, created, expected_bytes };
    store(&room, |out, path| copy(snapshot, out, path, control))
}

/// Writes what would be in the artifact of `snapshot` to `out`. Blocks until it is done.
///
/// # Errors
///
/// Any. What was written before is an artifact without an end.
pub fn send<W: Write + Send + 'static>(snapshot: Snapshot, out: W, control: &Control) -> Result<(), BackupError> {
    let mut out = copy(snapshot, out, Path::new("the copy"), control)?;
    out.flush().map_err(|source| BackupError::file("send", Path::new("the copy"), source))
}

/// Where an artifact goes.
pub(crate) struct Room<'a> {
    pub(crate) base: &'a Path,
    pub(crate) stack: &'a StackName,
    pub(crate) created: Timestamp,
    pub(crate) expected_bytes: Option<u64>,
}

/// Has `fill` write an artifact, reads it back meanwhile, and gives it its name once it is whole and on the disk.
pub(crate) fn store(
    room: &Room<'_>,
    fill: impl FnOnce(GrowingFile, &Path) -> Result<GrowingFile, BackupError>,
) -> Result<Backup, BackupError> {
    let path = artifact_path(room.base, room.stack, room.created)?;
    make_folder(&stack_folder(room.base, room.stack)?)?;
    if path.exists() {
        return Err(BackupError::Exists { path });
    }
    let folder = path.parent().unwrap_or(&path);
    space::require(folder, room.expected_bytes.unwrap_or(0) / space::EXPECTED_RATIO, 0)?;
    let partial = Partial(partial_path(&path));
    let growth = Growth::default();
    let out = GrowingFile::new(create(&partial.0)?, &partial.0, growth.clone());
    let (written, checked) = thread::scope(|scope| {
        let checking = scope.spawn(|| {
            let checked = verify_growing(&partial.0, growth.clone());
            // One that gave up by itself had no reader to wait for.
            if checked.is_err() && !growth.is_given_up() {
                growth.refuse();
            }
            checked
        });
        let written =
            fill(out, &path).and_then(|out| out.finish().map_err(|source| BackupError::file("write", &path, source)));
        (written, checking.join())
    });
    let checked = checked.unwrap_or_else(|_| Err(corrupt(&path, "reading it back stopped")));
    let (size_bytes, (index, sum)) = match (written, checked) {
        (Ok(bytes), Ok(checked)) => (bytes, checked),
        // Writing was stopped for what was read back.
        (_, Err(error)) if growth.is_refused() => return Err(error),
        // Where writing failed by itself, there was nothing to read.
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
    };
    publish(&partial.0, &path, &sum)?;
    Ok(Backup { path, size_bytes, sha256: hex(&sum), index })
}

/// A file that goes away again unless it gets its name.
struct Partial(PathBuf);

impl Drop for Partial {
    fn drop(&mut self) {
        // Renamed, it is no longer there; and there is nobody to tell.
        let _ = fs::remove_file(&self.0);
    }
}

fn make_folder(folder: &Path) -> Result<(), BackupError> {
    let made = fs::DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(folder);
    made.map_err(|source| BackupError::file("make", folder, source))
}

/// Copies the data of `snapshot`, compressed, and the closing record to `out`. `path` is what that is called in errors.
fn copy<W: Write + Send + 'static>(
    snapshot: Snapshot,
    out: W,
    path: &Path,
    control: &Control,
) -> Result<W, BackupError> {
    let failed = |source| BackupError::file("write", path, source);
    let (filler, drain) = pipe(control);
    let compressor = thread::Builder::new().name("backup-compress".to_owned()).spawn(move || compress(drain, out));
    let compressor = compressor.map_err(failed)?;
    let read = read_targets(snapshot, ArchiveWriter::new(filler, path, control), control);
    let compressed = compressor.join().unwrap_or_else(|_| Err(std::io::Error::other("the compressor stopped")));
    let (index, mut out) = match (read, compressed) {
        (Ok(index), Ok(out)) => (index, out),
        // If both failed, either may have been the first: a broken pipe is never the cause.
        (Err(error), Ok(_)) => return Err(error),
        (Ok(_), Err(error)) => return Err(compressor_error(path, error)),
        (Err(read), Err(compressed)) => {
            let is_caused =
                matches!(&read, BackupError::File { source, .. } if source.kind() == std::io::ErrorKind::BrokenPipe);
            return Err(if is_caused { compressor_error(path, compressed) } else { read });
        }
    };
    out.write_all(&frame(&index).map_err(failed)?).map_err(|error| compressor_error(path, error))?;
    Ok(out)
}

/// The compressor may have met the end of the margin, which is an error of ours already.
pub(crate) fn compressor_error(path: &Path, error: std::io::Error) -> BackupError {
    error.downcast::<BackupError>().unwrap_or_else(|source| BackupError::file("write", path, source))
}

fn create(path: &Path) -> Result<File, BackupError> {
    let mut options = OpenOptions::new();
    // One that an interrupted backup left is worth nothing.
    let opened = options.write(true).create(true).truncate(true).mode(FILE_MODE).open(path);
    opened.map_err(|source| BackupError::file("create", path, source))
}

fn read_targets(snapshot: Snapshot, mut archive: ArchiveWriter, control: &Control) -> Result<Index, BackupError> {
    let on_change = snapshot.on_change;
    let paths: Vec<PathBuf> = snapshot.targets.iter().map(|target| target.path.clone()).collect();
    let manifest = manifest(snapshot);
    archive.manifest(&manifest)?;
    let mut totals = Vec::new();
    for (target, path) in manifest.targets.iter().zip(paths) {
        // What a restore left half-way is neither the old data nor the new.
        if let Ok(true) = swap::is_half_way(&path) {
            return Err(BackupError::Unsettled { path });
        }
        let mut writer = archive.target(&target.folder);
        let shape = scan(&path, &mut writer, control)?;
        let (read, changes) = writer.finish(shape);
        refuse_changes(on_change, &target.name, changes)?;
        totals.push(read);
    }
    let archive_bytes = archive.finish()?;
    Ok(Index { manifest, totals, archive_bytes })
}

fn refuse_changes(on_change: OnChange, target: &str, changes: Changes) -> Result<(), BackupError> {
    match on_change {
        OnChange::Fail if changes.count > 0 => {
            Err(BackupError::Changed { target: target.to_owned(), first: changes.first, count: changes.count })
        }
        OnChange::Fail | OnChange::Note => Ok(()),
    }
}

fn manifest(snapshot: Snapshot) -> Manifest {
    let target = |(index, source): (usize, TargetSource)| Target {
        folder: folder_name(index, &source.name),
        name: source.name,
        kind: source.kind,
        source: source.source,
        services: source.services,
        read: source.read,
        consistency: source.consistency,
    };
    let targets = snapshot.targets.into_iter().enumerate().map(target).collect();
    Manifest { schema: SCHEMA, stack: snapshot.stack, created: snapshot.created, dockrev: snapshot.dockrev, targets }
}

/// What a target is called in the archive: its place in the list, and what is plain in its name, so that a person finds
/// it.
pub(crate) fn folder_name(index: usize, name: &str) -> String {
    let plain = |char: char| if char.is_ascii_alphanumeric() || matches!(char, '.' | '_' | '-') { char } else { '_' };
    let name: String = name.trim_matches('/').chars().map(plain).take(FOLDER_NAME_MAX_BYTES).collect();
    format!("{:02}-{name}", index + 1)
}

/// Gives an artifact its name, its checksum first: where there is an artifact, there is its checksum.
fn publish(partial: &Path, path: &Path, sum: &Sum) -> Result<(), BackupError> {
    let sum_file = sum_path(path);
    let sum_partial = Partial(partial_path(&sum_file));
    let mut file = create(&sum_partial.0)?;
    let written = file.write_all(sum_text(sum, path).as_bytes()).and_then(|()| file.sync_all());
    written.map_err(|source| BackupError::file("write", &sum_file, source))?;
    fs::rename(&sum_partial.0, &sum_file).map_err(|source| BackupError::file("name", &sum_file, source))?;
    let named = fs::rename(partial, path).and_then(|()| sync_folder(path));
    named.map_err(|source| {
        // Without its artifact it means nothing.
        let _ = fs::remove_file(&sum_file);
        BackupError::file("name", path, source)
    })
}

fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    File::open(folder)?.sync_all()?;
    // The folder itself may be new as well.
    File::open(folder.parent().unwrap_or(folder))?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn a_targets_folder_is_plain() {
        assert_eq!(folder_name(0, "shop_db"), "01-shop_db");
        assert_eq!(folder_name(11, "/srv/data dir/ü"), "12-srv_data_dir__");
        assert_eq!(folder_name(1, "../.."), "02-.._..");
        assert!(folder_name(99, &"x".repeat(500)).len() < 70);
    }
}
