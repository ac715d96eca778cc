//! Taking in a tar stream from the engine.

use crate::entry::{Entry, Kind, Lineage, names, printable};
use crate::manifest::Shape;
use crate::tar::{TarError, TarReader};
use crate::writer::TargetWriter;
use crate::{BackupError, Control};
use std::io::{self, BufReader, Read};

/// Opens a stream when its turn comes. Reading from it may block; whoever made it ends that when the work is cancelled.
pub type Opener = Box<dyn FnOnce() -> io::Result<Box<dyn Read + Send>> + Send>;

/// Bytes that are read from the engine at a time.
const BUFFER_BYTES: usize = 256 * 1024;

/// The engine's stream, read with its root taken off.
pub(crate) struct RootedReader<R: Read> {
    tar: TarReader<BufReader<R>>,
    root: Option<Vec<Vec<u8>>>,
    lineage: Lineage,
}

impl<R: Read> RootedReader<R> {
    pub(crate) fn new(stream: R) -> Self {
        Self {
            tar: TarReader::new(BufReader::with_capacity(BUFFER_BYTES, stream), u64::MAX),
            root: None,
            lineage: Lineage::default(),
        }
    }

    /// The next entry, its path relative to the first one's.
    pub(crate) fn next(&mut self) -> Result<Option<Entry>, TarError> {
        let Some(mut entry) = self.tar.next()? else {
            return match self.root {
                Some(_) => Ok(None),
                None => Err(TarError::Malformed("it is empty".to_owned())),
            };
        };
        let path = std::mem::take(&mut entry.path);
        self.place(&mut entry, &path)
            .map_err(|reason| TarError::Unsafe { entry: printable(&path), reason: reason.to_owned() })?;
        Ok(Some(entry))
    }

    fn place(&mut self, entry: &mut Entry, path: &[u8]) -> Result<(), &'static str> {
        let parts = names(path)?;
        let Some(root) = &self.root else {
            self.root = Some(parts.into_iter().map(<[u8]>::to_vec).collect());
            return match entry.kind {
                Kind::Directory | Kind::File { .. } | Kind::Sparse { .. } => Ok(()),
                Kind::Symlink { .. }
                | Kind::HardLink { .. }
                | Kind::Fifo
                | Kind::CharDevice { .. }
                | Kind::BlockDevice { .. } => Err("the root is neither a folder nor a file"),
            };
        };
        let below = below(&parts, root).filter(|below| !below.is_empty()).ok_or("it is not below the root")?;
        let depth = self.lineage.depth_for(below)?;
        self.lineage.close_to(depth);
        if let (Kind::Directory, Some(name)) = (&entry.kind, below.last()) {
            self.lineage.open(name);
        }
        entry.path = below.join(&b'/');
        if let Kind::HardLink { to } = &mut entry.kind {
            let parts = names(to)?;
            *to = self::below(&parts, root).ok_or("it links to something outside the root")?.join(&b'/');
        }
        Ok(())
    }

    pub(crate) fn tar(&mut self) -> &mut TarReader<BufReader<R>> {
        &mut self.tar
    }
}

fn below<'a, 'b>(parts: &'a [&'b [u8]], root: &[Vec<u8>]) -> Option<&'a [&'b [u8]]> {
    let starts = parts.len() >= root.len() && parts.iter().zip(root).all(|(part, root)| part == root);
    starts.then(|| &parts[root.len()..])
}

/// Names the stream in an error of its archive.
pub(crate) fn stream_error(target: &str, error: TarError) -> BackupError {
    match error {
        TarError::Io(error) => BackupError::Stream { target: target.to_owned(), reason: error.to_string() },
        TarError::Malformed(reason) => BackupError::Stream { target: target.to_owned(), reason },
        TarError::Unsafe { entry, reason } => BackupError::Unsafe { archive: target.to_owned(), entry, reason },
    }
}

/// Copies a stream into a target.
pub(crate) fn take_stream(
    name: &str,
    open: Opener,
    target: &mut TargetWriter<'_>,
    control: &Control,
) -> Result<Shape, BackupError> {
    let failed = |error| if control.is_cancelled() { BackupError::Cancelled } else { stream_error(name, error) };
    let mut reader = RootedReader::new(open().map_err(|error| failed(TarError::Io(error)))?);
    let mut shape = None;
    while let Some(entry) = reader.next().map_err(failed)? {
        control.check()?;
        let is_folder = entry.kind == Kind::Directory;
        let shape = *shape.get_or_insert(if is_folder { Shape::Folder } else { Shape::File });
        if shape == Shape::File && target.totals().entries > 0 {
            let reason = "it holds more than the one file".to_owned();
            return Err(BackupError::Stream { target: name.to_owned(), reason });
        }
        target.begin(entry)?;
        loop {
            let chunk = reader.tar().chunk().map_err(failed)?;
            if chunk.is_empty() {
                break;
            }
            let space = target.space()?;
            let length = space.len().min(chunk.len());
            space[..length].copy_from_slice(&chunk[..length]);
            target.advance(length);
            reader.tar().consume(length);
        }
        target.end()?;
    }
    Ok(shape.unwrap_or(Shape::Folder))
}
