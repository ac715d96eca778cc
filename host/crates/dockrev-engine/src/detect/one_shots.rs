//! Which services run to their end before a service starts, and whether they move with it.

use super::Depth;
use super::followers::Looking;
use super::subjects::StackFacts;
use crate::followers::is_made_from;
use dockrev_core::ids::ServiceName;
use dockrev_core::image::ImageRef;
use dockrev_core::plan::{OneShot, OneShotImage};
use dockrev_core::ports::HostError;
use dockrev_core::stack::{ComposeModel, RunState, Service, Stack};

/// Finds what runs before `service`. Only a plan has to know.
///
/// Left out is what Dockrev would not bring back as it was: one that runs or failed, that waits for an edit to be brought
/// up, or whose image is not here any more.
pub(super) async fn of(looking: Looking<'_>, service: &Service, facts: &StackFacts) -> Result<Vec<OneShot>, HostError> {
    let (Depth::Plan, Some(model)) = (looking.depth, &facts.model) else { return Ok(Vec::new()) };
    let Some(stack) = looking.inventory.stacks.iter().find(|stack| stack.name == service.id.stack) else {
        return Ok(Vec::new());
    };
    let mut found = Vec::new();
    for name in waited_for(model, &service.id.service) {
        if let Some(image) = image(looking, (service, name), stack, (model, facts)).await? {
            found.push(OneShot { service: name.clone(), image });
        }
    }
    Ok(found)
}

/// The services whose end `service` waits for, directly or by way of others, and that nobody waits for in another way.
fn waited_for<'a>(model: &'a ComposeModel, service: &ServiceName) -> Vec<&'a ServiceName> {
    let mut reached = model.waited_for_by(service);
    let only_for_its_end = |name: &ServiceName| {
        model.services.values().all(|other| !other.depends_on.contains(name) || other.waits_for_end_of.contains(name))
    };
    reached.retain(|name| only_for_its_end(name));
    reached.sort();
    reached
}

async fn image(
    looking: Looking<'_>,
    (service, name): (&Service, &ServiceName),
    stack: &Stack,
    (model, facts): (&ComposeModel, &StackFacts),
) -> Result<Option<OneShotImage>, HostError> {
    // Whoever tidies up removes containers that have ended: then there is none, and Compose makes it.
    let own = stack.services.iter().find(|other| other.id.service == *name);
    let has_ended = own.is_none_or(|own| {
        let ended = |run| matches!(run, RunState::Exited { code: 0 });
        own.project == service.project && own.containers.iter().all(|container| ended(container.run))
    });
    if !has_ended {
        return Ok(None);
    }
    let in_files = |name: &ServiceName| -> Option<ImageRef> { model.services.get(name)?.image.as_ref()?.parse().ok() };
    let written = in_files(name);
    if written.is_some() && written == in_files(&service.id.service) {
        return Ok(Some(OneShotImage::Moves { pin_found: facts.pins.get(name).cloned() }));
    }
    let stays = match (own, &written) {
        (Some(own), _) => {
            let made = own.containers.iter().map(|container| (container.image.as_str(), &container.image_id));
            is_made_from(looking.engine, (model, &facts.pins), name, made).await?
        }
        (None, Some(written)) => looking.engine.image(written).await?.is_some(),
        (None, None) => false,
    };
    if !stays {
        return Ok(None);
    }
    // What cannot be found out is no reason to run it.
    let differs = looking.compose.would_recreate(&service.project, name).await.unwrap_or(true);
    Ok((!differs).then_some(OneShotImage::Stays))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::stack::ComposeService;

    #[test]
    fn finds_what_is_waited_for_to_its_end_and_for_nothing_else() {
        let names = |names: &[&str]| names.iter().map(|name| ServiceName::new(*name)).collect::<Vec<_>>();
        let of = |running: &[&str], ended: &[&str]| ComposeService {
            depends_on: names(&[running, ended].concat()),
            waits_for_end_of: names(ended),
            ..ComposeService::default()
        };
        let services = [
            ("web", of(&["api"], &["assets"])),
            ("api", of(&["db"], &["migrate", "seed"])),
            ("migrate", of(&["db"], &["wait"])),
            ("seed", of(&[], &[])),
            // It runs on: `other` waits for nothing but its start.
            ("other", of(&["seed"], &[])),
            ("db", of(&[], &[])),
        ];
        let services = services.map(|(name, service)| (ServiceName::new(name), service)).into();
        let model = ComposeModel { carries_image_volumes: true, services };
        let check = |service: &str, expected: &[&str]| {
            let found: Vec<&str> =
                waited_for(&model, &ServiceName::new(service)).into_iter().map(ServiceName::as_str).collect();
            assert_eq!(found, expected, "{service}");
        };
        check("web", &["assets", "migrate", "wait"]);
        check("api", &["migrate", "wait"]);
        check("migrate", &["wait"]);
        check("db", &[]);
    }
}
