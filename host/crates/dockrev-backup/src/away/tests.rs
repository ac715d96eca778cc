use crate::{BackupFolder, Reach};
use async_trait::async_trait;
use dockrev_core::backup::{ArtifactName, Choice, Consistency, DataPlace, DataTarget, PlannedTarget, TargetName};
use dockrev_core::ids::StackName;
use dockrev_core::job::LogLine;
use dockrev_core::ports::{
    CancelFlag, Errand, Helper, HostError, LogSink, More, Output, RestoreItem, Vault, VaultError,
};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// Does errands in this process, where the data is after all.
#[derive(Default)]
struct Beside {
    fault: Option<Fault>,
    errands: Mutex<Vec<Errand>>,
    cleared: Mutex<Vec<Option<StackName>>>,
}

#[derive(Clone, Copy)]
enum Fault {
    /// The engine cannot run it.
    Refused,
    /// It dies when it has written so many bytes.
    DiesAt(usize),
    /// It does its work, and nobody hears the first so many.
    Unheard(usize),
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Helper for Beside {
    async fn run(&self, errand: &Errand, out: &mut dyn Output) -> Result<(), HostError> {
        self.errands.lock().unwrap().push(errand.clone());
        out.begins();
        if matches!(self.fault, Some(Fault::Refused)) {
            let (action, subject, reason) = ("make a helper for", "shop".to_owned(), "no space left".to_owned());
            return Err(HostError::EngineRefused { action, subject, reason });
        }
        let mut task = errand.arguments[1].clone();
        for mount in &errand.mounts {
            task = task.replace(&mount.at.display().to_string(), &mount.place.path().display().to_string());
        }
        if let Some(folder) = errand.files.first().and_then(|file| file.parent()) {
            task = task.replace("/in/", &format!("{}/", folder.display()));
        }
        let (copy, says) = (Buffer::default(), Buffer::default());
        let work = (copy.clone(), says.clone());
        tokio::task::spawn_blocking(move || crate::errand::run(&task, work.0, work.1)).await.unwrap();
        let (copy, says) = (copy.0.lock().unwrap().clone(), says.0.lock().unwrap().clone());
        let done = self.errands.lock().unwrap().len();
        let dies_at = match self.fault {
            Some(Fault::DiesAt(bytes)) => Some(bytes),
            Some(Fault::Unheard(errands)) if done <= errands => Some(usize::MAX),
            Some(Fault::Refused | Fault::Unheard(_)) | None => None,
        };
        for piece in copy[..dies_at.unwrap_or(copy.len()).min(copy.len())].chunks(1000) {
            if out.data(piece).await == More::Unwanted {
                return Ok(());
            }
        }
        if dies_at.is_none() {
            for line in String::from_utf8(says).unwrap().lines() {
                if out.line(line) == More::Unwanted {
                    break;
                }
            }
        }
        Ok(())
    }

    async fn clear(&self, owner: Option<&StackName>) -> Result<(), HostError> {
        self.cleared.lock().unwrap().push(owner.cloned());
        Ok(())
    }
}

struct Log;

impl LogSink for Log {
    fn line(&self, _: LogLine) {}
}

/// A volume with two files and a single file of the machine, none of which is within reach.
struct World {
    folder: TempDir,
    vault: BackupFolder,
    helper: Arc<Beside>,
}

impl World {
    fn with(fault: Option<Fault>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("volume")).unwrap();
        fs::write(folder.path().join("volume/a"), "old a").unwrap();
        fs::write(folder.path().join("volume/b"), vec![7; 100_000]).unwrap();
        fs::create_dir(folder.path().join("etc")).unwrap();
        fs::write(folder.path().join("etc/app.conf"), "old conf").unwrap();
        fs::write(folder.path().join("etc/other"), "nobody's").unwrap();
        let helper = Arc::new(Beside { fault, ..Beside::default() });
        let vault = BackupFolder::new(folder.path().join("backups"), Reach::Elsewhere);
        Self { vault: vault.with_helper(Arc::clone(&helper) as _), folder, helper }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn volume(&self) -> DataTarget {
        let place = DataPlace::Volume { name: "shop_db".to_owned(), path: self.path("volume"), is_on_demand: false };
        DataTarget { name: TargetName::of_volume("shop_db"), place, users: Vec::new() }
    }

    fn file(&self) -> DataTarget {
        let path = self.path("etc/app.conf");
        DataTarget { name: TargetName::of_bind(&path), place: DataPlace::Bind { path }, users: Vec::new() }
    }

    fn planned(&self) -> Vec<PlannedTarget> {
        let taken = || Choice::Taken { bytes: Some(1), consistency: Consistency::Stop, goes_back: true };
        [self.volume(), self.file()].map(|target| PlannedTarget { target, choice: taken() }).to_vec()
    }

    async fn write(&self) -> Result<ArtifactName, VaultError> {
        let name: ArtifactName = "shop/20260131-235959Z.tar.zst".parse().unwrap();
        let written = self.vault.write(&name, &self.planned(), &CancelFlag::default(), &Log).await;
        written.map(|artifact| artifact.name)
    }

    /// Files of the backups' folder.
    fn kept(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path("backups/shop")) else { return Vec::new() };
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn data_that_is_not_to_be_seen_is_copied_and_put_back_by_a_helper() {
    let world = World::with(None);
    assert_eq!(world.vault.measure(&world.volume(), u64::MAX).await, Ok(100_005));
    let name = world.write().await.unwrap();
    assert_eq!(world.kept(), ["20260131-235959Z.tar.zst", "20260131-235959Z.tar.zst.sha256"]);
    world.vault.verify(&name).await.unwrap();

    fs::write(world.path("volume/a"), "new a").unwrap();
    fs::write(world.path("volume/c"), "not there before").unwrap();
    fs::remove_file(world.path("volume/b")).unwrap();
    fs::write(world.path("etc/app.conf"), "new conf").unwrap();
    let items = [world.volume(), world.file()].map(RestoreItem::in_place);
    world.vault.restore(&name, &items, &Log).await.unwrap();
    assert_eq!(read(&world.path("volume/a")), "old a");
    assert_eq!(fs::read(world.path("volume/b")).unwrap().len(), 100_000);
    assert!(!world.path("volume/c").exists());
    assert_eq!(read(&world.path("etc/app.conf")), "old conf");
    assert_eq!(read(&world.path("etc/other")), "nobody's");

    let errands = world.helper.errands.lock().unwrap();
    let writes = |errand: &Errand| errand.mounts.iter().any(|mount| mount.is_writable);
    assert_eq!(errands.iter().map(writes).collect::<Vec<_>>(), [false, false, true], "only what puts back may write");
    let owners: Vec<Option<&str>> = errands.iter().map(|errand| errand.owner.as_ref().map(StackName::as_str)).collect();
    assert_eq!(owners, [None, Some("shop"), Some("shop")]);
    let folder = errands[2].mounts[1].place.path().to_owned();
    assert_eq!(folder, world.path("etc"), "a single file is replaced in its folder");
}

/// It may be half-way: it is done again, and nobody is told that nothing happened.
#[tokio::test]
async fn a_restore_that_nobody_hears_of_is_done_again() {
    for (unheard, is_settled) in [(2, true), (3, false)] {
        let world = World::with(None);
        let name = world.write().await.unwrap();
        let helper = Arc::new(Beside { fault: Some(Fault::Unheard(unheard)), ..Beside::default() });
        let vault = BackupFolder::new(world.path("backups"), Reach::Elsewhere).with_helper(Arc::clone(&helper) as _);
        fs::write(world.path("volume/a"), "new a").unwrap();
        let restored = vault.restore(&name, &[RestoreItem::in_place(world.volume())], &Log).await;
        match is_settled {
            true => assert_eq!(restored, Ok(())),
            false => assert_eq!(restored.unwrap_err().code(), "backup.unsettled"),
        }
        assert_eq!(helper.errands.lock().unwrap().len(), 3);
        assert_eq!(read(&world.path("volume/a")), "old a");
    }
}

/// A link of the engine's machine leads nowhere in a helper, so its file could not be put back.
#[tokio::test]
async fn a_file_behind_a_link_is_not_copied_by_a_helper() {
    let world = World::with(None);
    fs::rename(world.path("etc/app.conf"), world.path("real.conf")).unwrap();
    std::os::unix::fs::symlink(world.path("real.conf"), world.path("etc/app.conf")).unwrap();
    let error = world.write().await.unwrap_err();
    assert!(error.to_string().contains("is a link to a file"), "{error}");
    assert!(world.kept().is_empty());
}

#[tokio::test]
async fn a_helper_that_dies_leaves_no_backup() {
    for bytes in [0, 500, 1500] {
        let world = World::with(Some(Fault::DiesAt(bytes)));
        let error = world.write().await.unwrap_err();
        assert!(error.to_string().contains("it ended without a word"), "{error}");
        assert!(world.kept().is_empty(), "{:?}", world.kept());
    }
}

#[tokio::test]
async fn what_the_engine_refuses_is_said_with_why_a_helper_was_needed() {
    let world = World::with(Some(Fault::Refused));
    let error = world.vault.measure(&world.volume(), 1).await.unwrap_err();
    assert_eq!(error.code(), "backup.out-of-reach");
    assert_eq!(world.helper.errands.lock().unwrap().len(), 3, "it was tried again");
    let text = error.to_string();
    assert!(text.contains("the engine is on another machine") && text.contains("no space left"), "{text}");
}

#[tokio::test]
async fn what_a_helper_says_of_its_failure_is_the_failure() {
    let world = World::with(None);
    fs::remove_dir_all(world.path("volume")).unwrap();
    let error = world.write().await.unwrap_err();
    assert!(error.to_string().contains("could not read") || error.to_string().contains("No such file"), "{error}");
    assert!(world.kept().is_empty());
}

#[tokio::test]
async fn a_copy_ends_when_it_is_asked_to() {
    let world = World::with(None);
    let cancel = CancelFlag::default();
    cancel.raise();
    let name: ArtifactName = "shop/20260131-235959Z.tar.zst".parse().unwrap();
    let written = world.vault.write(&name, &world.planned(), &cancel, &Log).await;
    assert_eq!(written.unwrap_err(), VaultError::Cancelled);
    assert!(world.kept().is_empty());
    world.vault.end_work(Some(&name.stack())).await.unwrap();
    assert_eq!(*world.helper.cleared.lock().unwrap(), [Some(StackName::new("shop"))], "one may still be at work");
}

#[tokio::test]
async fn data_that_is_there_only_while_it_is_used_is_never_read_by_its_path() {
    let world = World::with(None);
    let mut target = world.volume();
    if let DataPlace::Volume { is_on_demand, .. } = &mut target.place {
        *is_on_demand = true;
    }
    let vault = BackupFolder::new(world.path("backups"), Reach::SameMachine);
    assert_eq!(vault.measure(&target, 1).await.unwrap_err().code(), "backup.out-of-reach");
    let vault = vault.with_helper(Arc::clone(&world.helper) as _);
    assert!(vault.measure(&target, u64::MAX).await.is_ok());
    assert_eq!(world.helper.errands.lock().unwrap().len(), 1);
}
