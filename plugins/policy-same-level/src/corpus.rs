//! Runs the corpus: lists of tags of real repositories, and where some of them should go. `corpus/README.md` says how its
//! files look.

use crate::tests::{ask, check_verdict};
use dockrev_plugin_sdk::policy::{Following, Verdict};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One repository.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repository {
    image: String,
    about: String,
    tags: String,
    answers: BTreeMap<String, Answer>,
    #[serde(default)]
    with: Vec<With>,
}

/// Cases with settings of a service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct With {
    settings: toml::Table,
    answers: BTreeMap<String, Answer>,
}

/// What should be said of a current tag.
#[derive(Deserialize)]
#[serde(untagged)]
enum Answer {
    Short(String),
    Doubtful(WithDoubt),
}

/// An answer, and the tags that it should call doubtful.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithDoubt {
    answer: String,
    doubtful: Vec<String>,
}

#[test]
fn every_answer_is_the_expected_one() {
    let files = files();
    let (mut cases, mut wrong) = (0, Vec::new());
    for file in &files {
        let name = file.file_name().expect("it is a file").to_string_lossy();
        let text = std::fs::read_to_string(file).expect("the file can be read");
        let repository: Repository = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!repository.image.is_empty() && !repository.about.is_empty(), "{name} says what it is");
        let tags: Vec<&str> = repository.tags.split_whitespace().collect();
        let plain = With { settings: toml::Table::new(), answers: repository.answers };
        for With { settings, answers } in std::iter::once(&plain).chain(&repository.with) {
            let settings = serde_json::to_string(settings).expect("the settings are JSON");
            for (current, answer) in answers {
                cases += 1;
                if let Err(why) = check(current, answer, &tags, &settings) {
                    wrong.push(format!("{name}: `{current}` with {settings} {why}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(files.len() >= 60 && cases >= 400, "{cases} cases in {} files: some are gone", files.len());
}

/// Asks with the tags in two orders: the answer must not depend on the order of the registry.
fn check(current: &str, answer: &Answer, tags: &[&str], settings: &str) -> Result<(), String> {
    let (expected, doubtful) = match answer {
        Answer::Short(expected) => (expected.as_str(), &[][..]),
        Answer::Doubtful(one) => (one.answer.as_str(), one.doubtful.as_slice()),
    };
    if !matches!(expected, "stay" | "digest") && !tags.contains(&expected) {
        return Err(format!("is expected to go to `{expected}`, which is not in the list"));
    }
    let mut tags = tags.to_vec();
    for _ in 0..2 {
        let verdict = ask(current, &tags, settings, false);
        check_verdict(current, &verdict);
        let found = found(&verdict);
        if found != expected {
            return Err(format!("should be `{expected}` and is `{found}`: {}", verdict.reason));
        }
        let mut called: Vec<&str> = verdict
            .assessments
            .iter()
            .filter(|one| one.reason.contains("doubtful"))
            .map(|one| one.tag.as_str())
            .collect();
        called.sort_unstable();
        if called != doubtful {
            return Err(format!("should find {doubtful:?} doubtful and finds {called:?}"));
        }
        tags.reverse();
    }
    Ok(())
}

fn found(verdict: &Verdict) -> &str {
    match (verdict.following, verdict.choice.as_deref()) {
        (Following::Digest, None) => "digest",
        (Following::Version, None) => "stay",
        (Following::Version | Following::Digest, Some(choice)) => choice,
    }
}

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let entries = std::fs::read_dir(folder).expect("the corpus is there");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "toml"));
    files.sort();
    files
}
