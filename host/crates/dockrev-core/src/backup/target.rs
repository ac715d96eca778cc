//! Places where the containers of a stack keep data.

use crate::ids::{ContainerId, ServiceId, StackName, WorkloadId};
use crate::stack::{Container, Inventory, Mount, MountSource, RunState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Name of a target: `volume:NAME` or `bind:PATH`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TargetName(String);

impl TargetName {
    /// Takes the name as it stands.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name of a volume's target.
    #[must_use]
    pub fn of_volume(volume: &str) -> Self {
        Self(format!("volume:{volume}"))
    }

    /// The name of a folder's or file's target.
    #[must_use]
    pub fn of_bind(path: &Path) -> Self {
        Self(format!("bind:{}", path.display()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place where containers of a stack keep data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataTarget {
    /// Its name.
    pub name: TargetName,
    /// Where it is.
    pub place: DataPlace,
    /// The containers that mount it, of this stack or another, by name. Dockrev's own is none of them.
    pub users: Vec<TargetUser>,
}

/// Where data is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum DataPlace {
    /// In a volume of the engine, with a name or without one.
    Volume {
        /// Its name.
        name: String,
        /// Where its driver keeps it on the engine's machine; empty if it does not say.
        path: PathBuf,
        /// Whether it is there only while a container that mounts it runs.
        #[serde(default)]
        is_on_demand: bool,
    },
    /// In a folder or file of the engine's machine.
    Bind {
        /// Which one.
        path: PathBuf,
    },
}

impl DataPlace {
    /// Where it is on the engine's machine.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Volume { path, .. } | Self::Bind { path } => path,
        }
    }
}

/// A container that mounts a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetUser {
    /// Which one.
    pub container: ContainerId,
    /// Its name.
    pub name: String,
    /// The service it belongs to, if any.
    pub service: Option<ServiceId>,
    /// Where it has the target.
    pub destination: PathBuf,
    /// Whether it can write to it.
    pub writable: bool,
    /// Whether it runs.
    pub running: bool,
}

impl TargetUser {
    /// Whether it is a container of this workload.
    #[must_use]
    pub fn is_of(&self, workload: &WorkloadId) -> bool {
        match (workload, &self.service) {
            (WorkloadId::Service(service), Some(own)) => own == service,
            (WorkloadId::Container(container), None) => container.as_str() == self.name,
            (WorkloadId::Service(_), None) | (WorkloadId::Container(_), Some(_)) => false,
        }
    }

    /// Whether it is in the workload's stack. A container that belongs to none is one of its own.
    #[must_use]
    pub fn is_in_stack_of(&self, workload: &WorkloadId) -> bool {
        match (workload, &self.service) {
            (WorkloadId::Service(service), Some(own)) => own.stack == service.stack,
            (WorkloadId::Container(_), _) | (WorkloadId::Service(_), None) => self.is_of(workload),
        }
    }
}

/// The places where the services of `stack`, or the container that it stands for, keep data, by name, each with all that
/// mount it.
#[must_use]
pub fn of_stack(inventory: &Inventory, stack: &StackName) -> Vec<DataTarget> {
    let mut targets: BTreeMap<TargetName, DataTarget> = BTreeMap::new();
    let of_compose = inventory.stacks.iter().filter(|found| found.name == *stack);
    let in_stack = of_compose.flat_map(|stack| &stack.services).flat_map(|service| &service.containers);
    let alone = stack.container();
    let alone = inventory.standalone.iter().filter(|c| alone.as_ref().is_some_and(|name| name.as_str() == c.name));
    for mount in in_stack.chain(alone).flat_map(|container| &container.mounts) {
        if let Some((name, place)) = identify(mount) {
            targets.entry(name.clone()).or_insert(DataTarget { name, place, users: Vec::new() });
        }
    }
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
    let in_services = services.flat_map(|service| service.containers.iter().map(|c| (Some(&service.id), c)));
    for (service, container) in in_services.chain(inventory.standalone.iter().map(|container| (None, container))) {
        // Nobody stops or freezes himself and goes on.
        if container.is_dockrev {
            continue;
        }
        for mount in &container.mounts {
            let known = identify(mount).and_then(|(name, _)| targets.get_mut(&name));
            if let Some(target) = known {
                target.users.push(user(service, container, mount));
            }
        }
    }
    targets.into_values().collect()
}

fn identify(mount: &Mount) -> Option<(TargetName, DataPlace)> {
    match &mount.source {
        MountSource::Volume { name, path, is_on_demand } => {
            let place = DataPlace::Volume { name: name.clone(), path: path.clone(), is_on_demand: *is_on_demand };
            Some((TargetName::of_volume(name), place))
        }
        MountSource::Bind { path } => Some((TargetName::of_bind(path), DataPlace::Bind { path: path.clone() })),
        MountSource::Other => None,
    }
}

fn user(service: Option<&ServiceId>, container: &Container, mount: &Mount) -> TargetUser {
    TargetUser {
        container: container.id.clone(),
        name: container.name.clone(),
        service: service.cloned(),
        destination: mount.destination.clone(),
        writable: mount.writable,
        running: matches!(container.run, RunState::Running | RunState::Restarting),
    }
}
