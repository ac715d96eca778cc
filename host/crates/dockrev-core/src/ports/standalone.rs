//! Containers that no Compose project made: they are made anew through the Engine API, with every setting kept.

use super::{HostError, LogSink};
use crate::ids::{ContainerName, ImageId, JobId};
use crate::job::LogLine;
use crate::stack::ContainerStatus;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A container and the image that it moves to: all that is needed to do it, and to undo it after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// The job that it is for. What is made on the way is found again by this id.
    pub job: JobId,
    /// The container's name, before and after.
    pub container: ContainerName,
    /// What it is made from.
    pub from: WrittenImage,
    /// What it is to be made from.
    pub to: WrittenImage,
}

/// An image, and how it is written on a container that is made from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenImage {
    /// The image.
    pub id: ImageId,
    /// A reference that stands for it on the engine: `repository:tag` or `repository:tag@digest`.
    pub written: String,
}

/// What is to be known of a container before it is made anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recreation {
    /// Why it cannot be made anew, if it cannot.
    pub obstacle: Option<String>,
    /// Names of other containers that would be cut off: they use its namespaces or are linked to it.
    pub tied_to_it: Vec<String>,
    /// Whether it has a healthcheck.
    pub has_healthcheck: bool,
    /// Whether the engine removes it when it stops (`--rm`), so that the way back makes it anew as well.
    pub is_removed_on_stop: bool,
}

/// Makes standalone containers anew.
#[async_trait]
pub trait Standalone: Send + Sync {
    /// Looks at each of `containers`. Those that are not there are left out.
    async fn recreations(&self, containers: &[ContainerName])
    -> Result<BTreeMap<ContainerName, Recreation>, HostError>;

    /// What the container is doing. Absent if there is none of this name.
    async fn container_status(&self, container: &ContainerName) -> Result<Option<ContainerStatus>, HostError>;

    /// The last `max_lines` lines that it wrote.
    async fn container_log(&self, container: &ContainerName, max_lines: usize) -> Result<Vec<LogLine>, HostError>;

    /// Makes the container anew from the new image and starts it. The old one is stopped and kept under another name.
    ///
    /// Nothing is touched before the new container is there with all its settings and networks. Doing it twice is the
    /// same as once.
    async fn replace(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError>;

    /// Has the old container run under its own name again, and removes the new one, whatever part of
    /// [`Self::replace`] was done. Doing it twice is the same as once.
    ///
    /// Once the old one is removed ([`Self::settle`]) it is made anew from the old image. So it is with a container
    /// that the engine removes when it stops.
    async fn put_back(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError>;

    /// The jobs for which an old container is kept.
    async fn kept(&self) -> Result<Vec<JobId>, HostError>;

    /// Removes what was kept for the way back, and no volume. Doing it twice is the same as once.
    async fn settle(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError>;
}
