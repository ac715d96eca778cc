//! Ignore rules: tags of a service or container that nobody wants to be told about as updates.

use crate::ids::WorkloadId;
use crate::image::Tag;
use jiff::Timestamp;
use regex::{Regex, RegexBuilder};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest text of a rule, in characters.
pub const RULE_MAX_CHARS: usize = 256;
/// Largest compiled regular expression, in bytes: a rule is matched against every tag of a repository.
const REGEX_MAX_BYTES: usize = 256 * 1024;

/// A rule of one service or container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoreRule {
    /// Its number, by which it is removed.
    pub id: i64,
    /// What it is for.
    pub workload: WorkloadId,
    /// Which tags it is about.
    pub matcher: Matcher,
    /// Why somebody made it.
    pub note: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Display for IgnoreRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {}: {} `{}`", self.id, self.matcher.kind(), self.matcher.text())
    }
}

/// Which tags a rule is about.
#[derive(Clone, Debug)]
pub enum Matcher {
    /// This tag.
    Exact(Tag),
    /// Tags that begin so.
    Prefix(String),
    /// Tags in which this regular expression matches; `^` and `$` are not implied.
    Regex(Regex),
    /// Tags whose leading numbers are in this range of semantic versions: `5.2` counts as `5.2.0`, a `v` before and
    /// what comes after the numbers do not count.
    Range {
        /// As it was written.
        text: String,
        /// The range.
        range: VersionReq,
    },
}

/// The kinds of matchers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatcherKind {
    /// One tag.
    Exact,
    /// The beginning of tags.
    Prefix,
    /// A regular expression.
    Regex,
    /// A range of semantic versions.
    Range,
}

impl MatcherKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Prefix, Self::Regex, Self::Range];
}

impl fmt::Display for MatcherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exact => "exact",
            Self::Prefix => "prefix",
            Self::Regex => "regex",
            Self::Range => "range",
        })
    }
}

/// Why a text is no rule of its kind.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no {kind} rule: {problem}")]
pub struct ParseMatcherError {
    /// What kind of rule it was to be.
    pub kind: MatcherKind,
    /// The text, shortened.
    pub text: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Matcher {
    /// Reads a matcher of this kind.
    pub fn parse(kind: MatcherKind, text: &str) -> Result<Self, ParseMatcherError> {
        let problem =
            |problem: String| ParseMatcherError { kind, text: text.chars().take(RULE_MAX_CHARS).collect(), problem };
        if text.is_empty() {
            return Err(problem("it is empty, and would match every tag".to_owned()));
        }
        if text.chars().count() > RULE_MAX_CHARS {
            return Err(problem(format!("it is longer than {RULE_MAX_CHARS} characters")));
        }
        match kind {
            MatcherKind::Exact => text.parse().map(Self::Exact).map_err(|error| problem(format!("{error}"))),
            MatcherKind::Prefix => Ok(Self::Prefix(text.to_owned())),
            MatcherKind::Regex => {
                let built = RegexBuilder::new(text).size_limit(REGEX_MAX_BYTES).build();
                built.map(Self::Regex).map_err(|error| problem(last_line(&error.to_string())))
            }
            MatcherKind::Range => {
                let range = text.parse().map_err(|error: semver::Error| problem(error.to_string()))?;
                Ok(Self::Range { text: text.to_owned(), range })
            }
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> MatcherKind {
        match self {
            Self::Exact(_) => MatcherKind::Exact,
            Self::Prefix(_) => MatcherKind::Prefix,
            Self::Regex(_) => MatcherKind::Regex,
            Self::Range { .. } => MatcherKind::Range,
        }
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Exact(tag) => tag.as_str(),
            Self::Prefix(prefix) => prefix,
            Self::Regex(regex) => regex.as_str(),
            Self::Range { text, .. } => text,
        }
    }

    /// Whether it is about `tag`.
    #[must_use]
    pub fn matches(&self, tag: &Tag) -> bool {
        match self {
            Self::Exact(exact) => exact == tag,
            Self::Prefix(prefix) => tag.as_str().starts_with(prefix),
            Self::Regex(regex) => regex.is_match(tag.as_str()),
            Self::Range { range, .. } => leading_version(tag.as_str()).is_some_and(|version| range.matches(&version)),
        }
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.text() == other.text()
    }
}

impl Eq for Matcher {}

/// The numbers at the beginning of a tag, as a semantic version.
fn leading_version(tag: &str) -> Option<Version> {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tag.len());
    let mut numbers = tag[..end].trim_end_matches('.').split('.').map(|number| number.parse::<u64>().ok());
    let major = numbers.next()??;
    let mut next = || numbers.next().unwrap_or(Some(0));
    Some(Version::new(major, next()?, next()?))
}

/// The part of a regular expression's error that says what is wrong; the rest draws a picture of where.
fn last_line(error: &str) -> String {
    error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: MatcherKind, text: &str, matching: &[&str], others: &[&str]) {
        let matcher = Matcher::parse(kind, text).unwrap();
        assert_eq!((matcher.kind(), matcher.text()), (kind, text));
        for (tags, expected) in [(matching, true), (others, false)] {
            for tag in tags {
                assert_eq!(matcher.matches(&tag.parse().unwrap()), expected, "{text} and {tag}");
            }
        }
    }

    #[test]
    fn match_what_they_say() {
        check(MatcherKind::Exact, "5.3", &["5.3"], &["5.3.1", "5.3-alpine", "15.3"]);
        check(MatcherKind::Prefix, "6.", &["6.0", "6.1-rc1"], &["16.0", "60", "v6.0"]);
        check(MatcherKind::Regex, "-rc", &["6.0-rc1", "a-rc"], &["6.0"]);
        check(MatcherKind::Regex, "^2[.]", &["2.1"], &["12.1"]);
        check(
            MatcherKind::Range,
            ">=5.3, <6",
            &["5.3", "5.9.1", "v5.4.0-alpine"],
            &["5.2.9", "6.0", "latest", "sha-1"],
        );
        check(MatcherKind::Range, "5", &["5", "5.1.2.3"], &["6", "4.9"]);
    }

    #[test]
    fn refuse_what_they_cannot_mean() {
        let check = |kind, text: &str, part: &str| {
            let error = Matcher::parse(kind, text).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        };
        check(MatcherKind::Exact, "a b", "not a tag");
        check(MatcherKind::Prefix, "", "every tag");
        check(MatcherKind::Regex, "(", "unclosed group");
        check(MatcherKind::Regex, &format!("(a{{1000}}){{1000}}{}", "b"), "exceeds size limit");
        check(MatcherKind::Range, "five", "unexpected character");
        check(MatcherKind::Exact, &"x".repeat(300), "longer than 256");
    }
}
