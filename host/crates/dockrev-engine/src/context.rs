//! What a stage works with, and how it can end early.

use crate::clock::Clock;
use crate::scribe::Pen;
use dockrev_core::backup::{Artifact, ArtifactName};
use dockrev_core::ids::{ContainerId, ImageId, ServiceName, WorkloadId};
use dockrev_core::job::{DataWish, Direction, Effect, Failure, JournalEntry, LogLine, Stage, StageOutput, Step};
use dockrev_core::plan::{Change, UndoRule};
use dockrev_core::ports::{
    CancelFlag, Compose, ContainerOrder, Engine, HostError, Journal, JournalError, Ordered, Rewriting, StackLocks,
    Standalone, Vault, VaultError,
};
use dockrev_core::stack::ContainerStatus;
use std::sync::Arc;

/// Everything that jobs act through.
#[derive(Clone)]
pub struct Ports {
    /// The engine.
    pub engine: Arc<dyn Engine>,
    /// The user's Compose.
    pub compose: Arc<dyn Compose>,
    /// The user's own files.
    pub rewriting: Arc<dyn Rewriting>,
    /// Containers that belong to no stack.
    pub standalone: Arc<dyn Standalone>,
    /// Backups.
    pub vault: Arc<dyn Vault>,
    /// Where jobs are written down.
    pub journal: Arc<dyn Journal>,
    /// Who works on which stack.
    pub locks: Arc<dyn StackLocks>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Ports {
    /// What the containers of `workload` are doing.
    pub(crate) async fn status(&self, workload: &WorkloadId) -> Result<Vec<ContainerStatus>, HostError> {
        status(&*self.engine, &*self.standalone, workload).await
    }
}

async fn status(
    engine: &dyn Engine,
    standalone: &dyn Standalone,
    workload: &WorkloadId,
) -> Result<Vec<ContainerStatus>, HostError> {
    match workload {
        WorkloadId::Service(service) => engine.service_status(service).await,
        WorkloadId::Container(name) => Ok(standalone.container_status(name).await?.into_iter().collect()),
    }
}

/// What a stage works with.
pub(crate) struct Context<'a> {
    pub(crate) change: &'a Change,
    /// What is changed.
    pub(crate) id: &'a WorkloadId,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) compose: &'a dyn Compose,
    pub(crate) rewriting: &'a dyn Rewriting,
    pub(crate) standalone: &'a dyn Standalone,
    pub(crate) vault: &'a dyn Vault,
    pub(crate) clock: &'a dyn Clock,
    /// Raised when the job is to stop. An undo does not look at it.
    pub(crate) cancel: &'a CancelFlag,
    /// What becomes of the data when the stage is undone.
    pub(crate) data: DataWish,
    /// What the journal had when the stage began; empty unless the stage is undone.
    pub(crate) past: Past,
    pub(crate) pen: Pen<'a>,
}

impl Context<'_> {
    /// What the containers of what is changed are doing, running and stopped.
    pub(crate) async fn status(&self) -> Result<Vec<ContainerStatus>, HostError> {
        self.status_of(self.id).await
    }

    /// What the containers of `workload` are doing, running and stopped.
    pub(crate) async fn status_of(&self, workload: &WorkloadId) -> Result<Vec<ContainerStatus>, HostError> {
        status(self.engine, self.standalone, workload).await
    }

    /// The last `max_lines` lines that the containers of `workload` wrote.
    pub(crate) async fn output_of(&self, workload: &WorkloadId, max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        match workload {
            WorkloadId::Service(service) => self.engine.service_log(service, max_lines).await,
            WorkloadId::Container(name) => self.standalone.container_log(name, max_lines).await,
        }
    }

    /// Gives `order` to a container, and writes it down before and after.
    pub(crate) async fn order(
        &self,
        (id, name): (&ContainerId, &str),
        order: ContainerOrder,
    ) -> Result<Ordered, StageError> {
        let (id, name) = (id.clone(), name.to_owned());
        let effect = match order {
            ContainerOrder::Stop => Effect::StopContainer { id: id.clone(), name },
            ContainerOrder::Start => Effect::StartContainer { id: id.clone(), name },
            ContainerOrder::Pause => Effect::PauseContainer { id: id.clone(), name },
            ContainerOrder::Unpause => Effect::UnpauseContainer { id: id.clone(), name },
        };
        self.pen.intends(&effect).await?;
        let ordered = self.engine.order(&id, order).await;
        let ordered = ordered.map_err(|error| StageError::host(self.pen.stage, &error))?;
        self.pen.did(effect).await?;
        Ok(ordered)
    }

    /// Whether the job was asked to stop, as the failure that it then is.
    pub(crate) fn check_cancel(&self) -> Result<(), StageError> {
        if self.cancel.is_raised() { Err(StageError::cancelled(self.pen.stage)) } else { Ok(()) }
    }
}

/// What a job has written down so far.
#[derive(Debug, Default)]
pub(crate) struct Past(pub(crate) Vec<JournalEntry>);

/// A container that is held still or stopped, and not let go of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) id: ContainerId,
    pub(crate) name: String,
}

impl Past {
    /// The backup, if it was finished.
    pub(crate) fn artifact(&self) -> Option<&Artifact> {
        self.0.iter().rev().find_map(|entry| match &entry.step {
            Step::Done(StageOutput::BackedUp { artifact, .. }) => Some(artifact),
            Step::Done(_) | Step::Started | Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Failed(_) => None,
        })
    }

    /// The image that was pulled.
    pub(crate) fn pulled(&self) -> Option<&ImageId> {
        self.0.iter().rev().find_map(|entry| match &entry.step {
            Step::Done(StageOutput::Pulled { image_id }) => Some(image_id),
            Step::Done(_) | Step::Started | Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Failed(_) => None,
        })
    }

    /// A backup that was begun and may be half there.
    pub(crate) fn unfinished_artifact(&self) -> Option<&ArtifactName> {
        let begun = self
            .effects(Stage::Backup, Direction::Do, Moment::Before)
            .find_map(|effect| if let Effect::WriteBackup { artifact } = effect { Some(artifact) } else { None });
        begun.filter(|begun| self.artifact().is_none_or(|artifact| artifact.name != **begun))
    }

    /// Whether the service may have been brought up with its new image.
    pub(crate) fn new_version_may_have_run(&self) -> bool {
        self.effects(Stage::Apply, Direction::Do, Moment::Before)
            .any(|effect| matches!(effect, Effect::ComposeUp | Effect::ReplaceContainer { .. }))
    }

    /// Whether the override file may say something else of `service`, which runs before the one that is changed.
    pub(crate) fn may_have_moved_one_shot(&self, service: &ServiceName) -> bool {
        self.effects(Stage::Apply, Direction::Do, Moment::Before)
            .any(|effect| matches!(effect, Effect::PinOneShot { service: moved, .. } if moved == service))
    }

    /// Whether the stage was begun.
    pub(crate) fn has_begun(&self, stage: Stage) -> bool {
        self.0.iter().any(|entry| entry.stage == stage && entry.direction == Direction::Do)
    }

    /// Whether the data was put back to the end.
    pub(crate) fn is_restored(&self) -> bool {
        self.effects(Stage::Apply, Direction::Undo, Moment::After)
            .any(|effect| matches!(effect, Effect::RestoreData { .. }))
    }

    /// Containers that the stage stopped or froze in this direction, and did not let go again.
    pub(crate) fn held(&self, stage: Stage, direction: Direction) -> Vec<Held> {
        let mut held: Vec<Held> = Vec::new();
        for entry in self.0.iter().filter(|entry| entry.stage == stage && entry.direction == direction) {
            match &entry.step {
                Step::Intends(Effect::StopContainer { id, name } | Effect::PauseContainer { id, name }) => {
                    held.push(Held { id: id.clone(), name: name.clone() });
                }
                Step::Did(Effect::StartContainer { id, .. } | Effect::UnpauseContainer { id, .. }) => {
                    held.retain(|other| other.id != *id);
                }
                Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Started | Step::Done(_) | Step::Failed(_) => {}
            }
        }
        held.dedup();
        held
    }

    /// Whether the backup's order to stop the container, if there was one, was seen through.
    pub(crate) fn has_stopped(&self, container: &ContainerId) -> bool {
        let is_it = |effect: &&Effect| matches!(effect, Effect::StopContainer { id, .. } if id == container);
        let count = |moment| self.effects(Stage::Backup, Direction::Do, moment).filter(is_it).count();
        count(Moment::Before) == count(Moment::After)
    }

    fn effects(&self, stage: Stage, direction: Direction, moment: Moment) -> impl Iterator<Item = &Effect> {
        let entries = self.0.iter().filter(move |entry| entry.stage == stage && entry.direction == direction);
        entries.filter_map(move |entry| match (&entry.step, moment) {
            (Step::Intends(effect), Moment::Before) | (Step::Did(effect), Moment::After) => Some(effect),
            (Step::Started | Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Done(_) | Step::Failed(_), _) => {
                None
            }
        })
    }
}

/// Before an effect, or after it.
#[derive(Clone, Copy)]
enum Moment {
    Before,
    After,
}

/// Why a stage ended early.
#[derive(Debug)]
pub(crate) enum StageError {
    /// The stage failed: the job goes on to undo it.
    Failed(Failure),
    /// Nothing can be written down any more: the job stops where it is, and the next start picks it up.
    Journal(JournalError),
}

impl From<JournalError> for StageError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// Code of a job that was asked to stop.
pub(crate) const CANCELLED: &str = "job.cancelled";

impl StageError {
    pub(crate) fn host(stage: Stage, error: &HostError) -> Self {
        Self::Failed(Failure {
            stage,
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            undo: UndoRule::Automatic,
        })
    }

    pub(crate) fn vault(stage: Stage, error: &VaultError) -> Self {
        Self::Failed(Failure {
            stage,
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            undo: UndoRule::Automatic,
        })
    }

    pub(crate) fn cancelled(stage: Stage) -> Self {
        Self::Failed(Failure {
            stage,
            code: CANCELLED.to_owned(),
            message: format!("somebody asked to stop during {stage}"),
            hint: None,
            undo: UndoRule::Automatic,
        })
    }

    pub(crate) fn failed(stage: Stage, code: &str, message: String, hint: &str) -> Self {
        let hint = Some(hint.to_owned());
        Self::Failed(Failure { stage, code: code.to_owned(), message, hint, undo: UndoRule::Automatic })
    }
}
