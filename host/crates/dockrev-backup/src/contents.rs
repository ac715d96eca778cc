//! What is in an artifact, entry by entry, checked against what it says of itself.

use crate::artifact::corrupt;
use crate::decode::{Artifact, Threads};
use crate::entry::{Entry, Kind, Lineage, names, printable};
use crate::index::Sum;
use crate::manifest::{DATA_FOLDER, MANIFEST_MAX_BYTES, MANIFEST_NAME, Manifest, Shape};
use crate::pipe::Drain;
use crate::swap::HIDDEN_PREFIX;
use crate::tar::{TarError, TarReader};
use crate::{BackupError, Control};
use std::io::BufRead;

/// Reads the entries of an artifact in order.
///
/// What it gives is safe to follow: paths lie in the target's root, every entry is in a folder that is open, and nothing
/// is larger than the closing record allows.
pub(crate) struct Contents<'a> {
    artifact: &'a Artifact,
    control: &'a Control,
    tar: TarReader<Drain>,
    threads: Threads,
    /// Place of the current target in the manifest, and what was seen of it.
    target: usize,
    entries: u64,
    data_bytes: u64,
    lineage: Lineage,
}

/// An entry of a target.
pub(crate) struct Item {
    /// The target's place in the manifest.
    pub(crate) target: usize,
    /// How many of the folders that are open stay open; the root counts. Absent for the root itself.
    pub(crate) depth: Option<usize>,
    /// The entry, its path and the target of a hard link relative to the root.
    pub(crate) entry: Entry,
}

impl<'a> Contents<'a> {
    /// Begins to read, manifest first.
    pub(crate) fn open(artifact: &'a Artifact, control: &'a Control) -> Result<Self, BackupError> {
        let (archive, threads) = artifact.unpack(control)?;
        let tar = TarReader::new(archive, artifact.index.archive_bytes);
        let (lineage, target) = (Lineage::default(), 0);
        let mut contents = Self { artifact, control, tar, threads, target, entries: 0, data_bytes: 0, lineage };
        contents.manifest()?;
        Ok(contents)
    }

    fn manifest(&mut self) -> Result<(), BackupError> {
        let bad = || corrupt(&self.artifact.path, "its first entry is not a manifest that fits its closing record");
        let entry = self.tar.next().map_err(|error| self.error(error))?;
        let entry = entry.filter(|entry| entry.path == MANIFEST_NAME.as_bytes()).ok_or_else(bad)?;
        if !matches!(entry.kind, Kind::File { size } if size <= MANIFEST_MAX_BYTES) {
            return Err(bad());
        }
        let mut json = Vec::new();
        while self.copy(&mut |chunk| json.extend_from_slice(chunk))? {}
        let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| bad())?;
        if manifest == self.artifact.index.manifest { Ok(()) } else { Err(bad()) }
    }

    fn copy(&mut self, take: &mut dyn FnMut(&[u8])) -> Result<bool, BackupError> {
        let chunk = self.tar.chunk();
        let length = match chunk {
            Ok(chunk) => {
                take(chunk);
                chunk.len()
            }
            Err(error) => return Err(self.error(error)),
        };
        self.tar.consume(length);
        Ok(length > 0)
    }

    /// The next entry. Absent at the end, once every target was seen whole.
    pub(crate) fn next(&mut self) -> Result<Option<Item>, BackupError> {
        let Some(entry) = self.tar.next().map_err(|error| self.error(error))? else {
            self.close_target()?;
            return match self.target == self.artifact.index.totals.len() {
                true => Ok(None),
                false => Err(corrupt(&self.artifact.path, "a target is missing")),
            };
        };
        self.control.add_entry();
        let path = entry.path.clone();
        self.place(entry)
            .map_err(|refusal| match refusal {
                Refused::For(reason) => self.refused(&path, reason),
                Refused::Error(error) => error,
            })
            .map(Some)
    }

    /// The next bytes of the current entry's data; none at its end.
    pub(crate) fn chunk(&mut self) -> Result<&[u8], BackupError> {
        // Errors need the path only, but the chunk borrows everything.
        let (artifact, control) = (self.artifact, self.control);
        self.tar.chunk().map_err(|error| to_error(artifact, control, error))
    }

    /// Says that `bytes` of the last chunk were used.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.tar.consume(bytes);
    }

    /// Reads what is left, and gives the file's checksum.
    pub(crate) fn finish(self) -> Result<Sum, BackupError> {
        let (artifact, control) = (self.artifact, self.control);
        let failed = |error| artifact.read_error(control, error);
        let mut archive = self.tar.into_inner();
        loop {
            let rest = archive.fill_buf().map_err(failed)?;
            if rest.iter().any(|byte| *byte != 0) {
                return Err(corrupt(&artifact.path, "there is something after its end"));
            }
            match rest.len() {
                0 => break,
                length => archive.consume(length),
            }
        }
        drop(archive);
        self.threads.finish().map_err(failed)
    }

    fn place(&mut self, mut entry: Entry) -> Result<Item, Refused> {
        let path = std::mem::take(&mut entry.path);
        let parts = names(&path)?;
        let [data, folder, below @ ..] = &parts[..] else { return Err("it belongs to no target".into()) };
        if *data != DATA_FOLDER.as_bytes() {
            return Err("it belongs to no target".into());
        }
        let totals = &self.artifact.index.totals;
        if below.is_empty() {
            if self.entries > 0 {
                self.close_target().map_err(Refused::Error)?;
            }
            self.lineage = Lineage::default();
        }
        let target = self.artifact.index.manifest.targets.get(self.target);
        if target.is_none_or(|target| target.folder.as_bytes() != *folder) {
            return Err("it belongs to no target, or to one whose turn it is not".into());
        }
        self.check_kind(&entry, below)?;
        let depth = match below.split_last() {
            None => None,
            Some((name, _)) => Some(self.enter(&entry.kind, name, below)?),
        };
        self.entries += 1;
        self.data_bytes += entry.stored_bytes();
        if self.entries > totals[self.target].entries || self.data_bytes > totals[self.target].data_bytes {
            return Err("there is more than the closing record says".into());
        }
        entry.path = below.join(&b'/');
        if let Kind::HardLink { to } = &mut entry.kind {
            *to = link_target(to, folder)?;
        }
        Ok(Item { target: self.target, depth, entry })
    }

    fn enter(&mut self, kind: &Kind, name: &[u8], below: &[&[u8]]) -> Result<usize, Refused> {
        if self.entries == 0 {
            return Err("its target's root is missing".into());
        }
        let depth = self.lineage.depth_for(below)?;
        self.lineage.close_to(depth);
        if *kind == Kind::Directory {
            self.lineage.open(name);
        }
        Ok(depth + 1)
    }

    fn check_kind(&self, entry: &Entry, below: &[&[u8]]) -> Result<(), Refused> {
        let shape = self.artifact.index.totals[self.target].shape;
        match (below, &entry.kind, shape) {
            ([], Kind::Directory, Shape::Folder) => Ok(()),
            ([], Kind::File { .. } | Kind::Sparse { .. }, Shape::File) => Ok(()),
            ([], _, _) => Err("its root is not what the closing record says".into()),
            ([name, ..], _, Shape::Folder) if !name.starts_with(HIDDEN_PREFIX.as_bytes()) => Ok(()),
            ([_, ..], _, Shape::Folder) => Err("its name is kept for the state of restores".into()),
            ([_, ..], _, Shape::File) => Err("it lies in a single file".into()),
        }
    }

    /// Ends the current target, all of which must have been seen.
    fn close_target(&mut self) -> Result<(), BackupError> {
        let Some(totals) = self.artifact.index.totals.get(self.target) else { return Ok(()) };
        if self.entries != totals.entries || self.data_bytes != totals.data_bytes {
            let name = &self.artifact.index.manifest.targets[self.target].name;
            return Err(corrupt(&self.artifact.path, format!("target `{name}` is not complete")));
        }
        self.target += 1;
        self.entries = 0;
        self.data_bytes = 0;
        Ok(())
    }

    fn error(&self, error: TarError) -> BackupError {
        to_error(self.artifact, self.control, error)
    }

    fn refused(&self, path: &[u8], reason: &str) -> BackupError {
        let archive = self.artifact.path.display().to_string();
        BackupError::Unsafe { archive, entry: printable(path), reason: reason.to_owned() }
    }
}

fn to_error(artifact: &Artifact, control: &Control, error: TarError) -> BackupError {
    match error {
        TarError::Io(error) => artifact.read_error(control, error),
        TarError::Malformed(reason) => corrupt(&artifact.path, reason),
        TarError::Unsafe { entry, reason } => {
            BackupError::Unsafe { archive: artifact.path.display().to_string(), entry, reason }
        }
    }
}

/// Why an entry is not given.
enum Refused {
    For(&'static str),
    Error(BackupError),
}

impl From<&'static str> for Refused {
    fn from(reason: &'static str) -> Self {
        Self::For(reason)
    }
}

/// What a hard link points to, relative to the root of the target that it must lie in.
fn link_target(to: &[u8], folder: &[u8]) -> Result<Vec<u8>, &'static str> {
    match &names(to)?[..] {
        [data, own, below @ ..] if *data == DATA_FOLDER.as_bytes() && *own == folder && !below.is_empty() => {
            Ok(below.join(&b'/'))
        }
        _ => Err("it links to something outside its target"),
    }
}
