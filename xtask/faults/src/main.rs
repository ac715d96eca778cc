//! `dockrev-faults`: breaks updates everywhere and prints what came of it. Started by `cargo xtask faults`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "talking to the terminal is what this program does")]

mod case;
mod done;
mod matrix;
mod options;
mod random;
mod report;

use std::process::ExitCode;

use dockrev_faults::{Failure, Ground, Store};
use options::Options;

/// What `--only` calls the random jobs.
const RANDOM: &str = "random";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Options::parse(&arguments).and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(wrong) => {
            eprintln!("{wrong} cases went wrong");
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Gives how many cases went wrong.
fn run(options: &Options) -> Result<usize, Failure> {
    Ground::remove_dead();
    let store = Store::start()?;
    let only_random = options.only.as_deref() == Some(RANDOM);
    let tried = if only_random { Vec::new() } else { matrix::run(options, &store)? };
    let row = match options.only {
        Some(_) if !only_random => None,
        _ => Some(random::run(options, &store)?),
    };
    if options.json {
        println!("{:#}", report::json(&tried, row.as_ref()));
    } else {
        report::print(&tried, row.as_ref());
    }
    let wrong = tried.iter().filter(|tried| !tried.problems.is_empty()).count();
    Ok(wrong + row.map_or(0, |row| row.problems.len()))
}
