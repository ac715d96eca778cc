//! What a registry has for one subject, and what the policy says of it.

use super::{Check, Detector, moved};
use dockrev_core::age::{MinAge, TooYoung};
use dockrev_core::detection::{
    Absence, Finding, IgnoredCandidate, Reading, Subject, TagFacts, Trouble, YoungCandidate,
};
use dockrev_core::image::{Digest, ImageRef, Tag};
use dockrev_core::policy::{Following, PolicyError, PolicyQuestion, Verdict};
use dockrev_core::ports::JournalError;
use dockrev_core::registry::{Answered, Detail, OldAnswer, RegistryError, ResolvedImage, TagList};
use dockrev_core::settings::ServiceSettings;
use dockrev_core::stack::LocalImage;
use serde_json::Value;
use std::collections::BTreeMap;

/// Tags of one subject that are found too young before it is left at that: each costs a request.
const YOUNG_TAGS_MAX: usize = 8;

/// What is asked of a registry, for whom.
pub(super) struct Asked<'a> {
    pub(super) subject: &'a Subject,
    pub(super) reference: ImageRef,
    pub(super) tag: Tag,
    pub(super) local: Option<&'a LocalImage>,
    pub(super) settings: &'a ServiceSettings,
}

/// The judgement, and what had to be left out of it.
struct Judged {
    verdict: Verdict,
    /// What the list says of the tags beside their names.
    tags: BTreeMap<Tag, TagFacts>,
    truncated: Option<String>,
    /// The tag that would have been chosen, and the rule that left it out.
    ignored: Option<(Tag, String)>,
    /// The tag that would have been chosen, and what is missing to its age.
    young: Option<(Tag, TooYoung)>,
    /// Set if some of this is from before.
    old: Option<OldAnswer>,
}

impl Detector {
    pub(super) async fn read(&self, check: &Check<'_>, asked: Asked<'_>) -> Result<Reading, Finding> {
        let (judged, tag_now) = futures::join!(self.judge(check, &asked), resolve_current(check, &asked));
        let (mut judged, (tag_now, tag_old)) = (judged?, tag_now?);
        if tag_now.is_none() && judged.verdict.following == Following::Digest {
            is_still_there(check, &asked).await?;
        }
        let facts = judged.tags.get(&asked.tag).cloned().unwrap_or_default();
        let moved = match (&tag_now, &tag_old) {
            (Some(image), None) => moved::find(check, &asked, image, &facts).await?,
            (Some(_), Some(_)) | (None, _) => None,
        };
        let mut old = OldAnswer::older(judged.old.take(), tag_old);
        let mut resolve = async |tag: Tag| {
            let read = resolve(check, &asked, &tag, Detail::Platforms).await?;
            old = OldAnswer::older(old.take(), read.old);
            judged.tags.entry(tag.clone()).or_default().digest = Some(read.answer.digest.clone());
            Ok::<_, Finding>((tag, read.answer))
        };
        let mut candidate = match check.requested.or(judged.verdict.choice.as_ref()) {
            Some(choice) => Some(resolve(choice.clone()).await?),
            None => None,
        };
        let young = match judged.young.take() {
            Some((tag, too_young)) if candidate.is_none() => Some((resolve(tag).await?, too_young)),
            Some(_) | None => None,
        };
        let ignored = match judged.ignored.take() {
            Some((tag, rule)) if candidate.is_none() => {
                let (tag, image) = resolve(tag).await?;
                Some(IgnoredCandidate { tag, image, rule })
            }
            Some(_) | None => None,
        };
        let mut young = young.map(|((tag, image), too_young)| YoungCandidate { tag, image, too_young });
        let mut candidate_since = None;
        if let Some((tag, image)) = &candidate
            && old.is_none()
        {
            let pushed = judged.tags.get(tag).and_then(|facts| facts.pushed_at_unix_s);
            let since = check.memory.since(asked.reference.repository(), tag, &image.digest, pushed).await;
            // It may have moved since it was found old enough.
            if let Some(too_young) = too_young(check, &asked, &since)? {
                young = Some(YoungCandidate { tag: tag.clone(), image: image.clone(), too_young });
                candidate = None;
            } else {
                candidate_since = since.ok();
            }
        }
        judged.tags.retain(|tag, _| *tag == asked.tag || judged.verdict.assessment(tag).is_some());
        Ok(Reading {
            tag_now,
            moved,
            verdict: judged.verdict,
            tags: judged.tags,
            candidate,
            candidate_since,
            asked_for: check.requested.is_some(),
            young,
            ignored,
            truncated: judged.truncated,
            old,
            tag: asked.tag,
            reference: asked.reference,
        })
    }

    /// Lists the tags and has them judged. What a rule ignores and what is too young is judged as well, so that it can be
    /// shown, and then left out of another judgement, which chooses.
    async fn judge(&self, check: &Check<'_>, asked: &Asked<'_>) -> Result<Judged, Finding> {
        let policy = &asked.settings.policy;
        let alone = self.assess(&asked.tag, &TagList::default(), policy).await?;
        if alone.following == Following::Digest {
            // A floating tag is followed by its digest: the other tags are of no interest.
            let (tags, truncated) = (BTreeMap::new(), None);
            return Ok(Judged { verdict: alone, tags, truncated, ignored: None, young: None, old: None });
        }
        let repository = asked.reference.repository();
        let Answered { answer: mut list, old } = match check.questions.tags(repository).await {
            Ok(listed) => listed,
            Err(RegistryError::NotFound(_)) => {
                return Err(Finding::Gone(Absence::Repository { repository: repository.clone() }));
            }
            Err(error) => return Err(registry_trouble(check, &error)),
        };
        let tags: BTreeMap<Tag, TagFacts> = list.tags.iter().map(|tag| (tag.name.clone(), facts(tag))).collect();
        let all = self.assess(&asked.tag, &list, policy).await?;
        let mut judged =
            Judged { verdict: all.clone(), tags, truncated: list.truncated.clone(), ignored: None, young: None, old };
        let mut left_out: BTreeMap<Tag, String> = BTreeMap::new();
        if let Some(tag) = &all.choice
            && let Some(rule) = self.ignoring(asked.subject, tag)
        {
            judged.ignored = Some((tag.clone(), rule));
            let names = list.tags.iter().map(|tag| &tag.name).filter(|name| **name != asked.tag);
            let ignored = names.filter_map(|name| Some((name.clone(), self.ignoring(asked.subject, name)?)));
            left_out.extend(ignored.map(|(name, rule)| (name, format!("ignored by {rule}"))));
            list.tags.retain(|tag| !left_out.contains_key(&tag.name));
            judged.verdict = self.assess(&asked.tag, &list, policy).await?;
        }
        if let (Some(wanted), None) = (&asked.settings.min_age, check.requested) {
            self.leave_out_young(check, asked, wanted, &mut list, &mut judged, &mut left_out).await?;
        }
        let refused = all.assessments.into_iter().filter_map(|mut assessment| {
            assessment.reason = left_out.remove(&assessment.tag)?;
            assessment.eligible = false;
            Some(assessment)
        });
        judged.verdict.assessments.extend(refused.collect::<Vec<_>>());
        Ok(judged)
    }

    /// Judges anew without what is too young, until the choice is old enough or there is none.
    async fn leave_out_young(
        &self,
        check: &Check<'_>,
        asked: &Asked<'_>,
        wanted: &MinAge,
        list: &mut TagList,
        judged: &mut Judged,
        left_out: &mut BTreeMap<Tag, String>,
    ) -> Result<(), Finding> {
        for _ in 0..YOUNG_TAGS_MAX {
            let Some(tag) = judged.verdict.choice.clone() else { return Ok(()) };
            let facts = judged.tags.get(&tag).cloned().unwrap_or_default();
            let digest = match facts.digest {
                Some(digest) => digest,
                None => digest_of(check, asked, &tag, judged).await?,
            };
            let repository = asked.reference.repository();
            let since = check.memory.since(repository, &tag, &digest, facts.pushed_at_unix_s).await;
            let since = since.map_err(|error| store_trouble(&error))?;
            let Some(too_young) = since.too_young(wanted, check.memory.now()) else { return Ok(()) };
            left_out.insert(tag.clone(), too_young.to_string());
            list.tags.retain(|listed| listed.name != tag);
            judged.young.get_or_insert((tag, too_young));
            judged.verdict = self.assess(&asked.tag, list, &asked.settings.policy).await?;
        }
        if judged.verdict.choice.take().is_some() {
            judged.verdict.reason = format!("the {YOUNG_TAGS_MAX} newest have not been out for {wanted}");
        }
        Ok(())
    }

    /// The rule that leaves `tag` out, in words.
    fn ignoring(&self, subject: &Subject, tag: &Tag) -> Option<String> {
        let workload = subject.workload()?;
        let mut rules = self.rules.ignore.iter().filter(|rule| rule.workload == workload);
        rules.find(|rule| rule.matcher.matches(tag)).map(ToString::to_string)
    }

    async fn assess(&self, tag: &Tag, tags: &TagList, settings: &Value) -> Result<Verdict, Finding> {
        let question = PolicyQuestion::new(tag, tags).with_settings(settings.clone());
        self.policy.assess(&question).await.map_err(|error| policy_trouble(&error))
    }
}

fn facts(tag: &dockrev_core::registry::ListedTag) -> TagFacts {
    TagFacts { digest: tag.digest.clone(), pushed_at_unix_s: tag.pushed_at_unix_s }
}

/// The digest behind `tag`, which the list does not tell.
async fn digest_of(check: &Check<'_>, asked: &Asked<'_>, tag: &Tag, judged: &mut Judged) -> Result<Digest, Finding> {
    let read = resolve(check, asked, tag, Detail::Digest).await?;
    judged.old = OldAnswer::older(judged.old.take(), read.old);
    judged.tags.entry(tag.clone()).or_default().digest = Some(read.answer.digest.clone());
    Ok(read.answer.digest)
}

/// What is missing to the age that is wanted, if it is and something is. An age that cannot be found out is none.
fn too_young(
    check: &Check<'_>,
    asked: &Asked<'_>,
    since: &Result<dockrev_core::age::Since, JournalError>,
) -> Result<Option<TooYoung>, Finding> {
    match (&asked.settings.min_age, check.requested, since) {
        (Some(wanted), None, Ok(since)) => Ok(since.too_young(wanted, check.memory.now())),
        (Some(_), None, Err(error)) => Err(store_trouble(error)),
        (Some(_), Some(_), _) | (None, _, _) => Ok(None),
    }
}

async fn resolve(
    check: &Check<'_>,
    asked: &Asked<'_>,
    tag: &Tag,
    detail: Detail,
) -> Result<Answered<ResolvedImage>, Finding> {
    let read = check.questions.resolve(asked.reference.repository(), tag, detail).await;
    read.map_err(|error| registry_trouble(check, &error))
}

/// What the current tag points to now; with its platforms only where the digest alone does not settle it.
async fn resolve_current(
    check: &Check<'_>,
    asked: &Asked<'_>,
) -> Result<(Option<ResolvedImage>, Option<OldAnswer>), Finding> {
    let repository = asked.reference.repository();
    let found = match check.questions.resolve(repository, &asked.tag, Detail::Digest).await {
        Ok(found) => found,
        Err(RegistryError::NotFound(_)) => return Ok((None, None)),
        Err(error) => return Err(registry_trouble(check, &error)),
    };
    let runs = |local: &LocalImage| local.digests_of(repository).any(|digest| *digest == found.answer.digest);
    if asked.local.is_none_or(runs) {
        return Ok((Some(found.answer), found.old));
    }
    let read = resolve(check, asked, &asked.tag, Detail::Platforms).await?;
    Ok((Some(read.answer), OldAnswer::older(found.old, read.old)))
}

/// Of a tag that is gone: whether the whole repository is.
async fn is_still_there(check: &Check<'_>, asked: &Asked<'_>) -> Result<(), Finding> {
    let repository = asked.reference.repository();
    match check.questions.tags(repository).await {
        Err(RegistryError::NotFound(_)) => Err(Finding::Gone(Absence::Repository { repository: repository.clone() })),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(super) fn registry_trouble(check: &Check<'_>, error: &RegistryError) -> Finding {
    let message = error.message_at(check.clock.timestamp());
    Finding::Unknown(Trouble { code: error.code().to_owned(), message })
}

fn policy_trouble(error: &PolicyError) -> Finding {
    Finding::Unknown(Trouble { code: error.code().to_owned(), message: error.to_string() })
}

/// Without the times that were kept, nobody can say how old something is.
pub(super) fn store_trouble(error: &JournalError) -> Finding {
    Finding::Unknown(Trouble { code: "store.failed".to_owned(), message: error.to_string() })
}
