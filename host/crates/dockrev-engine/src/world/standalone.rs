//! What a [`World`] answers about its container when that belongs to no stack.

use super::{CONTAINER, World, no_such};
use async_trait::async_trait;
use dockrev_core::ids::{ContainerName, JobId};
use dockrev_core::job::LogLine;
use dockrev_core::ports::{HostError, LogSink, Recreation, Replacement, Standalone};
use dockrev_core::stack::{ContainerStatus, RunState};
use std::collections::BTreeMap;

#[async_trait]
impl Standalone for World {
    async fn recreations(
        &self,
        containers: &[ContainerName],
    ) -> Result<BTreeMap<ContainerName, Recreation>, HostError> {
        self.host(|state| {
            let is_there = |name: &&ContainerName| state.container.is_some() && name.as_str() == CONTAINER;
            let fine = Recreation { has_healthcheck: state.has_healthcheck, ..Recreation::default() };
            Ok(containers.iter().filter(is_there).map(|name| (name.clone(), fine.clone())).collect())
        })
        .await
    }

    async fn container_status(&self, _container: &ContainerName) -> Result<Option<ContainerStatus>, HostError> {
        self.host(|state| Ok(state.container.clone())).await
    }

    async fn container_log(&self, _container: &ContainerName, _max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        self.host(|_| Ok(Vec::new())).await
    }

    async fn replace(&self, replacement: &Replacement, _log: &dyn LogSink) -> Result<(), HostError> {
        self.host(|state| {
            if state.container.as_ref().is_some_and(|container| container.image_id == replacement.to.id) {
                return Ok(());
            }
            let wanted = replacement.to.written.parse().unwrap();
            let image = state.by_reference(&wanted).ok_or_else(|| no_such("image"))?;
            assert_eq!(image.id, replacement.to.id, "`{wanted}` stands for another image");
            state.kept = state.container.take();
            state.start(&image.id);
            Ok(())
        })
        .await
    }

    async fn put_back(&self, replacement: &Replacement, _log: &dyn LogSink) -> Result<(), HostError> {
        self.host(|state| {
            if let Some(kept) = state.kept.take() {
                state.container = Some(kept);
            }
            let own = state.container.as_mut().ok_or_else(|| no_such("container"))?;
            if own.image_id == replacement.from.id {
                own.run = RunState::Running;
                return Ok(());
            }
            let wanted = replacement.from.written.parse().unwrap();
            let image = state.by_reference(&wanted).ok_or_else(|| no_such("image"))?;
            state.start(&image.id);
            Ok(())
        })
        .await
    }

    async fn kept(&self) -> Result<Vec<JobId>, HostError> {
        self.host(|state| {
            let jobs = state.kept.iter().flat_map(|_| state.jobs.keys());
            Ok(jobs.map(|id| JobId::new(id.clone())).collect())
        })
        .await
    }

    async fn settle(&self, _replacement: &Replacement, _log: &dyn LogSink) -> Result<(), HostError> {
        self.host(|state| {
            state.kept = None;
            Ok(())
        })
        .await
    }
}
