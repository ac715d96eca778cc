//! What is measured: pipes of `tar` and `zstd`, and Dockrev's own crate in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};

use dockrev_backup::{
    BackupRequest, Consistency, Control, OnChange, Place, ReadBy, Snapshot, TargetKind, TargetSource,
};
use dockrev_testkit::program;

use super::tree::Tree;
use crate::failure::Failure;
use crate::measure::{self, Usage};

/// The hidden commands that run Dockrev's own: `backup-take TREE BASE` and `backup-restore ARTIFACT PLACE`.
pub(crate) const TAKE: &str = "backup-take";
pub(crate) const RESTORE: &str = "backup-restore";

/// What the tree is called in an artifact.
const TARGET: &str = "tree";

/// What is done, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Way {
    /// `tar | zstd`.
    BareBackup,
    /// The same, synced, with a checksum, and read back.
    CarefulBackup,
    /// Dockrev's.
    Backup,
    /// `zstd -d | tar -x`.
    BareRestore,
    /// The same after its checksum and content were tested, and synced.
    CarefulRestore,
    /// Dockrev's.
    Restore,
}

impl Way {
    pub(super) const ALL: [Self; 6] =
        [Self::BareBackup, Self::CarefulBackup, Self::Backup, Self::BareRestore, Self::CarefulRestore, Self::Restore];
}

/// What one run took, and how large its archive is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub(super) usage: Usage,
    pub(super) archive_bytes: u64,
}

/// Where everything is.
pub(super) struct Subjects<'a> {
    scratch: &'a Path,
    tree: &'a Tree,
    this: PathBuf,
}

impl<'a> Subjects<'a> {
    pub(super) fn new(scratch: &'a Path, tree: &'a Tree) -> Result<Self, Failure> {
        for tool in ["tar", "zstd", "bash"] {
            program::need(tool, tool)?;
        }
        let this = std::env::current_exe().map_err(Failure::of("could not find this program's own file"))?;
        Ok(Self { scratch, tree, this })
    }

    /// Does it once. What it makes stays for whoever reads it next.
    pub(super) fn measure(&self, way: Way) -> Result<Run, Failure> {
        let archive = self.scratch.join("bare.tar.zst");
        let (from, place) = (self.tree.root.display(), self.scratch.join("restored"));
        let (file, to) = (archive.display(), place.display());
        let bare = format!("tar -C {from} -cf - . | zstd -q -f -T0 -3 -o {file}");
        let back = format!("zstd -q -d -c {file} | tar -C {to} -xf -");
        self.settle(way, &place)?;
        let (usage, archive) = match way {
            Way::BareBackup => (self.shell(&bare)?, archive),
            Way::CarefulBackup => {
                let careful = format!("{bare} && sync {file} && sha256sum {file} >{file}.sha256 && zstd -q -t {file}");
                (self.shell(&careful)?, archive)
            }
            Way::Backup => (self.own(TAKE, &self.tree.root, &self.base())?, self.artifact()?),
            Way::BareRestore => (self.shell(&back)?, archive),
            Way::CarefulRestore => {
                let careful =
                    format!("sha256sum --status -c {file}.sha256 && zstd -q -t {file} && {back} && sync -f {to}");
                (self.shell(&careful)?, archive)
            }
            Way::Restore => {
                let artifact = self.artifact()?;
                (self.own(RESTORE, &artifact, &place)?, artifact)
            }
        };
        if matches!(way, Way::BareRestore | Way::CarefulRestore | Way::Restore) {
            self.compare(&place)?;
        }
        let archive_bytes = fs::metadata(&archive).map_err(Failure::of("could not look at an archive"))?.len();
        Ok(Run { usage, archive_bytes })
    }

    /// Clears what the last one left, and waits until the disk has nothing more to do.
    fn settle(&self, way: Way, place: &Path) -> Result<(), Failure> {
        let clear = |path: &Path| match fs::remove_dir_all(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        };
        let cleared = match way {
            Way::BareBackup | Way::CarefulBackup => Ok(()),
            Way::Backup => clear(&self.base()),
            Way::BareRestore | Way::CarefulRestore | Way::Restore => {
                clear(place).and_then(|()| fs::create_dir_all(place))
            }
        };
        cleared.map_err(Failure::of("could not clear a folder"))?;
        self.shell("sync").map(drop)
    }

    fn base(&self) -> PathBuf {
        self.scratch.join("backups")
    }

    fn artifact(&self) -> Result<PathBuf, Failure> {
        let listed = dockrev_backup::list(&self.base()).map_err(Failure::of("could not list the artifacts"))?;
        listed.into_iter().next().map(|one| one.path).ok_or_else(|| Failure::new("there is no artifact"))
    }

    fn shell(&self, line: &str) -> Result<Usage, Failure> {
        let line = format!("set -e -o pipefail; {line}");
        let path = std::env::var("PATH").unwrap_or_default();
        let measured = measure::program(Path::new("/bin/bash"), &["-c", &line], &[("PATH", &path)], self.scratch)?;
        Ok(measured.usage)
    }

    fn own(&self, command: &str, from: &Path, to: &Path) -> Result<Usage, Failure> {
        let (from, to) = (from.display().to_string(), to.display().to_string());
        Ok(measure::program(&self.this, &[command, &from, &to], &[], self.scratch)?.usage)
    }

    /// That nobody was fast by leaving something out.
    fn compare(&self, place: &Path) -> Result<(), Failure> {
        let (from, to) = (self.tree.root.display(), place.display());
        self.shell(&format!("diff -rq {from} {to}")).map(drop)
    }
}

/// Takes a backup of a tree.
pub(crate) fn take(arguments: &[String]) -> Result<(), Failure> {
    let [tree, base] = arguments else { return Err(Failure::new("not a command for people")) };
    let source = TargetSource {
        name: TARGET.to_owned(),
        kind: TargetKind::Volume,
        source: TARGET.to_owned(),
        services: Vec::new(),
        consistency: Consistency::Running,
        read: ReadBy::Directly,
        path: PathBuf::from(tree),
    };
    let snapshot = Snapshot {
        stack: dockrev_core::ids::StackName::new("bench"),
        created: jiff::Timestamp::now(),
        dockrev: env!("CARGO_PKG_VERSION").to_owned(),
        targets: vec![source],
        on_change: OnChange::Fail,
    };
    let request = BackupRequest { base: PathBuf::from(base), expected_bytes: None, snapshot };
    dockrev_backup::backup(request, &Control::new()).map(drop).map_err(Failure::of("could not take a backup"))
}

/// Puts it back.
pub(crate) fn restore(arguments: &[String]) -> Result<(), Failure> {
    let [artifact, place] = arguments else { return Err(Failure::new("not a command for people")) };
    let place = Place { target: TARGET.to_owned(), into: PathBuf::from(place) };
    let restored = dockrev_backup::restore(Path::new(artifact), &[place], &Control::new());
    restored.map(drop).map_err(Failure::of("could not restore"))
}
