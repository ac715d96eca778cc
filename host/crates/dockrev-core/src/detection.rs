//! What was found out about the things that run: facts only, no decision.

use crate::ids::ServiceId;
use crate::image::{ImageRef, PinnedImage, Tag};
use crate::policy::Verdict;
use crate::registry::ResolvedImage;
use crate::stack::{ComposeProject, FileHash, LocalImage};
use serde::{Deserialize, Serialize};
use std::fmt;

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
    /// Whether at least one container of it runs.
    pub is_running: bool,
    /// For services of a stack: what Compose needs to change it.
    pub compose: Option<ComposeFacts>,
    /// What was found out.
    pub finding: Finding,
}

/// What a change of a service has to know of its stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeFacts {
    /// How Compose is called.
    pub project: ComposeProject,
    /// The project's files as they were.
    pub files: Vec<FileHash>,
    /// The image in the user's own files. Absent if Compose could not be asked; `pin_unknown` then says why.
    pub file_image: Option<String>,
    /// The image that Dockrev's override file pins, if any.
    pub pin: Option<PinnedImage>,
    /// Services that this one waits for.
    pub depends_on: Vec<crate::ids::ServiceName>,
    /// Whether the service's image is built on this machine.
    pub builds: bool,
    /// Whether the running container has a healthcheck.
    pub has_healthcheck: bool,
}

/// What was found out.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// The registry was read and the tags were judged.
    Read(Box<Reading>),
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
    /// What the policy says of the tags.
    pub verdict: Verdict,
    /// The tag to move to, and what it points to: the policy's choice, or the one that was asked for.
    pub candidate: Option<(Tag, ResolvedImage)>,
    /// Whether the candidate was asked for by name instead of being chosen.
    pub asked_for: bool,
    /// Why the tag list is incomplete, if it is.
    pub truncated: Option<String>,
}

/// Why there is nothing to ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Exclusion {
    /// The image was built on this machine: no registry knows it.
    #[error("built on this machine")]
    BuiltLocally,
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
