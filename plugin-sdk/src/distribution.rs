//! A client for the [OCI Distribution Specification](https://github.com/opencontainers/distribution-spec), for
//! adapters of registries that speak it.
//!
//! ```
//! use dockrev_plugin_sdk::distribution::Client;
//! use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};
//!
//! struct Mine;
//!
//! impl RegistryAdapter for Mine {
//!     fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
//!         Client::new(&repository)?.list_tags(&hint)
//!     }
//!
//!     fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
//!         Client::new(&repository)?.resolve(&reference, detail)
//!     }
//! }
//! ```
//!
//! Errors name the repository and never hold a body: what a registry sends is not shown to people.

mod at_most;
mod content;
mod link;
mod manifest;
mod pages;
mod platforms;

pub use content::{is_digest, is_tag};

use crate::http::{self, Method, Request, Response, Url};
use crate::registry::{Detail, ListHint, RegistryError, Repository, Resolved, TagList};

/// Largest manifest, index or image configuration that is read. The specification asks registries to take at least
/// manifests of 4 MiB, and none takes larger ones.
pub const MANIFEST_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Longest repository name, as in image references.
const NAME_MAX_BYTES: usize = 255;

/// Longest reference: a SHA-512 digest has 135 characters, a tag at most 128.
const REFERENCE_MAX_BYTES: usize = 160;

/// One repository of one registry.
#[derive(Clone, Debug)]
pub struct Client {
    /// Where the registry is, without a slash at the end.
    endpoint: Url,
    /// The registry's host as people know it.
    registry: String,
    /// The repository's name.
    name: String,
    /// Value of the `Authorization` header of requests to the endpoint, if the host does not see to it.
    authorization: Option<String>,
}

impl Client {
    /// A client for `repository` at its configured endpoint, or else at `https://` and the registry's host.
    pub fn new(repository: &Repository) -> Result<Self, RegistryError> {
        Self::with_default_endpoint(repository, &format!("https://{}", repository.registry))
    }

    /// A client for `repository` at its configured endpoint, or else at `default_endpoint`.
    pub fn with_default_endpoint(repository: &Repository, default_endpoint: &str) -> Result<Self, RegistryError> {
        let endpoint = repository.endpoint.as_deref().unwrap_or(default_endpoint);
        let endpoint = Url::parse(endpoint.trim_end_matches('/'))?;
        if endpoint.path_and_query.contains('?') {
            return Err(RegistryError::Unsupported("the registry's endpoint has a query".to_owned()));
        }
        if !is_name(&repository.name) {
            return Err(RegistryError::NotFound(format!("`{}` cannot be a repository", printable(&repository.name))));
        }
        Ok(Self { endpoint, registry: repository.registry.clone(), name: repository.name.clone(), authorization: None })
    }

    /// Sends `token` with every request to the endpoint, and to no other host.
    ///
    /// Only for a token that everybody gets: the host answers the registry's `401` by itself, but not that of another
    /// host at which the registry keeps its content.
    #[must_use]
    pub fn with_public_token(mut self, token: &str) -> Self {
        self.authorization = Some(format!("Bearer {token}"));
        self
    }

    /// The endpoint without a slash at the end, for an API of the registry's own beside the Distribution protocol.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.endpoint.to_string().trim_end_matches('/').to_owned()
    }

    /// Sends `request` to an API of the registry's own, and turns every answer but a success into an error about `what`.
    pub fn send(&self, request: &Request, what: &str) -> Result<Response, RegistryError> {
        self.check(self.exchange(request, what)?, what)
    }

    /// Lists the tags, following every page of this registry.
    ///
    /// A list that ends early, because the host wants no more or the registry has no end, says so in `truncated`.
    pub fn list_tags(&self, hint: &ListHint) -> Result<TagList, RegistryError> {
        pages::list(self, hint.max_tags)
    }

    /// Finds what `reference`, a tag or a digest, points to.
    ///
    /// For the digest alone it sends a `HEAD`, which registries do not count as a pull, and reads the manifest only when
    /// the answer has no usable `Docker-Content-Digest`.
    pub fn resolve(&self, reference: &str, detail: Detail) -> Result<Resolved, RegistryError> {
        if !is_reference(reference) {
            return Err(RegistryError::NotFound(format!("`{}` cannot be a tag or a digest", printable(reference))));
        }
        match detail {
            Detail::Digest => {
                if let Some(resolved) = manifest::head(self, reference)? {
                    return Ok(resolved);
                }
                let manifest = manifest::get(self, reference)?;
                Ok(Resolved {
                    digest: manifest.digest,
                    media_type: manifest.media_type.to_owned(),
                    platforms: Vec::new(),
                })
            }
            Detail::Platforms => {
                let manifest = manifest::get(self, reference)?;
                let platforms = platforms::of(self, &manifest)?;
                Ok(Resolved { digest: manifest.digest, media_type: manifest.media_type.to_owned(), platforms })
            }
        }
    }

    /// The URL of `path` below this repository.
    fn url(&self, path: &str) -> String {
        format!("{}/v2/{}/{path}", self.endpoint(), self.name)
    }

    /// A request of this client to `url`.
    fn request(&self, method: Method, url: impl Into<String>) -> Request {
        let request = Request::new(method, url);
        let is_own = Url::parse(&request.url).is_ok_and(|url| url.origin() == self.endpoint.origin());
        match &self.authorization {
            Some(authorization) if is_own => request.header("Authorization", authorization),
            Some(_) | None => request,
        }
    }

    /// Sends `request`, whatever the status of its answer about `what` will be.
    fn exchange(&self, request: &Request, what: &str) -> Result<Response, RegistryError> {
        match request.send() {
            Err(http::Error::BodyTooLarge { limit_bytes }) => {
                Err(self.unexpected(what, &format!("more than {limit_bytes} bytes")))
            }
            result => Ok(result?),
        }
    }

    fn check(&self, response: Response, what: &str) -> Result<Response, RegistryError> {
        let registry = &self.registry;
        let status = response.status;
        Err(match status {
            200..=299 if content::is_html(&response) => {
                RegistryError::UnexpectedAnswer(format!("`{registry}` answered with a web page when asked for {what}"))
            }
            200..=299 => return Ok(response),
            300..=399 => RegistryError::UnexpectedAnswer(match redirect_host(&response) {
                Some(host) => {
                    format!("`{registry}` redirects to `{host}` when asked for {what}; set that as its endpoint")
                }
                None => format!("`{registry}` answered {status}, a redirect, when asked for {what}"),
            }),
            401 => RegistryError::Unauthorized(format!("`{registry}` wants other credentials for {what}")),
            403 => RegistryError::Denied(format!("`{registry}` does not let these credentials read {what}")),
            404 => self.not_found(what),
            408 | 500..=599 => {
                RegistryError::Unavailable(format!("`{registry}` answered {status} when asked for {what}"))
            }
            429 => RegistryError::RateLimited(response.retry_after_s()),
            _ => RegistryError::UnexpectedAnswer(format!("`{registry}` answered {status} when asked for {what}")),
        })
    }

    /// There is no `what`.
    fn not_found(&self, what: &str) -> RegistryError {
        RegistryError::NotFound(format!("`{}` has no {what}", self.registry))
    }

    /// An answer about `what` that is not what the specification describes.
    fn unexpected(&self, what: &str, why: &str) -> RegistryError {
        RegistryError::UnexpectedAnswer(format!("`{}` answered with {why} when asked for {what}", self.registry))
    }

    /// A valid answer about `what` of a kind that is not read.
    fn unsupported(&self, what: &str, kind: &str) -> RegistryError {
        RegistryError::Unsupported(format!("{what} of `{}` is {kind}, which is not supported", self.registry))
    }

    /// The repository in the words of an error.
    fn repository_words(&self) -> String {
        format!("repository `{}`", self.name)
    }

    /// A reference of it in the words of an error.
    fn reference_words(&self, reference: &str) -> String {
        let separator = if reference.contains(':') { '@' } else { ':' };
        format!("`{}{separator}{reference}`", self.name)
    }
}

fn redirect_host(response: &Response) -> Option<String> {
    Url::parse(response.header("Location")?).ok().map(|url| url.host().to_owned())
}

/// Whether `name` can stand in a path as it is: a looser rule than the specification's, so that a registry's own
/// extensions pass, and strict enough that nothing but a path comes of it.
fn is_name(name: &str) -> bool {
    let is_component = |part: &str| {
        !part.is_empty()
            && part != "."
            && part != ".."
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    name.len() <= NAME_MAX_BYTES && name.split('/').all(is_component)
}

fn is_reference(reference: &str) -> bool {
    reference.len() <= REFERENCE_MAX_BYTES && (content::is_tag(reference) || content::is_digest(reference))
}

/// The start of a text that came from outside, without control characters, for an error.
fn printable(text: &str) -> String {
    const SHOWN_CHARS: usize = 60;
    text.chars().filter(|char| !char.is_control()).take(SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests;
