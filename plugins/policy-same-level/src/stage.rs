use crate::number::Number;

/// How finished a version is. Earlier stages come first, a release last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage<'a> {
    /// A pre-release: `-rc.1`, `-beta2`, `b5`.
    Pre(Kind, Vec<Number<'a>>),
    /// Anything that is not marked as a pre-release.
    Release,
}

/// The kinds of pre-releases, the least finished first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `alpha`, `a`.
    Alpha,
    /// `beta`, `b`.
    Beta,
    /// `pre`, `preview`, `ea`, milestones (`M2`).
    Preview,
    /// `rc`, `cr`.
    Candidate,
}

/// The parts of a suffix around the mark of a pre-release, if there is one.
pub(crate) struct Suffix<'a> {
    pub(crate) stage: Stage<'a>,
    pub(crate) before: &'a str,
    pub(crate) after: &'a str,
}

impl<'a> Suffix<'a> {
    /// Finds the first mark of a pre-release in `suffix`, what follows the numbers of a tag.
    ///
    /// Words such as `dev` and `nightly` are no such marks: they name a line of its own, which stays among itself.
    pub(crate) fn parse(suffix: &'a str) -> Self {
        let starts = std::iter::once(0).chain(suffix.match_indices(is_separator).map(|(at, _)| at));
        for start in starts {
            let (before, mark) = suffix.split_at(start);
            if let Some((stage, after)) = take_stage(mark) {
                return Self { stage, before, after };
            }
        }
        Self { stage: Stage::Release, before: suffix, after: "" }
    }
}

/// Takes `-rc.1`, `beta2` and the like from the start of `text`.
fn take_stage(text: &str) -> Option<(Stage<'_>, &str)> {
    let word_text = text.strip_prefix(is_separator).unwrap_or(text);
    let attached = word_text.len() == text.len();
    let end = word_text.bytes().position(|byte| !byte.is_ascii_alphabetic()).unwrap_or(word_text.len());
    let (word, rest) = word_text.split_at(end);
    let (numbers, after) = take_numbers(rest);
    let directly_numbered = rest.starts_with(|char: char| char.is_ascii_digit());
    let kind = match word.to_ascii_lowercase().as_str() {
        "alpha" => Kind::Alpha,
        "beta" => Kind::Beta,
        "pre" | "preview" | "ea" => Kind::Preview,
        "rc" | "cr" => Kind::Candidate,
        // Letters alone mean this only where nothing else is meant: `1.0b2`, but not `1.0-b2`, which is a build.
        "a" if attached && directly_numbered => Kind::Alpha,
        "b" if attached && directly_numbered => Kind::Beta,
        "m" if !attached && directly_numbered => Kind::Preview,
        _ => return None,
    };
    Some((Stage::Pre(kind, numbers), after))
}

/// Takes `1`, `.1` or `-1.2` from the start of `text`; nothing if there is no number.
fn take_numbers(text: &str) -> (Vec<Number<'_>>, &str) {
    let mut numbers = Vec::new();
    let mut rest = text;
    if let Some((number, after)) = Number::take(text.strip_prefix(is_separator).unwrap_or(text)) {
        numbers.push(number);
        rest = after;
        while let Some((number, after)) = rest.strip_prefix('.').and_then(Number::take) {
            numbers.push(number);
            rest = after;
        }
    }
    (numbers, rest)
}

fn is_separator(char: char) -> bool {
    matches!(char, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(suffix: &str, expected: Option<Kind>, rest: &str) {
        let parsed = Suffix::parse(suffix);
        let kind = match parsed.stage {
            Stage::Pre(kind, _) => Some(kind),
            Stage::Release => None,
        };
        assert_eq!((kind, format!("{}{}", parsed.before, parsed.after).as_str()), (expected, rest), "{suffix}");
    }

    #[test]
    fn marks_of_pre_releases_are_found() {
        check("-rc.1", Some(Kind::Candidate), "");
        check("-RC1", Some(Kind::Candidate), "");
        check("rc1", Some(Kind::Candidate), "");
        check(".CR2", Some(Kind::Candidate), "");
        check("-beta2", Some(Kind::Beta), "");
        check("b5", Some(Kind::Beta), "");
        check("a1", Some(Kind::Alpha), "");
        check("-alpha", Some(Kind::Alpha), "");
        check("-M2", Some(Kind::Preview), "");
        check("-preview.7.23375.6", Some(Kind::Preview), "");
        check("-rc1-alpine3.19", Some(Kind::Candidate), "-alpine3.19");
        check("-alpine-beta-1", Some(Kind::Beta), "-alpine");
        check("-beta-alpine", Some(Kind::Beta), "-alpine");
    }

    #[test]
    fn other_words_are_none() {
        for suffix in [
            "",
            "-alpine",
            "-b12",
            "-a",
            "a",
            "b",
            "-m",
            "-prebuilt",
            "-rcx",
            "-betamax",
            "-dev",
            "-nightly",
            "-ls257",
            "-r0",
        ] {
            check(suffix, None, suffix);
        }
    }

    #[test]
    fn stages_have_an_order() {
        let ascending = ["-alpha", "-alpha.1", "-alpha.2", "-alpha.10", "-beta", "-M1", "-rc1", "-rc.1.1", "-rc02", ""];
        for (at, one) in ascending.iter().enumerate() {
            for (other_at, other) in ascending.iter().enumerate() {
                let order = Suffix::parse(one).stage.cmp(&Suffix::parse(other).stage);
                assert_eq!(order, at.cmp(&other_at), "{one} and {other}");
            }
        }
    }
}
