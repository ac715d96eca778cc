//! What the person who asks for a plan can choose.

use super::refused::Refused;
use serde::{Deserialize, Serialize};

/// What the person who asks for a plan can choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanOptions {
    /// What to do with a candidate that is not built for this host.
    pub architecture_mismatch: MismatchRule,
    /// How long, and how, the new containers are watched.
    pub verify: VerifySettings,
    /// Images that are not taken again by themselves.
    pub refused: Vec<Refused>,
}

impl PlanOptions {
    /// What nobody has to regret: nothing that is not built for this host, and the default waits.
    #[must_use]
    pub fn cautious() -> Self {
        Self { architecture_mismatch: MismatchRule::Hold, verify: VerifySettings::default(), refused: Vec::new() }
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
    pub without_healthcheck: UndoRule,
}

/// How long a container without a healthcheck has to run: long enough for a crash at start, short enough to wait for.
const SETTLE_DEFAULT_MS: u64 = 10_000;
/// Wait beyond the due time of a verdict: a busy machine starts its probes late.
const GRACE_DEFAULT_MS: u64 = 5_000;

impl Default for VerifySettings {
    fn default() -> Self {
        Self { settle_ms: SETTLE_DEFAULT_MS, grace_ms: GRACE_DEFAULT_MS, without_healthcheck: UndoRule::OnRequest }
    }
}

/// Whether a failure makes a job undo itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UndoRule {
    /// At once.
    Automatic,
    /// Only when a person asks: a service without a healthcheck, unless it was asked for beforehand.
    OnRequest,
}
