//! Why something newer is not taken.

use super::candidate::{Architecture, Candidate, ChangeLevel};
use super::options::{MismatchRule, PlanOptions};
use super::refused::Refused;
use super::rewrite::CannotRewrite;
use crate::age::TooYoung;
use crate::detection::{ComposeFacts, ContainerFacts, Detection, Finding, InFiles, LocalTag, MovedBack, Replicas};
use crate::ids::{ImageId, JobId, WorkloadId};
use crate::image::ImageRef;
use crate::platform::Platform;
use crate::registry::OldAnswer;
use crate::settings::Switch;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Why something newer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Hold {
    /// It is not built for this host.
    #[error("not built for {host}: only for {}", list(offered))]
    ArchitectureMismatch {
        /// This host's platform.
        host: Platform,
        /// The platforms that it is built for.
        offered: Vec<Platform>,
    },
    /// The registry does not say what it is built for.
    #[error("the registry does not say whether it is built for {host}")]
    ArchitectureUnknown {
        /// This host's platform.
        host: Platform,
    },
    /// It is stopped, and an update would start it.
    #[error("it is stopped, and an update would start it")]
    Stopped,
    /// It would end itself.
    #[error("Dockrev itself runs in it, and would end in the middle of the update: update it by hand")]
    IsDockrev,
    /// The compose files no longer have the service.
    #[error("the compose files no longer have this service")]
    NotInFiles,
    /// The compose files say something else than what was brought up.
    #[error("the compose file says `{file_image}` and the container was made from `{written}`: bring that up first")]
    FilesNotApplied {
        /// The image in the compose file.
        file_image: String,
        /// The image as it was written when the container was made.
        written: String,
    },
    /// Its containers are made from different images.
    #[error("its containers are made from different images: bring the service up first")]
    MixedReplicas,
    /// Data would be lost from sight: Compose would make its containers with an empty volume.
    #[error(
        "this Compose would give it an empty volume at {}, which only the image declares: name the volume in the compose file, or use Compose 2",
        list_places(places)
    )]
    VolumesLeft {
        /// Where they are in its containers.
        places: Vec<PathBuf>,
    },
    /// Others live in its namespaces or on its volumes, and cannot be made anew with it.
    #[error("{} would be cut off: they use its network, another namespace or its volumes", names.join(", "))]
    OthersTiedToIt {
        /// Who.
        names: Vec<String>,
    },
    /// Somebody gave its local tag to an image of their own.
    #[error(
        "on this machine `{written}` stands for another image by now ({}), that is none of its repository's: bring that up, or pull the tag again",
        short(image)
    )]
    RetaggedLocally {
        /// The image as it was written when the container was made.
        written: String,
        /// What that stands for by now.
        image: ImageId,
    },
    /// The tag went back to an older build.
    #[error("the tag went back to an older build ({back}): it is taken if it is asked for by name")]
    MovedBack {
        /// How that is known.
        back: MovedBack,
    },
    /// It has not been out for long enough.
    #[error("{too_young}")]
    TooYoung {
        /// What is missing.
        too_young: TooYoung,
    },
    /// It was tried, and taken back.
    #[error("job {job} took it back ({reason}): it is taken again only if it is asked for by name")]
    TakenBack {
        /// Which job.
        job: JobId,
        /// Why.
        reason: String,
    },
    /// The newer tag is to be written into the user's own file, and it is not certain what that would change.
    #[error("its newer tag is to be written into its own file (`rewrite`), and is not: {why}")]
    CannotRewrite {
        /// Why not, and where.
        why: CannotRewrite,
    },
    /// A rule leaves it out.
    #[error("ignored by {rule}")]
    Ignored {
        /// The rule, in words.
        rule: String,
    },
    /// The registry cannot be read: this is what it said before.
    #[error("{old}")]
    OldAnswers {
        /// Why, and from when the answers are.
        old: String,
    },
    /// Updates of it are shown only.
    #[error("shown only, because of {by}")]
    ShownOnly {
        /// The label or table that says so.
        by: String,
    },
    /// A container that belongs to no stack cannot be made as it is.
    #[error("it cannot be made anew: {reason}")]
    CannotRecreate {
        /// Why not.
        reason: String,
    },
    /// It was only asked about.
    #[error("only asked about")]
    NotInstalled,
}

/// The first characters of an image's id.
fn short(image: &ImageId) -> &str {
    const SHORT_CHARS: usize = "sha256:".len() + 12;
    image.as_str().get(..SHORT_CHARS).unwrap_or(image.as_str())
}

fn list_places(places: &[PathBuf]) -> String {
    places.iter().map(|place| format!("`{}`", place.display())).collect::<Vec<_>>().join(", ")
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(", ")
}

impl From<&OldAnswer> for Hold {
    fn from(old: &OldAnswer) -> Self {
        Self::OldAnswers { old: old.to_string() }
    }
}

/// The reason to hold `candidate` back, if there is one.
pub(super) fn find(
    detection: &Detection,
    candidate: &Candidate,
    host: &Platform,
    options: &PlanOptions,
) -> Option<Hold> {
    let Some(workload) = detection.subject.workload() else { return Some(Hold::NotInstalled) };
    if let Some(hold) = taken_back(&workload, candidate, options) {
        return Some(hold);
    }
    if detection.is_dockrev {
        return Some(Hold::IsDockrev);
    }
    if let Switch::Off(by) = &detection.update {
        return Some(Hold::ShownOnly { by: by.clone() });
    }
    if !detection.is_running {
        return Some(Hold::Stopped);
    }
    if let Some(hold) = of_tag(detection, candidate) {
        return Some(hold);
    }
    if let Some(hold) = detection.compose.as_ref().and_then(|compose| of_stack(detection, compose)) {
        return Some(hold);
    }
    if let Some(hold) = detection.container.as_ref().and_then(of_container) {
        return Some(hold);
    }
    match (&candidate.architecture, options.architecture_mismatch) {
        (Architecture::Matches, _) | (_, MismatchRule::Apply) => None,
        (Architecture::Mismatch { offered }, MismatchRule::Hold) => {
            Some(Hold::ArchitectureMismatch { host: host.clone(), offered: offered.clone() })
        }
        (Architecture::Unknown, MismatchRule::Hold) => Some(Hold::ArchitectureUnknown { host: host.clone() }),
    }
}

fn taken_back(id: &WorkloadId, candidate: &Candidate, options: &PlanOptions) -> Option<Hold> {
    let is_it = |refused: &&Refused| refused.workload == *id && refused.digest == candidate.image.digest;
    let refused = options.refused.iter().find(is_it)?;
    Some(Hold::TakenBack { job: refused.job.clone(), reason: refused.reason.clone() })
}

/// Where a container that belongs to no stack cannot be made anew as it is, or not without harm to others.
fn of_container(facts: &ContainerFacts) -> Option<Hold> {
    if let Some(reason) = &facts.recreation.obstacle {
        return Some(Hold::CannotRecreate { reason: reason.clone() });
    }
    let names = facts.recreation.tied_to_it.clone();
    (!names.is_empty()).then_some(Hold::OthersTiedToIt { names })
}

/// Where the tag that is followed is not what it was: locally, or in the registry.
fn of_tag(detection: &Detection, candidate: &Candidate) -> Option<Hold> {
    if let LocalTag::Retagged(image) = &detection.local_tag {
        return Some(Hold::RetaggedLocally { written: detection.written.clone(), image: image.clone() });
    }
    let Finding::Read(reading) = &detection.finding else { return None };
    let moved = reading.moved.as_ref().filter(|_| candidate.level == ChangeLevel::Digest && !reading.asked_for)?;
    let back = moved.back.as_ref().map(|back| Hold::MovedBack { back: back.clone() });
    back.or_else(|| moved.too_young.as_ref().map(|too_young| Hold::TooYoung { too_young: too_young.clone() }))
}

/// Where bringing the service up would do more, or something else, than moving it from one image to the other.
fn of_stack(detection: &Detection, compose: &ComposeFacts) -> Option<Hold> {
    if compose.replicas == Replicas::Mixed {
        return Some(Hold::MixedReplicas);
    }
    if !compose.left_volumes.is_empty() {
        return Some(Hold::VolumesLeft { places: compose.left_volumes.clone() });
    }
    if !compose.tied_to_it.is_empty() {
        return Some(Hold::OthersTiedToIt { names: compose.tied_to_it.clone() });
    }
    let service = match &compose.in_files {
        InFiles::NotAsked => return None,
        InFiles::Missing => return Some(Hold::NotInFiles),
        InFiles::Found(service) => service,
    };
    let file_image = service.image.clone().unwrap_or_default();
    let same = |a: &str, b: &str| a == b || a.parse::<ImageRef>().is_ok_and(|a| b.parse() == Ok(a));
    if super::change::pin_in_force(compose, detection).is_some() || same(&file_image, &detection.written) {
        return None;
    }
    Some(Hold::FilesNotApplied { file_image, written: detection.written.clone() })
}
