//! What an update does, planned; and what is told of it afterwards.

use super::Failure;
use super::check::entry::{self, Entry};
use super::notify::deliver;
use crate::app::{App, Host};
use dockrev_core::detection::{Detection, Subject};
use dockrev_core::event::Event;
use dockrev_core::ids::{JobId, ServiceId, ServiceName, StackName};
use dockrev_core::image::Tag;
use dockrev_core::plan::{MismatchRule, Plan, PlanOptions, UndoRule, VerifySettings, plan};
use dockrev_engine::attach;
use dockrev_engine::batch::Item;
use dockrev_engine::detect::{Depth, Progress, Scope};
use std::collections::BTreeMap;
use std::fmt::Display;

/// What is to be planned.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Of what.
    pub scope: Scope,
    /// The tag that is asked for by name.
    pub tag: Option<Tag>,
    /// What to do with a candidate that is not built for this host.
    pub architecture_mismatch: MismatchRule,
    /// What a failure of a service without a healthcheck leads to.
    pub without_healthcheck: UndoRule,
}

impl Wanted {
    /// What the policy chooses, in the cautious way: nothing for another platform, and nothing is put back of which nobody
    /// can tell how it is.
    #[must_use]
    pub fn cautiously(scope: Scope) -> Self {
        let (architecture_mismatch, without_healthcheck) = (MismatchRule::Hold, UndoRule::OnRequest);
        Self { scope, tag: None, architecture_mismatch, without_healthcheck }
    }
}

/// Finds the service that `text` names: `STACK/SERVICE`, or `SERVICE` if only one stack has it.
pub async fn find_service(host: &Host, text: &str) -> Result<ServiceId, Failure> {
    if let Some((stack, service)) = text.split_once('/') {
        return Ok(ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) });
    }
    let inventory = host.engine.inventory().await?;
    let named = inventory.stacks.into_iter().flat_map(|stack| stack.services).map(|service| service.id);
    the_only(named.filter(|id| id.service.as_str() == text).collect(), text)
}

/// The only one of the services that are called `text`.
pub(crate) fn the_only<T: Display>(mut found: Vec<T>, text: &str) -> Result<T, Failure> {
    match (found.pop(), found.as_slice()) {
        (Some(one), []) => Ok(one),
        (None, _) => Err(Failure::new(
            "service.not-found",
            format!("no stack has a service `{text}` with containers on this engine"),
        )
        .hint("`dockrev check` lists all services")),
        (Some(last), others) => {
            let names = others.iter().chain([&last]).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Err(Failure::new("service.ambiguous", format!("several stacks have a service `{text}`: {names}"))
                .hint("name it as STACK/SERVICE"))
        }
    }
}

/// A plan, and what it goes by.
pub struct Planned {
    /// What is done with each subject.
    pub plan: Plan,
    detections: Vec<Detection>,
}

impl Planned {
    /// What the plan says, and what that goes by.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        let found: BTreeMap<&Subject, &Detection> = self.detections.iter().map(|one| (&one.subject, one)).collect();
        self.plan.entries.iter().map(|entry| entry::of(entry, found.get(&entry.subject).copied())).collect()
    }
}

/// Makes a plan, with what is copied before each change.
pub async fn make_plan(app: &App, host: &Host, wanted: &Wanted, progress: &Progress<'_>) -> Result<Planned, Failure> {
    let detector = app.detector().await?;
    let survey = detector.survey(host.ports(), &wanted.scope, Depth::Plan, wanted.tag.as_ref(), progress).await?;
    // What is asked for by its name is taken although it was taken back before.
    let refused = if wanted.tag.is_some() { Vec::new() } else { app.refused_images().await? };
    let options = PlanOptions {
        refused,
        architecture_mismatch: wanted.architecture_mismatch,
        verify: VerifySettings { without_healthcheck: wanted.without_healthcheck, ..VerifySettings::default() },
    };
    let mut plan = plan(&survey.detections, &survey.platform, &options);
    attach::attach(&mut plan, &app.ports(host).await?, &app.config().settings).await?;
    Ok(Planned { plan, detections: survey.detections })
}

/// A channel that did not get word of a job.
#[derive(Clone, Debug)]
pub struct Untold {
    /// Id of the notifier.
    pub channel: String,
    /// The job.
    pub job: JobId,
    /// Why not.
    pub problem: String,
}

/// Tells every one of `channels` how each job ended. A channel that fails changes nothing about the update.
pub async fn tell(app: &App, channels: &[String], items: &[Item]) -> Vec<Untold> {
    let mut untold = Vec::new();
    for item in items {
        let Item::Ran(job) = item else { continue };
        let Some(event) = Event::of_job(job) else { continue };
        for channel in channels {
            if let Err(problem) = deliver(app, channel, &event).await {
                untold.push(Untold { channel: channel.clone(), job: job.id.clone(), problem });
            }
        }
    }
    untold
}
