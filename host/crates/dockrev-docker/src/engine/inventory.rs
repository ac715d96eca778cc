//! One look at everything.

use super::{Call, DockerEngine, Listed, QUERY_TIMEOUT};
use crate::labels::{self, Owner};
use crate::overrides::Overrides;
use crate::own;
use bollard::Docker;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum, MountPoint, Volume};
use bollard::query_parameters::ListVolumesOptions;
use dockrev_core::ids::{ContainerId, ImageId, ServiceId, ServiceName, StackName};
use dockrev_core::platform::Platform;
use dockrev_core::ports::HostError;
use dockrev_core::stack::{Container, Inventory, Mount, MountSource, RunState, Service, Stack};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

/// Exit code of a container whose end the engine does not tell.
const UNKNOWN_EXIT_CODE: i64 = -1;

pub(super) async fn take(engine: &DockerEngine, client: &Docker) -> Result<Inventory, HostError> {
    let call = Call { engine, action: "list the containers of", subject: engine.address.to_string() };
    let info = call.within(QUERY_TIMEOUT, client.info()).await?;
    let platform = Platform::new(
        info.os_type.as_deref().unwrap_or_default(),
        info.architecture.as_deref().unwrap_or_default(),
        None,
    );
    let mut containers = call.containers(client, None).await?;
    for container in &mut containers {
        if is_bare_id(&container.image) {
            container.image = image_as_written(engine, client, container).await?;
        }
    }
    find_volumes(&call, client, &mut containers).await?;
    let ids = Ids::of(&containers);
    let mut stacks: BTreeMap<StackName, BTreeMap<ServiceName, Vec<Listed>>> = BTreeMap::new();
    let mut standalone = Vec::new();
    for listed in containers {
        match labels::owner(&listed.labels) {
            Owner::Service(id) => {
                stacks.entry(id.stack).or_default().entry(id.service).or_default().push(listed);
            }
            Owner::Standalone => standalone.push(container(listed, &ids)),
            Owner::Passing => {}
        }
    }
    let stacks = stacks.into_iter().map(|(name, services)| stack(name, services, &engine.overrides, &ids)).collect();
    Ok(Inventory { platform, stacks, standalone })
}

/// Fills in what the list of containers leaves out of their volumes: where those are that nobody named, and which are there
/// only while they are used.
async fn find_volumes(call: &Call<'_>, client: &Docker, containers: &mut [Listed]) -> Result<(), HostError> {
    let mounts = || containers.iter().flat_map(|container| &container.mounts);
    if !mounts().any(|mount| matches!(mount.source, MountSource::Volume { .. })) {
        return Ok(());
    }
    let known = call.within(QUERY_TIMEOUT, client.list_volumes(None::<ListVolumesOptions>)).await?;
    let known: HashMap<String, Volume> =
        known.volumes.unwrap_or_default().into_iter().map(|volume| (volume.name.clone(), volume)).collect();
    for mount in containers.iter_mut().flat_map(|container| &mut container.mounts) {
        if let MountSource::Volume { name, path, is_on_demand: on_demand } = &mut mount.source
            && let Some(volume) = known.get(name)
        {
            *on_demand = is_on_demand(volume);
            if path.as_os_str().is_empty() {
                *path = PathBuf::from(&volume.mountpoint);
            }
        }
    }
    Ok(())
}

/// Whether the engine has the volume's data in place only while a container that mounts it runs: shares and bound folders of
/// the driver `local`, and whatever other drivers do.
pub(super) fn is_on_demand(volume: &Volume) -> bool {
    /// Options of the driver `local` that make it mount something.
    const MOUNTS: [&str; 2] = ["type", "device"];
    let mounts = |option: &str| volume.options.get(option).is_some_and(|value| !value.is_empty());
    volume.driver != "local" || MOUNTS.into_iter().any(mounts)
}

fn stack(name: StackName, services: BTreeMap<ServiceName, Vec<Listed>>, overrides: &Overrides, ids: &Ids) -> Stack {
    let services = services
        .into_iter()
        .map(|(service, containers)| {
            // Its own newest, not the stack's: `up` with other files may have been called for another service alone.
            let newest = containers.iter().max_by_key(|container| container.created_unix_s);
            let labels = newest.map(|container| container.labels.clone()).unwrap_or_default();
            Service {
                id: ServiceId { stack: name.clone(), service },
                project: labels::project(&name, &labels, overrides, |path| path.exists()),
                depends_on: labels::depends_on(&labels),
                containers: containers.into_iter().map(|listed| container(listed, ids)).collect(),
            }
        })
        .collect();
    Stack { name, services }
}

fn container(listed: Listed, ids: &Ids) -> Container {
    Container {
        is_dockrev: ids.own.as_ref() == Some(&listed.id),
        id: ContainerId::new(listed.id),
        name: listed.name,
        image: listed.image,
        image_id: ImageId::new(listed.image_id),
        run: listed.run,
        network_of: listed.network_mode.strip_prefix("container:").and_then(|container| ids.find(container)),
        mounts: listed.mounts,
        labels: listed.labels,
    }
}

/// Digits of a container's whole id.
const ID_DIGITS: usize = 64;

/// The ids of the listed containers, by name, and of the one that this process runs in.
struct Ids {
    by_name: BTreeMap<String, String>,
    own: Option<String>,
}

impl Ids {
    fn of(containers: &[Listed]) -> Self {
        let by_name = containers.iter().map(|listed| (listed.name.clone(), listed.id.clone())).collect();
        Self { by_name, own: own::container() }
    }

    /// Reads a container's id, whole or short, or name. A whole id stands for itself even if its container is gone.
    fn find(&self, container: &str) -> Option<ContainerId> {
        if container.is_empty() {
            return None;
        }
        let is_hex = container.bytes().all(|b| b.is_ascii_hexdigit());
        if is_hex && container.len() == ID_DIGITS {
            return Some(ContainerId::new(container));
        }
        let named = self.by_name.get(container);
        let begun = || self.by_name.values().find(|id| is_hex && id.starts_with(container));
        named.or_else(begun).map(ContainerId::new)
    }
}

/// Reads one entry of the engine's list. Entries without an id or an image are none.
pub(super) fn listed(summary: ContainerSummary) -> Option<Listed> {
    let status = summary.status.unwrap_or_default();
    Some(Listed {
        name: display_name(&summary.names.unwrap_or_default()),
        id: summary.id?,
        image: summary.image?,
        image_id: summary.image_id?,
        created_unix_s: summary.created.unwrap_or_default(),
        run: run_state(summary.state, &status),
        network_mode: summary.host_config.and_then(|config| config.network_mode).unwrap_or_default(),
        mounts: summary.mounts.unwrap_or_default().into_iter().map(mount).collect(),
        labels: summary.labels.unwrap_or_default().into_iter().collect(),
    })
}

fn mount(point: MountPoint) -> Mount {
    let path = PathBuf::from(point.source.unwrap_or_default());
    let source = match (point.typ.as_deref(), point.name) {
        (Some("volume"), Some(name)) => MountSource::Volume { name, path, is_on_demand: false },
        (Some("bind"), _) => MountSource::Bind { path },
        (Some(_) | None, _) => MountSource::Other,
    };
    Mount { source, destination: point.destination.unwrap_or_default().into(), writable: point.rw.unwrap_or(true) }
}

/// The container's own name. Links give it more, which have a second slash: `/other/alias`.
fn display_name(names: &[String]) -> String {
    let bare = |name: &String| name.strip_prefix('/').unwrap_or(name).to_owned();
    let own = names.iter().map(bare).find(|name| !name.contains('/'));
    own.or_else(|| names.first().map(bare)).unwrap_or_default()
}

fn run_state(state: Option<ContainerSummaryStateEnum>, status: &str) -> RunState {
    use ContainerSummaryStateEnum as State;
    match state {
        Some(State::RUNNING | State::STOPPING) => RunState::Running,
        Some(State::RESTARTING) => RunState::Restarting,
        Some(State::EXITED | State::DEAD | State::REMOVING) => RunState::Exited { code: exit_code(status) },
        Some(State::PAUSED) => RunState::Paused,
        Some(State::CREATED | State::EMPTY) | None => RunState::NotStarted,
    }
}

/// The code in `Exited (137) 2 weeks ago`. The list has it nowhere else.
fn exit_code(status: &str) -> i64 {
    let code = status.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map(|(code, _)| code);
    code.and_then(|code| code.parse().ok()).unwrap_or(UNKNOWN_EXIT_CODE)
}

/// The engine's list shows an image's id, full or short, once the name that was written stands for another image.
fn is_bare_id(image: &str) -> bool {
    const SHORT_ID_DIGITS: usize = 12;
    let is_hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    image.starts_with("sha256:") || (image.len() == SHORT_ID_DIGITS && is_hex(image))
}

async fn image_as_written(engine: &DockerEngine, client: &Docker, listed: &Listed) -> Result<String, HostError> {
    let call = Call { engine, action: "inspect container", subject: listed.name.clone() };
    let found = call.find_within(QUERY_TIMEOUT, client.inspect_container(&listed.id, None)).await?;
    let written = found.and_then(|inspect| inspect.config).and_then(|config| config.image);
    Ok(written.unwrap_or_else(|| listed.image.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_engines_list() {
        let check = |json: &str, name: &str, run: RunState| {
            let listed = listed(serde_json::from_str(json).unwrap()).unwrap();
            assert_eq!((listed.name.as_str(), listed.run), (name, run), "{json}");
        };
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "Names": ["/web/db", "/db"], "State": "running"}"#,
            "db",
            RunState::Running,
        );
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "Names": ["/x"], "State": "exited",
                "Status": "Exited (137) 2 weeks ago"}"#,
            "x",
            RunState::Exited { code: 137 },
        );
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "Names": [], "State": "dead", "Status": "Dead"}"#,
            "",
            RunState::Exited { code: UNKNOWN_EXIT_CODE },
        );
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "State": "paused", "Status": "Up 2 hours (Paused)"}"#,
            "",
            RunState::Paused,
        );
    }

    #[test]
    fn knows_an_id_from_a_name() {
        let check = |image: &str, is_id: bool| assert_eq!(is_bare_id(image), is_id, "{image}");
        check("sha256:0b91a13793817828892116314552850018129e1449207be8d218ba6488f97ff7", true);
        check("0b91a1379381", true);
        check("nginx", false);
        check("nginx:1.27@sha256:0b91a13793817828892116314552850018129e1449207be8d218ba6488f97ff7", false);
    }

    fn entry(id: &str, name: &str, created_unix_s: i64, network_mode: &str, labels: &[(&str, &str)]) -> Listed {
        Listed {
            id: id.to_owned(),
            name: name.to_owned(),
            image: "a".to_owned(),
            image_id: "b".to_owned(),
            created_unix_s,
            run: RunState::Running,
            network_mode: network_mode.to_owned(),
            mounts: Vec::new(),
            labels: labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn reads_the_network_mode_of_the_engines_list() {
        let json = r#"{"Id": "1", "Image": "a", "ImageID": "b", "HostConfig": {"NetworkMode": "container:vpn"}}"#;
        assert_eq!(listed(serde_json::from_str(json).unwrap()).unwrap().network_mode, "container:vpn");
    }

    #[test]
    fn finds_the_container_whose_network_is_used() {
        let (vpn, gone) = ("ab".repeat(32), "cd".repeat(32));
        let list = [entry(&vpn, "vpn", 0, "default", &[]), entry(&"ef".repeat(32), "abc", 0, "default", &[])];
        let check = |network_mode: &str, expected: Option<&str>| {
            let found = container(entry("1", "x", 0, network_mode, &[]), &Ids::of(&list)).network_of;
            assert_eq!(found.as_ref().map(ContainerId::as_str), expected, "{network_mode}");
        };
        check(&format!("container:{vpn}"), Some(&vpn));
        check("container:vpn", Some(&vpn));
        check("container:abababababab", Some(&vpn));
        check("container:abc", Some(&"ef".repeat(32)));
        check(&format!("container:{gone}"), Some(&gone));
        check("container:unknown", None);
        check("container:", None);
        check("shop_default", None);
        check("host", None);
        check("", None);
    }

    #[test]
    fn a_service_has_the_files_of_its_own_newest_container() {
        let files = |files: &'static str| [("com.docker.compose.project.config_files", files)];
        let services = BTreeMap::from([
            (
                ServiceName::new("web"),
                vec![
                    entry("1", "web-1", 20, "", &files("/s/new.yml")),
                    entry("2", "web-2", 10, "", &files("/s/old.yml")),
                ],
            ),
            (ServiceName::new("debugger"), vec![entry("3", "debugger-1", 30, "", &files("/s/debug.yml"))]),
        ]);
        let stack = stack(StackName::new("shop"), services, &Overrides::new("/none"), &Ids::of(&[]));
        let found: Vec<_> = stack
            .services
            .iter()
            .map(|service| format!("{} {}", service.id.service, service.project.files[0].display()))
            .collect();
        assert_eq!(found, ["debugger /s/debug.yml", "web /s/new.yml"]);
    }
}
