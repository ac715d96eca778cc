//! Putting data back, as a part of undoing apply: nothing that could write to it runs meanwhile.

use crate::context::{Context, Held, StageError};
use dockrev_core::backup::{self, DataTarget};
use dockrev_core::job::{DataWish, Direction, Effect, Stage};
use dockrev_core::ports::{ContainerOrder, HostError, RestoreItem};

/// Puts back what has to go back, and gives the other services' containers that were stopped for it.
///
/// Nothing goes back if the new version never ran, or if it was put back before: the old version may have written since.
pub(super) async fn put_back(context: &Context<'_>) -> Result<Vec<Held>, StageError> {
    let targets = going_back(context);
    let Some(artifact) = context.past.artifact().filter(|_| !targets.is_empty()) else { return Ok(Vec::new()) };
    if !context.past.new_version_may_have_run() {
        return Ok(Vec::new());
    }
    // What an earlier, interrupted try stopped, the service's own containers among it: those are gone by the time that
    // the others are started, or are the old ones.
    let mut others = context.past.held(Stage::Apply, Direction::Undo);
    if context.past.is_restored() {
        return Ok(others);
    }
    for user in running_users(context, &targets).await? {
        if user.own == Own::No && !others.contains(&user.held) {
            others.push(user.held.clone());
        }
        context.order((&user.held.id, &user.held.name), ContainerOrder::Stop).await?;
    }
    let names = targets.iter().map(|target| target.name.clone()).collect();
    let effect = Effect::RestoreData { artifact: artifact.name.clone(), targets: names };
    context.pen.intends(&effect).await?;
    let items: Vec<RestoreItem> = targets.into_iter().map(RestoreItem::in_place).collect();
    let restored = context.vault.restore(&artifact.name, &items, context.pen.scribe).await;
    restored.map_err(|error| StageError::vault(Stage::Apply, &error))?;
    context.pen.did(effect).await?;
    Ok(others)
}

/// Starts what [`put_back`] stopped of others. The own containers are started by whatever puts the old image back.
pub(super) async fn start_again(context: &Context<'_>, others: &[Held]) -> Result<(), StageError> {
    for other in others {
        context.order((&other.id, &other.name), ContainerOrder::Start).await?;
    }
    Ok(())
}

fn going_back(context: &Context<'_>) -> Vec<DataTarget> {
    let Some(plan) = &context.change.backup else { return Vec::new() };
    match context.data {
        DataWish::Keep => Vec::new(),
        DataWish::AsPlanned => plan.going_back().cloned().collect(),
        DataWish::Restore => plan.taken().cloned().collect(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Yes,
    No,
}

struct User {
    held: Held,
    own: Own,
}

/// The running containers that mount one of `targets` now, and all of the service's own that do: one that does not run
/// may be about to, for Compose has just ordered it.
async fn running_users(context: &Context<'_>, targets: &[DataTarget]) -> Result<Vec<User>, StageError> {
    let inventory = context.engine.inventory().await.map_err(|error| host(&error))?;
    let now = backup::of_stack(&inventory, &context.id.stack());
    let users = now.iter().filter(|found| targets.iter().any(|target| target.name == found.name));
    let mut found: Vec<User> = Vec::new();
    for user in users.flat_map(|target| &target.users) {
        let own = if user.is_of(context.id) { Own::Yes } else { Own::No };
        if !user.running && own == Own::No {
            continue;
        }
        let held = Held { id: user.container.clone(), name: user.name.clone() };
        if found.iter().all(|known| known.held.id != held.id) {
            found.push(User { held, own });
        }
    }
    Ok(found)
}

fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Apply, error)
}
