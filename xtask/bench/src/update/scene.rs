//! The service, and the ways to update it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use dockrev_testkit::{
    App, Auth, Compose, Engine, Generation, Mode, PrivateEngine, Project, Registry, Service, Watch, free_port, program,
};
use tempfile::TempDir;

use super::options::Options;
use crate::failure::Failure;

/// Name of the engine's folder; one bench runs on a machine at a time.
const ENGINE: &str = "bench";
const SERVICE: &str = "app";
const REPOSITORY: &str = "bench/app";
const OLD: &str = "1.0.0";
const NEW: &str = "1.1.0";
/// How long the client goes on afterwards, so that what comes late is seen.
const AFTERWARDS: Duration = Duration::from_millis(300);

/// Who updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Way {
    /// The engine alone: pull, create, stop, start.
    Engine,
    /// `compose pull` and `compose up`, after the tag was changed in the file.
    Compose,
    /// `dockrev update`.
    Dockrev,
}

impl Way {
    pub(super) const ALL: [Self; 3] = [Self::Engine, Self::Compose, Self::Dockrev];
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine => "the engine alone",
            Self::Compose => "bare Compose",
            Self::Dockrev => "dockrev",
        })
    }
}

/// One update.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    /// From the command to a healthy new container.
    pub(super) total: Duration,
    /// The longest time without an answer.
    pub(super) silent: Duration,
}

/// An engine, a registry with both versions, and Dockrev with compiled plugins.
pub(super) struct Scene<'a> {
    options: &'a Options,
    compose: Compose,
    registry: Registry,
    data: TempDir,
    engine: Engine,
}

impl<'a> Scene<'a> {
    pub(super) fn set(options: &'a Options) -> Result<Self, Failure> {
        // One that an interrupted bench left behind.
        PrivateEngine::named(ENGINE)?.wipe()?;
        let engine = PrivateEngine::named(ENGINE)?.wipe_on_drop().start()?;
        let compose = match options.generation {
            Generation::V1 => Compose::v1(),
            Generation::V2 => Compose::v2(),
        };
        let compose = compose.ok_or_else(|| Failure::new("that Compose is not here: `cargo xtask setup --tests`"))?;
        let registry = Registry::start(Auth::Plain)?;
        let client = registry.client();
        for version in [OLD, NEW] {
            client.push(REPOSITORY, version, &App::new(version, Mode::Healthy).build()?)?;
        }
        let data = tempfile::tempdir().map_err(Failure::of("could not make a folder"))?;
        let scene = Self { options, compose, registry, data, engine };
        // Plugins are compiled once in the life of an installation.
        scene.dockrev(&["plugin", "list"])?;
        Ok(scene)
    }

    /// Starts the old version, updates it in one way, and takes it away again.
    pub(super) fn update(&self, way: Way) -> Result<Run, Failure> {
        self.forget()?;
        let port = free_port()?;
        let service = Service::new(SERVICE, self.image(OLD)).port(port).line("stop_grace_period: 5s");
        let project = Project::create(&self.engine, &self.compose, "bench", &[service])?;
        project.up()?;
        project.wait_healthy(SERVICE)?;
        let watch = Watch::start(&[(SERVICE, port)])?;
        let began = Instant::now();
        match way {
            Way::Engine => self.by_engine(&project, port)?,
            Way::Compose => self.by_compose(&project)?,
            Way::Dockrev => self.dockrev(&["update", "--stack", project.name(), "--yes"])?,
        }
        let total = began.elapsed();
        std::thread::sleep(AFTERWARDS);
        let sighting = watch.stop().into_iter().next().ok_or_else(|| Failure::new("nothing was seen"))?;
        if sighting.versions != [OLD, NEW] {
            return Err(Failure::new(format!("{way}: the client saw {:?}", sighting.versions)));
        }
        if way == Way::Engine {
            self.engine.run(&["rm", "--force", "bench-new"])?;
        }
        project.down()?;
        Ok(Run { total, silent: sighting.longest_gap })
    }

    /// Nothing is stopped before what takes its place is there.
    fn by_engine(&self, project: &Project, port: u16) -> Result<(), Failure> {
        let new = self.image(NEW);
        let old = format!("{}-{SERVICE}-1", project.name());
        let old =
            if self.engine.run(&["inspect", &old]).is_ok() { old } else { format!("{}_{SERVICE}_1", project.name()) };
        let network = format!("{}_default", project.name());
        self.engine.run(&["pull", "--quiet", &new])?;
        let publish = format!("127.0.0.1:{port}:8080");
        self.engine.run(&["create", "--name", "bench-new", "--network", &network, "--publish", &publish, &new])?;
        self.engine.run(&["stop", &old])?;
        self.engine.run(&["start", "bench-new"])?;
        self.wait_healthy("bench-new")?;
        self.engine.run(&["rm", &old]).map(drop).map_err(Failure::from)
    }

    fn by_compose(&self, project: &Project) -> Result<(), Failure> {
        let file = project.file();
        let text = fs::read_to_string(&file).map_err(Failure::of("could not read the compose file"))?;
        let text = text.replace(&format!(":{OLD}"), &format!(":{NEW}"));
        fs::write(&file, text).map_err(Failure::of("could not write the compose file"))?;
        project.compose(&["pull", "--quiet", SERVICE])?;
        project.compose(&["up", "--detach", "--no-deps", SERVICE])?;
        let id = project.compose(&["ps", "--quiet", SERVICE])?;
        self.wait_healthy(id.trim())
    }

    /// As often as Dockrev looks, or more often.
    fn wait_healthy(&self, container: &str) -> Result<(), Failure> {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            let health = self.engine.run(&["inspect", "--format", "{{.State.Health.Status}}", container])?;
            if health.trim() == "healthy" {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err(Failure::new(format!("`{container}` is not healthy after a minute")))
    }

    fn image(&self, version: &str) -> String {
        format!("{}/{REPOSITORY}:{version}", self.registry.host())
    }

    /// Takes away what earlier updates left, but the compiled plugins.
    fn forget(&self) -> Result<(), Failure> {
        // Absent the first time.
        let _ = self.engine.run(&["rmi", "--force", &self.image(NEW)]);
        let entries = fs::read_dir(self.data.path()).map_err(Failure::of("could not read the data folder"))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| !path.ends_with("cache")) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            removed.map_err(Failure::of(format!("could not remove `{}`", path.display())))?;
        }
        Ok(())
    }

    fn dockrev(&self, arguments: &[&str]) -> Result<(), Failure> {
        let mut command = Command::new(&self.options.program.dockrev);
        command
            .args(arguments)
            .env("DOCKER_HOST", self.engine.host())
            .env("DOCKREV_COMPOSE_BIN", self.compose.program())
            .env("DOCKREV_DATA_DIR", self.data.path())
            .env("DOCKREV_PLUGIN_DIR", Path::new(&self.options.program.plugins));
        program::output(&mut command).map(drop).map_err(Failure::from)
    }

    pub(super) fn versions(&self) -> (String, String) {
        (self.engine.version().unwrap_or_default(), self.compose.version().to_owned())
    }
}
