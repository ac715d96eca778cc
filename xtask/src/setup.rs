mod packages;
mod suite;

use std::process::Command;

use dockrev_testkit::{Compose, program, suite_prefix};

use crate::failure::Failure;
use crate::step;

/// The target that plugins are built for.
pub(crate) const WASM_TARGET: &str = "wasm32-wasip2";

/// How much is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// What building and the demo need.
    Demo,
    /// What the tests need besides: both lines of Compose, and a browser.
    Tests,
    /// Also a newer engine, to run the tests on.
    Matrix,
}

impl Level {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::Demo),
            [one] if one == "--tests" => Ok(Self::Tests),
            [one] if one == "--matrix" => Ok(Self::Matrix),
            _ => Err(Failure::new("`setup` takes nothing, `--tests` or `--matrix`")),
        }
    }
}

/// Installs what is missing, and says so before.
pub(crate) fn run(level: Level) -> Result<(), Failure> {
    add_wasm_target()?;
    packages::install_missing()?;
    if level >= Level::Tests {
        packages::install_missing_for_the_browser()?;
        add_compose_v2()?;
    }
    if level >= Level::Matrix {
        add_newer_engine()?;
    }
    println!("Everything needed is here.");
    Ok(())
}

/// Installs what the tests of the API with made-up requests need, and says so before.
pub(crate) fn for_the_api() -> Result<(), Failure> {
    packages::install_missing_for_the_api()
}

/// Installs what fuzzing needs, and says so before.
pub(crate) fn for_fuzzing() -> Result<(), Failure> {
    packages::install_missing_for_fuzzing()
}

fn add_wasm_target() -> Result<(), Failure> {
    let sysroot =
        program::output(Command::new("rustc").args(["--print", "sysroot"]).current_dir(crate::workspace::root()))?;
    if std::path::Path::new(sysroot.trim()).join("lib/rustlib").join(WASM_TARGET).is_dir() {
        return Ok(());
    }
    println!("Missing: the Rust target {WASM_TARGET}, which plugins are built for. It is added with rustup:");
    if program::find("rustup").is_none() {
        return Err(Failure::new(format!(
            "`rustup` was not found: install the target {WASM_TARGET} the way Rust itself was installed"
        )));
    }
    step::command(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(crate::workspace::root()))
}

fn add_compose_v2() -> Result<(), Failure> {
    if Compose::v2().is_some() {
        return Ok(());
    }
    if !suite::is_possible() {
        println!("Compose v2 is not here and cannot be unpacked on this system: tests use the other Compose only.");
        return Ok(());
    }
    let prefix = suite_prefix("compose");
    println!(
        "Missing: Compose v2. It is unpacked to {} from Debian {}; nothing is installed.",
        prefix.display(),
        suite::NAME
    );
    suite::unpack(&["docker-compose"], &prefix)?;
    match Compose::v2() {
        Some(compose) => {
            println!("Compose {} is in {}.", compose.version(), prefix.display());
            Ok(())
        }
        None => Err(Failure::new(format!("the Compose unpacked to `{}` does not run", prefix.display()))),
    }
}

fn add_newer_engine() -> Result<(), Failure> {
    let prefix = suite_prefix("engine");
    if prefix.join("usr/sbin/dockerd").is_file() || !suite::is_possible() {
        return Ok(());
    }
    println!(
        "Missing: a newer engine. It is unpacked to {} from Debian {}; nothing is installed.",
        prefix.display(),
        suite::NAME
    );
    // Not its `runc`, which needs a newer C library than this system may have; this system's own serves as well.
    suite::unpack(&["docker.io", "docker-cli", "containerd"], &prefix)?;
    let version = program::output(Command::new(prefix.join("usr/sbin/dockerd")).arg("--version"))?;
    println!("{} is in {}.", version.trim(), prefix.display());
    Ok(())
}
