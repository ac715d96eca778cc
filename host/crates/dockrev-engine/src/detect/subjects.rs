//! What is to be looked at, and what is known of it before any registry is asked.

use super::{Depth, DetectError, Scope};
use dockrev_core::detection::{ComposeFacts, Subject};
use dockrev_core::ids::StackName;
use dockrev_core::ports::{Compose, Engine, HostError};
use dockrev_core::stack::{
    ComposeModel, Container, FileHash, Health, Inventory, LocalImage, Pins, RunState, Service, Stack,
};

/// What is known of a subject before any registry is asked.
pub(super) struct Known {
    pub(super) subject: Subject,
    pub(super) written: String,
    pub(super) local: Option<LocalImage>,
    pub(super) is_running: bool,
    pub(super) compose: Result<Option<ComposeFacts>, HostError>,
}

/// Leaves what is in `scope`.
pub(super) fn select(mut inventory: Inventory, scope: &Scope) -> Result<Inventory, DetectError> {
    let known: Vec<StackName> = inventory.stacks.iter().map(|stack| stack.name.clone()).collect();
    let no_such_stack = |name: &StackName| DetectError::NoSuchStack { name: name.clone(), known: known.clone() };
    match scope {
        Scope::All => {}
        Scope::Stacks(names) => {
            if let Some(missing) = names.iter().find(|name| !known.contains(name)) {
                return Err(no_such_stack(missing));
            }
            inventory.stacks.retain(|stack| names.contains(&stack.name));
            inventory.standalone.clear();
        }
        Scope::Service(id) => {
            if !known.contains(&id.stack) {
                return Err(no_such_stack(&id.stack));
            }
            inventory.stacks.retain(|stack| stack.name == id.stack);
            inventory.standalone.clear();
            for stack in &mut inventory.stacks {
                stack.services.retain(|service| service.id == *id);
            }
            if inventory.stacks.iter().all(|stack| stack.services.is_empty()) {
                return Err(DetectError::NoSuchService(id.clone()));
            }
        }
    }
    Ok(inventory)
}

/// Asks engine and Compose about everything in `inventory`.
pub(super) async fn ask_host(
    engine: &dyn Engine,
    compose: &dyn Compose,
    inventory: Inventory,
    depth: Depth,
) -> Result<Vec<Known>, HostError> {
    let mut subjects = Vec::new();
    for stack in &inventory.stacks {
        let facts = stack_facts(compose, stack, depth).await;
        for service in &stack.services {
            subjects.push(known_service(engine, stack, service, &facts, depth).await?);
        }
    }
    for container in inventory.standalone {
        subjects.push(Known {
            subject: Subject::Container(container.name.clone()),
            local: engine.image_by_id(&container.image_id).await?,
            is_running: is_running(&container),
            written: container.image,
            compose: Ok(None),
        });
    }
    Ok(subjects)
}

/// What all services of a stack share.
struct StackFacts {
    files: Vec<FileHash>,
    pins: Pins,
    model: ComposeModel,
}

async fn stack_facts(compose: &dyn Compose, stack: &Stack, depth: Depth) -> Result<StackFacts, HostError> {
    let pins = compose.pins(&stack.name).await?;
    let (files, model) = match depth {
        Depth::Plan => (compose.fingerprint(&stack.project).await?, compose.model(&stack.project).await?),
        // Only for the compose file's own tag beside the pinned one: a failure is no reason not to look.
        Depth::Survey if !pins.is_empty() => (Vec::new(), compose.model(&stack.project).await.unwrap_or_default()),
        Depth::Survey => (Vec::new(), ComposeModel::default()),
    };
    Ok(StackFacts { files, pins, model })
}

async fn known_service(
    engine: &dyn Engine,
    stack: &Stack,
    service: &Service,
    facts: &Result<StackFacts, HostError>,
    depth: Depth,
) -> Result<Known, HostError> {
    let (written, image_id) = match service.containers.first() {
        Some(container) => (container.image.clone(), Some(&container.image_id)),
        None => (String::new(), None),
    };
    let local = match image_id {
        Some(id) => engine.image_by_id(id).await?,
        None => None,
    };
    let has_healthcheck = match depth {
        Depth::Plan => engine.service_status(&service.id).await?.iter().any(|status| status.health != Health::None),
        Depth::Survey => true,
    };
    let compose = match facts {
        Err(error) => Err(error.clone()),
        Ok(facts) => {
            let model = facts.model.services.get(&service.id.service);
            Ok(Some(ComposeFacts {
                project: stack.project.clone(),
                files: facts.files.clone(),
                file_image: model.and_then(|model| model.image.clone()),
                pin: facts.pins.get(&service.id.service).cloned(),
                depends_on: model.map_or_else(|| service.depends_on.clone(), |model| model.depends_on.clone()),
                builds: model.is_some_and(|model| model.builds),
                has_healthcheck,
            }))
        }
    };
    let subject = Subject::Service(service.id.clone());
    Ok(Known { subject, written, local, is_running: service.containers.iter().any(is_running), compose })
}

fn is_running(container: &Container) -> bool {
    match container.run {
        RunState::Running | RunState::Restarting => true,
        RunState::Exited(_) | RunState::NotStarted => false,
    }
}
