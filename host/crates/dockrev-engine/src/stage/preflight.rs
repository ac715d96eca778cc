//! Preflight: is the world still as the plan says? Changes nothing, so that a stale plan costs nothing.

use crate::context::{Context, StageError};
use crate::followers;
use dockrev_core::ids::ServiceName;
use dockrev_core::job::{Stage, StageOutput};
use dockrev_core::plan::{ContainerWorkload, OneShotImage, ServiceWorkload, Workload, Writing};
use dockrev_core::ports::{HostError, Recreation};
use dockrev_core::stack::RunState;

const PLAN_AGAIN: &str = "run the command again: it makes a new plan";

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    nobody_is_at_the_data(context).await?;
    same_containers(context).await?;
    followers_run(context).await?;
    one_shots_have_ended(context).await?;
    unchanged(context).await?;
    Ok(StageOutput::Nothing)
}

/// A restore by hand may have outlived its process.
async fn nobody_is_at_the_data(context: &Context<'_>) -> Result<(), StageError> {
    let ended = context.vault.end_work(Some(&context.id.stack())).await;
    ended.map_err(|error| StageError::vault(context.pen.stage, &error))
}

/// What has to be so from the plan until the containers are replaced, whether or not they run: how they are made, and
/// the way back.
pub(super) async fn unchanged(context: &Context<'_>) -> Result<(), StageError> {
    match &context.change.workload {
        Workload::Service(workload) => {
            same_files(context, workload).await?;
            same_pin(context, workload).await?;
            followers_stay_what_they_are(context, workload).await?;
        }
        Workload::Container(workload) => can_be_made_anew(context, workload).await?,
    }
    old_image_is_here(context).await
}

async fn can_be_made_anew(context: &Context<'_>, workload: &ContainerWorkload) -> Result<(), StageError> {
    let name = &workload.container;
    let found = context.standalone.recreations(std::slice::from_ref(name)).await;
    let mut found = found.map_err(|error| host(context, &error))?;
    let refused = |what: String| {
        Err(StageError::failed(
            context.pen.stage,
            "preflight.container-changed",
            format!("`{name}` {what}"),
            PLAN_AGAIN,
        ))
    };
    match found.remove(name) {
        None => refused("is not there any more".to_owned()),
        Some(Recreation { obstacle: Some(reason), .. }) => refused(format!("cannot be made anew: {reason}")),
        Some(Recreation { tied_to_it, .. }) if !tied_to_it.is_empty() => {
            refused(format!("lends its network, a namespace or its volumes to {} by now", tied_to_it.join(", ")))
        }
        Some(Recreation { is_removed_on_stop, .. }) if is_removed_on_stop != workload.is_removed_on_stop => {
            refused("was made anew with other settings".to_owned())
        }
        Some(_) => Ok(()),
    }
}

async fn same_containers(context: &Context<'_>) -> Result<(), StageError> {
    let change = context.change;
    let containers = context.status().await.map_err(|error| host(context, &error))?;
    let changed = |what: String| StageError::failed(Stage::Preflight, "preflight.service-changed", what, PLAN_AGAIN);
    if containers.is_empty() {
        return Err(changed(format!("`{}` no longer has a container", context.id)));
    }
    let mut running = containers
        .iter()
        .filter(|container| container.run == RunState::Running || container.run == RunState::Restarting)
        .peekable();
    if running.peek().is_none() {
        return Err(changed(format!("`{}` is stopped, and an update would start it", context.id)));
    }
    if let Some(other) = running.find(|container| container.image_id != change.from.image_id) {
        return Err(changed(format!("container `{}` runs another image than when this was planned", other.name)));
    }
    Ok(())
}

/// Making one anew that was stopped since would start it.
async fn followers_run(context: &Context<'_>) -> Result<(), StageError> {
    let Some(workload) = context.change.workload.service() else { return Ok(()) };
    for follower in &workload.followers {
        let id = followers::id(workload, &follower.service);
        let status = context.engine.service_status(&id).await.map_err(|error| host(context, &error))?;
        if status.is_empty() || status.iter().any(|container| container.run != RunState::Running) {
            return Err(follower_changed(context, &format!("`{id}`, which would be made anew, does not run any more")));
        }
    }
    Ok(())
}

/// A follower's own update may have come before this change: what counts is that making it anew changes nothing of it.
async fn followers_stay_what_they_are(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    if workload.followers.is_empty() {
        return Ok(());
    }
    let failed = |error: HostError| host(context, &error);
    let model = context.compose.model(&workload.project).await.map_err(failed)?;
    let pins = context.compose.pins(&workload.service.stack).await.map_err(failed)?;
    for follower in &workload.followers {
        let id = followers::id(workload, &follower.service);
        let status = context.engine.service_status(&id).await.map_err(failed)?;
        let made = status.iter().map(|container| (container.image.as_str(), &container.image_id));
        let stays = followers::is_made_from(context.engine, (&model, &pins), &follower.service, made).await;
        if !stays.map_err(failed)? {
            return Err(follower_changed(context, &format!("`{id}` would be made anew from another image by now")));
        }
    }
    Ok(())
}

fn follower_changed(context: &Context<'_>, what: &str) -> StageError {
    StageError::failed(context.pen.stage, "preflight.follower-changed", what.to_owned(), PLAN_AGAIN)
}

/// One that runs is at work for somebody else.
async fn one_shots_have_ended(context: &Context<'_>) -> Result<(), StageError> {
    let Some(workload) = context.change.workload.service() else { return Ok(()) };
    for one_shot in &workload.one_shots {
        let id = followers::id(workload, &one_shot.service);
        let status = context.engine.service_status(&id).await.map_err(|error| host(context, &error))?;
        let runs = |run: RunState| match run {
            RunState::Running | RunState::Restarting | RunState::Paused => true,
            RunState::Exited { .. } | RunState::NotStarted => false,
        };
        if status.iter().any(|container| runs(container.run)) {
            let message = format!("`{id}`, which runs before `{}`, is at work", workload.service);
            return Err(StageError::failed(context.pen.stage, "preflight.one-shot-runs", message, PLAN_AGAIN));
        }
    }
    Ok(())
}

async fn same_files(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    let files = match workload.earlier_edits.as_slice() {
        [] => context.compose.fingerprint(&workload.project).await,
        edits => context.rewriting.fingerprint_without(&workload.project, edits).await,
    };
    let files = files.map_err(|error| host(context, &error))?;
    if files == workload.files {
        return Ok(());
    }
    let changed = files.iter().find(|file| !workload.files.contains(file)).or(workload.files.first());
    let path = changed.map_or_else(String::new, |file| format!(" (`{}`)", file.path.display()));
    let message = format!("the files of stack `{}` changed after this was planned{path}", workload.service.stack);
    Err(StageError::failed(context.pen.stage, "preflight.files-changed", message, PLAN_AGAIN))
}

async fn same_pin(context: &Context<'_>, workload: &ServiceWorkload) -> Result<(), StageError> {
    let pins = context.compose.pins(&workload.service.stack).await.map_err(|error| host(context, &error))?;
    let changed = |service: &ServiceName| {
        let id = followers::id(workload, service);
        let message = format!("the override file pins another image for `{id}` than when this was planned");
        Err(StageError::failed(context.pen.stage, "preflight.pin-changed", message, PLAN_AGAIN))
    };
    if pins.get(&workload.service.service) != workload.pin_found.as_ref() {
        return changed(&workload.service.service);
    }
    let new_pin = match &workload.writing {
        Writing::Override { .. } => Some(&context.change.to),
        Writing::LocalTag | Writing::Rewrite(_) => None,
    };
    for one_shot in &workload.one_shots {
        let OneShotImage::Moves { pin_found } = &one_shot.image else { continue };
        let pin = pins.get(&one_shot.service);
        // An earlier job of the same plan may have moved it already.
        if pin != pin_found.as_ref() && pin != new_pin {
            return changed(&one_shot.service);
        }
    }
    Ok(())
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
