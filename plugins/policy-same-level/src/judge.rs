//! Which tags are newer, which of them may be chosen, and which one is.

use crate::settings::{self, Settings};
use crate::stage::Stage;
use crate::version::{Tag, Version, commit_shape};
use dockrev_plugin_sdk::policy::{Assessment, Following, Level, PolicyError, Question, Relation, Verdict};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// Longest tag, by the Distribution specification.
const TAG_MAX_BYTES: usize = 128;

/// Judges the tags of `question`. The answer lists the current tag and every newer one of its track, and all the
/// others after them if every tag was asked about.
pub(crate) fn assess(question: &Question, settings: &Settings) -> Result<Verdict, PolicyError> {
    let current_name = question.current.as_str();
    if current_name.is_empty() || current_name.len() > TAG_MAX_BYTES {
        return Err(PolicyError::UnsupportedTag("it is empty or too long to be a tag".to_owned()));
    }
    let commits: BTreeSet<(&str, usize)> = names(question).filter_map(commit_shape).collect();
    let current = match Tag::parse(current_name) {
        Tag::Version(version) if is_commit(&version, &commits) => return Ok(floating(question, "names a commit")),
        Tag::Version(version) => version,
        Tag::Hash => return Ok(floating(question, "names a commit")),
        Tag::Word => return Ok(floating(question, "is no version")),
    };
    let judge = Judge { name: current_name, version: &current, commits, settings };
    let mut newer: Vec<Newer<'_>> = names(question).filter_map(|name| judge.newer(name)).collect();
    newer.sort_by(Newer::newest_first);
    let choice = newer.iter().find(|newer| newer.refusal.is_none());
    let reason = judge.reason(choice, newer.len(), question.truncated);
    let others = if question.every_tag { judge.others(question, &newer) } else { Vec::new() };
    Ok(Verdict {
        following: if current.is_bare_major() { Following::Digest } else { Following::Version },
        choice: choice.map(|newer| newer.name.to_owned()),
        reason,
        assessments: current_assessment(question)
            .into_iter()
            .chain(newer.iter().map(|newer| judge.assessment(newer)))
            .chain(others)
            .collect(),
    })
}

/// The current tag, and what may be taken instead.
struct Judge<'a> {
    name: &'a str,
    version: &'a Version<'a>,
    /// The shapes of tags that certainly name commits.
    commits: BTreeSet<(&'a str, usize)>,
    settings: &'a Settings,
}

/// A later version of the current track.
struct Newer<'a> {
    name: &'a str,
    version: Version<'a>,
    level: Level,
    /// Why it may not be chosen.
    refusal: Option<String>,
}

impl Newer<'_> {
    /// The newest comes first. Of two spellings of one version (`1.02` and `1.2`) the shorter one does, so that the
    /// order of the registry's list never matters.
    fn newest_first(&self, other: &Self) -> Ordering {
        other
            .version
            .order(&self.version)
            .unwrap_or(Ordering::Equal)
            .then_with(|| self.name.len().cmp(&other.name.len()))
            .then_with(|| self.name.cmp(other.name))
    }
}

impl Judge<'_> {
    fn newer<'t>(&self, name: &'t str) -> Option<Newer<'t>> {
        let Tag::Version(version) = Tag::parse(name) else { return None };
        if version.order(self.version) != Some(Ordering::Greater) || is_commit(&version, &self.commits) {
            return None;
        }
        let level = version.level(self.version);
        let refusal = self.refusal(&version, level);
        Some(Newer { name, version, level, refusal })
    }

    fn refusal(&self, version: &Version<'_>, level: Level) -> Option<String> {
        let name = self.name;
        if self.version.is_bare_major() {
            return Some(format!("`{name}` is followed by its digest, and this is another line"));
        }
        if !self.settings.levels.contains(&level) {
            return Some(format!("the level `{}` is not allowed here", settings::name(level)));
        }
        match (version.stage(), self.version.stage()) {
            (Stage::Release, _) => None,
            (Stage::Pre(..), _) if self.settings.prereleases => None,
            (Stage::Pre(..), Stage::Release) => Some(format!("it is a pre-release, and `{name}` is none")),
            (Stage::Pre(kind, _), Stage::Pre(current, _)) if kind < current => {
                Some(format!("it is a less finished pre-release than `{name}`"))
            }
            (Stage::Pre(..), Stage::Pre(..)) => None,
        }
    }

    fn assessment(&self, newer: &Newer<'_>) -> Assessment {
        let reason = newer.refusal.clone().unwrap_or_else(|| self.praise(newer));
        Assessment {
            tag: newer.name.to_owned(),
            relation: Relation::Newer,
            level: Some(newer.level),
            eligible: newer.refusal.is_none(),
            reason,
        }
    }

    /// What is neither the current tag nor newer than it, in the order of the names.
    fn others(&self, question: &Question, newer: &[Newer<'_>]) -> Vec<Assessment> {
        let newer: BTreeSet<&str> = newer.iter().map(|newer| newer.name).collect();
        names(question)
            .filter(|name| *name != self.name && !newer.contains(name))
            .map(|name| {
                let (relation, reason) = self.relation(name);
                Assessment { tag: name.to_owned(), relation, level: None, eligible: false, reason }
            })
            .collect()
    }

    fn relation(&self, name: &str) -> (Relation, String) {
        let Tag::Version(version) = Tag::parse(name) else {
            return (Relation::NotAVersion, "it is no version".to_owned());
        };
        if is_commit(&version, &self.commits) {
            return (Relation::NotAVersion, "it names a commit".to_owned());
        }
        match version.order(self.version) {
            Some(Ordering::Less) => (Relation::Older, "an older version of the same shape".to_owned()),
            Some(Ordering::Equal) => (Relation::Older, format!("another spelling of `{}`", self.name)),
            Some(Ordering::Greater) | None => {
                (Relation::OtherTrack, format!("it has another shape than `{}`", self.name))
            }
        }
    }

    /// Why an eligible tag is one.
    fn praise(&self, newer: &Newer<'_>) -> String {
        let what = match newer.level {
            Level::Major => "a newer major version of the same shape",
            Level::Minor => "a newer minor version of the same shape",
            Level::Patch => "a newer patch version of the same shape",
            Level::SameLevel => "a newer version of the same shape",
        };
        let (from, to) = (self.version.suffix(), newer.version.suffix());
        if from == to { what.to_owned() } else { format!("{what}, whose suffix goes from `{from}` to `{to}`") }
    }

    fn reason(&self, choice: Option<&Newer<'_>>, newer: usize, truncated: bool) -> String {
        let name = self.name;
        let reason = match choice {
            Some(choice) => format!("`{}` is the newest eligible tag of the shape of `{name}`", choice.name),
            None if self.version.is_bare_major() => {
                return format!("`{name}` names a whole major line, so it is followed by its digest");
            }
            None if newer == 0 => format!("no newer tag has the shape of `{name}`"),
            None => format!("newer tags have the shape of `{name}`, but none of them may be chosen"),
        };
        if truncated { format!("{reason}; the list of tags is incomplete, there may be newer ones") } else { reason }
    }
}

/// Whether digits alone are one of a repository's commits: others of that shape have letters.
fn is_commit(version: &Version<'_>, commits: &BTreeSet<(&str, usize)>) -> bool {
    version.commit_shape().is_some_and(|shape| commits.contains(&shape))
}

/// Each name once, whatever the registry sent.
fn names(question: &Question) -> impl Iterator<Item = &str> {
    let names: BTreeSet<&str> = question.tags.iter().map(|tag| tag.name.as_str()).collect();
    names.into_iter()
}

fn floating(question: &Question, why: &str) -> Verdict {
    let others =
        names(question).filter(|name| question.every_tag && *name != question.current).map(|name| Assessment {
            tag: name.to_owned(),
            relation: Relation::OtherTrack,
            level: None,
            eligible: false,
            reason: format!("`{}` {why}, so no other tag matters", question.current),
        });
    Verdict {
        following: Following::Digest,
        assessments: current_assessment(question).into_iter().chain(others).collect(),
        choice: None,
        reason: format!("`{}` {why}, so it is followed by its digest", question.current),
    }
}

/// The current tag, if the repository still has it.
fn current_assessment(question: &Question) -> Option<Assessment> {
    question.tags.iter().find(|tag| tag.name == question.current).map(|tag| Assessment {
        tag: tag.name.clone(),
        relation: Relation::Current,
        level: None,
        eligible: false,
        reason: "it runs now".to_owned(),
    })
}
