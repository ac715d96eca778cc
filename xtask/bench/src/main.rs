//! `dockrev-bench`: measures `dockrev` against bare programs that do the same work, in the same run and on the same machine.
//!
//! Started by `cargo xtask bench`, which builds what is measured. One folder per bench; `measure` and `report` are shared,
//! as is `registry`, which answers as real ones do, after a wait.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "talking to the terminal is what this program does")]

mod arguments;
mod backup;
mod check;
mod endurance;
mod failure;
mod host;
mod measure;
mod registry;
mod report;
mod served;
mod server;
mod update;

use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
Usage: cargo xtask bench BENCH [OPTIONS]

Benches:
  check    `dockrev check` beside a bare program that asks the same registry the same
           --images N       distinct images (default: 100)
           --latency-ms L   how long the registry waits before each answer (default: 30)
           --runs N         how often each program runs; the middle one counts (default: 3)
           --auth token     the registry wants tokens, as the large ones do (default: none)

  backup   a backup and its restore beside `tar` and `zstd`
           --size-mib N     size of the tree (default: 1024)
           --runs N         (default: 3)

  update   one update beside bare Compose, and beside the least that the engine needs
           --compose 1|2    which Compose (default: 2)
           --runs N         (default: 5)

  server   the lists of the API and the page of a server that knows much
           --services N     (default: 500)
           --jobs N         past jobs (default: 20000)
           --requests N     for each list (default: 200)
           --page FILE      a script that says how long the page takes; `cargo xtask bench` gives it

  endurance
           a server that checks again and again: does it grow?
           --minutes N      (default: 30)
           --images N       (default: 100)
           --every-s N      seconds from check to check (default: 5)

  seed FOLDER
           makes a data folder as `server` has it, to look at
           --services N, --jobs N

For all:
  --json             print the figures as JSON (format `dockrev.bench/1`)
  --strict           exit with status 1 when a target is missed
  --dockrev FILE     measure this program instead of a release build
  --plugins FOLDER   with these plugins
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode, Failure> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "check" => check::run(&check::Options::parse(rest)?),
        "backup" => backup::run(&backup::Options::parse(rest)?),
        "update" => update::run(&update::Options::parse(rest)?),
        "server" => server::run(&server::Options::parse(rest)?),
        "endurance" => endurance::run(&endurance::Options::parse(rest)?),
        "seed" => server::seed(rest).map(|()| ExitCode::SUCCESS),
        backup::TAKE => backup::take(rest).map(|()| ExitCode::SUCCESS),
        backup::RESTORE => backup::restore(rest).map(|()| ExitCode::SUCCESS),
        check::floor::COMMAND => check::floor::run(rest).map(|()| ExitCode::SUCCESS),
        measure::COMMAND => measure::run(rest).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        unknown => Err(Failure::new(format!("unknown bench `{unknown}`; `cargo xtask bench help` lists them"))),
    }
}
