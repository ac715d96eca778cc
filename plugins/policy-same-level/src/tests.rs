use super::*;
use crate::history::History;
use crate::version::Tag;
use dockrev_plugin_sdk::policy::{Assessment, Candidate, Following, Level, Relation};
use std::cmp::Ordering;

pub(crate) fn ask(current: &str, tags: &[&str], settings: &str, truncated: bool) -> Verdict {
    let candidate = |name: &&str| Candidate { name: (*name).to_owned(), digest: None, pushed_at_unix_s: None };
    let question = Question {
        current: current.to_owned(),
        tags: tags.iter().map(candidate).collect(),
        truncated,
        every_tag: false,
        service_settings: settings.to_owned(),
    };
    SameLevel::assess(question).expect("the question can be answered")
}

/// Whatever the order of the tags, `current` is followed by its version and goes to `choice`.
#[track_caller]
fn check(current: &str, tags: &[&str], choice: Option<&str>) {
    check_with("{}", current, tags, choice);
}

#[track_caller]
fn check_with(settings: &str, current: &str, tags: &[&str], choice: Option<&str>) {
    let mut tags = tags.to_vec();
    for _ in 0..=tags.len() {
        let verdict = ask(current, &tags, settings, false);
        assert_eq!(verdict.following, Following::Version, "{current}");
        assert_eq!(verdict.choice.as_deref(), choice, "{current} among {tags:?}: {}", verdict.reason);
        check_verdict(current, &verdict);
        let step = tags.len().min(1);
        tags.rotate_left(step);
    }
}

/// `current` is followed by its digest, whatever else there is.
#[track_caller]
fn check_floats(current: &str, tags: &[&str]) {
    let verdict = ask(current, tags, "{}", false);
    assert_eq!((verdict.following, verdict.choice.as_deref()), (Following::Digest, None), "{current}");
    assert!(verdict.reason.contains("digest"), "{}", verdict.reason);
    check_verdict(current, &verdict);
}

/// What holds for every verdict.
#[track_caller]
pub(crate) fn check_verdict(current: &str, verdict: &Verdict) {
    let eligible = |tag: &str| verdict.assessments.iter().any(|one| one.tag == tag && one.eligible);
    assert!(verdict.choice.as_deref().is_none_or(eligible), "{current}: the choice is eligible");
    for Assessment { tag, relation, level, eligible, reason } in &verdict.assessments {
        match relation {
            Relation::Current => assert!(tag == current && level.is_none() && !eligible),
            Relation::Newer => assert!(tag != current && level.is_some()),
            Relation::Older | Relation::OtherTrack | Relation::NotAVersion => assert!(!eligible, "{tag}"),
        }
        assert!(!reason.is_empty() && !reason.ends_with('.'), "{reason}");
    }
}

#[track_caller]
fn check_level(current: &str, newer: &str, level: Level) {
    let verdict = ask(current, &[newer], "{}", false);
    let levels: Vec<_> = verdict.assessments.iter().map(|one| (one.tag.as_str(), one.level)).collect();
    assert_eq!(levels, [(newer, Some(level))], "{current} to {newer}");
}

#[test]
fn goes_to_the_highest_of_its_shape() {
    check("5.2", &["5.1", "5.2", "5.3", "5.3.1", "5.3-alpine", "20240115", "latest", "5", "6"], Some("5.3"));
    check("5.2", &["5.9", "5.10", "5.11"], Some("5.11"));
    check("5.2", &["6.0", "5.3"], Some("6.0"));
    check("1.2.3", &["1.2.4", "1.3", "1.2.3.4"], Some("1.2.4"));
    check("1.2.3.4", &["1.2.3.5", "1.2.4", "1.2.4.0"], Some("1.2.4.0"));
    check("16.4-alpine", &["17.0", "16.5-alpine", "16.6-bookworm"], Some("16.5-alpine"));
}

#[test]
fn stays_when_nothing_is_newer() {
    check("5.2", &[], None);
    check("5.2", &["5.2"], None);
    check("5.2", &["5.1", "4.9", "5.2"], None);
    check("5.2", &["5.02", "05.2"], None);
    check("5.2", &["latest", "stable", "sha-1a2b3c4", "edge", ""], None);
}

#[test]
fn stays_with_its_prefix() {
    check("v1.2", &["1.3", "v1.3", "V1.4", "release-1.5"], Some("v1.3"));
    check("1.2", &["v1.3"], None);
    check("release-1.2.3", &["release-1.2.4", "1.2.5", "v1.2.6"], Some("release-1.2.4"));
    check("version-0.13.2", &["version-0.14.0", "version-v0.15.0"], Some("version-0.14.0"));
    check("jdk-21.0.1", &["jdk-21.0.2", "jre-21.0.3"], Some("jdk-21.0.2"));
}

#[test]
fn numbers_of_any_length_have_an_order() {
    check("1.99999999999999999999", &["1.100000000000000000000"], Some("1.100000000000000000000"));
    check("4294967295.0", &["4294967296.0"], Some("4294967296.0"));
    check("1.09", &["1.10", "1.9", "1.011"], Some("1.011"));
}

#[test]
fn of_two_spellings_the_shorter_one_is_taken() {
    check("1.1", &["1.02", "1.2", "1.002"], Some("1.2"));
}

#[test]
fn pre_releases_are_for_those_who_run_one() {
    check("5.2", &["5.3-rc.1", "5.3-beta2", "5.3-alpha", "5.3rc1", "5.3-M1"], None);
    check("5.2-alpine", &["5.3-rc1-alpine"], None);
    check("5.3-rc.1", &["5.3-rc.2", "5.3-rc.10", "5.3-beta.11"], Some("5.3-rc.10"));
    check("5.3-rc.1", &["5.3-rc.2", "5.3"], Some("5.3"));
    check("5.3-rc.1", &["5.4-rc.1", "5.3", "5.5-alpha.1"], Some("5.4-rc.1"));
    check("5.3-alpha", &["5.3-beta2"], Some("5.3-beta2"));
    check("5.3-rc1-alpine", &["5.3", "5.3-alpine", "5.3-rc2"], Some("5.3-alpine"));
    check("2024.1.0b4", &["2024.1.0b5", "2023.12.9", "2024.1.0b10"], Some("2024.1.0b10"));
    check("2024.1.0b4", &["2024.1.0b5", "2024.1.0"], Some("2024.1.0"));
    check("9.0.0-preview.7", &["9.0.0-rc.1", "9.0.0-preview.8"], Some("9.0.0-rc.1"));
    check("5.3", &["5.3-rc.1"], None);
}

#[test]
fn pre_releases_can_be_allowed() {
    let settings = r#"{"prereleases": true}"#;
    check_with(settings, "5.2", &["5.3-rc.1", "5.3-beta.4"], Some("5.3-rc.1"));
    check_with(settings, "5.2", &["5.3-rc.1", "5.3"], Some("5.3"));
    check_with(settings, "5.3-rc.1", &["5.4-alpha.1", "5.3"], Some("5.4-alpha.1"));
}

#[test]
fn numbers_in_a_suffix_may_vary() {
    check("1.2.3-alpine3.19", &["1.2.4-alpine3.20", "1.2.4-alpine", "1.2.5-perl"], Some("1.2.4-alpine3.20"));
    check("1.2.3-alpine3.19", &["1.2.3-alpine3.20"], Some("1.2.3-alpine3.20"));
    check("1.2.3-alpine3.9", &["1.2.3-alpine3.10", "1.2.3-alpine3.8"], Some("1.2.3-alpine3.10"));
    check("1.2.3-alpine3.19", &["1.2.3-alpine3.19.1", "1.2.3-alpine4"], None);
    check("10.8.1-ls257", &["10.8.1-ls322", "10.8.1-ls99"], Some("10.8.1-ls322"));
    check("10.8.1-ls257", &["10.8.2-ls12", "10.8.1-ls322"], Some("10.8.2-ls12"));
    check("15.4.0-debian-11-r45", &["15.4.0-debian-12-r3", "16.0.0-debian-12-r1"], Some("16.0.0-debian-12-r1"));
    // A build number is not the date of another scheme.
    check("1.2-5", &["1.2-20240115", "1.2-6"], Some("1.2-6"));
    check("1.2-20240115", &["1.2-20240220", "1.2-99999999"], Some("1.2-20240220"));
}

#[test]
fn numbers_after_other_words_stay() {
    check("0.7.0-pg16", &["0.8.0-pg17", "0.8.0-pg16", "0.8.1-pg15"], Some("0.8.0-pg16"));
    check("8.5.1-jdk17", &["8.5.2-jdk17", "8.5.2-jdk21"], Some("8.5.2-jdk17"));
    check(
        "8.5.1-jdk17-alpine3.19",
        &["8.5.2-jdk17-alpine3.20", "8.5.2-jdk21-alpine3.20"],
        Some("8.5.2-jdk17-alpine3.20"),
    );
    check("2.1.0-cuda12.1", &["2.2.0-cuda12.4", "2.2.0-cuda12.1"], Some("2.2.0-cuda12.1"));
    check("1.2.0-ltsc2019", &["1.3.0-ltsc2022"], None);
    check("16.8.1-ce.0", &["16.9.0-ce.0", "16.9.0-ee.0", "16.8.1-ce.1"], Some("16.9.0-ce.0"));
}

#[test]
fn commits_in_a_suffix_have_no_order() {
    check("1.40.1.8227-c0dd5a73e", &["1.40.2.8395-c67dce28e", "1.40.1.8227-ffffffff1"], Some("1.40.2.8395-c67dce28e"));
    check("1.40.1.8227-c0dd5a73e-ls205", &["1.40.1.8227-c0dd5a73e-ls206"], Some("1.40.1.8227-c0dd5a73e-ls206"));
    check("1.40.1-c0dd5a73e", &["1.40.2", "1.40.2-alpine"], None);
    check("1.2.3-2b3c4d5", &["1.2.3-9b3c4d5"], None);
}

#[test]
fn an_architecture_in_front_is_no_version() {
    check("amd64-5.2", &["amd64-5.3", "arm64v8-5.4", "5.5"], Some("amd64-5.3"));
    check("arm64v8-1.2.3-ls4", &["arm64v8-1.2.3-ls5"], Some("arm64v8-1.2.3-ls5"));
    check("5.2-amd64", &["5.3-amd64", "5.4-arm64"], Some("5.3-amd64"));
    check_floats("amd64-latest", &["amd64-5.2"]);
}

#[test]
fn real_tags_go_where_they_should() {
    check(
        "3.12.4-slim-bookworm",
        &["3.12.5-slim-bookworm", "3.12.5-slim", "3.13.0b4-slim-bookworm"],
        Some("3.12.5-slim-bookworm"),
    );
    check("v3.0.0", &["v3.0.1", "v3.1.0-rc2", "v3.1", "v2.11.9", "3.2.0"], Some("v3.0.1"));
    check("2024.8.0", &["2024.8.1", "2024.9.0b2", "2024.9", "2024.9.0.dev20240801"], Some("2024.8.1"));
    check("2024080105", &["2024081206", "10.9.9", "20240812"], Some("2024081206"));
    check("8.4.2-oraclelinux9", &["8.4.3-oraclelinux9", "9.0.1-oracle"], Some("8.4.3-oraclelinux9"));
    check("29.0.4-fpm-alpine", &["29.0.5-fpm-alpine", "30.0.0-fpm"], Some("29.0.5-fpm-alpine"));
    check("nightly-2024-08-01", &["nightly-2024-08-02", "nightly", "1.0"], Some("nightly-2024-08-02"));
    check("1.5.0-dev.7", &["1.5.0-dev.11", "1.5.0"], Some("1.5.0-dev.11"));
    check_floats("commit-0b21cb68cbbc2b5f1b1cb5a6e7b0b8a0a9c0d1e2", &["v1.2.3"]);
    check_floats("21-ea-12-jdk", &["22-ea-1-jdk", "21-jdk"]);
}

#[test]
fn work_in_progress_floats() {
    check_floats("pr-1234", &["pr-1235", "1.0"]);
    check_floats("main-1a2b3c4", &["main-9f8e7d6"]);
    check_floats("main-1a2b3c4d", &["main-20000000"]);
}

#[test]
fn digits_among_commits_are_a_commit() {
    check("1234567", &["1234568", "7654321"], Some("7654321"));
    check_floats("1234567", &["1234568", "1a2b3c4"]);
    check_floats("main-1234567", &["main-7654321", "main-1a2b3c4"]);
    check("main-1234567", &["main-7654321", "1a2b3c4"], Some("main-7654321"));
    check("123456", &["1234567", "1a2b3c4", "123457"], Some("123457"));
}

#[test]
fn a_changing_suffix_is_mentioned() {
    let verdict = ask("1.2-alpine3.19", &["1.3-alpine3.20"], "{}", false);
    let reason = "a newer minor version of the same shape, whose suffix goes from `-alpine3.19` to `-alpine3.20`";
    assert_eq!(verdict.assessments.first().map(|one| one.reason.as_str()), Some(reason));
}

#[test]
fn words_and_hashes_float() {
    let tags = ["1.0", "2.0", "latest", "16", "sha-2b3c4d5"];
    for current in
        ["latest", "stable", "main", "nightly", "alpine", "sha-1a2b3c4", "sha-1234567", "1a2b3c4", "deadbeef"]
    {
        check_floats(current, &tags);
    }
    check_floats("0123456789abcdef0123456789abcdef01234567", &tags);
    check_floats("1.x", &["1.0", "2.x"]);
    check_floats("1.2.x-alpine", &["1.2.3-alpine"]);
}

#[test]
fn bare_majors_float_and_show_newer_lines() {
    for (current, newer) in [("16", "17"), ("v5", "v6"), ("16-alpine", "17-alpine"), ("168", "169"), ("2022", "2025")] {
        check_floats(current, &["15", newer, "17.1", "latest"]);
        let verdict = ask(current, &["15", newer, "17.1", "17-bookworm", "latest"], "{}", false);
        let listed: Vec<_> = verdict.assessments.iter().map(|one| (one.tag.as_str(), one.eligible)).collect();
        assert_eq!(listed, [(newer, false)], "{current}");
    }
}

#[test]
fn build_numbers_and_dates_are_versions() {
    check("20240115", &["20240220", "5.3", "99999999", "2025", "20231231"], Some("20240220"));
    check("20240115-alpine", &["20240220", "20240116-alpine"], Some("20240116-alpine"));
    check("b4000", &["b4001", "b999", "5000"], Some("b4001"));
    check("12345", &["12346", "20240115", "13000.1"], Some("12346"));
    check("build-7", &["build-8"], Some("build-8"));
    check("bookworm-20240110", &["bookworm-20240211", "trixie-20240312"], Some("bookworm-20240211"));
}

#[test]
fn calendar_versions_stay_among_themselves() {
    check("2024.1", &["2024.2", "5.3", "2025.1", "30.1"], Some("2025.1"));
    check("5.2", &["2024.1", "1999.12", "5.3"], Some("5.3"));
    check("5.2", &["2024.1"], None);
    check("5.1.4", &["2024.1.0", "5.2.0"], Some("5.2.0"));
    check("2024.01.01", &["2024.02.0", "2024.1.1", "2024.01.02"], Some("2024.02.0"));
    check("24.04", &["24.10", "25.04", "2024.10"], Some("25.04"));
    check("2024-01-15", &["2024-02-01", "2024.03.01", "20240401"], Some("2024-02-01"));
    check(
        "RELEASE.2024-01-16T16-07-38Z",
        &["RELEASE.2024-01-16T18-00-00Z", "RELEASE.2024-02-01T00-00-00Z.fips", "RELEASE.2023-12-31T23-59-59Z"],
        Some("RELEASE.2024-01-16T18-00-00Z"),
    );
}

#[test]
fn levels_are_those_of_the_first_number_that_differs() {
    check_level("5.2", "6.0", Level::Major);
    check_level("5.2", "5.3", Level::Minor);
    check_level("5.2.1", "5.2.2", Level::Patch);
    check_level("5.2.1.1", "5.2.1.2", Level::Patch);
    check_level("v1.2.3", "v1.3.0", Level::Minor);
    check_level("16", "17", Level::Major);
    check_level("2024.1", "2025.1", Level::SameLevel);
    check_level("2024.1.1", "2024.1.2", Level::SameLevel);
    check_level("20240115", "20240116", Level::SameLevel);
    check_level("2024-01-15", "2024-01-16", Level::SameLevel);
    check_level("12345", "12346", Level::SameLevel);
    check_level("1.2-ls1", "1.2-ls2", Level::SameLevel);
    check_level("5.3-rc1", "5.3", Level::SameLevel);
}

#[test]
fn levels_can_be_left_out() {
    let tags = ["5.2.2", "5.3.0", "6.0.0"];
    check_with(r#"{"levels": ["patch"]}"#, "5.2.1", &tags, Some("5.2.2"));
    check_with(r#"{"levels": ["patch", "minor"]}"#, "5.2.1", &tags, Some("5.3.0"));
    check_with(r#"{"levels": ["same-level"]}"#, "5.2.1", &tags, None);
    check_with(r#"{"levels": []}"#, "5.2.1", &tags, None);
    let verdict = ask("5.2.1", &tags, r#"{"levels": ["patch"]}"#, false);
    let refused: Vec<_> = verdict.assessments.iter().filter(|one| !one.eligible).map(|one| one.tag.as_str()).collect();
    assert_eq!(refused, ["6.0.0", "5.3.0"]);
}

#[track_caller]
fn check_reason(current: &str, tags: &[&str], truncated: bool, expected: &str) {
    assert_eq!(ask(current, tags, "{}", truncated).reason, expected);
}

#[test]
fn the_reason_says_what_was_found() {
    check_reason("5.2", &["5.3"], false, "`5.3` is the newest eligible tag of the shape of `5.2`");
    check_reason("5.2", &["5.1"], false, "no newer tag has the shape of `5.2`");
    check_reason("5.2", &["5.3-rc1"], false, "newer tags have the shape of `5.2`, but none of them may be chosen");
    check_reason("16", &["17"], false, "`16` names a whole major line, so it is followed by its digest");
    check_reason("latest", &["17"], false, "`latest` is no version, so it is followed by its digest");
    check_reason("1a2b3c4", &[], false, "`1a2b3c4` names a commit, so it is followed by its digest");
    check_reason(
        "5.2",
        &["5.1"],
        true,
        "no newer tag has the shape of `5.2`; the list of tags is incomplete, there may be newer ones",
    );
    check_reason(
        "5.2",
        &["5.3"],
        true,
        "`5.3` is the newest eligible tag of the shape of `5.2`; the list of tags is incomplete, there may be newer ones",
    );
}

#[test]
fn the_current_tag_is_listed_once_if_it_is_there() {
    let listed = |tags: &[&str]| {
        let verdict = ask("5.2", tags, "{}", false);
        verdict.assessments.into_iter().map(|one| (one.tag, one.relation)).collect::<Vec<_>>()
    };
    assert_eq!(listed(&["5.1"]), []);
    assert_eq!(
        listed(&["5.2", "5.2", "5.3", "5.3"]),
        [("5.2".to_owned(), Relation::Current), ("5.3".to_owned(), Relation::Newer)]
    );
}

#[test]
fn wrong_settings_and_tags_are_errors() {
    let question = |current: &str, settings: &str| Question {
        current: current.to_owned(),
        tags: Vec::new(),
        truncated: false,
        every_tag: false,
        service_settings: settings.to_owned(),
    };
    let invalid = SameLevel::assess(question("5.2", r#"{"colour": 1}"#));
    assert_eq!(invalid, Err(PolicyError::InvalidSettings(("colour".to_owned(), "is unknown".to_owned()))));
    for current in ["", &"1".repeat(129)] {
        assert!(matches!(SameLevel::assess(question(current, "{}")), Err(PolicyError::UnsupportedTag(_))));
    }
}

/// A great many tags made of the pieces of real ones.
pub(crate) fn many_tags() -> Vec<String> {
    const PIECES: [&str; 28] = [
        "1",
        "2",
        "10",
        "007",
        "24",
        "04",
        "2024",
        "20240115",
        "4245626",
        "c0dd5a73e",
        ".",
        ".",
        ".",
        "-",
        "-",
        "_",
        "v",
        "rc",
        "beta",
        "alpine",
        "pg",
        "a",
        "b",
        "u",
        "x",
        "é",
        "T",
        "amd64-",
    ];
    let mut state = 7_u64;
    let mut next = |count: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits fit") % count
    };
    (0..900).map(|_| (0..=next(6)).map(|_| PIECES[next(PIECES.len())]).collect()).collect()
}

/// Order is antisymmetric, a choice is newer than the current tag, and going on from the choice leads nowhere else.
#[test]
fn any_tags_have_one_order() {
    let tags = many_tags();
    let names: Vec<&str> = tags.iter().map(String::as_str).collect();
    for current in names.iter().step_by(7) {
        let verdict = ask(current, &names, "{}", false);
        check_verdict(current, &verdict);
        for newer in verdict.assessments.iter().filter(|one| one.relation == Relation::Newer) {
            let back = ask(&newer.tag, &names, "{}", false);
            let is_newer = |one: &Assessment| one.tag == **current && one.relation == Relation::Newer;
            assert!(!back.assessments.iter().any(is_newer), "{} is newer than {current}, and the reverse", newer.tag);
        }
        if let Some(choice) = &verdict.choice {
            let onward = ask(choice, &names, "{}", false);
            assert_eq!(onward.choice, None, "{current} goes to {choice}, and on");
        }
    }
}

/// Within a track every two versions have an order, and it is transitive: sorting by it puts them all in one row.
#[test]
fn an_order_is_total_and_transitive_within_a_track() {
    let tags = many_tags();
    let history = History::new(tags.iter().map(String::as_str), Tag::parse);
    let versions: Vec<_> = history.iter().filter_map(|(_, tag)| history::version(tag)).collect();
    let mut compared = 0;
    for one in &versions {
        let mut track: Vec<_> = versions.iter().filter(|other| other.track() == one.track()).collect();
        track.sort_by(|one, other| one.order(other).expect("they are of one track"));
        for (at, lower) in track.iter().enumerate() {
            for upper in &track[at..] {
                assert_ne!(lower.order(upper), Some(Ordering::Greater));
                assert_eq!(lower.order(upper), upper.order(lower).map(Ordering::reverse));
                compared += 1;
            }
        }
        assert!(versions.iter().all(|other| (other.track() == one.track()) == one.order(other).is_some()));
    }
    assert!(compared > 5_000, "{compared} pairs are too few");
}

#[test]
fn says_of_every_tag_what_it_is_when_asked() {
    let names = ["latest", "5.1", "5.2", "5.02", "5.3", "5.3.1", "5.3-alpine", "20240115", "sha-1a2b3c4"];
    let candidate = |name: &&str| Candidate { name: (*name).to_owned(), digest: None, pushed_at_unix_s: None };
    let ask = |current: &str| {
        SameLevel::assess(Question {
            current: current.to_owned(),
            tags: names.iter().map(candidate).collect(),
            truncated: false,
            every_tag: true,
            service_settings: "{}".to_owned(),
        })
        .expect("the question can be answered")
    };
    let relation =
        |verdict: &Verdict, tag: &str| verdict.assessments.iter().find(|one| one.tag == tag).map(|one| one.relation);
    let verdict = ask("5.2");
    assert_eq!(verdict.assessments.len(), names.len());
    for (tag, expected) in [
        ("latest", Relation::NotAVersion),
        ("sha-1a2b3c4", Relation::NotAVersion),
        ("5.1", Relation::Older),
        ("5.02", Relation::Older),
        ("5.2", Relation::Current),
        ("5.3", Relation::Newer),
        ("5.3.1", Relation::OtherTrack),
        ("5.3-alpine", Relation::OtherTrack),
        ("20240115", Relation::OtherTrack),
    ] {
        assert_eq!(relation(&verdict, tag), Some(expected), "{tag}");
    }
    assert_eq!(ask("latest").assessments.len(), names.len());
}
