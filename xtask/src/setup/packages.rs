//! System packages, by the programs that are needed from them.

use std::path::Path;
use std::process::Command;

use dockrev_testkit::{Compose, Engine, busybox, program};

use crate::failure::Failure;
use crate::step;

/// Something that is needed, and the Debian packages that have it: the first that the system knows is taken.
struct Need {
    is_here: fn() -> bool,
    packages: &'static [&'static str],
}

/// Needed in any case.
const ALWAYS: [Need; 8] = [
    Need { is_here: || has("docker"), packages: &["docker-cli", "docker.io"] },
    Need { is_here: || Compose::any().is_ok(), packages: &["docker-compose"] },
    Need { is_here: || has("docker-registry"), packages: &["docker-registry"] },
    Need { is_here: || busybox().is_ok(), packages: &["busybox-static"] },
    Need { is_here: || has("htpasswd"), packages: &["apache2-utils"] },
    Need { is_here: || has("sqlite3"), packages: &["sqlite3"] },
    Need { is_here: || has("openssl"), packages: &["openssl"] },
    Need { is_here: || Path::new("/etc/ssl/certs/ca-certificates.crt").exists(), packages: &["ca-certificates"] },
];

/// Needed to run an engine of our own, where none answers.
const FOR_AN_ENGINE: [Need; 4] = [
    Need { is_here: || has("dockerd"), packages: &["docker.io"] },
    Need { is_here: || has("iptables"), packages: &["iptables"] },
    Need { is_here: || has("ip"), packages: &["iproute2"] },
    Need { is_here: || has("tini"), packages: &["tini"] },
];

/// Needed to use the page as people do.
const FOR_THE_BROWSER: [Need; 1] =
    [Need { is_here: || has("chromium") || has("chromium-browser") || has("google-chrome"), packages: &["chromium"] }];

/// Needed for what makes up requests to the API.
const FOR_THE_API: [Need; 1] = [Need {
    is_here: || program::output(Command::new("python3").args(["-c", "import ensurepip, venv"])).is_ok(),
    packages: &["python3-venv"],
}];

/// Needed to build the fuzz targets: libFuzzer is written in C++.
const FOR_FUZZING: [Need; 1] =
    [Need { is_here: || std::env::var_os("CXX").is_some() || has("c++"), packages: &["g++"] }];

/// Installs the packages of what is missing; where that is not possible, fails with the command to run.
pub(super) fn install_missing() -> Result<(), Failure> {
    let mut missing: Vec<&Need> = ALWAYS.iter().filter(|need| !(need.is_here)()).collect();
    // An engine that runs may come from another source, with which these packages would not agree.
    if Engine::found().is_none() {
        missing.extend(FOR_AN_ENGINE.iter().filter(|need| !(need.is_here)()));
    }
    install_all(&missing)
}

/// The same for what makes up requests to the API.
pub(super) fn install_missing_for_the_api() -> Result<(), Failure> {
    let missing: Vec<&Need> = FOR_THE_API.iter().filter(|need| !(need.is_here)()).collect();
    install_all(&missing)
}

/// The same for what the page's tests need.
pub(super) fn install_missing_for_the_browser() -> Result<(), Failure> {
    let missing: Vec<&Need> = FOR_THE_BROWSER.iter().filter(|need| !(need.is_here)()).collect();
    install_all(&missing)
}

/// The same for what fuzzing needs.
pub(super) fn install_missing_for_fuzzing() -> Result<(), Failure> {
    let missing: Vec<&Need> = FOR_FUZZING.iter().filter(|need| !(need.is_here)()).collect();
    install_all(&missing)
}

fn install_all(missing: &[&Need]) -> Result<(), Failure> {
    if missing.is_empty() {
        return Ok(());
    }
    let is_known = |need: &&Need| need.packages.iter().any(|package| is_known(package));
    let can_install = program::find("apt-get").is_some();
    if !can_install || !is_root()? {
        let packages = chosen(missing).join(" ");
        return Err(Failure::new(format!(
            "some system packages are missing. On Debian or Ubuntu run, as root:\n  apt-get update && apt-get install \
             --no-install-recommends {packages}\nElsewhere install what they contain, then run this again"
        )));
    }
    let mut is_fresh = false;
    if !missing.iter().all(is_known) {
        update()?;
        is_fresh = true;
    }
    let packages = chosen(missing);
    println!("Missing system packages, installed now: {}", packages.join(" "));
    match (install(&packages), is_fresh) {
        (Err(_), false) => {
            println!("That failed, maybe because the package lists are old; again with new ones.");
            update()?;
            install(&packages)?;
        }
        (result, _) => result?,
    }
    match missing.iter().find(|need| !(need.is_here)()) {
        Some(need) => Err(Failure::new(format!(
            "{} was installed, and what it is needed for is still missing",
            need.packages.join(" or ")
        ))),
        None => Ok(()),
    }
}

fn has(name: &str) -> bool {
    program::find(name).is_some()
}

/// The first package of each need that the system knows, each once.
fn chosen(missing: &[&Need]) -> Vec<&'static str> {
    let mut packages: Vec<&'static str> = missing
        .iter()
        .filter_map(|need| need.packages.iter().find(|package| is_known(package)).or(need.packages.last()))
        .copied()
        .collect();
    packages.sort_unstable();
    packages.dedup();
    packages
}

fn is_known(package: &str) -> bool {
    program::output(Command::new("apt-cache").args(["policy", package]))
        .is_ok_and(|text| text.contains("Candidate:") && !text.contains("Candidate: (none)"))
}

fn is_root() -> Result<bool, Failure> {
    Ok(program::output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn update() -> Result<(), Failure> {
    step::command(Command::new("apt-get").args(["--quiet=2", "update"]))
}

fn install(packages: &[&str]) -> Result<(), Failure> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command.args(["--quiet=2", "--yes", "--no-install-recommends", "install"]).args(packages);
    step::command(&mut command)
}
