//! The plan: what will be changed and why, or why not. A pure function of what was found; its result is frozen.

use crate::detection::{ComposeFacts, Detection, Exclusion, Finding, Reading, Subject, Trouble};
use crate::ids::{ImageId, ServiceId, ServiceName};
use crate::image::{Digest, ImageRef, PinnedImage, Tag};
use crate::platform::Platform;
use crate::policy::Level;
use crate::registry::ResolvedImage;
use crate::stack::{ComposeProject, FileHash};
use serde::{Deserialize, Serialize};
use std::fmt;

mod order;

/// What the person who asks for a plan can choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// What to do with a candidate that is not built for this host.
    pub architecture_mismatch: MismatchRule,
    /// How long, and how, the new containers are watched.
    pub verify: VerifySettings,
}

impl PlanOptions {
    /// What nobody has to regret: nothing that is not built for this host, and the default waits.
    #[must_use]
    pub fn cautious() -> Self {
        Self { architecture_mismatch: MismatchRule::Hold, verify: VerifySettings::default() }
    }
}

/// What to do with a candidate that is not built for this host's platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MismatchRule {
    /// Show it and leave it.
    Hold,
    /// Take it all the same, with a warning.
    Apply,
}

/// How the new containers are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifySettings {
    /// How long a container without a healthcheck has to run without a restart, in milliseconds.
    pub settle_ms: u64,
    /// Wait beyond the least time that a healthcheck's verdict can take, in milliseconds.
    pub grace_ms: u64,
    /// What a failure of a container without a healthcheck leads to.
    pub without_healthcheck: crate::job::UndoRule,
}

/// How long a container without a healthcheck has to run: long enough for a crash at start, short enough to wait for.
const SETTLE_DEFAULT_MS: u64 = 10_000;
/// Wait beyond the due time of a verdict: a busy machine starts its probes late.
const GRACE_DEFAULT_MS: u64 = 5_000;

impl Default for VerifySettings {
    fn default() -> Self {
        Self {
            settle_ms: SETTLE_DEFAULT_MS,
            grace_ms: GRACE_DEFAULT_MS,
            without_healthcheck: crate::job::UndoRule::OnRequest,
        }
    }
}

/// A plan: one entry per subject, the services of a stack in the order in which they are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The entries.
    pub entries: Vec<PlanEntry>,
}

impl Plan {
    /// What will be changed, in order.
    pub fn changes(&self) -> impl Iterator<Item = &ServiceChange> {
        self.entries.iter().filter_map(|entry| match &entry.decision {
            Decision::Update(change) => Some(change.as_ref()),
            Decision::UpToDate { .. } | Decision::Held { .. } | Decision::Excluded(_) | Decision::Unknown(_) => None,
        })
    }
}

/// What is to happen with one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanEntry {
    /// What it is about.
    pub subject: Subject,
    /// The image as it was written when the container was made.
    pub written: String,
    /// The tag that is followed.
    pub current_tag: Option<Tag>,
    /// The image in the user's own compose files, where it differs from what Dockrev's override pins.
    pub file_image: Option<String>,
    /// What is to happen.
    pub decision: Decision,
}

/// What is to happen with one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It will be changed.
    Update(Box<ServiceChange>),
    /// The registry has nothing newer.
    UpToDate {
        /// The policy's words.
        reason: String,
    },
    /// There is something newer, and it will not be taken.
    Held {
        /// What there is.
        candidate: Candidate,
        /// Why it is not taken.
        hold: Hold,
    },
    /// Nothing was asked.
    Excluded(Exclusion),
    /// It is not known whether there is something newer.
    Unknown(Trouble),
}

/// Something newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The image, frozen.
    pub image: PinnedImage,
    /// How much changes.
    pub level: ChangeLevel,
    /// Whether it is built for this host.
    pub architecture: Architecture,
    /// Why it was chosen.
    pub reason: String,
}

/// How much changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeLevel {
    /// A newer tag, this far away.
    Version(Level),
    /// The same tag points to another digest.
    Digest,
    /// A tag that was asked for by name and has no order with the current one.
    Requested,
}

impl fmt::Display for ChangeLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version(level) => level.fmt(f),
            Self::Digest => f.write_str("digest"),
            Self::Requested => f.write_str("requested"),
        }
    }
}

/// Whether an image is built for this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Architecture {
    /// It is.
    Matches,
    /// It is not: these are the platforms that it has.
    Mismatch {
        /// The platforms that it is built for.
        offered: Vec<Platform>,
    },
    /// The registry does not say.
    Unknown,
}

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
    /// The service is stopped, and an update would start it.
    #[error("the service is stopped, and an update would start it")]
    Stopped,
    /// It belongs to no stack.
    #[error("not part of a Compose stack: updating such containers is not supported yet")]
    Standalone,
    /// It was only asked about.
    #[error("only asked about")]
    NotInstalled,
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(", ")
}

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

/// Decides for every subject what is to happen with it, on a host of platform `host`.
#[must_use]
pub fn plan(detections: &[Detection], host: &Platform, options: &PlanOptions) -> Plan {
    let entries =
        order::by_dependency(detections).into_iter().map(|detection| entry(detection, host, options)).collect();
    Plan { entries }
}

fn entry(detection: &Detection, host: &Platform, options: &PlanOptions) -> PlanEntry {
    let (current_tag, decision) = match &detection.finding {
        Finding::Excluded(exclusion) => (None, Decision::Excluded(exclusion.clone())),
        Finding::Unknown(trouble) => (None, Decision::Unknown(trouble.clone())),
        Finding::Read(reading) => (Some(reading.tag.clone()), decide(detection, reading, host, options)),
    };
    let written_tag = || detection.written.parse::<ImageRef>().ok().and_then(|reference| reference.effective_tag());
    let file_image = detection.compose.as_ref().and_then(|compose| {
        compose.pin.as_ref()?;
        compose.file_image.clone()
    });
    PlanEntry {
        subject: detection.subject.clone(),
        written: detection.written.clone(),
        current_tag: current_tag.or_else(written_tag),
        file_image,
        decision,
    }
}

fn decide(detection: &Detection, reading: &Reading, host: &Platform, options: &PlanOptions) -> Decision {
    let Some(candidate) = candidate(detection, reading, host) else {
        return match &reading.tag_now {
            None => Decision::Unknown(Trouble {
                code: "registry.tag-gone".to_owned(),
                message: format!("the registry no longer has tag `{}`", reading.tag),
            }),
            Some(_) => Decision::UpToDate { reason: reading.verdict.reason.clone() },
        };
    };
    match (hold(detection, &candidate, host, options), &detection.compose, &detection.local) {
        (Some(hold), _, _) => Decision::Held { candidate, hold },
        (None, Some(compose), Some(local)) => match &detection.subject {
            Subject::Service(service) => {
                let from = CurrentImage {
                    reference: ImageRef::new(reading.reference.repository().clone(), Some(reading.tag.clone()), None),
                    tag: reading.tag.clone(),
                    image_id: local.id.clone(),
                    digest: local.digests_of(reading.reference.repository()).next().cloned(),
                };
                Decision::Update(Box::new(change(service, compose, from, candidate, reading, options)))
            }
            Subject::Container(_) | Subject::Image(_) => Decision::Held { candidate, hold: Hold::Standalone },
        },
        (None, None, Some(_)) => Decision::Held { candidate, hold: Hold::Standalone },
        (None, _, None) => Decision::Held { candidate, hold: Hold::NotInstalled },
    }
}

/// The news, if there is any: a newer tag first, else the same tag with another digest.
fn candidate(detection: &Detection, reading: &Reading, host: &Platform) -> Option<Candidate> {
    let pinned = |tag: &Tag, image: &ResolvedImage| PinnedImage {
        repository: reading.reference.repository().clone(),
        tag: tag.clone(),
        digest: image.digest.clone(),
    };
    if let Some((tag, image)) = &reading.candidate
        && (*tag != reading.tag || reading.asked_for)
        && !(runs_already(detection, reading, image) && *tag == reading.tag)
    {
        let assessment = reading.verdict.assessment(tag);
        let level = match assessment.and_then(|assessment| assessment.level) {
            Some(level) => ChangeLevel::Version(level),
            None if *tag == reading.tag => ChangeLevel::Digest,
            None => ChangeLevel::Requested,
        };
        let reason = match (reading.asked_for, assessment) {
            (true, _) => "asked for by name".to_owned(),
            (false, Some(assessment)) => assessment.reason.clone(),
            (false, None) => reading.verdict.reason.clone(),
        };
        return Some(Candidate { image: pinned(tag, image), level, architecture: architecture(image, host), reason });
    }
    let moved = reading
        .tag_now
        .as_ref()
        .filter(|image| detection.local.is_some() && !runs_already(detection, reading, image))?;
    if reading.asked_for {
        return None;
    }
    Some(Candidate {
        image: pinned(&reading.tag, moved),
        level: ChangeLevel::Digest,
        architecture: architecture(moved, host),
        reason: format!("tag `{}` points to another image now", reading.tag),
    })
}

fn runs_already(detection: &Detection, reading: &Reading, image: &ResolvedImage) -> bool {
    let repository = reading.reference.repository();
    detection.local.as_ref().is_some_and(|local| {
        local.id.as_str() == image.digest.as_str()
            || local.digests_of(repository).any(|digest| image.is_or_contains(digest))
    })
}

fn architecture(image: &ResolvedImage, host: &Platform) -> Architecture {
    if image.platforms.is_empty() {
        return Architecture::Unknown;
    }
    if image.platforms.iter().any(|offered| host.runs(&offered.platform)) {
        return Architecture::Matches;
    }
    Architecture::Mismatch { offered: image.platforms.iter().map(|offered| offered.platform.clone()).collect() }
}

fn hold(detection: &Detection, candidate: &Candidate, host: &Platform, options: &PlanOptions) -> Option<Hold> {
    match detection.subject {
        Subject::Image(_) => return Some(Hold::NotInstalled),
        Subject::Container(_) => return Some(Hold::Standalone),
        Subject::Service(_) => {}
    }
    if !detection.is_running {
        return Some(Hold::Stopped);
    }
    match (&candidate.architecture, options.architecture_mismatch) {
        (Architecture::Matches, _) | (_, MismatchRule::Apply) => None,
        (Architecture::Mismatch { offered }, MismatchRule::Hold) => {
            Some(Hold::ArchitectureMismatch { host: host.clone(), offered: offered.clone() })
        }
        (Architecture::Unknown, MismatchRule::Hold) => Some(Hold::ArchitectureUnknown { host: host.clone() }),
    }
}

fn change(
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

#[cfg(test)]
mod tests;
