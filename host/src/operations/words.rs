//! Closed sets of words, as programs read them in JSON.

use dockrev_core::backup::Consistency;
use dockrev_core::job::{Direction, JobState, LogSource, Stage};
use dockrev_core::plan::{Architecture, ChangeLevel};
use dockrev_core::policy::Relation;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What an entry is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// A service of a stack.
    Service,
    /// A container that belongs to no stack.
    Container,
    /// An image that was only asked about.
    Image,
}

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EntryStatus {
    /// An update would take what is newer.
    Update,
    /// There is something newer for an image that was only asked about.
    Newer,
    /// There is something newer, and it is not taken.
    Held,
    /// The registry has nothing newer that the policy chooses.
    UpToDate,
    /// Nothing was asked.
    Skipped,
    /// The registry no longer has what it came from.
    Gone,
    /// It could not be found out.
    Unknown,
}

impl EntryStatus {
    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Newer => "newer",
            Self::Held => "held",
            Self::UpToDate => "up-to-date",
            Self::Skipped => "skipped",
            Self::Gone => "gone",
            Self::Unknown => "unknown",
        }
    }
}

/// How much changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LevelName {
    /// The first number differs.
    Major,
    /// The second number differs.
    Minor,
    /// A later number differs.
    Patch,
    /// A newer tag whose numbers do not say how much changed.
    SameLevel,
    /// The same tag points to another digest.
    Digest,
    /// A tag that was asked for by name.
    Requested,
}

impl LevelName {
    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::SameLevel => "same-level",
            Self::Digest => "digest",
            Self::Requested => "requested",
        }
    }
}

impl From<ChangeLevel> for LevelName {
    fn from(level: ChangeLevel) -> Self {
        match level {
            ChangeLevel::Major => Self::Major,
            ChangeLevel::Minor => Self::Minor,
            ChangeLevel::Patch => Self::Patch,
            ChangeLevel::SameLevel => Self::SameLevel,
            ChangeLevel::Digest => Self::Digest,
            ChangeLevel::Requested => Self::Requested,
        }
    }
}

/// Whether an image is built for this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArchitectureFit {
    /// It is.
    Matches,
    /// It is not.
    Mismatch,
    /// The registry does not say.
    Unknown,
}

impl From<&Architecture> for ArchitectureFit {
    fn from(architecture: &Architecture) -> Self {
        match architecture {
            Architecture::Matches => Self::Matches,
            Architecture::Mismatch { .. } => Self::Mismatch,
            Architecture::Unknown => Self::Unknown,
        }
    }
}

/// How a tag relates to the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RelationName {
    /// The current tag itself.
    Current,
    /// Same track, later.
    Newer,
    /// Same track, earlier.
    Older,
    /// A version of another track.
    OtherTrack,
    /// No version at all.
    NotAVersion,
}

impl From<Relation> for RelationName {
    fn from(relation: Relation) -> Self {
        match relation {
            Relation::Current => Self::Current,
            Relation::Newer => Self::Newer,
            Relation::Older => Self::Older,
            Relation::OtherTrack => Self::OtherTrack,
            Relation::NotAVersion => Self::NotAVersion,
        }
    }
}

/// What a local tag stands for by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LocalTagName {
    /// It is of no interest.
    Unused,
    /// The image that runs.
    Same,
    /// Nothing.
    Gone,
    /// Another image of the same repository.
    Pulled,
    /// An image that did not come from this repository.
    Retagged,
}

/// A stage of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// Looks whether the plan still fits.
    Preflight,
    /// Gets the new image.
    Pull,
    /// Copies data.
    Backup,
    /// Brings the service up with the new image.
    Apply,
    /// Waits until the new containers are good.
    Verify,
}

impl StageName {
    /// Stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Preflight => "preflight",
            Self::Pull => "pull",
            Self::Backup => "backup",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }
}

impl From<Stage> for StageName {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Preflight => Self::Preflight,
            Stage::Pull => Self::Pull,
            Stage::Backup => Self::Backup,
            Stage::Apply => Self::Apply,
            Stage::Verify => Self::Verify,
        }
    }
}

/// Whether a stage is done or undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DirectionName {
    /// It is done.
    Do,
    /// It is undone.
    Undo,
}

impl From<Direction> for DirectionName {
    fn from(direction: Direction) -> Self {
        match direction {
            Direction::Do => Self::Do,
            Direction::Undo => Self::Undo,
        }
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JobStateName {
    /// A stage is done.
    Running,
    /// A stage is undone.
    Undoing,
    /// The new image runs.
    Updated,
    /// The old one runs: its containers were not replaced.
    Failed,
    /// The old one runs again.
    RolledBack,
    /// A person has to look.
    NeedsAttention,
}

impl JobStateName {
    /// The word that the store and the journal have for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Undoing => "undoing",
            Self::Updated => "updated",
            Self::Failed => "failed",
            Self::RolledBack => "rolled-back",
            Self::NeedsAttention => "needs-attention",
        }
    }
}

impl From<&JobState> for JobStateName {
    fn from(state: &JobState) -> Self {
        match state {
            JobState::Running { .. } => Self::Running,
            JobState::Undoing { .. } => Self::Undoing,
            JobState::Updated => Self::Updated,
            JobState::Failed { .. } => Self::Failed,
            JobState::RolledBack { .. } => Self::RolledBack,
            JobState::NeedsAttention { .. } => Self::NeedsAttention,
        }
    }
}

/// Where a log line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LogSourceName {
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

impl LogSourceName {
    /// For people: short, and `!` for what came from standard error.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dockrev => "dockrev",
            Self::Engine => "engine",
            Self::ComposeOut => "compose",
            Self::ComposeErr => "compose!",
            Self::Service => "service",
        }
    }
}

impl From<LogSource> for LogSourceName {
    fn from(source: LogSource) -> Self {
        match source {
            LogSource::Dockrev => Self::Dockrev,
            LogSource::Engine => Self::Engine,
            LogSource::ComposeOut => Self::ComposeOut,
            LogSource::ComposeErr => Self::ComposeErr,
            LogSource::Service => Self::Service,
        }
    }
}

/// What containers do while their data is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConsistencyName {
    /// They run on.
    Live,
    /// They are frozen.
    Pause,
    /// They are stopped.
    Stop,
}

impl From<Consistency> for ConsistencyName {
    fn from(consistency: Consistency) -> Self {
        match consistency {
            Consistency::Live => Self::Live,
            Consistency::Pause => Self::Pause,
            Consistency::Stop => Self::Stop,
        }
    }
}
