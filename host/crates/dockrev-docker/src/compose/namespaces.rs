//! What Compose 2 writes on a container that lives in another service's namespaces.
//!
//! It puts the id of that service's container in place of `service:NAME` before it hashes what it makes a container from,
//! so the hash tells a follower of today's container from one of an earlier. `config --hash` leaves `service:NAME` in: told
//! what the ids are, it gives the same hash.

use super::ComposeCli;
use dockrev_core::ids::{ServiceId, ServiceName};
use dockrev_core::ports::HostError;
use dockrev_core::stack::ComposeProject;
use serde_json::{Map, Value, json};
use std::io::Write;
use std::process::Stdio;

/// Where a service says whose namespace it lives in.
const FIELDS: [&str; 3] = ["network_mode", "ipc", "pid"];
/// Most that is put into a pipe at once, in bytes: it takes that much without a reader.
const PIPE_BYTES: usize = 32 * 1024;

/// A compose file that puts the ids of today's containers in place of `service:NAME`. Absent if no service of `config`, all
/// that Compose says of the files, has one.
pub(super) async fn resolved(
    compose: &ComposeCli,
    project: &ComposeProject,
    config: &Value,
) -> Result<Option<String>, HostError> {
    let mut services = Map::new();
    for (name, service) in config["services"].as_object().into_iter().flatten() {
        let mut resolved = Map::new();
        for field in FIELDS {
            let Some(host) = service[field].as_str().and_then(|mode| mode.strip_prefix("service:")) else { continue };
            let id = ServiceId { stack: project.name.clone(), service: ServiceName::new(host) };
            // Compose takes the first one by name.
            if let Some(made) = compose.engine.made(&id).await?.first() {
                resolved.insert(field.to_owned(), Value::from(format!("container:{}", made.id)));
            }
        }
        if !resolved.is_empty() {
            // What it waits for because of `service:NAME` would be gone with that.
            if let Some(depends_on) = service.get("depends_on").filter(|depends_on| depends_on.is_object()) {
                resolved.insert("depends_on".to_owned(), depends_on.clone());
            }
            services.insert(name.clone(), Value::Object(resolved));
        }
    }
    Ok((!services.is_empty()).then(|| json!({ "services": services }).to_string()))
}

/// The text as the input of a program. Absent if it is too long to be there before the program reads.
pub(super) fn as_input(text: &str) -> std::io::Result<Option<Stdio>> {
    if text.len() > PIPE_BYTES {
        return Ok(None);
    }
    let (reader, mut writer) = std::io::pipe()?;
    writer.write_all(text.as_bytes())?;
    Ok(Some(Stdio::from(reader)))
}
