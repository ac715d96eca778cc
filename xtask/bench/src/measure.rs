//! What a program takes: time, CPU and memory.
//!
//! Each program runs below a small process of its own. The system counts the largest memory of a process from the moment
//! at which its parent made it, and a parent that is a registry is larger than some of what is measured here.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// The hidden command that is the small process: `measure FILE PROGRAM [ARGS...]`.
pub(crate) const COMMAND: &str = "measure";

/// How much of a failed program's standard error is repeated, in bytes.
const COMPLAINT_MAX_BYTES: usize = 2000;

/// What a program took, all processes that it started and waited for included.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Usage {
    pub(crate) wall_us: u64,
    pub(crate) cpu_us: u64,
    /// Most memory that was in use at once, in KiB, as the system counts it: shared pages and files included.
    pub(crate) peak_memory_kib: u64,
}

/// What a program took, and what it wrote.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) usage: Usage,
    pub(crate) output: Vec<u8>,
}

impl Usage {
    pub(crate) fn wall(&self) -> Duration {
        Duration::from_micros(self.wall_us)
    }
}

/// Runs `program` to its end. Anything but success is a failure, with what it complained of.
pub(crate) fn program(
    program: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    scratch: &Path,
) -> Result<Measured, Failure> {
    let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
    let file = scratch.join("usage.json");
    let mut command = Command::new(this);
    command.arg(COMMAND).arg(&file).arg(program).args(arguments);
    // Nothing of this machine's settings: no proxies, no configuration, no logins.
    command.env_clear().envs(environment.iter().copied()).stdin(Stdio::null());
    let words = || format!("`{} {}`", program.display(), arguments.join(" "));
    let ended = command.output().map_err(Failure::of(format!("could not run {}", words())))?;
    if !ended.status.success() {
        let complaint = String::from_utf8_lossy(&ended.stderr[..ended.stderr.len().min(COMPLAINT_MAX_BYTES)]);
        return Err(Failure::new(format!("{} failed ({}): {}", words(), ended.status, complaint.trim())));
    }
    let written = fs::read(&file).map_err(Failure::of(format!("could not read `{}`", file.display())))?;
    let usage = serde_json::from_slice(&written).map_err(Failure::of("could not read what a program took"))?;
    Ok(Measured { usage, output: ended.stdout })
}

/// The small process: runs the program and writes down what it took.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let [file, program, arguments @ ..] = arguments else { return Err(Failure::new("not a command for people")) };
    let mut command = Command::new(program);
    command.args(arguments);
    let start = Instant::now();
    let status = command.status().map_err(Failure::of(format!("could not run `{program}`")))?;
    let wall = start.elapsed();
    if !status.success() {
        return Err(Failure::new(format!("it ended with {status}")));
    }
    let used = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(Failure::of("could not ask what a program took"))?;
    let cpu_us = used.user_time().num_microseconds() + used.system_time().num_microseconds();
    let usage = Usage {
        wall_us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        cpu_us: u64::try_from(cpu_us).unwrap_or_default(),
        peak_memory_kib: u64::try_from(used.max_rss()).unwrap_or_default(),
    };
    let text = serde_json::to_vec(&usage).map_err(Failure::of("could not write what a program took"))?;
    fs::write(file, text).map_err(Failure::of(format!("could not write `{file}`")))
}
