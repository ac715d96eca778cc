//! Backup: copies the data before anything is replaced. The service is stopped or frozen as the plan says.
//!
//! After a crash the stage counts as failed. Its undo lets every container go that the journal says was held, and
//! removes what was not finished; a finished backup stays.

use crate::context::{Context, Held, StageError};
use crate::{followers, revive};
use dockrev_core::backup::{ArtifactName, BackupPlan, Consistency, FailureRule};
use dockrev_core::job::{Direction, Effect, HookMoment, Stage, StageOutput};
use dockrev_core::ports::{ContainerOrder, HostError, Ordered, VaultError};
use dockrev_core::stack::{ContainerStatus, RunState};
use std::collections::BTreeSet;
use std::time::Duration;

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let Some(plan) = context.change.backup.as_ref().filter(|plan| plan.taken().next().is_some()) else {
        context.pen.scribe.say("there is nothing to copy");
        return Ok(StageOutput::Nothing);
    };
    let name =
        context.vault.free_name(&context.id.stack(), context.clock.timestamp()).await.map_err(|error| vault(&error))?;
    let mut holding = Holding::default();
    match copy(context, plan, &name, &mut holding).await {
        Err(StageError::Failed(failure)) if plan.on_failure == FailureRule::GoOn && !context.cancel.is_raised() => {
            context.pen.scribe.say(format!("going on without a backup, as the settings ask: {failure}"));
            discard(context, &name).await;
            holding.let_others_go(context).await?;
            Ok(StageOutput::Nothing)
        }
        result => result,
    }
}

/// Lets everything go on that this job held. Where the service itself was stopped and nothing came after, it is
/// started again and has to become good, and those that live in its namespaces after it.
pub(super) async fn undo(context: &Context<'_>) -> Result<StageOutput, StageError> {
    context.vault.end_work(Some(&context.id.stack())).await.map_err(|error| vault(&error))?;
    if let Some(name) = context.past.unfinished_artifact() {
        discard(context, name).await;
    }
    let mut held = context.past.held(Stage::Backup, Direction::Do);
    // What an earlier try of this very undo stopped to start it once more.
    held.extend(context.past.held(Stage::Backup, Direction::Undo));
    if held.is_empty() {
        return Ok(StageOutput::Nothing);
    }
    for container in &held {
        if !context.past.has_stopped(&container.id) {
            // The engine may still be at it: a start before the end of the stop would be none.
            context.order((&container.id, &container.name), ContainerOrder::Stop).await?;
        }
        let ordered = context.order((&container.id, &container.name), ContainerOrder::Unpause).await?;
        if ordered == Ordered::Done {
            context.order((&container.id, &container.name), ContainerOrder::Start).await?;
        }
    }
    if context.past.has_begun(Stage::Apply) {
        // Apply's own undo has waited for the service.
        return Ok(StageOutput::Nothing);
    }
    // What lives in the namespaces of a container that was stopped is cut off from it until it is started again itself.
    followers::connect(context).await?;
    let good = revive::wait_until_good_again(context, &context.change.from.image_id).await?;
    followers::wait_until_good(context).await?;
    Ok(good.into_output(context.id))
}

/// What is held still for the copy.
#[derive(Default)]
struct Holding {
    own: Vec<Held>,
    others: Vec<Held>,
    since: Option<Duration>,
}

async fn copy(
    context: &Context<'_>,
    plan: &BackupPlan,
    name: &ArtifactName,
    holding: &mut Holding,
) -> Result<StageOutput, StageError> {
    let own = running(context).await?;
    run_hook(context, plan.before.as_deref(), &own, HookMoment::Before).await?;
    holding.take(context, plan, &own).await?;
    let effect = Effect::WriteBackup { artifact: name.clone() };
    context.pen.intends(&effect).await?;
    let written = context.vault.write(name, &plan.targets, context.cancel, context.pen.scribe).await;
    let artifact = written.map_err(|error| vault(&error))?;
    context.pen.did(effect).await?;
    let held_ms = holding.since.map_or(0, |since| context.clock.monotonic().saturating_sub(since).as_millis());
    holding.let_others_go(context).await?;
    if plan.consistency != Consistency::Stop {
        holding.let_own_go(context).await?;
        run_hook(context, plan.after.as_deref(), &own, HookMoment::After).await?;
    }
    for note in artifact.targets.iter().flat_map(|target| &target.notes) {
        context.pen.scribe.say(format!("backup: {note}"));
    }
    Ok(StageOutput::BackedUp { artifact, held_ms: u64::try_from(held_ms).unwrap_or(u64::MAX) })
}

impl Holding {
    /// Others first, so that the service's own time out is the shortest.
    async fn take(
        &mut self,
        context: &Context<'_>,
        plan: &BackupPlan,
        own: &[ContainerStatus],
    ) -> Result<(), StageError> {
        for other in running_others(context, plan).await? {
            let (id, name) = (other.id.clone(), other.name.clone());
            // Whether or not it comes to it: one that is not frozen takes no harm from being let go.
            self.others.push(other);
            context.order((&id, &name), ContainerOrder::Pause).await?;
        }
        let order = match plan.consistency {
            Consistency::Live => return Ok(()),
            Consistency::Pause => ContainerOrder::Pause,
            Consistency::Stop => ContainerOrder::Stop,
        };
        if !plan.holds(context.id) {
            return Ok(());
        }
        self.since = Some(context.clock.monotonic());
        for container in own {
            self.own.push(Held { id: container.id.clone(), name: container.name.clone() });
            context.order((&container.id, &container.name), order).await?;
        }
        Ok(())
    }

    async fn let_others_go(&mut self, context: &Context<'_>) -> Result<(), StageError> {
        for held in std::mem::take(&mut self.others) {
            context.order((&held.id, &held.name), ContainerOrder::Unpause).await?;
        }
        Ok(())
    }

    async fn let_own_go(&mut self, context: &Context<'_>) -> Result<(), StageError> {
        for held in std::mem::take(&mut self.own) {
            context.order((&held.id, &held.name), ContainerOrder::Unpause).await?;
        }
        Ok(())
    }
}

async fn running(context: &Context<'_>) -> Result<Vec<ContainerStatus>, StageError> {
    let mut containers = context.status().await.map_err(|error| host(&error))?;
    containers.retain(|container| matches!(container.run, RunState::Running | RunState::Restarting));
    Ok(containers)
}

/// The containers that those are now which the plan has frozen: an earlier job of the same plan may have made them anew.
async fn running_others(context: &Context<'_>, plan: &BackupPlan) -> Result<Vec<Held>, StageError> {
    let (mut others, mut asked) = (Vec::new(), BTreeSet::new());
    for user in plan.frozen_others(context.id) {
        let Some(service) = &user.service else {
            others.push(Held { id: user.container.clone(), name: user.name.clone() });
            continue;
        };
        if asked.insert(service) {
            let now = context.engine.service_status(service).await.map_err(|error| host(&error))?;
            let runs = now.into_iter().filter(|container| container.run == RunState::Running);
            others.extend(runs.map(|container| Held { id: container.id, name: container.name }));
        }
    }
    Ok(others)
}

/// In the first container only: a dump of a database is made once.
async fn run_hook(
    context: &Context<'_>,
    command: Option<&[String]>,
    own: &[ContainerStatus],
    when: HookMoment,
) -> Result<(), StageError> {
    let (Some(command), Some(container)) = (command, own.first()) else { return Ok(()) };
    let effect = Effect::RunHook { name: container.name.clone(), when };
    context.pen.intends(&effect).await?;
    let ran = context.engine.run_in(&container.id, command, context.pen.scribe).await;
    ran.map_err(|error| host(&error))?;
    context.pen.did(effect).await?;
    Ok(())
}

/// What is left of a backup that was not finished costs space and nothing else.
async fn discard(context: &Context<'_>, name: &ArtifactName) {
    if let Err(error) = context.vault.discard(name).await {
        context.pen.scribe.say(format!("an unfinished backup is left over: {error}"));
    }
}

fn host(error: &HostError) -> StageError {
    StageError::host(Stage::Backup, error)
}

fn vault(error: &VaultError) -> StageError {
    StageError::vault(Stage::Backup, error)
}
