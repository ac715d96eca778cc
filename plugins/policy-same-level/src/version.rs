//! What a tag says, and the order of tags that have one.

use crate::number::Number;
use crate::stage::{Stage, Suffix};
use dockrev_plugin_sdk::policy::Level;
use std::cmp::Ordering;

/// Prefixes of tags that name a commit or another digest.
const HASH_PREFIXES: [&str; 3] = ["sha-", "sha256-", "sha512-"];

/// How many digits of a commit's hash a tag has.
const COMMIT_DIGITS: std::ops::RangeInclusive<usize> = 7..=40;

/// Prefixes of tags that name a piece of work in progress: the next number is another piece, not a newer version.
const WORK_PREFIXES: [&str; 5] = ["pr-", "pr", "mr-", "pull-", "issue-"];

/// Prefixes that name an architecture, whose digits are no version.
const ARCHITECTURE_PREFIXES: [&str; 9] =
    ["amd64-", "arm64-", "arm64v8-", "arm32v6-", "arm32v7-", "armv7-", "i386-", "riscv64-", "x86_64-"];

/// Words in a suffix whose numbers may vary within a family: what an image is based on, which line it is from, and how
/// often it was built.
///
/// The numbers after any other word stay as they are, because changing them may change what the service needs: `-pg16` and
/// `-pg17` read different data, `-jdk17` and `-jdk21` run different programs, `-ltsc2022` wants that very Windows.
const VARYING_WORDS: &str = "almalinux alpine amazonlinux amzn bookworm bullseye centos debian el fc fedora focal jammy \
    noble ol oraclelinux photon rhel rocky trixie ubi ubuntu \
    canary ce dev develop edge ee main master next nightly snapshot unstable \
    b build final ga hotfix ls p patch post r rev sp t v";

/// A tag, read.
#[derive(Clone, Debug)]
pub(crate) enum Tag<'a> {
    /// It has numbers.
    Version(Version<'a>),
    /// It names a commit.
    Hash,
    /// It has no numbers, or only a placeholder for one: `latest`, `1.x`.
    Word,
}

/// A tag with numbers.
#[derive(Clone, Debug)]
pub(crate) struct Version<'a> {
    track: Track<'a>,
    numbers: Vec<Number<'a>>,
    stage: Stage<'a>,
    suffix: (&'a str, &'a str),
    suffix_numbers: Vec<Number<'a>>,
}

/// What tags must share to have an order.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Track<'a> {
    prefix: &'a str,
    components: usize,
    calendar: Calendar,
    family: String,
}

/// Whether the first number is a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Calendar {
    /// It is an ordinary number, as far as one can see. Years with two digits are: `24.04`.
    None,
    /// A year: `2024.1`, `2024`.
    Year,
    /// A date in one number: `20240115`.
    Date,
    /// A date in three numbers that are not separated by dots: `2024-01-15`.
    Spelled,
}

impl<'a> Tag<'a> {
    pub(crate) fn parse(text: &'a str) -> Self {
        if is_hash(text) {
            return Self::Hash;
        }
        let architecture = ARCHITECTURE_PREFIXES.iter().find(|prefix| text.starts_with(**prefix));
        let skipped = architecture.map_or(0, |prefix| prefix.len());
        let Some(start) = text[skipped..].find(|char: char| char.is_ascii_digit()) else { return Self::Word };
        let start = skipped + start;
        let (prefix, rest) = text.split_at(start);
        let (numbers, calendar, suffix) = take_numbers(rest);
        if is_placeholder(suffix) || WORK_PREFIXES.contains(&prefix) {
            return Self::Word;
        }
        let Suffix { stage, before, after } = Suffix::parse(suffix);
        let (mut family, mut suffix_numbers) = (String::new(), Vec::new());
        for part in [before, after] {
            add_family(part, &mut family, &mut suffix_numbers);
        }
        let track = Track { prefix, components: numbers.len(), calendar, family };
        Self::Version(Version { track, numbers, stage, suffix: (before, after), suffix_numbers })
    }
}

impl<'a> Version<'a> {
    /// How this version relates to `other`, if they are of the same track.
    pub(crate) fn order(&self, other: &Self) -> Option<Ordering> {
        (self.track == other.track).then(|| {
            self.numbers
                .cmp(&other.numbers)
                .then_with(|| self.stage.cmp(&other.stage))
                .then_with(|| self.suffix_numbers.cmp(&other.suffix_numbers))
        })
    }

    /// Whether the tag follows a line by its definition: a bare major such as `16`, `v5`, `16-alpine` or `2022`.
    ///
    /// A single number is a version of its own if it is a date, or a build number: four digits or more that are no year,
    /// or a prefix that says so.
    pub(crate) fn is_bare_major(&self) -> bool {
        let [number] = self.numbers.as_slice() else { return false };
        let is_build = number.digits() >= 4 || matches!(self.track.prefix, "b" | "r" | "build-" | "build" | "rev-");
        match self.track.calendar {
            Calendar::Year => true,
            Calendar::Date | Calendar::Spelled => false,
            Calendar::None => !is_build,
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
        match (self.track.calendar, differing) {
            (Calendar::None, Some(0)) if self.numbers.len() > 1 || self.is_bare_major() => Level::Major,
            (Calendar::None, Some(1)) => Level::Minor,
            (Calendar::None, Some(2..)) => Level::Patch,
            (Calendar::None | Calendar::Year | Calendar::Date | Calendar::Spelled, _) => Level::SameLevel,
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

/// Whether a suffix stands for numbers that float: `.x`, `.x-alpine`.
fn is_placeholder(suffix: &str) -> bool {
    suffix.strip_prefix(".x").or_else(|| suffix.strip_prefix(".X")).is_some_and(|rest| {
        let next = rest.chars().next();
        next.is_none_or(|char| matches!(char, '.' | '-' | '_'))
    })
}

/// Takes the numbers from `text`, which begins with a digit, and gives back the suffix.
fn take_numbers(text: &str) -> (Vec<Number<'_>>, Calendar, &str) {
    if let Some((numbers, rest)) = take_spelled_date(text) {
        return (numbers, Calendar::Spelled, rest);
    }
    let mut numbers = Vec::new();
    let mut rest = text;
    let mut next = Number::take(text);
    while let Some((number, after)) = next {
        numbers.push(number);
        rest = after;
        next = rest.strip_prefix('.').and_then(Number::take);
    }
    let calendar = match numbers.first() {
        Some(first) if first.is_year() => Calendar::Year,
        Some(first) if first.is_date() => Calendar::Date,
        Some(_) | None => Calendar::None,
    };
    (numbers, calendar, rest)
}

/// Takes `2024-01-15` or `2024_01_15` from the start of `text`.
fn take_spelled_date(text: &str) -> Option<(Vec<Number<'_>>, &str)> {
    let separator = text.get(4..)?.chars().next().filter(|char| matches!(char, '-' | '_'))?;
    let (year, rest) = Number::take(text)?;
    let (month, rest) = Number::take(rest.strip_prefix(separator)?)?;
    let (day, rest) = Number::take(rest.strip_prefix(separator)?)?;
    (year.is_year() && month.is_month() && day.is_day()).then(|| (vec![year, month, day], rest))
}

/// Adds a part of a suffix to its family, where a number that may vary stands as `#`, or as `@` if it is a date, and a
/// commit as `*`; and its numbers to `numbers`. Commits have no order.
fn add_family<'a>(part: &'a str, family: &mut String, numbers: &mut Vec<Number<'a>>) {
    let mut word = "";
    let mut rest = part;
    while !rest.is_empty() {
        if let Some(after) = after_commit(part, rest) {
            family.push('*');
            rest = after;
            continue;
        }
        if let Some((number, after)) = Number::take(rest) {
            match (number.is_date(), may_vary(word)) {
                (true, _) => family.push('@'),
                (false, true) => family.push('#'),
                (false, false) => family.push_str(&rest[..number.digits()]),
            }
            numbers.push(number);
            rest = after;
            continue;
        }
        let is_letter = |char: char| char.is_alphabetic();
        let end = match rest.find(|char: char| !is_letter(char)) {
            // Not a letter: a separator, taken alone.
            Some(0) => rest.chars().next().map_or(rest.len(), char::len_utf8),
            Some(end) => end,
            None => rest.len(),
        };
        let (taken, after) = rest.split_at(end);
        family.push_str(taken);
        if taken.starts_with(is_letter) {
            word = taken;
        }
        rest = after;
    }
}

/// What follows a commit's hash at the start of `rest`, a part of `whole`: hexadecimal digits, of both kinds, between
/// separators.
fn after_commit<'a>(whole: &str, rest: &'a str) -> Option<&'a str> {
    let before = &whole[..whole.len() - rest.len()];
    let end = rest.find(|char: char| !char.is_alphanumeric()).unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    let begins_here = before.is_empty() || before.ends_with(['-', '_', '.']);
    (begins_here && is_commit(word) && word.bytes().any(|byte| byte.is_ascii_digit())).then_some(after)
}

/// Whether the numbers after `word` may vary. Without a word they count builds.
fn may_vary(word: &str) -> bool {
    word.is_empty() || VARYING_WORDS.split(' ').any(|varying| varying.eq_ignore_ascii_case(word))
}
