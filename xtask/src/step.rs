//! Steps of a command: named, timed, and stopped at the first that fails.

use std::process::Command;
use std::time::{Duration, Instant};

use dockrev_testkit::program;

use crate::failure::Failure;

/// The steps done so far and how long each took.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<(&'static str, Duration)>,
}

impl Steps {
    /// Runs a step and says how long it took.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        step: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        println!("== {name}");
        let start = Instant::now();
        let result = step();
        let took = start.elapsed();
        let verdict = if result.is_ok() { "done" } else { "FAILED" };
        println!("== {name}: {verdict} in {:.1} s", took.as_secs_f64());
        self.done.push((name, took));
        result
    }

    /// Prints every step with its time.
    pub(crate) fn summary(&self) {
        println!();
        for (name, took) in &self.done {
            println!("{:>8.1} s  {name}", took.as_secs_f64());
        }
        let total: Duration = self.done.iter().map(|(_, took)| *took).sum();
        println!("{:>8.1} s  together", total.as_secs_f64());
    }
}

/// Runs a command with its output on the terminal, and says what it is.
pub(crate) fn command(command: &mut Command) -> Result<(), Failure> {
    let words = program::words(command);
    println!("$ {words}");
    let status = command.status().map_err(Failure::of(format!("could not run `{words}`")))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("`{words}` failed ({status})"))) }
}
