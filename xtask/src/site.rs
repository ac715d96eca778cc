//! A stack with something of everything, and a server that shows it: for the demo's page, the browser's tests and pictures.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dockrev_testkit::{
    App, Architecture, Attestation, Compose, Engine, LABEL, Mode, Project, Registry, Service, program,
};

use crate::failure::Failure;

/// How long the slow one takes to become healthy, in seconds: long enough to stop its update by hand.
const SLOW_S: u32 = 20;
/// Its services and the tags that they start with.
const SERVICES: [(&str, &str); 7] = [
    ("web", "1.0.0"),
    ("worker", "2.3.0"),
    ("bad", "1.0.0"),
    ("elsewhere", "1.8.0"),
    ("quiet", "5.1.0"),
    ("slow", "3.0.0"),
    ("current", "4.0.0"),
];

/// The container that belongs to no stack.
const ALONE: &str = "alone";

/// Where a site is built.
pub(crate) struct Ground<'a> {
    pub(crate) binary: &'a Path,
    pub(crate) plugins: &'a Path,
    pub(crate) engine: &'a Engine,
    pub(crate) compose: &'a Compose,
    pub(crate) registry: &'a Registry,
    /// Dockrev's data folder.
    pub(crate) data: PathBuf,
    /// For whom images are made, by their label.
    pub(crate) owner: &'a str,
}

impl Ground<'_> {
    /// The services of the stack, with their first images published.
    pub(crate) fn services(&self) -> Result<Vec<Service>, Failure> {
        SERVICES.iter().map(|(name, tag)| self.service(name, tag)).collect()
    }

    fn service(&self, name: &str, tag: &str) -> Result<Service, Failure> {
        self.push(name, tag, Mode::Healthy)?;
        let image = format!("{}/site/{name}:{tag}", self.registry.host());
        let service = Service::new(name, image).line("stop_grace_period: 1s").line("restart: unless-stopped");
        Ok(match name {
            "web" => service.line("volumes: [/data]"),
            // Something that says so itself.
            "worker" => service.line("labels: {dockrev.levels: 'minor,patch', dockrev.backup-before: 'true'}"),
            _ => service,
        })
    }

    /// Makes it interesting: an update that worked and one that was rolled back, a tag that is ignored, and news. Gives the
    /// container beside the stack.
    pub(crate) fn fill(&self, project: &Project) -> Result<Alone<'_>, Failure> {
        let alone = self.alone(format!("{}-alone", project.name()))?;
        for (service, _) in SERVICES {
            project.wait_healthy(service)?;
        }
        self.push("current", "4.1.0", Mode::Healthy)?;
        self.push("bad", "1.1.0", Mode::Unhealthy)?;
        // One of the two is rolled back, and says so with its exit status.
        self.dockrev(&["update", "--stack", project.name(), "--yes"], &[0, 1])?;
        let quiet = format!("{}/quiet", project.name());
        self.dockrev(&["ignore", "add", &quiet, "--range", ">=6"], &[0])?;
        self.push("web", "1.1.0", Mode::Healthy)?;
        self.push("worker", "2.4.0", Mode::Healthy)?;
        self.push("bad", "1.2.0", Mode::Unhealthy)?;
        self.push("quiet", "6.0.0", Mode::Healthy)?;
        self.push("slow", "3.1.0", Mode::Slow(SLOW_S))?;
        let client = self.registry.client();
        let foreign = self.app("1.9.0", Mode::Healthy).architecture(Architecture::foreign()).build()?;
        let member = client.push_untagged("site/elsewhere", &foreign)?;
        client.push_index("site/elsewhere", "1.9.0", &[member], Attestation::With)?;
        self.push(ALONE, "1.1.0", Mode::Healthy)?;
        Ok(alone)
    }

    /// Starts a container that belongs to no stack.
    fn alone(&self, name: String) -> Result<Alone<'_>, Failure> {
        self.push(ALONE, "1.0.0", Mode::Healthy)?;
        let image = format!("{}/site/{ALONE}:1.0.0", self.registry.host());
        // One that an interrupted run left behind.
        let _ = self.engine.run(&["rm", "--force", &name]);
        self.engine.run(&["run", "--detach", "--restart", "unless-stopped", "--name", &name, &image])?;
        Ok(Alone { engine: self.engine, name })
    }

    /// Starts a server that everybody on this machine may use.
    pub(crate) fn serve(&self, listen: &str) -> Result<Server, Failure> {
        let (process, address) = program::listening(&mut self.command(&["serve", "--dev", "--listen", listen]))?;
        Ok(Server { process, address })
    }

    fn push(&self, service: &str, tag: &str, mode: Mode) -> Result<(), Failure> {
        let image = self.app(tag, mode).build()?;
        self.registry.client().push(&format!("site/{service}"), tag, &image)?;
        Ok(())
    }

    fn app(&self, version: &str, mode: Mode) -> App {
        App::new(version, mode).label(LABEL, self.owner)
    }

    fn dockrev(&self, arguments: &[&str], good: &[i32]) -> Result<(), Failure> {
        let mut command = self.command(arguments);
        let words = program::words(&command);
        println!("$ {words}");
        let status = command.status().map_err(Failure::of(format!("could not run `{words}`")))?;
        match status.code() {
            Some(code) if good.contains(&code) => Ok(()),
            _ => Err(Failure::new(format!("`{words}` failed ({status})"))),
        }
    }

    /// `dockrev` with these arguments, to be run here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.binary);
        command.args(arguments).envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// What tells `dockrev` that it is here.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("DOCKER_HOST", self.engine.host().to_owned()),
            ("DOCKREV_COMPOSE_BIN", self.compose.program().display().to_string()),
            ("DOCKREV_DATA_DIR", self.data.display().to_string()),
            ("DOCKREV_PLUGIN_DIR", self.plugins.display().to_string()),
        ]
    }
}

/// A container that belongs to no stack; it is removed with the value.
pub(crate) struct Alone<'a> {
    engine: &'a Engine,
    name: String,
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        // Its engine may be gone.
        let _ = self.engine.run(&["rm", "--force", "--volumes", &self.name]);
    }
}

/// A server at work; it ends with the value.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Where it listens, as a browser takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it ends: somebody interrupts it.
    pub(crate) fn wait(&mut self) -> Result<(), Failure> {
        self.process.wait().map(drop).map_err(Failure::of("could not wait for the server"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
