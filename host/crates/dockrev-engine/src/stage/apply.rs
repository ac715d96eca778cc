//! Apply: writes the change down and has the containers made anew. Its undo puts both back by image id, and the data
//! between the end of the new containers and the start of the old ones.
//!
//! After a crash the stage counts as failed: its undo looks at nothing but the plan and the journal, and can run any
//! number of times.

mod container;
mod one_shots;
mod rewrite;
mod service;

pub(crate) use container::replacement;

use super::{data, preflight};
use crate::context::{Context, StageError};
use crate::{followers, revive};
use dockrev_core::ids::ImageId;
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::job::{Effect, Stage, StageOutput};
use dockrev_core::plan::Workload;
use dockrev_core::ports::HostError;

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    // A long pull or copy lies between this and preflight.
    preflight::unchanged(context).await?;
    let image = new_image(context).await?;
    context.check_cancel()?;
    match &context.change.workload {
        Workload::Service(workload) => service::move_to(context, workload, &image).await?,
        Workload::Container(workload) => container::move_to(context, workload, &image).await?,
    }
    followers::connect(context).await?;
    Ok(StageOutput::Nothing)
}

/// Puts the data back where it has to, has the old image run again, and waits until it is good.
pub(super) async fn undo(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let old = &context.change.from.image_id;
    let ended = context.vault.end_work(Some(&context.id.stack())).await;
    ended.map_err(|error| StageError::vault(Stage::Apply, &error))?;
    if let Workload::Service(workload) = &context.change.workload {
        // A Compose whose Dockrev was killed goes on: it would start the new version on the data that goes back.
        context.compose.wait_until_idle(&workload.service.stack).await.map_err(|error| host(&error))?;
        one_shots::end(context, workload).await?;
    }
    have_old_image(context, old).await?;
    let stopped_others = data::put_back(context).await?;
    let left = match &context.change.workload {
        Workload::Service(workload) => service::go_back(context, workload).await?,
        Workload::Container(workload) => container::go_back(context, workload).await.map(|()| None)?,
    };
    // One of those that were stopped for the data may be a follower: the container that it had cannot start any more.
    followers::connect(context).await?;
    data::start_again(context, &stopped_others).await?;
    let good = revive::wait_until_good_again(context, old).await.map_err(not_good)?;
    followers::wait_until_good(context).await?;
    // The old image is back; what else there is to say is said last.
    left.map_or_else(|| Ok(good.into_output(context.id)), |left| Err(StageError::Failed(left)))
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

fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Apply, error)
}
