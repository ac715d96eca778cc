//! Ignore rules. The first line is the rule, the others are tags; each is read as a rule of every kind.
#![no_main]

use dockrev_core::ignore::{Matcher, MatcherKind};
use dockrev_core::image::Tag;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (rule, rest) = text.split_once('\n').unwrap_or((text, ""));
    let tags: Vec<Tag> = rest.lines().filter_map(|line| line.parse().ok()).collect();
    for kind in MatcherKind::ALL {
        match Matcher::parse(kind, rule) {
            Ok(matcher) => {
                assert_eq!((matcher.kind(), matcher.text()), (kind, rule));
                assert_eq!(Matcher::parse(kind, matcher.text()).as_ref(), Ok(&matcher));
                for tag in &tags {
                    let matches = matcher.matches(tag);
                    match kind {
                        MatcherKind::Exact => assert_eq!(matches, tag.as_str() == rule),
                        MatcherKind::Prefix => assert_eq!(matches, tag.as_str().starts_with(rule)),
                        MatcherKind::Regex | MatcherKind::Range => {}
                    }
                }
            }
            Err(error) => assert!(!error.problem.is_empty()),
        }
    }
});
