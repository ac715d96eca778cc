//! `dockrev start | stop | restart`: a container, or those of a service or a stack, through the engine.

use super::arguments::ContainersArguments;
use super::paint::{Tone, paint};
use super::update::find_service;
use super::{Ending, Failure};
use crate::app::{App, Host};
use crate::cli::output::out;
use crate::config::Config;
use dockrev_core::ids::{ContainerName, JobId, ServiceId, StackName};
use dockrev_core::ports::{ContainerOrder, Ordered, StackLocks};
use dockrev_core::stack::{Container, Inventory, Service};
use dockrev_engine::detect::DetectError;

/// What is asked of the containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
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

    fn done(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
        }
    }
}

/// Services are started after those that they wait for, and stopped before them.
pub(super) async fn run(config: &Config, wish: Wish, arguments: &ContainersArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    let host = app.host()?;
    let (stack, containers) = chosen(&host, arguments).await?;
    // Nobody stops what a job is waiting for.
    let guard = app.locks().await?.take(&stack, &JobId::new(wish.done())).await;
    let _guard = guard.map_err(dockrev_engine::runner::RunError::from)?;
    for order in wish.orders() {
        let mut ordered: Vec<&Container> = containers.iter().collect();
        if *order == ContainerOrder::Stop {
            ordered.reverse();
        }
        for container in ordered {
            if host.engine.order(&container.id, *order).await? == Ordered::Gone {
                let message = format!("container `{}` went away meanwhile", container.name);
                return Err(Failure::new("container.gone", message).hint("run the command again"));
            }
        }
    }
    for container in &containers {
        out!("{} {}", paint(Tone::Good, wish.done()), container.name);
    }
    Ok(Ending::Fine)
}

/// What is asked for, in the order in which it is started, and the stack that it is locked by.
async fn chosen(host: &Host, arguments: &ContainersArguments) -> Result<(StackName, Vec<Container>), Failure> {
    let inventory = host.engine.inventory().await?;
    if let Some(name) = &arguments.container {
        let found = inventory.standalone.into_iter().find(|container| container.name == *name);
        let stack = StackName::of_container(&ContainerName::new(name));
        let missing = || Failure::from(DetectError::NoSuchContainer(ContainerName::new(name)));
        return Ok((stack, vec![found.ok_or_else(missing)?]));
    }
    let (stack, services) = match (&arguments.service, &arguments.stack) {
        (Some(service), _) => {
            let id = find_service(host, service).await?;
            let mut services = of_stack(&inventory, &id.stack)?;
            services.retain(|service| service.id == id);
            (id.stack, services)
        }
        (None, stack) => {
            let stack = StackName::new(stack.as_deref().unwrap_or_default());
            let services = of_stack(&inventory, &stack)?;
            (stack, services)
        }
    };
    if services.is_empty() {
        let name = arguments.service.as_deref().unwrap_or_default();
        return Err(Failure::new("service.not-found", format!("`{name}` has no containers on this engine")));
    }
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
