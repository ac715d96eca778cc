//! One-shots: services that run to their end before the one that is changed starts, a migration for example. Compose runs
//! them; those that are made from the service's own image are pinned along with it, and back.

use super::service::write_pin;
use super::{Context, StageError, host};
use crate::{followers, health};
use dockrev_core::ids::{ServiceName, WorkloadId};
use dockrev_core::image::PinnedImage;
use dockrev_core::job::{Effect, Stage};
use dockrev_core::plan::{OneShotImage, ServiceWorkload};
use dockrev_core::ports::ContainerOrder;
use dockrev_core::stack::RunState;

pub(super) fn names(workload: &ServiceWorkload) -> Vec<ServiceName> {
    workload.one_shots.iter().map(|one_shot| one_shot.service.clone()).collect()
}

/// Gives those that move with the service its new image: what it is pinned to by now, if it is.
pub(super) async fn move_along(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    pin_as_the_service(context, workload, moving(workload)).await
}

/// Gives those that were moved what the service is back on. One that another job had moved before stays.
pub(super) async fn go_back(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    let moved = moving(workload).filter(|service| context.past.may_have_moved_one_shot(service));
    pin_as_the_service(context, workload, moved).await
}

/// Ends those that run: whoever ordered it is gone, and their data is about to go back.
pub(super) async fn end(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    for one_shot in &workload.one_shots {
        let id = followers::id(workload, &one_shot.service);
        for container in context.engine.service_status(&id).await.map_err(|error| host(&error))? {
            if matches!(container.run, RunState::Exited { .. }) {
                continue;
            }
            let effect = Effect::EndOneShot { id: container.id.clone(), name: container.name };
            context.pen.intends(&effect).await?;
            context.engine.order(&container.id, ContainerOrder::Stop).await.map_err(|error| host(&error))?;
            context.pen.did(effect).await?;
        }
    }
    Ok(())
}

/// What to say where the service could not be brought up because one of them failed; nothing where none did. What it wrote
/// last is kept.
pub(super) async fn failure(
    context: &Context<'_>,
    workload: &ServiceWorkload,
) -> Result<Option<StageError>, StageError> {
    for one_shot in &workload.one_shots {
        let id = followers::id(workload, &one_shot.service);
        let status = context.engine.service_status(&id).await.map_err(|error| host(&error))?;
        let code = status.iter().find_map(|container| match container.run {
            RunState::Exited { code } => Some(code).filter(|code| *code != 0),
            RunState::Running | RunState::Restarting | RunState::Paused | RunState::NotStarted => None,
        });
        let Some(code) = code else { continue };
        health::keep_last_lines(context, &WorkloadId::Service(id.clone())).await?;
        return Ok(Some(StageError::failed(
            Stage::Apply,
            "apply.one-shot-failed",
            format!("`{id}`, which has to succeed before `{}` starts, ended with exit code {code}", workload.service),
            "the last lines of its log are kept with the job",
        )));
    }
    Ok(None)
}

fn moving(workload: &ServiceWorkload) -> impl Iterator<Item = &ServiceName> {
    let moves = workload.one_shots.iter().filter(|one_shot| matches!(one_shot.image, OneShotImage::Moves { .. }));
    moves.map(|one_shot| &one_shot.service)
}

async fn pin_as_the_service(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    one_shots: impl Iterator<Item = &ServiceName>,
) -> Result<(), StageError> {
    for one_shot in one_shots {
        let pins = context.compose.pins(&workload.service.stack).await.map_err(|error| host(&error))?;
        let image = pins.get(&workload.service.service);
        let effect = Effect::PinOneShot { service: one_shot.clone(), image: image.map(PinnedImage::to_string) };
        write_pin(context, &followers::id(workload, one_shot), image, effect).await?;
    }
    Ok(())
}
