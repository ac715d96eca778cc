//! A job: one service moved to one image, as a saga of stages that are undone in reverse.
//!
//! ```text
//! preflight -> pull -> backup -> apply -> verify -> updated
//!     '--------------- undone in reverse ----------> failed (the old containers run) or rolled back
//!                               an undo failed ----> needs attention
//! ```

use crate::backup::{Artifact, ArtifactName, TargetName};
use crate::ids::{ContainerId, ImageId, JobId};
use crate::plan::{Change, UndoRule};
use crate::stack::{ContainerStatus, Probe};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A stage of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Looks whether the world still is as the plan says. Changes nothing.
    Preflight,
    /// Brings the new image to the engine, under no name. Nothing that runs can notice.
    Pull,
    /// Copies the data, with the service stopped or frozen as the plan says.
    Backup,
    /// Writes the change down and has the containers made anew.
    Apply,
    /// Waits for the new containers' own healthcheck. Changes nothing.
    Verify,
}

impl Stage {
    /// All stages, in the order in which they are done.
    pub const ALL: [Self; 5] = [Self::Preflight, Self::Pull, Self::Backup, Self::Apply, Self::Verify];

    /// The stage after this one.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Preflight => Some(Self::Pull),
            Self::Pull => Some(Self::Backup),
            Self::Backup => Some(Self::Apply),
            Self::Apply => Some(Self::Verify),
            Self::Verify => None,
        }
    }

    /// The stage before this one, which is undone after it.
    #[must_use]
    pub fn previous(self) -> Option<Self> {
        match self {
            Self::Preflight => None,
            Self::Pull => Some(Self::Preflight),
            Self::Backup => Some(Self::Pull),
            Self::Apply => Some(Self::Backup),
            Self::Verify => Some(Self::Apply),
        }
    }

    /// Whether a job that came this far may have replaced the service's containers.
    #[must_use]
    pub fn touches_service(self) -> bool {
        match self {
            Self::Preflight | Self::Pull | Self::Backup => false,
            Self::Apply | Self::Verify => true,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preflight => "preflight",
            Self::Pull => "pull",
            Self::Backup => "backup",
            Self::Apply => "apply",
            Self::Verify => "verify",
        })
    }
}

/// Why a stage, or the undoing of one, failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The stage.
    pub stage: Stage,
    /// Stable code for programs.
    pub code: String,
    /// What failed, for people.
    pub message: String,
    /// What to do about it, if there is something.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
    /// Whether the job undoes itself because of it.
    pub undo: UndoRule,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Where a job stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum JobState {
    /// The stage has begun.
    Running {
        /// Which one.
        stage: Stage,
    },
    /// The stage is being undone.
    Undoing {
        /// Which one.
        stage: Stage,
        /// What the undoing is for.
        cause: Failure,
        /// What becomes of the data.
        #[serde(default)]
        data: DataWish,
    },
    /// The service runs the new image.
    Updated,
    /// A stage failed before the service's containers were replaced.
    Failed {
        /// What failed.
        cause: Failure,
    },
    /// The service runs the old image again.
    RolledBack {
        /// What the undoing was for.
        cause: Failure,
    },
    /// The job stopped half way, and a person has to look.
    NeedsAttention {
        /// What failed.
        cause: Failure,
        /// What failed while it was undone. Absent if nothing was undone.
        undo_failure: Option<Failure>,
    },
}

/// What becomes of the data when a job is undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataWish {
    /// It goes back where the plan says so: the job failed, and nobody has used the new version yet.
    #[default]
    AsPlanned,
    /// It stays: the new version has been in use since.
    Keep,
    /// Everything that was copied goes back, and what was written since is lost.
    Restore,
}

/// How a stage, or the undoing of one, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should.
    Done,
    /// It failed.
    Failed(Failure),
}

impl JobState {
    /// Where every job starts.
    #[must_use]
    pub fn first() -> Self {
        Self::Running { stage: Stage::Preflight }
    }

    /// Where the job stands after the stage that it is in ended as `outcome` says. An ended job stays as it is.
    #[must_use]
    pub fn next(self, outcome: Outcome) -> Self {
        match (self, outcome) {
            (Self::Running { stage }, Outcome::Done) => match stage.next() {
                Some(stage) => Self::Running { stage },
                None => Self::Updated,
            },
            (Self::Running { stage }, Outcome::Failed(cause)) => match cause.undo {
                UndoRule::Automatic => Self::Undoing { stage, cause, data: DataWish::AsPlanned },
                UndoRule::OnRequest => Self::NeedsAttention { cause, undo_failure: None },
            },
            (Self::Undoing { stage, cause, data }, Outcome::Done) => match stage.previous() {
                Some(stage) => Self::Undoing { stage, cause, data },
                None if cause.stage.touches_service() => Self::RolledBack { cause },
                None => Self::Failed { cause },
            },
            (Self::Undoing { cause, .. }, Outcome::Failed(failure)) => {
                Self::NeedsAttention { cause, undo_failure: Some(failure) }
            }
            (
                ended @ (Self::Updated | Self::Failed { .. } | Self::RolledBack { .. } | Self::NeedsAttention { .. }),
                Outcome::Done | Outcome::Failed(_),
            ) => ended,
        }
    }

    /// Whether the job has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        match self {
            Self::Running { .. } | Self::Undoing { .. } => false,
            Self::Updated | Self::Failed { .. } | Self::RolledBack { .. } | Self::NeedsAttention { .. } => true,
        }
    }

    /// The state's name, for people and programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Running { .. } => "running",
            Self::Undoing { .. } => "undoing",
            Self::Updated => "updated",
            Self::Failed { .. } => "failed",
            Self::RolledBack { .. } => "rolled-back",
            Self::NeedsAttention { .. } => "needs-attention",
        }
    }

    /// What the job is, or was, undone for.
    #[must_use]
    pub fn cause(&self) -> Option<&Failure> {
        match self {
            Self::Running { .. } | Self::Updated => None,
            Self::Undoing { cause, .. }
            | Self::Failed { cause }
            | Self::RolledBack { cause }
            | Self::NeedsAttention { cause, .. } => Some(cause),
        }
    }
}

/// A job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What it does: frozen when it was planned.
    pub change: Change,
    /// Who asked for it, and from where: `cli:root`.
    pub requested_by: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// Where it stands.
    pub state: JobState,
}

/// Whether a stage is done or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// It is done.
    Do,
    /// It is undone.
    Undo,
}

/// One step of a job, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// When.
    pub at: Timestamp,
    /// In which stage.
    pub stage: Stage,
    /// Doing or undoing it.
    pub direction: Direction,
    /// What was about to happen, or did.
    pub step: Step,
}

/// A step within a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type", content = "detail")]
pub enum Step {
    /// The stage begins.
    Started,
    /// This effect comes next: written before it happens.
    Intends(Effect),
    /// This effect has happened.
    Did(Effect),
    /// This was seen, and is kept as evidence.
    Saw(Observation),
    /// The stage ended as it should.
    Done(StageOutput),
    /// The stage failed.
    Failed(Failure),
}

/// What was seen while a job waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Observation {
    /// A healthcheck ran.
    Probed {
        /// The container's name.
        container: String,
        /// How it ended.
        probe: Probe,
    },
    /// What containers that were not found good wrote last.
    LastLines {
        /// The lines, in order.
        lines: Vec<String>,
    },
}

/// A change to the world outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Effect {
    /// An image is pulled by its digest.
    PullImage {
        /// `repository@digest`.
        image: String,
    },
    /// A local tag is pointed to an image.
    MoveLocalTag {
        /// `repository:tag`.
        tag: String,
        /// The image.
        image_id: ImageId,
    },
    /// The service's entry in the override file is replaced.
    PinImage {
        /// `repository:tag@digest`, or nothing to take the entry out.
        image: Option<String>,
    },
    /// A text of the user's own file is replaced.
    EditFile {
        /// The file and the line that it was in when this was planned.
        location: String,
        /// The text that is there.
        from: String,
        /// The text that takes its place.
        to: String,
    },
    /// Compose brings the service up.
    ComposeUp,
    /// A container that belongs to no stack is made anew.
    ReplaceContainer {
        /// Its name.
        name: String,
        /// The new image as it is written on it.
        image: String,
    },
    /// The container that was replaced runs again under its own name.
    PutContainerBack {
        /// Its name.
        name: String,
    },
    /// What was kept of a replaced container is removed: the update has proven itself.
    RemoveOldContainer {
        /// The name of the container that took its place.
        name: String,
    },
    /// A local tag keeps an image that the way back needs from being pruned.
    KeepImage {
        /// The tag.
        tag: String,
        /// The image.
        image_id: ImageId,
    },
    /// A container is stopped.
    StopContainer {
        /// Which one.
        id: ContainerId,
        /// Its name.
        name: String,
    },
    /// A container is started.
    StartContainer {
        /// Which one.
        id: ContainerId,
        /// Its name.
        name: String,
    },
    /// A container is frozen.
    PauseContainer {
        /// Which one.
        id: ContainerId,
        /// Its name.
        name: String,
    },
    /// A container is let go on.
    UnpauseContainer {
        /// Which one.
        id: ContainerId,
        /// Its name.
        name: String,
    },
    /// A command of the user's is run in a container.
    RunHook {
        /// The container's name.
        name: String,
        /// Before the copy or after it.
        when: HookMoment,
    },
    /// Data is copied.
    WriteBackup {
        /// Where to.
        artifact: ArtifactName,
    },
    /// A backup is removed: the update has proven itself, or a newer one took its place.
    DiscardBackup {
        /// Which one.
        artifact: ArtifactName,
    },
    /// Data goes back to what it was.
    RestoreData {
        /// From where.
        artifact: ArtifactName,
        /// Which data.
        targets: Vec<TargetName>,
    },
}

/// When a hook runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HookMoment {
    /// Before the copy.
    Before,
    /// After it.
    After,
}

impl fmt::Display for HookMoment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Before => "before",
            Self::After => "after",
        })
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullImage { image } => write!(f, "pull {image}"),
            Self::MoveLocalTag { tag, image_id } => write!(f, "point local tag {tag} to {image_id}"),
            Self::PinImage { image: Some(image) } => write!(f, "pin {image} in the override file"),
            Self::PinImage { image: None } => f.write_str("take the pin out of the override file"),
            Self::EditFile { location, from, to } => write!(f, "write `{to}` for `{from}` in {location}"),
            Self::ComposeUp => f.write_str("compose up"),
            Self::ReplaceContainer { name, image } => write!(f, "make {name} anew from {image}"),
            Self::PutContainerBack { name } => write!(f, "put the old {name} back"),
            Self::RemoveOldContainer { name } => write!(f, "remove the old {name}"),
            Self::KeepImage { tag, image_id } => write!(f, "keep {image_id} as {tag}"),
            Self::StopContainer { name, .. } => write!(f, "stop {name}"),
            Self::StartContainer { name, .. } => write!(f, "start {name}"),
            Self::PauseContainer { name, .. } => write!(f, "pause {name}"),
            Self::UnpauseContainer { name, .. } => write!(f, "unpause {name}"),
            Self::RunHook { name, when } => write!(f, "run the hook of {name} {when} the copy"),
            Self::WriteBackup { artifact } => write!(f, "write backup {artifact}"),
            Self::DiscardBackup { artifact } => write!(f, "remove backup {artifact}"),
            Self::RestoreData { artifact, targets } => {
                let names: Vec<&str> = targets.iter().map(TargetName::as_str).collect();
                write!(f, "restore {} from {artifact}", names.join(", "))
            }
        }
    }
}

/// What a stage found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum StageOutput {
    /// Nothing to say.
    Nothing,
    /// The image that the pull brought.
    Pulled {
        /// Its id on this engine.
        image_id: ImageId,
    },
    /// The data that was copied.
    BackedUp {
        /// The backup.
        artifact: Artifact,
        /// How long the service's containers were stopped or frozen for it, in milliseconds.
        held_ms: u64,
    },
    /// The containers that were found good.
    Verified {
        /// What they were doing at the end.
        containers: Vec<ContainerStatus>,
        /// How long it took until they were, in milliseconds.
        waited_ms: u64,
        /// What to know about this success.
        warnings: Vec<String>,
    },
}

/// Where a log line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogSource {
    /// Dockrev itself.
    Dockrev,
    /// The engine's progress.
    Engine,
    /// Compose's standard output.
    ComposeOut,
    /// Compose's standard error.
    ComposeErr,
    /// The service's own output.
    Service,
}

impl fmt::Display for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dockrev => "dockrev",
            Self::Engine => "engine",
            Self::ComposeOut => "compose",
            Self::ComposeErr => "compose!",
            Self::Service => "service",
        })
    }
}

/// One line of a job's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// Where it comes from.
    pub source: LogSource,
    /// The line, without its end.
    pub text: String,
}

#[cfg(test)]
mod tests;
