//! The configuration file.

use dockrev_core::settings::SettingsLayer;
use dockrev_core::settings::catalog::{self, Place};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Settings of one registry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RegistryConfig {
    /// Base URL to use instead of the adapter's own.
    pub endpoint: Option<String>,
    /// Whether plain HTTP is allowed.
    pub insecure: bool,
    /// Id of the adapter to use.
    pub adapter: Option<String>,
    /// PEM file of the certificate authorities that are trusted for it, beside the system's own.
    pub ca: Option<PathBuf>,
}

/// Settings of one plugin.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PluginConfig {
    /// Its settings, as its manifest's schema describes them.
    pub settings: toml::Table,
    /// Where its secrets come from, by name.
    pub secrets: BTreeMap<String, SecretSource>,
}

/// Where a secret comes from. The configuration file never holds one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// An environment variable.
    Env(String),
    /// A file; the line end at its end is left out.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for SecretSource {
    /// By hand, so that a secret that was written here by mistake is in no error.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let wrong = || {
            let text = "expected `env = \"NAME\"` or `file = \"PATH\"`: a secret itself does not belong into this file";
            serde::de::Error::custom(text)
        };
        let toml::Value::Table(table) = toml::Value::deserialize(deserializer)? else { return Err(wrong()) };
        let text = |name: &str| table.get(name).and_then(toml::Value::as_str).filter(|_| table.len() == 1);
        match (text("env"), text("file")) {
            (Some(name), None) => Ok(Self::Env(name.to_owned())),
            (None, Some(path)) => Ok(Self::File(PathBuf::from(path))),
            (Some(_), Some(_)) | (None, None) => Err(wrong()),
        }
    }
}

/// A webhook: a registry that says when something was pushed to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct WebhookConfig {
    /// Who calls.
    pub kind: WebhookKind,
    /// Where the secret comes from that it proves itself with.
    pub secret: SecretSource,
    /// The registry that its images belong to, as containers name it; absent: what the event says.
    #[serde(default)]
    pub registry: Option<String>,
}

/// Who calls a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookKind {
    /// Docker Hub. It signs nothing: the secret is in the address.
    DockerHub,
    /// GitHub, for its container registry. It signs what it sends.
    Ghcr,
    /// Harbor. It sends the secret in a header.
    Harbor,
    /// The CNCF Distribution registry. It sends the secret in a header.
    Distribution,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(super) struct ConfigFile {
    pub(super) policy: Option<String>,
    pub(super) cache_ttl: Option<String>,
    pub(super) registries: BTreeMap<String, RegistryConfig>,
    pub(super) plugins: BTreeMap<String, PluginConfig>,
    pub(super) notify: Vec<String>,
    pub(super) only_labels: Vec<String>,
    pub(super) exclude_labels: Vec<String>,
    pub(super) listen: Option<String>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) forward_header: Option<String>,
    pub(super) forward_scope: Option<String>,
    pub(super) check_every: Option<String>,
    pub(super) check_cron: Option<String>,
    pub(super) update_windows: Option<Vec<String>>,
    pub(super) time_zone: Option<String>,
    pub(super) webhooks: BTreeMap<String, WebhookConfig>,
    pub(super) defaults: SettingsLayer,
    pub(super) services: BTreeMap<String, SettingsLayer>,
}

/// Tables whose keys are the user's own names, and what their entries have.
const NAMED: [(&str, Place); 4] = [
    ("registries", Place::Registry),
    ("plugins", Place::Plugin),
    ("webhooks", Place::Webhook),
    ("services", Place::Service),
];
/// The table of what holds for every service.
const DEFAULTS: &str = "defaults";

/// Reads the file. The error says in which line what is wrong.
pub(super) fn parse(text: &str) -> Result<ConfigFile, String> {
    let at = |span: Option<Range<usize>>, message: &str| {
        let before = |span: Range<usize>| text.as_bytes().iter().take(span.start).filter(|b| **b == b'\n').count() + 1;
        format!("line {}: {message}", span.map_or(0, before))
    };
    let table = DeTable::parse(text).map_err(|error| at(error.span(), error.message()))?;
    if let Some((span, message)) = unknown(table.get_ref()) {
        return Err(at(Some(span), &message));
    }
    toml::from_str(text).map_err(|error| at(error.span(), error.message()))
}

/// The first key that nothing reads: where it is, and what it was probably meant to be.
fn unknown(file: &DeTable<'_>) -> Option<(Range<usize>, String)> {
    let named = NAMED.map(|(name, _)| name);
    let known = || catalog::at(Place::Top).map(|setting| setting.key).chain(named).chain([DEFAULTS]);
    for (key, value) in file.iter() {
        if !known().any(|known| known == key.get_ref()) {
            return Some(unknown_key(key.span(), key.get_ref(), known()));
        }
        let entries = match NAMED.iter().find(|(name, _)| name == key.get_ref()) {
            Some((_, place)) => tables_of(value).map(|table| (table, *place)).collect(),
            None if key.get_ref() == DEFAULTS => vec![(value, Place::Service)],
            None => Vec::new(),
        };
        let found = entries.into_iter().find_map(|(table, place)| unknown_at(table, place));
        if found.is_some() {
            return found;
        }
    }
    None
}

fn tables_of<'a, 'i>(value: &'a Spanned<DeValue<'i>>) -> impl Iterator<Item = &'a Spanned<DeValue<'i>>> {
    value.get_ref().as_table().into_iter().flat_map(DeTable::values)
}

fn unknown_at(table: &Spanned<DeValue<'_>>, place: Place) -> Option<(Range<usize>, String)> {
    let known = || catalog::at(place).map(|setting| setting.key);
    let mut keys = table.get_ref().as_table()?.keys();
    let unknown = keys.find(|key| !known().any(|known| known == key.get_ref()))?;
    Some(unknown_key(unknown.span(), unknown.get_ref(), known()))
}

fn unknown_key(span: Range<usize>, key: &str, known: impl Iterator<Item = &'static str>) -> (Range<usize>, String) {
    (span, format!("`{key}` is not known{}", catalog::did_you_mean(catalog::nearest(key, known))))
}
