//! `cargo xtask`: everything one does with this repository, each as one command that may be run again at any time.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "talking to the terminal is what these commands do")]

mod api;
mod bench;
mod browser;
mod ci;
mod demo;
mod documents;
mod failure;
mod faults;
mod fuzz;
mod image;
mod janitor;
mod licences;
mod page;
mod plugins;
mod setup;
mod site;
mod step;
mod test;
mod workspace;

use std::process::ExitCode;

use failure::Failure;

const HELP: &str = "\
Usage: cargo xtask COMMAND

Commands, each of which sets up what it needs and may be run again at any time:
  setup [--tests | --matrix]   Install what is missing: the WebAssembly target and system packages
                               --tests: also Compose v2, unpacked below target/
                               --matrix: also a newer engine, unpacked below target/
  plugins [--out DIR]          Build the plugins into target/plugins, the tests' own into target/plugins-testing
  test [ARGS...]               Run all tests on a real engine; ARGS go to `cargo test`
                               --newer-engine as the first: on the newer engine
  ci                           Everything that must pass: format, lints, licences, tests, demo
  page [--check]               Build the page into web/dist; --check: and see whether it is as it should be
  browser                      Use the page in a real browser, as the tests do
  screenshots                  Take pictures of every page, into target/screenshots
  demo [OPTIONS]               Update a stack of real containers, show what the engine says about it, and serve the page
                               --headless: without the page; --keep: leave the containers running to play with;
                               --clean: remove a kept one
                               --release: with a release build; --binary FILE: with this `dockrev`
  api [OPTIONS]                Feed the API with requests that are made up from its document
                               --brief: as `ci` does; --examples N: for each operation; --seed N or --random: which ones
  image [--try]                Make a container image of Dockrev out of what is here, without the internet
                               --try: update the demo's stack from inside; --binary FILE: with this `dockrev`
  gen [--check]                Make the tables of the manual anew that are made from the program
                               --check: fail if one of them is stale
  fuzz [TARGET...]             Feed the parsers with inputs that are made up to break them, each for a minute
                               --seconds N: for that long
  faults [OPTIONS]             Break updates everywhere on real engines and print what came of it; takes hours
                               --only TEXT: cases whose name holds it, or `random`; --seed N, --random N: the random
                               jobs; --jobs N: engines at once; --json
  bench BENCH [OPTIONS]        Measure a release build against bare programs; `bench help` lists the benches
  clean                        Remove every private engine that runs outside `test`, and a kept demo
  help                         Print this
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), Failure> {
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(command, rest)| (command.as_str(), rest));
    match command {
        "setup" => setup::run(setup::Level::parse(rest)?),
        "plugins" => plugins::run(&plugins::Places::parse(rest)?),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "faults" => faults::run(rest),
        "ci" => ci::run(),
        "page" => {
            page::build()?;
            if rest.iter().any(|argument| argument == "--check") { page::check() } else { Ok(()) }
        }
        "browser" => browser::run(browser::Purpose::Tests),
        "screenshots" => browser::run(browser::Purpose::Screenshots),
        "demo" => demo::run(&demo::Options::parse(rest)?),
        "api" => api::run(&api::Options::parse(rest)?),
        "image" => image::run(&image::Options::parse(rest)?),
        "gen" => documents::run(rest),
        "fuzz" => fuzz::run(&fuzz::Options::parse(rest)?),
        "clean" => clean(),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        janitor::COMMAND => janitor::run(rest),
        unknown => Err(Failure::new(format!("unknown command `{unknown}`; `cargo xtask help` lists them"))),
    }
}

fn clean() -> Result<(), Failure> {
    dockrev_testkit::PrivateEngine::wipe_all_below(&dockrev_testkit::directory())?;
    test::remove_dead_runs()?;
    demo::clean()?;
    println!("Removed.");
    Ok(())
}
