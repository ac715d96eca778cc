//! What is changed: a service of a stack through Compose, or a container of its own through the Engine API.

use super::rewrite::{Rewrite, RewritePlan};
use crate::ids::{ContainerName, ServiceId, ServiceName, WorkloadId};
use crate::image::PinnedImage;
use crate::stack::{ComposeProject, FileHash};
use serde::{Deserialize, Serialize};

/// What is changed, and all that is needed to change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Workload {
    /// A service of a stack.
    Service(Box<ServiceWorkload>),
    /// A container that belongs to no stack.
    Container(ContainerWorkload),
}

impl Workload {
    /// Which one.
    #[must_use]
    pub fn id(&self) -> WorkloadId {
        match self {
            Self::Service(service) => WorkloadId::Service(service.service.clone()),
            Self::Container(container) => WorkloadId::Container(container.container.clone()),
        }
    }

    /// How many containers it has.
    #[must_use]
    pub fn containers(&self) -> u32 {
        match self {
            Self::Service(service) => service.containers,
            Self::Container(_) => 1,
        }
    }

    /// The services that are made anew after it, each after those that it lives in.
    #[must_use]
    pub fn followers(&self) -> &[Follower] {
        match self {
            Self::Service(service) => &service.followers,
            Self::Container(_) => &[],
        }
    }

    /// The services that run to their end before it starts.
    #[must_use]
    pub fn one_shots(&self) -> &[OneShot] {
        match self {
            Self::Service(service) => &service.one_shots,
            Self::Container(_) => &[],
        }
    }

    /// Whether the engine removes it when it stops.
    #[must_use]
    pub fn is_removed_on_stop(&self) -> bool {
        match self {
            Self::Service(_) => false,
            Self::Container(container) => container.is_removed_on_stop,
        }
    }

    /// The service, if it is one.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceWorkload> {
        match self {
            Self::Service(service) => Some(service),
            Self::Container(_) => None,
        }
    }
}

/// A service that is changed through Compose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceWorkload {
    /// Which service.
    pub service: ServiceId,
    /// How Compose is called.
    pub project: ComposeProject,
    /// The project's files as they were when this was planned.
    pub files: Vec<FileHash>,
    /// How it is written down.
    pub writing: Writing,
    /// Edits of the stack's files that come earlier in the same plan: they do not make this plan stale.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_edits: Vec<Rewrite>,
    /// What the override file pinned for the service when this was planned, whether or not it was what ran.
    pub pin_found: Option<PinnedImage>,
    /// How many containers the service has.
    pub containers: u32,
    /// Services of the stack that this one waits for.
    pub depends_on: Vec<ServiceName>,
    /// Services of the stack that are made anew after it, each after those that it lives in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<Follower>,
    /// Services of the stack that run to their end once more before this one starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_shots: Vec<OneShot>,
}

/// A service that lives in the namespaces of one that is changed (`network_mode`, `ipc` or `pid` is `service:NAME`). A
/// namespace ends with its container, so the follower is made anew after it, from what it is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    /// Which service, of the same stack.
    pub service: ServiceName,
    /// In whose namespaces it lives: the service that is changed, or followers that come before this one.
    pub lives_in: Vec<ServiceName>,
    /// How many containers it has.
    pub containers: u32,
    /// Whether its healthcheck found it healthy when this was planned: then it has to become so again.
    pub was_healthy: bool,
}

/// A service that runs to its end before the one that is changed starts (`service_completed_successfully`): a migration, for
/// example. Compose runs it whenever it brings up who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneShot {
    /// Which service, of the same stack.
    pub service: ServiceName,
    /// What it is made from.
    pub image: OneShotImage,
}

/// What a one-shot is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum OneShotImage {
    /// Its own: it runs once more as it is.
    Stays,
    /// That of the service that is changed: it is changed with it.
    Moves {
        /// What the override file pinned for it when this was planned.
        pin_found: Option<PinnedImage>,
    },
}

/// A container that is made anew through the Engine API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerWorkload {
    /// Its name, before and after.
    pub container: ContainerName,
    /// How its new image is written on it.
    pub spelling: Spelling,
    /// Whether the engine removes it when it stops (`--rm`): it cannot be stopped for a copy of its data.
    pub is_removed_on_stop: bool,
}

/// How the new image is written on a container that belongs to no stack: what `docker ps` shows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spelling {
    /// `repository:tag`, as before: the local tag is pointed to the new image.
    MovedTag,
    /// `repository:tag` with a newer tag, which nothing here has: it is given to the new image.
    NewTag,
    /// `repository:tag@digest`: the local tag is, or may be, that of others.
    TagAndDigest,
}

/// How a change is written down, so that the user's own next `compose up` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Writing {
    /// A moved tag: the local `repository:tag` is pointed to the new image. The compose file stays true.
    LocalTag,
    /// A newer tag: Dockrev's override file pins it.
    Override {
        /// The pin by which the old image ran. Absent if it ran by what the compose file says.
        before: Option<PinnedImage>,
    },
    /// A newer tag: it takes the place of the old one in the user's own file.
    Rewrite(Box<RewritePlan>),
}
