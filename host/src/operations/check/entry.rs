//! One service, container or image: what was decided of it, and what that goes by.

use super::status::status;
use crate::operations::words::{ArchitectureFit, EntryKind, EntryStatus, LevelName, LocalTagName, RelationName};
use dockrev_core::age::{AgeSource, Since};
use dockrev_core::detection::{Detection, Finding, LocalTag, Moved, Reading, Subject, TagFacts, runs};
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::plan::{Change, ChangeLevel, Decision, PlanEntry};
use dockrev_core::platform::Platform;
use dockrev_core::policy::Assessment;
use dockrev_core::registry::{PlatformImage, ResolvedImage};
use dockrev_core::stack::LocalImage;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a check says of one service, container or image.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = CheckEntry)]
pub struct Entry {
    /// What it is.
    pub kind: EntryKind,
    /// The stack of a service.
    pub stack: Option<String>,
    /// Its name: of a service, within its stack.
    pub name: String,
    /// As it was written when the container was made.
    pub image: String,
    /// The same, normalised.
    pub reference: Option<String>,
    /// The tag that is followed.
    pub current_tag: Option<String>,
    /// The image in the compose file, where an override of Dockrev's is in force.
    pub file_image: Option<String>,
    /// Where it stands.
    pub status: EntryStatus,
    /// Why.
    pub reason: String,
    /// Stable code of what went wrong, if something did.
    pub code: Option<String>,
    /// Why something newer is not taken, for programs: an object with a `type`.
    #[schema(value_type = Option<Object>)]
    pub hold: Option<Value>,
    /// From when the answers are that this is judged by, if the registry cannot be read now.
    pub stale_since: Option<String>,
    /// The image that runs.
    pub running: Option<Running>,
    /// What the tag that is followed points to in the registry.
    pub tag_now: Option<TagNow>,
    /// Something newer.
    pub candidate: Option<Candidate>,
    /// Each relevant tag, and what the policy thinks of it.
    pub considered: Vec<Considered>,
    /// What to know before an update.
    pub warnings: Vec<String>,
    /// Services that are made anew after it, in that order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub followers: Vec<String>,
    /// Services that run to their end before it starts: migrations, for example.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub one_shots: Vec<String>,
    /// How long this one took.
    pub elapsed_ms: u64,
}

/// The image that runs, as the engine knows it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Running {
    /// Whether at least one container of it runs.
    pub is_running: bool,
    /// Its id on this engine.
    pub image_id: String,
    /// What registries know it as: `repository@digest`.
    pub digests: Vec<String>,
    /// The platform it is built for.
    pub platform: String,
    /// When it says that it was built.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub created: Option<Timestamp>,
    /// What its local tag stands for by now.
    pub local_tag: LocalTagName,
    /// The image that the local tag stands for, where it is another one.
    pub local_tag_image_id: Option<String>,
}

/// What the tag that is followed points to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TagNow {
    /// The digest of the index or manifest.
    pub digest: String,
    /// Its media type.
    pub media_type: String,
    /// The platforms it is built for.
    pub platforms: Vec<PlatformDigest>,
    /// Whether it is what runs; absent for an image that was only asked about.
    pub is_what_runs: Option<bool>,
    /// Since when, as far as is known.
    pub since: Option<SinceWhen>,
    /// How it is known that the tag went back to an older build.
    pub moved_back: Option<String>,
}

/// The image of one platform.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlatformDigest {
    /// The platform it is built for.
    pub platform: PlatformName,
    /// Digest of its manifest.
    pub digest: String,
}

/// What an image is built for.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlatformName {
    /// Such as `linux`.
    pub os: String,
    /// Such as `amd64`.
    pub architecture: String,
    /// Such as `v7`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
}

/// Since when an image has been behind its tag, as far as is known.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SinceWhen {
    /// Since then.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Who says so: `pushed` or `first-seen`.
    pub source: String,
}

/// Something newer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    /// The image, `repository:tag`.
    pub image: String,
    /// Its tag.
    pub tag: String,
    /// Its digest.
    pub digest: String,
    /// How much changes.
    pub level: LevelName,
    /// Whether it is built for this host.
    pub architecture: ArchitectureFit,
    /// Since when it has been out, as far as is known.
    pub since: Option<SinceWhen>,
}

/// A tag that was considered, and what else is known of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Considered {
    /// The tag.
    pub tag: String,
    /// How it relates to the current one.
    pub relation: RelationName,
    /// How far away it is, for a newer one.
    pub level: Option<LevelName>,
    /// Whether it may be chosen.
    pub eligible: bool,
    /// Why, or why not.
    pub reason: String,
    /// The digest behind it, where it is known.
    pub digest: Option<String>,
    /// When it was pushed, where the registry tells it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub pushed_at: Option<Timestamp>,
}

/// Puts together what was decided and what that goes by.
#[must_use]
pub fn of(entry: &PlanEntry, detection: Option<&Detection>) -> Entry {
    let (kind, stack, name) = match &entry.subject {
        Subject::Service(id) => (EntryKind::Service, Some(id.stack.as_str()), id.service.as_str()),
        Subject::Container(name) => (EntryKind::Container, None, name.as_str()),
        Subject::Image(name) => (EntryKind::Image, None, name.as_str()),
    };
    let status = status(entry);
    let reading = detection.and_then(reading);
    let reference = entry.written.parse::<ImageRef>().ok().map(|reference| reference.to_string());
    Entry {
        kind,
        stack: stack.map(str::to_owned),
        name: name.to_owned(),
        image: entry.written.clone(),
        reference,
        current_tag: entry.current_tag.as_ref().map(ToString::to_string),
        file_image: entry.file_image.clone(),
        status: status.name,
        reason: status.reason,
        code: status.code,
        hold: hold(&entry.decision),
        stale_since: entry.old.as_ref().map(|old| old.fetched_at.to_string()),
        running: detection.and_then(running),
        tag_now: reading.and_then(|reading| tag_now(reading, detection?.local.as_ref())),
        candidate: candidate(&entry.decision, reading),
        considered: considered(entry, reading),
        warnings: warnings(entry),
        followers: entry.followers().iter().map(|follower| follower.service.to_string()).collect(),
        one_shots: entry.one_shots().iter().map(|one_shot| one_shot.service.to_string()).collect(),
        elapsed_ms: detection.map_or(0, |found| u64::try_from(found.took.as_millis()).unwrap_or(u64::MAX)),
    }
}

fn reading(detection: &Detection) -> Option<&Reading> {
    match &detection.finding {
        Finding::Read(reading) => Some(reading),
        Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_) => None,
    }
}

fn hold(decision: &Decision) -> Option<Value> {
    match decision {
        Decision::Held { hold, .. } => serde_json::to_value(hold).ok(),
        Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_) => None,
    }
}

fn running(detection: &Detection) -> Option<Running> {
    let local = detection.local.as_ref()?;
    let (local_tag, image_id) = match &detection.local_tag {
        LocalTag::Unused => (LocalTagName::Unused, None),
        LocalTag::Same => (LocalTagName::Same, None),
        LocalTag::Gone => (LocalTagName::Gone, None),
        LocalTag::Pulled(id) => (LocalTagName::Pulled, Some(id.as_str())),
        LocalTag::Retagged(id) => (LocalTagName::Retagged, Some(id.as_str())),
    };
    let digests = local.repo_digests.iter().map(|(repository, digest)| format!("{repository}@{digest}"));
    Some(Running {
        is_running: detection.is_running,
        image_id: local.id.as_str().to_owned(),
        digests: digests.collect(),
        platform: local.platform.to_string(),
        created: local.created,
        local_tag,
        local_tag_image_id: image_id.map(str::to_owned),
    })
}

fn tag_now(reading: &Reading, local: Option<&LocalImage>) -> Option<TagNow> {
    let ResolvedImage { digest, media_type, platforms } = reading.tag_now.as_ref()?;
    let moved: Option<&Moved> = reading.moved.as_ref();
    let repository = reading.reference.repository();
    let what_runs = |local: &LocalImage| reading.tag_now.as_ref().is_some_and(|image| runs(local, repository, image));
    Some(TagNow {
        digest: digest.to_string(),
        media_type: media_type.clone(),
        platforms: platforms.iter().map(platform_digest).collect(),
        is_what_runs: local.map(what_runs),
        since: moved.and_then(|moved| moved.since).map(since_when),
        moved_back: moved.and_then(|moved| moved.back.as_ref()).map(ToString::to_string),
    })
}

fn candidate(decision: &Decision, reading: Option<&Reading>) -> Option<Candidate> {
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
            Some(described(&found.image, found.level, (&found.architecture).into(), found.since))
        }
        Decision::UpToDate { .. } | Decision::Gone(_) | Decision::Excluded(_) | Decision::Unknown(_) => None,
    }
}

fn described(
    image: &PinnedImage,
    level: ChangeLevel,
    architecture: ArchitectureFit,
    since: Option<Since>,
) -> Candidate {
    Candidate {
        image: image.tagged().familiar(),
        tag: image.tag.to_string(),
        digest: image.digest.to_string(),
        level: level.into(),
        architecture,
        since: since.map(since_when),
    }
}

fn considered(entry: &PlanEntry, reading: Option<&Reading>) -> Vec<Considered> {
    static NONE: BTreeMap<dockrev_core::image::Tag, TagFacts> = BTreeMap::new();
    let facts = reading.map_or(&NONE, |reading| &reading.tags);
    let one = |assessment: &Assessment| {
        let facts = facts.get(&assessment.tag);
        let pushed_at = facts.and_then(|facts| facts.pushed_at_unix_s);
        Considered {
            tag: assessment.tag.to_string(),
            relation: assessment.relation.into(),
            level: assessment.level.map(|level| ChangeLevel::from(level).into()),
            eligible: assessment.eligible,
            reason: assessment.reason.clone(),
            digest: facts.and_then(|facts| facts.digest.as_ref()).map(ToString::to_string),
            pushed_at: pushed_at.and_then(|seconds| Timestamp::from_second(seconds).ok()),
        }
    };
    entry.considered.iter().map(one).collect()
}

fn platform_digest(image: &PlatformImage) -> PlatformDigest {
    let Platform { os, architecture, variant } = &image.platform;
    let platform = PlatformName { os: os.clone(), architecture: architecture.clone(), variant: variant.clone() };
    PlatformDigest { platform, digest: image.digest.to_string() }
}

fn since_when(since: Since) -> SinceWhen {
    let source = match since.source {
        AgeSource::Pushed => "pushed",
        AgeSource::FirstSeen => "first-seen",
    };
    SinceWhen { at: since.at, source: source.to_owned() }
}

fn warnings(entry: &PlanEntry) -> Vec<String> {
    entry.change().into_iter().flat_map(|change| &change.warnings).map(ToString::to_string).collect()
}

fn architecture_of(change: &Change) -> ArchitectureFit {
    let overridden = change.warnings.contains(&dockrev_core::plan::Warning::ArchitectureMismatch);
    if overridden { ArchitectureFit::Mismatch } else { ArchitectureFit::Matches }
}
