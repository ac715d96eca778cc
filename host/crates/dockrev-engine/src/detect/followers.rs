//! Who lives in a service's namespaces or on its volumes: the services that can be made anew after it, and those that would
//! be cut off.

use super::Depth;
use super::subjects::{StackFacts, count, left_volumes};
use crate::followers::is_made_from;
use dockrev_core::ids::{ContainerId, ServiceName};
use dockrev_core::plan::Follower;
use dockrev_core::ports::{Compose, Engine, HostError};
use dockrev_core::stack::{ComposeModel, ContainerStatus, Health, HealthStatus, Inventory, RunState, Service, Stack};
use std::collections::BTreeSet;

/// Who is tied to a service.
#[derive(Default)]
pub(super) struct Ties {
    /// In the order in which they are made anew.
    pub(super) followers: Vec<Follower>,
    /// Names of those that would be cut off.
    pub(super) cut_off: Vec<String>,
}

/// What ties are found by.
#[derive(Clone, Copy)]
pub(super) struct Looking<'a> {
    pub(super) engine: &'a dyn Engine,
    pub(super) compose: &'a dyn Compose,
    pub(super) inventory: &'a Inventory,
    pub(super) depth: Depth,
}

/// Finds who is tied to `service`, directly or to one that is.
pub(super) async fn of(looking: Looking<'_>, service: &Service, facts: &StackFacts) -> Result<Ties, HostError> {
    // All of it, also where only this service was asked for.
    let Some(stack) = looking.inventory.stacks.iter().find(|stack| stack.name == service.id.stack) else {
        return Ok(Ties::default());
    };
    let group = Group::around(service, stack, facts.model.as_ref());
    let mut cut_off: BTreeSet<String> = group.guests(looking.inventory).chain(group.volume_users(stack)).collect();
    let mut followers = Vec::new();
    for member in &group.members {
        let statuses = match looking.depth {
            Depth::Plan => looking.engine.service_status(&member.id).await?,
            Depth::Survey => Vec::new(),
        };
        if can_follow(looking, service, member, facts).await? {
            followers.push(Follower {
                service: member.id.service.clone(),
                lives_in: group.hosts_of(member).map(|host| host.id.service.clone()).collect(),
                containers: count(member),
                was_healthy: !statuses.is_empty() && statuses.iter().all(is_healthy),
            });
        } else {
            cut_off.insert(member.id.to_string());
        }
    }
    Ok(Ties { followers, cut_off: cut_off.into_iter().collect() })
}

/// Whether making `member` anew after `service` changes nothing but the container whose namespaces it lives in. What is only
/// shown is assumed to be fine as long as it runs.
async fn can_follow(
    looking: Looking<'_>,
    service: &Service,
    member: &Service,
    facts: &StackFacts,
) -> Result<bool, HostError> {
    let runs = member.containers.iter().all(|container| container.run == RunState::Running && !container.is_dockrev);
    if !runs || member.project != service.project || !left_volumes(member, facts.model.as_ref()).is_empty() {
        return Ok(false);
    }
    match looking.depth {
        Depth::Survey => return Ok(true),
        Depth::Plan => {}
    }
    let Some(model) = &facts.model else { return Ok(false) };
    let made = member.containers.iter().map(|container| (container.image.as_str(), &container.image_id));
    if !is_made_from(looking.engine, (model, &facts.pins), &member.id.service, made).await? {
        return Ok(false);
    }
    // What cannot be found out is no reason to go on.
    let differs = looking.compose.would_recreate(&member.project, &member.id.service).await;
    Ok(!differs.unwrap_or(true))
}

fn is_healthy(status: &ContainerStatus) -> bool {
    match &status.health {
        Health::Checked { status, .. } => *status == HealthStatus::Healthy,
        Health::None => false,
    }
}

/// A service, and those that live in its namespaces or in those of one that does.
struct Group<'a> {
    service: &'a Service,
    /// Each after those that it lives in.
    members: Vec<&'a Service>,
    model: Option<&'a ComposeModel>,
}

impl<'a> Group<'a> {
    fn around(service: &'a Service, stack: &'a Stack, model: Option<&'a ComposeModel>) -> Self {
        let mut group = Self { service, members: Vec::new(), model };
        loop {
            let others = stack.services.iter().filter(|other| !group.has(other));
            let found: Vec<&Service> = others.filter(|other| group.hosts_of(other).next().is_some()).collect();
            if found.is_empty() {
                break;
            }
            group.members.extend(found);
        }
        group.sort();
        group
    }

    /// Puts each after those that it lives in. Compose refuses circles; should one come all the same, it is broken anywhere.
    fn sort(&mut self) {
        let mut waiting = std::mem::take(&mut self.members);
        while !waiting.is_empty() {
            let is_ready = |member: &&Service| {
                let is_host = |other: &&&Service| other.id != member.id && self.lives_in(member, other);
                !waiting.iter().any(|other| is_host(&other))
            };
            let ready = waiting.iter().position(is_ready).unwrap_or(0);
            self.members.push(waiting.remove(ready));
        }
    }

    fn has(&self, other: &Service) -> bool {
        self.all().any(|known| known.id == other.id)
    }

    fn all(&self) -> impl Iterator<Item = &'a Service> {
        std::iter::once(self.service).chain(self.members.iter().copied())
    }

    fn hosts_of(&self, member: &Service) -> impl Iterator<Item = &'a Service> {
        self.all().filter(move |host| host.id != member.id && self.lives_in(member, host))
    }

    /// By what the files say, or by what its containers were made with.
    fn lives_in(&self, member: &Service, host: &Service) -> bool {
        let in_files = self.model.and_then(|model| model.services.get(&member.id.service));
        let says = in_files.is_some_and(|in_files| in_files.lives_in.contains(&host.id.service));
        says || member.containers.iter().filter_map(|container| container.network_of.as_ref()).any(|id| is_of(host, id))
    }

    /// Containers of other stacks, or of none, that use a network of the group.
    fn guests(&self, inventory: &Inventory) -> impl Iterator<Item = String> {
        let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
        let others = services.filter(move |other| !self.has(other));
        let of_services = others.flat_map(|other| other.containers.iter().map(|one| (other.id.to_string(), one)));
        let of_none = inventory.standalone.iter().map(|container| (container.name.clone(), container));
        let uses = move |id: &ContainerId| self.all().any(|host| is_of(host, id));
        of_services
            .chain(of_none)
            .filter(move |(_, container)| container.network_of.as_ref().is_some_and(uses))
            .map(|(name, _)| name)
    }

    /// Services of the stack that take volumes of the group. One that has no container loses nothing.
    fn volume_users(&self, stack: &'a Stack) -> impl Iterator<Item = String> {
        let takes = move |name: &ServiceName| {
            let in_files = self.model.and_then(|model| model.services.get(name));
            in_files.is_some_and(|user| self.all().any(|host| user.volumes_from.contains(&host.id.service)))
        };
        stack.services.iter().filter(move |user| takes(&user.id.service)).map(|user| user.id.to_string())
    }
}

fn is_of(service: &Service, container: &ContainerId) -> bool {
    service.containers.iter().any(|own| own.id == *container)
}

#[cfg(test)]
mod tests;
