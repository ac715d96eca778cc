//! One entry of the document.

use crate::cli::check::status;
use dockrev_core::age::Since;
use dockrev_core::detection::{Detection, Finding, LocalTag, Moved, Reading, Subject, TagFacts, runs};
use dockrev_core::image::{Digest, ImageRef, PinnedImage};
use dockrev_core::plan::{Architecture, Change, ChangeLevel, Decision, Hold, PlanEntry};
use dockrev_core::policy::Assessment;
use dockrev_core::registry::{PlatformImage, ResolvedImage};
use dockrev_core::stack::LocalImage;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct Entry<'a> {
    kind: &'static str,
    stack: Option<&'a str>,
    name: &'a str,
    /// As it was written when the container was made.
    image: &'a str,
    /// The same, normalised.
    reference: Option<String>,
    current_tag: Option<String>,
    file_image: Option<&'a str>,
    status: &'static str,
    reason: String,
    code: Option<String>,
    /// Why something newer is not taken, for programs.
    hold: Option<&'a Hold>,
    /// From when the answers are that this is judged by, if the registry cannot be read now.
    stale_since: Option<String>,
    running: Option<Running<'a>>,
    /// What the tag that is followed points to in the registry.
    tag_now: Option<TagNow<'a>>,
    candidate: Option<Candidate<'a>>,
    considered: Vec<Considered<'a>>,
    warnings: Vec<String>,
    /// Services that are made anew after it, in that order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    followers: Vec<&'a str>,
    elapsed_ms: u64,
}

/// The image that runs, as the engine knows it.
#[derive(Serialize)]
struct Running<'a> {
    is_running: bool,
    image_id: &'a str,
    digests: Vec<String>,
    platform: String,
    created: Option<Timestamp>,
    /// What its local tag stands for by now.
    local_tag: &'static str,
    local_tag_image_id: Option<&'a str>,
}

#[derive(Serialize)]
struct TagNow<'a> {
    digest: &'a Digest,
    media_type: &'a str,
    platforms: &'a [PlatformImage],
    /// Whether it is what runs; absent for an image that was only asked about.
    is_what_runs: Option<bool>,
    since: Option<Since>,
    moved_back: Option<String>,
}

#[derive(Serialize)]
struct Candidate<'a> {
    image: String,
    tag: String,
    digest: &'a Digest,
    level: String,
    architecture: &'static str,
    /// Since when it has been out, as far as is known.
    since: Option<Since>,
}

/// A tag that was considered, and what else is known of it.
#[derive(Serialize)]
struct Considered<'a> {
    #[serde(flatten)]
    assessment: &'a Assessment,
    digest: Option<&'a Digest>,
    pushed_at: Option<Timestamp>,
}

/// Puts together what was decided and what that goes by.
pub(super) fn of<'a>(entry: &'a PlanEntry, detection: Option<&'a Detection>) -> Entry<'a> {
    let (kind, stack, name) = match &entry.subject {
        Subject::Service(id) => ("service", Some(id.stack.as_str()), id.service.as_str()),
        Subject::Container(name) => ("container", None, name.as_str()),
        Subject::Image(name) => ("image", None, name.as_str()),
    };
    let status = status(entry);
    let reading = detection.and_then(reading);
    let reference = entry.written.parse::<ImageRef>().ok().map(|reference| reference.to_string());
    Entry {
        kind,
        stack,
        name,
        image: &entry.written,
        reference,
        current_tag: entry.current_tag.as_ref().map(ToString::to_string),
        file_image: entry.file_image.as_deref(),
        status: status.name,
        reason: status.reason,
        code: status.code,
        hold: hold(&entry.decision),
        stale_since: entry.old.as_ref().map(|old| old.fetched_at.to_string()),
        running: detection.and_then(running),
        tag_now: reading.and_then(|reading| tag_now(reading, detection?.local.as_ref())),
        candidate: candidate(&entry.decision, reading),
        considered: considered(entry, reading),
        warnings: warnings(&entry.decision),
        followers: followers(entry),
        elapsed_ms: detection.map_or(0, |found| u64::try_from(found.took.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn reading(detection: &Detection) -> Option<&Reading> {
    match &detection.finding {
        Finding::Read(reading) => Some(reading),
        Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_) => None,
    }
}

fn hold(decision: &Decision) -> Option<&Hold> {
    match decision {
        Decision::Held { hold, .. } => Some(hold),
        Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_) => None,
    }
}

fn running(detection: &Detection) -> Option<Running<'_>> {
    let local = detection.local.as_ref()?;
    let (local_tag, image_id) = match &detection.local_tag {
        LocalTag::Unused => ("unused", None),
        LocalTag::Same => ("same", None),
        LocalTag::Gone => ("gone", None),
        LocalTag::Pulled(id) => ("pulled", Some(id.as_str())),
        LocalTag::Retagged(id) => ("retagged", Some(id.as_str())),
    };
    let digests = local.repo_digests.iter().map(|(repository, digest)| format!("{repository}@{digest}"));
    Some(Running {
        is_running: detection.is_running,
        image_id: local.id.as_str(),
        digests: digests.collect(),
        platform: local.platform.to_string(),
        created: local.created,
        local_tag,
        local_tag_image_id: image_id,
    })
}

fn tag_now<'a>(reading: &'a Reading, local: Option<&LocalImage>) -> Option<TagNow<'a>> {
    let ResolvedImage { digest, media_type, platforms } = reading.tag_now.as_ref()?;
    let moved: Option<&Moved> = reading.moved.as_ref();
    let repository = reading.reference.repository();
    let what_runs = |local: &LocalImage| reading.tag_now.as_ref().is_some_and(|image| runs(local, repository, image));
    Some(TagNow {
        digest,
        media_type,
        platforms,
        is_what_runs: local.map(what_runs),
        since: moved.and_then(|moved| moved.since),
        moved_back: moved.and_then(|moved| moved.back.as_ref()).map(ToString::to_string),
    })
}

fn candidate<'a>(decision: &'a Decision, reading: Option<&Reading>) -> Option<Candidate<'a>> {
    match decision {
        Decision::Update(change) => {
            let moved = |reading: &Reading| reading.moved.as_ref().and_then(|moved| moved.since);
            let since = reading.and_then(|reading| match change.level {
                ChangeLevel::Digest => moved(reading),
                ChangeLevel::Major
                | ChangeLevel::Minor
                | ChangeLevel::Patch
                | ChangeLevel::SameLevel
                | ChangeLevel::Requested => reading.candidate_since,
            });
            Some(described(&change.to, change.level, architecture_of(change), since))
        }
        Decision::Held { candidate: found, .. } => {
            Some(described(&found.image, found.level, architecture(&found.architecture), found.since))
        }
        Decision::UpToDate { .. } | Decision::Gone(_) | Decision::Excluded(_) | Decision::Unknown(_) => None,
    }
}

fn described<'a>(
    image: &'a PinnedImage,
    level: ChangeLevel,
    architecture: &'static str,
    since: Option<Since>,
) -> Candidate<'a> {
    Candidate {
        image: image.tagged().familiar(),
        tag: image.tag.to_string(),
        digest: &image.digest,
        level: level.to_string(),
        architecture,
        since,
    }
}

fn considered<'a>(entry: &'a PlanEntry, reading: Option<&'a Reading>) -> Vec<Considered<'a>> {
    static NONE: BTreeMap<dockrev_core::image::Tag, TagFacts> = BTreeMap::new();
    let facts = reading.map_or(&NONE, |reading| &reading.tags);
    let one = |assessment: &'a Assessment| {
        let facts = facts.get(&assessment.tag);
        let pushed_at = facts.and_then(|facts| facts.pushed_at_unix_s);
        Considered {
            assessment,
            digest: facts.and_then(|facts| facts.digest.as_ref()),
            pushed_at: pushed_at.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        }
    };
    entry.considered.iter().map(one).collect()
}

fn followers(entry: &PlanEntry) -> Vec<&str> {
    entry.followers().iter().map(|follower| follower.service.as_str()).collect()
}

fn warnings(decision: &Decision) -> Vec<String> {
    match decision {
        Decision::Update(change) => change.warnings.iter().map(ToString::to_string).collect(),
        Decision::UpToDate { .. }
        | Decision::Held { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_) => Vec::new(),
    }
}

fn architecture_of(change: &Change) -> &'static str {
    let overridden = change.warnings.contains(&dockrev_core::plan::Warning::ArchitectureMismatch);
    if overridden { "mismatch" } else { "matches" }
}

fn architecture(architecture: &Architecture) -> &'static str {
    match architecture {
        Architecture::Matches => "matches",
        Architecture::Mismatch { .. } => "mismatch",
        Architecture::Unknown => "unknown",
    }
}
