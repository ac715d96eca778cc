//! A job: one service or container moved to one image, as a saga of stages that are undone in reverse.
//!
//! ```text
//! preflight -> pull -> backup -> apply -> verify -> updated
//!     '--------------- undone in reverse ----------> failed (the old containers run) or rolled back
//!                               an undo failed ----> needs attention
//! ```

use crate::ids::JobId;
use crate::plan::{Change, UndoRule};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

mod downtime;
mod journal;

pub use downtime::{Sign, downtime};
pub use journal::{Direction, Effect, HookMoment, JournalEntry, LogLine, LogSource, Observation, StageOutput, Step};

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

#[cfg(test)]
mod tests;
