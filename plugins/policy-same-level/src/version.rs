//! What a tag says, and the order of tags that have one.

use crate::calendar::{self, Calendar};
use crate::family::Family;
use crate::number::Number;
use crate::prefix;
use crate::stage::{Stage, Suffix};
use dockrev_plugin_sdk::policy::Level;
use std::cmp::Ordering;

/// Prefixes of tags that name a commit or another digest.
const HASH_PREFIXES: [&str; 3] = ["sha-", "sha256-", "sha512-"];

/// How many digits of a commit's hash a tag has.
const COMMIT_DIGITS: std::ops::RangeInclusive<usize> = 7..=40;

/// A tag, read.
#[derive(Clone, Debug)]
pub(crate) enum Tag<'a> {
    /// It has numbers.
    Version(Box<Version<'a>>),
    /// It names a commit.
    Hash,
    /// It has no numbers of its own, or only a placeholder for one: `latest`, `1.x`, `stable-alpine3.20`.
    Word,
    /// The pattern that names the numbers does not match it.
    Unmatched,
}

/// A tag with numbers.
#[derive(Clone, Debug)]
pub(crate) struct Version<'a> {
    track: Track<'a>,
    numbers: Vec<Number<'a>>,
    stage: Stage<'a>,
    suffix: (&'a str, &'a str),
    family: Family<'a>,
}

/// What tags must share to have an order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Track<'a> {
    prefix: &'a str,
    parts: Parts,
    calendar: Calendar,
    family: String,
}

/// Which numbers there are.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Parts {
    /// As many as stand there, separated by dots.
    Counted(usize),
    /// One, and an update of it: `8u422`.
    Update,
    /// Those that a pattern names, in this order.
    Named(Vec<Part>),
}

/// A number's name in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// `major`.
    Major,
    /// `minor`.
    Minor,
    /// `patch`.
    Patch,
    /// `build`.
    Build,
}

impl<'a> Tag<'a> {
    /// Reads a tag by its shape.
    pub(crate) fn parse(text: &'a str) -> Self {
        if is_hash(text) {
            return Self::Hash;
        }
        let Some(start) = prefix::end(text) else { return Self::Word };
        if is_commit_with_digits(token_around(text, start)) {
            return Self::Hash;
        }
        let (prefix, rest) = text.split_at(start);
        let (numbers, parts, calendar, suffix) = take_numbers(rest);
        if is_placeholder(suffix) || prefix::is_work(prefix) {
            return Self::Word;
        }
        let Suffix { stage, before, after } = Suffix::parse(suffix);
        let family = Family::of([before, after]);
        let track = Track { prefix, parts, calendar, family: family.text().to_owned() };
        Self::Version(Box::new(Version { track, numbers, stage, suffix: (before, after), family }))
    }

    /// What a pattern found: its numbers, in the order of their names.
    pub(crate) fn named(found: Vec<(Part, Number<'a>)>) -> Self {
        let (parts, numbers) = found.into_iter().unzip();
        let track = Track { prefix: "", parts: Parts::Named(parts), calendar: Calendar::None, family: String::new() };
        let family = Family::of(["", ""]);
        Self::Version(Box::new(Version { track, numbers, stage: Stage::Release, suffix: ("", ""), family }))
    }
}

impl<'a> Version<'a> {
    /// How this version relates to `other`, if they are of the same track.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        (self.track == other.track).then(|| {
            self.numbers
                .cmp(&other.numbers)
                .then_with(|| self.stage.cmp(&other.stage))
                .then_with(|| self.family.numbers().cmp(other.family.numbers()))
        })
    }

    /// Whether the tag follows a line by its definition: a bare major such as `16`, `v5`, `16-alpine` or `2022`.
    ///
    /// A single number is a version of its own if it is a date, or a build number: four digits or more that are no year,
    /// or a prefix that says so.
    pub(crate) fn is_bare_major(&self) -> bool {
        let [number] = self.numbers.as_slice() else { return false };
        if matches!(self.track.parts, Parts::Named(_)) {
            return false;
        }
        let is_build = number.digits() >= 4 || matches!(self.track.prefix, "b" | "r" | "build-" | "build" | "rev-");
        match self.track.calendar {
            Calendar::Year => true,
            Calendar::Date | Calendar::Spelled => false,
            Calendar::None | Calendar::ShortYear => !is_build,
        }
    }

    /// The shape of a commit's hash that this version has too, if it is nothing but digits after a word: about one
    /// commit in thirty begins with seven digits.
    pub(crate) fn commit_shape(&self) -> Option<(&'a str, usize)> {
        let [number] = self.numbers.as_slice() else { return None };
        let is_plain = self.suffix == ("", "") && self.stage == Stage::Release && self.track.calendar == Calendar::None;
        (is_plain && COMMIT_DIGITS.contains(&number.digits())).then_some((self.track.prefix, number.digits()))
    }

    /// How far this version is from `current`, of the same track.
    pub(crate) fn level(&self, current: &Self) -> Level {
        let differing = self.numbers.iter().zip(&current.numbers).position(|(one, other)| one != other);
        let part = match (&self.track.parts, self.track.calendar, differing) {
            (Parts::Named(parts), _, Some(at)) => parts.get(at).copied(),
            (Parts::Counted(1), Calendar::None, Some(_)) => self.is_bare_major().then_some(Part::Major),
            (_, Calendar::None, Some(0)) => Some(Part::Major),
            (_, Calendar::None, Some(1)) => Some(Part::Minor),
            (_, Calendar::None, Some(2..)) => Some(Part::Patch),
            (_, _, _) => None,
        };
        match part {
            Some(Part::Major) => Level::Major,
            Some(Part::Minor) => Level::Minor,
            Some(Part::Patch) => Level::Patch,
            Some(Part::Build) | None => Level::SameLevel,
        }
    }

    /// How finished it is.
    pub(crate) fn stage(&self) -> &Stage<'a> {
        &self.stage
    }

    /// The suffix without the mark of a pre-release.
    pub(crate) fn suffix(&self) -> String {
        format!("{}{}", self.suffix.0, self.suffix.1)
    }

    /// What it shares with the versions that it is ordered with.
    pub(crate) fn track(&self) -> &Track<'a> {
        &self.track
    }

    /// Its numbers, without those of the suffix.
    pub(crate) fn numbers(&self) -> &[Number<'a>] {
        &self.numbers
    }

    /// What is known of its suffix.
    pub(crate) fn family(&self) -> &Family<'a> {
        &self.family
    }

    /// Whether its numbers are times.
    pub(crate) fn calendar(&self) -> Calendar {
        self.track.calendar
    }

    /// The track that it has if its suffix is of `family`.
    pub(crate) fn track_with(&self, family: &Family<'a>) -> Track<'a> {
        Track { family: family.text().to_owned(), ..self.track.clone() }
    }

    /// Reads its suffix as one of `family`.
    pub(crate) fn set_family(&mut self, family: Family<'a>) {
        self.track.family = family.text().to_owned();
        self.family = family;
    }

    /// Reads its first number as a year of two digits.
    pub(crate) fn set_short_year(&mut self) {
        self.track.calendar = Calendar::ShortYear;
    }
}

/// Whether a tag is 7 to 40 hexadecimal digits with a letter among them, alone or after a word (`main-1a2b3c4`), or says
/// that it is a hash.
fn is_hash(text: &str) -> bool {
    HASH_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || commit_shape(text).is_some()
}

/// The word before a commit's hash, and how long the hash is, in a tag such as `1a2b3c4` or `main-1a2b3c4`.
pub(crate) fn commit_shape(text: &str) -> Option<(&str, usize)> {
    let start = text.rfind(['-', '_', '.']).map_or(0, |at| at + 1);
    let (word, hash) = text.split_at(start);
    (is_commit(hash) && !word.bytes().any(|byte| byte.is_ascii_digit())).then_some((word, hash.len()))
}

fn is_commit(text: &str) -> bool {
    COMMIT_DIGITS.contains(&text.len())
        && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Whether `text` is a commit's hash, and certainly no word: it has letters and digits.
pub(crate) fn is_commit_with_digits(text: &str) -> bool {
    is_commit(text) && text.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether `text` may be a commit's hash that happens to have no letters.
pub(crate) fn may_be_commit(text: &str) -> bool {
    COMMIT_DIGITS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The piece of `text` between separators that holds the byte at `at`.
fn token_around(text: &str, at: usize) -> &str {
    let start = text[..at].rfind(['-', '_', '.']).map_or(0, |at| at + 1);
    let end = text[at..].find(['-', '_', '.']).map_or(text.len(), |length| at + length);
    &text[start..end]
}

/// Whether a suffix stands for numbers that float: `.x`, `.x-alpine`.
fn is_placeholder(suffix: &str) -> bool {
    suffix.strip_prefix(".x").or_else(|| suffix.strip_prefix(".X")).is_some_and(|rest| {
        let next = rest.chars().next();
        next.is_none_or(|char| matches!(char, '.' | '-' | '_'))
    })
}

/// Takes the numbers from `text`, which begins with a digit, and gives back the suffix.
fn take_numbers(text: &str) -> (Vec<Number<'_>>, Parts, Calendar, &str) {
    if let Some((numbers, rest)) = calendar::take_spelled_date(text) {
        let parts = Parts::Counted(numbers.len());
        return (numbers, parts, Calendar::Spelled, rest);
    }
    let mut numbers = Vec::new();
    let mut rest = text;
    let mut next = Number::take(text);
    while let Some((number, after)) = next {
        numbers.push(number);
        rest = after;
        next = rest.strip_prefix('.').and_then(Number::take);
    }
    if let ([_], Some((update, after))) = (numbers.as_slice(), rest.strip_prefix('u').and_then(Number::take)) {
        numbers.push(update);
        return (numbers, Parts::Update, Calendar::None, after);
    }
    let calendar = numbers.first().map_or(Calendar::None, |first| Calendar::of(*first));
    let parts = Parts::Counted(numbers.len());
    (numbers, parts, calendar, rest)
}

/// What was read of a tag can be put together to it again: prefix, numbers, suffix and the mark of a pre-release in it.
#[cfg(test)]
#[track_caller]
pub(crate) fn check_prints_back(text: &str) {
    let Tag::Version(version) = Tag::parse(text) else { return };
    let mut rest = text.strip_prefix(version.track.prefix).expect("the prefix is in front");
    for (at, number) in version.numbers.iter().enumerate() {
        if at > 0 {
            let separator: &[char] = match version.track.parts {
                Parts::Update => &['u'],
                Parts::Counted(_) | Parts::Named(_) => &['.', '-', '_'],
            };
            rest = rest.strip_prefix(separator).expect("numbers are separated");
        }
        rest = rest.strip_prefix(number.text()).expect("numbers stand as they are");
    }
    let (before, after) = version.suffix;
    let mark = rest.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).expect("the suffix is at the end");
    assert_eq!(mark.is_empty(), version.stage == Stage::Release, "{text}");
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if let Stage::Pre(_, numbers) = &version.stage {
        assert_eq!(digits(mark), numbers.iter().map(|number| number.text()).collect::<String>(), "{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_prints_back() {
        crate::tests::many_tags().iter().for_each(|text| check_prints_back(text));
    }

    #[test]
    fn updates_are_numbers() {
        let read = |text| match Tag::parse(text) {
            Tag::Version(version) => version,
            Tag::Hash | Tag::Word | Tag::Unmatched => panic!("{text} is a version"),
        };
        assert_eq!(read("8u422-b05-jdk").order(&read("8u432-b06-jdk")), Some(Ordering::Less));
        assert_eq!(read("8u422-b05-jdk").order(&read("8.432-b06-jdk")), None);
        assert_eq!(read("8u432-jdk").level(&read("8u422-jdk")), Level::Minor);
    }
}
