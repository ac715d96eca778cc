//! The page in a real browser, with a real server, engine and registry behind it.

use std::path::Path;

use dockrev_testkit::{Auth, Compose, Project, Registry, program};

use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::site::Ground;
use crate::step::{self, Steps};
use crate::test::{self, Which};
use crate::{page, plugins, workspace};

/// The browser's programs, by their names on different systems.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// Whose images and containers these are.
const OWNER: &str = "test";

/// What a browser is started for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To see that people can do what they want to.
    Tests,
    /// To take pictures of every page.
    Screenshots,
}

impl Purpose {
    fn script(self) -> &'static str {
        match self {
            Self::Tests => "e2e",
            Self::Screenshots => "screenshots",
        }
    }
}

/// Sets everything up and starts the browser.
pub(crate) fn run(purpose: Purpose) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let result = in_steps(&mut steps, purpose);
    steps.summary();
    result
}

/// The same as steps of another command.
pub(crate) fn in_steps(steps: &mut Steps, purpose: Purpose) -> Result<(), Failure> {
    let places = plugins::Places::standard();
    steps.run("set up", || setup::run(Level::Tests))?;
    steps.run("build page", page::build)?;
    steps.run("build plugins", || plugins::run(&places))?;
    steps.run("build dockrev", || step::command(&mut workspace::build_as_tested()))?;
    let binary = workspace::tested_program();
    let engine = steps.run("engine", || test::engine(Which::Usual))?;
    let result = steps.run("browser", || visit(&engine, &binary, places.plugins(), purpose));
    result.and(steps.run("remove the engine", || engine.remove()))
}

fn visit(engine: &test::TestEngine, binary: &Path, plugins: &Path, purpose: Purpose) -> Result<(), Failure> {
    let browser = BROWSERS.iter().find_map(|name| program::find(name));
    let browser = browser.ok_or_else(|| Failure::new("no browser was found: install Chromium"))?;
    let (compose, registry) = (Compose::any()?, Registry::start(Auth::Plain)?);
    let (engine, data) = (engine.engine(), engine.folder().join("site"));
    let ground = Ground { binary, plugins, engine, compose: &compose, registry: &registry, data, owner: OWNER };
    let project = Project::create(engine, &compose, "dockrev-site", &ground.services()?)?;
    project.up()?;
    let _alone = ground.fill(&project)?;
    let server = ground.serve("127.0.0.1:0")?;
    let out = workspace::target().join(purpose.script());
    println!("The page is at {}; pictures are kept in {}.", server.url(), out.display());
    let mut script = page::script(purpose.script())?;
    script.env("DOCKREV_URL", server.url()).env("DOCKREV_E2E_STACK", project.name());
    script.env("DOCKREV_E2E_OUT", out).env("DOCKREV_CHROMIUM", browser);
    step::command(&mut script)
}
