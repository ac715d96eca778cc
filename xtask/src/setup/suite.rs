//! Packages of a newer Debian suite, unpacked into a folder of their own. Nothing is installed: the package database,
//! `/usr` and the package lists of the machine stay as they are.

use std::fs;
use std::path::Path;
use std::process::Command;

use dockrev_testkit::program;

use crate::failure::Failure;

/// The suite that is taken from.
pub(super) const NAME: &str = "trixie";

/// Signs every Debian suite.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Whether this system can do it: a Debian with its tools.
pub(super) fn is_possible() -> bool {
    Path::new(KEYRING).exists() && program::find("dpkg").is_some() && mirror().is_ok_and(|mirror| !mirror.is_empty())
}

/// Downloads `packages` of the suite and unpacks them to `prefix`.
pub(super) fn unpack(packages: &[&str], prefix: &Path) -> Result<(), Failure> {
    let work = prefix.with_extension("work");
    let list = work.join("sources.list");
    for folder in ["lists/partial", "cache/archives/partial", "packages"] {
        make_folder(&work.join(folder))?;
    }
    let source = format!("deb [signed-by={KEYRING}] {} {NAME} main\n", mirror()?);
    fs::write(&list, source).map_err(Failure::of(format!("could not write `{}`", list.display())))?;
    program::output(apt_get(&work).arg("update"))?;
    program::output(apt_get(&work).current_dir(work.join("packages")).arg("download").args(packages))?;
    // Unpacked beside the prefix and moved there when complete, so that what is there is whole.
    let unpacked = work.join("unpacked");
    let read = Failure::of(format!("could not read `{}`", work.display()));
    for package in fs::read_dir(work.join("packages")).map_err(read)?.flatten() {
        program::output(Command::new("dpkg").arg("--extract").arg(package.path()).arg(&unpacked))?;
    }
    let _ = fs::remove_dir_all(prefix);
    fs::rename(&unpacked, prefix).map_err(Failure::of(format!("could not make `{}`", prefix.display())))?;
    fs::remove_dir_all(&work).map_err(Failure::of(format!("could not remove `{}`", work.display())))
}

/// The Debian mirror that this machine uses.
fn mirror() -> Result<String, Failure> {
    let text = program::output(Command::new("apt-get").args(["indextargets", "--format", "$(LABEL) $(REPO_URI)"]))?;
    Ok(text.lines().find_map(|line| line.strip_prefix("Debian ")).unwrap_or_default().to_owned())
}

/// `apt-get` with lists and caches of its own in `work`.
fn apt_get(work: &Path) -> Command {
    let mut command = Command::new("apt-get");
    command.arg("--quiet=2");
    for (option, value) in [
        ("Dir::Etc::SourceList", work.join("sources.list").display().to_string()),
        ("Dir::Etc::SourceParts", "/dev/null".to_owned()),
        ("Dir::State::Lists", work.join("lists").display().to_string()),
        ("Dir::Cache", work.join("cache").display().to_string()),
        ("APT::Sandbox::User", "root".to_owned()),
        ("Debug::NoLocking", "1".to_owned()),
        ("Acquire::Languages", "none".to_owned()),
        ("Acquire::IndexTargets::deb::DEP-11::DefaultEnabled", "false".to_owned()),
    ] {
        command.arg(format!("-o{option}={value}"));
    }
    command
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(Failure::of(format!("could not make the folder `{}`", path.display())))
}
