//! Regular expressions in settings.

use crate::number::Number;
use crate::version::{Part, Tag};
use regex_lite::{Regex, RegexBuilder};

/// Longest expression, in bytes: many times what a person writes.
const EXPRESSION_MAX_BYTES: usize = 512;

/// Largest compiled expression, in bytes. It keeps `(.{99}){99}` from costing time and memory for every tag.
const COMPILED_MAX_BYTES: usize = 64 * 1024;

/// How deep groups may be nested.
const NESTING_MAX: u32 = 16;

/// The names that a pattern may give to numbers, the most significant first.
const PARTS: [(&str, Part); 4] =
    [("major", Part::Major), ("minor", Part::Minor), ("patch", Part::Patch), ("build", Part::Build)];

/// Which tags are meant. It may match anywhere in a tag.
#[derive(Clone, Debug)]
pub(crate) struct Filter(Regex);

impl Filter {
    /// Reads a filter, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        compile(text, text).map(Self)
    }

    /// Whether `tag` is meant.
    pub(crate) fn matches(&self, tag: &str) -> bool {
        self.0.is_match(tag)
    }
}

/// Names the numbers of tags. It must match the whole tag.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// Reads a pattern, or says what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let whole = compile(text, &format!("^(?:{text})$"))?;
        let names: Vec<&str> = whole.capture_names().flatten().collect();
        if let Some(other) = names.iter().find(|name| !PARTS.iter().any(|(part, _)| part == *name)) {
            return Err(format!("has a group `{other}`; groups are `major`, `minor`, `patch` and `build`"));
        }
        if names.is_empty() {
            return Err("names no number: it needs a group such as `(?<major>[0-9]+)`".to_owned());
        }
        Ok(Self(whole))
    }

    /// Reads `tag`. A group that found nothing is left out; one that found anything but digits is no number.
    pub(crate) fn read<'a>(&self, tag: &'a str) -> Tag<'a> {
        let Some(captures) = self.0.captures(tag) else { return Tag::Unmatched };
        let mut found = Vec::new();
        for (name, part) in PARTS {
            let Some(text) = captures.name(name) else { continue };
            match Number::take(text.as_str()) {
                Some((number, "")) => found.push((part, number)),
                Some(_) | None => return Tag::Unmatched,
            }
        }
        if found.is_empty() { Tag::Unmatched } else { Tag::named(found) }
    }
}

/// Compiles `wrapped`, which holds `text`, what a person wrote.
fn compile(text: &str, wrapped: &str) -> Result<Regex, String> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if text.len() > EXPRESSION_MAX_BYTES {
        return Err(format!("is longer than {EXPRESSION_MAX_BYTES} bytes"));
    }
    // Alone first: `a)(b` would be one inside other parentheses.
    for expression in [text, wrapped] {
        let built = RegexBuilder::new(expression).size_limit(COMPILED_MAX_BYTES).nest_limit(NESTING_MAX).build();
        match built {
            Ok(regex) if expression == wrapped => return Ok(regex),
            Ok(_) => {}
            Err(error) => return Err(format!("is no usable regular expression: {error}")),
        }
    }
    Err("is no usable regular expression".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_wrong(text: &str, expected: &str) {
        for error in [Filter::parse(text).err(), Pattern::parse(text).err()] {
            let error = error.expect("it is wrong");
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn wrong_expressions_say_why() {
        check_wrong("", "is empty");
        check_wrong("(", "regular expression: ");
        check_wrong("[a", "regular expression: ");
        check_wrong("a)(b", "regular expression: ");
        check_wrong("*", "regular expression: ");
        check_wrong(&"a".repeat(513), "longer than 512 bytes");
        check_wrong("(.{99}){99}", "regular expression: ");
        check_wrong(&format!("{}a{}", "(".repeat(40), ")".repeat(40)), "regular expression: ");
    }

    #[test]
    fn a_pattern_needs_the_right_groups() {
        let wrong = |text| Pattern::parse(text).expect_err("it is wrong");
        assert!(wrong("[0-9]+").contains("names no number"));
        assert!(wrong("(?<version>[0-9]+)").contains("has a group `version`"));
        assert!(Pattern::parse("(?P<major>[0-9]+)").is_ok());
    }

    #[test]
    fn a_pattern_reads_whole_tags() {
        let pattern = Pattern::parse("r(?<major>[0-9]+)(_(?<minor>.+))?").expect("it is one");
        let read = |tag| match pattern.read(tag) {
            Tag::Version(version) => version.numbers().iter().map(|number| number.text()).collect(),
            Tag::Hash | Tag::Word | Tag::Unmatched => Vec::new(),
        };
        assert_eq!(read("r12_003"), ["12", "003"]);
        assert_eq!(read("r12"), ["12"]);
        assert_eq!(read("r12_beta"), Vec::<&str>::new());
        assert_eq!(read("xr12"), Vec::<&str>::new());
        assert_eq!(read("r12-x"), Vec::<&str>::new());
    }
}
