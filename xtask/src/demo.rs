mod page;
mod stack;
mod verdict;

use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Instant;

use dockrev_testkit::{Compose, Engine, Lock, PrivateEngine, Project, Registry, Watch, directory, program};

use crate::failure::Failure;
use crate::janitor::{Janitor, Mess};
use crate::site::Ground;
use crate::step::{self, Steps};
use crate::{plugins, setup, workspace};
use stack::Part;

/// The demo's Compose project, the owner of its images, and the name of its private engine's folder.
const PROJECT: &str = "dockrev-demo";
const ENGINE: &str = "demo";

/// What `cargo xtask demo` was asked for.
#[derive(Debug, Default)]
pub(crate) struct Options {
    after: After,
    shown: Shown,
    build: Build,
    clean_only: CleanOnly,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum After {
    #[default]
    Remove,
    Keep,
}

/// Whether there is a page to look at in the end.
#[derive(Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Page,
    Nothing,
}

#[derive(Debug, Default)]
enum Build {
    #[default]
    Debug,
    Release,
    Given(PathBuf),
}

#[derive(Debug, Default, PartialEq, Eq)]
enum CleanOnly {
    #[default]
    No,
    Yes,
}

impl Options {
    /// Without the page, so that it ends by itself, and with this `dockrev`.
    pub(crate) fn headless(binary: PathBuf) -> Self {
        Self { shown: Shown::Nothing, build: Build::Given(binary), ..Self::default() }
    }

    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--headless" => options.shown = Shown::Nothing,
                "--keep" => options.after = After::Keep,
                "--release" => options.build = Build::Release,
                "--clean" => options.clean_only = CleanOnly::Yes,
                "--binary" => {
                    let file = rest.next().ok_or_else(|| Failure::new("`--binary` needs a file"))?;
                    options.build = Build::Given(workspace::root().join(file));
                }
                unknown => return Err(Failure::new(format!("`demo` does not know `{unknown}`"))),
            }
        }
        Ok(options)
    }
}

/// Builds Dockrev, lets it update a stack of real containers, and compares what the engine says with what should be.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.clean_only == CleanOnly::Yes {
        clean()?;
        println!("The demo is removed.");
        return Ok(());
    }
    let mut steps = Steps::default();
    let places = plugins::Places::standard();
    steps.run("set up", || setup::run(setup::Level::Demo))?;
    steps.run("build page", crate::page::build)?;
    steps.run("build plugins", || plugins::run(&places))?;
    let binary = steps.run("build dockrev", || build(&options.build))?;

    let lock = lock()?.ok_or_else(|| Failure::new("another demo is running on this machine: wait for its end"))?;
    // One that was kept, or whose process was killed with all others.
    clean()?;
    let janitor = Janitor::watch(&Mess::Demo)?;
    let result = show(&mut steps, &binary, places.plugins(), options);
    match options.after {
        After::Remove => steps.run("remove the demo", clean)?,
        After::Keep => println!("\nThe demo stays. To remove it all: cargo xtask demo --clean"),
    }
    janitor.dismiss();
    lock.remove();
    steps.summary();
    result
}

/// Removes all of a demo that ran, was kept or was interrupted.
pub(crate) fn clean() -> Result<(), Failure> {
    if let Some(engine) = Engine::found() {
        engine.remove_containers(PROJECT)?;
        engine.remove_containers(page::PROJECT)?;
        engine.remove_images(PROJECT)?;
    }
    PrivateEngine::named(ENGINE)?.wipe()?;
    Registry::end_lasting(&home().join("registry"))?;
    workspace::remove_folder(&home())
}

/// The same after the process that ran the demo is gone, with what only that one would have removed.
pub(crate) fn clean_after_interrupt() -> Result<(), Failure> {
    let result = clean();
    if let Some(lock) = lock()? {
        lock.remove();
    }
    result
}

/// Held by a demo while it runs; none if another one runs.
fn lock() -> Result<Option<Lock>, Failure> {
    Ok(Lock::try_acquire(&directory().join("locks/the-demo"))?)
}

/// Everything of a demo but its engine is below this folder.
fn home() -> PathBuf {
    directory().join("demo")
}

fn build(build: &Build) -> Result<PathBuf, Failure> {
    let (profile, folder) = match build {
        Build::Given(file) => return Ok(file.clone()),
        Build::Debug => ("dev", "debug"),
        Build::Release => ("release", "release"),
    };
    step::command(workspace::build(&["dockrev"]).args(["--profile", profile]))?;
    Ok(workspace::target().join(folder).join("dockrev"))
}

fn show(steps: &mut Steps, binary: &Path, plugins: &Path, options: &Options) -> Result<(), Failure> {
    let engine = steps.run("engine", engine)?;
    let compose = Compose::any()?;
    println!("Compose {} at {}", compose.version(), compose.program().display());
    let registry = steps.run("registry", || Ok(Registry::start_lasting(&home().join("registry"))?))?;
    let mut parts = steps.run("images", || stack::push_first(&registry))?;
    let project = steps.run("start the stack", || start(&engine, &compose, &registry, &parts))?;
    steps.run("publish what is new", || stack::push_news(&registry, &mut parts))?;

    let before = verdict::states(&project, &parts)?;
    let ports: Vec<(&str, u16)> = parts.iter().map(|part| (part.service, part.port)).collect();
    let watch = Watch::start(&ports)?;
    let data = home().join("data");
    let ground =
        Ground { binary, plugins, engine: &engine, compose: &compose, registry: &registry, data, owner: PROJECT };
    let only = ["--stack", PROJECT];
    let first = steps.run("dockrev check", || dockrev(&ground, &["check", only[0], only[1]]))?;
    let update = steps.run("dockrev update", || dockrev(&ground, &["update", only[0], only[1], "--yes"]))?;
    let second = steps.run("dockrev check again", || dockrev(&ground, &["check", only[0], only[1]]))?;
    let sightings = watch.stop();

    let exits = verdict::Exits { first, update, second };
    let verdict = verdict::judge(&project, &parts, &before, &sightings, &exits)?;
    print!("{verdict}");
    if verdict.failed() > 0 {
        println!("\n{}", project.compose(&["logs", "--no-color", "--tail", "5"]).unwrap_or_default());
    }
    if options.after == After::Keep {
        project.keep();
        print!("{}", invitation(&ground, &parts));
    }
    match (verdict.failed(), &options.shown, &options.after) {
        (0, Shown::Page, After::Remove) => page::show(steps, &ground),
        (0, _, _) => Ok(()),
        (count, _, _) => Err(Failure::new(format!("{count} of the demo's expectations were not met"))),
    }
}

fn engine() -> Result<Engine, Failure> {
    let engine = match Engine::found() {
        Some(engine) => engine,
        None => Engine::private(ENGINE)?,
    };
    let kind =
        if engine.is_private() { "started for the demo" } else { "found; only the demo's own things are touched" };
    println!("Engine {} at {}, {kind}", engine.version()?, engine.host());
    Ok(engine)
}

fn start(engine: &Engine, compose: &Compose, registry: &Registry, parts: &[Part]) -> Result<Project, Failure> {
    let services: Vec<_> = parts.iter().map(|part| part.service(registry)).collect();
    let project = Project::at(engine, compose, PROJECT, &home().join("stack"), &services)?;
    project.up()?;
    for part in parts {
        project.wait_healthy(part.service)?;
        println!("{:<8} {} is healthy on http://127.0.0.1:{}", part.service, part.reference, part.port);
    }
    Ok(project)
}

/// Runs `dockrev` as a person would, and says what that took.
fn dockrev(ground: &Ground<'_>, arguments: &[&str]) -> Result<ExitStatus, Failure> {
    let mut command = ground.command(arguments);
    println!("$ {}\n", program::words(&command));
    let requests = ground.registry.requests().len();
    let start = Instant::now();
    let status = command.status().map_err(Failure::of(format!("could not run `{}`", ground.binary.display())))?;
    let requests = ground.registry.requests().len() - requests;
    println!("\n{status}, {:.2} s, {requests} requests to the registry", start.elapsed().as_secs_f64());
    Ok(status)
}

/// What can be done with a demo that stays.
fn invitation(ground: &Ground<'_>, parts: &[Part]) -> String {
    let exports: String =
        ground.environment().iter().map(|(name, value)| format!("  export {name}={value}\n")).collect();
    let dockrev = ground.binary.display();
    let first = parts.first().map(|part| format!("  curl http://127.0.0.1:{}/version\n", part.port));
    format!(
        "\nTry:\n{exports}  {dockrev} check --stack {PROJECT}\n  {dockrev} jobs list\n{}  docker ps\n\
             The Compose file is {}/stack/docker-compose.yml.\n",
        first.unwrap_or_default(),
        home().display(),
    )
}
