mod network;
mod private;

pub use private::PrivateEngine;

use std::net::ToSocketAddrs;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::{Error, LABEL, http, program};

/// How long an engine may take to answer a ping.
const PING_LIMIT: Duration = Duration::from_secs(5);

/// The name of the private engine that everything shares when the machine's own does not answer.
const SHARED_NAME: &str = "shared";

/// A container engine to work with: the machine's own, or a private one beside it.
///
/// Dropping it leaves the engine running, see [`PrivateEngine::wipe_on_drop`] for the other way.
#[derive(Debug)]
pub struct Engine {
    host: String,
    private: Option<PrivateEngine>,
}

impl Engine {
    /// The engine that `DOCKER_HOST` names or that listens on `/var/run/docker.sock`; if neither answers, the shared
    /// private one, started if need be. An engine on another machine is passed over: it could not reach our registry.
    pub fn found_or_private() -> Result<Self, Error> {
        match Self::found() {
            Some(engine) => Ok(engine),
            None => Self::private(SHARED_NAME),
        }
    }

    /// The engine that `DOCKER_HOST` names or that listens on `/var/run/docker.sock`, if it answers.
    pub fn found() -> Option<Self> {
        std::env::var("DOCKER_HOST")
            .ok()
            .into_iter()
            .chain(["unix:///var/run/docker.sock".to_owned()])
            .find(|host| answers(host))
            .map(|host| Self::at(&host))
    }

    /// The private engine `name` of this machine's own version, started if it does not run.
    pub fn private(name: &str) -> Result<Self, Error> {
        PrivateEngine::named(name)?.start()
    }

    /// The engine at `host`, whether it answers or not.
    pub(crate) fn at(host: &str) -> Self {
        Self { host: host.to_owned(), private: None }
    }

    pub(crate) fn of_private(private: PrivateEngine) -> Self {
        Self { host: private.host(), private: Some(private) }
    }

    /// Its address as `DOCKER_HOST` takes it.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether it was started here, so that it may be stopped, frozen and wiped.
    pub fn is_private(&self) -> bool {
        self.private.is_some()
    }

    /// The `docker` command line set to talk to this engine.
    pub fn docker(&self) -> Command {
        let mut command = Command::new(program::find("docker").unwrap_or_else(|| "docker".into()));
        command.env("DOCKER_HOST", &self.host).env_remove("DOCKER_CONTEXT").env_remove("DOCKER_API_VERSION");
        command
    }

    /// Runs `docker` with `arguments` on this engine and gives what it wrote.
    pub fn run(&self, arguments: &[&str]) -> Result<String, Error> {
        program::output(self.docker().args(arguments))
    }

    /// The engine's version, such as `20.10.24`.
    pub fn version(&self) -> Result<String, Error> {
        Ok(self.run(&["version", "--format", "{{.Server.Version}}"])?.trim().to_owned())
    }

    /// The newest version of its API, such as `1.41`.
    pub fn api_version(&self) -> Result<String, Error> {
        Ok(self.run(&["version", "--format", "{{.Server.APIVersion}}"])?.trim().to_owned())
    }

    /// Removes the images that were made for `owner`: those whose label [`LABEL`] says so.
    pub fn remove_images(&self, owner: &str) -> Result<(), Error> {
        self.remove_labelled(owner, &["images", "--quiet", "--no-trunc"], &["rmi", "--force"])
    }

    /// Removes the containers with their nameless volumes, and the networks, that were made for `owner`.
    pub fn remove_containers(&self, owner: &str) -> Result<(), Error> {
        self.remove_labelled(owner, &["ps", "--all", "--quiet"], &["rm", "--force", "--volumes"])?;
        self.remove_labelled(owner, &["network", "ls", "--quiet"], &["network", "rm"])
    }

    fn remove_labelled(&self, owner: &str, list: &[&str], remove: &[&str]) -> Result<(), Error> {
        let filter = format!("label={LABEL}={owner}");
        let ids = self.run(&[list, &["--filter", &filter]].concat())?;
        let mut ids: Vec<&str> = ids.split_whitespace().collect();
        // An image is listed once for each of its names.
        ids.sort_unstable();
        ids.dedup();
        if ids.is_empty() { Ok(()) } else { self.run(&[remove, &ids].concat()).map(drop) }
    }

    /// Whether it answers now.
    pub fn answers(&self) -> bool {
        answers(&self.host)
    }

    /// Starts the engine again after [`Engine::kill`] or [`Engine::stop`].
    pub fn restart(&self) -> Result<(), Error> {
        self.ours()?.launch()
    }

    /// Kills the daemon as a crash would. Its containers go on running.
    pub fn kill(&self) -> Result<(), Error> {
        self.ours()?.kill()
    }

    /// Holds the daemon: it accepts connections and never answers.
    pub fn freeze(&self) -> Result<(), Error> {
        self.ours()?.freeze()
    }

    /// Lets a frozen daemon go on.
    pub fn thaw(&self) -> Result<(), Error> {
        self.ours()?.thaw()
    }

    /// Stops the daemon and its containers, and keeps its state.
    pub fn stop(&self) -> Result<(), Error> {
        self.ours()?.stop()
    }

    /// Stops the engine and removes all that belongs to it.
    pub fn wipe(&self) -> Result<(), Error> {
        self.ours()?.wipe()
    }

    fn ours(&self) -> Result<&PrivateEngine, Error> {
        self.private.as_ref().ok_or_else(|| Error::NotOurs { host: self.host.clone() })
    }
}

/// Whether an engine answers a ping at `host`, which must be on this machine.
fn answers(host: &str) -> bool {
    ping(host).is_ok_and(|status| status == 200)
}

fn ping(host: &str) -> std::io::Result<u16> {
    if let Some(path) = host.strip_prefix("unix://") {
        let stream = UnixStream::connect(Path::new(path))?;
        stream.set_read_timeout(Some(PING_LIMIT))?;
        stream.set_write_timeout(Some(PING_LIMIT))?;
        return Ok(http::get(stream, "/_ping")?.0);
    }
    let address = host.strip_prefix("tcp://").ok_or(std::io::ErrorKind::Unsupported)?;
    let local = address.to_socket_addrs()?.find(|address| address.ip().is_loopback());
    let local = local.ok_or(std::io::ErrorKind::Unsupported)?;
    Ok(http::get(http::connect(local, PING_LIMIT)?, "/_ping")?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_answers_where_nothing_is() {
        for host in ["unix:///nowhere/sock", "tcp://127.0.0.1:1", "tcp://192.0.2.1:2375", "ssh://host", ""] {
            assert!(!answers(host), "{host}");
        }
    }

    #[test]
    fn a_found_engine_is_left_alone() {
        let engine = Engine::at("unix:///nowhere/sock");
        for refused in [engine.kill(), engine.stop(), engine.wipe(), engine.freeze(), engine.restart()] {
            assert!(matches!(refused, Err(Error::NotOurs { .. })));
        }
    }
}
