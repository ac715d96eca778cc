//! What holds for all tags: reading never panics and prints back, the order of a track is one, and nobody goes back.

use crate::history::{self, History};
use crate::tests::{ask, check_verdict};
use crate::version::{self, Tag, Version};
use crate::{SameLevel, settings};
use dockrev_plugin_sdk::policy::{Candidate, Question, Relation, VersionPolicy};
use proptest::prelude::*;
use std::cmp::Ordering;

fn config() -> ProptestConfig {
    ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() }
}

/// Tags that look like real ones: few enough forms that many of them share a track.
fn tags() -> impl Strategy<Value = String> {
    let prefix = "(v|release-|r|amd64-|)";
    let numbers = "([0-9]|[12][0-9]|007|20(1[0-9]|2[0-6])|[0-9]{22})([.]([0-9]|0[1-9]|1[0-2])){0,3}";
    let dates = [
        "20[12][0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9])",
        "20[12][0-9]-(0[1-9]|1[0-2])(-[0-2][0-9])?",
        "[12][0-9][.]0[1-9]",
    ];
    let stage = "((-|_|[.]|)(rc|beta|alpha|b|M)[.]?[0-9]{0,2})?";
    let suffix = "(-(alpine(3[.][0-9]{1,2})?|ls[0-9]{1,3}|pg1[67]|[0-9]{1,2}|[0-9]{7}|c0dd5a7))?";
    let matching = |expression: &str| proptest::string::string_regex(expression).expect("it is an expression");
    prop_oneof![
        4 => matching(&format!("{prefix}{numbers}{stage}{suffix}")),
        2 => matching(&format!("{prefix}[0-9][.][0-9]")),
        1 => matching(&format!("({}){stage}{suffix}", dates.join("|"))),
        1 => matching("(main-)?[0-9a-f]{7}"),
        1 => matching("(latest|stable|edge-alpine|1[.]x|8u[0-9]{3}-jdk)"),
    ]
}

/// Texts that no registry has as tags.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[0-9a-z._uxvé#@*-]{0,24}"]
}

fn lists() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec(prop_oneof![9 => tags(), 1 => texts()], 1..24)
}

/// Without those that are refused before they are read.
fn usable(mut names: Vec<String>) -> Vec<String> {
    names.retain(|name| (1..=128).contains(&name.len()));
    names
}

fn versions<'h, 'a>(history: &'h History<'a>) -> Vec<&'h Version<'a>> {
    history.iter().filter_map(|(_, tag)| history::version(tag)).collect()
}

/// Expressions that are usable, and others.
fn service_settings() -> impl Strategy<Value = String> {
    let expression = || prop_oneof![Just("null".to_owned()), "\"[v0-9^$.|()+*a-c\\[\\]?-]{0,12}\""];
    let pattern =
        prop_oneof![Just("null"), Just("\"v?(?<major>[0-9]+)([.](?<minor>[0-9]+))?.*\""), Just("\"(?<build>.+)\"")];
    let levels = proptest::sample::subsequence(vec!["major", "minor", "patch", "same-level"], 0..=4);
    (levels, any::<bool>(), expression(), expression(), pattern).prop_map(
        |(levels, prereleases, include, exclude, pattern)| {
            let levels = serde_json::to_string(&levels).expect("it is JSON");
            format!(
                r#"{{"levels": {levels}, "prereleases": {prereleases}, "include": {include}, "exclude": {exclude}, "pattern": {pattern}}}"#
            )
        },
    )
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn what_was_read_prints_back(tag in prop_oneof![tags(), texts()]) {
        version::check_prints_back(&tag);
    }

    #[test]
    fn an_order_is_total_antisymmetric_and_transitive_within_a_track(names in lists()) {
        let history = History::new(names.iter().map(String::as_str), Tag::parse);
        let versions = versions(&history);
        for one in &versions {
            prop_assert_eq!(one.order(one), Some(Ordering::Equal));
            for other in &versions {
                let order = one.order(other);
                prop_assert_eq!(order.is_some(), one.track() == other.track(), "{:?} {:?}", one, other);
                prop_assert_eq!(order, other.order(one).map(Ordering::reverse), "{:?} {:?}", one, other);
                for third in &versions {
                    let (Some(first), Some(second)) = (order, other.order(third)) else { continue };
                    if first == second || second.is_eq() {
                        prop_assert_eq!(one.order(third), Some(first), "{:?} {:?} {:?}", one, other, third);
                    }
                }
            }
        }
    }

    #[test]
    fn a_choice_is_a_later_version_of_the_same_track(names in lists(), settings in service_settings()) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let current = names[0];
        let question = Question {
            current: current.to_owned(),
            tags: names.iter().map(|name| Candidate { name: (*name).to_owned(), digest: None, pushed_at_unix_s: None }).collect(),
            truncated: false,
            every_tag: true,
            service_settings: settings.clone(),
        };
        let Ok(verdict) = SameLevel::assess(question) else { return Ok(()) };
        check_verdict(current, &verdict);
        let settings = settings::parse(&settings).expect("they were read before");
        let all = names.iter().copied();
        let history = match &settings.pattern {
            Some(pattern) => History::new(all, |name| pattern.read(name)),
            None => History::new(all, Tag::parse),
        };
        let version = |name: &str| history.tag(name).and_then(history::version);
        let order = |name: &str| version(name)?.order(version(current)?);
        for assessment in &verdict.assessments {
            let expected = match assessment.relation {
                Relation::Current => Some(Ordering::Equal).filter(|_| version(current).is_some()),
                Relation::Newer => Some(Ordering::Greater),
                Relation::Older => order(&assessment.tag).filter(|order| order.is_le()).or(Some(Ordering::Less)),
                Relation::OtherTrack | Relation::NotAVersion => None,
            };
            prop_assert_eq!(order(&assessment.tag), expected, "{} is {:?} than {}", assessment.tag, assessment.relation, current);
            if assessment.eligible {
                let level = assessment.level.expect("it is newer");
                prop_assert!(settings.levels.contains(&level), "{}", assessment.tag);
                prop_assert!(settings.include.as_ref().is_none_or(|include| include.matches(&assessment.tag)));
                prop_assert!(settings.exclude.as_ref().is_none_or(|exclude| !exclude.matches(&assessment.tag)));
            }
        }
        let best = verdict.assessments.iter().filter(|one| one.eligible).all(|one| {
            let (Some(choice), Some(one)) = (verdict.choice.as_deref().and_then(version), version(&one.tag)) else { return false };
            one.order(choice).is_some_and(Ordering::is_le)
        });
        prop_assert!(best, "the choice is the latest of the eligible ones");
    }

    #[test]
    fn whoever_goes_where_it_is_told_stays_there(names in lists().prop_map(usable)) {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(current) = names.first() else { return Ok(()) };
        if let Some(choice) = ask(current, &names, "{}", false).choice {
            prop_assert_eq!(ask(&choice, &names, "{}", false).choice, None, "{} goes to {}, and on", current, choice);
        }
    }

    #[test]
    fn the_order_of_the_registry_does_not_matter(names in lists().prop_map(usable), seed in any::<u64>()) {
        let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(current) = names.first().copied() else { return Ok(()) };
        let verdict = ask(current, &names, "{}", false);
        // Any other order will do.
        names.sort_by_key(|name| name.bytes().fold(seed, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)));
        prop_assert_eq!(ask(current, &names, "{}", false), verdict);
    }

    #[test]
    fn any_question_is_answered_or_refused(current in texts(), names in proptest::collection::vec(texts(), 0..12), settings in prop_oneof![service_settings(), any::<String>()]) {
        let tags = names.into_iter().map(|name| Candidate { name, digest: None, pushed_at_unix_s: None }).collect();
        let question = Question { current: current.clone(), tags, truncated: true, every_tag: true, service_settings: settings };
        if let Ok(verdict) = SameLevel::assess(question) {
            check_verdict(&current, &verdict);
        }
    }
}
