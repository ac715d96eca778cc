//! Ignore rules, as people and programs are shown them.

use super::change::WorkloadName;
use dockrev_core::ignore::{IgnoreRule, MatcherKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a rule finds its tags.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = IgnoreKind)]
pub enum Kind {
    /// This tag.
    Exact,
    /// Tags that begin so.
    Prefix,
    /// Tags in which this regular expression matches.
    Regex,
    /// Tags whose numbers are in this range of semantic versions.
    Range,
}

impl From<Kind> for MatcherKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Exact => Self::Exact,
            Kind::Prefix => Self::Prefix,
            Kind::Regex => Self::Regex,
            Kind::Range => Self::Range,
        }
    }
}

impl From<MatcherKind> for Kind {
    fn from(kind: MatcherKind) -> Self {
        match kind {
            MatcherKind::Exact => Self::Exact,
            MatcherKind::Prefix => Self::Prefix,
            MatcherKind::Regex => Self::Regex,
            MatcherKind::Range => Self::Range,
        }
    }
}

/// A rule.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = IgnoreRule)]
pub struct RuleView {
    /// Its number.
    pub id: i64,
    /// What it is for.
    pub workload: WorkloadName,
    /// How it finds its tags.
    pub kind: Kind,
    /// What it looks for.
    pub matcher: String,
    /// Why, for whoever wonders later.
    pub note: Option<String>,
    /// Since when it has been there.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<IgnoreRule> for RuleView {
    fn from(rule: IgnoreRule) -> Self {
        Self {
            id: rule.id,
            workload: (&rule.workload).into(),
            kind: rule.matcher.kind().into(),
            matcher: rule.matcher.text().to_owned(),
            note: rule.note,
            created_at: rule.created_at,
        }
    }
}
