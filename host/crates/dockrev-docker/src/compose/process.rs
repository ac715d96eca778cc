//! A child process that cannot hang, flood the memory or outlive its caller.

use super::redaction::Redaction;
use crate::lines::LineSplitter;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::LogSink;
use futures::join;
use rustix::process::{Pid, Signal, kill_process_group};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Lines of output that an error shows.
const LAST_LINES: usize = 20;
/// Most output that is captured, in bytes. A project of hundreds of services takes less than one megabyte.
const CAPTURE_MAX_BYTES: usize = 16 * 1024 * 1024;
/// How much is read at once, in bytes: a pipe's default capacity is four times that.
const CHUNK_BYTES: usize = 16 * 1024;
/// Wait for the rest of the output once the program has ended: something that it started may hold its pipes open.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// Wait between the polite and the hard signal: Compose stops its transfers on the first.
const TERMINATE_TIMEOUT: Duration = Duration::from_secs(5);

/// A running program, in a process group of its own that ends with this value.
pub(super) struct Child {
    child: tokio::process::Child,
    group: Group,
}

/// A process group that is killed when nobody waits for it any more.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // It may be gone already, and there is nothing else to do about it.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finished {
    /// By itself, or by a signal from elsewhere.
    Exited {
        /// Whether its exit code is zero.
        success: bool,
        /// Exit code or signal, for people.
        status: String,
    },
    /// It took too long and was killed.
    TimedOut {
        /// The limit, in seconds.
        timeout_s: u64,
    },
    /// It printed too much and was killed.
    TooMuch {
        /// The limit, in bytes.
        max_bytes: usize,
    },
}

impl fmt::Display for Finished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { status, .. } => f.write_str(status),
            Self::TimedOut { timeout_s } => write!(f, "stopped after {timeout_s} s"),
            Self::TooMuch { max_bytes } => write!(f, "stopped after printing {max_bytes} bytes"),
        }
    }
}

/// How a program ended, and the last that it said.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) finished: Finished,
    tail: VecDeque<String>,
}

impl Ended {
    /// The last lines that it printed for people.
    pub(super) fn last_lines(&self) -> String {
        if self.tail.is_empty() {
            return "it printed nothing".to_owned();
        }
        self.tail.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

impl Child {
    /// Starts `program` in `folder` with this environment and no other.
    pub(super) fn start(
        program: &str,
        arguments: impl IntoIterator<Item = OsString>,
        folder: &Path,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
        input: Stdio,
    ) -> Result<Self, String> {
        let child = Command::new(program)
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(environment)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Self { child, group: Group(group) })
    }

    /// Waits until it ended and `reading` has read what it printed, at most for `timeout`.
    async fn wait(mut self, timeout: Duration, reading: impl Future<Output = ()>) -> Result<Finished, String> {
        let ended = async {
            let mut reading = std::pin::pin!(reading);
            let early = tokio::select! {
                () = &mut reading => None,
                status = self.child.wait() => Some(status),
            };
            match early {
                Some(status) => {
                    // What is left when this passes belongs to something that outlived the program.
                    let _ = tokio::time::timeout(DRAIN_TIMEOUT, reading).await;
                    status
                }
                None => self.child.wait().await,
            }
        };
        match tokio::time::timeout(timeout, ended).await {
            Ok(status) => {
                self.group.0 = None;
                status.map(|status| exited(&status)).map_err(|error| error.to_string())
            }
            Err(_) => {
                self.group.signal(Signal::TERM);
                let _ = tokio::time::timeout(TERMINATE_TIMEOUT, self.child.wait()).await;
                Ok(Finished::TimedOut { timeout_s: timeout.as_secs() })
            }
        }
    }
}

fn exited(status: &ExitStatus) -> Finished {
    Finished::Exited { success: status.success(), status: status.to_string() }
}

/// Runs it to its end and gives what it printed on standard output, which is shown nowhere.
///
/// # Errors
///
/// It could not be waited for.
pub(super) async fn capture(mut child: Child, timeout: Duration) -> Result<(Ended, Vec<u8>), String> {
    let output = Mutex::new(Vec::new());
    let tail = Mutex::new(VecDeque::new());
    let (stdout, stderr) = (child.child.stdout.take(), child.child.stderr.take());
    let mut too_much = false;
    let reading = async {
        let out = read(stdout, |bytes| {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            too_much |= output.len() + bytes.len() > CAPTURE_MAX_BYTES;
            if !too_much {
                output.extend_from_slice(bytes);
            }
        });
        join!(out, read_lines(stderr, |line| remember(&tail, line)));
    };
    let mut finished = child.wait(timeout, reading).await?;
    if too_much {
        finished = Finished::TooMuch { max_bytes: CAPTURE_MAX_BYTES };
    }
    let tail = tail.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((Ended { finished, tail }, output.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// Runs it to its end and tells `log` every line as it is printed, but for those that may quote secrets.
///
/// # Errors
///
/// It could not be waited for.
pub(super) async fn stream(mut child: Child, timeout: Duration, log: &dyn LogSink) -> Result<Ended, String> {
    let tail = Mutex::new(VecDeque::new());
    let (stdout, stderr) = (child.child.stdout.take(), child.child.stderr.take());
    let tell = |source: LogSource, text: String| {
        log.line(LogLine::new(source, text.clone()));
        remember(&tail, text);
    };
    let (mut out_redaction, mut err_redaction) = (Redaction::default(), Redaction::default());
    let reading = async {
        let out = read_lines(stdout, |line| {
            out_redaction.line(line).into_iter().for_each(|line| tell(LogSource::ComposeOut, line));
        });
        let err = read_lines(stderr, |line| {
            err_redaction.line(line).into_iter().for_each(|line| tell(LogSource::ComposeErr, line));
        });
        join!(out, err);
    };
    let finished = child.wait(timeout, reading).await?;
    Ok(Ended { finished, tail: tail.into_inner().unwrap_or_else(PoisonError::into_inner) })
}

fn remember(tail: &Mutex<VecDeque<String>>, line: String) {
    let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
    if tail.len() == LAST_LINES {
        tail.pop_front();
    }
    tail.push_back(line);
}

async fn read_lines(from: Option<impl AsyncRead + Unpin>, mut on_line: impl FnMut(String)) {
    let mut splitter = LineSplitter::default();
    read(from, |bytes| splitter.push(bytes, &mut on_line)).await;
    splitter.finish(on_line);
}

/// Reads to the end. A pipe that cannot be read any more has ended.
async fn read(from: Option<impl AsyncRead + Unpin>, mut on_bytes: impl FnMut(&[u8])) {
    let Some(mut from) = from else { return };
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length) = from.read(&mut chunk).await {
        if length == 0 {
            return;
        }
        on_bytes(&chunk[..length]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Lines(Mutex<Vec<LogLine>>);

    impl LogSink for Lines {
        fn line(&self, line: LogLine) {
            self.0.lock().unwrap().push(line);
        }
    }

    fn shell(script: &str) -> Child {
        let environment = [(OsString::from("PATH"), OsString::from("/usr/bin:/bin"))];
        let arguments = [OsString::from("-c"), OsString::from(script)];
        Child::start("sh", arguments, Path::new("/"), environment, Stdio::null()).unwrap()
    }

    #[tokio::test]
    async fn tells_lines_and_keeps_the_last() {
        let lines = Lines::default();
        let script = "printf 'one\\r\\n'; for n in $(seq 30); do echo $n >&2; done; read x || exit 3";
        let ended = stream(shell(script), Duration::from_secs(20), &lines).await.unwrap();
        assert_eq!(ended.finished.to_string(), "exit status: 3");
        assert!(ended.last_lines().ends_with("29\n30"), "{}", ended.last_lines());
        let lines = lines.0.into_inner().unwrap();
        assert_eq!(lines.len(), 31);
        assert!(lines.contains(&LogLine::new(LogSource::ComposeOut, "one")));
    }

    #[tokio::test]
    async fn captures_output_and_keeps_it_from_the_error() {
        let (ended, output) =
            capture(shell("echo secret; echo why >&2; exit 1"), Duration::from_secs(20)).await.unwrap();
        assert_eq!((output.as_slice(), ended.last_lines().as_str()), (b"secret\n".as_slice(), "why"));
    }

    #[tokio::test]
    async fn quoted_values_reach_neither_log_nor_error() {
        let lines = Lines::default();
        let script = "echo one; printf 'invalid interpolation format for x.\\n${hunter2\\n' >&2; exit 1";
        let ended = stream(shell(script), Duration::from_secs(20), &lines).await.unwrap();
        let shown = format!("{:?} {}", lines.0.into_inner().unwrap(), ended.last_lines());
        assert!(!shown.contains("hunter2") && shown.contains("one") && shown.contains("withheld"), "{shown}");
    }

    /// A pipe, and a program whose own child writes to it without end. Reading ends when the last writer is gone.
    fn endless(folder: &Path) -> (std::path::PathBuf, Child) {
        let fifo = folder.join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        let child = shell(&format!("(sleep 1000 > {}) & wait", fifo.display()));
        (fifo, child)
    }

    #[tokio::test]
    async fn stops_a_program_that_takes_too_long_and_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, child) = endless(folder.path());
        let lines = Lines::default();
        let stopped = stream(child, Duration::from_millis(300), &lines);
        let (ended, read) = tokio::join!(stopped, tokio::fs::read(&fifo));
        assert!(read.unwrap().is_empty());
        assert_eq!(ended.unwrap().finished, Finished::TimedOut { timeout_s: 0 });
    }

    #[tokio::test]
    async fn stops_a_program_that_nobody_waits_for_and_all_that_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let (fifo, child) = endless(folder.path());
        let lines = Lines::default();
        let abandoned =
            tokio::time::timeout(Duration::from_millis(300), stream(child, Duration::from_secs(1000), &lines));
        let (ended, read) = tokio::join!(abandoned, tokio::fs::read(&fifo));
        assert!(read.unwrap().is_empty());
        assert!(ended.is_err());
    }

    #[tokio::test]
    async fn does_not_wait_for_what_outlives_the_program() {
        let (ended, _) = capture(shell("sleep 1000 & echo done"), Duration::from_secs(60)).await.unwrap();
        assert_eq!(ended.finished.to_string(), "exit status: 0");
    }

    #[tokio::test]
    async fn a_missing_program_is_an_error() {
        assert!(Child::start("/nonexistent/compose", [], Path::new("/"), [], Stdio::null()).is_err());
    }
}
