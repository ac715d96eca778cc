//! A service of a [`World`] that lives in the network of the one that is changed, and writes to the same data.

use super::{CONTAINER, State, World, no_such, project, service, volume};
use dockrev_core::detection::Trouble;
use dockrev_core::ids::{ContainerId, ImageId, ServiceId, ServiceName};
use dockrev_core::plan::Follower;
use dockrev_core::ports::ContainerOrder;
use dockrev_core::stack::{
    ComposeService, Container, ContainerStatus, Health, HealthStatus, HealthTiming, LocalImage, RunState, Service,
};
use std::collections::BTreeMap;

/// Its image, in files and on the engine.
const IMAGE: &str = "demo.invalid/rider:1";

pub(crate) fn rider() -> ServiceId {
    ServiceId { service: ServiceName::new("rider"), ..service() }
}

/// As a plan has it.
pub(super) fn planned() -> Vec<Follower> {
    let (service, lives_in) = (rider().service, vec![service().service]);
    vec![Follower { service, lives_in, containers: 1, was_healthy: true }]
}

impl World {
    /// Puts it into the container that runs.
    pub(super) fn with_follower(self) -> Self {
        let mut state = self.state();
        let image =
            LocalImage { id: ImageId::new("sha256:rider"), repo_digests: Vec::new(), ..super::image(super::OLD) };
        state.tags.insert(IMAGE.to_owned(), image.id.clone());
        state.images.insert(image.id.clone(), image);
        state.remake_follower().unwrap();
        drop(state);
        self
    }
}

impl State {
    /// What Compose does: it makes the container, and the engine starts it only in a network that is there.
    pub(super) fn remake_follower(&mut self) -> Result<(), Trouble> {
        self.made += 1;
        let timing = HealthTiming { start_period_ms: 0, interval_ms: 1_000, timeout_ms: 1_000, retries: 2 };
        let host = self.container.as_ref().ok_or_else(|| no_such("container to live in"))?;
        let status = match self.follower_dislikes.as_ref() == Some(&host.image_id) {
            true => HealthStatus::Unhealthy,
            false => HealthStatus::Healthy,
        };
        self.follower = Some(ContainerStatus {
            id: ContainerId::new(format!("rider-{}", self.made)),
            name: "demo-rider-1".to_owned(),
            image_id: self.tags[IMAGE].clone(),
            image: IMAGE.to_owned(),
            run: RunState::NotStarted,
            restart_count: 0,
            started_at: None,
            lives_in: vec![host.id.clone()],
            health: Health::Checked { status, timing, last_output: None, probes: Vec::new() },
        });
        self.start_follower()
    }

    fn start_follower(&mut self) -> Result<(), Trouble> {
        let started_at = self.tick();
        let (follower, host) = (self.follower.as_mut().unwrap(), self.container.as_ref());
        let is_there = host.is_some_and(|host| host.run == RunState::Running && follower.lives_in == [host.id.clone()]);
        if !is_there {
            return Err(no_such("running container to live in"));
        }
        follower.run = RunState::Running;
        follower.started_at = Some(started_at);
        Ok(())
    }

    /// Gives it an order, if it is the one.
    pub(super) fn order_follower(&mut self, id: &ContainerId, order: ContainerOrder) -> Option<Result<(), Trouble>> {
        let follower = self.follower.as_mut().filter(|follower| follower.id == *id)?;
        match (order, follower.run) {
            (ContainerOrder::Start, RunState::Running) => {}
            (ContainerOrder::Start, _) => return Some(self.start_follower()),
            (ContainerOrder::Stop, _) => follower.run = RunState::Exited { code: 0 },
            (ContainerOrder::Pause, RunState::Running) => follower.run = RunState::Paused,
            (ContainerOrder::Unpause, RunState::Paused) => follower.run = RunState::Running,
            (ContainerOrder::Pause | ContainerOrder::Unpause, _) => {}
        }
        Some(Ok(()))
    }

    /// What an inventory has of it.
    pub(super) fn service_of_follower(&self) -> Option<Service> {
        let follower = self.follower.as_ref()?;
        let container = Container {
            id: follower.id.clone(),
            name: follower.name.clone(),
            image: follower.image.clone(),
            image_id: follower.image_id.clone(),
            run: follower.run,
            is_dockrev: false,
            network_of: follower.lives_in.first().cloned(),
            mounts: vec![volume()],
            labels: BTreeMap::new(),
        };
        Some(Service { id: rider(), project: project(), containers: vec![container], depends_on: Vec::new() })
    }

    /// What the files say of it.
    pub(super) fn follower_in_files(&self) -> Option<(ServiceName, ComposeService)> {
        self.follower.as_ref()?;
        let in_files = ComposeService {
            image: Some(IMAGE.to_owned()),
            lives_in: vec![service().service],
            ..ComposeService::default()
        };
        Some((rider().service, in_files))
    }

    /// Whether it runs in the network of the container that runs.
    pub(crate) fn follower_is_connected(&self) -> bool {
        let (Some(follower), Some(host)) = (&self.follower, &self.container) else { return self.follower.is_none() };
        assert_eq!(host.name, CONTAINER);
        follower.run == RunState::Running
            && follower.lives_in == [host.id.clone()]
            && follower.started_at > host.started_at
    }
}
