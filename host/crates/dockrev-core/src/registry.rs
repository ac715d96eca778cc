//! What a registry has, as far as Dockrev needs to know it.

use crate::ids::PluginId;
use crate::image::{Digest, Tag};
use crate::platform::Platform;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// One tag of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedTag {
    /// Its name.
    pub name: Tag,
    /// The digest behind it, where the registry tells it in the listing.
    pub digest: Option<Digest>,
    /// When it was pushed, in Unix seconds, where the registry tells it.
    pub pushed_at_unix_s: Option<i64>,
}

/// The tags of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct TagList {
    /// All tags that were read; each name once.
    pub tags: Vec<ListedTag>,
    /// Why the list is not complete, if it is not. Nobody may then conclude that there is no newer tag.
    pub truncated: Option<String>,
}

/// How much to find out about a reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Its digest only.
    Digest,
    /// Its digest and the platforms it is built for.
    Platforms,
}

/// Whether an earlier answer will do where a registry cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Freshness {
    /// Only what the registry says now: something is going to be changed because of it.
    Now,
    /// What it said before will do, marked as such: somebody wants to see it.
    LastKnown,
}

/// What a registry answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// The answer.
    pub answer: T,
    /// Set if it is from before, in whole or in part. Nothing may be changed because of such an answer.
    pub old: Option<OldAnswer>,
}

impl<T> Answered<T> {
    /// What the registry says now.
    pub fn now(answer: T) -> Self {
        Self { answer, old: None }
    }
}

/// Why an answer is from before, and from when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldAnswer {
    /// When the registry gave it. The oldest one counts where there were several.
    pub fetched_at: Timestamp,
    /// Why there is none of now.
    pub error: Box<RegistryError>,
}

impl OldAnswer {
    /// The older one of both.
    #[must_use]
    pub fn older(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        match (one, other) {
            (Some(one), Some(other)) => Some(if other.fetched_at < one.fetched_at { other } else { one }),
            (one, other) => one.or(other),
        }
    }
}

impl fmt::Display for OldAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "registry down ({}); answers of {}", self.error, self.fetched_at.strftime("%Y-%m-%d %H:%M UTC"))
    }
}

/// The image of one platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlatformImage {
    /// The platform it is built for.
    pub platform: Platform,
    /// Digest of its manifest.
    pub digest: Digest,
}

/// What a tag or digest points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedImage {
    /// Digest of the index, or of the manifest where there is no index.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// The platforms it is built for; empty if only the digest was asked for.
    pub platforms: Vec<PlatformImage>,
}

impl ResolvedImage {
    /// Whether `digest` is this image: the index itself or the manifest of one of its platforms.
    #[must_use]
    pub fn is_or_contains(&self, digest: &Digest) -> bool {
        self.digest == *digest || self.platforms.iter().any(|image| image.digest == *digest)
    }
}

/// A plugin did not do its part of the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin `{plugin}` {fault}")]
pub struct PluginError {
    /// Which plugin.
    pub plugin: PluginId,
    /// What went wrong.
    pub fault: PluginFault,
}

/// What a plugin did wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PluginFault {
    /// It stopped itself: a panic or another trap.
    #[error("crashed: {0}")]
    Trapped(String),
    /// It did not answer before its deadline.
    #[error("did not answer within {} s and was stopped", .0.as_secs())]
    TimedOut(Duration),
    /// It wanted more memory than a call may have.
    #[error("wanted more than {} MiB of memory and was stopped", .0 / (1024 * 1024))]
    OutOfMemory(usize),
    /// It went over another limit of a call: requests, bytes of answers.
    #[error("went over a limit and was stopped: {0}")]
    OverLimit(String),
    /// It returned something that no plugin may return.
    #[error("returned an invalid answer: {0}")]
    InvalidAnswer(String),
    /// Its settings or its package are wrong.
    #[error("cannot be used: {0}")]
    Unusable(String),
}

/// Why a registry could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// There is no such repository or reference.
    #[error("not found: {0}")]
    NotFound(String),
    /// The registry wants (other) credentials. Docker Hub also says so of repositories that do not exist.
    #[error("the registry wants credentials: {0}")]
    Unauthorized(String),
    /// The credentials are good, but not for this repository.
    #[error("access denied: {0}")]
    Denied(String),
    /// Too many requests.
    #[error("{}", rate_limit_text(.retry_after))]
    RateLimited {
        /// How long to leave the registry alone, if it said so.
        retry_after: Option<Duration>,
    },
    /// No connection, no name, no answer in time.
    #[error("unreachable: {0}")]
    Unreachable(String),
    /// It answers, and so slowly that nothing can come of it.
    #[error("too slow: {0}")]
    TooSlow(String),
    /// The registry names a token server that has nothing to do with it.
    #[error("token server refused: {0}")]
    RealmRefused(String),
    /// The registry is there and failing.
    #[error("the registry fails: {0}")]
    Unavailable(String),
    /// The answer is not what the specification describes.
    #[error("unexpected answer: {0}")]
    UnexpectedAnswer(String),
    /// A valid answer of a kind that is not read.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// No plugin serves this registry.
    #[error("no registry adapter serves `{0}`")]
    NoAdapter(String),
    /// The adapter failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}

fn rate_limit_text(retry_after: &Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("the registry asks to wait {} s before the next request", wait.as_secs()),
        None => "the registry refuses further requests for now".to_owned(),
    }
}

impl RegistryError {
    /// What went wrong, to be read for longer than a moment: a wait is said as the time at which it ends.
    #[must_use]
    pub fn message_at(&self, now: Timestamp) -> String {
        let Self::RateLimited { retry_after: Some(wait) } = self else { return self.to_string() };
        let until = SignedDuration::try_from(*wait).ok().and_then(|wait| now.checked_add(wait).ok());
        let said = |until: Timestamp| until.strftime("%Y-%m-%d %H:%M:%S UTC");
        until.map_or_else(|| self.to_string(), |until| format!("the registry asks to wait until {}", said(until)))
    }

    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "registry.not-found",
            Self::Unauthorized(_) => "registry.unauthorized",
            Self::Denied(_) => "registry.denied",
            Self::RateLimited { .. } => "registry.rate-limited",
            Self::Unreachable(_) => "registry.unreachable",
            Self::TooSlow(_) => "registry.too-slow",
            Self::RealmRefused(_) => "registry.realm-refused",
            Self::Unavailable(_) => "registry.unavailable",
            Self::UnexpectedAnswer(_) => "registry.unexpected-answer",
            Self::Unsupported(_) => "registry.unsupported",
            Self::NoAdapter(_) => "registry.no-adapter",
            Self::Plugin(_) => "plugin.failed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_as_its_end() {
        let check =
            |error: RegistryError, expected: &str| assert_eq!(error.message_at(Timestamp::UNIX_EPOCH), expected);
        let limited = |retry_after| RegistryError::RateLimited { retry_after };
        check(limited(Some(Duration::from_secs(3661))), "the registry asks to wait until 1970-01-01 01:01:01 UTC");
        check(limited(Some(Duration::MAX)), &limited(Some(Duration::MAX)).to_string());
        check(limited(None), "the registry refuses further requests for now");
        check(RegistryError::TooSlow("x".to_owned()), "too slow: x");
    }
}
