//! What a helper does: this same code, run by the same program in a container that sees the data.
//!
//! It is told its task as JSON, writes a copy to its standard output, and to its standard error output a sign of life every
//! second and its answer, one line of JSON, at the end.

use crate::work::Ended;
use crate::{BackupError, Control, Place, Snapshot, probe, restore, send};
use dockrev_core::backup::{ArtifactName, TargetName};
use dockrev_core::ports::VaultError;
use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How often a sign of life is given.
const SIGN_EVERY: Duration = Duration::from_secs(1);
/// The sign of life.
pub(crate) const SIGN: &str = ".";
/// Longest reason in an answer, in bytes: lines of helpers are cut beyond some thousand.
const REASON_MAX_BYTES: usize = 1_500;

/// What a helper is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "task", rename_all_fields = "kebab-case")]
pub enum Task {
    /// Count the bytes of a target.
    Measure {
        /// What it is called.
        target: TargetName,
        /// Where it is.
        path: PathBuf,
        /// Bytes from which on it is enough to know that there are more.
        most_bytes: u64,
        /// Longest counting, in seconds.
        timeout_s: u64,
    },
    /// Copy targets.
    Write {
        /// The artifact that they go into.
        name: ArtifactName,
        /// What goes into it.
        snapshot: Snapshot,
        /// Data, and the place where it would be put back if it is a single file: not where that is a link.
        links: Vec<(PathBuf, PathBuf)>,
    },
    /// Put targets back.
    Restore {
        /// The artifact that they come from.
        name: ArtifactName,
        /// Where it is.
        artifact: PathBuf,
        /// Where they go.
        places: Vec<Place>,
    },
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "answer", rename_all_fields = "kebab-case")]
pub enum Answer {
    /// So many bytes.
    Measured {
        /// How many.
        bytes: u64,
    },
    /// All of it is written.
    Written {
        /// So many bytes.
        bytes: u64,
    },
    /// All of it is back.
    Restored,
    /// It did not work.
    Failed {
        /// Why not.
        error: VaultError,
    },
}

/// Does what `task` says. A copy goes to `copy`, signs of life and the answer to `says`. Blocks until it is done.
pub fn run(task: &str, copy: impl Write + Send + 'static, mut says: impl Write + Send) -> Answer {
    thread::scope(|scope| {
        let (ended, end) = channel::<()>();
        let living = scope.spawn(move || {
            while end.recv_timeout(SIGN_EVERY) == Err(RecvTimeoutError::Timeout) {
                // Nobody hears it: then nobody needs it.
                let _ = writeln!(says, "{SIGN}").and_then(|()| says.flush());
            }
            says
        });
        let answer = fit(match serde_json::from_str(task) {
            Ok(task) => perform(task, copy),
            Err(error) => failed("understand the task of a helper", error.to_string()),
        });
        drop(ended);
        if let (Ok(mut says), Ok(json)) = (living.join(), serde_json::to_string(&answer)) {
            let _ = writeln!(says, "{json}").and_then(|()| says.flush());
        }
        answer
    })
}

fn perform(task: Task, copy: impl Write + Send + 'static) -> Answer {
    let control = Control::new();
    match task {
        Task::Measure { target, path, most_bytes, timeout_s } => {
            let measured = probe(&path, Duration::from_secs(timeout_s), most_bytes, &control);
            answer(measured.map(|size| Answer::Measured { bytes: size.bytes }), None, Some(&target))
        }
        Task::Write { name, snapshot, links } => {
            match links.iter().find(|(data, place)| data.is_file() && place.is_symlink()) {
                Some((_, link)) => failed(
                    "copy what could be put back",
                    format!("`{}` is a link to a file: mount the file itself, or skip the target", link.display()),
                ),
                None => {
                    let counted = Counted { out: copy, bytes: Arc::default() };
                    let bytes = Arc::clone(&counted.bytes);
                    let sent = send(snapshot, counted, &control);
                    answer(sent.map(|()| Answer::Written { bytes: bytes.load(Ordering::Relaxed) }), Some(&name), None)
                }
            }
        }
        Task::Restore { name, artifact, places } => {
            answer(restore(&artifact, &places, &control).map(|_| Answer::Restored), Some(&name), None)
        }
    }
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    bytes: Arc<AtomicU64>,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let length = self.out.write(bytes)?;
        self.bytes.fetch_add(length as u64, Ordering::Relaxed);
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn answer(done: Result<Answer, BackupError>, name: Option<&ArtifactName>, target: Option<&TargetName>) -> Answer {
    done.unwrap_or_else(|error| Answer::Failed { error: Ended::Failed(error).into_vault(name, target) })
}

fn failed(action: &str, reason: String) -> Answer {
    Answer::Failed { error: VaultError::Failed { action: action.to_owned(), reason } }
}

/// The same answer with its reason cut to a length that arrives.
fn fit(mut answer: Answer) -> Answer {
    if let Answer::Failed { error } = &mut answer
        && let VaultError::Failed { reason, .. }
        | VaultError::Damaged { reason, .. }
        | VaultError::Unsettled { reason }
        | VaultError::OutOfReach { reason, .. } = error
    {
        let end = (0..=REASON_MAX_BYTES.min(reason.len())).rev().find(|at| reason.is_char_boundary(*at));
        reason.truncate(end.unwrap_or(0));
    }
    answer
}
