//! A plan as JSON, format `dockrev.check/1`.
//!
//! Fields are only ever added within one number; `docs/schemas/check-1.schema.json` describes them.

mod entry;
mod limits;

use super::status;
use crate::cli::Failure;
use crate::cli::output::print_json;
use crate::cli::served::ServedBy;
use dockrev_core::detection::{Detection, Subject};
use dockrev_core::plan::PlanEntry;
use dockrev_plugin_host::Served;
use entry::Entry;
pub(super) use limits::{Limit, limits};
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
    /// How much each registry still allows, by host, as far as it says so.
    pub(super) limits: BTreeMap<String, Limit>,
    /// Questions that were answered without a request, from what was known.
    pub(super) answered_from_cache: u64,
    /// Questions that were answered without a request, with the answer to an identical one that was on its way.
    pub(super) answered_with_another: u64,
    /// Time for which plugins had the processor, in microseconds.
    pub(super) plugin_cpu_us: u64,
}

/// The entries, and the detections that they go by, as one JSON document.
pub(super) fn print(
    entries: &[&PlanEntry],
    detections: &[&Detection],
    platform: &str,
    effort: &Effort,
    served: &BTreeMap<String, Served>,
) -> Result<(), Failure> {
    let mut counts = BTreeMap::new();
    for entry in entries {
        *counts.entry(status(entry).name).or_insert(0) += 1;
    }
    let detections: BTreeMap<&Subject, &Detection> = detections.iter().map(|found| (&found.subject, *found)).collect();
    let document = Document {
        format: FORMAT,
        platform,
        counts,
        effort,
        registries: served.iter().map(|(registry, served)| (registry.as_str(), served.into())).collect(),
        entries: entries.iter().map(|one| entry::of(one, detections.get(&one.subject).copied())).collect(),
    };
    print_json(&document)
}
