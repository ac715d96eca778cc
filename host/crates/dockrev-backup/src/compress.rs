//! Compressing an archive into its file while it is made.

use crate::growth::Growth;
use crate::pipe::Drain;
use crate::space;
use crate::write_back::WriteBack;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::{Path, PathBuf};
use std::thread;
use zstd::stream::raw::CParameter;
use zstd::stream::write::Encoder;

/// Compression level: the fastest. The service stands still while its data is copied, and the copy is gone an hour after the
/// update has proven itself: a tenth of its size is worth less than a third of that time.
const LEVEL: i32 = 1;

/// What one worker takes at a time, in bytes. It bounds the memory: about four times as much for each worker.
const JOB_BYTES: u32 = 2 * 1024 * 1024;

/// Most workers: beyond them the disk is slower than they are.
const WORKERS_MAX: usize = 4;

/// How often the free space is looked at, in compressed bytes. Less than the margin, so that it is never used up.
const CHECK_EVERY_BYTES: u64 = space::SPACE_MARGIN_BYTES / 4;

/// A file that is read while it is written.
pub(crate) struct GrowingFile {
    file: File,
    path: PathBuf,
    growth: Growth,
    checked_bytes: u64,
    bytes: u64,
    write_back: WriteBack,
}

impl GrowingFile {
    /// Writes to `file`, and tells `growth` how far.
    pub(crate) fn new(file: File, path: &Path, growth: Growth) -> Self {
        let write_back = WriteBack::default();
        Self { file, path: path.to_owned(), growth, checked_bytes: 0, bytes: 0, write_back }
    }

    /// Puts everything on the disk. Gives the length.
    pub(crate) fn finish(self) -> io::Result<u64> {
        // Who reads it goes on while the disk is waited for.
        self.growth.finish();
        self.file.sync_all()?;
        Ok(self.bytes)
    }
}

impl Drop for GrowingFile {
    fn drop(&mut self) {
        self.growth.give_up();
    }
}

impl Write for GrowingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.growth.is_refused() {
            return Err(io::Error::other("what was written cannot be read back"));
        }
        if self.bytes >= self.checked_bytes + CHECK_EVERY_BYTES {
            self.checked_bytes = self.bytes;
            space::require(&self.path, 0, 0).map_err(io::Error::other)?;
        }
        let length = self.file.write(bytes)?;
        self.bytes += length as u64;
        self.write_back.written(&self.file, self.bytes);
        self.growth.grown(self.bytes);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses everything that comes out of `archive`, with several workers, each frame's content checksummed.
pub(crate) fn compress<W: Write>(mut archive: Drain, out: W) -> io::Result<W> {
    let mut encoder = Encoder::new(out, LEVEL)?;
    let workers = thread::available_parallelism().map_or(1, |count| count.get().min(WORKERS_MAX));
    encoder.multithread(workers as u32)?;
    encoder.set_parameter(CParameter::JobSize(JOB_BYTES))?;
    encoder.include_checksum(true)?;
    loop {
        let chunk = archive.fill_buf()?;
        if chunk.is_empty() {
            return encoder.finish();
        }
        encoder.write_all(chunk)?;
        let length = chunk.len();
        archive.consume(length);
    }
}
