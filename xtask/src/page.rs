//! The page: built into `web/dist`, from where the program takes it in.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use dockrev_testkit::program;
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;
use crate::{step, workspace};

/// What the page is built from, below its folder.
const SOURCES: [&str; 8] =
    ["index.html", "package.json", "package-lock.json", "public", "scripts", "src", "tsconfig.json", "vite.config.ts"];
/// What is said where there is no Node.js.
const NO_NODE: &str = "`npm` was not found, which builds the page: install Node.js 20 or newer";

/// Builds it, unless it is as its sources say.
pub(crate) fn build() -> Result<(), Failure> {
    let stamp = workspace::target().join("page.stamp");
    let (is, dist) = (state()?, folder().join("dist"));
    if dist.join("index.html").exists() && fs::read_to_string(&stamp).is_ok_and(|was| was == is) {
        println!("The page is built.");
        return Ok(());
    }
    install()?;
    let is_first = !dist.exists();
    step::command(&mut npm(&["run", "build"])?)?;
    if is_first {
        // Cargo cannot watch what was not there: this has it look again.
        touch(&workspace::root().join("host/build.rs"))?;
    }
    let failed = Failure::of(format!("could not write `{}`", stamp.display()));
    fs::create_dir_all(workspace::target()).and_then(|()| fs::write(&stamp, is)).map_err(failed)
}

/// Format, lints, types, its own tests, whether its types are those of the API, and how much a browser has to load.
pub(crate) fn check() -> Result<(), Failure> {
    install()?;
    for script in ["lint", "gen:check", "test", "size"] {
        step::command(&mut npm(&["run", script])?)?;
    }
    Ok(())
}

/// A script of the page's package, to be run.
pub(crate) fn script(name: &str) -> Result<Command, Failure> {
    npm(&["run", "--silent", name])
}

/// Installs its packages as the lock file says, unless that was done.
fn install() -> Result<(), Failure> {
    let modified = |path: &str| fs::metadata(folder().join(path)).and_then(|file| file.modified()).ok();
    // npm writes the second one when it is done.
    let (lock, installed) = (modified("package-lock.json"), modified("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= lock {
        return Ok(());
    }
    println!("The page's packages are installed below web/node_modules.");
    step::command(&mut npm(&["ci", "--no-audit", "--no-fund"])?)
}

fn npm(arguments: &[&str]) -> Result<Command, Failure> {
    let npm = program::find("npm").ok_or_else(|| Failure::new(NO_NODE))?;
    let mut command = Command::new(npm);
    command.current_dir(folder()).args(arguments);
    Ok(command)
}

fn folder() -> PathBuf {
    workspace::root().join("web")
}

/// A hash of all sources.
fn state() -> Result<String, Failure> {
    let mut files = Vec::new();
    for source in SOURCES {
        collect(&folder().join(source), &mut files).map_err(Failure::of(format!("could not read `web/{source}`")))?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        let content = fs::read(&file).map_err(Failure::of(format!("could not read `{}`", file.display())))?;
        hash.update(file.display().to_string());
        hash.update(Sha256::digest(content));
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(path)? {
        collect(&entry?.path(), files)?;
    }
    Ok(())
}

fn touch(path: &Path) -> Result<(), Failure> {
    let touched = File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
    touched.map_err(Failure::of(format!("could not touch `{}`", path.display())))
}
