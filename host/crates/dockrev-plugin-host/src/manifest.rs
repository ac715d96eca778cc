use crate::text;
use dockrev_core::ids::PluginId;
use dockrev_egress::HostPattern;
use semver::Version;
use serde::Deserialize;
use std::fmt;

mod probe;

pub use probe::Probe;

/// Versions of the WIT package that this host runs.
const SUPPORTED_WIT: [Version; 1] = [Version::new(0, 1, 0)];
/// Longest id, in characters.
const ID_MAX_CHARS: usize = 64;
/// Longest name, in characters: it is a column of a table.
const NAME_MAX_CHARS: usize = 64;
/// Longest description or licence, in characters.
const DESCRIPTION_MAX_CHARS: usize = 300;
/// Most hosts, secrets or settings that a manifest may ask for: more than anybody would read.
const REQUESTS_MAX: usize = 64;

/// What a plugin says of itself in its `plugin.toml`, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Its id, which is its folder's name as well.
    pub id: PluginId,
    /// Its own version.
    pub version: Version,
    /// What it is.
    pub world: World,
    /// The version of the WIT package that it is built against.
    pub wit: Version,
    /// Its name for people.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Its licence as an SPDX expression.
    pub license: String,
    /// Registries that an adapter is made for; none, and no probes: it is the generic one.
    pub registry_hosts: Vec<String>,
    /// How an adapter recognises others; any of them will do.
    pub probes: Vec<Probe>,
    /// What it asks for.
    pub capabilities: Capabilities,
    /// JSON Schema of its settings.
    pub settings_schema: serde_json::Value,
}

/// What a plugin is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum World {
    /// Reads a kind of registry.
    RegistryAdapter,
    /// Judges versions.
    VersionPolicy,
    /// Delivers events.
    Notifier,
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RegistryAdapter => "registry-adapter",
            Self::VersionPolicy => "version-policy",
            Self::Notifier => "notifier",
        })
    }
}

/// What a plugin asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Hosts it may reach.
    pub hosts: Vec<HostPattern>,
    /// Whether it may reach the registry that a call is about.
    pub registry: bool,
    /// Settings that hold a URL whose host it may reach.
    pub settings_hosts: Vec<String>,
    /// Secrets, by name.
    pub secrets: Vec<String>,
}

/// Why a manifest cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not the TOML that is expected: a syntax error, a missing or an unknown field.
    #[error("line {line}: {problem}")]
    Format {
        /// Where, counted from 1.
        line: usize,
        /// What is wrong there.
        problem: String,
    },
    /// A field has a value that it must not have.
    #[error("`{field}` {problem}")]
    Field {
        /// Which field, dotted.
        field: &'static str,
        /// What is wrong with it, as a verb and its object.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Document {
    id: String,
    version: Version,
    world: World,
    wit: Version,
    name: String,
    description: String,
    license: String,
    registry: Option<RegistryTable>,
    #[serde(default)]
    capabilities: CapabilitiesTable,
    settings: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistryTable {
    hosts: Vec<String>,
    #[serde(default)]
    probes: Vec<probe::ProbeTable>,
}

#[derive(Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct CapabilitiesTable {
    hosts: Vec<String>,
    registry: bool,
    settings_hosts: Vec<String>,
    secrets: Vec<String>,
}

impl Manifest {
    /// Reads and checks a manifest.
    ///
    /// # Errors
    ///
    /// When it is not valid; the error names the field.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let document: Document = toml::from_str(text).map_err(|error| format_error(text, &error))?;
        if !SUPPORTED_WIT.contains(&document.wit) {
            return Err(field("wit", format!("is {}, and this host runs {}", document.wit, SUPPORTED_WIT[0])));
        }
        let settings_schema = settings_schema(document.settings)?;
        let capabilities = capabilities(document.world, &document.capabilities)?;
        let (hosts, probes) = registry(document.world, document.registry)?;
        let probes = probe::probes(capabilities.registry, probes)?;
        Ok(Self {
            id: id(&document.id)?,
            version: document.version,
            world: document.world,
            wit: document.wit,
            name: line("name", &document.name, NAME_MAX_CHARS)?,
            description: line("description", &document.description, DESCRIPTION_MAX_CHARS)?,
            license: line("license", &document.license, DESCRIPTION_MAX_CHARS)?,
            registry_hosts: hosts,
            probes,
            capabilities,
            settings_schema,
        })
    }
}

fn format_error(text: &str, error: &toml::de::Error) -> ManifestError {
    let start = error.span().map_or(0, |span| span.start);
    let line = text.bytes().take(start).filter(|byte| *byte == b'\n').count() + 1;
    ManifestError::Format { line, problem: text::shown(error.message()) }
}

fn field(field: &'static str, problem: impl Into<String>) -> ManifestError {
    ManifestError::Field { field, problem: problem.into() }
}

fn id(text: &str) -> Result<PluginId, ManifestError> {
    let good = (1..=ID_MAX_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if good {
        Ok(PluginId::new(text))
    } else {
        Err(field("id", format!("must be 1 to {ID_MAX_CHARS} characters of `a-z 0-9 -`")))
    }
}

fn line(name: &'static str, value: &str, max_chars: usize) -> Result<String, ManifestError> {
    let length = value.chars().count();
    if length == 0 || length > max_chars || text::one_line(value, usize::MAX) != value {
        return Err(field(name, format!("must be one line of 1 to {max_chars} characters")));
    }
    Ok(value.to_owned())
}

fn registry(
    world: World,
    table: Option<RegistryTable>,
) -> Result<(Vec<String>, Vec<probe::ProbeTable>), ManifestError> {
    match (world, table) {
        (World::RegistryAdapter, None) => {
            Err(field("registry.hosts", "is missing; the generic adapter has an empty list"))
        }
        (World::RegistryAdapter, Some(table)) => {
            at_most("registry.hosts", &table.hosts)?;
            match table.hosts.iter().find(|host| !matches!(host.parse(), Ok(HostPattern::Exact { .. }))) {
                Some(host) => {
                    Err(field("registry.hosts", format!("has `{}`, which is no registry", text::shown(host))))
                }
                None => Ok((table.hosts, table.probes)),
            }
        }
        (World::VersionPolicy | World::Notifier, None) => Ok((Vec::new(), Vec::new())),
        (World::VersionPolicy | World::Notifier, Some(_)) => Err(field("registry", format!("is not for a {world}"))),
    }
}

fn capabilities(world: World, table: &CapabilitiesTable) -> Result<Capabilities, ManifestError> {
    at_most("capabilities.hosts", &table.hosts)?;
    at_most("capabilities.settings-hosts", &table.settings_hosts)?;
    at_most("capabilities.secrets", &table.secrets)?;
    let patterns: Result<Vec<HostPattern>, _> = table.hosts.iter().map(|host| host.parse()).collect();
    let hosts = patterns.map_err(|error| field("capabilities.hosts", format!("is wrong: {error}")))?;
    match table.secrets.iter().find(|name| !is_name(name)) {
        Some(name) => {
            let problem = format!("has `{}`, which is no name of `a-z 0-9 -`", text::shown(name));
            return Err(field("capabilities.secrets", problem));
        }
        None if world == World::VersionPolicy && *table != CapabilitiesTable::default() => {
            return Err(field("capabilities", "is not for a version-policy, which has no network and no secrets"));
        }
        None if table.registry && world != World::RegistryAdapter => {
            return Err(field("capabilities.registry", "is for registry adapters only"));
        }
        None => {}
    }
    let (settings_hosts, secrets) = (table.settings_hosts.clone(), table.secrets.clone());
    Ok(Capabilities { hosts, registry: table.registry, settings_hosts, secrets })
}

fn is_name(text: &str) -> bool {
    (1..=ID_MAX_CHARS).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn at_most(name: &'static str, list: &[String]) -> Result<(), ManifestError> {
    if list.len() > REQUESTS_MAX {
        return Err(field(name, format!("has more than {REQUESTS_MAX} entries")));
    }
    Ok(())
}

fn settings_schema(table: Option<toml::Table>) -> Result<serde_json::Value, ManifestError> {
    let Some(table) = table else {
        // No schema, no settings.
        return Ok(serde_json::json!({"type": "object", "additionalProperties": false}));
    };
    let wrong = |reason: String| field("settings", format!("is not a JSON Schema: {}", text::shown(&reason)));
    let schema = serde_json::to_value(table).map_err(|error| wrong(error.to_string()))?;
    jsonschema::draft202012::new(&schema).map_err(|error| wrong(error.to_string()))?;
    Ok(schema)
}

#[cfg(test)]
mod tests;
