//! Whether a token server may be asked for a registry.
//!
//! A registry names its token server in its own answer, and what it names gets the credentials. So the realm has to be
//! the registry's own, as far as that can be told from names. One that the plugin's manifest asked for is asked as well,
//! and never with credentials: a plugin must not choose who gets them.

use crate::grant::{Grant, RegistryGrant};
use crate::origin::Origin;
use url::{Host, Url};

/// Second-level names under which anybody may register in countries that have them (`example.co.uk`).
const PUBLIC_SECOND_LEVELS: [&str; 13] =
    ["ac", "co", "com", "edu", "gob", "gov", "ind", "mil", "ne", "net", "nom", "or", "org"];

/// Token servers that stand behind registries with names of their own (`lscr.io` is one of them).
const PUBLIC_TOKEN_SERVERS: [&str; 2] = ["https://auth.docker.io", "https://ghcr.io"];

/// A token server that may be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Realm {
    /// The registry's own: it gets the registry's credentials.
    Trusted(Url),
    /// A public or a granted one: it is asked without credentials.
    Public(Url),
}

/// Parses the realm, if it may be asked; else says which one was refused.
pub(crate) fn accept(realm: &str, registry: &RegistryGrant, grant: &Grant) -> Result<Realm, String> {
    let url: Url = realm.parse().map_err(|_| "something that is no URL".to_owned())?;
    let origin = Origin::of(&url).ok_or_else(|| "something that is no HTTP URL".to_owned())?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    let downgraded = origin.is_plain() && !registry.origin.is_plain();
    if has_user || downgraded {
        return Err(origin.to_string());
    }
    if is_own(&registry.origin, &origin) {
        return Ok(Realm::Trusted(url));
    }
    if grant.names(&origin) || PUBLIC_TOKEN_SERVERS.contains(&origin.to_string().as_str()) {
        return Ok(Realm::Public(url));
    }
    Err(origin.to_string())
}

fn is_own(registry: &Origin, realm: &Origin) -> bool {
    if registry.host() == realm.host() || (registry.is_loopback() && realm.is_loopback()) {
        return true;
    }
    // Without TLS, a name proves nothing: only the registry's own host or a granted one will do.
    if realm.is_plain() {
        return false;
    }
    let (Host::Domain(registry), Host::Domain(realm)) = (registry.host(), realm.host()) else {
        return false;
    };
    let below = |name: &str, parent: &str| name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    if below(realm, registry) {
        return true;
    }
    registry
        .split_once('.')
        .is_some_and(|(_, parent)| may_be_registered(parent) && (realm == parent || below(realm, parent)))
}

/// Whether `name` belongs to one owner, as far as that can be told without the public suffix list.
fn may_be_registered(name: &str) -> bool {
    match name.rsplit_once('.') {
        None => false,
        Some((second, top)) => !(top.len() == 2 && PUBLIC_SECOND_LEVELS.contains(&second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_realm_has_to_be_the_registrys_own() {
        let check = |registry: &str, realm: &str, trusted: bool| {
            let registry = RegistryGrant {
                origin: Origin::of(&registry.parse().unwrap()).unwrap(),
                credentials_name: "-".to_owned(),
                repository: "-".to_owned(),
                recency: crate::grant::Recency::Now,
            };
            let grant = Grant { hosts: vec!["auth.granted.example".parse().unwrap()], ..Grant::default() };
            let accepted = accept(realm, &registry, &grant);
            assert_eq!(matches!(accepted, Ok(Realm::Trusted(_))), trusted, "{registry:?} {realm}");
            let without_credentials =
                ["https://ghcr.io/token", "https://auth.docker.io/token", "https://auth.granted.example/token"];
            let public = without_credentials.contains(&realm);
            assert_eq!(accepted.is_ok(), trusted || public, "{registry:?} {realm}");
        };
        check("https://ghcr.io", "https://ghcr.io/token", true);
        check("https://ghcr.io", "https://ghcr.io:8443/token", true);
        check("https://registry-1.docker.io", "https://auth.docker.io/token", true);
        check("https://registry.gitlab.com", "https://gitlab.com/jwt/auth", true);
        check("https://example.org", "https://auth.example.org/token", true);
        // Granted by the plugin's manifest: asked, and never with credentials.
        check("https://ghcr.io", "https://auth.granted.example/token", false);
        check("https://lscr.io", "https://ghcr.io/token", false);
        check("https://evil.example", "https://auth.docker.io/token", false);
        check("https://ghcr.io", "https://evil.example/token", false);
        check("https://ghcr.io", "https://evil.io/token", false);
        check("https://ghcr.io", "https://notghcr.io/token", false);
        check("https://ghcr.io", "http://ghcr.io/token", false);
        check("https://ghcr.io", "https://user:word@ghcr.io/token", false);
        check("https://example.co.uk", "https://evil.co.uk/token", false);
        check("https://r.example.co.uk", "https://auth.example.co.uk/token", true);
        check("https://ghcr.io", "https://169.254.169.254/latest", false);
        check("https://ghcr.io", "ftp://ghcr.io/token", false);
        check("https://ghcr.io", "token", false);
        check("http://localhost:5000", "http://localhost:5001/auth", true);
        check("http://127.0.0.1:5000", "http://localhost:5001/auth", true);
        check("http://nas.lan:5000", "http://nas.lan:5001/auth", true);
        check("http://a.example.org:5000", "http://b.example.org/auth", false);
        check("http://localhost:5000", "http://10.0.0.1/auth", false);
    }
}
