//! Builds a debug `dockrev` with its gate, and hands on to `dockrev-faults`.

use std::process::{Command, Stdio};

use dockrev_testkit::program;

use crate::failure::Failure;
use crate::setup::Level;
use crate::{plugins, setup, workspace};

/// Sets up what is needed and runs the matrix. All arguments are `dockrev-faults`' own.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let places = plugins::Places::standard();
    setup::run(Level::Tests)?;
    plugins::run(&places)?;
    succeed(workspace::build(&["dockrev", "dockrev-faults"]).stdout(Stdio::null()))?;
    let folder = workspace::target().join("debug");
    let mut faults = Command::new(folder.join("dockrev-faults"));
    faults.arg("--dockrev").arg(folder.join("dockrev")).arg("--plugins").arg(places.plugins()).args(arguments);
    succeed(&mut faults)
}

fn succeed(command: &mut Command) -> Result<(), Failure> {
    let words = program::words(command);
    let status = command.status().map_err(Failure::of(format!("could not run `{words}`")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{words}` failed ({status})"))) }
}
