//! What differs from service to service: how to log in, and how a list of tags is cut into pages.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE;

use super::request::Received;

/// Whose manners a stand-in has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// The GitHub container registry: everything wants a token, which everybody gets for public repositories.
    Ghcr,
    /// Docker Hub: as above, and the manifests that are read are counted (`ratelimit-*`).
    Hub,
    /// Harbor: as GHCR, and an API of its own with what it knows of the artifacts of a repository.
    Harbor,
    /// GitLab: tokens come from another host than the registry's, and do not say how long they are good.
    GitLab,
    /// Quay: what follows a page is named by an opaque text, and where to begin cannot be chosen.
    Quay,
    /// Amazon's registry: a password that ends after 12 hours, no tokens, and whole addresses of the next page.
    Ecr,
    /// Azure's registry: an OAuth 2.0 token server, which calls its token `access_token` and takes identity tokens.
    Acr,
    /// Nexus: one token for everything, and all tags on one page.
    Nexus,
}

/// Most tags on a page of most services, whatever was asked for.
const PAGE_MAX: usize = 100;

/// Most tags on a page of the others that have a limit.
const LARGE_PAGE_MAX: usize = 1000;

impl Manners {
    /// How a request without authorization is refused. `host` is the stand-in's own, `scope` what a token has to be for.
    pub(super) fn challenge(self, host: &str, scope: Option<&str>) -> String {
        let Some(path) = self.token_path() else {
            return format!(r#"Basic realm="http://{host}/",service="ecr.amazonaws.com""#);
        };
        // The same machine by another name: another host, as far as anybody can see.
        let realm_host = if self == Self::GitLab { host.replace("127.0.0.1", "localhost") } else { host.to_owned() };
        let (realm, service) = (format!("http://{realm_host}{path}"), self.service(host));
        let scope = scope.map_or(String::new(), |scope| format!(r#",scope="{scope}""#));
        format!(r#"Bearer realm="{realm}",service="{service}"{scope}"#)
    }

    /// Where tokens are to be had. Absent: there are none.
    pub(super) fn token_path(self) -> Option<&'static str> {
        match self {
            Self::Ghcr | Self::Hub => Some("/token"),
            Self::Harbor => Some("/service/token"),
            Self::GitLab => Some("/jwt/auth"),
            Self::Quay => Some("/v2/auth"),
            Self::Acr => Some("/oauth2/token"),
            Self::Nexus => Some("/v2/token"),
            Self::Ecr => None,
        }
    }

    fn service(self, host: &str) -> String {
        match self {
            Self::Ghcr => "ghcr.io".to_owned(),
            Self::Hub => "registry.docker.io".to_owned(),
            Self::Harbor => "harbor-registry".to_owned(),
            Self::GitLab => "container_registry".to_owned(),
            Self::Quay | Self::Ecr | Self::Acr => host.to_owned(),
            Self::Nexus => format!("http://{host}/v2/token"),
        }
    }

    /// The tag after which a page begins. Absent: at the first one.
    pub(super) fn page_begins_after(self, received: &Received) -> Option<String> {
        match self {
            Self::Ghcr | Self::Hub | Self::Harbor | Self::GitLab | Self::Acr => received.parameter("last"),
            Self::Quay => received.parameter("next_page").map(|text| revealed(&text)),
            Self::Ecr => received.parameter("last").map(|text| revealed(&text)),
            Self::Nexus => None,
        }
    }

    /// How many tags are on a page for which so many were asked.
    pub(super) fn page_size(self, asked: Option<usize>) -> usize {
        let max = match self {
            Self::Ghcr | Self::Hub | Self::Harbor | Self::Quay | Self::Acr => PAGE_MAX,
            Self::GitLab | Self::Ecr => LARGE_PAGE_MAX,
            Self::Nexus => return usize::MAX,
        };
        asked.unwrap_or(max).clamp(1, max)
    }

    /// Where the page after the one that ends with `end` is.
    pub(super) fn next_page(self, host: &str, repository: &str, end: &str, size: usize) -> String {
        let list = format!("/v2/{repository}/tags/list");
        match self {
            Self::Ghcr | Self::Hub | Self::Harbor | Self::GitLab | Self::Nexus => {
                format!("{list}?last={end}&n={size}")
            }
            Self::Acr => format!("{list}?last={end}&n={size}&orderby="),
            Self::Quay => format!("{list}?next_page={}&n={size}", opaque(end)),
            Self::Ecr => format!("http://{host}{list}?last={}&n={size}", opaque(end)),
        }
    }
}

/// `text` in a form that nobody can guess or continue, ready for a query.
fn opaque(text: &str) -> String {
    BASE64_URL_SAFE.encode(format!("page after {text}")).replace('=', "%3D")
}

fn revealed(opaque: &str) -> String {
    let text = BASE64_URL_SAFE.decode(opaque).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.and_then(|text| text.strip_prefix("page after ").map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_texts_come_back() {
        for tag in ["1.0", "latest", "v1.2.3-rc.1_x"] {
            let text = opaque(tag);
            assert!(!text.contains(tag) && !text.contains('='));
            assert_eq!(revealed(&text.replace("%3D", "=")), tag);
        }
        assert_eq!(revealed("1.0"), "");
    }
}
