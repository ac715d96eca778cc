//! Where things are in this repository.

use std::path::{Path, PathBuf};
use std::process::Command;

use dockrev_testkit::program;
use serde_json::Value;

use crate::failure::Failure;

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) if !folder.is_empty() => root().join(folder),
        _ => root().join("target"),
    }
}

/// Cargo, run in the repository's folder.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).args(arguments);
    // What `cargo run` sets for us would make the inner cargo build some crates again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// A build of `dockrev` as the tests have it. What they need besides gives its dependencies more features than it needs
/// alone: built by itself, all of them, the WebAssembly runtime among them, would be built once more.
pub(crate) fn build_as_tested() -> Command {
    cargo(&["test", "--workspace", "--no-run", "--test", "it"])
}

/// Where [`build_as_tested`] puts it.
pub(crate) fn tested_program() -> PathBuf {
    target().join("debug/dockrev")
}

/// A build of programs of the workspace, always with the whole workspace's features: those of one package are fewer, and
/// what depends on them would be built once more.
pub(crate) fn build(programs: &[&str]) -> Command {
    let mut command = cargo(&["build", "--workspace"]);
    for program in programs {
        command.args(["--bin", program]);
    }
    command
}

/// Removes a folder with all that is in it; it need not be there.
pub(crate) fn remove_folder(folder: &Path) -> Result<(), Failure> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("could not remove `{}`: {error}", folder.display())))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What `cargo metadata` says with these arguments besides.
pub(crate) fn metadata(arguments: &[&str]) -> Result<Value, Failure> {
    let mut command = cargo(&["metadata", "--format-version", "1"]);
    let text = program::output(command.args(arguments))?;
    serde_json::from_str(&text).map_err(Failure::of("could not read the answer of `cargo metadata`"))
}
