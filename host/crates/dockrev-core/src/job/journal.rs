//! What a job writes down: steps, effects, what was seen, and its log.

use super::{Failure, Stage};
use crate::backup::{Artifact, ArtifactName, TargetName};
use crate::ids::{ContainerId, ImageId, ServiceName};
use crate::stack::{ContainerStatus, Probe};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Compose makes a service anew that lives in the namespaces of the one that is changed.
    RemakeFollower {
        /// Which service.
        service: ServiceName,
    },
    /// The entry in the override file is replaced of a service that runs before the one that is changed.
    PinOneShot {
        /// Which service.
        service: ServiceName,
        /// `repository:tag@digest`, or nothing to take the entry out.
        image: Option<String>,
    },
    /// A container is stopped of a service that runs before the one that is changed. Nobody starts it again.
    EndOneShot {
        /// Which one.
        id: ContainerId,
        /// Its name.
        name: String,
    },
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
            Self::RemakeFollower { service } => write!(f, "make {service} anew, which follows"),
            Self::PinOneShot { service, image: Some(image) } => {
                write!(f, "pin {image} in the override file for {service}, which runs before it")
            }
            Self::PinOneShot { service, image: None } => {
                write!(f, "take the pin of {service}, which runs before it, out of the override file")
            }
            Self::EndOneShot { name, .. } => write!(f, "end {name}"),
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
    /// When, as far as whoever wrote it or took it down says so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<Timestamp>,
    /// Where it comes from.
    pub source: LogSource,
    /// The line, without its end.
    pub text: String,
}

impl LogLine {
    /// A line of which it is not said yet when it was written.
    pub fn new(source: LogSource, text: impl Into<String>) -> Self {
        Self { at: None, source, text: text.into() }
    }
}
