//! Tags, as the default policy judges them. The first line is the tag that runs, the others are those of the repository; a
//! line that begins with `{` has the settings.
#![no_main]

use dockrev_plugin_sdk::policy::{Assessment, Candidate, PolicyError, Question, Relation, Verdict, VersionPolicy};
use libfuzzer_sys::{Corpus, fuzz_target};
use policy_same_level::SameLevel;

/// More lines make no other cases, only slow ones.
const LINES_MAX: usize = 40;

fuzz_target!(|text: &str| -> Corpus {
    let (settings, mut tags): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with('{'));
    if tags.is_empty() || tags.len() > LINES_MAX {
        return Corpus::Reject;
    }
    let current = tags.remove(0);
    let settings = settings.first().copied().unwrap_or("{}");
    let Ok(verdict) = ask(current, &tags, settings) else { return Corpus::Keep };
    check(current, &verdict);

    tags.reverse();
    let reversed = ask(current, &tags, settings);
    assert_eq!(reversed.map(|verdict| (verdict.choice, verdict.reason)), Ok((verdict.choice.clone(), verdict.reason)));

    let newer = verdict.assessments.iter().filter(|one| one.relation == Relation::Newer);
    for Assessment { tag, .. } in newer {
        // `pattern` may leave the other way open.
        let Ok(back) = ask(tag, &[current], settings) else { continue };
        assert!(
            !back.assessments.iter().any(|one| one.relation == Relation::Newer),
            "{current:?} and {tag:?} are both newer"
        );
    }
    if let Some(choice) = &verdict.choice {
        // What was left is still there, and counts where jumps are judged.
        tags.push(current);
        let onward = ask(choice, &tags, settings).map(|onward| onward.choice);
        assert_eq!(onward, Ok(None), "{current:?} goes to {choice:?}, and on");
    }
    Corpus::Keep
});

fn ask(current: &str, tags: &[&str], settings: &str) -> Result<Verdict, PolicyError> {
    let candidate = |name: &&str| Candidate { name: (*name).to_owned(), digest: None, pushed_at_unix_s: None };
    SameLevel::assess(Question {
        current: current.to_owned(),
        tags: tags.iter().map(candidate).collect(),
        truncated: false,
        every_tag: true,
        service_settings: settings.to_owned(),
    })
}

/// What holds for every verdict.
fn check(current: &str, verdict: &Verdict) {
    let eligible = |tag: &str| verdict.assessments.iter().any(|one| one.tag == tag && one.eligible);
    assert!(verdict.choice.as_deref().is_none_or(eligible), "the choice is eligible");
    for Assessment { tag, relation, level, eligible, reason } in &verdict.assessments {
        assert_eq!(*relation == Relation::Current, tag == current);
        assert_eq!(*relation == Relation::Newer, level.is_some());
        assert!(!eligible || *relation == Relation::Newer, "{tag:?} is eligible");
        assert!(!reason.is_empty());
    }
}
