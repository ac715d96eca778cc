//! Which tags are newer, which of them may be chosen, and which one is.

use crate::doubt::Doubt;
use crate::history::{self, History};
use crate::settings::{self, Settings};
use crate::stage::Stage;
use crate::version::{Tag, Version};
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
    let all = question.tags.iter().map(|tag| tag.name.as_str()).chain([current_name]);
    let history = match &settings.pattern {
        Some(pattern) => History::new(all, |name| pattern.read(name)),
        None => History::new(all, Tag::parse),
    };
    let current: &Version<'_> = match history.tag(current_name) {
        Some(Tag::Version(version)) => version,
        Some(Tag::Hash) => return Ok(floating(question, "names a commit")),
        Some(Tag::Word) | None => return Ok(floating(question, "is no version")),
        Some(Tag::Unmatched) => {
            return Err(PolicyError::UnsupportedTag("the setting `pattern` does not match it".to_owned()));
        }
    };
    let judge = Judge::new(current_name, current, &history, settings);
    let mut newer: Vec<Newer<'_>> = history.iter().filter_map(|(name, tag)| judge.newer(name, tag)).collect();
    newer.sort_by(Newer::newest_first);
    let choice = newer.iter().find(|newer| newer.refusal.is_none());
    let reason = judge.reason(choice, &newer, question.truncated);
    let others = if question.every_tag { judge.others(&newer) } else { Vec::new() };
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
    history: &'a History<'a>,
    settings: &'a Settings,
    doubt: Option<Doubt>,
}

/// A later version of the current track.
struct Newer<'a> {
    name: &'a str,
    version: &'a Version<'a>,
    level: Level,
    /// Why it may not be chosen.
    refusal: Option<Refusal>,
}

/// Why a newer version may not be chosen.
struct Refusal {
    reason: String,
    is_doubtful: bool,
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self { reason, is_doubtful: false }
    }
}

impl Newer<'_> {
    /// The newest comes first. Of two spellings of one version (`1.02` and `1.2`) the shorter one does, so that the
    /// order of the registry's list never matters.
    fn newest_first(&self, other: &Self) -> Ordering {
        other
            .version
            .order(self.version)
            .unwrap_or(Ordering::Equal)
            .then_with(|| self.name.len().cmp(&other.name.len()))
            .then_with(|| self.name.cmp(other.name))
    }
}

impl<'a> Judge<'a> {
    fn new(name: &'a str, version: &'a Version<'a>, history: &'a History<'a>, settings: &'a Settings) -> Self {
        let mut judge = Self { name, version, history, settings, doubt: None };
        // Tags that the settings leave out cast no doubt on others, nor make them look usual.
        let track = history
            .iter()
            .filter_map(|(name, tag)| history::version(tag).map(|version| (name, version)))
            .filter(|(_, version)| version.track() == judge.version.track())
            .filter(|(name, _)| *name == judge.name || judge.filtered(name).is_none());
        judge.doubt = Doubt::find(version, track);
        judge
    }

    fn newer(&self, name: &'a str, tag: &'a Tag<'a>) -> Option<Newer<'a>> {
        let version = history::version(tag)?;
        if version.order(self.version) != Some(Ordering::Greater) {
            return None;
        }
        let level = version.level(self.version);
        let refusal = self.refusal(name, version, level);
        Some(Newer { name, version, level, refusal })
    }

    fn refusal(&self, name: &str, version: &Version<'_>, level: Level) -> Option<Refusal> {
        let current = self.name;
        if self.version.is_bare_major() {
            return Some(format!("`{current}` is followed by its digest, and this is another line").into());
        }
        if let Some(reason) = self.filtered(name) {
            return Some(reason.to_owned().into());
        }
        if !self.settings.levels.contains(&level) {
            return Some(format!("the level `{}` is not allowed here", settings::name(level)).into());
        }
        if let Some(reason) = self.unfinished(version) {
            return Some(reason.into());
        }
        let reason = self.doubt.as_ref()?.reason(version)?;
        Some(Refusal { reason, is_doubtful: true })
    }

    /// What the settings say against `name`.
    fn filtered(&self, name: &str) -> Option<&'static str> {
        let Settings { include, exclude, .. } = self.settings;
        if include.as_ref().is_some_and(|include| !include.matches(name)) {
            return Some("the setting `include` does not match it");
        }
        exclude.as_ref().is_some_and(|exclude| exclude.matches(name)).then_some("the setting `exclude` matches it")
    }

    fn unfinished(&self, version: &Version<'_>) -> Option<String> {
        let current = self.name;
        match (version.stage(), self.version.stage()) {
            (Stage::Release, _) => None,
            (Stage::Pre(..), _) if self.settings.prereleases => None,
            (Stage::Pre(..), Stage::Release) => Some(format!("it is a pre-release, and `{current}` is none")),
            (Stage::Pre(kind, _), Stage::Pre(current_kind, _)) if kind < current_kind => {
                Some(format!("it is a less finished pre-release than `{current}`"))
            }
            (Stage::Pre(..), Stage::Pre(..)) => None,
        }
    }

    fn assessment(&self, newer: &Newer<'_>) -> Assessment {
        let refusal = newer.refusal.as_ref().map(|refusal| refusal.reason.clone());
        Assessment {
            tag: newer.name.to_owned(),
            relation: Relation::Newer,
            level: Some(newer.level),
            eligible: refusal.is_none(),
            reason: refusal.unwrap_or_else(|| self.praise(newer)),
        }
    }

    /// What is neither the current tag nor newer than it, in the order of the names.
    fn others(&self, newer: &[Newer<'_>]) -> Vec<Assessment> {
        let newer: BTreeSet<&str> = newer.iter().map(|newer| newer.name).collect();
        self.history
            .iter()
            .filter(|(name, _)| *name != self.name && !newer.contains(name))
            .map(|(name, tag)| {
                let (relation, reason) = self.relation(tag);
                Assessment { tag: name.to_owned(), relation, level: None, eligible: false, reason }
            })
            .collect()
    }

    fn relation(&self, tag: &Tag<'_>) -> (Relation, String) {
        let version = match tag {
            Tag::Version(version) => version,
            Tag::Hash => return (Relation::NotAVersion, "it names a commit".to_owned()),
            Tag::Word => return (Relation::NotAVersion, "it is no version".to_owned()),
            Tag::Unmatched => return (Relation::NotAVersion, "the setting `pattern` does not match it".to_owned()),
        };
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

    fn reason(&self, choice: Option<&Newer<'_>>, newer: &[Newer<'_>], truncated: bool) -> String {
        let name = self.name;
        let mut reason = match choice {
            Some(choice) => format!("`{}` is the newest eligible tag of the shape of `{name}`", choice.name),
            None if self.version.is_bare_major() => {
                return format!("`{name}` names a whole major line, so it is followed by its digest");
            }
            None if newer.is_empty() => format!("no newer tag has the shape of `{name}`"),
            None => format!("newer tags have the shape of `{name}`, but none of them may be chosen"),
        };
        let is_doubtful = |newer: &&Newer<'_>| newer.refusal.as_ref().is_some_and(|refusal| refusal.is_doubtful);
        if let Some(doubtful) = newer.iter().find(is_doubtful) {
            reason.push_str(&format!("; `{}` is doubtful", doubtful.name));
        }
        if truncated {
            reason.push_str("; the list of tags is incomplete, there may be newer ones");
        }
        reason
    }
}

fn floating(question: &Question, why: &str) -> Verdict {
    let names: BTreeSet<&str> = question.tags.iter().map(|tag| tag.name.as_str()).collect();
    let others =
        names.into_iter().filter(|name| question.every_tag && *name != question.current).map(|name| Assessment {
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
