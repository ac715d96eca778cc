//! The API under requests that are made up from its document: whatever is asked, the server does not fail, and it answers as
//! its document says.

use std::path::{Path, PathBuf};
use std::process::Command;

use dockrev_testkit::{Auth, Compose, Project, Registry, program};

use crate::failure::Failure;
use crate::setup::{self, Level};
use crate::site::Ground;
use crate::step::{self, Steps};
use crate::test::{self, Which};
use crate::{page, plugins, workspace};

/// The tool that makes up the requests. What it depends on is for this test only, and stays below `target/`.
const TOOL: &str = "schemathesis==4.32.5";
/// Requests for each operation, unless more are asked for.
const EXAMPLES_DEFAULT: u32 = 40;
/// The same in brief.
const EXAMPLES_BRIEF: u32 = 10;
/// How requests are made up: every value that a schema sets apart once, then at random. The first of them takes minutes.
const PHASES: &str = "coverage,fuzzing";
const PHASES_BRIEF: &str = "fuzzing";
/// As many as the server takes from one address in the long run.
const RATE: &str = "45/s";
/// The stream of events never ends.
const ENDLESS: &str = "/api/v1/events";
/// What is looked at in every answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// Whose images and containers these are.
const OWNER: &str = "test";

/// What `cargo xtask api` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    phases: &'static str,
    examples: u32,
    seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self { phases: PHASES, examples: EXAMPLES_DEFAULT, seed: Some(1) }
    }
}

impl Options {
    /// A minute of it: what every change is tried with.
    pub(crate) fn brief() -> Self {
        Self { phases: PHASES_BRIEF, examples: EXAMPLES_BRIEF, seed: Some(1) }
    }

    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self::default();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let mut number = || {
                let value = rest.next().and_then(|value| value.parse::<u64>().ok());
                value.ok_or_else(|| Failure::new(format!("`{argument}` needs a number")))
            };
            match argument.as_str() {
                "--examples" => options.examples = u32::try_from(number()?).unwrap_or(u32::MAX),
                "--seed" => options.seed = Some(number()?),
                "--random" => options.seed = None,
                "--brief" => options = Self::brief(),
                unknown => return Err(Failure::new(format!("`api` does not know `{unknown}`"))),
            }
        }
        Ok(options)
    }
}

/// Sets everything up and asks.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let result = in_steps(&mut steps, options);
    steps.summary();
    result
}

/// The same as steps of another command.
pub(crate) fn in_steps(steps: &mut Steps, options: &Options) -> Result<(), Failure> {
    let places = plugins::Places::standard();
    steps.run("set up", || setup::run(Level::Tests))?;
    let tool = steps.run("set up schemathesis", install)?;
    steps.run("build page", page::build)?;
    steps.run("build plugins", || plugins::run(&places))?;
    steps.run("build dockrev", || step::command(&mut workspace::build_as_tested()))?;
    let engine = steps.run("engine", || test::engine(Which::Usual))?;
    let result = steps.run("made-up requests", || ask(&engine, &tool, places.plugins(), options));
    result.and(steps.run("remove the engine", || engine.remove()))
}

/// Puts the tool into a folder of its own, unless it is there.
fn install() -> Result<PathBuf, Failure> {
    let folder = workspace::target().join("schemathesis");
    let tool = folder.join("bin/st");
    let is_here = program::output(Command::new(&tool).arg("--version"));
    if is_here.is_ok_and(|version| TOOL.ends_with(version.trim().rsplit(' ').next().unwrap_or_default())) {
        return Ok(tool);
    }
    setup::for_the_api()?;
    println!("Missing: {TOOL}, which makes up requests. It is put into {}; nothing is installed.", folder.display());
    step::command(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    step::command(Command::new(folder.join("bin/pip")).args(["install", "--quiet", TOOL]))?;
    Ok(tool)
}

fn ask(engine: &test::TestEngine, tool: &Path, plugins: &Path, options: &Options) -> Result<(), Failure> {
    let binary = &workspace::tested_program();
    let (compose, registry) = (Compose::any()?, Registry::start(Auth::Plain)?);
    let (engine, data) = (engine.engine(), engine.folder().join("site"));
    let ground = Ground { binary, plugins, engine, compose: &compose, registry: &registry, data, owner: OWNER };
    let project = Project::create(engine, &compose, "dockrev-api", &ground.services()?)?;
    project.up()?;
    let _alone = ground.fill(&project)?;
    let server = ground.serve("127.0.0.1:0")?;
    let examples = options.examples.to_string();
    let mut command = Command::new(tool);
    command
        .args(["run", &format!("{}/api/v1/openapi.json", server.url()), "--url", &server.url()])
        .args(["--phases", options.phases, "--suppress-health-check", "all"])
        .args(["--checks", CHECKS, "--exclude-path", ENDLESS])
        .args(["--max-examples", &examples, "--rate-limit", RATE, "--request-timeout", "130"])
        // Where it writes down what it saw is no concern of the repository's.
        .current_dir(workspace::target());
    if let Some(seed) = options.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    step::command(&mut command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| {
            let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            Options::parse(&arguments)
        };
        let options = parse("--examples 200 --random").unwrap();
        assert_eq!((options.examples, options.seed), (200, None));
        for bad in ["--examples", "--seed x", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
