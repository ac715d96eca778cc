//! Reading an artifact: one thread reads and sums the file, one unpacks it, and the caller takes what comes out.

use crate::artifact::corrupt;
use crate::growth::Growth;
use crate::index::{Sum, read_index};
use crate::pipe::{Drain, Filler, pipe};
use crate::{BackupError, Control, Index};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use zstd::stream::read::Decoder;

/// Largest window that is unpacked, as a power of two: 8 MiB, what `zstd -19` uses. It bounds the memory that an
/// artifact can ask for.
const WINDOW_LOG_MAX: u32 = 23;

/// An artifact whose closing record was read.
pub(crate) struct Artifact {
    pub(crate) path: PathBuf,
    pub(crate) index: Index,
    /// Length of the compressed archive; the closing record follows.
    compressed_bytes: u64,
    file: File,
}

/// The threads that read and unpack an artifact.
pub(crate) struct Threads {
    reader: JoinHandle<io::Result<Sum>>,
    unpacker: JoinHandle<()>,
}

impl Artifact {
    /// Opens the artifact at `path` and reads its closing record.
    pub(crate) fn open(path: &Path) -> Result<Self, BackupError> {
        let mut file = File::open(path).map_err(|source| {
            let is_missing = source.kind() == io::ErrorKind::NotFound;
            if is_missing {
                BackupError::Missing { path: path.to_owned() }
            } else {
                BackupError::file("open", path, source)
            }
        })?;
        let (index, compressed_bytes) = read_index(path, &mut file)?;
        Ok(Self { path: path.to_owned(), index, compressed_bytes, file })
    }

    pub(crate) fn compare(&self, sum: &Sum, stated: &Sum) -> Result<(), BackupError> {
        if sum == stated { Ok(()) } else { Err(corrupt(&self.path, "its content does not fit its checksum")) }
    }

    /// Begins to unpack it.
    pub(crate) fn unpack(&self, control: &Control) -> Result<(Drain, Threads), BackupError> {
        let failed = |source| BackupError::file("read", &self.path, source);
        // Progress is counted once: where the data is unpacked.
        let quiet = Control::new();
        let (compressed_in, compressed) = pipe(&quiet);
        let (archive_in, archive) = pipe(control);
        let file = self.file().map_err(failed)?;
        let (length, limit) = (self.compressed_bytes, self.index.archive_bytes);
        let reader = thread::Builder::new().name("backup-read".to_owned());
        let reader = reader.spawn(move || read_file(file, compressed_in, length)).map_err(failed)?;
        let unpacker = thread::Builder::new().name("backup-unpack".to_owned());
        let unpacker = unpacker.spawn(move || unpack(compressed, archive_in, Some(limit))).map_err(failed)?;
        Ok((archive, Threads { reader, unpacker }))
    }

    fn file(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }
}

/// Begins to unpack the artifact at `path` while it is written. What is told apart only by its closing record comes out with
/// the rest; `control` counts it.
pub(crate) fn follow(path: &Path, growth: Growth, control: &Control) -> Result<(Drain, Threads), BackupError> {
    let failed = |source| BackupError::file("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let (compressed_in, compressed) = pipe(&Control::new());
    let (archive_in, archive) = pipe(control);
    let reader = thread::Builder::new().name("backup-read".to_owned());
    let reader = reader.spawn(move || read_growing(file, compressed_in, &growth)).map_err(failed)?;
    let unpacker = thread::Builder::new().name("backup-unpack".to_owned());
    let unpacker = unpacker.spawn(move || unpack(compressed, archive_in, None)).map_err(failed)?;
    Ok((archive, Threads { reader, unpacker }))
}

/// What an error of a reader means.
pub(crate) fn read_error(path: &Path, control: &Control, error: io::Error) -> BackupError {
    if control.is_cancelled() {
        return BackupError::Cancelled;
    }
    // The library's errors are of these kinds, and so are ours about lengths.
    let of_content = [io::ErrorKind::Other, io::ErrorKind::InvalidData, io::ErrorKind::UnexpectedEof];
    if of_content.contains(&error.kind()) {
        corrupt(path, error.to_string())
    } else {
        BackupError::file("read", path, error)
    }
}

impl Threads {
    /// Waits for both. Gives the file's checksum. All of the archive has to be taken before.
    pub(crate) fn finish(self) -> io::Result<Sum> {
        let stopped = || io::Error::new(io::ErrorKind::BrokenPipe, "a reader stopped");
        self.unpacker.join().map_err(|_| stopped())?;
        self.reader.join().map_err(|_| stopped())?
    }
}

fn read_file(mut file: File, mut out: Filler, compressed_bytes: u64) -> io::Result<Sum> {
    let mut sum = Sha256::new();
    let mut left = compressed_bytes;
    while left > 0 {
        let space = out.space()?;
        let wanted = usize::try_from(left).map_or(space.len(), |left| left.min(space.len()));
        let length = file.read(&mut space[..wanted])?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        sum.update(&space[..length]);
        out.advance(length);
        left -= length as u64;
    }
    out.finish()?;
    let mut record = Vec::new();
    file.read_to_end(&mut record)?;
    sum.update(&record);
    Ok(sum.finalize().into())
}

/// Reads a file as far as it is written, until it is finished.
fn read_growing(mut file: File, mut out: Filler, growth: &Growth) -> io::Result<Sum> {
    let mut sum = Sha256::new();
    let mut read_bytes = 0;
    while let Some(up_to) = growth.beyond(read_bytes)? {
        while read_bytes < up_to {
            let space = out.space()?;
            let wanted = usize::try_from(up_to - read_bytes).map_or(space.len(), |left| left.min(space.len()));
            let length = file.read(&mut space[..wanted])?;
            if length == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            sum.update(&space[..length]);
            out.advance(length);
            read_bytes += length as u64;
        }
    }
    out.finish()?;
    Ok(sum.finalize().into())
}

/// Unpacks `compressed`: exactly `length` bytes, or all there is.
fn unpack(compressed: Drain, mut out: Filler, length: Option<u64>) {
    let bad = |reason: &str| Err(io::Error::new(io::ErrorKind::InvalidData, reason.to_owned()));
    let unpack = || {
        let mut decoder = Decoder::with_buffer(compressed)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        let mut left = length.unwrap_or(u64::MAX);
        loop {
            let space = out.space()?;
            match decoder.read(space)? {
                0 if left > 0 && length.is_some() => return bad("it unpacks to less than it says"),
                0 => return Ok(()),
                read if read as u64 > left => return bad("it unpacks to more than it says"),
                read => {
                    out.advance(read);
                    left -= read as u64;
                }
            }
        }
    };
    match unpack() {
        // Whoever reads notices by itself that an end is missing.
        Ok(()) => drop(out.finish()),
        Err(error) => out.fail(error),
    }
}
