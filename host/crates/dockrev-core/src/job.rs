//! A job: one service moved to one image, as a saga of stages that are undone in reverse.
//!
//! ```text
//! preflight -> pull -> apply -> verify -> updated
//!     '---------- undone in reverse -----> failed (nothing was touched) or rolled back
//!                      an undo failed ---> needs attention
//! ```

use crate::ids::{ImageId, JobId};
use crate::plan::{ServiceChange, UndoRule};
use crate::stack::ContainerStatus;
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
    /// Writes the change down and has Compose recreate the service.
    Apply,
    /// Waits for the new containers' own healthcheck. Changes nothing.
    Verify,
}

impl Stage {
    /// All stages, in the order in which they are done.
    pub const ALL: [Self; 4] = [Self::Preflight, Self::Pull, Self::Apply, Self::Verify];

    /// The stage after this one.
    #[must_use]
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Preflight => Some(Self::Pull),
            Self::Pull => Some(Self::Apply),
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
            Self::Apply => Some(Self::Pull),
            Self::Verify => Some(Self::Apply),
        }
    }

    /// Whether a job that came this far may have touched the running service.
    #[must_use]
    pub fn touches_service(self) -> bool {
        match self {
            Self::Preflight | Self::Pull => false,
            Self::Apply | Self::Verify => true,
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Preflight => "preflight",
            Self::Pull => "pull",
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
    },
    /// The service runs the new image.
    Updated,
    /// A stage failed before the service was touched.
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
                UndoRule::Automatic => Self::Undoing { stage, cause },
                UndoRule::OnRequest => Self::NeedsAttention { cause, undo_failure: None },
            },
            (Self::Undoing { stage, cause }, Outcome::Done) => match stage.previous() {
                Some(stage) => Self::Undoing { stage, cause },
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
    pub change: ServiceChange,
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
    /// The stage ended as it should.
    Done(StageOutput),
    /// The stage failed.
    Failed(Failure),
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
    /// Compose brings the service up.
    ComposeUp,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PullImage { image } => write!(f, "pull {image}"),
            Self::MoveLocalTag { tag, image_id } => write!(f, "point local tag {tag} to {image_id}"),
            Self::PinImage { image: Some(image) } => write!(f, "pin {image} in the override file"),
            Self::PinImage { image: None } => f.write_str("take the pin out of the override file"),
            Self::ComposeUp => f.write_str("compose up"),
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
