//! Containers that no Compose project made: made anew through the Engine API, with every setting kept.
//!
//! # What was found on real engines (20.10.24 and 26.1.5)
//!
//! - The configuration that an engine shows has the image's merged in; [`defaults`] takes it apart again.
//! - `Config.MacAddress` is there only where the user chose it; what a network shows is the one in use.
//! - 20.10 adds the short id to a container's aliases, 26.1 does not.
//! - Peers are shown by their whole ids, however they were named (`--network container:web`).
//! - Making a container takes no address, no port and no name in a network: starting it does.
//! - A volume that another container asks for by name survives the removal of a `--rm` container that it was made for.
//!
//! # What is not kept
//!
//! What a container wrote outside of volumes and mounts stays with the old container, as it does when a user makes it
//! anew. A host port that the engine chose may be another one afterwards. A value that the user wrote and that equals
//! the old image's default moves along with the image: nothing tells the two apart.

use crate::engine::DockerEngine;
use api::Api;
use async_trait::async_trait;
use dockrev_core::ids::{ContainerName, JobId};
use dockrev_core::job::LogLine;
use dockrev_core::ports::{HostError, LogSink, Recreation, Replacement, Standalone};
use dockrev_core::stack::ContainerStatus;
use replace::Work;
use serde_json::Value;
use std::collections::BTreeMap;

mod api;
mod defaults;
mod networks;
mod peers;
mod places;
mod replace;
mod spec;
mod volumes;

pub(crate) use places::is_of_a_job;

#[async_trait]
impl Standalone for DockerEngine {
    async fn recreations(
        &self,
        containers: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, Recreation>, HostError> {
        let api = Api::open(self).await?;
        let listed = api.containers().await?;
        let mut inspected = Vec::with_capacity(listed.len());
        for id in listed.iter().filter_map(|listed| listed["Id"].as_str()) {
            inspected.extend(api.container(id).await?);
        }
        let mut found = BTreeMap::new();
        for name in containers {
            let slashed = format!("/{name}");
            let Some(inspect) = inspected.iter().find(|inspect| inspect["Name"] == slashed.as_str()) else { continue };
            let in_list = listed.iter().find(|listed| listed["Id"] == inspect["Id"]).unwrap_or(&Value::Null);
            let recreation = Recreation {
                obstacle: peers::obstacle(&api, inspect).await?,
                tied_to_it: peers::tied_to(inspect, in_list, &inspected).into_iter().collect(),
                has_healthcheck: inspect["State"]["Health"]["Status"].as_str().is_some_and(|status| status != "none"),
                is_removed_on_stop: places::is_removed_on_stop(inspect),
            };
            found.insert(name.clone(), recreation);
        }
        Ok(found)
    }

    async fn container_status(&self, container: &ContainerName) -> Result<Option<ContainerStatus>, HostError> {
        self.status_of(container.as_str()).await
    }

    async fn container_log(&self, container: &ContainerName, max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        self.log_of(container.as_str(), max_lines).await
    }

    async fn replace(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError> {
        Work { api: Api::open(self).await?, replacement, log }.replace().await
    }

    async fn put_back(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError> {
        Work { api: Api::open(self).await?, replacement, log }.put_back().await
    }

    async fn kept(&self) -> Result<Vec<JobId>, HostError> {
        let listed = Api::open(self).await?.containers().await?;
        let names = listed.iter().flat_map(|listed| listed["Names"].as_array().into_iter().flatten());
        Ok(names.filter_map(Value::as_str).filter_map(places::job_of_kept).map(JobId::new).collect())
    }

    async fn settle(&self, replacement: &Replacement, log: &dyn LogSink) -> Result<(), HostError> {
        Work { api: Api::open(self).await?, replacement, log }.settle().await
    }
}

#[cfg(test)]
mod tests;
