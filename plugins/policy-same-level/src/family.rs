//! Which suffixes belong together.

use crate::number::Number;
use crate::version::{is_commit_with_digits, may_be_commit};

/// Words in a suffix whose numbers may vary within a family: what an image is based on, which line it is from, and how
/// often it was built.
///
/// The numbers after any other word stay as they are, because changing them may change what the service needs: `-pg16` and
/// `-pg17` read different data, `-jdk17` and `-jdk21` run different programs, `-ltsc2022` wants that very Windows.
const VARYING_WORDS: &str = "almalinux alpine amazonlinux amzn azurelinux bookworm bullseye centos debian el fc fedora \
    focal jammy mariner noble ol oraclelinux photon rhel rocky trixie ubi ubu ubuntu \
    canary ce dev develop edge ee main master next nightly snapshot unstable \
    b build final ga hotfix ls p patch post r rev security sp t v";

/// A word that has digits in it, and a number after it: `k3s1`, a build of K3s.
const WORDS_WITH_DIGITS: [&str; 1] = ["k3s"];

/// The family of a suffix, and the numbers that vary within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Family<'a> {
    text: String,
    numbers: Vec<Number<'a>>,
    parts: [&'a str; 2],
    has_commit: bool,
    has_possible_commit: bool,
    has_build: bool,
}

/// How pieces that could be several things are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubtful {
    /// Digits alone count builds, as they most often do.
    Build,
    /// Enough digits are a commit's hash.
    Commit,
    /// Digits alone name a line, and stay.
    Line,
}

impl<'a> Family<'a> {
    /// Reads the parts of a suffix.
    pub(crate) fn of(parts: [&'a str; 2]) -> Self {
        Self::read(parts, Doubtful::Build)
    }

    /// The same suffix, for a repository whose suffixes have commits in this place. Absent if there are not enough digits.
    pub(crate) fn with_commits(&self) -> Option<Self> {
        self.has_possible_commit.then(|| Self::read(self.parts, Doubtful::Commit))
    }

    /// The same suffix, for a repository in which digits alone name a line. Absent if there are none.
    pub(crate) fn with_lines(&self) -> Option<Self> {
        self.has_build.then(|| Self::read(self.parts, Doubtful::Line))
    }

    /// Its name, where a number that may vary stands as `#`, or as `@` if it is a date, and a commit as `*`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The numbers of the suffix. Commits are none: they have no order.
    pub(crate) fn numbers(&self) -> &[Number<'a>] {
        &self.numbers
    }

    /// Whether a commit's hash is certainly part of it.
    pub(crate) fn has_commit(&self) -> bool {
        self.has_commit
    }

    fn read(parts: [&'a str; 2], doubtful: Doubtful) -> Self {
        let mut family = Self {
            text: String::new(),
            numbers: Vec::new(),
            parts,
            has_commit: false,
            has_possible_commit: false,
            has_build: false,
        };
        for part in parts {
            family.add(part, doubtful);
        }
        family
    }

    fn add(&mut self, part: &'a str, doubtful: Doubtful) {
        let mut word = "";
        let mut rest = part;
        while !rest.is_empty() {
            let piece = piece(part, rest);
            let is_possible_commit = piece.is_some_and(may_be_commit);
            self.has_possible_commit |= is_possible_commit;
            self.has_commit |= piece.is_some_and(is_commit_with_digits);
            if let Some(commit) = piece
                .filter(|piece| is_commit_with_digits(piece) || (is_possible_commit && doubtful == Doubtful::Commit))
            {
                self.text.push('*');
                rest = &rest[commit.len()..];
            } else if let Some((number, after)) = Number::take(rest) {
                self.add_number(number, word, doubtful);
                rest = after;
            } else {
                let taken = take_word(rest);
                self.text.push_str(taken);
                if taken.starts_with(char::is_alphabetic) {
                    word = taken;
                }
                rest = &rest[taken.len()..];
            }
        }
    }

    fn add_number(&mut self, number: Number<'a>, word: &str, doubtful: Doubtful) {
        self.has_build |= word.is_empty();
        let varies = if word.is_empty() { doubtful != Doubtful::Line } else { may_vary(word) };
        if number.is_date() {
            self.text.push('@');
        } else if varies {
            self.text.push('#');
        } else {
            self.text.push_str(number.text());
        }
        self.numbers.push(number);
    }
}

/// The piece between separators that `rest`, the end of `whole`, begins with; nothing in the middle of one.
fn piece<'a>(whole: &str, rest: &'a str) -> Option<&'a str> {
    let before = &whole[..whole.len() - rest.len()];
    let end = rest.find(|char: char| !char.is_alphanumeric()).unwrap_or(rest.len());
    (before.is_empty() || before.ends_with(['-', '_', '.'])).then(|| &rest[..end])
}

/// The word at the start of `text`, which begins with no digit, or a separator alone.
fn take_word(text: &str) -> &str {
    if let Some(word) = WORDS_WITH_DIGITS.iter().find(|word| text.starts_with(**word)) {
        return &text[..word.len()];
    }
    match text.find(|char: char| !char.is_alphabetic()) {
        Some(0) => &text[..text.chars().next().map_or(text.len(), char::len_utf8)],
        Some(end) => &text[..end],
        None => text,
    }
}

/// Whether the numbers after `word` may vary.
fn may_vary(word: &str) -> bool {
    WORDS_WITH_DIGITS.contains(&word)
        || VARYING_WORDS.split_whitespace().any(|varying| varying.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_have_families() {
        for (suffix, family) in [
            ("", ""),
            ("-alpine3.20", "-alpine#.#"),
            ("-ls257", "-ls#"),
            ("-pg16", "-pg16"),
            ("-jdk21-alpine3.20", "-jdk21-alpine#.#"),
            ("_7-jdk-ubi9", "_#-jdk-ubi#"),
            ("-c0dd5a73e-ls12", "-*-ls#"),
            ("-20240115", "-@"),
            ("T10-20-30Z", "T#-#-#Z"),
            ("-k3s1", "-k3s#"),
            ("ubu2204-ls19", "ubu#-ls#"),
        ] {
            assert_eq!(Family::of([suffix, ""]).text(), family, "{suffix}");
        }
    }

    #[test]
    fn what_is_doubtful_can_be_read_otherwise() {
        let with_commits = |suffix| Family::of([suffix, ""]).with_commits().map(|family| family.text().to_owned());
        assert_eq!(with_commits("-424562606-ls5").as_deref(), Some("-*-ls#"));
        assert_eq!(with_commits("-20240115").as_deref(), Some("-*"));
        assert_eq!(with_commits("-42456"), None);
        assert_eq!(with_commits("-ls4245626"), None);
        let with_lines = |suffix| Family::of([suffix, ""]).with_lines().map(|family| family.text().to_owned());
        assert_eq!(with_lines("-20-minimal").as_deref(), Some("-20-minimal"));
        assert_eq!(with_lines("-ls20"), None);
    }
}
