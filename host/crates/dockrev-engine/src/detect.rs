//! Detect: what runs here, and what the registries have. Changes nothing.

use crate::clock::Clock;
use crate::questions::Questions;
use dockrev_core::detection::{ComposeFacts, Detection, Exclusion, Finding, InFiles, LocalTag, Subject, Trouble};
use dockrev_core::ids::{ContainerName, ServiceId, StackName, WorkloadId};
use dockrev_core::ignore::IgnoreRule;
use dockrev_core::image::{ImageRef, Repository, Tag};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{Compose, Engine, HostError, Registry, Sightings, Standalone, VersionPolicy};
use dockrev_core::registry::Freshness;
use dockrev_core::settings::{OwnPin, ServiceSettings, SettingsBook, SettingsError, Switch};
use dockrev_core::stack::LocalImage;
use futures::StreamExt;
use memory::Memory;
use reading::Asked;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use subjects::Known;

mod followers;
mod memory;
mod moved;
mod one_shots;
mod reading;
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
    /// This container, which belongs to no stack.
    Container(ContainerName),
}

impl From<WorkloadId> for Scope {
    fn from(id: WorkloadId) -> Self {
        match id {
            WorkloadId::Service(service) => Self::Service(service),
            WorkloadId::Container(name) => Self::Container(name),
        }
    }
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
    /// There is no such container.
    #[error("there is no container `{0}` on this engine that belongs to no stack")]
    NoSuchContainer(ContainerName),
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
    sightings: Arc<dyn Sightings>,
    clock: Arc<dyn Clock>,
    rules: Rules,
}

/// What a survey looks at the host through.
#[derive(Clone, Copy)]
pub struct HostPorts<'a> {
    /// The engine.
    pub engine: &'a dyn Engine,
    /// The user's Compose.
    pub compose: &'a dyn Compose,
    /// Containers that belong to no stack.
    pub standalone: &'a dyn Standalone,
}

/// Told after each subject: how many are done, and of how many.
pub type Progress<'a> = dyn Fn(usize, usize) + Send + Sync + 'a;

/// A subject whose settings were read.
struct Prepared {
    known: Known,
    update: Switch,
    question: Result<Question, Finding>,
}

/// What to ask about a subject.
struct Question {
    reference: ImageRef,
    tag: Tag,
    settings: ServiceSettings,
}

/// What all subjects of one check share.
struct Check<'a> {
    questions: Questions,
    memory: Memory<'a>,
    clock: &'a dyn Clock,
    /// Absent where only images are asked about.
    engine: Option<&'a dyn Engine>,
    requested: Option<&'a Tag>,
}

impl Detector {
    /// A detector that asks `registry`, lets `policy` judge by these rules, and keeps in `sightings` what it saw.
    pub fn new(
        registry: Arc<dyn Registry>,
        policy: Arc<dyn VersionPolicy>,
        sightings: Arc<dyn Sightings>,
        clock: Arc<dyn Clock>,
        rules: Rules,
    ) -> Self {
        Self { registry, policy, sightings, clock, rules }
    }

    /// Looks at the subjects in `scope`. With `requested`, that tag is the candidate of every subject.
    pub async fn survey(
        &self,
        host: HostPorts<'_>,
        scope: &Scope,
        depth: Depth,
        requested: Option<&Tag>,
        progress: &Progress<'_>,
    ) -> Result<Survey, DetectError> {
        // Compose is asked what it is meanwhile: every later question begins with that. Whoever needs it is told if it is not there.
        let (inventory, _) = futures::join!(host.engine.inventory(), host.compose.version());
        let inventory = inventory?;
        let platform = inventory.platform.clone();
        let subjects = subjects::ask_host(host, inventory, scope, depth).await?;
        let check = self.check(depth, Some(host.engine), requested);
        let detections = self.find_all(&check, subjects, progress).await;
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
                local_tag: LocalTag::Unused,
                is_running: false,
                is_dockrev: false,
                labels: BTreeMap::new(),
                compose: Ok(None),
                container: None,
            })
            .collect();
        let check = self.check(Depth::Survey, None, None);
        let detections = self.find_all(&check, subjects, progress).await;
        Survey { platform, detections }
    }

    fn check<'a>(&'a self, depth: Depth, engine: Option<&'a dyn Engine>, requested: Option<&'a Tag>) -> Check<'a> {
        let questions = Questions::new(Arc::clone(&self.registry), depth.freshness());
        let memory = Memory::new(&*self.sightings, self.clock.timestamp());
        Check { questions, memory, clock: &*self.clock, engine, requested }
    }

    async fn find_all(&self, check: &Check<'_>, subjects: Vec<Known>, progress: &Progress<'_>) -> Vec<Detection> {
        let total = subjects.len();
        progress(0, total);
        let subjects: Vec<Prepared> = subjects.into_iter().map(|known| self.prepare(known)).collect();
        let questions = subjects.iter().filter_map(|prepared| prepared.question.as_ref().ok());
        let repositories: BTreeSet<Repository> = questions.map(|asked| asked.reference.repository().clone()).collect();
        self.registry.announce(&repositories.into_iter().collect::<Vec<_>>());
        let mut findings = futures::stream::iter(subjects)
            .map(|prepared| self.detect(check, prepared))
            .buffer_unordered(CONCURRENT_SUBJECTS);
        let mut detections = Vec::with_capacity(total);
        while let Some(detection) = findings.next().await {
            detections.push(detection);
            progress(detections.len(), total);
        }
        check.memory.keep().await;
        detections
    }

    async fn detect(&self, check: &Check<'_>, prepared: Prepared) -> Detection {
        let began = self.clock.monotonic();
        let Prepared { known, update, question } = prepared;
        let finding = self.find(check, &known, question).await.unwrap_or_else(|finding| finding);
        Detection {
            subject: known.subject,
            written: known.written,
            local: known.local,
            local_tag: known.local_tag,
            is_running: known.is_running,
            is_dockrev: known.is_dockrev,
            compose: known.compose.ok().flatten(),
            container: known.container,
            update,
            finding,
            took: self.clock.monotonic().saturating_sub(began),
        }
    }

    async fn find(
        &self,
        check: &Check<'_>,
        known: &Known,
        question: Result<Question, Finding>,
    ) -> Result<Finding, Finding> {
        let Question { reference, tag, settings } = question?;
        if let Err(error) = &known.compose {
            return Err(Finding::Unknown(host_trouble(error)));
        }
        let asked = Asked { subject: &known.subject, reference, tag, local: known.local.as_ref(), settings: &settings };
        self.read(check, asked).await.map(|reading| Finding::Read(Box::new(reading)))
    }

    /// Reads the settings of a subject, once.
    fn prepare(&self, known: Known) -> Prepared {
        let settings = match &known.subject {
            Subject::Image(name) => self.rules.settings.of_image(name),
            subject @ (Subject::Service(_) | Subject::Container(_)) => {
                self.rules.settings.of(&subject.to_string(), &known.labels)
            }
        };
        let update = settings.as_ref().map_or(Switch::On, |settings| settings.update.clone());
        let question = to_ask(&known, settings);
        Prepared { known, update, question }
    }
}

/// What to ask about a subject by its settings, or why there is nothing to ask.
fn to_ask(known: &Known, settings: Result<ServiceSettings, SettingsError>) -> Result<Question, Finding> {
    let settings = settings
        .map_err(|error| Finding::Unknown(Trouble { code: error.code().to_owned(), message: error.to_string() }))?;
    if let Some(exclusion) = settings.left_out {
        return Err(Finding::Excluded(exclusion));
    }
    let compose = known.compose.as_ref().ok().and_then(Option::as_ref);
    let (reference, tag) = question(&known.subject, &known.written, known.local.as_ref(), compose)?;
    match settings.leaves_out(&reference, own_pin(&reference, compose)) {
        Some(exclusion) => Err(Finding::Excluded(exclusion)),
        None => Ok(Question { reference, tag, settings }),
    }
}

/// What to ask about a subject, or why there is nothing to ask.
fn question(
    subject: &Subject,
    written: &str,
    local: Option<&LocalImage>,
    compose: Option<&ComposeFacts>,
) -> Result<(ImageRef, Tag), Finding> {
    let excluded = Finding::Excluded;
    if written.starts_with("sha256:") {
        return Err(excluded(Exclusion::NameUnknown));
    }
    let reference: ImageRef = written.parse().map_err(|error: dockrev_core::image::ParseImageRefError| {
        Finding::Unknown(Trouble { code: "image.invalid-reference".to_owned(), message: error.to_string() })
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

/// Whether the digest in `reference` is there because Dockrev's override file has it.
fn own_pin(reference: &ImageRef, compose: Option<&ComposeFacts>) -> OwnPin {
    let Some(compose) = compose else { return OwnPin::No };
    let in_override = compose.pin.as_ref().is_some_and(|pin| reference.digest() == Some(&pin.digest));
    let in_files = match &compose.in_files {
        InFiles::Found(service) => service.image.as_deref().and_then(|image| image.parse::<ImageRef>().ok()),
        InFiles::NotAsked | InFiles::Missing => None,
    };
    let in_files = in_files.is_some_and(|image| image.digest() == reference.digest());
    if in_override && !in_files { OwnPin::Yes } else { OwnPin::No }
}

fn host_trouble(error: &HostError) -> Trouble {
    Trouble { code: error.code().to_owned(), message: error.to_string() }
}

#[cfg(test)]
mod tests;
