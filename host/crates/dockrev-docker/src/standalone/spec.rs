//! What to ask the engine for, so that a container made anew has every setting of the one that it replaces.

use super::networks::{self, Connection, Endpoints, SHORT_ID_DIGITS};
use super::{defaults, volumes};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The API from which on a container is made in several networks at once, and has a hardware address in each.
const MANY_NETWORKS: (usize, usize) = (1, 44);

/// All that a new container's settings follow from. The same input gives the same settings.
pub(super) struct Source<'a> {
    /// What the engine shows of the container.
    pub(super) container: &'a Value,
    /// What it shows of the image that the container is made from.
    pub(super) image: &'a Value,
    /// The engine's own host name.
    pub(super) host_name: &'a str,
    /// The volumes that come with `--volumes-from`, by name and place.
    pub(super) of_others: &'a BTreeSet<(String, PathBuf)>,
    /// The version of the API that will be asked.
    pub(super) api: (usize, usize),
}

/// What to ask for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spec {
    /// The body of the request that makes the container.
    pub(super) body: Value,
    /// The networks that it is to be in, and no others.
    pub(super) endpoints: Endpoints,
}

/// The settings of a container made from the image that is written as `written`.
pub(super) fn build(source: &Source<'_>, written: &str) -> Spec {
    let mut host_config = object(&source.container["HostConfig"]);
    volumes::carry_over(&mut host_config, &source.container["Mounts"], source.of_others);
    if let Some(Value::Array(links)) = host_config.get_mut("Links") {
        for link in links {
            *link = json!(networks::link(link.as_str().unwrap_or_default()));
        }
    }
    let mut config = object(&source.container["Config"]);
    let published = object(host_config.get("PortBindings").unwrap_or(&Value::Null));
    defaults::subtract(&mut config, &source.image["Config"], &published);
    config.insert("Image".to_owned(), json!(written));
    drop_host_name(&mut config, source);
    let mut endpoints = networks::endpoints(source.container);
    let primary = networks::primary(source.container);
    place_mac_address(&mut config, &mut endpoints, primary.as_deref(), source);
    let at_once: Map<String, Value> = endpoints
        .iter()
        .filter(|(name, _)| source.api >= MANY_NETWORKS || primary.as_ref() == Some(name))
        .map(|(name, endpoint)| (name.clone(), endpoint.clone()))
        .collect();
    config.insert("HostConfig".to_owned(), Value::Object(host_config));
    config.insert("NetworkingConfig".to_owned(), json!({"EndpointsConfig": at_once}));
    Spec { body: Value::Object(config), endpoints }
}

/// A host name that the engine gave is none to keep, and with the names of others none may be asked for.
fn drop_host_name(config: &mut Map<String, Value>, source: &Source<'_>) {
    let host_config = &source.container["HostConfig"];
    let connection = networks::connection(host_config["NetworkMode"].as_str().unwrap_or_default());
    let is_of_other = matches!(connection, Connection::Of(_)) || host_config["UTSMode"] == "host";
    let id = source.container["Id"].as_str().unwrap_or_default();
    let given = match connection {
        Connection::NoneOrHost if host_config["NetworkMode"] == "host" => source.host_name,
        Connection::NoneOrHost | Connection::Own | Connection::Of(_) => id.get(..SHORT_ID_DIGITS).unwrap_or(id),
    };
    if is_of_other || config.get("Hostname").and_then(Value::as_str) == Some(given) {
        config.remove("Hostname");
    }
    if is_of_other {
        config.remove("Domainname");
    }
}

/// The engine shows a container's own address where the user chose it, and only then. Newer ones take it per network.
fn place_mac_address(
    config: &mut Map<String, Value>,
    endpoints: &mut Endpoints,
    primary: Option<&str>,
    source: &Source<'_>,
) {
    let chosen = config.get("MacAddress").and_then(Value::as_str).unwrap_or_default().to_owned();
    if source.api < MANY_NETWORKS {
        endpoints.values_mut().filter_map(Value::as_object_mut).for_each(|endpoint| {
            endpoint.remove("MacAddress");
        });
        return;
    }
    config.remove("MacAddress");
    if let Some(endpoint) = primary.and_then(|name| endpoints.get_mut(name)).filter(|_| !chosen.is_empty()) {
        endpoint["MacAddress"] = json!(chosen);
    }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: (usize, usize) = (1, 41);
    const NEW: (usize, usize) = (1, 45);

    fn container() -> Value {
        json!({
            "Id": "cee6d1fbcc821c3617b77a74025b426212c16573aa83e41d73cfff782e9644b7",
            "Config": {
                "Hostname": "cee6d1fbcc82", "Domainname": "", "Env": ["X=y", "PATH=/bin"], "Image": "app:1.0",
                "MacAddress": "02:42:aa:bb:cc:dd", "FieldOfTomorrow": {"a": 1},
            },
            "HostConfig": {
                "NetworkMode": "na", "Links": ["/db:/web/data"], "FieldOfTomorrow": [1, 2],
                "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": ""}]},
            },
            "Mounts": [{"Type": "volume", "Name": "abc", "Destination": "/data", "RW": true}],
            "NetworkSettings": {"Networks": {
                "na": {"Aliases": ["web"], "MacAddress": "02:42:aa:bb:cc:dd"},
                "nb": {"Aliases": null, "MacAddress": "02:42:0a:65:80:c2"},
            }},
        })
    }

    fn spec(container: &Value, api: (usize, usize)) -> Spec {
        let image = json!({"Config": {"Env": ["PATH=/bin"]}});
        let source = Source { container, image: &image, host_name: "machine", of_others: &BTreeSet::new(), api };
        build(&source, "app:1.1")
    }

    #[test]
    fn fields_that_nobody_here_knows_are_kept() {
        let body = spec(&container(), OLD).body;
        assert_eq!(body["FieldOfTomorrow"], json!({"a": 1}));
        assert_eq!(body["HostConfig"]["FieldOfTomorrow"], json!([1, 2]));
        assert_eq!(body["HostConfig"]["PortBindings"], container()["HostConfig"]["PortBindings"]);
        assert_eq!(body["HostConfig"]["Links"], json!(["db:data"]));
        assert_eq!((&body["Env"], &body["Image"]), (&json!(["X=y"]), &json!("app:1.1")));
        assert_eq!(body.get("Hostname"), None);
    }

    #[test]
    fn every_network_at_once_where_the_engine_can_do_that() {
        let names = |api| {
            let spec = spec(&container(), api);
            let at_once = spec.body["NetworkingConfig"]["EndpointsConfig"].as_object().unwrap();
            (at_once.keys().cloned().collect::<Vec<_>>(), spec.endpoints.into_keys().collect::<Vec<_>>())
        };
        assert_eq!(names(OLD), (vec!["na".to_owned()], vec!["na".to_owned(), "nb".to_owned()]));
        assert_eq!(names(NEW).0, ["na", "nb"]);
    }

    #[test]
    fn the_hardware_address_goes_where_the_engine_takes_it() {
        let old = spec(&container(), OLD);
        assert_eq!(old.body["MacAddress"], "02:42:aa:bb:cc:dd");
        assert_eq!(old.endpoints["na"].get("MacAddress"), None);
        let new = spec(&container(), NEW);
        assert_eq!(new.body.get("MacAddress"), None);
        assert_eq!(new.endpoints["na"]["MacAddress"], "02:42:aa:bb:cc:dd");
        assert_eq!(new.endpoints["nb"].get("MacAddress"), None);
        let mut unchosen = container();
        unchosen["Config"]["MacAddress"] = Value::Null;
        assert_eq!(spec(&unchosen, NEW).endpoints["na"].get("MacAddress"), None);
    }

    #[test]
    fn only_a_host_name_that_was_chosen_is_kept() {
        let check = |hostname: &str, mode: &str, uts: &str, expected: Option<&str>| {
            let mut container = container();
            container["Config"]["Hostname"] = json!(hostname);
            container["HostConfig"]["NetworkMode"] = json!(mode);
            container["HostConfig"]["UTSMode"] = json!(uts);
            let body = spec(&container, OLD).body;
            assert_eq!(body.get("Hostname").and_then(Value::as_str), expected, "{hostname} {mode} {uts}");
        };
        check("cee6d1fbcc82", "na", "", None);
        check("chosen", "na", "", Some("chosen"));
        check("machine", "host", "", None);
        check("chosen", "host", "", Some("chosen"));
        check("machine", "host", "host", None);
        check("peers", "container:abc", "", None);
    }
}
