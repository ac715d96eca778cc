mod state;

pub use state::{Health, ServiceState};

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::image::APP_PORT;
use crate::{Compose, Engine, Error, LABEL, program};

/// How long a service may take to become healthy.
const HEALTHY_LIMIT: Duration = Duration::from_secs(60);

/// A service of a Compose file.
#[derive(Debug, Clone)]
pub struct Service {
    name: String,
    image: String,
    port: Option<u16>,
    lines: Vec<String>,
}

impl Service {
    /// The service `name` with `image`.
    pub fn new(name: &str, image: impl Into<String>) -> Self {
        Self { name: name.to_owned(), image: image.into(), port: None, lines: Vec::new() }
    }

    /// Publishes the app's port on this loopback port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Adds a line of YAML to the service, such as `restart: always`.
    pub fn line(mut self, line: &str) -> Self {
        self.lines.push(line.to_owned());
        self
    }
}

/// A Compose project with a name of its own, in a folder of its own; both are gone when it is dropped.
#[derive(Debug)]
pub struct Project {
    name: String,
    engine: Engine,
    compose: Compose,
    folder: Folder,
    end: End,
}

#[derive(Debug)]
enum Folder {
    Temporary(TempDir),
    Given(PathBuf),
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Remove,
    Keep,
}

impl Project {
    /// A project of `services`, not started, whose name begins with `prefix`.
    pub fn create(engine: &Engine, compose: &Compose, prefix: &str, services: &[Service]) -> Result<Self, Error> {
        let name = unique_name(prefix);
        Self::named(engine, compose, &name, &compose_file(&name, services))
    }

    /// A project with the Compose file `text`, not started, whose name begins with `prefix`.
    pub fn from_text(engine: &Engine, compose: &Compose, prefix: &str, text: &str) -> Result<Self, Error> {
        Self::named(engine, compose, &unique_name(prefix), text)
    }

    /// A project of `services` with exactly this name, not started, whose Compose file is in `folder`; the folder
    /// stays when the value is dropped.
    pub fn at(
        engine: &Engine,
        compose: &Compose,
        name: &str,
        folder: &Path,
        services: &[Service],
    ) -> Result<Self, Error> {
        fs::create_dir_all(folder).map_err(Error::io("make the folder", folder))?;
        Self::write(engine, compose, name, Folder::Given(folder.to_owned()), &compose_file(name, services))
    }

    /// Leaves everything as it is when the value is dropped.
    pub fn keep(mut self) {
        self.end = End::Keep;
        if let Folder::Temporary(folder) = &mut self.folder {
            folder.disable_cleanup(true);
        }
    }

    /// The project's name, which is Dockrev's name of the stack.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder with the Compose file.
    pub fn folder(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Given(folder) => folder,
        }
    }

    /// The Compose file.
    pub fn file(&self) -> PathBuf {
        self.folder().join("docker-compose.yml")
    }

    /// Runs Compose on this project with `arguments`, in the project's folder, and gives what it wrote.
    pub fn compose(&self, arguments: &[&str]) -> Result<String, Error> {
        let mut command = self.compose.command(&self.engine)?;
        command.current_dir(self.folder()).arg("--project-name").arg(&self.name).arg("--file").arg(self.file());
        program::output(command.args(arguments))
    }

    /// Creates and starts what is not running as the Compose file says.
    pub fn up(&self) -> Result<(), Error> {
        self.compose(&["up", "--detach"]).map(drop)
    }

    /// Removes the project's containers, networks and volumes.
    pub fn down(&self) -> Result<(), Error> {
        self.compose(&["down", "--volumes", "--remove-orphans", "--timeout", "2"]).map(drop)
    }

    /// What the engine says about the container of `service`.
    pub fn service(&self, service: &str) -> Result<ServiceState, Error> {
        let missing = || Error::Unusable(format!("service `{service}` of project `{}` has no container", self.name));
        self.service_if_there(service)?.ok_or_else(missing)
    }

    /// What the engine says about the container of `service`, if it has one.
    pub fn service_if_there(&self, service: &str) -> Result<Option<ServiceState>, Error> {
        ServiceState::read(&self.engine, &self.name, service)
    }

    /// Waits until `service` is healthy.
    pub fn wait_healthy(&self, service: &str) -> Result<ServiceState, Error> {
        self.wait_for(service, "healthy", |state| state.health == Health::Healthy)
    }

    /// Waits until what the engine says about `service` passes `test`; `wanted` names that in an error.
    pub fn wait_for(
        &self,
        service: &str,
        wanted: &str,
        test: impl Fn(&ServiceState) -> bool,
    ) -> Result<ServiceState, Error> {
        let until = Instant::now() + HEALTHY_LIMIT;
        loop {
            let state = self.service_if_there(service)?;
            if let Some(state) = state.clone().filter(&test) {
                return Ok(state);
            }
            if Instant::now() >= until {
                let what = format!("service `{service}` to be {wanted}; it is {state:?}");
                return Err(Error::Timeout { what, waited: HEALTHY_LIMIT });
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn named(engine: &Engine, compose: &Compose, name: &str, text: &str) -> Result<Self, Error> {
        let folder = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir()
            .map_err(Error::io("make a folder in", std::env::temp_dir()))?;
        Self::write(engine, compose, name, Folder::Temporary(folder), text)
    }

    fn write(engine: &Engine, compose: &Compose, name: &str, folder: Folder, text: &str) -> Result<Self, Error> {
        let (name, engine, compose) = (name.to_owned(), Engine::at(engine.host()), compose.clone());
        let project = Self { name, engine, compose, folder, end: End::Remove };
        fs::write(project.file(), text).map_err(Error::io("write", project.file()))?;
        Ok(project)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.end == End::Remove {
            let _ = self.down();
        }
    }
}

/// Nothing else on this machine has this name: not another process, not another project of this one.
fn unique_name(prefix: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{prefix}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn compose_file(project: &str, services: &[Service]) -> String {
    let mut text = "services:\n".to_owned();
    for Service { name, image, port, lines } in services {
        let _ = write!(text, "  {name}:\n    image: {image}\n    labels:\n      {LABEL}: {project}\n");
        if let Some(port) = port {
            let _ = write!(text, "    ports:\n      - 127.0.0.1:{port}:{APP_PORT}\n");
        }
        for line in lines {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = write!(text, "networks:\n  default:\n    labels:\n      {LABEL}: {project}\n");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_files_read_as_a_person_would_write_them() {
        let services = [
            Service::new("web", "127.0.0.1:5000/shop/web:1.0.0").port(8001).line("restart: always"),
            Service::new("job", "127.0.0.1:5000/shop/job:1.0.0"),
        ];
        let expected = "\
services:
  web:
    image: 127.0.0.1:5000/shop/web:1.0.0
    labels:
      io.dockrev.testkit: shop
    ports:
      - 127.0.0.1:8001:8080
    restart: always
  job:
    image: 127.0.0.1:5000/shop/job:1.0.0
    labels:
      io.dockrev.testkit: shop
networks:
  default:
    labels:
      io.dockrev.testkit: shop
";
        assert_eq!(compose_file("shop", &services), expected);
    }

    #[test]
    fn names_differ() {
        assert_ne!(unique_name("a"), unique_name("a"));
    }
}
