//! A check: what is out of date, and why. Changes nothing but what is remembered to have been seen.

pub mod entry;
pub(crate) mod status;

use super::Failure;
use super::limits::{Limit, limits};
use super::served::ServedBy;
use super::words::EntryStatus;
use crate::app::App;
use dockrev_core::detection::{Detection, Subject};
use dockrev_core::plan::{Plan, PlanEntry, PlanOptions, plan};
use dockrev_core::platform::Platform;
use dockrev_engine::detect::{Depth, Progress, Scope, Survey};
pub use entry::Entry;
use serde::{Deserialize, Serialize};
pub use status::{Status, status};
use std::collections::BTreeMap;
use std::time::Duration;
use utoipa::ToSchema;

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Question {
    /// Which part of the host, if any of it.
    pub scope: Option<Scope>,
    /// Images that need not run anywhere.
    pub images: Vec<String>,
}

/// What was found, and what it means.
pub struct Checked {
    surveys: Vec<Survey>,
    plans: Vec<Plan>,
}

/// Looks.
pub async fn check(app: &App, question: &Question, progress: &Progress<'_>) -> Result<Checked, Failure> {
    let detector = app.detector().await?;
    let mut surveys = Vec::new();
    if let Some(scope) = &question.scope {
        let host = app.host()?;
        surveys.push(detector.survey(host.ports(), scope, Depth::Survey, None, progress).await?);
    }
    if !question.images.is_empty() {
        surveys.push(detector.survey_images(&question.images, own_platform(), progress).await);
    }
    let options = PlanOptions { refused: app.refused_images().await?, ..PlanOptions::cautious() };
    let plans = surveys.iter().map(|survey| plan(&survey.detections, &survey.platform, &options)).collect();
    Ok(Checked { surveys, plans })
}

/// The platform of this machine, for images that run nowhere yet.
fn own_platform() -> Platform {
    Platform::new(std::env::consts::OS, std::env::consts::ARCH, None)
}

/// What a check took.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Effort {
    /// How long it took.
    pub elapsed_ms: u64,
    /// Requests that were sent, by host, those for tokens included.
    pub requests: BTreeMap<String, u64>,
    /// How much each registry still allows, by host, as far as it says so.
    pub limits: BTreeMap<String, Limit>,
    /// Questions that were answered without a request, from what was known.
    pub answered_from_cache: u64,
    /// Questions that were answered without a request, with the answer to an identical one that was on its way.
    pub answered_with_another: u64,
    /// Time for which plugins had the processor, in microseconds.
    pub plugin_cpu_us: u64,
}

/// A check as a document: `dockrev.check/1` less its format.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CheckResult {
    /// Platform of the host, such as `linux/amd64`.
    pub platform: String,
    /// How many entries have each status.
    pub counts: BTreeMap<String, u64>,
    /// What it took.
    pub effort: Effort,
    /// Which adapter served each registry.
    pub registries: BTreeMap<String, ServedBy>,
    /// One for each service, container and image.
    pub entries: Vec<Entry>,
}

impl Checked {
    /// What is to happen with each subject.
    #[must_use]
    pub fn entries(&self) -> Vec<&PlanEntry> {
        self.plans.iter().flat_map(|plan| &plan.entries).collect()
    }

    /// The document, of a check that took this long.
    pub async fn result(&self, app: &App, elapsed: Duration) -> Result<CheckResult, Failure> {
        let plugins = app.plugins().await?;
        let egress = plugins.egress();
        let effort = Effort {
            elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            requests: egress.requests_by_host(),
            limits: limits(egress),
            answered_from_cache: egress.answered_from_cache(),
            answered_with_another: egress.answered_with_another(),
            plugin_cpu_us: u64::try_from(plugins.host().cpu_time().as_micros()).unwrap_or(u64::MAX),
        };
        let detections = self.surveys.iter().flat_map(|survey| &survey.detections);
        let detections: BTreeMap<&Subject, &Detection> = detections.map(|found| (&found.subject, found)).collect();
        let entries = self.entries();
        let served = plugins.registry().served();
        Ok(CheckResult {
            platform: self.surveys.first().map(|survey| survey.platform.to_string()).unwrap_or_default(),
            counts: counts(entries.iter().map(|entry| status(entry).name)),
            effort,
            registries: served.iter().map(|(registry, served)| (registry.clone(), served.into())).collect(),
            entries: entries.iter().map(|one| entry::of(one, detections.get(&one.subject).copied())).collect(),
        })
    }
}

/// How many of each.
#[must_use]
pub fn counts(statuses: impl Iterator<Item = EntryStatus>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for status in statuses {
        *counts.entry(status.as_str().to_owned()).or_insert(0) += 1;
    }
    counts
}
