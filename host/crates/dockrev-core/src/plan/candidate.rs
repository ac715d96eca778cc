//! Something newer, and whether there is any.

use crate::detection::{Detection, Reading};
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
        Some(level) => ChangeLevel::Version(level),
        None if *tag == reading.tag => ChangeLevel::Digest,
        None => ChangeLevel::Requested,
    };
    let reason = match (reading.asked_for, assessment) {
        (true, _) => "asked for by name",
        (false, Some(assessment)) => &assessment.reason,
        (false, None) => &reading.verdict.reason,
    };
    Some(candidate(reading, tag, image, level, reason, host))
}

fn moved_tag(detection: &Detection, reading: &Reading, host: &Platform) -> Option<Candidate> {
    let image = reading.tag_now.as_ref()?;
    if reading.asked_for || detection.local.is_none() || runs_already(detection, reading, image) {
        return None;
    }
    let reason = format!("tag `{}` points to another image now", reading.tag);
    Some(candidate(reading, &reading.tag, image, ChangeLevel::Digest, &reason, host))
}

fn candidate(
    reading: &Reading,
    tag: &Tag,
    image: &ResolvedImage,
    level: ChangeLevel,
    reason: &str,
    host: &Platform,
) -> Candidate {
    let repository = reading.reference.repository().clone();
    let pinned = PinnedImage { repository, tag: tag.clone(), digest: image.digest.clone() };
    Candidate { image: pinned, level, architecture: architecture(image, host), reason: reason.to_owned() }
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
