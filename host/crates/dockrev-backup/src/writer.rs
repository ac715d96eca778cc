//! The archive while it is written: the manifest, then target after target.

use crate::entry::{Entry, Kind};
use crate::manifest::{DATA_FOLDER, MANIFEST_NAME, Manifest, NoteKind, Notes, Shape, Totals};
use crate::pipe::Filler;
use crate::tar::{END, fits, member, padding};
use crate::{BackupError, Control};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Writes an archive into a pipe.
pub(crate) struct ArchiveWriter {
    out: Filler,
    bytes: u64,
    head: Vec<u8>,
    path: PathBuf,
    control: Control,
}

/// Writes one target of it.
pub(crate) struct TargetWriter<'a> {
    archive: &'a mut ArchiveWriter,
    prefix: Vec<u8>,
    totals: Totals,
    changes: Changes,
    /// Length of the current entry's data.
    stored_bytes: u64,
}

/// Entries that changed while they were read.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) count: u64,
    pub(crate) first: String,
}

impl ArchiveWriter {
    /// Begins an archive; `path` is what is being written, for errors.
    pub(crate) fn new(out: Filler, path: &Path, control: &Control) -> Self {
        Self { out, bytes: 0, head: Vec::new(), path: path.to_owned(), control: control.clone() }
    }

    /// Writes the first entry.
    pub(crate) fn manifest(&mut self, manifest: &Manifest) -> Result<(), BackupError> {
        let json = serde_json::to_vec_pretty(manifest).map_err(io::Error::from).map_err(|error| self.failed(error))?;
        let mut meta = crate::entry::Meta { mode: 0o644, ..Default::default() };
        meta.modified.seconds = manifest.created.as_second();
        let size = json.len() as u64;
        self.head(&Entry { path: MANIFEST_NAME.into(), kind: Kind::File { size }, meta })?;
        self.write(&json)?;
        self.zeros(padding(size) as u64)
    }

    /// Begins a target that goes to `folder`.
    pub(crate) fn target(&mut self, folder: &str) -> TargetWriter<'_> {
        TargetWriter {
            archive: self,
            prefix: format!("{DATA_FOLDER}/{folder}").into_bytes(),
            totals: Totals { shape: Shape::Folder, entries: 0, data_bytes: 0, notes: Notes::default() },
            changes: Changes::default(),
            stored_bytes: 0,
        }
    }

    /// Ends the archive. Gives its length.
    pub(crate) fn finish(mut self) -> Result<u64, BackupError> {
        self.write(&END)?;
        let Self { out, bytes, path, control, .. } = self;
        out.finish().map_err(|error| failed(&control, &path, error))?;
        Ok(bytes)
    }

    fn head(&mut self, entry: &Entry) -> Result<(), BackupError> {
        let mut head = std::mem::take(&mut self.head);
        head.clear();
        member(&mut head, entry);
        let written = self.write(&head);
        self.head = head;
        written
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), BackupError> {
        self.bytes += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|error| self.failed(error))
    }

    fn zeros(&mut self, count: u64) -> Result<(), BackupError> {
        let mut left = count;
        while left > 0 {
            let space = self.out.space().map_err(|error| failed(&self.control, &self.path, error))?;
            let length = usize::try_from(left).map_or(space.len(), |left| left.min(space.len()));
            space[..length].fill(0);
            self.out.advance(length);
            left -= length as u64;
        }
        self.bytes += count;
        Ok(())
    }

    fn failed(&self, error: io::Error) -> BackupError {
        failed(&self.control, &self.path, error)
    }
}

/// The pipe's own error says little: whoever reads from it knows why it ended.
fn failed(control: &Control, path: &Path, error: io::Error) -> BackupError {
    if control.is_cancelled() { BackupError::Cancelled } else { BackupError::file("write", path, error) }
}

impl TargetWriter<'_> {
    /// Writes an entry's head. Its path and the target of a hard link are relative to the target's root.
    pub(crate) fn begin(&mut self, mut entry: Entry) -> Result<(), BackupError> {
        if !fits(&entry) {
            self.note(&entry.path, NoteKind::AttributesTooLarge);
            entry.meta.xattrs.clear();
        }
        self.totals.entries += 1;
        self.stored_bytes = entry.stored_bytes();
        self.totals.data_bytes += self.stored_bytes;
        self.archive.control.add_entry();
        entry.path = self.placed(&entry.path);
        if let Kind::HardLink { to } = &mut entry.kind {
            *to = [&self.prefix, &b"/"[..], to].concat();
        }
        self.archive.head(&entry)
    }

    /// Room for the entry's data; see [`Filler::space`].
    pub(crate) fn space(&mut self) -> Result<&mut [u8], BackupError> {
        let ArchiveWriter { out, control, path, .. } = &mut *self.archive;
        out.space().map_err(|error| failed(control, path, error))
    }

    /// Says that `bytes` of the room were filled.
    pub(crate) fn advance(&mut self, bytes: usize) {
        self.archive.out.advance(bytes);
        self.archive.bytes += bytes as u64;
    }

    /// Writes `count` zeros of data.
    pub(crate) fn zeros(&mut self, count: u64) -> Result<(), BackupError> {
        self.archive.zeros(count)
    }

    /// Ends the data of the entry.
    pub(crate) fn end(&mut self) -> Result<(), BackupError> {
        self.archive.zeros(padding(self.stored_bytes) as u64)
    }

    /// Keeps a note on an entry.
    pub(crate) fn note(&mut self, path: &[u8], what: NoteKind) {
        if what.is_change() {
            if self.changes.count == 0 {
                self.changes.first = crate::entry::printable(path);
            }
            self.changes.count += 1;
        }
        self.totals.notes.add(path, what);
    }

    /// What was written so far.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Ends the target, whose root is a `shape`.
    pub(crate) fn finish(mut self, shape: Shape) -> (Totals, Changes) {
        self.totals.shape = shape;
        (self.totals, self.changes)
    }

    fn placed(&self, path: &[u8]) -> Vec<u8> {
        if path.is_empty() { self.prefix.clone() } else { [&self.prefix, &b"/"[..], path].concat() }
    }
}
