//! Files on their way to the engine, as the tar stream that it takes.

use super::super::Call;
use super::program::named;
use bollard::errors::Error;
use bollard::query_parameters::UploadToContainerOptionsBuilder;
use bollard::{Docker, body_try_stream};
use bytes::Bytes;
use dockrev_core::ports::{HELPER_FILES, HostError};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tar::{Builder, EntryType, Header};
use tokio::sync::mpsc;

/// Longest upload: some hundred gigabytes over a fast line, some ten over a slow one.
const TIMEOUT: Duration = Duration::from_secs(4 * 60 * 60);
/// Wait for the engine to take the next piece, and to say that it has all of them.
const STALL_TIMEOUT: Duration = Duration::from_secs(300);
/// Size of a piece, in bytes, and how many may wait.
const PIECE_BYTES: usize = 256 * 1024;
const PIECES_WAITING: usize = 4;
/// Mode of files and folders: the program has to be run.
const MODE: u32 = 0o755;

/// The stream as it is sent.
pub(super) type Body = BoxStream<'static, io::Result<Bytes>>;

/// What is sent: folders to make, and files, each with its path there.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) folders: Vec<String>,
    pub(super) files: Vec<(PathBuf, String)>,
}

/// Gives files to a container that was not started.
pub(super) async fn files(call: &Call<'_>, client: &Docker, helper: &str, files: &[PathBuf]) -> Result<(), HostError> {
    if files.is_empty() {
        return Ok(());
    }
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let content =
        Content { files: files.iter().map(|path| (path.clone(), name(path))).collect(), ..Content::default() };
    let options = UploadToContainerOptionsBuilder::default().path(HELPER_FILES).build();
    let request = |client: Docker, body: Body| async move {
        client.upload_to_container(helper, Some(options), body_try_stream(body)).await
    };
    send(call, client, content, request).await
}

/// Sends `content` as the body of `request`, as long as the engine takes it.
pub(super) async fn send<Answer: Future<Output = Result<(), Error>> + Send>(
    call: &Call<'_>,
    client: &Docker,
    content: Content,
    request: impl FnOnce(Docker, Body) -> Answer,
) -> Result<(), HostError> {
    let sent = Arc::new(AtomicU64::new(0));
    let (pieces, taken) = mpsc::channel(PIECES_WAITING);
    let writer = tokio::task::spawn_blocking(move || {
        if let Err(error) = write(&content, &pieces) {
            // Whoever sends it on may be gone, and then knows why.
            let _ = pieces.blocking_send(Err(error));
        }
    });
    let body = stream(taken, Arc::clone(&sent)).boxed();
    let mut request = std::pin::pin!(request(client.clone().with_timeout(TIMEOUT), body));
    loop {
        let before = sent.load(Ordering::Relaxed);
        match tokio::time::timeout(STALL_TIMEOUT, &mut request).await {
            Ok(answer) => {
                writer.abort();
                return answer.map_err(|error| call.failed(&error));
            }
            Err(_) if sent.load(Ordering::Relaxed) == before => return Err(call.timed_out(STALL_TIMEOUT)),
            Err(_) => {}
        }
    }
}

fn stream(
    taken: mpsc::Receiver<io::Result<Bytes>>,
    sent: Arc<AtomicU64>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    futures::stream::unfold((taken, sent), |(mut taken, sent)| async move {
        let piece = taken.recv().await?;
        sent.fetch_add(1, Ordering::Relaxed);
        Some((piece, (taken, sent)))
    })
}

fn write(content: &Content, pieces: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut archive = Builder::new(BufWriter::with_capacity(PIECE_BYTES, Pieces(pieces)));
    for folder in &content.folders {
        let mut header = header(0);
        header.set_entry_type(EntryType::Directory);
        archive.append_data(&mut header, folder, io::empty())?;
    }
    for (path, there) in &content.files {
        let file = File::open(path).map_err(|error| named(path, &error))?;
        let length = file.metadata().map_err(|error| named(path, &error))?.len();
        archive.append_data(&mut header(length), there, file)?;
    }
    archive.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?.flush()
}

fn header(bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(MODE);
    header
}

/// Hands bytes over, waiting as long as too many are waiting.
struct Pieces<'a>(&'a mpsc::Sender<io::Result<Bytes>>);

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = Ok(Bytes::copy_from_slice(bytes));
        self.0.blocking_send(piece).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_is_a_tar_stream_of_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![7; 3 * PIECE_BYTES]).unwrap();
        let content = Content { folders: vec!["in".to_owned()], files: vec![(path, "lib/there".to_owned())] };
        let (pieces, mut taken) = mpsc::channel(PIECES_WAITING);
        let writer = std::thread::spawn(move || write(&content, &pieces));
        let mut sent = Vec::new();
        while let Some(piece) = taken.blocking_recv() {
            sent.extend_from_slice(&piece.unwrap());
        }
        writer.join().unwrap().unwrap();
        let mut archive = tar::Archive::new(&sent[..]);
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.path().unwrap().display().to_string(), entry.size(), entry.header().entry_type())
        });
        let expected = [
            ("in".to_owned(), 0, EntryType::Directory),
            ("lib/there".to_owned(), 3 * PIECE_BYTES as u64, EntryType::Regular),
        ];
        assert_eq!(entries.collect::<Vec<_>>(), expected);
    }
}
