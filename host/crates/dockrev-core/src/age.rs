//! How long an image has been out, and whether that is long enough.

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest age that may be asked for, in days: more would be a way to say "never", and `update = false` says that.
const MIN_AGE_MAX_DAYS: i64 = 10 * 365;

/// How long an image has to be out before it is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinAge {
    text: String,
    duration: SignedDuration,
}

/// A text is no age.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a duration of at most {MIN_AGE_MAX_DAYS} days, such as `3d`, `12h` or `1w 2d`")]
pub struct ParseMinAgeError;

impl FromStr for MinAge {
    type Err = ParseMinAgeError;

    fn from_str(text: &str) -> Result<Self, ParseMinAgeError> {
        let text = text.trim();
        let span: Span = text.parse().map_err(|_| ParseMinAgeError)?;
        // Months and years have no length of their own.
        let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| ParseMinAgeError)?;
        if duration.is_negative() || duration > SignedDuration::from_hours(MIN_AGE_MAX_DAYS * 24) {
            return Err(ParseMinAgeError);
        }
        Ok(Self { text: text.to_owned(), duration })
    }
}

impl MinAge {
    /// How long that is.
    #[must_use]
    pub fn duration(&self) -> SignedDuration {
        self.duration
    }
}

impl fmt::Display for MinAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Where a time comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgeSource {
    /// The registry says when it was pushed.
    Pushed,
    /// A check found it behind its tag for the first time.
    FirstSeen,
}

/// Since when an image has been behind its tag, as far as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// Since then.
    pub at: Timestamp,
    /// Who says so.
    pub source: AgeSource,
}

impl Since {
    /// Whichever is earlier: when a check first saw the image behind its tag, or when the registry says that it was
    /// pushed. A push time before 1970 is how registries write that they do not know, and one in the future is later
    /// than what was seen: neither counts.
    #[must_use]
    pub fn of(first_seen: Timestamp, pushed_at_unix_s: Option<i64>) -> Self {
        let pushed = pushed_at_unix_s.filter(|seconds| *seconds > 0).and_then(|at| Timestamp::from_second(at).ok());
        match pushed {
            Some(at) if at < first_seen => Self { at, source: AgeSource::Pushed },
            Some(_) | None => Self { at: first_seen, source: AgeSource::FirstSeen },
        }
    }

    /// What is missing to `wanted`, if something is.
    #[must_use]
    pub fn too_young(self, wanted: &MinAge, now: Timestamp) -> Option<TooYoung> {
        // A clock that was set back makes nothing older.
        let age = now.duration_since(self.at).max(SignedDuration::ZERO);
        if age >= wanted.duration {
            return None;
        }
        let eligible_at = self.at.checked_add(wanted.duration).unwrap_or(Timestamp::MAX);
        let (age_s, wanted) = (u64::try_from(age.as_secs()).unwrap_or_default(), wanted.to_string());
        Some(TooYoung { since: self, age_s, wanted, eligible_at })
    }
}

/// An image has not been out for long enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TooYoung {
    /// Since when it has been out.
    pub since: Since,
    /// For how long it had been out when it was looked at, in seconds.
    pub age_s: u64,
    /// For how long it shall have been out, as it was written.
    pub wanted: String,
    /// When that will be so.
    pub eligible_at: Timestamp,
}

impl fmt::Display for TooYoung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seen = match self.since.source {
            AgeSource::Pushed => "pushed",
            AgeSource::FirstSeen => "first seen",
        };
        let eligible_at = self.eligible_at.strftime("%Y-%m-%d %H:%M:%SZ");
        write!(f, "{seen} {} ago, wanted {}: eligible from {eligible_at}", humane(self.age_s), self.wanted)
    }
}

/// The two largest units of a duration.
fn humane(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let mut rest = seconds;
    let parts = UNITS[first..].iter().take(2).map(|(unit, name)| {
        let count = rest / unit;
        rest %= unit;
        (count, name)
    });
    let parts: Vec<String> = parts
        .enumerate()
        .filter(|(i, (count, _))| *i == 0 || *count > 0)
        .map(|(_, (n, u))| format!("{n} {u}"))
        .collect();
    parts.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn ages_are_read_as_people_write_them() {
        let check = |text: &str, seconds: Option<i64>| {
            let read = text.parse::<MinAge>().ok().map(|age| age.duration.as_secs());
            assert_eq!(read, seconds, "{text}");
        };
        check("3d", Some(3 * DAY));
        check("12h", Some(12 * 3_600));
        check(" 1w 2d ", Some(9 * DAY));
        check("90 minutes", Some(5_400));
        check("0s", Some(0));
        for wrong in ["", "3", "d", "-3d", "3d ago", "1mo", "1y", "11000d", "9999999999999d", "three days"] {
            check(wrong, None);
        }
    }

    #[test]
    fn the_earlier_of_what_was_seen_and_what_the_registry_says_counts() {
        let check = |first_seen: i64, pushed: Option<i64>, expected: (i64, AgeSource)| {
            let since = Since::of(at(first_seen), pushed);
            assert_eq!((since.at.as_second(), since.source), expected, "{first_seen} {pushed:?}");
        };
        check(1_000, None, (1_000, AgeSource::FirstSeen));
        check(1_000, Some(900), (900, AgeSource::Pushed));
        check(1_000, Some(1_100), (1_000, AgeSource::FirstSeen));
        check(1_000, Some(i64::MAX), (1_000, AgeSource::FirstSeen));
        check(1_000, Some(0), (1_000, AgeSource::FirstSeen));
        check(1_000, Some(-62_135_596_800), (1_000, AgeSource::FirstSeen));
    }

    #[test]
    fn says_what_is_missing() {
        let wanted: MinAge = "3d".parse().unwrap();
        let since = Since { at: at(DAY), source: AgeSource::Pushed };
        let young = since.too_young(&wanted, at(DAY + 3 * 3_600)).unwrap();
        assert_eq!(young.to_string(), "pushed 3 h ago, wanted 3d: eligible from 1970-01-05 00:00:00Z");
        assert!(since.too_young(&wanted, at(4 * DAY - 1)).is_some());
        assert_eq!(since.too_young(&wanted, at(4 * DAY)), None);
        let later = Since { at: at(2 * DAY), source: AgeSource::FirstSeen }.too_young(&wanted, at(0)).unwrap();
        assert_eq!(later.to_string(), "first seen 0 s ago, wanted 3d: eligible from 1970-01-06 00:00:00Z");
        assert_eq!(since.too_young(&"0s".parse().unwrap(), at(0)), None);
    }

    #[test]
    fn durations_are_short() {
        let check = |seconds: u64, expected: &str| assert_eq!(humane(seconds), expected);
        check(0, "0 s");
        check(61, "1 min 1 s");
        check(3_600, "1 h");
        check(2 * 86_400 + 3 * 3_600 + 59, "2 d 3 h");
    }
}
