//! What runs: the engine's list of containers, and the digests of each image.

use bollard::errors::Error;
use bollard::query_parameters::ListContainersOptionsBuilder;
use bollard::{API_DEFAULT_VERSION, Docker};
use futures::{StreamExt, TryStreamExt};
use std::collections::BTreeMap;

use crate::failure::Failure;

/// How long the engine may take, in seconds.
const TIMEOUT_S: u64 = 60;
/// Images that the engine is asked about together.
const CONCURRENT_QUESTIONS: usize = 8;

/// An image that is in use.
pub(super) struct Running {
    pub(super) written: String,
    /// What registries know it as.
    pub(super) digests: Vec<String>,
}

/// Every image that a container is made from, once.
pub(super) async fn images() -> Result<Vec<Running>, Failure> {
    let address = std::env::var("DOCKER_HOST").map_err(Failure::of("DOCKER_HOST"))?;
    let client = Docker::connect_with_unix(&address, TIMEOUT_S, API_DEFAULT_VERSION).map_err(failed)?;
    let client = client.negotiate_version().await.map_err(failed)?;
    // Dockrev asks for the machine's platform.
    client.info().await.map_err(failed)?;
    let all = ListContainersOptionsBuilder::default().all(true).build();
    let containers = client.list_containers(Some(all)).await.map_err(failed)?;
    let images: BTreeMap<String, String> =
        containers.into_iter().filter_map(|container| Some((container.image?, container.image_id?))).collect();
    futures::stream::iter(images)
        .map(|(written, id)| {
            let client = &client;
            async move {
                let image = client.inspect_image(&id).await.map_err(failed)?;
                let names = image.repo_digests.unwrap_or_default();
                let digests = names.iter().filter_map(|name| Some(name.split_once('@')?.1.to_owned())).collect();
                Ok(Running { written, digests })
            }
        })
        .buffer_unordered(CONCURRENT_QUESTIONS)
        .try_collect()
        .await
}

fn failed(error: Error) -> Failure {
    Failure::of("could not ask the engine")(error)
}
