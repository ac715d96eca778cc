//! Detect: what runs here, and what the registries have. Changes nothing.

use crate::questions::Questions;
use dockrev_core::detection::{ComposeFacts, Detection, Exclusion, Finding, InFiles, Reading, Subject, Trouble};
use dockrev_core::ids::{ServiceId, StackName};
use dockrev_core::image::{ImageRef, Tag};
use dockrev_core::platform::Platform;
use dockrev_core::policy::{Following, PolicyError, PolicyQuestion};
use dockrev_core::ports::{Compose, Engine, HostError, Registry, VersionPolicy};
use dockrev_core::registry::{Detail, RegistryError, ResolvedImage, TagList};
use dockrev_core::stack::LocalImage;
use futures::StreamExt;
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

/// Finds out what is newer.
pub struct Detector {
    registry: Arc<dyn Registry>,
    policy: Arc<dyn VersionPolicy>,
}

/// Told after each subject: how many are done, and of how many.
pub type Progress<'a> = dyn Fn(usize, usize) + Send + Sync + 'a;

impl Detector {
    /// A detector that asks `registry` and lets `policy` judge.
    pub fn new(registry: Arc<dyn Registry>, policy: Arc<dyn VersionPolicy>) -> Self {
        Self { registry, policy }
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
        let detections = self.find_all(subjects, requested, progress).await;
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
                compose: Ok(None),
            })
            .collect();
        let detections = self.find_all(subjects, None, progress).await;
        Survey { platform, detections }
    }

    async fn find_all(&self, subjects: Vec<Known>, requested: Option<&Tag>, progress: &Progress<'_>) -> Vec<Detection> {
        let questions = Questions::new(Arc::clone(&self.registry));
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
        let (compose, trouble) = match known.compose {
            Ok(compose) => (compose, None),
            Err(error) => (None, Some(host_trouble(&error))),
        };
        let finding = match (trouble, question(&known.subject, &known.written, known.local.as_ref(), compose.as_ref()))
        {
            (_, Err(finding)) => *finding,
            (Some(trouble), Ok(_)) => Finding::Unknown(trouble),
            (None, Ok((reference, tag))) => self
                .read(questions, &reference, &tag, known.local.as_ref(), requested)
                .await
                .map_or_else(Finding::Unknown, |reading| Finding::Read(Box::new(reading))),
        };
        Detection {
            subject: known.subject,
            written: known.written,
            local: known.local,
            is_running: known.is_running,
            compose,
            finding,
        }
    }

    async fn read(
        &self,
        questions: &Questions,
        reference: &ImageRef,
        tag: &Tag,
        local: Option<&LocalImage>,
        requested: Option<&Tag>,
    ) -> Result<Reading, Trouble> {
        let repository = reference.repository();
        let listing = async {
            let alone = self.assess(tag, &TagList::default()).await?;
            match alone.following {
                // A floating tag is followed by its digest: the other tags are of no interest.
                Following::Digest => Ok((alone, None)),
                Following::Version => {
                    let tags = questions.tags(repository).await.map_err(|error| registry_trouble(&error))?;
                    Ok((self.assess(tag, &tags).await?, tags.truncated))
                }
            }
        };
        let (judged, tag_now) = futures::join!(listing, resolve_current(questions, reference, tag, local));
        let ((verdict, truncated), tag_now) = (judged?, tag_now?);
        let choice = requested.or(verdict.choice.as_ref()).cloned();
        let candidate = match choice {
            Some(choice) => {
                let image = questions
                    .resolve(repository, &choice, Detail::Platforms)
                    .await
                    .map_err(|error| registry_trouble(&error))?;
                Some((choice, image))
            }
            None => None,
        };
        let reference = reference.clone();
        let asked_for = requested.is_some();
        Ok(Reading { reference, tag: tag.clone(), tag_now, verdict, candidate, asked_for, truncated })
    }

    async fn assess(&self, tag: &Tag, tags: &TagList) -> Result<dockrev_core::policy::Verdict, Trouble> {
        let question = PolicyQuestion::new(tag, tags);
        self.policy.assess(&question).await.map_err(|error| policy_trouble(&error))
    }
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
    reference: &ImageRef,
    tag: &Tag,
    local: Option<&LocalImage>,
) -> Result<Option<ResolvedImage>, Trouble> {
    let repository = reference.repository();
    let found = match questions.resolve(repository, tag, Detail::Digest).await {
        Ok(found) => found,
        Err(RegistryError::NotFound(_)) => return Ok(None),
        Err(error) => return Err(registry_trouble(&error)),
    };
    match local {
        Some(local) if !local.digests_of(repository).any(|digest| *digest == found.digest) => questions
            .resolve(repository, tag, Detail::Platforms)
            .await
            .map(Some)
            .map_err(|error| registry_trouble(&error)),
        Some(_) | None => Ok(Some(found)),
    }
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
