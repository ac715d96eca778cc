//! What was found out about the things that run: facts only, no decision.

use crate::age::Since;
use crate::ids::{ContainerName, ServiceId, ServiceName, WorkloadId};
use crate::image::{ImageRef, PinnedImage, Repository, Tag};
use crate::plan::{Follower, OneShot};
use crate::policy::Verdict;
use crate::ports::Recreation;
use crate::registry::{OldAnswer, ResolvedImage};
use crate::settings::Switch;
use crate::stack::{ComposeProject, ComposeService, FileHash, LocalImage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

mod tag;

pub use tag::{Absence, LocalTag, Moved, MovedBack, TagFacts, YoungCandidate};

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// A service of a stack.
    Service(ServiceId),
    /// A container that belongs to no stack, by its name.
    Container(String),
    /// An image that was asked for by its reference, whether or not it runs anywhere.
    Image(String),
}

impl Subject {
    /// What a job would change, if this is something that runs.
    #[must_use]
    pub fn workload(&self) -> Option<WorkloadId> {
        match self {
            Self::Service(id) => Some(WorkloadId::Service(id.clone())),
            Self::Container(name) => Some(WorkloadId::Container(ContainerName::new(name.clone()))),
            Self::Image(_) => None,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(id) => id.fmt(f),
            Self::Container(name) | Self::Image(name) => f.write_str(name),
        }
    }
}

/// One subject, what of it runs, and what the registry has.
#[derive(Clone, Debug, PartialEq)]
pub struct Detection {
    /// What it is about.
    pub subject: Subject,
    /// The image as it was written when the container was made.
    pub written: String,
    /// The image that really runs. Absent for an image that was only asked for.
    pub local: Option<LocalImage>,
    /// What the local tag, by which it was made, stands for by now.
    pub local_tag: LocalTag,
    /// Whether at least one container of it runs.
    pub is_running: bool,
    /// Whether Dockrev itself runs in it.
    pub is_dockrev: bool,
    /// For services of a stack: what Compose needs to change it.
    pub compose: Option<ComposeFacts>,
    /// For containers that belong to no stack: what is to be known before one is made anew. Only for a plan.
    pub container: Option<ContainerFacts>,
    /// Whether updates of it are applied.
    pub update: Switch,
    /// What was found out.
    pub finding: Finding,
    /// How long it took to find out, waits for answers that others had asked for included.
    pub took: Duration,
}

/// What a change of a service has to know of its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeFacts {
    /// How Compose is called.
    pub project: ComposeProject,
    /// The project's files as they were; none if they were not read.
    pub files: Vec<FileHash>,
    /// What the user's own files say of the service.
    pub in_files: InFiles,
    /// The image that Dockrev's override file pins, if any, whether or not it is what runs.
    pub pin: Option<PinnedImage>,
    /// Services that this one waits for.
    pub depends_on: Vec<ServiceName>,
    /// Whether a running container of it has a healthcheck.
    pub has_healthcheck: bool,
    /// How many containers it has.
    pub containers: u32,
    /// Whether its running containers are made from one image.
    pub replicas: Replicas,
    /// Whether others are made from the same `repository:tag`.
    pub tag_users: TagUsers,
    /// Places in its containers whose volumes would not come along: only the image declares them, and this Compose does
    /// not look there.
    pub left_volumes: Vec<PathBuf>,
    /// Services of the stack that live in its namespaces and can be made anew after it, each after those that it lives in.
    pub followers: Vec<Follower>,
    /// Services of the stack that run to their end before it starts.
    pub one_shots: Vec<OneShot>,
    /// Services and containers that would be cut off: they live in its network or another of its namespaces, or on its
    /// volumes, and cannot be made anew after it.
    pub tied_to_it: Vec<String>,
}

/// What a change of a container that belongs to no stack has to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerFacts {
    /// What the engine says of making it anew.
    pub recreation: Recreation,
    /// Whether others are made from the same `repository:tag`.
    pub tag_users: TagUsers,
}

/// What the user's own compose files say of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InFiles {
    /// Compose was not asked.
    NotAsked,
    /// They no longer have it.
    Missing,
    /// This.
    Found(ComposeService),
}

/// Whether the running containers of a service are made from one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replicas {
    /// They are.
    Alike,
    /// They are not: an earlier change stopped half way.
    Mixed,
}

/// Who is made from a `repository:tag`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagUsers {
    /// Only this one.
    One,
    /// Others as well: what the local tag stands for is theirs too.
    Several,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The registry was read and the tags were judged.
    Read(Box<Reading>),
    /// The registry no longer has what it came from.
    Gone(Absence),
    /// There is nothing to be asked, for a reason.
    Excluded(Exclusion),
    /// It could not be found out. Unknown is never "up to date".
    Unknown(Trouble),
}

/// What the registry has.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The running image, normalised.
    pub reference: ImageRef,
    /// The tag that is followed.
    pub tag: Tag,
    /// What that tag points to now. Absent if the registry no longer has it.
    pub tag_now: Option<ResolvedImage>,
    /// Set if that tag points to another image than the one that runs.
    pub moved: Option<Moved>,
    /// What the policy says of the tags.
    pub verdict: Verdict,
    /// What else is known of the tags that the policy found relevant.
    pub tags: BTreeMap<Tag, TagFacts>,
    /// The tag to move to, and what it points to: the policy's choice, or the one that was asked for.
    pub candidate: Option<(Tag, ResolvedImage)>,
    /// Since when the candidate has been out, as far as is known.
    pub candidate_since: Option<Since>,
    /// Whether the candidate was asked for by name instead of being chosen.
    pub asked_for: bool,
    /// The newest tag that has not been out for long enough, if there is no other candidate.
    pub young: Option<YoungCandidate>,
    /// The newest tag that a rule left out, what it points to, and the rule.
    pub ignored: Option<IgnoredCandidate>,
    /// Why the tag list is incomplete, if it is.
    pub truncated: Option<String>,
    /// Set if the registry could not be read and some of this is what it said before.
    pub old: Option<OldAnswer>,
}

/// Whether `local`, the image that runs, is what `image` of `repository` stands for: by its index, by the manifest of its
/// platform, or by its own id on an engine that knows images by those.
#[must_use]
pub fn runs(local: &LocalImage, repository: &Repository, image: &ResolvedImage) -> bool {
    local.id.as_str() == image.digest.as_str()
        || local.digests_of(repository).any(|digest| image.is_or_contains(digest))
}

/// Something newer that a rule left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredCandidate {
    /// Its tag.
    pub tag: Tag,
    /// What the tag points to.
    pub image: ResolvedImage,
    /// The rule, in words.
    pub rule: String,
}

/// Why there is nothing to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Exclusion {
    /// Somebody switched it off.
    #[error("switched off by {by}")]
    SwitchedOff {
        /// The label or table that says so.
        by: String,
    },
    /// A filter by label leaves its container out.
    #[error("left out by {by}")]
    FilteredOut {
        /// The filter, and what the container has or has not.
        by: String,
    },
    /// It is written with a tag and a digest, and such images are left out.
    #[error("pinned to a digest, and left out by {by}")]
    SkippedPinned {
        /// The label or table that says so.
        by: String,
    },
    /// Its tag is a full version, and such tags are left out.
    #[error("`{tag}` is a full version, and left out by {by}")]
    SkippedExact {
        /// The tag.
        tag: Tag,
        /// The label or table that says so.
        by: String,
    },
    /// The image was built on this machine: no registry knows it.
    #[error("built on this machine")]
    BuiltLocally,
    /// The image that runs came from somewhere else and was given this name here.
    #[error("the image that runs did not come from this repository")]
    OtherOrigin,
    /// The image is written with a digest and no tag: it can only ever be itself.
    #[error("pinned to a digest")]
    PinnedByDigest,
    /// The image was removed from the engine or its name was taken away from it.
    #[error("the engine knows its image by id only")]
    NameUnknown,
}

/// Something could not be found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Stable code for programs.
    pub code: String,
    /// What failed, for people.
    pub message: String,
}
