//! The part of apply that writes a newer tag into the user's own file, and its undo.
//!
//! Edits that others make meanwhile elsewhere in the file stay. If they change the very text that was written, it is
//! theirs: the undo leaves it, pins the old image in Dockrev's override file so that the service comes back, and says so.

use super::service::{go_back_without_a_pin, pin, pin_old};
use super::{Context, StageError, host, move_local_tag};
use dockrev_core::ids::ImageId;
use dockrev_core::image::PinnedImage;
use dockrev_core::job::{Effect, Failure, Stage};
use dockrev_core::plan::{Rewrite, RewritePlan, ServiceWorkload, UndoRule};
use dockrev_core::ports::{Standing, Way};

/// Gives the newer tag its image, writes it into the file, and takes out a pin that would overrule it.
pub(super) async fn perform(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    plan: &RewritePlan,
    image: &ImageId,
) -> Result<(), StageError> {
    move_local_tag(context, &context.change.to.tagged(), image).await?;
    match standing(context, &plan.rewrite).await? {
        Standing::Before => edit(context, &plan.rewrite, Way::Forth).await?,
        Standing::After => {}
        Standing::Other => return Err(StageError::Failed(changed(workload, &plan.rewrite, "apply.file-changed"))),
    }
    pin(context, workload, None).await?;
    is_read(context, workload).await
}

/// Puts the old text back, and what the newer tag and the pin were. Gives what is to be said once the service is back: that
/// the text is somebody else's by now, and was left.
pub(super) async fn undo(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    plan: &RewritePlan,
) -> Result<Option<Failure>, StageError> {
    let left = match standing(context, &plan.rewrite).await? {
        Standing::Before => None,
        Standing::After => {
            edit(context, &plan.rewrite, Way::Back).await?;
            None
        }
        Standing::Other => Some(changed(workload, &plan.rewrite, "rollback.file-changed")),
    };
    if let Some(image) = &plan.tag_before {
        give_tag_back(context, image).await?;
    }
    match (&left, &plan.before) {
        (_, Some(before)) => pin_old(context, workload, before).await?,
        (None, None) => go_back_without_a_pin(context, workload, &context.change.from.image_id).await?,
        (Some(left), None) => pin_what_ran(context, workload, left).await?,
    }
    Ok(left)
}

async fn standing(context: &Context<'_>, rewrite: &Rewrite) -> Result<Standing, StageError> {
    context.rewriting.standing(rewrite).await.map_err(|error| host(&error))
}

async fn edit(context: &Context<'_>, rewrite: &Rewrite, way: Way) -> Result<(), StageError> {
    let (from, to) = match way {
        Way::Forth => (&rewrite.before, &rewrite.after),
        Way::Back => (&rewrite.after, &rewrite.before),
    };
    let effect = Effect::EditFile { location: rewrite.location(), from: from.clone(), to: to.clone() };
    context.pen.intends(&effect).await?;
    context.rewriting.replace(rewrite, way).await.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

/// The plan was proven on a copy; this is the file itself, and nothing has been made from it yet.
async fn is_read(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    let model = context.compose.model(&workload.project).await.map_err(|error| host(&error))?;
    let image = model.services.get(&workload.service.service).and_then(|service| service.image.clone());
    if image.as_ref().is_some_and(|image| image.parse() == Ok(context.change.to.tagged())) {
        return Ok(());
    }
    let found = image.map_or_else(|| "no image".to_owned(), |image| format!("`{image}`"));
    Err(StageError::failed(
        Stage::Apply,
        "apply.edit-not-read",
        format!("the file was edited, and Compose reads {found} for `{}` from it", workload.service),
        "look at what else says the image of this service; `rewrite = false` pins it in an override file instead",
    ))
}

/// The tag stood for another image that nobody was made from. It may be gone by now, and is then nobody's.
async fn give_tag_back(context: &Context<'_>, image: &ImageId) -> Result<(), StageError> {
    if context.engine.image_by_id(image).await.map_err(|error| host(&error))?.is_none() {
        return Ok(());
    }
    move_local_tag(context, &context.change.to.tagged(), image).await
}

async fn pin_what_ran(context: &Context<'_>, workload: &ServiceWorkload, left: &Failure) -> Result<(), StageError> {
    let from = &context.change.from;
    let Some(digest) = from.digest.clone() else { return Err(StageError::Failed(left.clone())) };
    let repository = from.reference.repository().clone();
    pin_old(context, workload, &PinnedImage { repository, tag: from.tag.clone(), digest }).await
}

fn changed(workload: &ServiceWorkload, rewrite: &Rewrite, code: &str) -> Failure {
    let message = format!(
        "{} of `{}` was changed by somebody else after this was planned, and is left as it is",
        rewrite.place,
        rewrite.file.path.display()
    );
    let hint = format!(
        "`{}` was there, and `{}` took its place: write what `{}` shall be made from, and bring it up",
        rewrite.before, rewrite.after, workload.service
    );
    Failure { stage: Stage::Apply, code: code.to_owned(), message, hint: Some(hint), undo: UndoRule::Automatic }
}
