//! What holds for every input: reading never panics, and prints back what it read.

use crate::ignore::{Matcher, MatcherKind};
use crate::image::{Digest, ImageRef, PinnedImage, Repository, Tag};
use crate::platform::Platform;
use crate::settings::{SettingsBook, catalog};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Characters that references are made of, and a few that they are not.
const NEARLY_A_REFERENCE: &str = "[a-fA-Fx0-9./:@_\\[\\] é-]{0,80}";

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

fn registries() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("docker.io".to_owned()),
        Just("localhost".to_owned()),
        "[a-z]{1,8}(-[a-z0-9]{1,4})?[.][a-z]{2,5}(:[0-9]{1,5})?",
        "[A-Z][A-Za-z0-9]{0,8}",
        "[a-z0-9]{1,8}:[0-9]{1,5}",
        "\\[[0-9a-f]{1,4}:[0-9a-f:]{1,16}\\](:[0-9]{1,5})?",
    ]
}

fn names() -> impl Strategy<Value = String> {
    let part = || "[a-z0-9]{1,6}(([.]|_|__|-{1,3})[a-z0-9]{1,6}){0,2}";
    prop_oneof![part().prop_map(String::from), (part(), part()).prop_map(|(one, other)| format!("{one}/{other}"))]
}

fn tags() -> impl Strategy<Value = Tag> {
    "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}".prop_map(|text| text.parse().unwrap())
}

fn digests() -> impl Strategy<Value = Digest> {
    prop_oneof!["sha256:[0-9a-f]{64}", "sha384:[0-9a-f]{96}", "sha512:[0-9a-f]{128}"]
        .prop_map(|text| text.parse().unwrap())
}

/// Tags that begin like versions.
fn version_tags() -> impl Strategy<Value = Tag> {
    "v?[0-9]{1,3}([.][0-9]{1,3}){0,4}(-[a-z]{1,6}[0-9]?)?".prop_map(|text| text.parse().unwrap())
}

fn kinds() -> impl Strategy<Value = MatcherKind> {
    proptest::sample::select(&MatcherKind::ALL[..])
}

/// Reads `text` as everything that has a parser, and prints what was read.
fn check_prints_back(text: &str) {
    if let Ok(reference) = text.parse::<ImageRef>() {
        assert_eq!(reference.to_string().parse().as_ref(), Ok(&reference), "in full");
        assert_eq!(reference.familiar().parse().as_ref(), Ok(&reference), "for people");
        let json = serde_json::to_string(&reference).unwrap();
        assert_eq!(serde_json::from_str::<ImageRef>(&json).unwrap(), reference, "as JSON");
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
        assert!(text.starts_with(digest.short()));
    }
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.to_string(), text);
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text_prints_back(text in any::<String>()) {
        check_prints_back(&text);
    }

    #[test]
    fn what_is_nearly_a_reference_prints_back(text in NEARLY_A_REFERENCE) {
        check_prints_back(&text);
    }

    #[test]
    fn references_are_read_as_their_parts(
        registry in registries(),
        name in names(),
        tag in proptest::option::of(tags()),
        digest in proptest::option::of(digests()),
    ) {
        let repository = Repository { registry: registry.clone(), name: name.clone() };
        let text = ImageRef::new(repository, tag.clone(), digest.clone()).to_string();
        let read: ImageRef = text.parse().unwrap();
        let official = registry == "docker.io" && !name.contains('/');
        let name = if official { format!("library/{name}") } else { name };
        prop_assert_eq!(read.repository(), &Repository { registry, name });
        prop_assert_eq!((read.tag(), read.digest()), (tag.as_ref(), digest.as_ref()));
        check_prints_back(&text);
    }

    #[test]
    fn pinned_images_are_read_back(registry in registries(), name in names(), tag in tags(), digest in digests()) {
        let pinned = PinnedImage { repository: Repository { registry, name }, tag, digest };
        let json = serde_json::to_string(&pinned).unwrap();
        prop_assert_eq!(serde_json::from_str::<PinnedImage>(&json).unwrap(), pinned);
    }

    #[test]
    fn any_rule_prints_back(kind in kinds(), text in any::<String>(), tag in tags()) {
        match Matcher::parse(kind, &text) {
            Ok(matcher) => {
                let _ = matcher.matches(&tag);
                prop_assert_eq!((matcher.kind(), matcher.text()), (kind, text.as_str()));
            }
            Err(error) => prop_assert!(error.text.chars().count() <= 256 && !error.problem.is_empty()),
        }
    }

    #[test]
    fn rules_that_are_tags_match_as_their_kind_says(text in "[0-9a-c.]{1,6}", tag in "[0-9a-c][0-9a-c.]{0,6}") {
        let tag: Tag = tag.parse().unwrap();
        let matches = |kind| Matcher::parse(kind, &text).map(|matcher| matcher.matches(&tag)).ok();
        prop_assert_eq!(matches(MatcherKind::Prefix), Some(tag.as_str().starts_with(&text)));
        if let Some(exact) = matches(MatcherKind::Exact) {
            prop_assert_eq!(exact, tag.as_str() == text);
        }
        let literal = text.replace('.', "[.]");
        let regex = Matcher::parse(MatcherKind::Regex, &literal).unwrap();
        prop_assert_eq!(regex.matches(&tag), tag.as_str().contains(&text));
    }

    #[test]
    fn ranges_are_those_of_the_leading_numbers(
        low in any::<(u8, u8, u8)>(),
        high in any::<(u8, u8, u8)>(),
        at in any::<(u8, u8, u8)>(),
        suffix in "(-[a-z]{1,6}[0-9]{0,2}|[.][0-9]{1,3})?",
    ) {
        let text = |(major, minor, patch): (u8, u8, u8)| format!("{major}.{minor}.{patch}");
        let range = format!(">={}, <{}", text(low), text(high));
        let matcher = Matcher::parse(MatcherKind::Range, &range).unwrap();
        for v in ["", "v"] {
            let tag: Tag = format!("{v}{}{suffix}", text(at)).parse().unwrap();
            prop_assert_eq!(matcher.matches(&tag), low <= at && at < high, "{} in {}", tag, range);
        }
        // What is not written is zero.
        let short: Tag = format!("{}.{}", at.0, at.1).parse().unwrap();
        let filled = (at.0, at.1, 0);
        prop_assert_eq!(matcher.matches(&short), low <= filled && filled < high, "{} in {}", short, range);
    }

    #[test]
    fn a_range_and_its_opposite_are_about_every_version(tag in version_tags(), at in any::<(u8, u8, u8)>()) {
        let matches = |operator: &str| {
            let range = format!("{operator}{}.{}.{}", at.0, at.1, at.2);
            Matcher::parse(MatcherKind::Range, &range).unwrap().matches(&tag)
        };
        prop_assert_ne!(matches("<"), matches(">="));
        prop_assert_ne!(matches(">"), matches("<="));
    }

    #[test]
    fn platforms_have_one_form(os in "[a-zA-Z]{1,8}", architecture in architectures(), variant in variants()) {
        let platform = Platform::new(&os, &architecture, variant.as_deref());
        let again = Platform::new(&platform.os, &platform.architecture, platform.variant.as_deref());
        prop_assert_eq!(&again, &platform);
        prop_assert!(platform.runs(&platform));
    }

    #[test]
    fn any_label_is_read_or_named(label in labels(), value in any::<String>()) {
        let labels = BTreeMap::from([(label.to_owned(), value)]);
        if let Err(error) = SettingsBook::default().of("stack/service", &labels) {
            prop_assert!(error.to_string().contains(label), "{}", error);
        }
    }
}

fn architectures() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_]{1,8}",
        proptest::sample::select(&["x86_64", "aarch64", "armhf", "armel", "i686"][..]).prop_map(str::to_owned)
    ]
}

fn labels() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(catalog::labels().map(|(label, _)| label.name).collect::<Vec<_>>())
}

fn variants() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("[vV][0-9]?|")
}
