//! Something newer, and whether there is any.

use crate::age::{Since, TooYoung};
use crate::detection::{Detection, IgnoredCandidate, Reading, YoungCandidate, runs};
use crate::image::{PinnedImage, Tag};
use crate::platform::Platform;
use crate::policy::Level;
use crate::registry::ResolvedImage;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something newer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The image, frozen.
    pub image: PinnedImage,
    /// How much changes.
    pub level: ChangeLevel,
    /// Whether it is built for this host.
    pub architecture: Architecture,
    /// The platform whose image is to be taken, where it is not this host's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub platform: Option<Platform>,
    /// Since when it has been out, as far as is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<Since>,
    /// Why it was chosen.
    pub reason: String,
}

/// How much changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeLevel {
    /// A newer tag: the first number differs.
    Major,
    /// A newer tag: the second number differs.
    Minor,
    /// A newer tag: a later number differs.
    Patch,
    /// A newer tag whose numbers do not say how much changed.
    SameLevel,
    /// The same tag points to another digest.
    Digest,
    /// A tag that was asked for by name and has no order with the current one.
    Requested,
}

impl From<Level> for ChangeLevel {
    fn from(level: Level) -> Self {
        match level {
            Level::Major => Self::Major,
            Level::Minor => Self::Minor,
            Level::Patch => Self::Patch,
            Level::SameLevel => Self::SameLevel,
        }
    }
}

impl fmt::Display for ChangeLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::SameLevel => "same-level",
            Self::Digest => "digest",
            Self::Requested => "requested",
        })
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

/// The news, if there is any: a newer tag first, else the same tag with another digest.
pub(super) fn find(detection: &Detection, reading: &Reading, host: &Platform) -> Option<Candidate> {
    newer_tag(detection, reading, host).or_else(|| moved_tag(detection, reading, host))
}

fn newer_tag(detection: &Detection, reading: &Reading, host: &Platform) -> Option<Candidate> {
    let (tag, image) = reading.candidate.as_ref()?;
    if *tag == reading.tag && (!reading.asked_for || runs_already(detection, reading, image)) {
        return None;
    }
    let assessment = reading.verdict.assessment(tag);
    let level = match assessment.and_then(|assessment| assessment.level) {
        Some(level) => level.into(),
        None if *tag == reading.tag => ChangeLevel::Digest,
        None => ChangeLevel::Requested,
    };
    let reason = match (reading.asked_for, assessment) {
        (true, _) => "asked for by name",
        (false, Some(assessment)) => &assessment.reason,
        (false, None) => &reading.verdict.reason,
    };
    let architecture = architecture(detection, image, host);
    Some(Candidate { since: reading.candidate_since, ..candidate(reading, tag, image, level, reason, architecture) })
}

/// What would be news, had it been out for long enough; and what is missing.
pub(super) fn young(detection: &Detection, reading: &Reading, host: &Platform) -> Option<(Candidate, TooYoung)> {
    let YoungCandidate { tag, image, too_young } = reading.young.as_ref()?;
    let level = reading.verdict.assessment(tag).and_then(|assessment| assessment.level);
    let level = level.map_or(ChangeLevel::Requested, ChangeLevel::from);
    let architecture = architecture(detection, image, host);
    let candidate = candidate(reading, tag, image, level, "newer", architecture);
    Some((Candidate { since: Some(too_young.since), ..candidate }, too_young.clone()))
}

/// What would be news, were it not for a rule; and the rule.
pub(super) fn ignored(detection: &Detection, reading: &Reading, host: &Platform) -> Option<(Candidate, String)> {
    let IgnoredCandidate { tag, image, rule } = reading.ignored.as_ref()?;
    let level = reading.verdict.assessment(tag).and_then(|assessment| assessment.level);
    let level = level.map_or(ChangeLevel::Requested, ChangeLevel::from);
    let architecture = architecture(detection, image, host);
    Some((candidate(reading, tag, image, level, "ignored", architecture), rule.clone()))
}

fn moved_tag(detection: &Detection, reading: &Reading, host: &Platform) -> Option<Candidate> {
    let image = reading.tag_now.as_ref()?;
    if reading.asked_for || detection.local.is_none() || runs_already(detection, reading, image) {
        return None;
    }
    let reason = format!("tag `{}` points to another image now", reading.tag);
    let architecture = architecture(detection, image, host);
    let since = reading.moved.as_ref().and_then(|moved| moved.since);
    let candidate = candidate(reading, &reading.tag, image, ChangeLevel::Digest, &reason, architecture);
    Some(Candidate { since, ..candidate })
}

fn candidate(
    reading: &Reading,
    tag: &Tag,
    image: &ResolvedImage,
    level: ChangeLevel,
    reason: &str,
    (architecture, platform): (Architecture, Option<Platform>),
) -> Candidate {
    let repository = reading.reference.repository().clone();
    let pinned = PinnedImage { repository, tag: tag.clone(), digest: image.digest.clone() };
    Candidate { image: pinned, level, architecture, platform, since: None, reason: reason.to_owned() }
}

fn runs_already(detection: &Detection, reading: &Reading, image: &ResolvedImage) -> bool {
    detection.local.as_ref().is_some_and(|local| runs(local, reading.reference.repository(), image))
}

/// Whether there is an image that runs here, and the platform to ask for if it is not this host's own: that of a service
/// which already runs a foreign image, or the first one there is.
fn architecture(detection: &Detection, image: &ResolvedImage, host: &Platform) -> (Architecture, Option<Platform>) {
    let foreign = detection.local.as_ref().map(|local| &local.platform).filter(|platform| !host.runs(platform));
    let runner = foreign.unwrap_or(host);
    let offered = || image.platforms.iter().map(|offered| &offered.platform);
    if let Some(platform) = offered().find(|offered| runner.runs(offered)) {
        return (Architecture::Matches, foreign.map(|_| platform.clone()));
    }
    match offered().next() {
        None => (Architecture::Unknown, None),
        Some(first) => (Architecture::Mismatch { offered: offered().cloned().collect() }, Some(first.clone())),
    }
}
