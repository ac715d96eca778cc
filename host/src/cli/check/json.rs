//! A plan as JSON, format `dockrev.check/1`.
//!
//! Fields are only ever added within one number; `docs/cli.md` describes them.

use super::status;
use crate::cli::Failure;
use crate::cli::output::print_json;
use crate::cli::served::ServedBy;
use dockrev_core::detection::Subject;
use dockrev_core::image::PinnedImage;
use dockrev_core::plan::{Architecture, ChangeLevel, Decision, PlanEntry, ServiceChange};
use dockrev_core::policy::Assessment;
use serde::Serialize;
use std::collections::BTreeMap;

const FORMAT: &str = "dockrev.check/1";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    platform: &'a str,
    counts: BTreeMap<&'static str, usize>,
    /// What it took.
    effort: &'a Effort,
    /// Which adapter served each registry.
    registries: BTreeMap<&'a str, ServedBy>,
    entries: Vec<Entry<'a>>,
}

/// What a check took.
#[derive(Serialize)]
pub(super) struct Effort {
    pub(super) elapsed_ms: u64,
    /// Requests that were sent, by host, those for tokens included.
    pub(super) requests: BTreeMap<String, u64>,
    /// Questions that were answered without a request, from what was known.
    pub(super) answered_from_cache: u64,
}

#[derive(Serialize)]
struct Entry<'a> {
    kind: &'static str,
    stack: Option<&'a str>,
    name: &'a str,
    image: &'a str,
    current_tag: Option<String>,
    file_image: Option<&'a str>,
    status: &'static str,
    reason: String,
    code: Option<String>,
    /// From when the answers are that this is judged by, if the registry cannot be read now.
    stale_since: Option<String>,
    candidate: Option<Candidate>,
    considered: &'a [Assessment],
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Candidate {
    image: String,
    tag: String,
    digest: String,
    level: String,
    architecture: &'static str,
}

/// The entries as one JSON document.
pub(super) fn print(
    entries: &[&PlanEntry],
    platform: &str,
    effort: &Effort,
    served: &BTreeMap<String, dockrev_plugin_host::Served>,
) -> Result<(), Failure> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(status(entry).name).or_insert(0) += 1;
    }
    let document = Document {
        format: FORMAT,
        platform,
        counts,
        effort,
        registries: served.iter().map(|(registry, served)| (registry.as_str(), served.into())).collect(),
        entries: entries.iter().map(|entry| one(entry)).collect(),
    };
    print_json(&document)
}

fn one(entry: &PlanEntry) -> Entry<'_> {
    let (kind, stack, name) = match &entry.subject {
        Subject::Service(id) => ("service", Some(id.stack.as_str()), id.service.as_str()),
        Subject::Container(name) => ("container", None, name.as_str()),
        Subject::Image(name) => ("image", None, name.as_str()),
    };
    let status = status(entry);
    Entry {
        kind,
        stack,
        name,
        image: &entry.written,
        current_tag: entry.current_tag.as_ref().map(ToString::to_string),
        file_image: entry.file_image.as_deref(),
        status: status.name,
        reason: status.reason,
        code: status.code,
        stale_since: entry.old.as_ref().map(|old| old.fetched_at.to_string()),
        candidate: match &entry.decision {
            Decision::Update(change) => Some(candidate(&change.to, change.level, architecture_of(change))),
            Decision::Held { candidate: found, .. } => {
                Some(candidate(&found.image, found.level, architecture(&found.architecture)))
            }
            Decision::UpToDate { .. } | Decision::Excluded(_) | Decision::Unknown(_) => None,
        },
        considered: &entry.considered,
        warnings: match &entry.decision {
            Decision::Update(change) => change.warnings.iter().map(ToString::to_string).collect(),
            Decision::UpToDate { .. } | Decision::Held { .. } | Decision::Excluded(_) | Decision::Unknown(_) => {
                Vec::new()
            }
        },
    }
}

fn candidate(image: &PinnedImage, level: ChangeLevel, architecture: &'static str) -> Candidate {
    Candidate {
        image: image.tagged().familiar(),
        tag: image.tag.to_string(),
        digest: image.digest.to_string(),
        level: level.to_string(),
        architecture,
    }
}

fn architecture_of(change: &ServiceChange) -> &'static str {
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
