//! Builds what is measured, in release, and hands on to `dockrev-bench`: what that takes is no part of this program.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use dockrev_testkit::program;

use crate::failure::Failure;
use crate::{plugins, workspace};

/// Options of `dockrev-bench` that say what is measured.
const PROGRAM: &str = "--dockrev";
const PLUGINS: &str = "--plugins";

const PAGE: &str = "--page";

/// What needs no `dockrev`: `backup` measures its crate, `seed` writes with the store's.
const WITHOUT_PROGRAM: [&str; 5] = ["help", "--help", "-h", "backup", "seed"];
/// What needs what tests need: both generations of Compose, a browser.
const LIKE_TESTS: [&str; 2] = ["update", "server"];

/// Runs a bench. All arguments are its own; program and plugins are built unless they are named.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut arguments = arguments.to_vec();
    let mut programs = vec!["dockrev-bench"];
    if arguments.first().is_some_and(|bench| !WITHOUT_PROGRAM.contains(&bench.as_str())) {
        this(if LIKE_TESTS.contains(&arguments[0].as_str()) { &["setup", "--tests"] } else { &["setup"] })?;
        if arguments[0] == "server" {
            this(&["page"])?;
            let script = workspace::root().join("web/e2e/first-paint.mjs");
            arguments.extend([PAGE.to_owned(), script.display().to_string()]);
        }
        if !arguments.iter().any(|argument| argument == PLUGINS) {
            this(&["plugins"])?;
            arguments.extend([PLUGINS.to_owned(), plugins::Places::standard().plugins().display().to_string()]);
        }
        if !arguments.iter().any(|argument| argument == PROGRAM) {
            programs.push("dockrev");
            arguments.extend([PROGRAM.to_owned(), built("dockrev").display().to_string()]);
        }
    }
    succeed(workspace::build(&programs).arg("--release"))?;
    succeed(Command::new(built("dockrev-bench")).args(arguments))
}

/// Another command of this program, with what it says out of the way: standard output is for the figures.
fn this(arguments: &[&str]) -> Result<(), Failure> {
    let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
    succeed(Command::new(this).args(arguments).stdout(Stdio::from(std::io::stderr())))
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    let words = program::words(command);
    let status = command.status().map_err(Failure::of(format!("could not run `{words}`")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{words}` failed ({status})"))) }
}

fn built(program: &str) -> PathBuf {
    workspace::target().join("release").join(program)
}
