//! The plugins and what the configuration says of them and of registries.

use super::AppError;
use crate::config::{Config, PluginConfig, SecretSource};
use dockrev_core::ids::PluginId;
use dockrev_egress::{
    Authorities, DockerConfig, Egress, EgressConfig, EgressLimits, RegistryOverride, ResponseCacheConfig, Secret,
};
use dockrev_plugin_host::{
    CallLimits, Notifiers, PluginHost, PluginHostConfig, PluginSetup, Policies, RegistryAdapters,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use url::Url;

/// Longest secret that is read from a file, in bytes: a key or a token, not a file by mistake.
const SECRET_MAX_BYTES: u64 = 64 * 1024;
/// Where it is remembered which registry was recognised by which adapter, below the data folder.
const ADAPTERS_FILE: &str = "cache/adapters.json";
/// Where Docker keeps certificates for registries.
const DOCKER_CERTIFICATES: &str = "/etc/docker/certs.d";

/// The plugins, ready to be called through the core's ports.
pub struct Plugins {
    host: Arc<PluginHost>,
    registry: Arc<RegistryAdapters>,
    policy: Arc<Policies>,
    notifiers: Notifiers,
    egress: Arc<Egress>,
}

impl Plugins {
    pub(super) async fn load(config: &Config, credentials: Arc<DockerConfig>) -> Result<Self, AppError> {
        let egress = Arc::new(egress(config, credentials)?);
        let adapters = config.registries.iter();
        let adapters =
            adapters.filter_map(|(host, registry)| Some((host.clone(), PluginId::new(registry.adapter.as_ref()?))));
        let setup = PluginHostConfig {
            folders: config.plugin_dirs.clone(),
            cache_dir: Some(config.data_dir.join("cache/plugins")),
            egress: Arc::clone(&egress),
            plugins: setups(config)?,
            adapters: adapters.collect(),
            limits: CallLimits::default(),
        };
        // Compiles what is not in the cache: seconds of work that must not hold up the runtime.
        let loaded = tokio::task::spawn_blocking(|| PluginHost::load(setup)).await;
        let failed = |reason: String| AppError::PluginHost { reason };
        let host = loaded.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
        let host = Arc::new(host);
        Ok(Self {
            registry: Arc::new(
                RegistryAdapters::new(Arc::clone(&host)).remembering(config.data_dir.join(ADAPTERS_FILE)),
            ),
            policy: Arc::new(Policies::new(Arc::clone(&host), PluginId::new(&config.policy))),
            notifiers: Notifiers::new(Arc::clone(&host)),
            egress,
            host,
        })
    }

    /// What is loaded, and what could not be.
    #[must_use]
    pub fn host(&self) -> &PluginHost {
        &self.host
    }

    /// All registries, each through its adapter.
    #[must_use]
    pub fn registry(&self) -> Arc<RegistryAdapters> {
        Arc::clone(&self.registry)
    }

    /// The configured version policy.
    #[must_use]
    pub fn policy(&self) -> Arc<Policies> {
        Arc::clone(&self.policy)
    }

    /// What went out so far, and what registries say of their limits.
    #[must_use]
    pub fn egress(&self) -> &Egress {
        &self.egress
    }

    /// All notifiers.
    #[must_use]
    pub fn notifiers(&self) -> &Notifiers {
        &self.notifiers
    }
}

fn egress(config: &Config, credentials: Arc<DockerConfig>) -> Result<Egress, AppError> {
    let mut registries = BTreeMap::new();
    for (host, registry) in &config.registries {
        let endpoint =
            match &registry.endpoint {
                Some(text) => Some(endpoint(text).map_err(|problem| AppError::Setting {
                    what: format!("registries.\"{host}\".endpoint"),
                    problem,
                })?),
                None => None,
            };
        registries.insert(host.clone(), RegistryOverride { endpoint, insecure: registry.insecure });
    }
    let settings = EgressConfig {
        registries,
        credentials,
        authorities: authorities(config),
        proxies: config.proxies.clone(),
        cache: Some(ResponseCacheConfig {
            ttl: config.cache_ttl,
            ..ResponseCacheConfig::at(config.data_dir.join("cache/http"))
        }),
        limits: EgressLimits::default(),
    };
    Egress::new(settings).map_err(|error| AppError::PluginHost { reason: error.to_string() })
}

/// Reads the base URL of a registry. The error shows nothing of one that has a login in it.
fn endpoint(text: &str) -> Result<Url, String> {
    let shown = if text.contains('@') { "it".to_owned() } else { format!("`{text}`") };
    let url: Url = text.parse().map_err(|error| format!("{shown} is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it has a user or a password in it, which go to `docker login` instead".to_owned());
    }
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("{shown} is no address of a registry: expected `https://host` or `http://host`"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(format!("{shown} has something after the path: expected `https://host/path`"));
    }
    Ok(url)
}

/// Those of Docker itself, and those that the configuration names.
fn authorities(config: &Config) -> Authorities {
    let files = config.registries.iter().filter_map(|(host, registry)| Some((host.clone(), registry.ca.clone()?)));
    Authorities { folders: vec![PathBuf::from(DOCKER_CERTIFICATES)], files: files.collect() }
}

fn setups(config: &Config) -> Result<BTreeMap<PluginId, PluginSetup>, AppError> {
    config.plugins.iter().map(|(id, plugin)| Ok((PluginId::new(id), setup(id, plugin)?))).collect()
}

fn setup(id: &str, plugin: &PluginConfig) -> Result<PluginSetup, AppError> {
    let wrong = |what: String, problem: String| AppError::Setting { what, problem };
    let settings = serde_json::to_value(&plugin.settings)
        .map_err(|error| wrong(format!("plugins.{id}.settings"), error.to_string()))?;
    let mut secrets = BTreeMap::new();
    for (name, source) in &plugin.secrets {
        let value = read_secret(source).map_err(|problem| wrong(format!("plugins.{id}.secrets.{name}"), problem))?;
        if let Some(value) = value {
            secrets.insert(name.clone(), value);
        }
    }
    Ok(PluginSetup { settings, secrets })
}

/// The secret, if it has a value. The error never holds any of it.
pub(crate) fn read_secret(source: &SecretSource) -> Result<Option<Secret>, String> {
    match source {
        SecretSource::Env(name) => match std::env::var_os(name) {
            None => Ok(None),
            Some(value) => match value.into_string() {
                Ok(value) => Ok(Some(Secret::new(value))),
                Err(_) => Err(format!("environment variable `{name}` is not text")),
            },
        },
        SecretSource::File(path) => {
            let failed = |error: std::io::Error| format!("could not read `{}`: {error}", path.display());
            if std::fs::metadata(path).map_err(failed)?.len() > SECRET_MAX_BYTES {
                return Err(format!("`{}` is too large for a secret", path.display()));
            }
            let text = std::fs::read_to_string(path).map_err(failed)?;
            Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_addresses_without_a_login() {
        for good in ["https://mirror.lan", "http://mirror.lan:5000/base/", "https://[fd00::1]:5000"] {
            assert!(endpoint(good).is_ok(), "{good}");
        }
        for (bad, problem) in [
            ("https://keeper:s3cret@mirror.lan", "has a user or a password in it"),
            ("https://keeper@mirror.lan", "has a user or a password in it"),
            ("https://keeper:s3cret@mirror.lan:99999", "it is not a URL"),
            ("mirror.lan", "`mirror.lan` is not a URL"),
            ("mirror.lan:5000", "`mirror.lan:5000` is no address of a registry"),
            ("ftp://mirror.lan", "is no address of a registry"),
            ("https://mirror.lan?a=b", "has something after the path"),
            ("https://mirror.lan/#a", "has something after the path"),
        ] {
            let error = endpoint(bad).unwrap_err();
            assert!(error.contains(problem) && !error.contains("s3cret") && !error.contains("keeper"), "{error}");
        }
    }
}
