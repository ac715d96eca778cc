use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Engine, Error, program};

/// Folders where distributions and people put Compose v2 as a plugin of the `docker` command line. Each is a program
/// that also runs by itself.
const PLUGIN_FOLDERS: [&str; 4] = [
    "/usr/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
];

/// Newest API that Compose v1 works with: from 1.45 on, images lack a field that it reads to recreate a container.
const V1_API_MINOR_MAX: u32 = 44;

/// The two lines of Compose in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// The Python one, up to 1.29.
    V1,
    /// The Go one.
    V2,
}

/// A Compose program of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compose {
    program: PathBuf,
    generation: Generation,
    version: String,
}

impl Compose {
    /// Compose v1: `DOCKREV_TEST_COMPOSE_V1`, or `docker-compose` if that is one.
    pub fn v1() -> Option<Self> {
        Self::named_by("DOCKREV_TEST_COMPOSE_V1", Generation::V1)
    }

    /// Compose v2: `DOCKREV_TEST_COMPOSE_V2`, `docker-compose` if that is one, a plugin of the `docker` command line,
    /// or the one that `cargo xtask setup --tests` unpacked.
    pub fn v2() -> Option<Self> {
        Self::named_by("DOCKREV_TEST_COMPOSE_V2", Generation::V2)
    }

    /// Every generation that is here, the older first.
    pub fn all() -> Vec<Self> {
        [Self::v1(), Self::v2()].into_iter().flatten().collect()
    }

    /// The one that Dockrev itself takes: `DOCKREV_COMPOSE_BIN`, or `docker-compose`, or whichever is here.
    pub fn any() -> Result<Self, Error> {
        std::env::var_os("DOCKREV_COMPOSE_BIN")
            .into_iter()
            .filter_map(|value| program::find(&value.to_string_lossy()))
            .chain(program::find("docker-compose"))
            .find_map(|program| Self::at(&program))
            .or_else(Self::v2)
            .ok_or_else(|| Error::Missing { program: "docker-compose".to_owned(), package: "docker-compose" })
    }

    /// The Compose program at `path`, if it is one.
    pub fn at(path: &Path) -> Option<Self> {
        let version = program::output(Command::new(path).args(["version", "--short"])).ok()?;
        let version = version.trim().trim_start_matches('v').to_owned();
        let generation = match version.split('.').next()?.parse::<u32>().ok()? {
            1 => Generation::V1,
            _ => Generation::V2,
        };
        Some(Self { program: path.to_owned(), generation, version })
    }

    /// The program's path.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Which line it belongs to.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// Its version, such as `1.29.2`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The command for a project on `engine`.
    pub fn command(&self, engine: &Engine) -> Result<Command, Error> {
        let mut command = Command::new(&self.program);
        command.env("DOCKER_HOST", engine.host()).env_remove("DOCKER_CONTEXT").env_remove("COMPOSE_FILE");
        if self.generation == Generation::V1 {
            command.env("COMPOSE_API_VERSION", v1_api_version(&engine.api_version()?));
        }
        Ok(command)
    }

    fn named_by(variable: &str, generation: Generation) -> Option<Self> {
        let named = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
        let plugins = PLUGIN_FOLDERS.iter().map(|folder| Path::new(folder).join("docker-compose"));
        let users = std::env::var_os("HOME").map(|home| Path::new(&home).join(".docker/cli-plugins/docker-compose"));
        let unpacked = suite_prefix("compose").join("usr/libexec/docker/cli-plugins/docker-compose");
        named
            .into_iter()
            .chain(program::find("docker-compose"))
            .chain(plugins)
            .chain(users)
            .chain([unpacked])
            .filter(|path| path.is_file())
            .filter_map(|path| Self::at(&path))
            .find(|compose| compose.generation == generation)
    }
}

fn v1_api_version(engines: &str) -> String {
    match engines.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok()) {
        Some(minor) => format!("1.{}", minor.min(V1_API_MINOR_MAX)),
        None => engines.to_owned(),
    }
}

/// Where `cargo xtask setup` unpacks what it takes from a newer suite: `target/testkit/<name>` of this workspace.
pub fn suite_prefix(name: &str) -> PathBuf {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(3).unwrap_or(Path::new("."));
    workspace.join("target/testkit").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compose_v1_gets_an_api_that_it_knows() {
        for (engines, expected) in [("1.41", "1.41"), ("1.44", "1.44"), ("1.52", "1.44")] {
            assert_eq!(v1_api_version(engines), expected);
        }
    }
}
