//! The vault of the update pipeline: artifacts in a folder, data read and written where this process sees it.

use crate::index::{hex, read_sum};
use crate::manifest::NoteKind;
use crate::reach::Reach;
use crate::work::{blocking, on_thread, watched};
use crate::{
    Backup, BackupError, BackupRequest, Control, Index, Listed, OnChange, Place, ReadBy, Snapshot, TargetKind,
    TargetSource, away, backup, delete, list, manifest, probe, restore, verify,
};
use async_trait::async_trait;
use dockrev_core::backup::{
    Artifact, ArtifactName, ArtifactTarget, Artifacts, Choice, Consistency, DamagedArtifact, DataPlace, DataTarget,
    PlannedTarget, TargetName,
};
use dockrev_core::causes::in_full;
use dockrev_core::ids::StackName;
use dockrev_core::image::Digest;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::{CancelFlag, Helper, LogSink, RestoreItem, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Longest measuring of one target, in case nobody outside limits it.
const MEASURE_TIMEOUT: Duration = Duration::from_secs(60);
/// Seconds that are tried for a name that no artifact has.
const NAMES_TRIED: i64 = 120;
/// Notes of one target that are passed on.
const NOTES_PASSED_ON: usize = 20;

/// Artifacts below one folder.
#[derive(Clone)]
pub struct BackupFolder {
    base: PathBuf,
    reach: Reach,
    helper: Option<Arc<dyn Helper>>,
}

impl fmt::Debug for BackupFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackupFolder").field("base", &self.base).field("reach", &self.reach).finish_non_exhaustive()
    }
}

impl BackupFolder {
    /// Artifacts below `base`, which is made when it is needed, of data that is within `reach`.
    #[must_use]
    pub fn new(base: PathBuf, reach: Reach) -> Self {
        Self { base, reach, helper: None }
    }

    /// Has `helper` work on data that is not within reach.
    #[must_use]
    pub fn with_helper(mut self, helper: Arc<dyn Helper>) -> Self {
        self.helper = Some(helper);
        self
    }

    fn path(&self, name: &ArtifactName) -> PathBuf {
        self.base.join(name.as_str())
    }

    /// Where the data of `target` is, if this process sees it.
    fn within_reach(&self, target: &DataTarget) -> Result<PathBuf, Obstacle> {
        let path = target.place.path();
        let obstacle = |reason: String| Obstacle { target: target.name.clone(), reason };
        if let DataPlace::Volume { is_on_demand: true, .. } = target.place {
            return Err(obstacle("its driver has it in place only while a container uses it".to_owned()));
        }
        if let Some(reason) = self.reach.obstacle(path) {
            return Err(obstacle(reason));
        }
        match path.try_exists() {
            Ok(true) => Ok(path.to_owned()),
            Ok(false) => Err(obstacle(format!("there is no `{}` here", path.display()))),
            Err(error) => Err(obstacle(format!("`{}`: {error}", path.display()))),
        }
    }

    /// The paths of all of `targets`; else who is to work on them instead, and why.
    fn paths(&self, targets: &[&DataTarget]) -> Result<Way<'_>, VaultError> {
        let paths: Result<Vec<PathBuf>, _> = targets.iter().map(|target| self.within_reach(target)).collect();
        match (paths, &self.helper) {
            (Ok(paths), _) => Ok(Way::Here(paths)),
            (Err(why), Some(helper)) => Ok(Way::Away { helper: &**helper, why }),
            (Err(obstacle), None) => Err(VaultError::OutOfReach { target: obstacle.target, reason: obstacle.reason }),
        }
    }

    fn snapshot(&self, name: &ArtifactName, targets: &[&PlannedTarget]) -> Result<Snapshot, VaultError> {
        let created = crate::created(&self.path(name)).ok_or_else(|| VaultError::NotFound { name: name.clone() })?;
        Ok(Snapshot {
            stack: name.stack(),
            created,
            dockrev: env!("CARGO_PKG_VERSION").to_owned(),
            targets: targets.iter().map(|planned| source(planned)).collect(),
            on_change: OnChange::Note,
        })
    }
}

/// How data is reached.
enum Way<'a> {
    /// By its paths.
    Here(Vec<PathBuf>),
    /// By a helper.
    Away { helper: &'a dyn Helper, why: Obstacle },
}

/// Why data is not to be seen from here.
struct Obstacle {
    target: TargetName,
    reason: String,
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.target, self.reason)
    }
}

/// What a target is, without where it is.
fn source(planned: &PlannedTarget) -> TargetSource {
    let target = &planned.target;
    let (kind, source) = match &target.place {
        DataPlace::Volume { name, .. } => (TargetKind::Volume, name.clone()),
        DataPlace::Bind { path } => (TargetKind::Bind, path.display().to_string()),
    };
    let mut services: Vec<_> =
        target.users.iter().filter_map(|user| user.service.as_ref()).map(|id| id.service.clone()).collect();
    services.sort();
    services.dedup();
    let consistency = match planned.choice {
        Choice::Taken { consistency: Consistency::Live, .. } | Choice::Skipped { .. } => manifest::Consistency::Running,
        Choice::Taken { consistency: Consistency::Pause, .. } => manifest::Consistency::Paused,
        Choice::Taken { consistency: Consistency::Stop, .. } => manifest::Consistency::Stopped,
    };
    let name = target.name.to_string();
    TargetSource { name, kind, source, services, consistency, read: ReadBy::Directly, path: PathBuf::new() }
}

#[async_trait]
impl Vault for BackupFolder {
    async fn measure(&self, target: &DataTarget, most_bytes: u64) -> Result<u64, VaultError> {
        let path = match self.paths(&[target])? {
            Way::Here(mut paths) => paths.swap_remove(0),
            Way::Away { helper, why } => {
                let measured = away::measure(helper, target, most_bytes, MEASURE_TIMEOUT).await;
                return measured.map_err(|error| {
                    let reason = format!("{}, and Dockrev {error}", why.reason);
                    VaultError::OutOfReach { target: why.target, reason }
                });
            }
        };
        let name = target.name.clone();
        blocking("measure data", move |control| probe(&path, MEASURE_TIMEOUT, most_bytes, control))
            .await
            .map(|size| size.bytes)
            .map_err(|error| error.into_vault(None, Some(&name)))
    }

    async fn free_name(&self, stack: &StackName, at: Timestamp) -> Result<ArtifactName, VaultError> {
        let failed = |reason: String| VaultError::Failed { action: "name a backup".to_owned(), reason };
        for seconds in 0..NAMES_TRIED {
            let name = ArtifactName::new(stack, at + SignedDuration::from_secs(seconds));
            let name = name.map_err(|error| failed(error.to_string()))?;
            let is_free = self.path(&name).try_exists().map(|exists| !exists);
            if is_free.map_err(|error| failed(error.to_string()))? {
                return Ok(name);
            }
        }
        Err(failed(format!("the next {NAMES_TRIED} seconds all have one")))
    }

    async fn write(
        &self,
        name: &ArtifactName,
        targets: &[PlannedTarget],
        cancel: &CancelFlag,
        log: &dyn LogSink,
    ) -> Result<Artifact, VaultError> {
        let taken: Vec<&PlannedTarget> =
            targets.iter().filter(|planned| matches!(planned.choice, Choice::Taken { .. })).collect();
        let data: Vec<&DataTarget> = taken.iter().map(|planned| &planned.target).collect();
        let expected = taken.iter().filter_map(|planned| match planned.choice {
            Choice::Taken { bytes, .. } => bytes,
            Choice::Skipped { .. } => None,
        });
        let expected = expected.fold(0, u64::saturating_add);
        let mut snapshot = self.snapshot(name, &taken)?;
        let done: Backup = match self.paths(&data)? {
            Way::Here(paths) => {
                for (source, path) in snapshot.targets.iter_mut().zip(paths) {
                    source.path = path;
                }
                let request = BackupRequest { base: self.base.clone(), expected_bytes: Some(expected), snapshot };
                let control = Control::new();
                let work = on_thread("write a backup", control.clone(), move |control| backup(request, control));
                watched(work, &control, cancel).await.map_err(|error| error.into_vault(Some(name), None))?
            }
            Way::Away { helper, why } => {
                say(log, format!("a helper copies the data: {why}"));
                away::write(helper, (&self.base, name, expected), snapshot, &data, cancel).await?
            }
        };
        say(log, format!("backup {name}: {} bytes in {} targets", done.size_bytes, done.index.totals.len()));
        artifact(name.clone(), done.size_bytes, &done.sha256, &done.index)
    }

    async fn verify(&self, name: &ArtifactName) -> Result<Artifact, VaultError> {
        let path = self.path(name);
        let checked = blocking("verify a backup", move |control| {
            let verified = verify(&path, control)?;
            let bytes = std::fs::metadata(&path).map_err(|error| BackupError::file("look at", &path, error))?.len();
            Ok((verified.index, bytes, verified.sha256))
        });
        let (index, bytes, sum) = checked.await.map_err(|error| error.into_vault(Some(name), None))?;
        artifact(name.clone(), bytes, &sum, &index)
    }

    async fn restore(&self, name: &ArtifactName, items: &[RestoreItem], log: &dyn LogSink) -> Result<(), VaultError> {
        let data: Vec<&DataTarget> = items.iter().map(|item| &item.into).collect();
        let path = self.path(name);
        match self.paths(&data)? {
            Way::Here(paths) => {
                let place = |(item, into): (&RestoreItem, PathBuf)| Place { target: item.from.to_string(), into };
                let places: Vec<Place> = items.iter().zip(paths).map(place).collect();
                let work = blocking("restore a backup", move |control| restore(&path, &places, control));
                work.await.map_err(|error| error.into_vault(Some(name), None))?;
            }
            Way::Away { helper, why } => {
                say(log, format!("a helper puts the data back: {why}"));
                away::restore(helper, name, path, items).await?;
            }
        }
        for item in items {
            say(log, format!("restored {} from {name}", item.from));
        }
        Ok(())
    }

    async fn end_work(&self, stack: Option<&StackName>) -> Result<(), VaultError> {
        let Some(helper) = &self.helper else { return Ok(()) };
        helper.clear(stack).await.map_err(|error| VaultError::Helper { reason: error.to_string() })
    }

    async fn discard(&self, name: &ArtifactName) -> Result<(), VaultError> {
        let (base, stack, path) = (self.base.clone(), name.stack(), self.path(name));
        blocking("remove a backup", move |_| {
            delete(&path)?;
            crate::clean(&base, &stack).map(drop)
        })
        .await
        .map_err(|error| error.into_vault(Some(name), None))
    }

    async fn list(&self) -> Result<Artifacts, VaultError> {
        let base = self.base.clone();
        let listed = blocking("list the backups", move |_| {
            let mut found = list(&base)?;
            found.sort_by(|a, b| (a.created, &a.path).cmp(&(b.created, &b.path)));
            let mut artifacts = Artifacts::default();
            for listed in &found {
                let Some(name) = name_of(listed) else { continue };
                match whole(name.clone(), listed) {
                    Ok(artifact) => artifacts.backups.push(artifact),
                    Err(reason) => artifacts.damaged.push(DamagedArtifact { name, bytes: listed.size_bytes, reason }),
                }
            }
            Ok(artifacts)
        });
        listed.await.map_err(|error| error.into_vault(None, None))
    }
}

fn name_of(listed: &Listed) -> Option<ArtifactName> {
    let file = listed.path.file_name()?.to_str()?;
    format!("{}/{file}", listed.stack).parse().ok()
}

/// What is known of an artifact without reading all of it, or what is wrong with it.
fn whole(name: ArtifactName, listed: &Listed) -> Result<Artifact, String> {
    let index = listed.index.as_ref().map_err(what_is_wrong)?;
    let sum = read_sum(&listed.path).map_err(|error| what_is_wrong(&error))?;
    artifact(name, listed.size_bytes, &hex(&sum), index).map_err(|error| error.to_string())
}

/// What is wrong with an artifact, for where its name and that it is damaged are said already.
fn what_is_wrong(error: &BackupError) -> String {
    if let BackupError::Corrupt { reason, .. } = error {
        return reason.clone();
    }
    in_full(error)
}

fn artifact(name: ArtifactName, bytes: u64, sum: &str, index: &Index) -> Result<Artifact, VaultError> {
    let digest: Result<Digest, _> = format!("sha256:{sum}").parse();
    let digest = digest.map_err(|error| VaultError::Damaged { name: name.clone(), reason: error.to_string() })?;
    let target = |(target, totals): (&manifest::Target, &manifest::Totals)| {
        let notes = &totals.notes;
        let mut words: Vec<String> = notes
            .named
            .iter()
            .take(NOTES_PASSED_ON)
            .map(|note| format!("{}: {} `{}`", target.name, words(note.what), note.path))
            .collect();
        let more =
            notes.unnamed.saturating_add(u64::try_from(notes.named.len().saturating_sub(words.len())).unwrap_or(0));
        if more > 0 {
            words.push(format!("{}: {more} more entries like these", target.name));
        }
        ArtifactTarget {
            name: TargetName::new(&target.name),
            bytes: totals.data_bytes,
            entries: totals.entries,
            notes: words,
        }
    };
    let targets = index.manifest.targets.iter().zip(&index.totals).map(target).collect();
    Ok(Artifact { name, bytes, digest, targets })
}

fn words(what: NoteKind) -> &'static str {
    match what {
        NoteKind::Socket => "a socket is left out:",
        NoteKind::Vanished => "it vanished while it was read:",
        NoteKind::Changed => "it changed while it was read:",
        NoteKind::Grew => "it grew while it was read:",
        NoteKind::Shrank => "it shrank while it was read:",
        NoteKind::OtherFilesystem => "another file system is mounted there and left out:",
        NoteKind::UnfinishedRestore => "what an interrupted restore left is left out:",
        NoteKind::AttributesTooLarge => "its attributes are too large and left out:",
        NoteKind::AttributeNotRestored => "an attribute cannot be set:",
        NoteKind::OwnerNotRestored => "its owner cannot be set:",
    }
}

fn say(log: &dyn LogSink, text: String) {
    log.line(LogLine::new(LogSource::Dockrev, text));
}
