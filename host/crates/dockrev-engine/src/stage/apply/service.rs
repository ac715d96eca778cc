//! A service: the override file or the local tag says what it is made from, and Compose makes it.

use super::{Context, StageError, host, move_local_tag, one_shots, pull_back, rewrite};
use dockrev_core::ids::{ImageId, ServiceId};
use dockrev_core::image::PinnedImage;
use dockrev_core::job::{Effect, Failure};
use dockrev_core::plan::{ServiceWorkload, Writing};
use dockrev_core::ports::RunFirst;

/// Writes down that the service is made from `image`, and has Compose make it anew.
pub(super) async fn move_to(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    image: &ImageId,
) -> Result<(), StageError> {
    let to = &context.change.to;
    match &workload.writing {
        Writing::LocalTag => move_local_tag(context, &to.tagged(), image).await?,
        Writing::Override { .. } => pin(context, workload, Some(to)).await?,
        Writing::Rewrite(plan) => rewrite::perform(context, workload, plan, image).await?,
    }
    one_shots::move_along(context, workload).await?;
    let first = one_shots::names(workload);
    match compose_up(context, workload, RunFirst::These(&first)).await {
        Err(StageError::Failed(failure)) => {
            Err(one_shots::failure(context, workload).await?.unwrap_or(StageError::Failed(failure)))
        }
        result => result,
    }
}

/// Puts the old image back under its name, takes the pin or the user's file back, and has Compose make the service from
/// it. Gives what is to be said of it once the service is good.
pub(super) async fn go_back(context: &Context<'_>, workload: &ServiceWorkload) -> Result<Option<Failure>, StageError> {
    let from = &context.change.from;
    let mut left = None;
    match &workload.writing {
        Writing::LocalTag => move_local_tag(context, &from.reference, &from.image_id).await?,
        Writing::Override { before: Some(before) } => pin_old(context, workload, before).await?,
        Writing::Override { before: None } => go_back_without_a_pin(context, workload, &from.image_id).await?,
        Writing::Rewrite(plan) => left = rewrite::undo(context, workload, plan).await?,
    }
    one_shots::go_back(context, workload).await?;
    let first = one_shots::names(workload);
    compose_up(context, workload, RunFirst::IfTheyCan(&first)).await?;
    Ok(left)
}

/// Takes the pin out, if what the compose file says is still what ran, or nothing: then it is given its tag back. If its
/// tag stands for something else by now, what ran is pinned by its digest: the tag may be that of others.
pub(super) async fn go_back_without_a_pin(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    old: &ImageId,
) -> Result<(), StageError> {
    let from = &context.change.from;
    let stands_for = context.engine.image(&from.written).await.map_err(|error| host(&error))?;
    if stands_for.as_ref().is_some_and(|found| found.id == *old) {
        return pin(context, workload, None).await;
    }
    let is_free = stands_for.is_none() && from.written == from.reference;
    match from.digest.clone().filter(|_| !is_free) {
        None => {
            move_local_tag(context, &from.reference, old).await?;
            pin(context, workload, None).await
        }
        Some(digest) => {
            let repository = from.reference.repository().clone();
            pin_old(context, workload, &PinnedImage { repository, tag: from.tag.clone(), digest }).await
        }
    }
}

/// Pins the old image. Where somebody took the digest's name from it, a pull gives it back.
pub(super) async fn pin_old(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    old: &PinnedImage,
) -> Result<(), StageError> {
    if context.engine.image(&old.by_digest()).await.map_err(|error| host(&error))?.is_none() {
        pull_back(context, old).await?;
    }
    pin(context, workload, Some(old)).await
}

pub(super) async fn pin(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    image: Option<&PinnedImage>,
) -> Result<(), StageError> {
    let effect = Effect::PinImage { image: image.map(PinnedImage::to_string) };
    write_pin(context, &workload.service, image, effect).await
}

/// Has the override file say `image` of `service`, which is `effect`.
pub(super) async fn write_pin(
    context: &Context<'_>,
    service: &ServiceId,
    image: Option<&PinnedImage>,
    effect: Effect,
) -> Result<(), StageError> {
    let mut pins = context.compose.pins(&service.stack).await.map_err(|error| host(&error))?;
    if pins.get(&service.service) == image {
        return Ok(());
    }
    match image {
        Some(image) => pins.insert(service.service.clone(), image.clone()),
        None => pins.remove(&service.service),
    };
    context.pen.intends(&effect).await?;
    context.compose.set_pins(&service.stack, &pins).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

async fn compose_up(context: &Context<'_>, workload: &ServiceWorkload, first: RunFirst<'_>) -> Result<(), StageError> {
    context.pen.intends(&Effect::ComposeUp).await?;
    let service = (&workload.service.service, workload.containers);
    let up = context.compose.up(&workload.project, service, first, context.pen.scribe).await;
    up.map_err(|error| host(&error))?;
    context.pen.did(Effect::ComposeUp).await?;
    Ok(())
}
