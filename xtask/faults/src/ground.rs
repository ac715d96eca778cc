//! Where trials take place: an engine and disks that nothing else uses.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use dockrev_testkit::{App, Auth, Compose, Engine, Mode, PrivateEngine, Pushed, Registry, directory};
use rustix::mount::{UnmountFlags, unmount};

use crate::Failure;
use crate::tmpfs::Tmpfs;

/// What the folder of a ground begins with; the process's id and a number follow.
const PREFIX: &str = "f";
/// The folder for a volume that the engine mounts from elsewhere.
const BOUND: &str = "v";
/// Size of the engine's disk: images, and what overlays and the engine's own databases take.
const ENGINE_MIB: u32 = 768;
/// Size of the disk for the data folder, the compiled plugins among it.
const DATA_MIB: u32 = 192;
/// Size of the disk for backups.
const BACKUPS_MIB: u32 = 192;
/// The repository that all versions are pushed to.
pub(crate) const REPOSITORY: &str = "faults/app";
/// The image of the services that are not updated.
pub(crate) const BYSTANDER: &str = "faults/bystander:1.0";

/// A registry with the versions that trials update to. One for all grounds.
#[derive(Debug)]
pub struct Store {
    registry: Registry,
}

/// A version of the app.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its tag.
    pub tag: String,
    /// What its data is written as: older is migrated, newer is refused.
    pub schema: u32,
    /// The image.
    pub image: Pushed,
}

impl Store {
    /// Starts a registry and pushes what the bystanders run.
    pub fn start() -> Result<Self, Failure> {
        let registry = Registry::start(Auth::Plain)?;
        let (name, tag) = BYSTANDER.split_once(':').unwrap_or((BYSTANDER, "1.0"));
        registry.client().push(name, tag, &App::new(tag, Mode::Healthy).build()?)?;
        Ok(Self { registry })
    }

    /// Pushes version `1.schema`, which migrates older data and then behaves as `mode` says.
    pub fn push(&self, schema: u32, mode: Mode) -> Result<Version, Failure> {
        let sick = if mode == Mode::Healthy { "" } else { "0" };
        let tag = format!("1.{schema}{sick}");
        let image = self.registry.client().push(REPOSITORY, &tag, &App::new(&tag, mode).records(schema).build()?)?;
        Ok(Version { tag, schema, image })
    }

    pub(crate) fn host(&self) -> String {
        self.registry.host()
    }
}

/// An engine and disks that nothing else uses. Gone when it is dropped.
#[derive(Debug)]
pub struct Ground {
    pub(crate) engine: Arc<Engine>,
    pub(crate) compose: Compose,
    /// Where `dockrev` is.
    pub(crate) program: PathBuf,
    pub(crate) plugins: PathBuf,
    pub(crate) data: Tmpfs,
    pub(crate) backups: Tmpfs,
    // Last: the others lie on it.
    pub(crate) disk: Tmpfs,
}

impl Ground {
    /// Prepares a ground for this `dockrev`, a debug build, with these plugins.
    pub fn prepare(program: &Path, plugins: &Path, compose: Compose) -> Result<Self, Failure> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = directory().join(format!("{PREFIX}{}-{number}", std::process::id()));
        let disk = Tmpfs::at(&folder, ENGINE_MIB)?;
        let data = Tmpfs::at(&folder.join("d"), DATA_MIB)?;
        let backups = Tmpfs::at(&folder.join("b"), BACKUPS_MIB)?;
        fs::create_dir(folder.join(BOUND)).map_err(Failure::of("could not make a folder"))?;
        // Containers outlive the daemon: what becomes of them else is not for an update to mend.
        let engine = Arc::new(PrivateEngine::below(&folder, "m")?.flag("--live-restore").start()?);
        Ok(Self { engine, compose, program: program.to_owned(), plugins: plugins.to_owned(), data, backups, disk })
    }

    /// Removes what runs that were killed left behind.
    pub fn remove_dead() {
        let Ok(entries) = fs::read_dir(directory()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|name| name.split_once('-'));
            let is_dead = id.is_some_and(|(id, _)| {
                id.parse::<u32>().is_ok_and(|id| !Path::new("/proc").join(id.to_string()).exists())
            });
            if is_dead {
                // Another run may be at it, too.
                let _ = PrivateEngine::wipe_all_below(&entry.path());
                for disk in [entry.path().join("d"), entry.path().join("b"), entry.path()] {
                    let _ = unmount(&disk, UnmountFlags::DETACH);
                }
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// A folder for a volume that the engine mounts from elsewhere.
    pub(crate) fn bound(&self) -> PathBuf {
        self.disk.folder().join(BOUND)
    }

    /// A path for a socket.
    pub(crate) fn socket(&self, name: &str) -> PathBuf {
        self.disk.folder().join(name)
    }

    /// Removes all containers, volumes, and journals, but not the compiled plugins.
    pub fn clear(&self) -> Result<(), Failure> {
        for (list, remove) in [
            (&["ps", "--all", "--quiet"][..], &["rm", "--force", "--volumes"][..]),
            (&["volume", "ls", "--quiet"], &["volume", "rm", "--force"]),
            (&["images", "--quiet", "--no-trunc"], &["rmi", "--force"]),
        ] {
            let found = self.engine.run(list)?;
            let mut found: Vec<&str> = found.split_whitespace().collect();
            found.sort_unstable();
            found.dedup();
            if !found.is_empty() {
                self.engine.run(&[remove, &found].concat())?;
            }
        }
        self.engine.run(&["network", "prune", "--force"])?;
        for (folder, kept) in [(self.data.folder(), &["cache"][..]), (self.backups.folder(), &[]), (&self.bound(), &[])]
        {
            let entries = fs::read_dir(folder).map_err(Failure::of("could not read a disk"))?;
            for entry in entries.flatten().filter(|entry| kept.iter().all(|kept| entry.file_name() != *kept)) {
                let path = entry.path();
                let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                removed.map_err(Failure::of(format!("could not remove `{}`", path.display())))?;
            }
        }
        Ok(())
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = self.engine.wipe();
    }
}
