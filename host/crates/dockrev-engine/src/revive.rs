//! The way back ends when the old containers are good again. Where they run and do not become good, they are stopped and
//! started once, as a person would: an engine that was killed may find a container running and never run its healthcheck
//! again (seen with 20.10 and `live-restore`).

use crate::context::{Context, StageError};
use crate::followers;
use crate::health::{self, Good, NOT_HEALTHY};
use dockrev_core::ids::ImageId;
use dockrev_core::ports::ContainerOrder;
use dockrev_core::stack::{ContainerStatus, Health, RunState};

/// Waits until the containers, made from the old image, are good.
pub(crate) async fn wait_until_good_again(context: &Context<'_>, old: &ImageId) -> Result<Good, StageError> {
    let failure = match health::wait_until_good(context, old).await {
        Err(StageError::Failed(failure)) if failure.code == NOT_HEALTHY => failure,
        waited => return waited,
    };
    let mut containers = context.status().await.map_err(|error| StageError::host(context.pen.stage, &error))?;
    if containers.is_empty() || !containers.iter().all(|container| may_be_forgotten(container, old)) {
        return Err(StageError::Failed(failure));
    }
    context.pen.scribe.say(format!("starting it once more: {failure}"));
    containers.sort_by(|a, b| a.name.cmp(&b.name));
    for order in [ContainerOrder::Stop, ContainerOrder::Start] {
        for container in &containers {
            context.order((&container.id, &container.name), order).await?;
        }
    }
    followers::connect(context).await?;
    health::wait_until_good(context, old).await
}

/// One that runs and has a healthcheck. One that ends by itself has been started again already, or never will be.
fn may_be_forgotten(container: &ContainerStatus, old: &ImageId) -> bool {
    container.image_id == *old
        && container.run == RunState::Running
        && container.restart_count == 0
        && matches!(container.health, Health::Checked { .. })
}
