//! A `dockrev serve` that is measured while it runs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dockrev_testkit::program;
use serde_json::Value;

use crate::arguments::Program;
use crate::failure::Failure;

/// Bytes of a page of memory, as the system counts them in `statm`.
const PAGE_BYTES: u64 = 4096;
/// Largest answer that is read.
const ANSWER_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// The process. It is ended when this is dropped.
#[derive(Debug)]
pub(crate) struct Served {
    process: Child,
    address: String,
    agent: ureq::Agent,
}

impl Served {
    /// Starts it on a port of its own, for this machine only, and waits until it listens.
    pub(crate) fn start(program: &Program, engine: &str, data: &Path) -> Result<Self, Failure> {
        let mut command = Command::new(&program.dockrev);
        command.args(["serve", "--dev", "--listen", "127.0.0.1:0"]);
        // Nothing of this machine's settings. It checks when it is asked to, and not by itself.
        command
            .env_clear()
            .env("DOCKER_HOST", engine)
            .env("DOCKREV_DATA_DIR", data)
            .env("DOCKREV_PLUGIN_DIR", &program.plugins)
            .env("DOCKREV_CHECK_EVERY", "off")
            .env("DOCKREV_UPDATE_WINDOWS", "off")
            .stdin(Stdio::null());
        let (process, address) = program::listening(&mut command)?;
        Ok(Self { process, address: format!("http://{address}"), agent: ureq::Agent::new_with_defaults() })
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Reads an answer to its end, and gives it.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let failed = || Failure::of(format!("could not read `{path}`"));
        let mut answer = self.agent.get(format!("{}{path}", self.address)).call().map_err(failed())?;
        answer.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec().map_err(failed())
    }

    /// Asks for something, with a body of JSON, and gives the answer.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let failed = || Failure::of(format!("could not ask for `{path}`"));
        let request = self.agent.post(format!("{}{path}", self.address)).header("content-type", "application/json");
        let mut answer = request.send(body.to_string()).map_err(failed())?;
        let answer = answer.body_mut().read_to_vec().map_err(failed())?;
        serde_json::from_slice(&answer).map_err(Failure::of(format!("could not read the answer of `{path}`")))
    }

    /// Memory that it has in use, in bytes.
    pub(crate) fn memory_bytes(&self) -> Result<u64, Failure> {
        let file = format!("/proc/{}/statm", self.process.id());
        let text = fs::read_to_string(&file).map_err(Failure::of(format!("could not read `{file}`")))?;
        let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
        pages.map(|pages| pages * PAGE_BYTES).ok_or_else(|| Failure::new(format!("`{file}` says `{}`", text.trim())))
    }

    /// Files, sockets and the like that it has open.
    pub(crate) fn handles(&self) -> Result<u64, Failure> {
        let folder = format!("/proc/{}/fd", self.process.id());
        let entries = fs::read_dir(&folder).map_err(Failure::of(format!("could not read `{folder}`")))?;
        Ok(entries.count() as u64)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
