//! What a test plays on: an engine, a registry, one project, and `dockrev` with a data folder of its own.

use dockrev_testkit::{App, Auth, Compose, Engine, Mode, Project, Pushed, Registry, Service};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Names the images that tests make, so that they can be removed again.
const OWNER: &str = "test";

pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) compose: Compose,
    pub(crate) registry: Registry,
    pub(crate) data: TempDir,
}

/// What `dockrev` did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    #[track_caller]
    pub(crate) fn ends_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "\nstdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, part: &str) -> Self {
        assert!(self.out.contains(part), "`{part}` is not in\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(crate) fn complains(self, part: &str) -> Self {
        assert!(self.err.contains(part), "`{part}` is not in\n{}", self.err);
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err))
    }
}

impl Stage {
    pub(crate) fn new(compose: Compose) -> Self {
        let engine = Engine::found_or_private().expect("an engine");
        let registry = Registry::start(Auth::Plain).expect("a registry");
        Self { engine, compose, registry, data: data_folder() }
    }

    /// One for each Compose that is here. Both have to be.
    pub(crate) fn with_each_compose() -> impl Iterator<Item = Self> {
        let all = Compose::all();
        assert_eq!(all.len(), 2, "Compose v1 and v2 are needed: run `cargo xtask setup --tests`");
        all.into_iter().map(Self::new)
    }

    /// Publishes an app under a tag that is also what the app calls itself.
    pub(crate) fn push(&self, repository: &str, tag: &str, mode: Mode) -> Pushed {
        self.push_as(repository, tag, tag, mode)
    }

    pub(crate) fn push_as(&self, repository: &str, tag: &str, version: &str, mode: Mode) -> Pushed {
        let image = App::new(version, mode).label(dockrev_testkit::LABEL, OWNER).build().expect("an image");
        self.registry.client().push(repository, tag, &image).expect("a push")
    }

    /// A service that runs `image` of the test's registry.
    pub(crate) fn service(&self, name: &str, image: &str) -> Service {
        Service::new(name, format!("{}/{image}", self.registry.host())).line("stop_grace_period: 1s")
    }

    /// Starts a project and waits until those of its services that have a healthcheck are healthy.
    pub(crate) fn project(&self, services: &[Service], healthy: &[&str]) -> Project {
        let project = Project::create(&self.engine, &self.compose, "dockrev-test", services).expect("a project");
        project.up().expect("the project starts");
        for service in healthy {
            project.wait_healthy(service).expect("a healthy service");
        }
        project
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockrev"));
        command
            .args(arguments)
            .env("DOCKER_HOST", self.engine.host())
            .env("DOCKREV_COMPOSE_BIN", self.compose.program())
            .env("DOCKREV_DATA_DIR", self.data.path())
            .env("DOCKREV_PLUGIN_DIR", plugin_dir())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn dockrev(&self, arguments: &[&str]) -> Ran {
        run(&mut self.command(arguments))
    }

    /// The newest job, as `jobs list --json` shows it.
    pub(crate) fn jobs(&self) -> Vec<Value> {
        let listed = self.dockrev(&["jobs", "list", "--json"]).ends_with(0).json();
        listed["jobs"].as_array().expect("a list").clone()
    }

    /// Where the override file of a project is.
    pub(crate) fn override_file(&self, project: &Project) -> PathBuf {
        self.data.path().join("overrides").join(project.name()).join("override.yaml")
    }
}

/// A data folder of its own, but for the compiled plugins: compiling them once for all tests is enough.
pub(crate) fn data_folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let compiled = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-plugins");
    std::fs::create_dir_all(&compiled).expect("a folder");
    std::fs::create_dir(folder.path().join("cache")).expect("a folder");
    std::os::unix::fs::symlink(compiled, folder.path().join("cache/plugins")).expect("a link");
    folder
}

pub(crate) fn run(command: &mut Command) -> Ran {
    let output = command.output().expect("dockrev starts");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("text"),
        err: String::from_utf8(output.stderr).expect("text"),
    }
}

/// The container of a service and when it was started: the same as long as nobody touches it. (What the engine says of its
/// image may change with other tests, which pull the same content under other names.)
#[track_caller]
pub(crate) fn footprint(project: &Project, service: &str) -> (String, String) {
    let state = project.service(service).expect("a container");
    (state.container_id, state.started_at)
}

/// Where `cargo xtask plugins` puts them.
pub(crate) fn plugin_dir() -> PathBuf {
    let built = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/plugins");
    let folder = std::env::var_os("DOCKREV_PLUGIN_DIR").map_or(built, PathBuf::from);
    assert!(folder.is_dir(), "`{}` is missing: run `cargo xtask plugins`", folder.display());
    folder
}

/// The entry of a service in what `check --json` printed.
#[track_caller]
pub(crate) fn entry<'a>(check: &'a Value, service: &str) -> &'a Value {
    let entries = check["entries"].as_array().expect("entries");
    entries.iter().find(|entry| entry["name"] == service).unwrap_or_else(|| panic!("no `{service}` in {check:#}"))
}

/// Waits for something to become true, and says what if it does not.
pub(crate) fn wait_for(what: &str, mut happened: impl FnMut() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not happen");
        std::thread::yield_now();
    }
}
