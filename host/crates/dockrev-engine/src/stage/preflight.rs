//! Preflight: is the world still as the plan says? Changes nothing, so that a stale plan costs nothing.

use crate::context::{Context, StageError};
use dockrev_core::job::{Stage, StageOutput};
use dockrev_core::ports::HostError;
use dockrev_core::stack::RunState;

const PLAN_AGAIN: &str = "run the command again: it makes a new plan";

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    same_containers(context).await?;
    unchanged(context).await?;
    Ok(StageOutput::Nothing)
}

/// What has to be so from the plan until the service is replaced, whether or not it runs: files, pin, and the way back.
pub(super) async fn unchanged(context: &Context<'_>) -> Result<(), StageError> {
    same_files(context).await?;
    same_pin(context).await?;
    old_image_is_here(context).await
}

async fn same_containers(context: &Context<'_>) -> Result<(), StageError> {
    let change = context.change;
    let containers = context.engine.service_status(&change.service).await.map_err(|error| host(context, &error))?;
    let changed = |what: String| StageError::failed(Stage::Preflight, "preflight.service-changed", what, PLAN_AGAIN);
    if containers.is_empty() {
        return Err(changed(format!("`{}` no longer has a container", change.service)));
    }
    let mut running = containers
        .iter()
        .filter(|container| container.run == RunState::Running || container.run == RunState::Restarting)
        .peekable();
    if running.peek().is_none() {
        return Err(changed(format!("`{}` is stopped, and an update would start it", change.service)));
    }
    if let Some(other) = running.find(|container| container.image_id != change.from.image_id) {
        return Err(changed(format!("container `{}` runs another image than when this was planned", other.name)));
    }
    Ok(())
}

async fn same_files(context: &Context<'_>) -> Result<(), StageError> {
    let change = context.change;
    let files = match change.earlier_edits.as_slice() {
        [] => context.compose.fingerprint(&change.project).await,
        edits => context.rewriting.fingerprint_without(&change.project, edits).await,
    };
    let files = files.map_err(|error| host(context, &error))?;
    if files == context.change.files {
        return Ok(());
    }
    let changed = files.iter().find(|file| !context.change.files.contains(file)).or(context.change.files.first());
    let path = changed.map_or_else(String::new, |file| format!(" (`{}`)", file.path.display()));
    let message = format!("the files of stack `{}` changed after this was planned{path}", context.change.service.stack);
    Err(StageError::failed(context.pen.stage, "preflight.files-changed", message, PLAN_AGAIN))
}

async fn same_pin(context: &Context<'_>) -> Result<(), StageError> {
    let change = context.change;
    let pins = context.compose.pins(&change.service.stack).await.map_err(|error| host(context, &error))?;
    if pins.get(&change.service.service) == change.pin_found.as_ref() {
        return Ok(());
    }
    let message = format!("the override file pins another image for `{}` than when this was planned", change.service);
    Err(StageError::failed(context.pen.stage, "preflight.pin-changed", message, PLAN_AGAIN))
}

async fn old_image_is_here(context: &Context<'_>) -> Result<(), StageError> {
    let id = &context.change.from.image_id;
    if context.engine.image_by_id(id).await.map_err(|error| host(context, &error))?.is_some() {
        return Ok(());
    }
    let message = format!("the running image `{id}` is no longer on the engine, so there would be no way back");
    Err(StageError::failed(
        context.pen.stage,
        "preflight.old-image-gone",
        message,
        "recreate the service from an image that is there, then check again",
    ))
}

fn host(context: &Context<'_>, error: &HostError) -> StageError {
    StageError::host(context.pen.stage, error)
}
