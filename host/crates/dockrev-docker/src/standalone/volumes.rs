//! Volumes without a name of their own: a container made anew would get new, empty ones.
//!
//! The engine tells of them only among what a container has mounted, not among what was asked for. So they are asked
//! for by the names that the engine gave them. From then on they count as named: removing the container never removes
//! them.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Asks in `host_config` for every volume of `mounts` that it does not ask for already, by name.
///
/// `of_others` are the volumes that come with `--volumes-from`, by name and place.
pub(super) fn carry_over(
    host_config: &mut Map<String, Value>,
    mounts: &Value,
    of_others: &BTreeSet<(String, PathBuf)>,
) {
    let mut asked = bind_places(host_config);
    asked.extend(tmpfs_places(host_config));
    let mut requests = match host_config.get("Mounts") {
        Some(Value::Array(requests)) => requests.clone(),
        Some(_) | None => Vec::new(),
    };
    for mount in mounts.as_array().into_iter().flatten() {
        let (Some("volume"), Some(name), Some(place)) =
            (mount["Type"].as_str(), mount["Name"].as_str(), mount["Destination"].as_str())
        else {
            continue;
        };
        let cleaned = clean(place);
        if let Some(request) =
            requests.iter_mut().find(|request| request["Target"].as_str().map(clean) == Some(cleaned.clone()))
        {
            if request["Type"] == "volume" && request["Source"].as_str().unwrap_or_default().is_empty() {
                request["Source"] = json!(name);
            }
            continue;
        }
        if asked.contains(&cleaned) || of_others.contains(&(name.to_owned(), cleaned)) {
            continue;
        }
        let mut request = json!({"Type": "volume", "Source": name, "Target": place});
        if mount["RW"] == false {
            request["ReadOnly"] = json!(true);
        }
        requests.push(request);
    }
    if !requests.is_empty() {
        host_config.insert("Mounts".to_owned(), Value::Array(requests));
    }
}

/// The volumes that a container has, by name and place.
pub(super) fn of_container(inspect: &Value) -> BTreeSet<(String, PathBuf)> {
    let mounts = inspect["Mounts"].as_array().into_iter().flatten();
    mounts
        .filter(|mount| mount["Type"] == "volume")
        .filter_map(|mount| Some((mount["Name"].as_str()?.to_owned(), clean(mount["Destination"].as_str()?))))
        .collect()
}

/// Places of `source:place` and `source:place:options`.
fn bind_places(host_config: &Map<String, Value>) -> BTreeSet<PathBuf> {
    let binds = host_config.get("Binds").and_then(Value::as_array).into_iter().flatten();
    binds.filter_map(|bind| bind.as_str()?.split(':').nth(1)).map(clean).collect()
}

fn tmpfs_places(host_config: &Map<String, Value>) -> BTreeSet<PathBuf> {
    host_config
        .get("Tmpfs")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::keys)
        .map(|place| clean(place))
        .collect()
}

/// The same place without what says nothing: `/data/`, `/./data` and `/x/../data` are `/data`.
fn clean(place: &str) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in Path::new(place).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                cleaned.pop();
            }
            Component::RootDir | Component::Prefix(_) | Component::Normal(_) => cleaned.push(component),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carried(host_config: &Value, mounts: &Value, of_others: &[(&str, &str)]) -> Value {
        let mut found = host_config.as_object().unwrap().clone();
        let of_others = of_others.iter().map(|(name, place)| ((*name).to_owned(), PathBuf::from(place))).collect();
        carry_over(&mut found, mounts, &of_others);
        Value::Object(found)
    }

    fn volume(name: &str, place: &str) -> Value {
        json!({"Type": "volume", "Name": name, "Destination": place, "RW": true})
    }

    #[test]
    fn volumes_that_nobody_named_are_asked_for_by_their_names() {
        let found = carried(&json!({"Binds": null}), &json!([volume("abc", "/data")]), &[]);
        assert_eq!(found["Mounts"], json!([{"Type": "volume", "Source": "abc", "Target": "/data"}]));
    }

    #[test]
    fn what_is_asked_for_already_is_not_asked_for_twice() {
        let check = |host_config: Value, mounts: Value| {
            assert_eq!(carried(&host_config, &mounts, &[]), host_config);
        };
        check(json!({"Binds": ["named:/data:ro,z"]}), json!([volume("named", "/data")]));
        check(json!({"Binds": ["named:/data/"]}), json!([volume("named", "/data")]));
        check(
            json!({"Mounts": [{"Type": "volume", "Source": "named", "Target": "/x/../data"}]}),
            json!([volume("named", "/data")]),
        );
        check(json!({"Tmpfs": {"/run/": ""}}), json!([volume("odd", "/run")]));
        check(json!({"Binds": ["/srv:/srv"]}), json!([{"Type": "bind", "Source": "/srv", "Destination": "/srv"}]));
        check(json!({"Tmpfs": {"/run": ""}}), json!([{"Type": "tmpfs", "Destination": "/run"}]));
    }

    #[test]
    fn a_request_for_any_volume_becomes_one_for_this_volume() {
        let request = json!({"Type": "volume", "Target": "/data", "VolumeOptions": {"NoCopy": true}});
        let found = carried(&json!({"Mounts": [request]}), &json!([volume("abc", "/data")]), &[]);
        let expected =
            json!([{"Type": "volume", "Source": "abc", "Target": "/data", "VolumeOptions": {"NoCopy": true}}]);
        assert_eq!(found["Mounts"], expected);
    }

    #[test]
    fn volumes_from_others_come_from_them_as_long_as_they_are_the_same() {
        let mounts = json!([volume("theirs", "/data"), volume("before", "/old")]);
        let host_config = json!({"VolumesFrom": ["peer"]});
        let found = carried(&host_config, &mounts, &[("theirs", "/data"), ("after", "/old")]);
        assert_eq!(found["Mounts"], json!([{"Type": "volume", "Source": "before", "Target": "/old"}]));
    }

    #[test]
    fn stays_read_only() {
        let mount = json!([{"Type": "volume", "Name": "abc", "Destination": "/data", "RW": false}]);
        assert_eq!(carried(&json!({}), &mount, &[])["Mounts"][0]["ReadOnly"], true);
    }
}
