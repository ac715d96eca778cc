//! The vault of the update pipeline: artifacts in a folder, data read and written where this process sees it.

use crate::index::{hex, read_sum};
use crate::manifest::NoteKind;
use crate::reach::Reach;
use crate::{
    BackupError, BackupRequest, Control, Data, Index, Listed, OnChange, Place, TargetKind, TargetSource, backup,
    delete, list, manifest, probe, restore, verify,
};
use async_trait::async_trait;
use dockrev_core::backup::{
    Artifact, ArtifactName, ArtifactTarget, Artifacts, Choice, Consistency, DamagedArtifact, DataPlace, DataTarget,
    PlannedTarget, TargetName,
};
use dockrev_core::ids::StackName;
use dockrev_core::image::Digest;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::{CancelFlag, LogSink, RestoreItem, Vault, VaultError};
use jiff::{SignedDuration, Timestamp};
use std::path::PathBuf;
use std::time::Duration;

/// Longest measuring of one target, in case nobody outside limits it.
const MEASURE_TIMEOUT: Duration = Duration::from_secs(60);
/// How often it is looked whether the work is to stop.
const CANCEL_POLL: Duration = Duration::from_millis(100);
/// Seconds that are tried for a name that no artifact has.
const NAMES_TRIED: i64 = 120;
/// Notes of one target that are passed on.
const NOTES_PASSED_ON: usize = 20;

/// Artifacts below one folder.
#[derive(Clone, Debug)]
pub struct BackupFolder {
    base: PathBuf,
    reach: Reach,
}

impl BackupFolder {
    /// Artifacts below `base`, which is made when it is needed, of data that is within `reach`.
    #[must_use]
    pub fn new(base: PathBuf, reach: Reach) -> Self {
        Self { base, reach }
    }

    fn path(&self, name: &ArtifactName) -> PathBuf {
        self.base.join(name.as_str())
    }

    /// Where the data of `target` is, if this process sees it.
    fn within_reach(&self, target: &DataTarget) -> Result<PathBuf, VaultError> {
        let path = target.place.path();
        let out_of_reach = |reason: String| VaultError::OutOfReach { target: target.name.clone(), reason };
        if let Some(obstacle) = self.reach.obstacle(path) {
            return Err(out_of_reach(obstacle));
        }
        match path.try_exists() {
            Ok(true) => Ok(path.to_owned()),
            Ok(false) => Err(out_of_reach(format!("there is no `{}` here", path.display()))),
            Err(error) => Err(out_of_reach(format!("`{}`: {error}", path.display()))),
        }
    }

    fn source(&self, planned: &PlannedTarget) -> Result<Option<TargetSource>, VaultError> {
        let Choice::Taken { consistency, .. } = planned.choice else { return Ok(None) };
        let target = &planned.target;
        let (kind, source) = match &target.place {
            DataPlace::Volume { name, .. } => (TargetKind::Volume, name.clone()),
            DataPlace::Bind { path } => (TargetKind::Bind, path.display().to_string()),
        };
        let mut services: Vec<_> =
            target.users.iter().filter_map(|user| user.service.as_ref()).map(|id| id.service.clone()).collect();
        services.sort();
        services.dedup();
        let consistency = match consistency {
            Consistency::Live => manifest::Consistency::Running,
            Consistency::Pause => manifest::Consistency::Paused,
            Consistency::Stop => manifest::Consistency::Stopped,
        };
        let data = Data::Path(self.within_reach(target)?);
        Ok(Some(TargetSource { name: target.name.to_string(), kind, source, services, consistency, data }))
    }
}

#[async_trait]
impl Vault for BackupFolder {
    async fn measure(&self, target: &DataTarget, most_bytes: u64) -> Result<u64, VaultError> {
        let path = self.within_reach(target)?;
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
        let sources: Result<Vec<_>, _> = targets.iter().filter_map(|target| self.source(target).transpose()).collect();
        let expected = targets.iter().filter_map(|planned| match planned.choice {
            Choice::Taken { bytes, .. } => bytes,
            Choice::Skipped { .. } => None,
        });
        let created = crate::created(&self.path(name)).ok_or_else(|| VaultError::NotFound(name.clone()))?;
        let request = BackupRequest {
            base: self.base.clone(),
            stack: name.stack(),
            created,
            dockrev: env!("CARGO_PKG_VERSION").to_owned(),
            targets: sources?,
            expected_bytes: Some(expected.fold(0, u64::saturating_add)),
            on_change: OnChange::Note,
        };
        let control = Control::new();
        let work = on_thread("write a backup", control.clone(), move |control| backup(request, control));
        let done = watched(work, &control, cancel).await.map_err(|error| error.into_vault(Some(name), None))?;
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
        let places: Result<Vec<Place>, VaultError> = items
            .iter()
            .map(|item| Ok(Place { target: item.from.to_string(), into: self.within_reach(&item.into)? }))
            .collect();
        let (path, places) = (self.path(name), places?);
        let work = blocking("restore a backup", move |control| restore(&path, &places, control));
        work.await.map_err(|error| error.into_vault(Some(name), None))?;
        for item in items {
            say(log, format!("restored {} from {name}", item.from));
        }
        Ok(())
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

/// The error and all that caused it, in one sentence.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn say(log: &dyn LogSink, text: String) {
    log.line(LogLine::new(LogSource::Dockrev, text));
}

/// Why work on a thread of its own ended early.
enum Ended {
    /// As the work says.
    Failed(BackupError),
    /// The thread did not come to its end.
    Lost(String),
}

impl Ended {
    fn into_vault(self, name: Option<&ArtifactName>, target: Option<&TargetName>) -> VaultError {
        let error = match self {
            Self::Failed(error) => error,
            Self::Lost(reason) => return VaultError::Failed { action: "work on a backup".to_owned(), reason },
        };
        let reason = in_full(&error);
        match (error, name, target) {
            (BackupError::Cancelled, _, _) => VaultError::Cancelled,
            (BackupError::NoSpace { path, needed_bytes, free_bytes }, _, _) => VaultError::NoSpace {
                path,
                needed: needed_bytes.unwrap_or(free_bytes.saturating_add(1)),
                free: free_bytes,
            },
            (BackupError::Missing { .. }, Some(name), _) => VaultError::NotFound(name.clone()),
            (
                BackupError::NoChecksum { .. }
                | BackupError::Corrupt { .. }
                | BackupError::Schema { .. }
                | BackupError::Unsafe { .. },
                Some(name),
                _,
            ) => VaultError::Damaged { name: name.clone(), reason },
            (BackupError::Target { target, .. }, Some(name), _) => {
                VaultError::TargetMissing { name: name.clone(), target: TargetName::new(target) }
            }
            (_, Some(name), _) => VaultError::Failed { action: format!("work on backup `{name}`"), reason },
            (_, None, Some(target)) => VaultError::Failed { action: format!("measure {target}"), reason },
            (_, None, None) => VaultError::Failed { action: "look at the backups".to_owned(), reason },
        }
    }
}

async fn blocking<T: Send + 'static>(
    name: &'static str,
    work: impl FnOnce(&Control) -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Ended> {
    on_thread(name, Control::new(), work).await
}

async fn on_thread<T: Send + 'static>(
    name: &'static str,
    control: Control,
    work: impl FnOnce(&Control) -> Result<T, BackupError> + Send + 'static,
) -> Result<T, Ended> {
    // Nobody waits any more: the work ends soon as well.
    let _ends = EndsWithUs(control.clone());
    match tokio::task::spawn_blocking(move || work(&control)).await {
        Ok(done) => done.map_err(Ended::Failed),
        Err(error) => Err(Ended::Lost(format!("could not {name}: {error}"))),
    }
}

struct EndsWithUs(Control);

impl Drop for EndsWithUs {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The outcome of `work`, which is asked to stop when `cancel` is raised.
async fn watched<T>(
    work: impl Future<Output = Result<T, Ended>>,
    control: &Control,
    cancel: &CancelFlag,
) -> Result<T, Ended> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(CANCEL_POLL) => {
                if cancel.is_raised() {
                    control.cancel();
                }
            }
        }
    }
}
