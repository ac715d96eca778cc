//! Starting and stopping containers through the engine.

use super::Failure;
use crate::app::{App, Host};
use dockrev_core::ids::{ContainerName, JobId, ServiceId, StackName};
use dockrev_core::ports::{ContainerOrder, Ordered, StackLocks};
use dockrev_core::stack::{Container, Inventory, Service};
use dockrev_engine::detect::DetectError;
use dockrev_engine::runner::RunError;
use serde::{Deserialize, Serialize};
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

/// Has containers do as `wish` says, and gives their names. Services are started after those that they wait for, and
/// stopped before them.
pub async fn order(app: &App, host: &Host, whose: &Whose, wish: Wish) -> Result<Vec<String>, Failure> {
    let (stack, containers) = chosen(host, whose).await?;
    // Nobody stops what a job is waiting for.
    let guard = app.locks().await?.take(&stack, &JobId::new(wish.done())).await;
    let _guard = guard.map_err(RunError::from)?;
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
    Ok(containers.into_iter().map(|container| container.name).collect())
}

/// What is asked for, in the order in which it is started, and the stack that it is locked by.
async fn chosen(host: &Host, whose: &Whose) -> Result<(StackName, Vec<Container>), Failure> {
    let inventory = host.engine.inventory().await?;
    let (stack, services) = match whose {
        Whose::Container(name) => {
            let found = inventory.standalone.into_iter().find(|container| container.name == name.as_str());
            let container = found.ok_or_else(|| DetectError::NoSuchContainer(name.clone()))?;
            return Ok((StackName::of_container(name), vec![container]));
        }
        Whose::Stack(stack) => (stack.clone(), of_stack(&inventory, stack)?),
        Whose::Service(id) => {
            let mut services = of_stack(&inventory, &id.stack)?;
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
        let is_waited_for = |service: &Service, id: &ServiceId| service.depends_on.contains(&id.service);
        let ready = waiting.iter().position(|service| {
            !waiting.iter().any(|other| other.id != service.id && is_waited_for(service, &other.id))
        });
        ordered.push(waiting.remove(ready.unwrap_or(0)));
    }
    ordered
}
