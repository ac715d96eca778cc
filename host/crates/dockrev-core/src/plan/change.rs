//! One service, from what runs to what shall run.

use super::candidate::{Architecture, Candidate, ChangeLevel};
use super::options::{PlanOptions, VerifySettings};
use crate::detection::{ComposeFacts, Reading};
use crate::ids::{ImageId, ServiceId, ServiceName};
use crate::image::{Digest, ImageRef, PinnedImage, Tag};
use crate::stack::{ComposeProject, FileHash};
use serde::{Deserialize, Serialize};

/// One service, from what runs to what shall run. Frozen: execution decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceChange {
    /// Which service.
    pub service: ServiceId,
    /// How Compose is called.
    pub project: ComposeProject,
    /// The project's files as they were when this was planned.
    pub files: Vec<FileHash>,
    /// What runs now.
    pub from: CurrentImage,
    /// What shall run.
    pub to: PinnedImage,
    /// How much changes.
    pub level: ChangeLevel,
    /// How it is written down.
    pub writing: Writing,
    /// Services of the stack that this one waits for.
    pub depends_on: Vec<ServiceName>,
    /// How the new containers are watched.
    pub verify: VerifySettings,
    /// Why this image was chosen.
    pub reason: String,
    /// What the person who approves it should know.
    pub warnings: Vec<Warning>,
}

/// What runs before a change: enough to come back to it without any registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentImage {
    /// `repository:tag`, normalised.
    pub reference: ImageRef,
    /// The tag that is followed.
    pub tag: Tag,
    /// The image itself, as this engine knows it.
    pub image_id: ImageId,
    /// The digest that the registry knows it by, if it came from one.
    pub digest: Option<Digest>,
}

/// How a change is written down, so that the user's own next `compose up` keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Writing {
    /// A moved tag: the local `repository:tag` is pointed to the new image. The compose file stays true.
    LocalTag,
    /// A newer tag: Dockrev's override file pins it.
    Override {
        /// What the override file pinned for this service before.
        before: Option<PinnedImage>,
    },
}

/// What the person who approves a change should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Warning {
    /// Nobody can tell whether the new version works.
    #[error("no healthcheck: success means running without a restart, and there is no automatic rollback")]
    NoHealthcheck,
    /// The image is not built for this host, and it was asked for all the same.
    #[error("not built for this host's platform")]
    ArchitectureMismatch,
    /// The compose file keeps its older tag.
    #[error("the compose file keeps `{file_image}`: a plain `compose up` without Dockrev's override goes back to it")]
    OverrideOnly {
        /// The image in the compose file.
        file_image: String,
    },
    /// The tag list was cut short.
    #[error("the tag list is incomplete ({reason}): there may be a newer tag")]
    TagsTruncated {
        /// Why.
        reason: String,
    },
}

/// Freezes a change.
pub(super) fn freeze(
    service: &ServiceId,
    compose: &ComposeFacts,
    from: CurrentImage,
    candidate: Candidate,
    reading: &Reading,
    options: &PlanOptions,
) -> ServiceChange {
    let same_tag = candidate.image.tag == from.tag;
    let writing = if same_tag && compose.pin.is_none() {
        Writing::LocalTag
    } else {
        Writing::Override { before: compose.pin.clone() }
    };
    let warnings = warnings(compose, &candidate, &writing, reading);
    ServiceChange {
        service: service.clone(),
        project: compose.project.clone(),
        files: compose.files.clone(),
        from,
        to: candidate.image,
        level: candidate.level,
        writing,
        depends_on: compose.depends_on.clone(),
        verify: options.verify,
        reason: candidate.reason,
        warnings,
    }
}

fn warnings(compose: &ComposeFacts, candidate: &Candidate, writing: &Writing, reading: &Reading) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !compose.has_healthcheck {
        warnings.push(Warning::NoHealthcheck);
    }
    match candidate.architecture {
        Architecture::Matches => {}
        Architecture::Mismatch { .. } | Architecture::Unknown => warnings.push(Warning::ArchitectureMismatch),
    }
    match (writing, &compose.file_image) {
        (Writing::Override { .. }, Some(file_image)) => {
            warnings.push(Warning::OverrideOnly { file_image: file_image.clone() });
        }
        (Writing::Override { .. }, None) | (Writing::LocalTag, _) => {}
    }
    if let Some(reason) = &reading.truncated {
        warnings.push(Warning::TagsTruncated { reason: reason.clone() });
    }
    warnings
}
