//! What is in an artifact, entry by entry, checked against what it says of itself.

use crate::artifact::corrupt;
use crate::decode::{Artifact, Threads, read_error};
use crate::entry::{Entry, Kind, Lineage, names, printable};
use crate::index::Sum;
use crate::manifest::{DATA_FOLDER, MANIFEST_MAX_BYTES, MANIFEST_NAME, Manifest, Shape, Totals};
use crate::pipe::Drain;
use crate::swap::HIDDEN_PREFIX;
use crate::tar::{TarError, TarReader};
use crate::{BackupError, Control, Index};
use std::io::BufRead;
use std::path::Path;

/// Reads the entries of an artifact in order.
///
/// What it gives is safe to follow: paths lie in the target's root, every entry is in a folder that is open, and nothing
/// is larger than the closing record allows.
pub(crate) struct Contents<'a> {
    path: &'a Path,
    control: &'a Control,
    tar: TarReader<Drain>,
    threads: Threads,
    /// What the closing record says. Absent as long as the artifact is still written.
    expected: Option<&'a Index>,
    manifest: Manifest,
    /// What was seen of each target so far, in the manifest's order; the last one is the current one.
    seen: Vec<Seen>,
    lineage: Lineage,
}

/// What was seen of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) shape: Shape,
    pub(crate) entries: u64,
    pub(crate) data_bytes: u64,
}

impl Seen {
    /// Whether it is all that the closing record says.
    pub(crate) fn is_all_of(&self, totals: &Totals) -> bool {
        (self.shape, self.entries, self.data_bytes) == (totals.shape, totals.entries, totals.data_bytes)
    }
}

/// What came of reading an artifact to its end.
pub(crate) struct Read {
    /// The file's checksum.
    pub(crate) sum: Sum,
    pub(crate) manifest: Manifest,
    pub(crate) seen: Vec<Seen>,
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
        Self::begin(&artifact.path, (archive, threads), Some(&artifact.index), control)
    }

    /// Begins to read what comes out of `archive`. Without an index, it is only seen at the end whether that is all.
    pub(crate) fn begin(
        path: &'a Path,
        (archive, threads): (Drain, Threads),
        expected: Option<&'a Index>,
        control: &'a Control,
    ) -> Result<Self, BackupError> {
        let tar = TarReader::new(archive, expected.map_or(u64::MAX, |index| index.archive_bytes));
        let manifest = Manifest::none();
        let (seen, lineage) = (Vec::new(), Lineage::default());
        let mut contents = Self { path, control, tar, threads, expected, manifest, seen, lineage };
        contents.manifest = contents.manifest()?;
        Ok(contents)
    }

    fn manifest(&mut self) -> Result<Manifest, BackupError> {
        let path = self.path;
        let bad = || corrupt(path, "its first entry is not a manifest that fits its closing record");
        let entry = self.tar.next().map_err(|error| self.error(error))?;
        let entry = entry.filter(|entry| entry.path == MANIFEST_NAME.as_bytes()).ok_or_else(bad)?;
        if !matches!(entry.kind, Kind::File { size } if size <= MANIFEST_MAX_BYTES) {
            return Err(bad());
        }
        let mut json = Vec::new();
        while self.copy(&mut |chunk| json.extend_from_slice(chunk))? {}
        let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| bad())?;
        let fits = self.expected.is_none_or(|index| index.manifest == manifest);
        if fits { Ok(manifest) } else { Err(bad()) }
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
            return match self.seen.len() == self.manifest.targets.len() {
                true => Ok(None),
                false => Err(corrupt(self.path, "a target is missing")),
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
        let (path, control) = (self.path, self.control);
        self.tar.chunk().map_err(|error| to_error(path, control, error))
    }

    /// Says that `bytes` of the last chunk were used.
    pub(crate) fn consume(&mut self, bytes: usize) {
        self.tar.consume(bytes);
    }

    /// Reads what is left.
    pub(crate) fn finish(self) -> Result<Read, BackupError> {
        let (path, control) = (self.path, self.control);
        let failed = |error| read_error(path, control, error);
        let mut archive = self.tar.into_inner();
        loop {
            let rest = archive.fill_buf().map_err(failed)?;
            if rest.iter().any(|byte| *byte != 0) {
                return Err(corrupt(path, "there is something after its end"));
            }
            match rest.len() {
                0 => break,
                length => archive.consume(length),
            }
        }
        drop(archive);
        let sum = self.threads.finish().map_err(failed)?;
        Ok(Read { sum, manifest: self.manifest, seen: self.seen })
    }

    fn place(&mut self, mut entry: Entry) -> Result<Item, Refused> {
        let path = std::mem::take(&mut entry.path);
        let parts = names(&path)?;
        let [data, folder, below @ ..] = &parts[..] else { return Err("it belongs to no target".into()) };
        if *data != DATA_FOLDER.as_bytes() {
            return Err("it belongs to no target".into());
        }
        if below.is_empty() {
            self.close_target().map_err(Refused::Error)?;
            self.lineage = Lineage::default();
            let shape = shape(&entry.kind)?;
            self.seen.push(Seen { shape, entries: 0, data_bytes: 0 });
        }
        let turn = self.seen.len().checked_sub(1);
        let target = turn.filter(|turn| {
            let target = self.manifest.targets.get(*turn);
            target.is_some_and(|target| target.folder.as_bytes() == *folder)
        });
        let target = target.ok_or("it belongs to no target, or to one whose turn it is not")?;
        self.check_kind(target, below)?;
        let depth = match below.split_last() {
            None => None,
            Some((name, _)) => Some(self.enter(&entry.kind, name, below)?),
        };
        self.count(target, &entry)?;
        entry.path = below.join(&b'/');
        if let Kind::HardLink { to } = &mut entry.kind {
            *to = link_target(to, folder)?;
        }
        Ok(Item { target, depth, entry })
    }

    fn count(&mut self, target: usize, entry: &Entry) -> Result<(), Refused> {
        let seen = &mut self.seen[target];
        seen.entries += 1;
        seen.data_bytes += entry.stored_bytes();
        match self.expected.map(|index| &index.totals[target]) {
            Some(totals) if seen.entries > totals.entries || seen.data_bytes > totals.data_bytes => {
                Err("there is more than the closing record says".into())
            }
            Some(_) | None => Ok(()),
        }
    }

    fn enter(&mut self, kind: &Kind, name: &[u8], below: &[&[u8]]) -> Result<usize, Refused> {
        let depth = self.lineage.depth_for(below)?;
        self.lineage.close_to(depth);
        if *kind == Kind::Directory {
            self.lineage.open(name);
        }
        Ok(depth + 1)
    }

    fn check_kind(&self, target: usize, below: &[&[u8]]) -> Result<(), Refused> {
        let shape = self.seen[target].shape;
        let expected = self.expected.map(|index| index.totals[target].shape);
        match (below, shape) {
            ([], shape) if expected.is_none_or(|expected| expected == shape) => Ok(()),
            ([], _) => Err("its root is not what the closing record says".into()),
            ([name, ..], Shape::Folder) if !name.starts_with(HIDDEN_PREFIX.as_bytes()) => Ok(()),
            ([_, ..], Shape::Folder) => Err("its name is kept for the state of restores".into()),
            ([_, ..], Shape::File) => Err("it lies in a single file".into()),
        }
    }

    /// Ends the current target, all of which must have been seen.
    fn close_target(&mut self) -> Result<(), BackupError> {
        let Some(target) = self.seen.len().checked_sub(1) else { return Ok(()) };
        let totals = self.expected.and_then(|index| index.totals.get(target));
        if totals.is_none_or(|totals| self.seen[target].is_all_of(totals)) {
            return Ok(());
        }
        let name = &self.manifest.targets[target].name;
        Err(corrupt(self.path, format!("target `{name}` is not complete")))
    }

    fn error(&self, error: TarError) -> BackupError {
        to_error(self.path, self.control, error)
    }

    fn refused(&self, entry: &[u8], reason: &str) -> BackupError {
        let archive = self.path.display().to_string();
        BackupError::Unsafe { archive, entry: printable(entry), reason: reason.to_owned() }
    }
}

fn shape(root: &Kind) -> Result<Shape, &'static str> {
    match root {
        Kind::Directory => Ok(Shape::Folder),
        Kind::File { .. } | Kind::Sparse { .. } => Ok(Shape::File),
        Kind::Symlink { .. }
        | Kind::HardLink { .. }
        | Kind::Fifo
        | Kind::CharDevice { .. }
        | Kind::BlockDevice { .. } => Err("its root is neither a folder nor a file"),
    }
}

fn to_error(path: &Path, control: &Control, error: TarError) -> BackupError {
    match error {
        TarError::Io(error) => read_error(path, control, error),
        TarError::Malformed(reason) => corrupt(path, reason),
        TarError::Unsafe { entry, reason } => {
            BackupError::Unsafe { archive: path.display().to_string(), entry, reason }
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
