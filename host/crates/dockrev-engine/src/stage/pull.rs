//! Pull: brings the new image here by its digest, under no name, so that nothing that runs or is started notices. A
//! local tag of Dockrev's own keeps it, and the one that runs, from being pruned while the job needs them.

use crate::context::{Context, StageError};
use crate::keep;
use dockrev_core::ids::ImageId;
use dockrev_core::job::{Effect, Stage, StageOutput};
use dockrev_core::ports::HostError;
use std::time::Duration;

/// What the engine's disk has to have left before a pull. An image may need more: the engine says so then, and nothing
/// was touched. With less, it cannot even make containers.
pub(crate) const FREE_MIN_BYTES: u64 = 128 * 1024 * 1024;
/// How often a pull that is under way looks whether it is to stop.
const CANCEL_POLL: Duration = Duration::from_millis(250);

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    hold_on_to(context, keep::Image::Old, &context.change.from.image_id).await?;
    let image_id = bring(context).await?;
    hold_on_to(context, keep::Image::New, &image_id).await?;
    Ok(StageOutput::Pulled { image_id })
}

/// Lets both images go. The new one stays, without a name: it harms nobody and saves the next attempt the download.
pub(super) async fn undo(context: &Context<'_>) -> Result<StageOutput, StageError> {
    for image in [keep::Image::New, keep::Image::Old] {
        if let Err(error) = keep::release(context.engine, &context.pen.job.id, image).await {
            context.pen.scribe.say(format!("a local tag is left over: {error}"));
        }
    }
    Ok(StageOutput::Nothing)
}

async fn bring(context: &Context<'_>) -> Result<ImageId, StageError> {
    let wanted = context.change.to.by_digest();
    if let Some(image) = context.engine.image(&wanted).await.map_err(|error| host(&error))? {
        context.pen.scribe.say(format!("{wanted} is here already"));
        return Ok(image.id);
    }
    has_space(context).await?;
    let effect = Effect::PullImage { image: wanted.to_string() };
    context.pen.intends(&effect).await?;
    let pull = context.engine.pull(&context.change.to, context.change.platform.as_ref(), context.pen.scribe);
    let image = tokio::select! {
        pulled = pull => pulled.map_err(|error| host(&error))?,
        () = asked_to_stop(context) => return Err(StageError::cancelled(Stage::Pull)),
    };
    context.pen.did(effect).await?;
    Ok(image.id)
}

async fn has_space(context: &Context<'_>) -> Result<(), StageError> {
    match context.engine.free_bytes().await.map_err(|error| host(&error))? {
        Some(free) if free < FREE_MIN_BYTES => Err(StageError::failed(
            Stage::Pull,
            "pull.no-space",
            format!("the engine's disk has {} MiB left, and an update wants {}", mib(free), mib(FREE_MIN_BYTES)),
            "make space: `docker system df` shows what takes it",
        )),
        Some(_) | None => Ok(()),
    }
}

fn mib(bytes: u64) -> u64 {
    bytes / (1024 * 1024)
}

async fn asked_to_stop(context: &Context<'_>) {
    while !context.cancel.is_raised() {
        tokio::time::sleep(CANCEL_POLL).await;
    }
}

async fn hold_on_to(context: &Context<'_>, which: keep::Image, image: &ImageId) -> Result<(), StageError> {
    let tag = keep::tag(&context.pen.job.id, which);
    let Some(tag) = tag else { return Ok(()) };
    let effect = Effect::KeepImage { tag: tag.familiar(), image_id: image.clone() };
    context.pen.intends(&effect).await?;
    context.engine.tag(image, &tag).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Pull, error)
}
