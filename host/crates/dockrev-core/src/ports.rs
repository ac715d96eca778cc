//! The traits through which the rest of the world is reached. Each has one real implementation and a fake in tests.

use crate::backup::DataPlace;
use crate::event::{Delivery, Event, NotifyError};
use crate::ids::{ContainerId, ImageId, JobId, PluginId, ServiceId, ServiceName, StackName};
use crate::image::{Digest, ImageRef, PinnedImage, Repository, Tag};
use crate::job::{Job, JobState, JournalEntry, LogLine};
use crate::platform::Platform;
use crate::policy::{PolicyError, PolicyQuestion, Verdict};
use crate::registry::{Answered, Detail, Freshness, RegistryError, ResolvedImage, TagList};
use crate::stack::{ComposeModel, ComposeProject, ContainerStatus, FileHash, Inventory, LocalImage, Pins};
use async_trait::async_trait;

mod helper;
mod locks;
mod rewriting;
mod sightings;
mod standalone;
mod vault;

pub use helper::{DataMount, Errand, HELPER_FILES, Helper, More, Output};
pub use locks::{LockError, StackGuard, StackLocks};
pub use rewriting::{Rewriting, Standing, Way};
pub use sightings::{Sighting, Sightings};
pub use standalone::{Recreation, Replacement, Standalone, WrittenImage};
pub use vault::{CancelFlag, RestoreItem, Vault, VaultError};

/// What is asked about a repository: a tag or a digest.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Whatever the tag points to now.
    Tag(Tag),
    /// This digest.
    Digest(Digest),
}

/// Reads registries.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Says which repositories will be read soon: what they have in common can be asked for once. Nothing depends on it.
    fn announce(&self, repositories: &[Repository]);

    /// Lists the tags of `repository`; `current` is the one that runs, so that a registry can be asked for less.
    async fn tags(
        &self,
        repository: &Repository,
        current: Option<&Tag>,
        freshness: Freshness,
    ) -> Result<Answered<TagList>, RegistryError>;

    /// Finds what `target` points to.
    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        detail: Detail,
        freshness: Freshness,
    ) -> Result<Answered<ResolvedImage>, RegistryError>;
}

/// Judges versions.
#[async_trait]
pub trait VersionPolicy: Send + Sync {
    /// Judges all tags of a repository against the current one.
    async fn assess(&self, question: &PolicyQuestion) -> Result<Verdict, PolicyError>;
}

/// Delivers events.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Hands `event` to the notifier `plugin`.
    async fn notify(&self, plugin: &PluginId, event: &Event) -> Result<Delivery, NotifyError>;
}

/// Where the output of programs and the engine goes while they run.
pub trait LogSink: Send + Sync {
    /// Takes one line.
    fn line(&self, line: LogLine);
}

/// The engine did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// No engine answers.
    #[error("the Docker Engine at `{address}` does not answer: {reason}")]
    EngineUnreachable {
        /// Its address.
        address: String,
        /// Why, in the words of the connection.
        reason: String,
    },
    /// The engine refused.
    #[error("the Docker Engine could not {action} `{subject}`: {reason}")]
    EngineRefused {
        /// What was asked, as a verb.
        action: &'static str,
        /// Of what.
        subject: String,
        /// Its answer.
        reason: String,
    },
    /// The engine did not answer in time.
    #[error("the Docker Engine did not {action} `{subject}` within {timeout_s} s")]
    EngineTimedOut {
        /// What was asked, as a verb.
        action: &'static str,
        /// Of what.
        subject: String,
        /// The limit, in seconds.
        timeout_s: u64,
    },
    /// A container is not what it was expected to be: somebody else removed it or made it anew.
    #[error("container `{container}` {what}")]
    ContainerChanged {
        /// Its name.
        container: String,
        /// What is wrong with it, as a verb phrase.
        what: String,
    },
    /// A container cannot be made anew as it is.
    #[error("container `{container}` cannot be made anew: {reason}")]
    CannotRecreate {
        /// Its name.
        container: String,
        /// Why not.
        reason: String,
    },
    /// Compose could not be started.
    #[error("could not run Compose as `{command}`: {reason}")]
    ComposeMissing {
        /// How it was called.
        command: String,
        /// Why it did not start.
        reason: String,
    },
    /// Compose ended with an error.
    #[error("`{command}` failed for stack `{stack}` ({status}): {last_lines}")]
    ComposeFailed {
        /// What was run, without paths and values.
        command: String,
        /// For which stack.
        stack: StackName,
        /// Its exit status.
        status: String,
        /// The end of what it printed.
        last_lines: String,
    },
    /// What Compose printed cannot be read.
    #[error("could not read what Compose says of stack `{stack}`: {reason}")]
    ComposeUnreadable {
        /// Of which stack.
        stack: StackName,
        /// What is wrong with it.
        reason: String,
    },
    /// A file of the stack or of Dockrev's own cannot be read or written.
    #[error("could not {action} `{path}`: {reason}")]
    File {
        /// What was tried, as a verb.
        action: &'static str,
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
}

impl HostError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EngineUnreachable { .. } => "engine.unreachable",
            Self::EngineRefused { .. } => "engine.refused",
            Self::EngineTimedOut { .. } => "engine.timed-out",
            Self::ContainerChanged { .. } => "container.changed",
            Self::CannotRecreate { .. } => "container.cannot-recreate",
            Self::ComposeMissing { .. } => "compose.missing",
            Self::ComposeFailed { .. } => "compose.failed",
            Self::ComposeUnreadable { .. } => "compose.unreadable",
            Self::File { .. } => "file.failed",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::EngineUnreachable { .. } => Some(
                "start the engine, or set DOCKER_HOST to its address; reading its socket takes root or group `docker`",
            ),
            Self::EngineTimedOut { .. } => Some("see whether the engine is overloaded or hangs: `docker info`"),
            Self::ContainerChanged { .. } => Some("`docker ps --all` shows what there is; then run the command again"),
            Self::ComposeMissing { .. } => {
                Some("install Compose, or set DOCKREV_COMPOSE_BIN to how you call it, for example `docker compose`")
            }
            Self::ComposeFailed { command, .. } if command.ends_with(" up") => {
                Some("`dockrev jobs show JOB` has what Compose printed")
            }
            Self::ComposeFailed { .. }
            | Self::EngineRefused { .. }
            | Self::CannotRecreate { .. }
            | Self::ComposeUnreadable { .. }
            | Self::File { .. } => None,
        }
    }
}

/// By what an image is found on an engine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ImageName {
    /// Its id.
    Id(ImageId),
    /// What it is called by now.
    Reference(ImageRef),
}

/// The Docker Engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Its version, in its own words: `26.1.5+dfsg1`.
    async fn version(&self) -> Result<String, HostError>;

    /// Looks at all containers, running and stopped.
    async fn inventory(&self) -> Result<Inventory, HostError>;

    /// Finds an image by its id. Absent if the engine does not have it.
    async fn image_by_id(&self, id: &ImageId) -> Result<Option<LocalImage>, HostError>;

    /// Finds what a reference stands for on this engine. Absent if the engine does not have it.
    async fn image(&self, reference: &ImageRef) -> Result<Option<LocalImage>, HostError>;

    /// Finds many images, in the order of their names: as [`Self::image`] and [`Self::image_by_id`], in less time.
    async fn images(&self, names: &[ImageName]) -> Result<Vec<Option<LocalImage>>, HostError> {
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.push(match name {
                ImageName::Id(id) => self.image_by_id(id).await?,
                ImageName::Reference(reference) => self.image(reference).await?,
            });
        }
        Ok(found)
    }

    /// Pulls `image` by its digest, telling `log` of the progress, and gives the image it became. Of an index, the image
    /// for `platform` is taken, or the one for this host if none is given.
    ///
    /// No local tag is moved by it.
    async fn pull(
        &self,
        image: &PinnedImage,
        platform: Option<&Platform>,
        log: &dyn LogSink,
    ) -> Result<LocalImage, HostError>;

    /// How many bytes the disk has left on which the engine keeps images, volumes and containers. Absent where that
    /// cannot be seen from here.
    async fn free_bytes(&self) -> Result<Option<u64>, HostError>;

    /// Points the local tag `reference` to `image`. Doing it twice is the same as once.
    async fn tag(&self, image: &ImageId, reference: &ImageRef) -> Result<(), HostError>;

    /// What the containers of a service are doing, running and stopped, in the order of their names.
    async fn service_status(&self, service: &ServiceId) -> Result<Vec<ContainerStatus>, HostError>;

    /// The last `max_lines` lines that a service's containers wrote.
    async fn service_log(&self, service: &ServiceId, max_lines: usize) -> Result<Vec<LogLine>, HostError>;

    /// Takes the local tag `reference` away. The image stays as long as it has another tag or a container. Absent is
    /// as good as taken away.
    async fn untag(&self, reference: &ImageRef) -> Result<(), HostError>;

    /// The local tags of `repository`.
    async fn local_tags(&self, repository: &Repository) -> Result<Vec<Tag>, HostError>;

    /// Finds the volume `name`, or makes it.
    async fn volume(&self, name: &str) -> Result<DataPlace, HostError>;

    /// Asks `container` to be in the state of `order`. To be there already is as good.
    async fn order(&self, container: &ContainerId, order: ContainerOrder) -> Result<Ordered, HostError>;

    /// Runs `command` in the running `container` and waits for its end, telling `log` what it prints.
    async fn run_in(&self, container: &ContainerId, command: &[String], log: &dyn LogSink) -> Result<(), HostError>;
}

/// What a container is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerOrder {
    /// End, within its own grace period.
    Stop,
    /// Run.
    Start,
    /// Stand still.
    Pause,
    /// Go on.
    Unpause,
}

/// What became of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ordered {
    /// The container is in the state that was asked for.
    Done,
    /// There is no such container any more.
    Gone,
}

/// Services that run to their end before another one starts, which waits for that (`service_completed_successfully`).
/// Mostly there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunFirst<'a> {
    /// These: if one of them fails, the other one is not started, and that is a failure.
    These(&'a [ServiceName]),
    /// These, if they can: the other one is started whatever becomes of them.
    IfTheyCan(&'a [ServiceName]),
}

impl<'a> RunFirst<'a> {
    /// Their names.
    #[must_use]
    pub fn services(self) -> &'a [ServiceName] {
        match self {
            Self::These(services) | Self::IfTheyCan(services) => services,
        }
    }
}

/// The user's own Compose, and the override files that Dockrev keeps beside the user's compose files.
#[async_trait]
pub trait Compose: Send + Sync {
    /// Its version, in its own words: `1.29.2`, `2.26.1-4`.
    async fn version(&self) -> Result<String, HostError>;

    /// What Compose says of the project's own files, without Dockrev's override.
    async fn model(&self, project: &ComposeProject) -> Result<ComposeModel, HostError>;

    /// Hashes the project's files (compose and environment), so that a later change is noticed.
    async fn fingerprint(&self, project: &ComposeProject) -> Result<Vec<FileHash>, HostError>;

    /// The images that Dockrev's override file of `stack` pins. Empty if there is none.
    async fn pins(&self, stack: &StackName) -> Result<Pins, HostError>;

    /// Replaces the override file of `stack`, atomically; no pins removes it.
    async fn set_pins(&self, stack: &StackName, pins: &Pins) -> Result<(), HostError>;

    /// Waits until no `up` of the stack is at work any more that a Dockrev started which is gone.
    async fn wait_until_idle(&self, stack: &StackName) -> Result<(), HostError>;

    /// Whether bringing the service up again, files and override as they are, would make its containers anew.
    async fn would_recreate(&self, project: &ComposeProject, service: &ServiceName) -> Result<bool, HostError>;

    /// Brings one service up as the files and the override say, with so many containers, without pulling, and without
    /// touching those it depends on but for what runs first. Every line that Compose prints goes to `log`.
    async fn up(
        &self,
        project: &ComposeProject,
        service: (&ServiceName, u32),
        first: RunFirst<'_>,
        log: &dyn LogSink,
    ) -> Result<(), HostError>;

    /// The same as [`Self::up`], with the service's containers made anew whether or not anything changed.
    async fn make_anew(
        &self,
        project: &ComposeProject,
        service: &ServiceName,
        containers: u32,
        log: &dyn LogSink,
    ) -> Result<(), HostError>;
}

/// The store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not {action}: {reason}")]
pub struct JournalError {
    /// What was tried, as a verb and its object.
    pub action: &'static str,
    /// Why it failed.
    pub reason: String,
}

/// Where jobs are kept. What `record` returned for survives the death of process and machine.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Adds a job.
    async fn create(&self, job: &Job) -> Result<(), JournalError>;

    /// Writes a step and the state it leads to, both or neither.
    async fn record(&self, job: &JobId, state: &JobState, entry: &JournalEntry) -> Result<(), JournalError>;

    /// Adds lines to the job's log.
    async fn append_log(&self, job: &JobId, lines: &[LogLine]) -> Result<(), JournalError>;

    /// One job.
    async fn job(&self, id: &JobId) -> Result<Option<Job>, JournalError>;

    /// The newest `limit` jobs, newest first.
    async fn jobs(&self, limit: u32) -> Result<Vec<Job>, JournalError>;

    /// Jobs that have not ended, oldest first.
    async fn unfinished(&self) -> Result<Vec<Job>, JournalError>;

    /// The steps of a job, in order.
    async fn journal(&self, id: &JobId) -> Result<Vec<JournalEntry>, JournalError>;

    /// The newest `limit` lines of a job's log, in order.
    async fn log(&self, id: &JobId, limit: u32) -> Result<Vec<LogLine>, JournalError>;

    /// Asks the job to stop and undo itself. Gives whether it was under way.
    async fn ask_to_cancel(&self, id: &JobId) -> Result<bool, JournalError>;

    /// Whether the job was asked to stop.
    async fn is_asked_to_cancel(&self, id: &JobId) -> Result<bool, JournalError>;
}
