//! A host with one container for each image, in stacks as Compose makes them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dockrev_testkit::{Engine, PrivateEngine};

use crate::failure::Failure;
use crate::registry::{Registry, Repository};

/// Name of the engine's folder; one bench runs on a machine at a time.
const ENGINE: &str = "bench";
/// Services of each stack.
const SERVICES_PER_STACK: usize = 8;
/// How many containers are made at once.
const HANDS: usize = 4;

/// A real engine of the bench's own, removed when this is dropped.
#[derive(Debug)]
pub(crate) struct Host {
    engine: Engine,
}

impl Host {
    /// Pulls the image of each repository and makes a container of it. None is started: nobody looks inside.
    pub(crate) fn with_images_of(registry: &Registry) -> Result<Self, Failure> {
        // One that an interrupted bench left behind.
        PrivateEngine::named(ENGINE)?.wipe()?;
        let engine = PrivateEngine::named(ENGINE)?.wipe_on_drop().start()?;
        let repositories = registry.repositories();
        eprintln!("making {} containers on engine {}", repositories.len(), engine.version()?);
        let next = AtomicUsize::new(0);
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for _ in 0..HANDS {
                scope.spawn(|| {
                    while let Some((number, repository)) = take(&next, repositories) {
                        if let Err(error) = make(&engine, registry, number, repository) {
                            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                            next.store(repositories.len(), Ordering::Relaxed);
                        }
                    }
                });
            }
        });
        match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(Self { engine }),
            Some(failure) => Err(failure),
        }
    }

    /// Its address as `DOCKER_HOST` takes it.
    pub(crate) fn address(&self) -> &str {
        self.engine.host()
    }

    pub(crate) fn engine_version(&self) -> String {
        self.engine.version().unwrap_or_default()
    }
}

fn take<'a>(next: &AtomicUsize, repositories: &'a [Repository]) -> Option<(usize, &'a Repository)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, repositories.get(number)?))
}

/// With the labels that Compose gives.
fn make(engine: &Engine, registry: &Registry, number: usize, repository: &Repository) -> Result<(), Failure> {
    let image = format!("{}/{}:{}", registry.host(), repository.name, repository.tag);
    let stack = format!("stack-{:03}", number / SERVICES_PER_STACK);
    let service = format!("service-{}", number % SERVICES_PER_STACK);
    engine.run(&["pull", "--quiet", &image])?;
    let labels = [
        format!("com.docker.compose.project={stack}"),
        format!("com.docker.compose.service={service}"),
        format!("com.docker.compose.project.working_dir=/srv/{stack}"),
        format!("com.docker.compose.project.config_files=/srv/{stack}/compose.yaml"),
        "com.docker.compose.container-number=1".to_owned(),
        "com.docker.compose.oneoff=False".to_owned(),
    ];
    let name = format!("{stack}-{service}-1");
    let mut arguments = vec!["create", "--name", &name, "--network", "none"];
    arguments.extend(labels.iter().flat_map(|label| ["--label", label]));
    arguments.push(&image);
    engine.run(&arguments)?;
    Ok(())
}
