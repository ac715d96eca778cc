//! Detect: what runs here, and what the registries have. Changes nothing.

use crate::questions::Questions;
use dockrev_core::detection::{
    ComposeFacts, Detection, Exclusion, Finding, IgnoredCandidate, InFiles, Reading, Subject, Trouble,
};
use dockrev_core::ids::{ServiceId, StackName};
use dockrev_core::ignore::IgnoreRule;
use dockrev_core::image::{ImageRef, Tag};
use dockrev_core::platform::Platform;
use dockrev_core::policy::{Following, PolicyError, PolicyQuestion, Verdict};
use dockrev_core::ports::{Compose, Engine, HostError, Registry, VersionPolicy};
use dockrev_core::registry::{Answered, Detail, Freshness, OldAnswer, RegistryError, ResolvedImage, TagList};
use dockrev_core::settings::{ServiceSettings, SettingsBook, Switch};
use dockrev_core::stack::LocalImage;
use futures::StreamExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use subjects::Known;

mod subjects;

/// Subjects that are looked at together. The limit per registry is the egress's own; this one bounds memory.
const CONCURRENT_SUBJECTS: usize = 32;

/// Which subjects to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything on the host.
    All,
    /// These stacks.
    Stacks(Vec<StackName>),
    /// This service.
    Service(ServiceId),
}

/// How much to find out about each stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// What a person wants to see: Compose is asked only where an override of Dockrev's is in force.
    Survey,
    /// What a plan needs: the files are hashed and Compose is asked for its model.
    Plan,
}

impl Depth {
    /// Whether a registry that cannot be read may be stood in for by what it said before: to be shown, never to be acted
    /// on.
    fn freshness(self) -> Freshness {
        match self {
            Self::Survey => Freshness::LastKnown,
            Self::Plan => Freshness::Now,
        }
    }
}

/// What a check found.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The host's platform.
    pub platform: Platform,
    /// One finding per subject.
    pub detections: Vec<Detection>,
}

/// Why a check could not even begin.
#[derive(Debug, thiserror::Error)]
pub enum DetectError {
    /// The engine cannot be asked.
    #[error(transparent)]
    Host(#[from] HostError),
    /// There is no such stack.
    #[error("no stack `{name}` has containers on this engine{}", there_are(.known))]
    NoSuchStack {
        /// The name that was asked for.
        name: StackName,
        /// The stacks that there are.
        known: Vec<StackName>,
    },
    /// There is no such service.
    #[error("stack `{}` has no service `{}` with containers on this engine", .0.stack, .0.service)]
    NoSuchService(ServiceId),
}

fn there_are(stacks: &[StackName]) -> String {
    match stacks {
        [] => String::new(),
        stacks => format!(" (there are: {})", stacks.iter().map(StackName::as_str).collect::<Vec<_>>().join(", ")),
    }
}

/// What people have decided beforehand.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Settings of services.
    pub settings: SettingsBook,
    /// Tags that nobody wants to be told about.
    pub ignore: Vec<IgnoreRule>,
}

/// Finds out what is newer.
pub struct Detector {
    registry: Arc<dyn Registry>,
    policy: Arc<dyn VersionPolicy>,
    rules: Rules,
}

/// Told after each subject: how many are done, and of how many.
pub type Progress<'a> = dyn Fn(usize, usize) + Send + Sync + 'a;

impl Detector {
    /// A detector that asks `registry` and lets `policy` judge, by these rules.
    pub fn new(registry: Arc<dyn Registry>, policy: Arc<dyn VersionPolicy>, rules: Rules) -> Self {
        Self { registry, policy, rules }
    }

    /// Looks at the subjects in `scope`. With `requested`, that tag is the candidate of every subject.
    pub async fn survey(
        &self,
        engine: &dyn Engine,
        compose: &dyn Compose,
        scope: &Scope,
        depth: Depth,
        requested: Option<&Tag>,
        progress: &Progress<'_>,
    ) -> Result<Survey, DetectError> {
        let inventory = engine.inventory().await?;
        let platform = inventory.platform.clone();
        let subjects = subjects::ask_host(engine, compose, inventory, scope, depth).await?;
        let detections = self.find_all(subjects, depth, requested, progress).await;
        Ok(Survey { platform, detections })
    }

    /// Looks at images that need not run anywhere, for a host of the given platform.
    pub async fn survey_images(&self, images: &[String], platform: Platform, progress: &Progress<'_>) -> Survey {
        let subjects = images
            .iter()
            .map(|image| Known {
                subject: Subject::Image(image.clone()),
                written: image.clone(),
                local: None,
                is_running: false,
                labels: BTreeMap::new(),
                compose: Ok(None),
            })
            .collect();
        let detections = self.find_all(subjects, Depth::Survey, None, progress).await;
        Survey { platform, detections }
    }

    async fn find_all(
        &self,
        subjects: Vec<Known>,
        depth: Depth,
        requested: Option<&Tag>,
        progress: &Progress<'_>,
    ) -> Vec<Detection> {
        let questions = Questions::new(Arc::clone(&self.registry), depth.freshness());
        let total = subjects.len();
        progress(0, total);
        let mut findings = futures::stream::iter(subjects)
            .map(|known| self.find(&questions, known, requested))
            .buffer_unordered(CONCURRENT_SUBJECTS);
        let mut detections = Vec::with_capacity(total);
        while let Some(detection) = findings.next().await {
            detections.push(detection);
            progress(detections.len(), total);
        }
        detections
    }

    async fn find(&self, questions: &Questions, known: Known, requested: Option<&Tag>) -> Detection {
        let settings = self.rules.settings.of(&known.subject.to_string(), &known.labels);
        let update = settings.as_ref().map_or(Switch::On, |settings| settings.update.clone());
        let (compose, trouble) = match known.compose {
            Ok(compose) => (compose, None),
            Err(error) => (None, Some(host_trouble(&error))),
        };
        let question = question(&known.subject, &known.written, known.local.as_ref(), compose.as_ref());
        let finding = match (settings, trouble, question) {
            (Err(error), _, _) => {
                Finding::Unknown(Trouble { code: "settings.invalid-label".to_owned(), message: error.to_string() })
            }
            (Ok(ServiceSettings { watch: Switch::Off(by), .. }), _, _) => {
                Finding::Excluded(Exclusion::SwitchedOff { by })
            }
            (Ok(_), _, Err(finding)) => *finding,
            (Ok(_), Some(trouble), Ok(_)) => Finding::Unknown(trouble),
            (Ok(settings), None, Ok((reference, tag))) => {
                let asked = Asked { subject: &known.subject, reference, tag, local: known.local.as_ref(), requested };
                let reading = self.read(questions, asked, settings.policy).await;
                reading.map_or_else(Finding::Unknown, |reading| Finding::Read(Box::new(reading)))
            }
        };
        Detection {
            subject: known.subject,
            written: known.written,
            local: known.local,
            is_running: known.is_running,
            compose,
            update,
            finding,
        }
    }

    async fn read(&self, questions: &Questions, asked: Asked<'_>, policy: Value) -> Result<Reading, Trouble> {
        let repository = asked.reference.repository();
        let judged = self.judge(questions, &asked, policy);
        let (judged, tag_now) = futures::join!(judged, resolve_current(questions, &asked));
        let (judged, (tag_now, tag_old)) = (judged?, tag_now?);
        let mut old = OldAnswer::older(judged.old, tag_old);
        let mut resolve = async |tag: Tag| {
            let image = questions.resolve(repository, &tag, Detail::Platforms).await;
            let image = image.map_err(|error| registry_trouble(&error))?;
            old = OldAnswer::older(old.take(), image.old);
            Ok((tag, image.answer))
        };
        let candidate = match asked.requested.or(judged.verdict.choice.as_ref()) {
            Some(choice) => Some(resolve(choice.clone()).await?),
            None => None,
        };
        let ignored = match judged.ignored {
            Some((tag, rule)) if candidate.is_none() => {
                let (tag, image) = resolve(tag).await?;
                Some(IgnoredCandidate { tag, image, rule })
            }
            Some(_) | None => None,
        };
        Ok(Reading {
            tag_now,
            verdict: judged.verdict,
            candidate,
            asked_for: asked.requested.is_some(),
            ignored,
            truncated: judged.truncated,
            old,
            tag: asked.tag,
            reference: asked.reference,
        })
    }

    /// Lists the tags and has them judged. What a rule ignores is judged as well, so that it can be shown, and then left
    /// out of a second judgement, which chooses.
    async fn judge(&self, questions: &Questions, asked: &Asked<'_>, policy: Value) -> Result<Judged, Trouble> {
        let alone = self.assess(&asked.tag, &TagList::default(), &policy).await?;
        if alone.following == Following::Digest {
            // A floating tag is followed by its digest: the other tags are of no interest.
            return Ok(Judged { verdict: alone, truncated: None, ignored: None, old: None });
        }
        let listed = questions.tags(asked.reference.repository()).await.map_err(|error| registry_trouble(&error))?;
        let Answered { answer: mut tags, old } = listed;
        let truncated = tags.truncated.clone();
        let all = self.assess(&asked.tag, &tags, &policy).await?;
        let Some(ignored) = all.choice.clone().and_then(|tag| Some((tag.clone(), self.ignoring(asked.subject, &tag)?)))
        else {
            return Ok(Judged { verdict: all, truncated, ignored: None, old });
        };
        tags.tags.retain(|tag| tag.name == asked.tag || self.ignoring(asked.subject, &tag.name).is_none());
        let mut verdict = self.assess(&asked.tag, &tags, &policy).await?;
        for mut assessment in all.assessments {
            if let Some(rule) = self.ignoring(asked.subject, &assessment.tag)
                && verdict.assessment(&assessment.tag).is_none()
            {
                assessment.eligible = false;
                assessment.reason = format!("ignored by {rule}");
                verdict.assessments.push(assessment);
            }
        }
        Ok(Judged { verdict, truncated, ignored: Some(ignored), old })
    }

    /// The rule that leaves `tag` out, in words.
    fn ignoring(&self, subject: &Subject, tag: &Tag) -> Option<String> {
        let Subject::Service(service) = subject else { return None };
        let rules = self.rules.ignore.iter().filter(|rule| rule.service == *service);
        rules.into_iter().find(|rule| rule.matcher.matches(tag)).map(ToString::to_string)
    }

    async fn assess(&self, tag: &Tag, tags: &TagList, settings: &Value) -> Result<Verdict, Trouble> {
        let question = PolicyQuestion::new(tag, tags).with_settings(settings.clone());
        self.policy.assess(&question).await.map_err(|error| policy_trouble(&error))
    }
}

/// What is asked of a registry, for whom.
struct Asked<'a> {
    subject: &'a Subject,
    reference: ImageRef,
    tag: Tag,
    local: Option<&'a LocalImage>,
    requested: Option<&'a Tag>,
}

/// The judgement, and what had to be left out of it.
struct Judged {
    verdict: Verdict,
    truncated: Option<String>,
    /// The tag that would have been chosen, and the rule that left it out.
    ignored: Option<(Tag, String)>,
    /// Set if the list of tags is from before.
    old: Option<OldAnswer>,
}

/// What to ask about a subject, or why there is nothing to ask.
fn question(
    subject: &Subject,
    written: &str,
    local: Option<&LocalImage>,
    compose: Option<&ComposeFacts>,
) -> Result<(ImageRef, Tag), Box<Finding>> {
    let excluded = |exclusion| Box::new(Finding::Excluded(exclusion));
    if written.starts_with("sha256:") {
        return Err(excluded(Exclusion::NameUnknown));
    }
    let reference: ImageRef = written.parse().map_err(|error: dockrev_core::image::ParseImageRefError| {
        Box::new(Finding::Unknown(Trouble { code: "image.invalid-reference".to_owned(), message: error.to_string() }))
    })?;
    let builds = compose.is_some_and(|facts| match &facts.in_files {
        InFiles::Found(service) => service.builds,
        InFiles::NotAsked | InFiles::Missing => false,
    });
    match local {
        _ if builds => return Err(excluded(Exclusion::BuiltLocally)),
        Some(local) if local.repo_digests.is_empty() => return Err(excluded(Exclusion::BuiltLocally)),
        Some(local) if local.digests_of(reference.repository()).next().is_none() => {
            return Err(excluded(Exclusion::OtherOrigin));
        }
        None if !matches!(subject, Subject::Image(_)) => return Err(excluded(Exclusion::NameUnknown)),
        Some(_) | None => {}
    }
    let tag = reference.effective_tag().ok_or_else(|| excluded(Exclusion::PinnedByDigest))?;
    Ok((reference, tag))
}

/// What the current tag points to now; with its platforms only where the digest alone does not settle it.
async fn resolve_current(
    questions: &Questions,
    asked: &Asked<'_>,
) -> Result<(Option<ResolvedImage>, Option<OldAnswer>), Trouble> {
    let repository = asked.reference.repository();
    let found = match questions.resolve(repository, &asked.tag, Detail::Digest).await {
        Ok(found) => found,
        Err(RegistryError::NotFound(_)) => return Ok((None, None)),
        Err(error) => return Err(registry_trouble(&error)),
    };
    let runs = |local: &LocalImage| local.digests_of(repository).any(|digest| *digest == found.answer.digest);
    if asked.local.is_none_or(runs) {
        return Ok((Some(found.answer), found.old));
    }
    let read = questions.resolve(repository, &asked.tag, Detail::Platforms).await;
    let read = read.map_err(|error| registry_trouble(&error))?;
    Ok((Some(read.answer), OldAnswer::older(found.old, read.old)))
}

fn registry_trouble(error: &RegistryError) -> Trouble {
    Trouble { code: error.code().to_owned(), message: error.to_string() }
}

fn policy_trouble(error: &PolicyError) -> Trouble {
    Trouble { code: error.code().to_owned(), message: error.to_string() }
}

fn host_trouble(error: &HostError) -> Trouble {
    Trouble { code: error.code().to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests;
