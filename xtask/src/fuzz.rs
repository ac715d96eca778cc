//! Fuzzing: the targets below `fuzz/`, built with the stable toolchain and run one after the other.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use dockrev_testkit::program;

use crate::failure::Failure;
use crate::step::{self, Steps};
use crate::{setup, workspace};

/// Every target: a program of `fuzz/Cargo.toml`, with its first inputs in `fuzz/seeds`.
const TARGETS: [&str; 7] =
    ["references", "tags", "ignore-rules", "link", "www-authenticate", "manifests", "config-json"];

/// How long each target runs, in seconds, unless told otherwise.
const SECONDS: u32 = 60;

/// Longest time that one input may take, in seconds. Usual ones take microseconds.
const INPUT_MAX_SECONDS: u32 = 10;

/// Most memory that a target may have, in MiB. Usual ones stay below 100.
const MEMORY_MAX_MIB: u32 = 1024;

/// Lines of what was said of a fault that are shown.
const SHOWN_LINES: usize = 6;

/// What makes the compiler count the ways through the code, for libFuzzer. None of it needs a nightly toolchain; the
/// sanitizers would, and find what safe code does not do.
const COVERAGE: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What to run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    targets: Vec<&'static str>,
    seconds: u32,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let mut options = Self { targets: Vec::new(), seconds: SECONDS };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            if argument == "--seconds" {
                let seconds = arguments.next().and_then(|text| text.parse().ok()).filter(|seconds| *seconds > 0);
                options.seconds = seconds.ok_or_else(|| Failure::new("`--seconds` takes a number above 0"))?;
                continue;
            }
            let target = TARGETS.iter().find(|target| *target == argument);
            let unknown =
                || format!("`fuzz` takes `--seconds N` and some of `{}`, not `{argument}`", TARGETS.join("` `"));
            options.targets.push(target.ok_or_else(|| Failure::new(unknown()))?);
        }
        if options.targets.is_empty() {
            options.targets.extend(TARGETS);
        }
        Ok(options)
    }
}

/// Builds the targets and runs each. One that finds a fault does not keep the others from running.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let mut steps = Steps::default();
    let result = in_steps(&mut steps, options);
    steps.summary();
    result
}

fn in_steps(steps: &mut Steps, options: &Options) -> Result<(), Failure> {
    steps.run("set up", setup::for_fuzzing)?;
    let binaries = steps.run("build targets", build)?;
    let mut faults = Vec::new();
    for target in &options.targets {
        let result = steps.run(target, || fuzz(target, &binaries.join(target), options.seconds));
        faults.extend(result.err().map(|failure| failure.to_string()));
    }
    if faults.is_empty() { Ok(()) } else { Err(Failure::new(faults.join("\n"))) }
}

/// Builds all targets, and gives the folder that they are in.
fn build() -> Result<PathBuf, Failure> {
    let text = program::output(Command::new("rustc").arg("-vV").current_dir(workspace::root()))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or_else(|| Failure::new("`rustc -vV` does not say for which host it compiles"))?;
    // Named, the target's flags are not those of build scripts and macros.
    let mut cargo = workspace::cargo(&["build", "--quiet", "--release", "--bins", "--target", host]);
    cargo.arg("--manifest-path").arg(sources().join("Cargo.toml")).arg("--target-dir").arg(folder());
    cargo.env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\u{1f}"));
    step::command(&mut cargo)?;
    Ok(folder().join(host).join("release"))
}

/// Runs one target, and says how many inputs it tried.
fn fuzz(target: &str, binary: &Path, seconds: u32) -> Result<(), Failure> {
    let (corpus, faults) = (folder().join("corpus").join(target), folder().join("faults").join(target));
    for place in [&corpus, &faults] {
        fs::create_dir_all(place).map_err(Failure::of(format!("could not make `{}`", place.display())))?;
    }
    let path = folder().join(format!("{target}.log"));
    let log = fs::File::create(&path).map_err(Failure::of(format!("could not write `{}`", path.display())))?;
    let status = Command::new(binary)
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_MAX_SECONDS}"))
        .arg(format!("-rss_limit_mb={MEMORY_MAX_MIB}"))
        .arg(format!("-artifact_prefix={}/", faults.display()))
        // New inputs go to the first folder.
        .args([&corpus, &sources().join("seeds").join(target)])
        .current_dir(workspace::root())
        .env_remove("RUST_BACKTRACE")
        .stdout(Stdio::null())
        .stderr(log)
        .status()
        .map_err(Failure::of(format!("could not run `{}`", binary.display())))?;
    let log = fs::read(&path).map_err(Failure::of(format!("could not read `{}`", path.display())))?;
    let log = String::from_utf8_lossy(&log);
    if status.success() {
        println!("{}", summary(&log));
        return Ok(());
    }
    let input = log.lines().find_map(|line| line.split_once("Test unit written to ")).map_or("", |(_, input)| input);
    let why = fault(&log);
    Err(Failure::new(format!(
        "`{target}` failed ({status}):\n{why}\nLog:   {}\nAgain: {} {input}",
        path.display(),
        binary.display()
    )))
}

/// What libFuzzer did, from its log.
fn summary(log: &str) -> String {
    let done = log.lines().rev().find(|line| line.starts_with("Done ")).unwrap_or("Done");
    let coverage = log.lines().rev().find_map(|line| line.split_once(" cov: "));
    let coverage = coverage.and_then(|(_, rest)| rest.split_once(' ')).map_or("no", |(count, _)| count);
    format!("{done}; {coverage} places in the code reached")
}

/// What was wrong, from the log: what a panic said, or else what libFuzzer did.
fn fault(log: &str) -> String {
    let starts = |line: &str| line.contains("panicked at") || line.contains("ERROR: libFuzzer");
    let lines: Vec<&str> = log.lines().skip_while(|line| !starts(line)).take(SHOWN_LINES).collect();
    lines.join("\n")
}

fn sources() -> PathBuf {
    workspace::root().join("fuzz")
}

fn folder() -> PathBuf {
    workspace::target().join("fuzz")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Options, Failure> {
        Options::parse(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn every_target_has_its_program_and_seeds() {
        let manifest = fs::read_to_string(sources().join("Cargo.toml")).expect("it can be read");
        let mut programs: Vec<&str> = manifest.split("[[bin]]\nname = \"").skip(1).collect();
        programs.iter_mut().for_each(|program| *program = program.split('"').next().unwrap_or_default());
        assert_eq!(programs.len(), TARGETS.len());
        for target in TARGETS {
            assert!(programs.contains(&target), "{target} is in fuzz/Cargo.toml");
            let seeds = fs::read_dir(sources().join("seeds").join(target)).expect("it has seeds");
            assert!(seeds.count() > 2, "{target}");
        }
    }

    #[test]
    fn options_are_read() {
        let all = |seconds| Options { targets: TARGETS.to_vec(), seconds };
        assert_eq!(parse(&[]).ok(), Some(all(SECONDS)));
        assert_eq!(parse(&["--seconds", "5"]).ok(), Some(all(5)));
        assert_eq!(parse(&["tags", "link"]).ok(), Some(Options { targets: vec!["tags", "link"], seconds: SECONDS }));
        for wrong in [&["--seconds"][..], &["--seconds", "0"], &["--seconds", "x"], &["other"], &["--jobs"]] {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_log_is_shortened() {
        let log = "#1 INITED cov: 7 ft: 9\n#9 DONE   cov: 42 ft: 99 corp: 1\nDone 9 runs in 2 second(s)\n";
        assert_eq!(summary(log), "Done 9 runs in 2 second(s); 42 places in the code reached");
        let log =
            "#1 INITED\nthread '<unnamed>' panicked at a.rs:1:2:\nit is wrong\n==1== ERROR: libFuzzer: deadly signal\n";
        assert!(fault(log).starts_with("thread '<unnamed>' panicked at a.rs:1:2:\nit is wrong"));
        assert_eq!(fault("==1== ERROR: libFuzzer: timeout"), "==1== ERROR: libFuzzer: timeout");
    }
}
