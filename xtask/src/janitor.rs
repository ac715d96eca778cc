//! A second process that cleans up when a command ends before it could: interrupted, killed or out of memory.
//!
//! It waits at the other end of a pipe. The pipe closes when the command ends, however that happens.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dockrev_testkit::program;

use crate::failure::Failure;
use crate::{demo, test};

/// The hidden command that is the second process.
pub(crate) const COMMAND: &str = "janitor";

/// What a command says when it has cleaned up by itself.
const NOTHING_LEFT: &[u8] = b"nothing left";

/// What has to be removed.
#[derive(Debug, Clone)]
pub(crate) enum Mess {
    /// The folder of one run of the tests, with the engines in it.
    Run(PathBuf),
    /// All of the demo.
    Demo,
}

/// The waiting process; cleans up unless [`Janitor::dismiss`] is called.
#[derive(Debug)]
pub(crate) struct Janitor(Child);

impl Janitor {
    /// Starts it.
    pub(crate) fn watch(mess: &Mess) -> Result<Self, Failure> {
        let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
        // In a session of its own: the interrupt that ends this process must not end that one.
        let mut command = Command::new(program::need("setsid", "util-linux")?);
        command.arg(this).arg(COMMAND).stdin(Stdio::piped());
        match mess {
            Mess::Run(folder) => command.arg("run").arg(folder),
            Mess::Demo => command.arg("demo"),
        };
        command.spawn().map(Self).map_err(Failure::of("could not start the process that cleans up"))
    }

    /// Sends it home: everything was removed, or is meant to stay.
    pub(crate) fn dismiss(mut self) {
        if let Some(mut pipe) = self.0.stdin.take() {
            let _ = pipe.write_all(NOTHING_LEFT);
        }
        let _ = self.0.wait();
    }
}

/// The second process: waits for the first one's end, and cleans up after it.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let mut said = Vec::new();
    let _ = std::io::stdin().read_to_end(&mut said);
    if said == NOTHING_LEFT {
        return Ok(());
    }
    match arguments {
        [kind, folder] if kind == "run" => {
            eprintln!("Interrupted: removing what the tests made.");
            test::remove_run(Path::new(folder))?;
        }
        [kind] if kind == "demo" => {
            eprintln!("Interrupted: removing the demo.");
            demo::clean_after_interrupt()?;
        }
        _ => return Err(Failure::new("not a command for people")),
    }
    eprintln!("Removed.");
    Ok(())
}
