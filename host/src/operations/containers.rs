//! Starting and stopping containers through the engine.

use super::Failure;
use crate::app::{App, Host};
use dockrev_core::ids::{ContainerId, ContainerName, JobId, ServiceId, StackName};
use dockrev_core::ports::{ContainerOrder, Ordered, StackLocks, Vault};
use dockrev_core::stack::{Container, Inventory, RunState, Service};
use dockrev_engine::detect::DetectError;
use dockrev_engine::runner::RunError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is asked of the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ContainerWish)]
pub enum Wish {
    /// Run.
    Start,
    /// End.
    Stop,
    /// End, then run.
    Restart,
}

impl Wish {
    fn orders(self) -> &'static [ContainerOrder] {
        match self {
            Self::Start => &[ContainerOrder::Start],
            Self::Stop => &[ContainerOrder::Stop],
            Self::Restart => &[ContainerOrder::Stop, ContainerOrder::Start],
        }
    }

    /// What has become of them.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
        }
    }
}

/// Whose containers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// Of a service.
    Service(ServiceId),
    /// Of all services of a stack.
    Stack(StackName),
    /// One that belongs to no stack.
    Container(ContainerName),
}

/// Has containers do as `wish` says, and gives the names of all that did. Services are started after those that they wait
/// for, and stopped before them. What lives in one that was started is started again
/// after it.
pub async fn order(app: &App, host: &Host, whose: &Whose, wish: Wish) -> Result<Vec<String>, Failure> {
    let inventory = host.engine.inventory().await?;
    let (stack, containers) = chosen(&inventory, whose)?;
    // Nobody stops what a job is waiting for.
    let guard = app.locks().await?.take(&stack, &JobId::new(wish.done())).await;
    let _guard = guard.map_err(RunError::from)?;
    // A restore may have outlived its process.
    app.vault(host)?.end_work(Some(&stack)).await?;
    for order in wish.orders() {
        let mut ordered: Vec<&Container> = containers.iter().collect();
        if *order == ContainerOrder::Stop {
            ordered.reverse();
        }
        for container in ordered {
            if host.engine.order(&container.id, *order).await? == Ordered::Gone {
                let message = format!("container `{}` went away meanwhile", container.name);
                return Err(Failure::new("container.gone", message).hint("try again"));
            }
        }
    }
    let mut names: Vec<String> = containers.iter().map(|container| container.name.clone()).collect();
    let begun: Vec<ContainerId> = match wish {
        Wish::Stop => Vec::new(),
        Wish::Start => containers.iter().filter(|container| !runs(container)).map(|it| it.id.clone()).collect(),
        Wish::Restart => containers.iter().map(|container| container.id.clone()).collect(),
    };
    names.extend(connect(host, &inventory, begun).await?);
    Ok(names)
}

/// Starts those again that live in a container that has just been `begun`, for what they live in is a new one; and those in
/// theirs. Gives their names.
pub(super) async fn connect(
    host: &Host,
    inventory: &Inventory,
    mut begun: Vec<ContainerId>,
) -> Result<Vec<String>, Failure> {
    let homes = homes(host, inventory, &begun).await?;
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
    let mut others: Vec<&Container> =
        services.flat_map(|service| &service.containers).chain(&inventory.standalone).collect();
    others.retain(|container| runs(container) && !begun.contains(&container.id));
    let mut names = Vec::new();
    let lives_in = |container: &Container, begun: &[ContainerId]| {
        homes.get(&container.id).is_some_and(|homes| homes.iter().any(|home| begun.contains(home)))
    };
    while let Some(next) = others.iter().position(|container| lives_in(container, &begun)) {
        let follower = others.remove(next);
        host.engine.order(&follower.id, ContainerOrder::Stop).await?;
        host.engine.order(&follower.id, ContainerOrder::Start).await?;
        begun.push(follower.id.clone());
        names.push(follower.name.clone());
    }
    Ok(names)
}

/// The containers that others live in: of their networks all, of other namespaces (`ipc`, `pid`) what the services of the
/// stacks of `begun` live in.
async fn homes(
    host: &Host,
    inventory: &Inventory,
    begun: &[ContainerId],
) -> Result<BTreeMap<ContainerId, Vec<ContainerId>>, Failure> {
    let mut homes: BTreeMap<ContainerId, Vec<ContainerId>> = BTreeMap::new();
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
    for container in services.flat_map(|service| &service.containers).chain(&inventory.standalone) {
        homes.entry(container.id.clone()).or_default().extend(container.network_of.clone());
    }
    let has_begun = |service: &Service| service.containers.iter().any(|container| begun.contains(&container.id));
    for stack in inventory.stacks.iter().filter(|stack| stack.services.iter().any(has_begun)) {
        for service in &stack.services {
            for status in host.engine.service_status(&service.id).await? {
                homes.entry(status.id).or_default().extend(status.lives_in);
            }
        }
    }
    Ok(homes)
}

fn runs(container: &Container) -> bool {
    match container.run {
        RunState::Running | RunState::Restarting | RunState::Paused => true,
        RunState::Exited { .. } | RunState::NotStarted => false,
    }
}

/// What is asked for, in the order in which it is started, and the stack that it is locked by.
fn chosen(inventory: &Inventory, whose: &Whose) -> Result<(StackName, Vec<Container>), Failure> {
    let (stack, services) = match whose {
        Whose::Container(name) => {
            let found = inventory.standalone.iter().find(|container| container.name == name.as_str());
            let container = found.cloned().ok_or_else(|| DetectError::NoSuchContainer(name.clone()))?;
            return Ok((StackName::of_container(name), vec![container]));
        }
        Whose::Stack(stack) => (stack.clone(), of_stack(inventory, stack)?),
        Whose::Service(id) => {
            let mut services = of_stack(inventory, &id.stack)?;
            services.retain(|service| service.id == *id);
            if services.is_empty() {
                return Err(Failure::new("service.not-found", format!("`{id}` has no containers on this engine")));
            }
            (id.stack.clone(), services)
        }
    };
    Ok((stack, in_order(services).into_iter().flat_map(|service| service.containers).collect()))
}

fn of_stack(inventory: &Inventory, stack: &StackName) -> Result<Vec<Service>, Failure> {
    let found = inventory.stacks.iter().find(|found| found.name == *stack);
    let services = found.map(|stack| stack.services.clone());
    services.ok_or_else(|| {
        Failure::new("stack.not-found", format!("there is no stack `{stack}` with containers on this engine"))
            .hint("`dockrev check` lists all stacks")
    })
}

/// Those that others wait for come first. A circle, which Compose refuses, is broken at its first service by name.
fn in_order(mut waiting: Vec<Service>) -> Vec<Service> {
    let mut ordered: Vec<Service> = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let ready = waiting
            .iter()
            .position(|service| !waiting.iter().any(|other| other.id != service.id && comes_after(service, other)));
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}

/// Whether it waits for `other`, or lives in its network.
fn comes_after(service: &Service, other: &Service) -> bool {
    let hosts: Vec<&ContainerId> = other.containers.iter().map(|container| &container.id).collect();
    service.depends_on.contains(&other.id.service)
        || service.containers.iter().filter_map(|container| container.network_of.as_ref()).any(|of| hosts.contains(&of))
}
