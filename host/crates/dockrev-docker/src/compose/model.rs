//! What `config` prints. It holds secrets, so no error quotes it.

use super::version::ComposeVersion;
use dockrev_core::ids::ServiceName;
use dockrev_core::stack::{ComposeModel, ComposeService};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    services: Option<BTreeMap<String, ConfigService>>,
}

#[derive(Deserialize)]
struct ConfigService {
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    build: Option<IgnoredAny>,
    #[serde(default)]
    depends_on: Option<DependsOn>,
    #[serde(default)]
    network_mode: Option<String>,
    #[serde(default)]
    ipc: Option<String>,
    #[serde(default)]
    pid: Option<String>,
    #[serde(default)]
    volumes: Option<Vec<VolumeEntry>>,
    #[serde(default)]
    volumes_from: Option<Vec<String>>,
}

/// Either names alone, or names with conditions.
#[derive(Deserialize)]
#[serde(untagged)]
enum DependsOn {
    Names(Vec<String>),
    Conditions(BTreeMap<String, Dependency>),
}

#[derive(Deserialize)]
struct Dependency {
    #[serde(default)]
    condition: Option<String>,
}

/// Whoever waits with it waits for an end without an error.
const COMPLETED: &str = "service_completed_successfully";

/// `[SOURCE:]PLACE[:MODE]`, or the long form.
#[derive(Deserialize)]
#[serde(untagged)]
enum VolumeEntry {
    Short(String),
    Long { target: String },
}

impl VolumeEntry {
    /// Where in the container it is.
    fn place(&self) -> &str {
        match self {
            Self::Long { target } => target,
            Self::Short(entry) => match entry.split(':').collect::<Vec<_>>()[..] {
                [_, place, ..] if place.starts_with('/') => place,
                [first, ..] => first,
                [] => "",
            },
        }
    }
}

/// Reads the YAML of Compose 1 or the JSON of Compose 2. The error says what is wrong and quotes nothing.
pub(super) fn parse(version: ComposeVersion, output: &[u8]) -> Result<ComposeModel, String> {
    let config: Config = read_as(version, output)?;
    let services = config.services.unwrap_or_default();
    Ok(ComposeModel {
        // Compose 1 reads them from a field of images (`ContainerConfig`) that most have no longer.
        carries_image_volumes: match version {
            ComposeVersion::V1 => false,
            ComposeVersion::V2 => true,
        },
        services: services.into_iter().map(|(name, service)| (ServiceName::new(name), read(service))).collect(),
    })
}

/// All of it, as [`parse`] reads it.
pub(super) fn parse_value(version: ComposeVersion, output: &[u8]) -> Result<Value, String> {
    read_as(version, output)
}

fn read_as<T: DeserializeOwned>(version: ComposeVersion, output: &[u8]) -> Result<T, String> {
    let text = std::str::from_utf8(output).map_err(|_| "its output is not UTF-8".to_owned())?;
    match version {
        ComposeVersion::V1 => serde_saphyr::from_str(text).map_err(|error| match error.location() {
            Some(at) => format!("its YAML has another shape than expected at line {}", at.line()),
            None => "its YAML has another shape than expected".to_owned(),
        }),
        ComposeVersion::V2 => serde_json::from_str(text).map_err(|error| {
            format!("its JSON has another shape than expected at line {}, column {}", error.line(), error.column())
        }),
    }
}

fn read(service: ConfigService) -> ComposeService {
    let (lives_in, volumes_from) = (lives_in(&service), volumes_from(&service));
    let (depends_on, waits_for_end_of) = match &service.depends_on {
        None => (Vec::new(), Vec::new()),
        Some(DependsOn::Names(names)) => (sorted(names.iter().map(String::as_str)), Vec::new()),
        Some(DependsOn::Conditions(conditions)) => {
            let completed = |dependency: &Dependency| dependency.condition.as_deref() == Some(COMPLETED);
            let waits = conditions.iter().filter(|(_, dependency)| completed(dependency));
            (sorted(conditions.keys().map(String::as_str)), sorted(waits.map(|(name, _)| name.as_str())))
        }
    };
    let mounted_at = service.volumes.iter().flatten().map(|entry| PathBuf::from(entry.place())).collect();
    ComposeService {
        image: service.image,
        builds: service.build.is_some(),
        depends_on,
        waits_for_end_of,
        mounted_at,
        lives_in,
        volumes_from,
    }
}

/// The services whose namespaces it uses.
fn lives_in(service: &ConfigService) -> Vec<ServiceName> {
    let namespaces = [&service.network_mode, &service.ipc, &service.pid];
    sorted(namespaces.into_iter().flatten().filter_map(|mode| mode.strip_prefix("service:")))
}

/// The services whose volumes it takes.
fn volumes_from(service: &ConfigService) -> Vec<ServiceName> {
    sorted(service.volumes_from.iter().flatten().filter_map(|entry| volumes_of(entry)))
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<ServiceName> {
    let mut services: Vec<ServiceName> = names.map(ServiceName::new).collect();
    services.sort();
    services.dedup();
    services
}

/// The service in an entry of `volumes_from`: `NAME` or `NAME:MODE` in files and from Compose 2, `service:NAME:MODE`
/// from Compose 1. Containers that are none of the project's are `container:NAME` or `container:NAME:MODE`.
fn volumes_of(entry: &str) -> Option<&str> {
    let parts: Vec<&str> = entry.split(':').collect();
    match parts[..] {
        ["container", _, ..] => None,
        ["service", name, _] | [name, ..] => Some(name),
        [] => None,
    }
}

#[cfg(test)]
mod tests;
