//! The containers that a container lives on, and those that live on it.

use super::api::Api;
use super::networks::{self, Connection};
use dockrev_core::ports::HostError;
use serde_json::Value;
use std::collections::BTreeSet;

/// Where a container says whose namespace it uses, and what that is called.
const NAMESPACES: [(&str, &str); 3] =
    [("NetworkMode", "network"), ("IpcMode", "IPC namespace"), ("PidMode", "PID namespace")];

/// Why a container with these settings cannot be made, if so.
pub(super) async fn obstacle(api: &Api<'_>, inspect: &Value) -> Result<Option<String>, HostError> {
    for (peer, what) in namespace_peers(inspect) {
        if api.container(peer).await?.is_none() {
            return Ok(Some(format!("it uses the {what} of container `{peer}`, which is gone")));
        }
    }
    for source in volume_sources(inspect) {
        if api.container(source).await?.is_none() {
            return Ok(Some(format!("it takes the volumes of container `{source}`, which is gone")));
        }
    }
    Ok(None)
}

/// The containers whose volumes it takes (`--volumes-from`), by name or id.
pub(super) fn volume_sources(inspect: &Value) -> impl Iterator<Item = &str> {
    let sources = inspect["HostConfig"]["VolumesFrom"].as_array().into_iter().flatten();
    sources.filter_map(|source| source.as_str()?.split(':').next())
}

/// Names of the containers among `others` that would be cut off if `container` were made anew. `listed` is what the
/// engine's list says of it.
pub(super) fn tied_to(container: &Value, listed: &Value, others: &[Value]) -> BTreeSet<String> {
    let id = container["Id"].as_str().unwrap_or_default();
    let name = container["Name"].as_str().unwrap_or_default().trim_start_matches('/');
    let is_it = |peer: &str| peer == name || peer == id || (!peer.is_empty() && id.starts_with(peer));
    let guests = others
        .iter()
        .filter(|other| other["Id"] != container["Id"])
        .filter(|other| namespace_peers(other).any(|(peer, _)| is_it(peer)))
        .filter_map(|other| other["Name"].as_str().map(|name| name.trim_start_matches('/').to_owned()));
    guests.chain(linked_to(listed)).collect()
}

/// A linked container has a second name in each that it is linked to: `/web/db`.
fn linked_to(listed: &Value) -> impl Iterator<Item = String> {
    let names = listed["Names"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.filter_map(|name| name.trim_start_matches('/').split_once('/')).map(|(other, _)| other.to_owned())
}

fn namespace_peers(inspect: &Value) -> impl Iterator<Item = (&str, &'static str)> {
    NAMESPACES.into_iter().filter_map(|(field, what)| {
        match networks::connection(inspect["HostConfig"][field].as_str().unwrap_or_default()) {
            Connection::Of(peer) => Some((peer, what)),
            Connection::Own | Connection::NoneOrHost => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finds_who_would_be_cut_off() {
        let web = json!({"Id": "aa11", "Name": "/web", "HostConfig": {"NetworkMode": "default"}});
        let listed = json!({"Id": "aa11", "Names": ["/proxy/web", "/web"]});
        let other = |name: &str, field: &str, mode: &str| json!({"Id": name, "Name": format!("/{name}"), "HostConfig": {field: mode}});
        let others = [
            web.clone(),
            other("by-id", "NetworkMode", "container:aa11"),
            other("by-name", "PidMode", "container:web"),
            other("by-short-id", "IpcMode", "container:aa"),
            other("elsewhere", "NetworkMode", "container:bb22"),
            other("alone", "NetworkMode", "bridge"),
        ];
        let found: Vec<String> = tied_to(&web, &listed, &others).into_iter().collect();
        assert_eq!(found, ["by-id", "by-name", "by-short-id", "proxy"]);
    }
}
