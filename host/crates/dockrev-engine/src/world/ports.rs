//! What a [`World`] answers through its ports.

use super::follower::rider;
use super::one_shot::migrate;
use super::{State, World, digest, file, neighbour, no_such, project, rewrite, service, volume};
use crate::clock::Clock;
use async_trait::async_trait;
use dockrev_core::backup::{Artifact, ArtifactName, ArtifactTarget, Artifacts, DataPlace, DataTarget, PlannedTarget};
use dockrev_core::detection::Trouble;
use dockrev_core::ids::{ContainerId, ImageId, JobId, ServiceId, ServiceName, StackName};
use dockrev_core::image::{ImageRef, PinnedImage, Repository, Tag};
use dockrev_core::job::{Job, JobState, JournalEntry, LogLine, LogSource};
use dockrev_core::plan::{CannotRewrite, Obstacle, Rewrite, Wanted};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{
    CancelFlag, Compose, ContainerOrder, Engine, HostError, Journal, JournalError, LockError, LogSink, Ordered,
    RestoreItem, Rewriting, RunFirst, StackGuard, StackLocks, Standing, Vault, VaultError, Way,
};
use dockrev_core::stack::{
    ComposeModel, ComposeProject, Container, ContainerStatus, FileHash, Health, HealthStatus, Inventory, LocalImage,
    Pins, RunState, Service, Stack,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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
    async fn version(&self) -> Result<String, HostError> {
        Ok("20.0.0".to_owned())
    }

    async fn inventory(&self) -> Result<Inventory, HostError> {
        self.host(|state| {
            let own = |container: &ContainerStatus| Container {
                id: container.id.clone(),
                name: container.name.clone(),
                image: container.image.clone(),
                image_id: container.image_id.clone(),
                run: container.run,
                is_dockrev: false,
                network_of: None,
                mounts: vec![volume()],
                labels: state.labels.clone(),
            };
            let containers: Vec<Container> = state.container.iter().map(own).collect();
            let (containers, standalone) =
                if state.is_alone { (Vec::new(), containers) } else { (containers, Vec::new()) };
            let app = Service { id: service(), project: project(), containers, depends_on: Vec::new() };
            let beside = Container {
                id: state.neighbour_id.clone(),
                name: "demo-db-1".to_owned(),
                image: "demo.invalid/db:1".to_owned(),
                image_id: ImageId::new("sha256:db"),
                run: state.neighbour,
                is_dockrev: false,
                network_of: None,
                mounts: vec![volume()],
                labels: BTreeMap::new(),
            };
            let db = Service { id: neighbour(), project: project(), containers: vec![beside], depends_on: Vec::new() };
            let services = [app, db].into_iter().chain(state.service_of_follower()).collect();
            let stacks = vec![Stack { name: StackName::new("demo"), services }];
            Ok(Inventory { platform: Platform::new("linux", "amd64", None), stacks, standalone })
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

    async fn free_bytes(&self) -> Result<Option<u64>, HostError> {
        self.host(|state| Ok(state.free_bytes)).await
    }

    async fn tag(&self, image: &ImageId, reference: &ImageRef) -> Result<(), HostError> {
        self.host(|state| {
            let image = state.images.get(image).ok_or_else(|| no_such("image"))?.id.clone();
            state.tags.insert(reference.to_string(), image);
            Ok(())
        })
        .await
    }

    async fn service_status(&self, asked: &ServiceId) -> Result<Vec<ContainerStatus>, HostError> {
        self.host(|state| {
            if *asked == migrate() {
                return Ok(state.status_of_one_shot().into_iter().collect());
            }
            if *asked == neighbour() {
                return Ok(vec![state.status_of_neighbour()]);
            }
            let found = if *asked == rider() { &state.follower } else { &state.container };
            Ok(found.clone().into_iter().collect())
        })
        .await
    }

    async fn service_log(&self, _service: &ServiceId, _max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        self.host(|_| Ok(vec![LogLine::new(LogSource::Service, "its last words")])).await
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

    async fn volume(&self, name: &str) -> Result<DataPlace, HostError> {
        let path = PathBuf::from("/volumes").join(name);
        self.host(|_| Ok(DataPlace::Volume { name: name.to_owned(), path, is_on_demand: false })).await
    }

    async fn order(&self, container: &ContainerId, order: ContainerOrder) -> Result<Ordered, HostError> {
        self.host(|state| {
            if let Some(obeyed) = state.order_follower(container, order) {
                return obeyed.map(|()| Ordered::Done);
            }
            let now = state.tick();
            let sick = state.sick.clone();
            let own = state.container.as_mut().filter(|own| own.id == *container);
            let own = own.map(|own| {
                if order == ContainerOrder::Start && own.run != RunState::Running {
                    own.started_at = Some(now);
                    if let (false, Health::Checked { status: status @ HealthStatus::Starting, .. }) =
                        (sick.contains(&own.image_id), &mut own.health)
                    {
                        *status = HealthStatus::Healthy;
                    }
                }
                &mut own.run
            });
            let neighbour = (*container == state.neighbour_id).then_some(&mut state.neighbour);
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
    async fn version(&self) -> Result<String, HostError> {
        Ok("2.0.0".to_owned())
    }

    async fn model(&self, _project: &ComposeProject) -> Result<ComposeModel, HostError> {
        self.host(|state| {
            let service = dockrev_core::stack::ComposeService {
                image: Some(state.file_image.clone()),
                ..dockrev_core::stack::ComposeService::default()
            };
            Ok(ComposeModel {
                carries_image_volumes: true,
                services: [(ServiceName::new("app"), service)].into_iter().chain(state.follower_in_files()).collect(),
            })
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
        (service, _containers): (&ServiceName, u32),
        first: RunFirst<'_>,
        _log: &dyn LogSink,
    ) -> Result<(), HostError> {
        self.host(|state| {
            state.run_first(first)?;
            let wanted = match state.pins.get(service) {
                Some(pin) => pin.by_digest(),
                None => state.file_image.parse().unwrap(),
            };
            let image = state.by_reference(&wanted).ok_or_else(|| no_such("image"))?;
            let now = state.tick();
            match state.container.as_mut().filter(|container| container.image_id == image.id) {
                Some(same) if matches!(same.run, RunState::Exited { code: 0 }) => {
                    same.run = RunState::Running;
                    same.started_at = Some(now);
                }
                Some(_) => {}
                None => state.start(&image.id),
            }
            Ok(())
        })
        .await
    }

    async fn make_anew(
        &self,
        _project: &ComposeProject,
        service: &ServiceName,
        _containers: u32,
        _log: &dyn LogSink,
    ) -> Result<(), HostError> {
        assert_eq!(*service, rider().service, "only what follows is made anew");
        self.host(State::remake_follower).await
    }
}

#[async_trait]
impl Rewriting for World {
    async fn find(
        &self,
        _project: &ComposeProject,
        wanted: &Wanted,
    ) -> Result<Result<Rewrite, CannotRewrite>, HostError> {
        self.host(|state| match state.file_is_shared {
            true => Ok(Err(Obstacle::Shared { others: vec!["db".to_owned()] }.into())),
            false => Ok(Ok(rewrite(&state.file_image, &wanted.to.tagged().to_string()))),
        })
        .await
    }

    async fn standing(&self, rewrite: &Rewrite) -> Result<Standing, HostError> {
        self.host(|state| {
            Ok(match state.file_image.as_str() {
                found if found == rewrite.before => Standing::Before,
                found if found == rewrite.after => Standing::After,
                _ => Standing::Other,
            })
        })
        .await
    }

    async fn replace(&self, rewrite: &Rewrite, way: Way) -> Result<(), HostError> {
        self.host(|state| {
            let (from, to, hash) = match way {
                Way::Forth => (&rewrite.before, &rewrite.after, digest("ffff")),
                Way::Back => (&rewrite.after, &rewrite.before, digest("cccc")),
            };
            if state.file_image != *from && state.file_image != *to {
                return Err(no_such("text"));
            }
            to.clone_into(&mut state.file_image);
            state.files[0].digest = hash;
            Ok(())
        })
        .await
    }

    async fn fingerprint_without(
        &self,
        _project: &ComposeProject,
        edits: &[Rewrite],
    ) -> Result<Vec<FileHash>, HostError> {
        self.host(|state| {
            let is_edited = edits.iter().any(|edit| edit.after == state.edited_neighbour);
            Ok(if is_edited { vec![file()] } else { state.files.clone() })
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
            assert!(
                state.is_alone || matches!(state.neighbour, RunState::Paused),
                "somebody writes to the data that is copied"
            );
            let follower = state.follower.as_ref().map(|follower| follower.run);
            assert_ne!(follower, Some(RunState::Running), "a follower writes to the data that is copied");
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
        Err(VaultError::NotFound { name: name.clone() })
    }

    async fn restore(&self, name: &ArtifactName, _items: &[RestoreItem], _log: &dyn LogSink) -> Result<(), VaultError> {
        self.call(|state| {
            let own = state.container.as_ref().map(|container| container.run);
            assert!(!matches!(own, Some(RunState::Running)), "the service writes to the data that goes back");
            assert!(!matches!(state.neighbour, RunState::Running), "a neighbour writes to the data that goes back");
            let follower = state.follower.as_ref().map(|follower| follower.run);
            assert_ne!(follower, Some(RunState::Running), "a follower writes to the data that goes back");
            state.data = state.backups.get(name.as_str()).cloned().ok_or_else(|| no_such("backup"))?;
            Ok(())
        })
        .await
        .map_err(vault_error)
    }

    async fn end_work(&self, _stack: Option<&StackName>) -> Result<(), VaultError> {
        self.call(|_| Ok(())).await.map_err(|trouble| VaultError::Helper { reason: trouble.message })
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
