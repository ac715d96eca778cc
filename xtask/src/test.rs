use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dockrev_testkit::{Compose, Engine, PrivateEngine, directory, suite_prefix};

use crate::browser::{self, Purpose};
use crate::failure::Failure;
use crate::janitor::{Janitor, Mess};
use crate::step::{self, Steps};
use crate::{page, plugins, setup, workspace};

mod again;

/// The folder of a run is this and the process's id. Short: see [`directory`].
const RUN: &str = "x";

/// Says how many tests run at once.
const THREADS: &str = "RUST_TEST_THREADS";
/// Most tests wait for an engine and its healthchecks, and not for a processor.
const TESTS_PER_CORE: usize = 2;

/// Which engine the tests run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one that answers, or this system's own version.
    Usual,
    /// A private one of the newer version.
    Newer,
}

/// Sets everything up and runs the tests. `--newer-engine` comes first, the other arguments go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let (which, arguments) = match arguments {
        [first, rest @ ..] if first == "--newer-engine" => (Which::Newer, rest),
        all => (Which::Usual, all),
    };
    let mut steps = Steps::default();
    let mut result = in_steps(&mut steps, which, arguments);
    if result.is_ok() && arguments.is_empty() {
        result = steps.run("check page", page::check).and_then(|()| browser::in_steps(&mut steps, Purpose::Tests));
    }
    steps.summary();
    result
}

/// The same as steps of another command.
pub(crate) fn in_steps(steps: &mut Steps, which: Which, arguments: &[String]) -> Result<(), Failure> {
    let places = plugins::Places::standard();
    let level = match which {
        Which::Usual => setup::Level::Tests,
        Which::Newer => setup::Level::Matrix,
    };
    steps.run("set up", || setup::run(level))?;
    steps.run("build page", page::build)?;
    steps.run("build plugins", || plugins::run(&places))?;
    // By itself first: a wait for the compiler is not a slow test, and no engine has to wait for it.
    steps.run("build tests", || {
        let before_dashes = arguments.split(|argument| argument == "--").next().unwrap_or_default();
        step::command(cargo_test(before_dashes).arg("--no-run"))
    })?;
    let engine = steps.run("engine", || engine(which))?;
    let prepared = |mut cargo: Command| {
        cargo.env("DOCKREV_PLUGIN_DIR", places.plugins()).env("DOCKREV_TEST_PLUGIN_DIR", places.testing());
        cargo.env("DOCKER_HOST", engine.engine.host());
        if std::env::var_os(THREADS).is_none() {
            cargo.env(
                THREADS,
                (TESTS_PER_CORE * std::thread::available_parallelism().map_or(1, usize::from)).to_string(),
            );
        }
        cargo.env("DOCKREV_TESTKIT_DIR", &engine.folder).env("TMPDIR", engine.folder.join("tmp"));
        let composes = [("DOCKREV_TEST_COMPOSE_V1", Compose::v1()), ("DOCKREV_TEST_COMPOSE_V2", Compose::v2())];
        for (variable, compose) in composes {
            if let Some(compose) = compose {
                cargo.env(variable, compose.program());
            }
        }
        cargo
    };
    let result = steps.run("test", || {
        if !arguments.is_empty() {
            return step::command(&mut prepared(cargo_test(arguments)));
        }
        let first = &mut prepared(cargo_test(&["--no-fail-fast".to_owned()]));
        again::run(first, |arguments| {
            let mut cargo = workspace::cargo(&["test"]);
            cargo.args(arguments);
            prepared(cargo)
        })
    });
    result.and(steps.run("remove the engine", || engine.remove()))
}

fn cargo_test(arguments: &[String]) -> Command {
    let names_package =
        arguments.iter().any(|argument| argument.starts_with("-p") || argument.starts_with("--package"));
    let mut cargo = workspace::cargo(&["test"]);
    if !names_package {
        cargo.arg("--workspace");
    }
    cargo.args(arguments);
    cargo
}

/// Removes the folder of a run, with the engines, registries and projects in it.
pub(crate) fn remove_run(folder: &Path) -> Result<(), Failure> {
    PrivateEngine::wipe_all_below(folder)?;
    workspace::remove_folder(folder)
}

/// Removes the folders of runs that were killed together with who would have cleaned up.
pub(crate) fn remove_dead_runs() -> Result<(), Failure> {
    let Ok(entries) = fs::read_dir(directory()) else { return Ok(()) };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(RUN)).and_then(|id| id.parse::<u32>().ok());
        if id.is_some_and(|id| !Path::new("/proc").join(id.to_string()).exists()) {
            remove_run(&entry.path())?;
        }
    }
    Ok(())
}

/// The engine that the tests run on, and the folder for all that they make.
pub(crate) struct TestEngine {
    engine: Engine,
    folder: PathBuf,
    janitor: Janitor,
}

/// The machine's own engine if one answers and will do, else one that only this run has.
pub(crate) fn engine(which: Which) -> Result<TestEngine, Failure> {
    remove_dead_runs()?;
    let folder = directory().join(format!("{RUN}{}", std::process::id()));
    let temporary = folder.join("tmp");
    fs::create_dir_all(&temporary).map_err(Failure::of(format!("could not make `{}`", temporary.display())))?;
    let janitor = Janitor::watch(&Mess::Run(folder.clone()))?;
    let private = || PrivateEngine::below(&folder, "main");
    let engine = match (which, Engine::found()) {
        (Which::Usual, Some(engine)) => {
            println!("An engine answers: the tests use it and remove what they make.");
            engine
        }
        (Which::Usual, None) => private()?.start()?,
        (Which::Newer, _) => private()?.prefix(suite_prefix("engine")).start()?,
    };
    println!("Engine {} at {}", engine.version()?, engine.host());
    Ok(TestEngine { engine, folder, janitor })
}

impl TestEngine {
    /// The engine.
    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The folder for all that is made.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Removes it, with all that was made on it.
    pub(crate) fn remove(self) -> Result<(), Failure> {
        if !self.engine.is_private() {
            self.engine.remove_images("test")?;
        }
        remove_run(&self.folder)?;
        self.janitor.dismiss();
        // Only if nothing else is in it.
        let _ = fs::remove_dir(directory());
        Ok(())
    }
}
