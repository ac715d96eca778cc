//! Processes by pid file: is it still the one we started, and signals to it.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::Error;

/// Pause between two looks at a process.
const POLL_EVERY: Duration = Duration::from_millis(20);

/// A running process, known by its id and by a text in its command line that no other process has.
///
/// The text guards against ids that were given to another process in the meantime.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pid: Pid,
    mark: String,
}

impl Process {
    /// The process `pid`, if it runs and `mark` is in its command line.
    pub(crate) fn running(pid: i32, mark: &str) -> Option<Self> {
        let process = Self { pid: Pid::from_raw(pid)?, mark: mark.to_owned() };
        process.is_running().then_some(process)
    }

    /// The process that `pid_file` names, if it runs and `mark` is in its command line.
    pub(crate) fn from_file(pid_file: &Path, mark: &str) -> Option<Self> {
        Self::running(fs::read_to_string(pid_file).ok()?.trim().parse().ok()?, mark)
    }

    /// Every process whose name is in `names` and whose command line has `mark`.
    pub(crate) fn all(names: &[&str], mark: &str) -> Vec<Self> {
        let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|pid| {
                // The kernel cuts names after 15 bytes.
                fs::read_to_string(format!("/proc/{pid}/comm"))
                    .is_ok_and(|comm| names.iter().any(|name| name.starts_with(comm.trim_end())))
            })
            .filter_map(|pid| Self::running(pid, mark))
            .collect()
    }

    /// Whether it still runs. A process that ended and was not waited for has no command line, so it counts as gone.
    pub(crate) fn is_running(&self) -> bool {
        fs::read(format!("/proc/{}/cmdline", self.pid.as_raw_nonzero()))
            .is_ok_and(|line| String::from_utf8_lossy(&line).replace('\0', " ").contains(&self.mark))
    }

    /// Sends `signal`; that the process is gone already is no error.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), Error> {
        if !self.is_running() {
            return Ok(());
        }
        match kill_process(self.pid, signal) {
            Ok(()) | Err(Errno::SRCH) => Ok(()),
            Err(errno) => Err(Error::io("send a signal to", self.mark.clone())(errno.into())),
        }
    }

    /// Ends it and waits until it is gone: `SIGTERM` first, `SIGKILL` after `patience`.
    pub(crate) fn end(&self, patience: Duration) -> Result<(), Error> {
        self.signal(Signal::TERM)?;
        // A stopped process takes its signals when it goes on.
        self.signal(Signal::CONT)?;
        if self.wait_gone(patience) { Ok(()) } else { self.kill() }
    }

    /// Kills it and waits until it is gone.
    pub(crate) fn kill(&self) -> Result<(), Error> {
        const PATIENCE: Duration = Duration::from_secs(10);
        self.signal(Signal::KILL)?;
        if self.wait_gone(PATIENCE) {
            return Ok(());
        }
        Err(Error::Timeout { what: format!("the end of the process with `{}`", self.mark), waited: PATIENCE })
    }

    /// Kills the processes it started, not theirs.
    pub(crate) fn kill_children(&self) {
        let Ok(tasks) = fs::read_dir(format!("/proc/{}/task", self.pid.as_raw_nonzero())) else { return };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|word| Pid::from_raw(word.parse().ok()?)) {
                let _ = kill_process(child, Signal::KILL);
            }
        }
    }

    fn wait_gone(&self, patience: Duration) -> bool {
        let until = Instant::now() + patience;
        while self.is_running() {
            if Instant::now() >= until {
                return false;
            }
            std::thread::sleep(POLL_EVERY);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_process_by_id_and_mark() {
        let mut child = std::process::Command::new("sleep").arg("60.4242").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        // The command line is the parent's until the program starts.
        let until = Instant::now() + Duration::from_secs(5);
        while Process::running(pid, "60.4242").is_none() && Instant::now() < until {
            std::thread::sleep(POLL_EVERY);
        }
        assert!(Process::running(pid, "another").is_none());
        assert_eq!(Process::all(&["sleep"], "60.4242").len(), 1);
        let process = Process::running(pid, "60.4242").unwrap();
        process.signal(Signal::STOP).unwrap();
        process.end(Duration::from_secs(5)).unwrap();
        assert!(!process.is_running());
        child.wait().unwrap();
    }
}
