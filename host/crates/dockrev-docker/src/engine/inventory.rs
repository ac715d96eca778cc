//! One look at everything.

use super::{Call, DockerEngine, Listed, QUERY_TIMEOUT};
use crate::labels::{self, Owner};
use bollard::Docker;
use bollard::models::{ContainerSummary, ContainerSummaryStateEnum};
use dockrev_core::ids::{ContainerId, ImageId, ServiceId, ServiceName, StackName};
use dockrev_core::platform::Platform;
use dockrev_core::ports::HostError;
use dockrev_core::stack::{Container, Inventory, RunState, Service, Stack};
use std::collections::BTreeMap;

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
    let mut stacks: BTreeMap<StackName, BTreeMap<ServiceName, Vec<Listed>>> = BTreeMap::new();
    let mut standalone = Vec::new();
    for listed in containers {
        match labels::owner(&listed.labels) {
            Owner::Service(id) => {
                stacks.entry(id.stack).or_default().entry(id.service).or_default().push(listed);
            }
            Owner::Standalone => standalone.push(container(listed)),
            Owner::Passing => {}
        }
    }
    let stacks = stacks.into_iter().map(|(name, services)| stack(engine, name, services)).collect();
    Ok(Inventory { platform, stacks, standalone })
}

fn stack(engine: &DockerEngine, name: StackName, services: BTreeMap<ServiceName, Vec<Listed>>) -> Stack {
    let newest = services.values().flatten().max_by_key(|container| container.created_unix_s);
    let labels = newest.map(|container| container.labels.clone()).unwrap_or_default();
    let project = labels::project(&name, &labels, &engine.overrides, |path| path.exists());
    let services = services
        .into_iter()
        .map(|(service, containers)| {
            let newest = containers.iter().max_by_key(|container| container.created_unix_s);
            Service {
                id: ServiceId { stack: name.clone(), service },
                depends_on: newest.map(|container| labels::depends_on(&container.labels)).unwrap_or_default(),
                containers: containers.into_iter().map(container).collect(),
            }
        })
        .collect();
    Stack { name, project, services }
}

fn container(listed: Listed) -> Container {
    Container {
        id: ContainerId::new(listed.id),
        name: listed.name,
        image: listed.image,
        image_id: ImageId::new(listed.image_id),
        run: listed.run,
        labels: listed.labels,
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
        labels: summary.labels.unwrap_or_default().into_iter().collect(),
    })
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
        Some(State::EXITED | State::DEAD | State::REMOVING) => RunState::Exited(exit_code(status)),
        Some(State::CREATED | State::PAUSED | State::EMPTY) | None => RunState::NotStarted,
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
            RunState::Exited(137),
        );
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "Names": [], "State": "dead", "Status": "Dead"}"#,
            "",
            RunState::Exited(UNKNOWN_EXIT_CODE),
        );
        check(
            r#"{"Id": "1", "Image": "a", "ImageID": "b", "State": "paused", "Status": "Up 2 hours (Paused)"}"#,
            "",
            RunState::NotStarted,
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
}
