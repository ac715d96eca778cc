//! What of a container's configuration its user wrote, and what only came from its image.
//!
//! The engine merges an image's configuration into that of a container when it makes it, and shows the result alone
//! (moby: `merge` in `daemon/commit.go`). Here that is taken apart again. Where a user wrote what the image says anyway,
//! both look the same: it counts as the image's, so that it moves along with the image.

use serde_json::{Map, Value, json};

/// Fields that the engine takes from the image where the container has none.
const PLAIN_FIELDS: [&str; 4] = ["User", "WorkingDir", "StopSignal", "ArgsEscaped"];
/// Parts of a healthcheck; each is taken from the image on its own.
const HEALTHCHECK_FIELDS: [&str; 6] = ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"];

/// Takes out of `config`, which the engine shows for a container, what came from `image`, the `Config` of its image.
///
/// `published` are the ports that the container publishes: they stay also where the image exposes them.
pub(super) fn subtract(config: &mut Map<String, Value>, image: &Value, published: &Map<String, Value>) {
    for field in PLAIN_FIELDS {
        if is_same(config.get(field), image.get(field)) {
            config.remove(field);
        }
    }
    subtract_command(config, image);
    subtract_env(config, image);
    subtract_healthcheck(config, image);
    for field in ["Labels", "Volumes"] {
        subtract_map(config, image, field, &Map::new());
    }
    subtract_map(config, image, "ExposedPorts", published);
}

/// An image's command is taken only where the user gave neither command nor entrypoint.
fn subtract_command(config: &mut Map<String, Value>, image: &Value) {
    let same_entrypoint = is_same(config.get("Entrypoint"), image.get("Entrypoint"));
    let same_command = is_same(config.get("Cmd"), image.get("Cmd"));
    // With the image's own entrypoint, a missing command is only possible where the entrypoint was written out.
    let wrote_entrypoint_only = same_entrypoint && is_empty(config.get("Cmd")) && !same_command;
    let cleared_entrypoint = is_empty(config.get("Entrypoint"));
    if same_command && (same_entrypoint || cleared_entrypoint) {
        config.remove("Cmd");
    }
    if same_entrypoint && !wrote_entrypoint_only {
        config.remove("Entrypoint");
    } else if cleared_entrypoint {
        config.insert("Entrypoint".to_owned(), json!([]));
    }
}

/// The engine appends the image's variables, in their order, as far as the user did not set them: the user's are the
/// shortest beginning from which it would come to the whole list.
fn subtract_env(config: &mut Map<String, Value>, image: &Value) {
    let all = texts(config.get("Env"));
    let defaults = texts(image.get("Env"));
    let users = (0..=all.len()).map(|length| &all[..length]).find(|users| merged_env(users, &defaults) == all);
    let users: Vec<&str> = match users {
        Some(users) => users.to_vec(),
        None => all.iter().filter(|entry| !defaults.contains(*entry)).copied().collect(),
    };
    let users = json!(users);
    config.insert("Env".to_owned(), users);
}

fn merged_env<'a>(users: &[&'a str], defaults: &[&'a str]) -> Vec<&'a str> {
    let name = |entry: &'a str| entry.split('=').next().unwrap_or(entry);
    let is_set = |default: &&&'a str| users.iter().any(|user| name(user) == name(default));
    users.iter().chain(defaults.iter().filter(|default| !is_set(default))).copied().collect()
}

fn subtract_healthcheck(config: &mut Map<String, Value>, image: &Value) {
    let Some(Value::Object(healthcheck)) = config.get_mut("Healthcheck") else { return };
    let default = image.get("Healthcheck").cloned().unwrap_or_default();
    for field in HEALTHCHECK_FIELDS {
        if is_same(healthcheck.get(field), default.get(field)) {
            healthcheck.remove(field);
        }
    }
    if healthcheck.is_empty() {
        config.remove("Healthcheck");
    }
}

fn subtract_map(config: &mut Map<String, Value>, image: &Value, field: &str, keep: &Map<String, Value>) {
    let Some(Value::Object(map)) = config.get_mut(field) else { return };
    map.retain(|key, value| keep.contains_key(key) || image[field].get(key) != Some(value));
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// The engine writes nothing in several ways.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::Bool(true)) => false,
        Some(Value::Number(number)) => number.as_f64() == Some(0.0),
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(list)) => list.is_empty(),
        Some(Value::Object(map)) => map.is_empty(),
    }
}

fn is_same(one: Option<&Value>, other: Option<&Value>) -> bool {
    one == other || (is_empty(one) && is_empty(other))
}

#[cfg(test)]
mod tests;
