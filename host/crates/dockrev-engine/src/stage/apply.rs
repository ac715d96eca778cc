//! Apply: writes the change down and has Compose recreate the service. Its undo puts both back by image id.
//!
//! After a crash the stage counts as failed: its undo looks at nothing but the plan, and can run any number of times.

use crate::context::{Context, StageError};
use crate::health;
use dockrev_core::ids::ImageId;
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::job::{Effect, Stage, StageOutput};
use dockrev_core::plan::Writing;
use dockrev_core::ports::HostError;

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let change = context.change;
    let image = new_image(context).await?;
    match &change.writing {
        Writing::LocalTag => move_local_tag(context, &change.to.tagged(), &image).await?,
        Writing::Override { .. } => pin(context, Some(&change.to)).await?,
    }
    compose_up(context).await?;
    Ok(StageOutput::Nothing)
}

/// Puts the old image back under its name, takes the pin back, recreates the service and waits until it is good.
pub(super) async fn undo(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let change = context.change;
    let old = &change.from.image_id;
    if context.engine.image_by_id(old).await.map_err(|error| host(&error))?.is_none() {
        return Err(StageError::failed(
            Stage::Apply,
            "rollback.old-image-gone",
            format!("the old image `{old}` is no longer on the engine"),
            "somebody removed it while the job ran: bring it back (`docker load` or `docker pull` by digest), then run \
             `dockrev rollback JOB`",
        ));
    }
    match &change.writing {
        Writing::LocalTag => move_local_tag(context, &change.from.reference, old).await?,
        Writing::Override { before: Some(before) } => pin(context, Some(before)).await?,
        Writing::Override { before: None } => go_back_without_a_pin(context, old).await?,
    }
    compose_up(context).await?;
    let good = health::wait_until_good(context, old).await;
    good.map(|good| good.into_output(&change.service)).map_err(|error| match error {
        StageError::Failed(mut failure) => {
            failure.code = "rollback.not-healthy".to_owned();
            failure.message = format!("the old image runs again and is not good: {}", failure.message);
            failure.hint =
                Some("look at the service's own log; the data may not fit the old version any more".to_owned());
            StageError::Failed(failure)
        }
        journal @ StageError::Journal(_) => journal,
    })
}

/// Takes the pin out, if what the compose file says is still what ran. If its tag stands for something else by now,
/// what ran is pinned by its digest: the tag may be that of others. Only an image that no registry knows by a digest is
/// given its tag back.
async fn go_back_without_a_pin(context: &Context<'_>, old: &ImageId) -> Result<(), StageError> {
    let from = &context.change.from;
    let stands_for = context.engine.image(&from.written).await.map_err(|error| host(&error))?;
    if stands_for.is_some_and(|found| found.id == *old) {
        return pin(context, None).await;
    }
    let Some(digest) = from.digest.clone() else {
        move_local_tag(context, &from.reference, old).await?;
        return pin(context, None).await;
    };
    let repository = from.reference.repository().clone();
    pin(context, Some(&PinnedImage { repository, tag: from.tag.clone(), digest })).await
}

async fn new_image(context: &Context<'_>) -> Result<ImageId, StageError> {
    let wanted = context.change.to.by_digest();
    match context.engine.image(&wanted).await.map_err(|error| host(&error))? {
        Some(image) => Ok(image.id),
        None => Err(StageError::failed(
            Stage::Apply,
            "apply.image-gone",
            format!("`{wanted}` was pulled and is no longer on the engine"),
            "something removes images while jobs run: `docker image prune` in a cron job, for example",
        )),
    }
}

async fn move_local_tag(context: &Context<'_>, tag: &ImageRef, image: &ImageId) -> Result<(), StageError> {
    let stands_for = context.engine.image(tag).await.map_err(|error| host(&error))?;
    if stands_for.is_some_and(|found| found.id == *image) {
        return Ok(());
    }
    let effect = Effect::MoveLocalTag { tag: tag.to_string(), image_id: image.clone() };
    context.pen.intends(&effect).await?;
    context.engine.tag(image, tag).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

async fn pin(context: &Context<'_>, image: Option<&PinnedImage>) -> Result<(), StageError> {
    let service = &context.change.service;
    let mut pins = context.compose.pins(&service.stack).await.map_err(|error| host(&error))?;
    if pins.get(&service.service) == image {
        return Ok(());
    }
    match image {
        Some(image) => pins.insert(service.service.clone(), image.clone()),
        None => pins.remove(&service.service),
    };
    let effect = Effect::PinImage { image: image.map(PinnedImage::to_string) };
    context.pen.intends(&effect).await?;
    context.compose.set_pins(&service.stack, &pins).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

async fn compose_up(context: &Context<'_>) -> Result<(), StageError> {
    let change = context.change;
    context.pen.intends(&Effect::ComposeUp).await?;
    let up = context.compose.up(&change.project, &change.service.service, change.containers, context.pen.scribe).await;
    up.map_err(|error| host(&error))?;
    context.pen.did(Effect::ComposeUp).await?;
    Ok(())
}

fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Apply, error)
}
