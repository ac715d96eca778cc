//! Apply: writes the change down and has Compose recreate the service. Its undo puts both back by image id, and the data
//! between the end of the new containers and the start of the old ones.
//!
//! After a crash the stage counts as failed: its undo looks at nothing but the plan and the journal, and can run any
//! number of times.

use super::{data, preflight, rewrite};
use crate::context::{Context, StageError};
use crate::health;
use dockrev_core::ids::ImageId;
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::job::{Effect, Stage, StageOutput};
use dockrev_core::plan::Writing;
use dockrev_core::ports::HostError;

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let change = context.change;
    // A long pull or copy lies between this and preflight.
    preflight::unchanged(context).await?;
    let image = new_image(context).await?;
    context.check_cancel()?;
    match &change.writing {
        Writing::LocalTag => move_local_tag(context, &change.to.tagged(), &image).await?,
        Writing::Override { .. } => pin(context, Some(&change.to)).await?,
        Writing::Rewrite(plan) => rewrite::perform(context, plan, &image).await?,
    }
    compose_up(context).await?;
    Ok(StageOutput::Nothing)
}

/// Puts the data back where it has to, the old image back under its name, takes the pin back, recreates the service and
/// waits until it is good.
pub(super) async fn undo(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let change = context.change;
    let old = &change.from.image_id;
    // A Compose whose Dockrev was killed goes on: it would start the new version on the data that goes back.
    context.compose.wait_until_idle(&change.service.stack).await.map_err(|error| host(&error))?;
    have_old_image(context, old).await?;
    let stopped_others = data::put_back(context).await?;
    let left = match &change.writing {
        Writing::LocalTag => move_local_tag(context, &change.from.reference, old).await.map(|()| None)?,
        Writing::Override { before: Some(before) } => pin_old(context, before).await.map(|()| None)?,
        Writing::Override { before: None } => go_back_without_a_pin(context, old).await.map(|()| None)?,
        Writing::Rewrite(plan) => rewrite::undo(context, plan, old).await?,
    };
    compose_up(context).await?;
    data::start_again(context, &stopped_others).await?;
    let good = health::wait_until_good(context, old).await.map_err(not_good)?;
    // The service is back; what else there is to say is said last.
    left.map_or_else(|| Ok(good.into_output(&change.service)), Err)
}

fn not_good(error: StageError) -> StageError {
    match error {
        StageError::Failed(mut failure) => {
            failure.code = "rollback.not-healthy".to_owned();
            failure.message = format!("the old image runs again and is not good: {}", failure.message);
            failure.hint =
                Some("look at the service's own log; the data may not fit the old version any more".to_owned());
            StageError::Failed(failure)
        }
        journal @ StageError::Journal(_) => journal,
    }
}

/// Takes the pin out, if what the compose file says is still what ran, or nothing: then it is given its tag back. If its
/// tag stands for something else by now, what ran is pinned by its digest: the tag may be that of others.
pub(super) async fn go_back_without_a_pin(context: &Context<'_>, old: &ImageId) -> Result<(), StageError> {
    let from = &context.change.from;
    let stands_for = context.engine.image(&from.written).await.map_err(|error| host(&error))?;
    if stands_for.as_ref().is_some_and(|found| found.id == *old) {
        return pin(context, None).await;
    }
    let is_free = stands_for.is_none() && from.written == from.reference;
    match from.digest.clone().filter(|_| !is_free) {
        None => {
            move_local_tag(context, &from.reference, old).await?;
            pin(context, None).await
        }
        Some(digest) => {
            let repository = from.reference.repository().clone();
            pin_old(context, &PinnedImage { repository, tag: from.tag.clone(), digest }).await
        }
    }
}

/// Pins the old image. Where somebody took the digest's name from it, a pull gives it back.
pub(super) async fn pin_old(context: &Context<'_>, old: &PinnedImage) -> Result<(), StageError> {
    if context.engine.image(&old.by_digest()).await.map_err(|error| host(&error))?.is_none() {
        pull_back(context, old).await?;
    }
    pin(context, Some(old)).await
}

/// What ran is on the machine, for a tag of ours keeps it. If somebody removed it all the same, its registry may still
/// have it: the last resort.
async fn have_old_image(context: &Context<'_>, old: &ImageId) -> Result<(), StageError> {
    let is_here = async || context.engine.image_by_id(old).await.map(|found| found.is_some());
    if is_here().await.map_err(|error| host(&error))? {
        return Ok(());
    }
    let from = &context.change.from;
    let mut why = "no registry is known to have it".to_owned();
    if let Some(digest) = from.digest.clone() {
        let image = PinnedImage { repository: from.reference.repository().clone(), tag: from.tag.clone(), digest };
        match pull_back(context, &image).await {
            Ok(()) if is_here().await.map_err(|error| host(&error))? => return Ok(()),
            Ok(()) => why = format!("`{}` is another image on this engine", image.by_digest()),
            Err(StageError::Failed(failure)) => why = failure.message,
            Err(journal @ StageError::Journal(_)) => return Err(journal),
        }
    }
    Err(StageError::failed(
        Stage::Apply,
        "rollback.old-image-gone",
        format!("the old image `{old}` is no longer on the engine: {why}"),
        "somebody removed it while the job ran: bring it back (`docker load` or `docker pull` by digest), then run \
         `dockrev rollback JOB`",
    ))
}

async fn pull_back(context: &Context<'_>, image: &PinnedImage) -> Result<(), StageError> {
    let effect = Effect::PullImage { image: image.by_digest().to_string() };
    context.pen.intends(&effect).await?;
    let pulled = context.engine.pull(image, None, context.pen.scribe).await;
    pulled.map_err(|error| host(&error))?;
    context.pen.did(effect).await.map_err(StageError::from)
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

pub(super) async fn move_local_tag(context: &Context<'_>, tag: &ImageRef, image: &ImageId) -> Result<(), StageError> {
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

pub(super) async fn pin(context: &Context<'_>, image: Option<&PinnedImage>) -> Result<(), StageError> {
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

pub(super) fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Apply, error)
}
