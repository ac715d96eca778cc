//! The networks of a container: what was asked for, without what the engine filled in.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The settings of a container in its networks, by their names.
pub(super) type Endpoints = BTreeMap<String, Value>;

/// What the engine fills in while a container runs. All else is what was asked for.
const FILLED_IN: [&str; 11] = [
    "NetworkID",
    "EndpointID",
    "Gateway",
    "IPAddress",
    "IPPrefixLen",
    "IPv6Gateway",
    "GlobalIPv6Address",
    "GlobalIPv6PrefixLen",
    "DNSNames",
    "MacAddress",
    "SecondaryIPAddresses",
];
/// What the hardware addresses that the engine makes up begin with.
const MADE_UP_MAC: &str = "02:42:";
/// Digits of a short container id, which the engine takes for host name and alias.
pub(super) const SHORT_ID_DIGITS: usize = 12;

/// How a container is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connection<'a> {
    /// To networks of its own choice.
    Own,
    /// To none, or to that of the host.
    NoneOrHost,
    /// As another container is.
    Of(&'a str),
}

/// How a container with this `NetworkMode` is connected.
pub(super) fn connection(network_mode: &str) -> Connection<'_> {
    match network_mode.split_once(':') {
        Some(("container", peer)) => Connection::Of(peer),
        _ if network_mode == "host" || network_mode == "none" => Connection::NoneOrHost,
        _ => Connection::Own,
    }
}

/// What was asked for in each network of the inspected container.
pub(super) fn endpoints(inspect: &Value) -> Endpoints {
    let mode = inspect["HostConfig"]["NetworkMode"].as_str().unwrap_or_default();
    if connection(mode) != Connection::Own {
        return Endpoints::new();
    }
    let id = inspect["Id"].as_str().unwrap_or_default();
    let networks = inspect["NetworkSettings"]["Networks"].as_object().into_iter().flatten();
    networks.filter_map(|(name, found)| Some((name.clone(), asked_for(found.as_object()?, id)))).collect()
}

fn asked_for(found: &Map<String, Value>, id: &str) -> Value {
    let mut endpoint = found.clone();
    for field in FILLED_IN {
        endpoint.remove(field);
    }
    // The engine shows the address that a container has, whoever chose it; its own begin alike.
    let mac = found.get("MacAddress").and_then(Value::as_str).unwrap_or_default();
    if !mac.is_empty() && !mac.starts_with(MADE_UP_MAC) {
        endpoint.insert("MacAddress".to_owned(), json!(mac));
    }
    if let Some(Value::Array(aliases)) = endpoint.get_mut("Aliases") {
        let short = id.get(..SHORT_ID_DIGITS).unwrap_or(id);
        aliases.retain(|alias| alias.as_str() != Some(short));
        if aliases.is_empty() {
            endpoint.insert("Aliases".to_owned(), Value::Null);
        }
    }
    Value::Object(endpoint)
}

/// The network that the container is made in: the one that `NetworkMode` names, by name, whole or short id.
pub(super) fn primary(inspect: &Value) -> Option<String> {
    let mode = inspect["HostConfig"]["NetworkMode"].as_str()?;
    let networks = inspect["NetworkSettings"]["Networks"].as_object()?;
    let name = if mode == "default" { "bridge" } else { mode };
    if networks.contains_key(name) {
        return Some(name.to_owned());
    }
    let is_id = mode.len() >= SHORT_ID_DIGITS && mode.bytes().all(|byte| byte.is_ascii_hexdigit());
    let by_id =
        networks.iter().find(|(_, network)| network["NetworkID"].as_str().is_some_and(|id| id.starts_with(mode)));
    by_id.filter(|_| is_id).map(|(name, _)| name.clone())
}

/// `db:alias`, however the engine writes it: `/db:/web/alias`.
pub(super) fn link(written: &str) -> String {
    let Some((target, alias)) = written.split_once(':') else { return written.to_owned() };
    let target = target.strip_prefix('/').unwrap_or(target);
    let alias = alias.rsplit('/').next().unwrap_or(alias);
    format!("{target}:{alias}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_was_asked_for() {
        let inspect = json!({
            "Id": "cee6d1fbcc821c3617b77a74025b4262",
            "HostConfig": {"NetworkMode": "na"},
            "NetworkSettings": {"Networks": {
                "na": {
                    "IPAMConfig": {"IPv4Address": "10.66.7.9"}, "Links": ["db:data"], "Aliases": ["al", "cee6d1fbcc82"],
                    "NetworkID": "d7e2", "EndpointID": "ba2d", "Gateway": "10.66.7.1", "IPAddress": "10.66.7.9",
                    "IPPrefixLen": 24, "MacAddress": "02:42:0a:42:07:09", "DriverOpts": {"x": "y"}, "GwPriority": 7,
                    "DNSNames": ["mac", "al"],
                },
                "nb": {"IPAMConfig": {}, "Aliases": ["cee6d1fbcc82"], "MacAddress": "0a:00:00:00:00:01"},
            }},
        });
        let found = endpoints(&inspect);
        let expected = json!({
            "IPAMConfig": {"IPv4Address": "10.66.7.9"}, "Links": ["db:data"], "Aliases": ["al"],
            "DriverOpts": {"x": "y"}, "GwPriority": 7,
        });
        assert_eq!(found["na"], expected);
        assert_eq!(found["nb"], json!({"IPAMConfig": {}, "Aliases": null, "MacAddress": "0a:00:00:00:00:01"}));
        assert_eq!(primary(&inspect).as_deref(), Some("na"));
    }

    #[test]
    fn finds_the_network_it_was_made_in() {
        let check = |mode: &str, expected: Option<&str>| {
            let inspect = json!({
                "HostConfig": {"NetworkMode": mode},
                "NetworkSettings": {"Networks": {"bridge": {"NetworkID": "88cc"}, "na": {"NetworkID": "7c1595f51d5d95993e"}}},
            });
            assert_eq!(primary(&inspect).as_deref(), expected, "{mode}");
        };
        check("default", Some("bridge"));
        check("bridge", Some("bridge"));
        check("na", Some("na"));
        check("7c1595f51d5d", Some("na"));
        check("7c15", None);
        check("gone", None);
        check("host", None);
    }

    #[test]
    fn knows_how_it_is_connected() {
        assert_eq!(connection("container:abc"), Connection::Of("abc"));
        assert_eq!(connection("host"), Connection::NoneOrHost);
        assert_eq!(connection("default"), Connection::Own);
        let peer = json!({"Id": "1", "HostConfig": {"NetworkMode": "container:abc"}, "NetworkSettings": {"Networks": {"x": {}}}});
        assert!(endpoints(&peer).is_empty());
    }

    #[test]
    fn reads_links_as_the_engine_writes_them() {
        for (written, expected) in [("/db:/web/data", "db:data"), ("db:data", "db:data"), ("db", "db")] {
            assert_eq!(link(written), expected);
        }
    }
}
