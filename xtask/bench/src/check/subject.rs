//! The programs that are measured, and how they are started.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tempfile::TempDir;

use super::floor;
use super::found::Found;
use super::options::Options;
use crate::failure::Failure;
use crate::host::Host;
use crate::measure::{self, Usage};
use crate::registry::{Registry, Tally};

/// Whether `dockrev` still has the registry's answers of its last check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    Forgotten,
    Kept,
}

/// One run of a program.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) usage: Usage,
    pub(super) tally: Tally,
    /// Time on the processor that plugins took, as `dockrev` itself says. Absent for other programs.
    pub(super) plugin_us: Option<u64>,
}

/// What stays the same from run to run.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    registry: &'a Registry,
    host: &'a Host,
    options: &'a Options,
    this: PathBuf,
    /// Dockrev's data folder, and ours.
    folder: TempDir,
    expected: Found,
}

impl<'a> Bench<'a> {
    pub(super) fn new(registry: &'a Registry, host: &'a Host, options: &'a Options) -> Result<Self, Failure> {
        let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
        let folder = tempfile::tempdir().map_err(Failure::of("could not make a folder"))?;
        let expected = Found::expected(&registry.host(), registry.repositories());
        Ok(Self { registry, host, options, this, folder, expected })
    }

    /// The very first check on a host: no plugin is compiled and no answer is known.
    pub(super) fn first(&self) -> Result<Run, Failure> {
        eprintln!("the first check of all");
        self.forget("")?;
        self.check(Answers::Forgotten)
    }

    /// A process that loads all plugins and does nothing with them.
    pub(super) fn idle(&self) -> Result<Usage, Failure> {
        eprintln!("compiling the plugins, then loading them");
        self.dockrev(&["plugin", "list", "--json"])?;
        Ok(self.dockrev(&["plugin", "list", "--json"])?.usage)
    }

    /// A check with compiled plugins.
    pub(super) fn check(&self, answers: Answers) -> Result<Run, Failure> {
        if answers == Answers::Forgotten {
            self.forget("cache/http")?;
        }
        self.registry.take_tally();
        let measured = self.dockrev(&["check", "--json"])?;
        let tally = self.registry.take_tally();
        let document: Value =
            serde_json::from_slice(&measured.output).map_err(Failure::of("could not read what dockrev prints"))?;
        self.expected.compare(&Found::of_dockrev(&document)?, "dockrev")?;
        let plugin_us = document["effort"]["plugin_cpu_us"].as_u64();
        Ok(Run { usage: measured.usage, tally, plugin_us })
    }

    /// The bare program.
    pub(super) fn floor(&self) -> Result<Run, Failure> {
        self.registry.take_tally();
        let environment = [("DOCKER_HOST", self.host.address())];
        let measured = measure::program(&self.this, &[floor::COMMAND], &environment, self.folder.path())?;
        let tally = self.registry.take_tally();
        let found =
            serde_json::from_slice(&measured.output).map_err(Failure::of("could not read what the floor prints"))?;
        self.expected.compare(&found, "the bare program")?;
        Ok(Run { usage: measured.usage, tally, plugin_us: None })
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Removes `part` of Dockrev's data folder.
    fn forget(&self, part: &str) -> Result<(), Failure> {
        let path = self.data().join(part);
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::new(format!("could not remove `{}`: {error}", path.display())))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn dockrev(&self, arguments: &[&str]) -> Result<measure::Measured, Failure> {
        let data = self.data();
        let environment = [
            ("DOCKER_HOST", self.host.address()),
            ("DOCKREV_DATA_DIR", &data.to_string_lossy()),
            ("DOCKREV_PLUGIN_DIR", &self.options.program.plugins.to_string_lossy()),
        ];
        measure::program(&self.options.program.dockrev, arguments, &environment, self.folder.path())
    }
}
