//! Followers: services that live in the namespaces of the one that is changed, or of another follower.
//!
//! A namespace ends with its container, and with a stop of it. A follower stands if it lives in today's containers and was
//! started after them; else it is made anew, or only started again where its container is still the right one. That is asked
//! of the engine each time, so it can be done any number of times, and after any crash.

use crate::context::{Context, StageError};
use crate::health::{self, Proof, Wanted, Watched};
use dockrev_core::ids::{ImageId, ServiceId, ServiceName, WorkloadId};
use dockrev_core::image::ImageRef;
use dockrev_core::job::Effect;
use dockrev_core::plan::{Follower, ServiceWorkload, UndoRule};
use dockrev_core::ports::{ContainerOrder, Engine, HostError};
use dockrev_core::stack::{ComposeModel, ContainerStatus, Pins, RunState};

/// Has every follower live in today's containers. One whose hosts do not run is left as it is: whoever waits for those says
/// so.
pub(crate) async fn connect(context: &Context<'_>) -> Result<(), StageError> {
    let Some(workload) = context.change.workload.service() else { return Ok(()) };
    for follower in &workload.followers {
        connect_one(context, workload, follower).await?;
    }
    Ok(())
}

/// Waits until every follower is good, as it was before.
pub(crate) async fn wait_until_good(context: &Context<'_>) -> Result<(), StageError> {
    let Some(workload) = context.change.workload.service() else { return Ok(()) };
    // What they live in may have been started again meanwhile.
    connect(context).await?;
    let mut watched = Vec::new();
    for follower in &workload.followers {
        let id = id(workload, &follower.service);
        let status = context.engine.service_status(&id).await.map_err(|error| host(context, &error))?;
        if status.is_empty() {
            context.pen.scribe.say(format!("`{id}` has no container any more"));
            continue;
        }
        let proof = if follower.was_healthy { Proof::Healthcheck } else { Proof::Running };
        let wanted = Wanted { image: None, containers: follower.containers, proof, settings: &context.change.verify };
        watched.push(Watched { id: WorkloadId::Service(id), wanted });
    }
    if watched.is_empty() {
        return Ok(());
    }
    let good = health::watch(context, &watched, |_| UndoRule::Automatic).await;
    good.map(drop).map_err(|error| not_good(context, error))
}

/// Whether a service that is made anew, as the files and `pins` say, gets the images that its containers are made from:
/// `made` has the image of each as it was written, and its id.
pub(crate) async fn is_made_from(
    engine: &dyn Engine,
    (model, pins): (&ComposeModel, &Pins),
    service: &ServiceName,
    made: impl Iterator<Item = (&str, &ImageId)>,
) -> Result<bool, HostError> {
    let in_files = model.services.get(service).and_then(|service| service.image.as_deref());
    for (written, image) in made {
        let reference: Option<ImageRef> = match (pins.get(service), in_files) {
            (Some(pin), _) => Some(pin.by_digest()),
            // What is only built has the name that Compose gave it.
            (None, in_files) => in_files.unwrap_or(written).parse().ok(),
        };
        let Some(reference) = reference else { return Ok(false) };
        if engine.image(&reference).await?.is_none_or(|found| found.id != *image) {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(crate) fn id(workload: &ServiceWorkload, service: &ServiceName) -> ServiceId {
    ServiceId { stack: workload.service.stack.clone(), service: service.clone() }
}

async fn connect_one(context: &Context<'_>, workload: &ServiceWorkload, follower: &Follower) -> Result<(), StageError> {
    let id = id(workload, &follower.service);
    let status = async |id: &ServiceId| context.engine.service_status(id).await.map_err(|error| host(context, &error));
    let hosts = async || {
        let mut hosts = Vec::new();
        for name in &follower.lives_in {
            hosts.push(status(&self::id(workload, name)).await?);
        }
        Ok::<_, StageError>(hosts)
    };
    let (own, living_in) = (status(&id).await?, hosts().await?);
    if own.iter().all(|container| standing(container, &living_in) == Standing::Connected) {
        return Ok(());
    }
    if !do_run(&living_in) {
        context.pen.scribe.say(format!("`{id}` is left as it is: what it lives in does not run"));
        return Ok(());
    }
    if own.iter().all(|container| standing(container, &living_in) != Standing::Elsewhere) {
        for container in own.iter().filter(|container| standing(container, &living_in) == Standing::Behind) {
            context.order((&container.id, &container.name), ContainerOrder::Stop).await?;
            context.order((&container.id, &container.name), ContainerOrder::Start).await?;
        }
        return Ok(());
    }
    match make_anew(context, workload, follower).await {
        Err(StageError::Failed(failure)) if !do_run(&hosts().await?) => {
            context.pen.scribe.say(format!("`{id}` could not be made anew, for what it lives in has ended: {failure}"));
            Ok(())
        }
        result => result,
    }
}

async fn make_anew(context: &Context<'_>, workload: &ServiceWorkload, follower: &Follower) -> Result<(), StageError> {
    let effect = Effect::RemakeFollower { service: follower.service.clone() };
    context.pen.intends(&effect).await?;
    let (project, containers) = (&workload.project, follower.containers);
    let made = context.compose.make_anew(project, &follower.service, containers, context.pen.scribe).await;
    made.map_err(|error| host(context, &error))?;
    context.pen.did(effect).await?;
    Ok(())
}

/// How a follower's container is to what it lives in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It runs in today's containers.
    Connected,
    /// It belongs to them, and does not run or was started before they were.
    Behind,
    /// It belongs to one that is gone.
    Elsewhere,
}

/// How `container` is to `hosts`: the containers of each service that it is to live in.
fn standing(container: &ContainerStatus, hosts: &[Vec<ContainerStatus>]) -> Standing {
    let mut standing = match container.run {
        RunState::Running | RunState::Restarting => Standing::Connected,
        RunState::Exited { .. } | RunState::Paused | RunState::NotStarted => Standing::Behind,
    };
    for service in hosts {
        let Some(host) = service.iter().find(|host| container.lives_in.contains(&host.id)) else {
            return Standing::Elsewhere;
        };
        if container.started_at < host.started_at {
            standing = Standing::Behind;
        }
    }
    standing
}

/// Whether every service that a follower lives in has a container that runs.
fn do_run(hosts: &[Vec<ContainerStatus>]) -> bool {
    hosts.iter().all(|service| service.iter().any(|container| container.run == RunState::Running))
}

fn not_good(context: &Context<'_>, error: StageError) -> StageError {
    match error {
        StageError::Failed(mut failure) if failure.code == health::NOT_HEALTHY => {
            failure.stage = context.pen.stage;
            failure.code = "verify.follower-not-good".to_owned();
            failure.message =
                format!("a service that lives in the namespaces of `{}` is not good: {}", context.id, failure.message);
            StageError::Failed(failure)
        }
        other @ (StageError::Failed(_) | StageError::Journal(_)) => other,
    }
}

fn host(context: &Context<'_>, error: &HostError) -> StageError {
    StageError::host(context.pen.stage, error)
}

#[cfg(test)]
mod tests;
