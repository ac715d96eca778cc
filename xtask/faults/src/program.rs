//! Running `dockrev` so that it can be killed, and cannot hang.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Failure;

/// Longest run of any command: an undo is tried for a minute, and a healthcheck may take as long.
const LIMIT: Duration = Duration::from_secs(300);
/// How often it is looked whether a command has ended.
const POLL: Duration = Duration::from_millis(10);

/// The process that a fault kills; zero while there is none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target(Arc<AtomicI32>);

impl Target {
    /// Kills it as a crash would.
    pub(crate) fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.0.load(Ordering::SeqCst)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Absent when it was killed.
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
    /// Whether it took too long.
    pub(crate) hung: bool,
}

pub(crate) fn run(command: &mut Command, target: &Target) -> Result<Ran, Failure> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::of("could not start dockrev"))?;
    target.0.store(i32::try_from(child.id()).unwrap_or(0), Ordering::SeqCst);
    let (out, err) = (reader(child.stdout.take()), reader(child.stderr.take()));
    let ended = wait(&mut child);
    target.0.store(0, Ordering::SeqCst);
    let hung = ended.is_none();
    let status = ended.and_then(|status| status.code());
    Ok(Ran { status, out: out.join().unwrap_or_default(), err: err.join().unwrap_or_default(), hung })
}

fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    let began = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if began.elapsed() >= LIMIT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(POLL);
    }
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}
