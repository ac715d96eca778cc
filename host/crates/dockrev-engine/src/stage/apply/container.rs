//! A container that belongs to no stack: the engine makes it anew with every setting, and keeps the old one for the way
//! back until the update has proven itself.

use super::{Context, StageError, host, move_local_tag};
use dockrev_core::ids::{ImageId, JobId};
use dockrev_core::image::PinnedImage;
use dockrev_core::job::{Effect, Stage};
use dockrev_core::plan::{Change, ContainerWorkload, Spelling};
use dockrev_core::ports::{Replacement, WrittenImage};

/// Has the container made anew from `image`.
pub(super) async fn move_to(
    context: &Context<'_>,
    workload: &ContainerWorkload,
    image: &ImageId,
) -> Result<(), StageError> {
    let tagged = context.change.to.tagged();
    match workload.spelling {
        Spelling::MovedTag => move_local_tag(context, &tagged, image).await?,
        Spelling::NewTag => {
            let stands_for = context.engine.image(&tagged).await.map_err(|error| host(&error))?;
            if stands_for.is_some_and(|found| found.id != *image) {
                return Err(StageError::failed(
                    Stage::Apply,
                    "apply.tag-taken",
                    format!("`{}` stands for another image on this engine by now", tagged.familiar()),
                    "run the command again: it makes a new plan",
                ));
            }
            move_local_tag(context, &tagged, image).await?;
        }
        Spelling::TagAndDigest => {}
    }
    let replacement = replacement(&context.pen.job.id, context.change, workload, image.clone());
    let effect =
        Effect::ReplaceContainer { name: workload.container.to_string(), image: replacement.to.written.clone() };
    context.pen.intends(&effect).await?;
    context.standalone.replace(&replacement, context.pen.scribe).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await.map_err(StageError::from)
}

/// Has the old container run under its own name again. A newer tag stays with the new image: it is what it says.
pub(super) async fn go_back(context: &Context<'_>, workload: &ContainerWorkload) -> Result<(), StageError> {
    let from = &context.change.from;
    if workload.spelling == Spelling::MovedTag {
        move_local_tag(context, &from.reference, &from.image_id).await?;
    }
    let Some(new) = context.past.pulled().cloned() else {
        // Nothing was pulled, so nothing was replaced either.
        return Ok(());
    };
    let mut replacement = replacement(&context.pen.job.id, context.change, workload, new);
    replacement.from.written = old_name(context).await?;
    let effect = Effect::PutContainerBack { name: workload.container.to_string() };
    context.pen.intends(&effect).await?;
    context.standalone.put_back(&replacement, context.pen.scribe).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await.map_err(StageError::from)
}

/// What is replaced for `job`, whose pull brought `new`.
pub(crate) fn replacement(job: &JobId, change: &Change, workload: &ContainerWorkload, new: ImageId) -> Replacement {
    let (from, to) = (&change.from, &change.to);
    let written = match workload.spelling {
        Spelling::MovedTag | Spelling::NewTag => to.tagged().familiar(),
        Spelling::TagAndDigest => to.pinned().familiar(),
    };
    Replacement {
        job: job.clone(),
        container: workload.container.clone(),
        from: WrittenImage { id: from.image_id.clone(), written: from.written.familiar() },
        to: WrittenImage { id: new, written },
    }
}

/// How the old image is written on a container that has to be made anew from it: as before, if that still stands for it,
/// or with its digest, or by its tag, which nobody has.
async fn old_name(context: &Context<'_>) -> Result<String, StageError> {
    let from = &context.change.from;
    let stands_for = context.engine.image(&from.written).await.map_err(|error| host(&error))?;
    if stands_for.as_ref().is_some_and(|found| found.id == from.image_id) {
        return Ok(from.written.familiar());
    }
    if let Some(digest) = from.digest.clone() {
        let repository = from.reference.repository().clone();
        let pinned = PinnedImage { repository, tag: from.tag.clone(), digest };
        let found = context.engine.image(&pinned.by_digest()).await.map_err(|error| host(&error))?;
        if found.is_some_and(|found| found.id == from.image_id) {
            return Ok(pinned.pinned().familiar());
        }
    }
    if stands_for.is_none() && from.written == from.reference {
        move_local_tag(context, &from.reference, &from.image_id).await?;
    }
    Ok(from.written.familiar())
}
