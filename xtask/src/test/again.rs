//! Tests that failed beside others are run once more, alone: two processors that carry engines, registries and compilers
//! make a wait too short now and then. What fails twice has failed; what passes alone is named, so that it gets mended.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;

use dockrev_testkit::program;

use crate::failure::Failure;

/// More failed tests than these are no accident.
const SECOND_CHANCES_MAX: usize = 3;

/// What a run of `cargo test` printed of failures.
#[derive(Debug, Default, PartialEq, Eq)]
struct Failed {
    /// Names of tests.
    tests: BTreeSet<String>,
    /// How `cargo test` is told which binaries they are in, such as `--workspace --test it`.
    targets: BTreeSet<String>,
}

/// Runs `first`, and what failed in it once more, alone, by `again`, which is given the arguments of `cargo test`.
pub(super) fn run(first: &mut Command, again: impl Fn(&[&str]) -> Command) -> Result<(), Failure> {
    let words = program::words(first);
    println!("$ {words}");
    let (success, failed) = watch(first).map_err(Failure::of(format!("could not run `{words}`")))?;
    if success {
        return Ok(());
    }
    if failed.tests.is_empty() || failed.tests.len() > SECOND_CHANCES_MAX {
        return Err(Failure::new(format!("`{words}` failed")));
    }
    let mut missing = failed.tests.clone();
    for target in &failed.targets {
        let mut arguments: Vec<&str> = target.split(' ').collect();
        arguments.extend(["--", "--exact", "--test-threads", "1"]);
        arguments.extend(failed.tests.iter().map(String::as_str));
        let mut command = again(&arguments);
        println!("$ {}", program::words(&command));
        let output = command.output().map_err(Failure::of("could not run the tests again"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        print!("{text}");
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        if !output.status.success() {
            return Err(Failure::new(format!("failed again, alone, in `{target}`")));
        }
        missing.retain(|name| !text.lines().any(|line| line == format!("test {name} ... ok")));
    }
    match missing.first() {
        Some(name) => Err(Failure::new(format!("`{name}` failed and could not be run again"))),
        None => {
            for name in &failed.tests {
                println!("UNSTEADY: {name} failed beside others and passed alone");
            }
            Ok(())
        }
    }
}

/// Runs `command`, passes its output on, and reads the failures in it.
fn watch(command: &mut Command) -> std::io::Result<(bool, Failed)> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let read_out = thread::spawn(move || read(out, |line| println!("{line}")));
    let mut failed = read(err, |line| eprintln!("{line}"));
    let of_out = read_out.join().unwrap_or_default();
    failed.tests.extend(of_out.tests);
    failed.targets.extend(of_out.targets);
    Ok((child.wait()?.success(), failed))
}

fn read(from: Option<impl Read>, show: impl Fn(&str)) -> Failed {
    let mut failed = Failed::default();
    let Some(from) = from else { return failed };
    for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        show(&line);
        failed.note(&line);
    }
    failed
}

impl Failed {
    fn note(&mut self, line: &str) {
        if let Some(name) = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED")) {
            self.tests.insert(name.to_owned());
        }
        if let Some(target) = line.strip_prefix("error: test failed, to rerun pass `") {
            self.targets.insert(of_workspace(target.trim_end_matches('`')));
        }
    }
}

/// The target in all of the workspace: with one package, its dependencies would be built once more with fewer features.
fn of_workspace(target: &str) -> String {
    let mut words = target.split(' ');
    match words.next() {
        Some("-p") => ["--workspace"].into_iter().chain(words.skip(1)).collect::<Vec<_>>().join(" "),
        _ => target.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prints what `cargo test` does, with `script` in its place.
    fn cargo(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script, "cargo"]);
        command
    }

    const FAILS: &str =
        "echo 'test a::b ... FAILED'; echo 'error: test failed, to rerun pass `-p x --test it`' >&2; exit 101";

    fn ends(first: &str, second: &str) -> Result<(), String> {
        run(&mut cargo(first), |arguments| {
            assert_eq!(arguments.join(" "), "--workspace --test it -- --exact --test-threads 1 a::b");
            cargo(second)
        })
        .map_err(|failure| failure.to_string())
    }

    #[test]
    fn what_fails_twice_has_failed() {
        assert_eq!(ends("exit 0", "exit 1"), Ok(()));
        assert_eq!(ends(FAILS, "echo 'test a::b ... ok'"), Ok(()));
        assert!(ends(FAILS, FAILS).unwrap_err().contains("failed again"));
        assert!(ends(FAILS, "echo 'running 0 tests'").unwrap_err().contains("could not be run again"));
        assert!(ends("exit 101", "exit 0").is_err(), "tests that could not be built have no second chance");
        let many = "for i in 1 2 3 4; do echo \"test t$i ... FAILED\"; done; exit 101";
        assert!(ends(many, "exit 0").is_err(), "so many are no accident");
    }
}
