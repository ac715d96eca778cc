//! What a version policy says.

use crate::image::Tag;
use crate::registry::{ListedTag, PluginError, TagList};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How far a version is from the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The first number differs.
    Major,
    /// The second number differs.
    Minor,
    /// A later number differs.
    Patch,
    /// Same shape, but the numbers do not say how much changed: dates, build numbers.
    SameLevel,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Major => "major",
            Self::Minor => "minor",
            Self::Patch => "patch",
            Self::SameLevel => "same-level",
        })
    }
}

/// How a tag relates to the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// The current tag itself.
    Current,
    /// Same track, later.
    Newer,
    /// Same track, earlier.
    Older,
    /// A version of another track; the two have no order.
    OtherTrack,
    /// No version at all.
    NotAVersion,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Current => "current",
            Self::Newer => "newer",
            Self::Older => "older",
            Self::OtherTrack => "other track",
            Self::NotAVersion => "not a version",
        })
    }
}

/// How the current tag is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Following {
    /// By its version.
    Version,
    /// By the digest behind it.
    Digest,
}

/// What is to be judged.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyQuestion {
    /// The tag that runs now.
    pub current: Tag,
    /// The tags that the repository has.
    pub tags: Vec<ListedTag>,
    /// Whether the list is known to be incomplete.
    pub truncated: bool,
    /// Whether every tag is to be assessed, for a person who asks why; else the relevant ones are enough.
    pub every_tag: bool,
    /// Settings for this service, a JSON object.
    pub service_settings: serde_json::Value,
}

impl PolicyQuestion {
    /// Asks about `tags` with the policy's default settings.
    #[must_use]
    pub fn new(current: &Tag, tags: &TagList) -> Self {
        Self {
            current: current.clone(),
            tags: tags.tags.clone(),
            truncated: tags.truncated.is_some(),
            every_tag: false,
            service_settings: serde_json::Value::Object(serde_json::Map::new()),
        }
    }

    /// The same with the settings of a service, a JSON object.
    #[must_use]
    pub fn with_settings(self, service_settings: serde_json::Value) -> Self {
        Self { service_settings, ..self }
    }

    /// The same, for a person who wants to know what is thought of every tag.
    #[must_use]
    pub fn about_every_tag(current: &Tag, tags: &TagList) -> Self {
        Self { every_tag: true, ..Self::new(current, tags) }
    }
}

/// What the policy says of one tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assessment {
    /// The tag.
    pub tag: Tag,
    /// How it relates to the current one.
    pub relation: Relation,
    /// How far away it is, for a newer one.
    pub level: Option<Level>,
    /// Whether it may be chosen.
    pub eligible: bool,
    /// Why, or why not.
    pub reason: String,
}

/// The judgement: what is newer, and what to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How the current tag is followed.
    pub following: Following,
    /// The relevant tags.
    pub assessments: Vec<Assessment>,
    /// The tag to move to: always one of the eligible assessments.
    pub choice: Option<Tag>,
    /// Why this choice, or why none.
    pub reason: String,
}

impl Verdict {
    /// What was said of `tag`, if anything.
    #[must_use]
    pub fn assessment(&self, tag: &Tag) -> Option<&Assessment> {
        self.assessments.iter().find(|assessment| assessment.tag == *tag)
    }
}

/// Why no judgement is possible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A setting is wrong.
    #[error("policy setting `{name}`: {problem}")]
    InvalidSettings {
        /// Which setting.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The current tag cannot be judged.
    #[error("{0}")]
    UnsupportedTag(String),
    /// There is no policy of that name.
    #[error("no version policy `{0}` is installed")]
    NoPolicy(String),
    /// The policy failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

impl PolicyError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidSettings { .. } => "policy.invalid-settings",
            Self::UnsupportedTag(_) => "policy.unsupported-tag",
            Self::NoPolicy(_) => "policy.not-installed",
            Self::Plugin(_) => "plugin.failed",
        }
    }
}
