use crate::grant::{Recency, RegistryGrant};
use crate::origin::Origin;
use dockrev_core::image::Repository;
use std::collections::BTreeMap;
use url::Url;

/// Name of Docker Hub in image references.
const DOCKER_HUB: &str = "docker.io";
/// Where Docker Hub's registry API is.
const DOCKER_HUB_API: &str = "https://registry-1.docker.io";

/// What the admin configured for one registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryOverride {
    /// Where it is reached instead: a mirror, plain HTTP, another port.
    pub endpoint: Option<Url>,
    /// Whether it is spoken to over plain HTTP. An endpoint with the scheme `http` says so as well.
    pub insecure: bool,
}

/// Where a registry is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryEndpoint {
    /// Scheme, host and port.
    pub origin: Origin,
    /// Base URL without a slash at the end, where it is not what everybody would take.
    pub base: Option<String>,
    /// Under which name its credentials are kept.
    pub credentials_name: String,
}

impl RegistryEndpoint {
    /// Permission to reach it for `repository`.
    #[must_use]
    pub fn grant(&self, repository: &Repository) -> RegistryGrant {
        RegistryGrant {
            origin: self.origin.clone(),
            credentials_name: self.credentials_name.clone(),
            repository: repository.name.clone(),
            recency: Recency::Now,
        }
    }
}

/// The text is no registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a registry: expected `host` or `host:port`")]
pub struct ParseRegistryError(String);

/// Finds where `registry` is reached.
///
/// A configured endpoint comes first; a registry on this machine and an insecure one are reached over plain HTTP.
/// Credentials are kept under the name of where they are sent to: those of `registry` do not go to a mirror of it.
pub(crate) fn locate(
    registry: &str,
    overrides: &BTreeMap<String, RegistryOverride>,
) -> Result<RegistryEndpoint, ParseRegistryError> {
    let error = || ParseRegistryError(registry.to_owned());
    let configured = overrides.get(registry);
    if let Some(endpoint) = configured.and_then(|configured| configured.endpoint.as_ref()) {
        let origin = Origin::of(endpoint).ok_or_else(error)?;
        let own_host = own_origins(registry).iter().any(|own| own.host() == origin.host());
        let credentials_name = if own_host { registry.to_owned() } else { origin.authority() };
        let base = Some(endpoint.as_str().trim_end_matches('/').to_owned());
        return Ok(RegistryEndpoint { origin, base, credentials_name });
    }
    let credentials_name = registry.to_owned();
    let plain = origin_of(&format!("http://{registry}")).ok_or_else(error)?;
    if plain.is_loopback() || configured.is_some_and(|configured| configured.insecure) {
        return Ok(RegistryEndpoint { origin: plain, base: Some(format!("http://{registry}")), credentials_name });
    }
    let url = if registry == DOCKER_HUB { DOCKER_HUB_API.to_owned() } else { format!("https://{registry}") };
    Ok(RegistryEndpoint { origin: origin_of(&url).ok_or_else(error)?, base: None, credentials_name })
}

/// Origins that the admin allowed to be spoken to over plain HTTP.
pub(crate) fn insecure_origins(overrides: &BTreeMap<String, RegistryOverride>) -> Vec<Origin> {
    let endpoints = overrides.keys().filter_map(|registry| locate(registry, overrides).ok());
    endpoints.map(|endpoint| endpoint.origin).filter(Origin::is_plain).collect()
}

fn own_origins(registry: &str) -> Vec<Origin> {
    let hub = (registry == DOCKER_HUB).then(|| DOCKER_HUB_API.to_owned());
    hub.into_iter().chain([format!("https://{registry}")]).filter_map(|url| origin_of(&url)).collect()
}

fn origin_of(url: &str) -> Option<Origin> {
    let url: Url = url.parse().ok()?;
    let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
    bare.then(|| Origin::of(&url)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_where_a_registry_is() {
        let overrides = BTreeMap::from([
            ("nas.lan:5000".to_owned(), RegistryOverride { endpoint: None, insecure: true }),
            ("docker.io".to_owned(), mirror("http://mirror.lan:5000/")),
            ("ghcr.io".to_owned(), mirror("https://ghcr.io:8443/base/")),
        ]);
        let check = |registry: &str, expected: &str| {
            let found = locate(registry, &overrides).unwrap();
            let base = found.base.as_deref().unwrap_or("-");
            assert_eq!(format!("{} {base} {}", found.origin, found.credentials_name), expected, "{registry}");
        };
        check("quay.io", "https://quay.io - quay.io");
        check("localhost:5000", "http://localhost:5000 http://localhost:5000 localhost:5000");
        check("127.0.0.1:5000", "http://127.0.0.1:5000 http://127.0.0.1:5000 127.0.0.1:5000");
        check("nas.lan:5000", "http://nas.lan:5000 http://nas.lan:5000 nas.lan:5000");
        check("docker.io", "http://mirror.lan:5000 http://mirror.lan:5000 mirror.lan:5000");
        check("ghcr.io", "https://ghcr.io:8443 https://ghcr.io:8443/base ghcr.io");
        let hub = locate("docker.io", &BTreeMap::new()).unwrap();
        assert_eq!((hub.origin.to_string().as_str(), hub.base), ("https://registry-1.docker.io", None));
        assert!(locate("user@host", &overrides).is_err());
        assert!(locate("host/path", &overrides).is_err());
        assert_eq!(insecure_origins(&overrides).len(), 2);
    }

    fn mirror(endpoint: &str) -> RegistryOverride {
        RegistryOverride { endpoint: Some(endpoint.parse().unwrap()), insecure: false }
    }
}
