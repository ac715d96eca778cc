//! What runs on the host: stacks, their services, and containers that belong to none.

use crate::ids::{ContainerId, ImageId, ServiceId, ServiceName, StackName};
use crate::image::{Digest, PinnedImage, Repository};
use crate::platform::Platform;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Everything that one look at the engine shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Inventory {
    /// The platform that the engine runs.
    pub platform: Platform,
    /// The stacks, by name.
    pub stacks: Vec<Stack>,
    /// Containers that belong to no Compose project, by name.
    pub standalone: Vec<Container>,
}

/// A Compose project that has containers.
#[derive(Clone, Debug, PartialEq)]
pub struct Stack {
    /// The project's name.
    pub name: StackName,
    /// Its services that have containers, by name.
    pub services: Vec<Service>,
}

/// How Compose is called for a stack, as its containers' labels tell it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComposeProject {
    /// The project's name (`-p`).
    pub name: StackName,
    /// The folder that relative paths in its files are relative to.
    pub working_dir: PathBuf,
    /// Its compose files in order (`-f`), without an override that Dockrev keeps.
    pub files: Vec<PathBuf>,
    /// Its environment files (`--env-file`); empty: the one in the working folder, if any.
    pub env_files: Vec<PathBuf>,
}

/// A file as it was when a plan was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileHash {
    /// Where it is.
    pub path: PathBuf,
    /// Digest of its content.
    pub digest: Digest,
}

/// A service of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Which one.
    pub id: ServiceId,
    /// How Compose was called for its newest container. It may differ from service to service of one stack.
    pub project: ComposeProject,
    /// Its containers, running and stopped; at least one.
    pub containers: Vec<Container>,
    /// Services of the same stack that it waits for.
    pub depends_on: Vec<ServiceName>,
}

/// A container.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its name, without the leading slash.
    pub name: String,
    /// The image as it was written when the container was made.
    pub image: String,
    /// The image it was really made from.
    pub image_id: ImageId,
    /// Whether its process runs.
    pub run: RunState,
    /// Whether Dockrev itself runs in it.
    pub is_dockrev: bool,
    /// The container whose network it uses instead of one of its own.
    pub network_of: Option<ContainerId>,
    /// What it has mounted.
    pub mounts: Vec<Mount>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What a container has mounted at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// What.
    pub source: MountSource,
    /// Where, in the container.
    pub destination: PathBuf,
    /// Whether the container can write to it.
    pub writable: bool,
}

/// What is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountSource {
    /// A volume of the engine; those without a name of their own have 64 hexadecimal digits for one.
    Volume {
        /// Its name.
        name: String,
        /// Where its driver keeps it on the engine's machine; empty if the engine does not say.
        path: PathBuf,
        /// Whether it is there only while a container that mounts it runs: a share, or a folder that the driver binds.
        is_on_demand: bool,
    },
    /// A folder or file of the engine's machine.
    Bind {
        /// Which one.
        path: PathBuf,
    },
    /// What ends with the container (`tmpfs`), or is none of Dockrev's business.
    Other,
}

/// An image that the engine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalImage {
    /// Its id.
    pub id: ImageId,
    /// What registries know it as: a set, in no order. Empty for images built here.
    pub repo_digests: Vec<(Repository, Digest)>,
    /// The platform it is built for.
    pub platform: Platform,
    /// When it says that it was built. Whoever builds an image can write what they like, and reproducible builds do.
    pub created: Option<Timestamp>,
}

impl LocalImage {
    /// The digests under which `repository` knows this image.
    pub fn digests_of<'a>(&'a self, repository: &'a Repository) -> impl Iterator<Item = &'a Digest> {
        self.repo_digests.iter().filter(move |(known, _)| known == repository).map(|(_, digest)| digest)
    }
}

/// Which images Dockrev's override file pins, by service.
pub type Pins = BTreeMap<ServiceName, PinnedImage>;

/// What Compose itself says of a project, as far as Dockrev needs it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ComposeModel {
    /// Whether this Compose carries a volume along that only the image declares, when it makes a container anew.
    pub carries_image_volumes: bool,
    /// The services by name.
    pub services: BTreeMap<ServiceName, ComposeService>,
}

impl ComposeModel {
    /// All that `service` waits for, directly or by way of others, each once and without itself.
    #[must_use]
    pub fn waited_for_by<'a>(&'a self, service: &ServiceName) -> Vec<&'a ServiceName> {
        let dependencies = |name: &ServiceName| self.services.get(name).into_iter().flat_map(|found| &found.depends_on);
        let mut reached: Vec<&ServiceName> = Vec::new();
        let mut open: Vec<&ServiceName> = dependencies(service).collect();
        while let Some(name) = open.pop() {
            if name != service && !reached.contains(&name) {
                reached.push(name);
                open.extend(dependencies(name));
            }
        }
        reached
    }
}

/// A service as Compose understands it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ComposeService {
    /// Its image, as written after interpolation. Absent for one that is only built.
    pub image: Option<String>,
    /// Whether it is built on this machine.
    pub builds: bool,
    /// Services that it waits for.
    pub depends_on: Vec<ServiceName>,
    /// Those of them whose end it waits for (`service_completed_successfully`).
    pub waits_for_end_of: Vec<ServiceName>,
    /// Where in its containers it has volumes, folders and files by what the files say.
    pub mounted_at: Vec<PathBuf>,
    /// Services in whose containers' network, IPC or PID namespace it lives instead of one of its own. It has to be made
    /// anew when one of theirs is.
    pub lives_in: Vec<ServiceName>,
    /// Services whose containers' volumes it takes.
    pub volumes_from: Vec<ServiceName>,
}

/// What a container is doing right now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerStatus {
    /// Which one.
    pub id: ContainerId,
    /// Its name.
    pub name: String,
    /// The image it was made from.
    pub image_id: ImageId,
    /// The image as it was written when it was made.
    pub image: String,
    /// Whether its process runs, and what its end was.
    pub run: RunState,
    /// How often the engine has restarted it since it was made.
    pub restart_count: u64,
    /// When it was last started. Absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// The containers in whose network, IPC or PID namespace it lives instead of one of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lives_in: Vec<ContainerId>,
    /// What its healthcheck says.
    pub health: Health,
}

/// Whether a container's process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum RunState {
    /// It runs.
    Running,
    /// The engine is between two starts of it.
    Restarting,
    /// It ended.
    Exited {
        /// Its exit code.
        code: i64,
    },
    /// It is frozen.
    Paused,
    /// It was made and not started.
    NotStarted,
}

/// What a container's healthcheck says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Health {
    /// It has no healthcheck.
    None,
    /// It has one, and it says this.
    Checked {
        /// The engine's verdict.
        status: HealthStatus,
        /// How long the verdict can take.
        timing: HealthTiming,
        /// Output of the last probe, shortened.
        last_output: Option<String>,
        /// The last probes, oldest first; the engine keeps five.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        probes: Vec<Probe>,
    },
}

/// One run of a healthcheck.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// When it began.
    pub began_at: Timestamp,
    /// Its exit code; 0 is good.
    pub exit_code: i64,
    /// What it printed, shortened.
    pub output: String,
}

/// The engine's verdict on a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HealthStatus {
    /// Not known yet.
    Starting,
    /// The last probe succeeded.
    Healthy,
    /// As many probes in a row failed as its healthcheck allows.
    Unhealthy,
}

/// The numbers of a healthcheck, in milliseconds, the engine's defaults filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthTiming {
    /// Failures in this span after the start do not count.
    pub start_period_ms: u64,
    /// Wait between two probes.
    pub interval_ms: u64,
    /// Longest time that a probe may take.
    pub timeout_ms: u64,
    /// Failures in a row that make it unhealthy.
    pub retries: u64,
}

impl HealthTiming {
    /// The least time after which a verdict is due: the start period, as many probes as may fail, and one that is
    /// under way.
    #[must_use]
    pub fn verdict_due_ms(&self) -> u64 {
        let probe = self.interval_ms.saturating_add(self.timeout_ms);
        self.start_period_ms.saturating_add(probe.saturating_mul(self.retries.saturating_add(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_all_that_a_service_waits_for() {
        let of = |names: &[&str]| ComposeService {
            depends_on: names.iter().map(|name| ServiceName::new(*name)).collect(),
            ..ComposeService::default()
        };
        let services =
            [("web", of(&["api", "db"])), ("api", of(&["db", "web"])), ("db", of(&["gone"])), ("other", of(&[]))];
        let services = services.map(|(name, service)| (ServiceName::new(name), service)).into();
        let model = ComposeModel { carries_image_volumes: true, services };
        let web = ServiceName::new("web");
        let mut found: Vec<String> = model.waited_for_by(&web).into_iter().map(ToString::to_string).collect();
        found.sort();
        assert_eq!(found, ["api", "db", "gone"]);
        assert!(model.waited_for_by(&ServiceName::new("other")).is_empty());
    }
}
