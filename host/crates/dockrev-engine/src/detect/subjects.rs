//! What is to be looked at, and what is known of it before any registry is asked.

use super::followers::{self, Looking, Ties};
use super::one_shots;
use super::{Depth, DetectError, HostPorts, Scope};
use dockrev_core::detection::{ComposeFacts, ContainerFacts, InFiles, LocalTag, Replicas, Subject, TagUsers};
use dockrev_core::ids::{ContainerName, ImageId, ServiceId, ServiceName, StackName};
use dockrev_core::image::{ImageRef, Repository, Tag};
use dockrev_core::plan::{OneShot, OneShotImage};
use dockrev_core::ports::{Compose, Engine, HostError, ImageName, Recreation, Standalone};
use dockrev_core::stack::{
    ComposeModel, ComposeProject, Container, FileHash, Health, Inventory, LocalImage, MountSource, Pins, RunState,
    Service, Stack,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

/// The label by which Compose numbers the containers of a service.
const NUMBER: &str = "com.docker.compose.container-number";

pub(super) struct Known {
    pub(super) subject: Subject,
    pub(super) written: String,
    pub(super) local: Option<LocalImage>,
    pub(super) local_tag: LocalTag,
    pub(super) is_running: bool,
    pub(super) is_dockrev: bool,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) compose: Result<Option<ComposeFacts>, HostError>,
    pub(super) container: Option<ContainerFacts>,
}

/// Asks engine and Compose about everything of `inventory` that is in `scope`.
pub(super) async fn ask_host(
    host: HostPorts<'_>,
    inventory: Inventory,
    scope: &Scope,
    depth: Depth,
) -> Result<Vec<Known>, DetectError> {
    let HostPorts { engine, compose, standalone } = host;
    let neighbours = Neighbours::of(&inventory);
    let selected = select(inventory.clone(), scope)?;
    let of_services = selected.stacks.iter().flat_map(|stack| &stack.services).filter_map(shown);
    let images = Images::of(engine, of_services.chain(&selected.standalone)).await?;
    let looking = Looking { engine, compose, inventory: &inventory, depth };
    let surroundings = Surroundings { neighbours: &neighbours, images: &images, looking };
    let mut subjects = Vec::new();
    for stack in &selected.stacks {
        let mut of_projects: Vec<(&ComposeProject, Result<StackFacts, HostError>)> = Vec::new();
        for service in &stack.services {
            if !of_projects.iter().any(|(project, _)| **project == service.project) {
                of_projects.push((&service.project, stack_facts(compose, stack, &service.project, depth).await));
            }
            let facts = of_projects.iter().find(|(project, _)| **project == service.project);
            if let Some((_, facts)) = facts {
                subjects.push(known_service(service, facts, &surroundings).await?);
            }
        }
    }
    let mut recreations = recreations(standalone, &selected.standalone, depth).await?;
    for container in selected.standalone {
        let tag_users = neighbours.tag_users(&container.image);
        let recreation = recreations.remove(&ContainerName::new(container.name.clone()));
        subjects.push(Known {
            subject: Subject::Container(container.name.clone()),
            local: images.by_id.get(&container.image_id).cloned(),
            local_tag: images.local_tag(&container.image, &container.image_id),
            is_running: is_running(&container),
            is_dockrev: container.is_dockrev,
            written: container.image,
            labels: container.labels,
            compose: Ok(None),
            container: recreation.map(|recreation| ContainerFacts { recreation, tag_users }),
        });
    }
    Ok(subjects)
}

/// What a plan needs to know of containers that belong to no stack. What is only shown is assumed to be fine.
async fn recreations(
    standalone: &dyn Standalone,
    containers: &[Container],
    depth: Depth,
) -> Result<BTreeMap<ContainerName, Recreation>, HostError> {
    let names = containers.iter().map(|container| ContainerName::new(container.name.clone()));
    match depth {
        Depth::Survey => {
            let fine = || Recreation { has_healthcheck: true, ..Recreation::default() };
            Ok(names.map(|name| (name, fine())).collect())
        }
        Depth::Plan if containers.is_empty() => Ok(BTreeMap::new()),
        Depth::Plan => standalone.recreations(&names.collect::<Vec<_>>()).await,
    }
}

fn select(mut inventory: Inventory, scope: &Scope) -> Result<Inventory, DetectError> {
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
        Scope::Container(name) => {
            inventory.stacks.clear();
            inventory.standalone.retain(|container| container.name == name.as_str());
            if inventory.standalone.is_empty() {
                return Err(DetectError::NoSuchContainer(name.clone()));
            }
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

/// What concerns more than one service: who is made from which tag.
struct Neighbours {
    tag_users: BTreeMap<(Repository, Tag), BTreeSet<User>>,
}

/// A service, or a container that belongs to no stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum User {
    Service(ServiceId),
    Container(String),
}

impl Neighbours {
    fn of(inventory: &Inventory) -> Self {
        let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
        let of_services = services.flat_map(|service| {
            service.containers.iter().map(|container| (User::Service(service.id.clone()), container))
        });
        let of_standalone =
            inventory.standalone.iter().map(|container| (User::Container(container.name.clone()), container));
        let mut neighbours = Self { tag_users: BTreeMap::new() };
        for (user, container) in of_services.chain(of_standalone) {
            if let Some(tag) = local_tag(&container.image) {
                neighbours.tag_users.entry(tag).or_default().insert(user);
            }
        }
        neighbours
    }

    fn tag_users(&self, written: &str) -> TagUsers {
        self.tag_users_without(written, |_| false)
    }

    /// Not counting those one-shots of the stack that move with the service.
    fn tag_users_but_for(&self, written: &str, one_shots: &[OneShot], stack: &StackName) -> TagUsers {
        self.tag_users_without(written, |user| match user {
            User::Service(id) => one_shots.iter().any(|one_shot| {
                let moves = matches!(one_shot.image, OneShotImage::Moves { .. });
                moves && id.stack == *stack && id.service == one_shot.service
            }),
            User::Container(_) => false,
        })
    }

    fn tag_users_without(&self, written: &str, is_left_out: impl Fn(&User) -> bool) -> TagUsers {
        let users = local_tag(written).and_then(|tag| self.tag_users.get(&tag));
        let count = users.into_iter().flatten().filter(|user| !is_left_out(user)).count();
        if count > 1 { TagUsers::Several } else { TagUsers::One }
    }
}

/// The local tag that an image was taken by, if it was one.
fn local_tag(written: &str) -> Option<(Repository, Tag)> {
    let reference: ImageRef = written.parse().ok()?;
    if reference.digest().is_some() {
        return None;
    }
    Some((reference.repository().clone(), reference.effective_tag()?))
}

/// What all services of a stack share that were brought up with the same files.
pub(super) struct StackFacts {
    pub(super) files: Vec<FileHash>,
    pub(super) pins: Pins,
    pub(super) model: Option<ComposeModel>,
}

async fn stack_facts(
    compose: &dyn Compose,
    stack: &Stack,
    project: &ComposeProject,
    depth: Depth,
) -> Result<StackFacts, HostError> {
    let pins = compose.pins(&stack.name).await?;
    match depth {
        Depth::Plan => {
            let files = compose.fingerprint(project).await?;
            Ok(StackFacts { files, pins, model: Some(compose.model(project).await?) })
        }
        // Only for the compose file's own tag beside the pinned one: a failure is no reason not to look.
        Depth::Survey if !pins.is_empty() => {
            Ok(StackFacts { files: Vec::new(), pins, model: compose.model(project).await.ok() })
        }
        Depth::Survey => Ok(StackFacts { files: Vec::new(), pins, model: None }),
    }
}

async fn known_service(
    service: &Service,
    facts: &Result<StackFacts, HostError>,
    surroundings: &Surroundings<'_>,
) -> Result<Known, HostError> {
    let Surroundings { neighbours, images, looking } = *surroundings;
    let first = shown(service);
    let is_running = service.containers.iter().any(is_running);
    let labels = first.map(|container| container.labels.clone()).unwrap_or_default();
    let (written, local, local_tag) = match first {
        Some(container) => (
            container.image.clone(),
            images.by_id.get(&container.image_id).cloned(),
            images.local_tag(&container.image, &container.image_id),
        ),
        None => (String::new(), None, LocalTag::Unused),
    };
    let has_healthcheck = match looking.depth {
        Depth::Plan => {
            looking.engine.service_status(&service.id).await?.iter().any(|status| status.health != Health::None)
        }
        Depth::Survey => true,
    };
    let compose = match facts {
        Err(error) => Err(error.clone()),
        Ok(facts) => {
            let Ties { followers, cut_off } = followers::of(looking, service, facts).await?;
            let one_shots = one_shots::of(looking, service, facts).await?;
            Ok(Some(ComposeFacts {
                project: service.project.clone(),
                files: facts.files.clone(),
                in_files: in_files(facts.model.as_ref(), &service.id.service),
                pin: facts.pins.get(&service.id.service).cloned(),
                depends_on: depends_on(facts.model.as_ref(), service),
                has_healthcheck,
                containers: count(service),
                replicas: replicas(service),
                tag_users: neighbours.tag_users_but_for(&written, &one_shots, &service.id.stack),
                left_volumes: left_volumes(service, facts.model.as_ref()),
                followers,
                one_shots,
                tied_to_it: cut_off,
            }))
        }
    };
    let subject = Subject::Service(service.id.clone());
    let is_dockrev = service.containers.iter().any(|container| container.is_dockrev);
    Ok(Known { subject, written, local, local_tag, is_running, is_dockrev, labels, compose, container: None })
}

/// What the services of a survey are looked at with.
#[derive(Clone, Copy)]
struct Surroundings<'a> {
    neighbours: &'a Neighbours,
    images: &'a Images,
    looking: Looking<'a>,
}

/// The container that stands for its service.
fn shown(service: &Service) -> Option<&Container> {
    service.containers.iter().find(|container| is_running(container)).or(service.containers.first())
}

/// Images that containers are made from, and those that their names stand for by now.
struct Images {
    by_id: HashMap<ImageId, LocalImage>,
    by_reference: HashMap<ImageRef, LocalImage>,
}

impl Images {
    /// Asks the engine about each image once: mostly, a name still stands for what it stood for.
    async fn of<'a>(
        engine: &dyn Engine,
        containers: impl Iterator<Item = &'a Container> + Clone,
    ) -> Result<Self, HostError> {
        let named: HashSet<ImageRef> =
            containers.clone().filter_map(|container| local_name(&container.image)).collect();
        let named: Vec<ImageName> = named.into_iter().map(ImageName::Reference).collect();
        let mut images = Self { by_id: HashMap::new(), by_reference: HashMap::new() };
        for (name, found) in named.iter().zip(engine.images(&named).await?) {
            if let (ImageName::Reference(reference), Some(image)) = (name, found) {
                images.by_id.insert(image.id.clone(), image.clone());
                images.by_reference.insert(reference.clone(), image);
            }
        }
        let others: HashSet<&ImageId> =
            containers.map(|container| &container.image_id).filter(|id| !images.by_id.contains_key(*id)).collect();
        let others: Vec<ImageName> = others.into_iter().cloned().map(ImageName::Id).collect();
        let found = engine.images(&others).await?;
        for (name, found) in others.into_iter().zip(found) {
            if let (ImageName::Id(id), Some(image)) = (name, found) {
                images.by_id.insert(id, image);
            }
        }
        Ok(images)
    }

    /// What `written`, by which a container was made from the image `running`, stands for by now.
    fn local_tag(&self, written: &str, running: &ImageId) -> LocalTag {
        let Some(reference) = local_name(written) else { return LocalTag::Unused };
        match self.by_reference.get(&reference) {
            None => LocalTag::Gone,
            Some(image) if image.id == *running => LocalTag::Same,
            Some(image) if image.digests_of(reference.repository()).next().is_some() => {
                LocalTag::Pulled(image.id.clone())
            }
            Some(image) => LocalTag::Retagged(image.id.clone()),
        }
    }
}

/// The local tag that an image was taken by, as a name that the engine knows.
fn local_name(written: &str) -> Option<ImageRef> {
    let (repository, tag) = local_tag(written).filter(|_| !written.starts_with("sha256:"))?;
    Some(ImageRef::new(repository, Some(tag), None))
}

fn in_files(model: Option<&ComposeModel>, service: &ServiceName) -> InFiles {
    match model {
        None => InFiles::NotAsked,
        Some(model) => model.services.get(service).cloned().map_or(InFiles::Missing, InFiles::Found),
    }
}

fn depends_on(model: Option<&ComposeModel>, service: &Service) -> Vec<ServiceName> {
    let of_model = model.and_then(|model| model.services.get(&service.id.service));
    of_model.map_or_else(|| service.depends_on.clone(), |service| service.depends_on.clone())
}

/// How many containers the service is to have: one that an interrupted change left behind has its successor's number.
pub(super) fn count(service: &Service) -> u32 {
    let numbers: BTreeSet<&str> = service
        .containers
        .iter()
        .map(|container| container.labels.get(NUMBER).unwrap_or(&container.name).as_str())
        .collect();
    u32::try_from(numbers.len()).unwrap_or(u32::MAX)
}

fn replicas(service: &Service) -> Replicas {
    let running = service.containers.iter().filter(|container| is_running(container));
    let images: BTreeSet<_> = running.map(|container| &container.image_id).collect();
    if images.len() > 1 { Replicas::Mixed } else { Replicas::Alike }
}

/// Places with volumes that nothing in the files names, where Compose does not carry those along.
pub(super) fn left_volumes(service: &Service, model: Option<&ComposeModel>) -> Vec<PathBuf> {
    let Some(model) = model.filter(|model| !model.carries_image_volumes) else { return Vec::new() };
    let Some(in_files) = model.services.get(&service.id.service) else { return Vec::new() };
    let mounts = service.containers.iter().flat_map(|container| &container.mounts);
    let volumes = mounts.filter(|mount| matches!(mount.source, MountSource::Volume { .. }));
    let places: BTreeSet<&PathBuf> = volumes.map(|mount| &mount.destination).collect();
    // What comes from other containers (`volumes_from`) comes from them again.
    let of_others = !in_files.volumes_from.is_empty();
    places.into_iter().filter(|place| !of_others && !in_files.mounted_at.contains(place)).cloned().collect()
}

fn is_running(container: &Container) -> bool {
    match container.run {
        RunState::Running | RunState::Restarting => true,
        RunState::Exited { .. } | RunState::Paused | RunState::NotStarted => false,
    }
}
