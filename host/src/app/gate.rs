//! Debug builds only: stops before and after each line of the journal until a test lets it go on.
//!
//! `DOCKREV_TEST_GATE` names a unix socket. For each line two connections are made to it, one before the line is
//! written and one after. Each says in one line of JSON where the job is, and waits until the other side hangs up. A
//! test can kill this process there, or do something to the engine or the disk, between exactly these two steps.

use async_trait::async_trait;
use dockrev_core::ids::JobId;
use dockrev_core::job::{Job, JobState, JournalEntry, LogLine};
use dockrev_core::ports::{Journal, JournalError};
use serde::Serialize;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where the test listens.
const SOCKET: &str = "DOCKREV_TEST_GATE";

/// The journal, behind the gate if a test asks for one.
pub(super) fn before(journal: Arc<dyn Journal>) -> Arc<dyn Journal> {
    match std::env::var_os(SOCKET) {
        Some(socket) => Arc::new(Gate { journal, socket: socket.into(), lines: AtomicU32::new(0) }),
        None => journal,
    }
}

struct Gate {
    journal: Arc<dyn Journal>,
    socket: PathBuf,
    lines: AtomicU32,
}

/// Where a job is.
#[derive(Serialize)]
struct Place<'a> {
    moment: &'a str,
    /// The line's number in this process, from 1.
    line: u32,
    /// Absent where a job is begun.
    entry: Option<&'a JournalEntry>,
}

impl Gate {
    async fn line(
        &self,
        entry: Option<&JournalEntry>,
        write: impl Future<Output = Result<(), JournalError>>,
    ) -> Result<(), JournalError> {
        let line = self.lines.fetch_add(1, Ordering::SeqCst) + 1;
        self.stop(&Place { moment: "before", line, entry }).await;
        let written = write.await;
        self.stop(&Place { moment: "after", line, entry }).await;
        written
    }

    /// Nobody listening is nobody waiting.
    async fn stop(&self, place: &Place<'_>) {
        let text = serde_json::to_string(place).unwrap_or_default();
        let socket = self.socket.clone();
        let stopped = tokio::task::spawn_blocking(move || wait(&socket, &text)).await;
        if let Ok(Err(error)) = stopped {
            tracing::warn!("the test gate is not there: {error}");
        }
    }
}

fn wait(socket: &Path, text: &str) -> std::io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    writeln!(stream, "{text}")?;
    stream.read(&mut [0]).map(drop)
}

#[async_trait]
impl Journal for Gate {
    async fn create(&self, job: &Job) -> Result<(), JournalError> {
        self.line(None, self.journal.create(job)).await
    }

    async fn record(&self, job: &JobId, state: &JobState, entry: &JournalEntry) -> Result<(), JournalError> {
        self.line(Some(entry), self.journal.record(job, state, entry)).await
    }

    async fn append_log(&self, job: &JobId, lines: &[LogLine]) -> Result<(), JournalError> {
        self.journal.append_log(job, lines).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, JournalError> {
        self.journal.job(id).await
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<Job>, JournalError> {
        self.journal.jobs(limit).await
    }

    async fn unfinished(&self) -> Result<Vec<Job>, JournalError> {
        self.journal.unfinished().await
    }

    async fn journal(&self, id: &JobId) -> Result<Vec<JournalEntry>, JournalError> {
        self.journal.journal(id).await
    }

    async fn log(&self, id: &JobId, limit: u32) -> Result<Vec<LogLine>, JournalError> {
        self.journal.log(id, limit).await
    }

    async fn ask_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        self.journal.ask_to_cancel(id).await
    }

    async fn is_asked_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        self.journal.is_asked_to_cancel(id).await
    }
}
