//! A small world for tests: one engine, one stack with one service, Compose and a journal, all with state.
//!
//! Every call through a port is counted, and one of them can be made to fail or to be the last thing that the process
//! does, before or after its effect.

use crate::clock::Clock;
use async_trait::async_trait;
use dockrev_core::backup::{Artifact, ArtifactName, ArtifactTarget, Artifacts, DataTarget, PlannedTarget};
use dockrev_core::detection::Trouble;
use dockrev_core::ids::{ContainerId, ImageId, JobId, ServiceId, ServiceName, StackName};
use dockrev_core::image::{Digest, ImageRef, PinnedImage, Repository, Tag};
use dockrev_core::job::{Job, JobState, JournalEntry, LogLine};
use dockrev_core::plan::{ChangeLevel, CurrentImage, ServiceChange, UndoRule, VerifySettings, Writing};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{
    CancelFlag, Compose, ContainerOrder, Engine, HostError, Journal, JournalError, LockError, LogSink, Ordered,
    RestoreItem, StackGuard, StackLocks, Vault, VaultError,
};
use dockrev_core::stack::{
    ComposeModel, ComposeProject, Container, ContainerStatus, FileHash, Health, HealthStatus, HealthTiming, Inventory,
    LocalImage, Mount, MountSource, Pins, RunState, Service, Stack,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call fails and had no effect.
    FailsBefore,
    /// The call fails although it had its effect.
    FailsAfter,
    /// The process dies before the effect.
    DiesBefore,
    /// The process dies after the effect.
    DiesAfter,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::FailsBefore, Self::FailsAfter, Self::DiesBefore, Self::DiesAfter];
}

#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
    pub(crate) died: Notify,
}

pub(crate) struct State {
    calls: usize,
    now: Duration,
    fault: Option<(usize, Fault)>,
    /// Images that the engine has, by id.
    pub(crate) images: BTreeMap<ImageId, LocalImage>,
    /// Images that only the registry has, by digest.
    pub(crate) remote: BTreeMap<Digest, LocalImage>,
    /// Local tags.
    pub(crate) tags: BTreeMap<String, ImageId>,
    /// Images whose healthcheck fails.
    pub(crate) sick: BTreeSet<ImageId>,
    pub(crate) has_healthcheck: bool,
    /// The image in the compose file.
    pub(crate) file_image: String,
    pub(crate) files: Vec<FileHash>,
    pub(crate) pins: Pins,
    pub(crate) container: Option<ContainerStatus>,
    /// Labels of the container.
    pub(crate) labels: BTreeMap<String, String>,
    /// Another service's container, which writes to the same data.
    pub(crate) neighbour: RunState,
    /// What is in the one volume: the new version changes it as soon as it starts.
    pub(crate) data: String,
    /// Finished backups and what is in them.
    pub(crate) backups: BTreeMap<String, String>,
    /// Backups that were begun and not finished.
    pub(crate) half_written: BTreeSet<String>,
    /// Whether writing a backup fails.
    pub(crate) vault_is_full: bool,
    /// Whether Compose would make the service anew although nothing changed.
    pub(crate) drifts: bool,
    pub(crate) locked: BTreeSet<String>,
    pub(crate) cancelled: BTreeSet<String>,
    made: u64,
    pub(crate) jobs: BTreeMap<String, Job>,
    pub(crate) entries: BTreeMap<String, Vec<JournalEntry>>,
    pub(crate) lines: BTreeMap<String, Vec<LogLine>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            calls: 0,
            now: Duration::ZERO,
            fault: None,
            images: BTreeMap::new(),
            remote: BTreeMap::new(),
            tags: BTreeMap::new(),
            sick: BTreeSet::new(),
            has_healthcheck: false,
            file_image: String::new(),
            files: Vec::new(),
            pins: Pins::new(),
            container: None,
            labels: BTreeMap::new(),
            neighbour: RunState::Running,
            data: OLD.to_owned(),
            backups: BTreeMap::new(),
            half_written: BTreeSet::new(),
            vault_is_full: false,
            drifts: false,
            locked: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            made: 0,
            jobs: BTreeMap::new(),
            entries: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }
}

pub(crate) const OLD: &str = "aaaa";
pub(crate) const NEW: &str = "bbbb";

pub(crate) fn digest(seed: &str) -> Digest {
    format!("sha256:{}", seed.repeat(16)).parse().unwrap()
}

pub(crate) fn image(seed: &str) -> LocalImage {
    let repository = "demo.invalid/app:1".parse::<ImageRef>().unwrap().repository().clone();
    LocalImage {
        id: ImageId::new(format!("sha256:id-{seed}")),
        repo_digests: vec![(repository, digest(seed))],
        platform: Platform::new("linux", "amd64", None),
        created: None,
    }
}

pub(crate) fn service() -> ServiceId {
    ServiceId { stack: StackName::new("demo"), service: ServiceName::new("app") }
}

/// Id of the neighbour's container.
const NEIGHBOUR: &str = "container-db";

fn volume() -> Mount {
    let source = MountSource::Volume { name: "demo_data".to_owned(), path: "/volumes/demo_data".into() };
    Mount { source, destination: "/data".into(), writable: true }
}

fn project() -> ComposeProject {
    ComposeProject {
        name: StackName::new("demo"),
        working_dir: "/srv/demo".into(),
        files: vec!["/srv/demo/compose.yaml".into()],
        env_files: Vec::new(),
    }
}

pub(crate) fn pinned(tag: &str, seed: &str) -> PinnedImage {
    let reference: ImageRef = format!("demo.invalid/app:{tag}").parse().unwrap();
    PinnedImage { repository: reference.repository().clone(), tag: tag.parse().unwrap(), digest: digest(seed) }
}

/// How the change of a test is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Road {
    MovedTag,
    FirstPin,
    NextPin,
}

impl Road {
    pub(crate) const ALL: [Self; 3] = [Self::MovedTag, Self::FirstPin, Self::NextPin];
}

impl World {
    /// A world where the service runs the old image and a change to the new one, in the registry, is planned.
    pub(crate) fn with_change(road: Road, has_healthcheck: bool) -> (Self, ServiceChange) {
        let old_pin = pinned("1.0", OLD);
        let (writing, to) = match road {
            Road::MovedTag => (Writing::LocalTag, pinned("1.0", NEW)),
            Road::FirstPin => (Writing::Override { before: None }, pinned("1.1", NEW)),
            Road::NextPin => (Writing::Override { before: Some(old_pin.clone()) }, pinned("1.1", NEW)),
        };
        let old = image(OLD);
        let file_image = if road == Road::NextPin { "demo.invalid/app:0.9" } else { "demo.invalid/app:1.0" };
        let files = vec![FileHash { path: "/srv/demo/compose.yaml".into(), digest: digest("cccc") }];
        let world = Self::default();
        {
            let mut state = world.state();
            state.remote.insert(digest(NEW), image(NEW));
            state.images.insert(old.id.clone(), old.clone());
            if road != Road::NextPin {
                state.tags.insert(old_pin.tagged().to_string(), old.id.clone());
            } else {
                state.pins.insert(service().service, old_pin.clone());
            }
            state.has_healthcheck = has_healthcheck;
            state.file_image = file_image.to_owned();
            state.files = files.clone();
            state.start(&old.id);
        }
        let change = ServiceChange {
            service: service(),
            project: project(),
            files,
            from: CurrentImage {
                reference: old_pin.tagged(),
                written: if road == Road::NextPin { old_pin.pinned() } else { old_pin.tagged() },
                tag: old_pin.tag.clone(),
                image_id: old.id,
                digest: Some(digest(OLD)),
            },
            to,
            platform: None,
            pin_found: (road == Road::NextPin).then_some(old_pin),
            containers: 1,
            had_healthcheck: has_healthcheck,
            level: ChangeLevel::Minor,
            writing,
            depends_on: Vec::new(),
            backup: None,
            verify: VerifySettings { settle_ms: 1_000, grace_ms: 500, without_healthcheck: UndoRule::OnRequest },
            reason: "test".to_owned(),
            warnings: Vec::new(),
        };
        (world, change)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What somebody who looks at the host sees.
    pub(crate) fn visible(&self) -> (Option<ContainerStatus>, Pins, BTreeMap<String, ImageId>) {
        let state = self.state();
        (state.container.clone(), state.pins.clone(), state.tags.clone())
    }

    pub(crate) fn break_call(&self, call: usize, fault: Fault) {
        let mut state = self.state();
        state.calls = 0;
        state.fault = Some((call, fault));
    }

    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.fault = None;
        state.calls = 0;
    }

    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    /// Counts a call and runs its effect, unless this is the call that is to break.
    async fn call<T>(&self, effect: impl FnOnce(&mut State) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let broken = |when: &str| Trouble { code: "test".to_owned(), message: format!("broken {when} its effect") };
        let (result, dies) = {
            let mut state = self.state();
            state.calls += 1;
            let fault = state.fault.filter(|(call, _)| *call == state.calls).map(|(_, fault)| fault);
            match fault {
                None => (effect(&mut state), false),
                Some(Fault::FailsBefore) => (Err(broken("before")), false),
                Some(Fault::FailsAfter) => (effect(&mut state).and(Err(broken("after"))), false),
                Some(Fault::DiesBefore) => (Err(broken("before")), true),
                Some(Fault::DiesAfter) => (effect(&mut state).and(Err(broken("after"))), true),
            }
        };
        if dies {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        result
    }

    async fn host<T>(&self, effect: impl FnOnce(&mut State) -> Result<T, Trouble>) -> Result<T, HostError> {
        self.call(effect).await.map_err(|trouble| HostError::EngineRefused {
            action: "test",
            subject: "app".to_owned(),
            reason: trouble.message,
        })
    }

    async fn journal_call<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, JournalError> {
        self.call(|state| Ok(effect(state)))
            .await
            .map_err(|trouble| JournalError { action: "write the journal", reason: trouble.message })
    }
}

fn no_such(what: &str) -> Trouble {
    Trouble { code: "test".to_owned(), message: format!("no such {what}") }
}

impl State {
    fn start(&mut self, image: &ImageId) {
        self.made += 1;
        if *image != self::image(OLD).id {
            NEW.clone_into(&mut self.data);
        }
        let healthy = !self.sick.contains(image);
        let timing = HealthTiming { start_period_ms: 0, interval_ms: 1_000, timeout_ms: 1_000, retries: 2 };
        let status = if healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy };
        let health = match self.has_healthcheck {
            true => Health::Checked { status, timing, last_output: None },
            false => Health::None,
        };
        self.container = Some(ContainerStatus {
            id: ContainerId::new(format!("container-{}", self.made)),
            name: "demo-app-1".to_owned(),
            image_id: image.clone(),
            image: self.file_image.clone(),
            run: if healthy || self.has_healthcheck { RunState::Running } else { RunState::Exited { code: 3 } },
            restart_count: 0,
            health,
        });
    }

    fn by_reference(&self, reference: &ImageRef) -> Option<LocalImage> {
        match reference.digest() {
            Some(digest) => {
                self.images.values().find(|image| image.repo_digests.iter().any(|(_, d)| d == digest)).cloned()
            }
            None => self.tags.get(&reference.to_string()).and_then(|id| self.images.get(id)).cloned(),
        }
    }
}

#[async_trait]
impl Clock for World {
    fn timestamp(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        let mut state = self.state();
        state.now += Duration::from_millis(1);
        state.now
    }

    async fn sleep(&self, duration: Duration) {
        self.state().now += duration;
    }
}

#[async_trait]
impl Engine for World {
    async fn inventory(&self) -> Result<Inventory, HostError> {
        self.host(|state| {
            let containers = state.container.iter().map(|container| Container {
                id: container.id.clone(),
                name: container.name.clone(),
                image: container.image.clone(),
                image_id: container.image_id.clone(),
                run: container.run,
                network_of: None,
                mounts: vec![volume()],
                labels: state.labels.clone(),
            });
            let app =
                Service { id: service(), project: project(), containers: containers.collect(), depends_on: Vec::new() };
            let neighbour = Container {
                id: ContainerId::new(NEIGHBOUR),
                name: "demo-db-1".to_owned(),
                image: "demo.invalid/db:1".to_owned(),
                image_id: ImageId::new("sha256:db"),
                run: state.neighbour,
                network_of: None,
                mounts: vec![volume()],
                labels: BTreeMap::new(),
            };
            let db = Service {
                id: ServiceId { service: ServiceName::new("db"), ..service() },
                project: project(),
                containers: vec![neighbour],
                depends_on: Vec::new(),
            };
            let services = vec![app, db];
            let stacks = vec![Stack { name: StackName::new("demo"), services }];
            Ok(Inventory { platform: Platform::new("linux", "amd64", None), stacks, standalone: Vec::new() })
        })
        .await
    }

    async fn image_by_id(&self, id: &ImageId) -> Result<Option<LocalImage>, HostError> {
        self.host(|state| Ok(state.images.get(id).cloned())).await
    }

    async fn image(&self, reference: &ImageRef) -> Result<Option<LocalImage>, HostError> {
        self.host(|state| Ok(state.by_reference(reference))).await
    }

    async fn pull(
        &self,
        image: &PinnedImage,
        _platform: Option<&Platform>,
        _log: &dyn LogSink,
    ) -> Result<LocalImage, HostError> {
        self.host(|state| {
            let pulled = state.remote.get(&image.digest).cloned().ok_or_else(|| no_such("image"))?;
            state.images.insert(pulled.id.clone(), pulled.clone());
            Ok(pulled)
        })
        .await
    }

    async fn tag(&self, image: &ImageId, reference: &ImageRef) -> Result<(), HostError> {
        self.host(|state| {
            let image = state.images.get(image).ok_or_else(|| no_such("image"))?.id.clone();
            state.tags.insert(reference.to_string(), image);
            Ok(())
        })
        .await
    }

    async fn service_status(&self, _service: &ServiceId) -> Result<Vec<ContainerStatus>, HostError> {
        self.host(|state| Ok(state.container.clone().into_iter().collect())).await
    }

    async fn service_log(&self, _service: &ServiceId, _max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        self.host(|_| Ok(Vec::new())).await
    }

    async fn untag(&self, reference: &ImageRef) -> Result<(), HostError> {
        self.host(|state| {
            state.tags.remove(&reference.to_string());
            Ok(())
        })
        .await
    }

    async fn local_tags(&self, repository: &Repository) -> Result<Vec<Tag>, HostError> {
        self.host(|state| {
            let names = state.tags.keys().filter_map(|name| name.parse::<ImageRef>().ok());
            Ok(names.filter(|name| name.repository() == repository).filter_map(|name| name.tag().cloned()).collect())
        })
        .await
    }

    async fn volume(&self, name: &str) -> Result<PathBuf, HostError> {
        self.host(|_| Ok(PathBuf::from("/volumes").join(name))).await
    }

    async fn order(&self, container: &ContainerId, order: ContainerOrder) -> Result<Ordered, HostError> {
        self.host(|state| {
            let own = state.container.as_mut().filter(|own| own.id == *container).map(|own| &mut own.run);
            let neighbour = (container.as_str() == NEIGHBOUR).then_some(&mut state.neighbour);
            let Some(run) = own.or(neighbour) else { return Ok(Ordered::Gone) };
            *run = match (order, *run) {
                (ContainerOrder::Stop, _) => RunState::Exited { code: 0 },
                (ContainerOrder::Start, _) | (ContainerOrder::Unpause, RunState::Paused) => RunState::Running,
                (ContainerOrder::Pause, RunState::Running) => RunState::Paused,
                (ContainerOrder::Pause | ContainerOrder::Unpause, run) => run,
            };
            Ok(Ordered::Done)
        })
        .await
    }

    async fn run_in(&self, _container: &ContainerId, _command: &[String], _log: &dyn LogSink) -> Result<(), HostError> {
        self.host(|_| Ok(())).await
    }
}

#[async_trait]
impl Compose for World {
    async fn model(&self, _project: &ComposeProject) -> Result<ComposeModel, HostError> {
        self.host(|state| {
            let service = dockrev_core::stack::ComposeService {
                image: Some(state.file_image.clone()),
                ..dockrev_core::stack::ComposeService::default()
            };
            Ok(ComposeModel { services: BTreeMap::from([(ServiceName::new("app"), service)]) })
        })
        .await
    }

    async fn fingerprint(&self, _project: &ComposeProject) -> Result<Vec<FileHash>, HostError> {
        self.host(|state| Ok(state.files.clone())).await
    }

    async fn pins(&self, _stack: &StackName) -> Result<Pins, HostError> {
        self.host(|state| Ok(state.pins.clone())).await
    }

    async fn set_pins(&self, _stack: &StackName, pins: &Pins) -> Result<(), HostError> {
        self.host(|state| {
            state.pins = pins.clone();
            Ok(())
        })
        .await
    }

    async fn wait_until_idle(&self, _stack: &StackName) -> Result<(), HostError> {
        self.host(|_| Ok(())).await
    }

    async fn would_recreate(&self, _project: &ComposeProject, _service: &ServiceName) -> Result<bool, HostError> {
        self.host(|state| Ok(state.drifts)).await
    }

    async fn up(
        &self,
        _project: &ComposeProject,
        service: &ServiceName,
        _containers: u32,
        _log: &dyn LogSink,
    ) -> Result<(), HostError> {
        self.host(|state| {
            let wanted = match state.pins.get(service) {
                Some(pin) => pin.by_digest(),
                None => state.file_image.parse().unwrap(),
            };
            let image = state.by_reference(&wanted).ok_or_else(|| no_such("image"))?;
            match state.container.as_mut().filter(|container| container.image_id == image.id) {
                Some(same) if matches!(same.run, RunState::Exited { code: 0 }) => same.run = RunState::Running,
                Some(_) => {}
                None => state.start(&image.id),
            }
            Ok(())
        })
        .await
    }
}

fn vault_error(trouble: Trouble) -> VaultError {
    VaultError::Failed { action: "test".to_owned(), reason: trouble.message }
}

#[async_trait]
impl Vault for World {
    async fn measure(&self, _target: &DataTarget, _most_bytes: u64) -> Result<u64, VaultError> {
        self.call(|_| Ok(1)).await.map_err(vault_error)
    }

    async fn free_name(&self, stack: &StackName, at: Timestamp) -> Result<ArtifactName, VaultError> {
        self.call(|_| Ok(ArtifactName::new(stack, at).unwrap())).await.map_err(vault_error)
    }

    async fn write(
        &self,
        name: &ArtifactName,
        targets: &[PlannedTarget],
        _cancel: &CancelFlag,
        _log: &dyn LogSink,
    ) -> Result<Artifact, VaultError> {
        self.call(|state| {
            state.half_written.insert(name.to_string());
            if state.vault_is_full {
                return Err(no_such("space"));
            }
            assert!(matches!(state.neighbour, RunState::Paused), "somebody writes to the data that is copied");
            state.half_written.remove(name.as_str());
            state.backups.insert(name.to_string(), state.data.clone());
            let target = |planned: &PlannedTarget| ArtifactTarget {
                name: planned.target.name.clone(),
                bytes: 1,
                entries: 1,
                notes: Vec::new(),
            };
            let targets = targets.iter().map(target).collect();
            Ok(Artifact { name: name.clone(), bytes: 1, digest: digest("dddd"), targets })
        })
        .await
        .map_err(vault_error)
    }

    async fn verify(&self, name: &ArtifactName) -> Result<Artifact, VaultError> {
        Err(VaultError::NotFound(name.clone()))
    }

    async fn restore(&self, name: &ArtifactName, _items: &[RestoreItem], _log: &dyn LogSink) -> Result<(), VaultError> {
        self.call(|state| {
            let own = state.container.as_ref().map(|container| container.run);
            assert!(!matches!(own, Some(RunState::Running)), "the service writes to the data that goes back");
            assert!(!matches!(state.neighbour, RunState::Running), "a neighbour writes to the data that goes back");
            state.data = state.backups.get(name.as_str()).cloned().ok_or_else(|| no_such("backup"))?;
            Ok(())
        })
        .await
        .map_err(vault_error)
    }

    async fn discard(&self, name: &ArtifactName) -> Result<(), VaultError> {
        self.call(|state| {
            state.half_written.remove(name.as_str());
            state.backups.remove(name.as_str());
            Ok(())
        })
        .await
        .map_err(vault_error)
    }

    async fn list(&self) -> Result<Artifacts, VaultError> {
        Ok(Artifacts::default())
    }
}

/// Lets go of a stack's lock, as the end of a process does.
struct Locked(Arc<World>, String);

impl Drop for Locked {
    fn drop(&mut self) {
        self.0.state().locked.remove(&self.1);
    }
}

/// The locks of a [`World`].
pub(crate) struct Locks(pub(crate) Arc<World>);

#[async_trait]
impl StackLocks for Locks {
    async fn take(&self, stack: &StackName, job: &JobId) -> Result<StackGuard, LockError> {
        if !self.0.state().locked.insert(stack.to_string()) {
            return Err(LockError::Held { stack: stack.clone(), job: job.clone(), process: 1 });
        }
        Ok(StackGuard::new(Locked(Arc::clone(&self.0), stack.to_string())))
    }

    async fn is_held(&self, stack: &StackName) -> Result<bool, LockError> {
        Ok(self.0.state().locked.contains(stack.as_str()))
    }
}

#[async_trait]
impl Journal for World {
    async fn create(&self, job: &Job) -> Result<(), JournalError> {
        self.journal_call(|state| drop(state.jobs.insert(job.id.to_string(), job.clone()))).await
    }

    async fn record(&self, job: &JobId, to: &JobState, entry: &JournalEntry) -> Result<(), JournalError> {
        self.journal_call(|state| {
            if let Some(known) = state.jobs.get_mut(job.as_str()) {
                known.state = to.clone();
            }
            state.entries.entry(job.to_string()).or_default().push(entry.clone());
        })
        .await
    }

    async fn append_log(&self, job: &JobId, lines: &[LogLine]) -> Result<(), JournalError> {
        self.journal_call(|state| state.lines.entry(job.to_string()).or_default().extend_from_slice(lines)).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, JournalError> {
        self.journal_call(|state| state.jobs.get(id.as_str()).cloned()).await
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<Job>, JournalError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.journal_call(|state| state.jobs.values().rev().take(limit).cloned().collect()).await
    }

    async fn unfinished(&self) -> Result<Vec<Job>, JournalError> {
        self.journal_call(|state| state.jobs.values().filter(|job| !job.state.has_ended()).cloned().collect()).await
    }

    async fn journal(&self, id: &JobId) -> Result<Vec<JournalEntry>, JournalError> {
        self.journal_call(|state| state.entries.get(id.as_str()).cloned().unwrap_or_default()).await
    }

    async fn log(&self, id: &JobId, _limit: u32) -> Result<Vec<LogLine>, JournalError> {
        self.journal_call(|state| state.lines.get(id.as_str()).cloned().unwrap_or_default()).await
    }

    async fn ask_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        self.journal_call(|state| state.cancelled.insert(id.to_string())).await
    }

    async fn is_asked_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        self.journal_call(|state| state.cancelled.contains(id.as_str())).await
    }
}
