//! Reads the GitHub container registry, and `lscr.io`, which is another name for a part of it.

use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::http::Request;
use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};

/// The registry.
const ENDPOINT: &str = "https://ghcr.io";

/// A name under which images are published that are kept at [`ENDPOINT`]. It only redirects there.
const OTHER_NAME: &str = "lscr.io";

/// Longest token answer that is read, in bytes. Real ones have a few hundred.
const TOKEN_BODY_MAX_BYTES: usize = 64 * 1024;

/// The plugin.
pub struct Ghcr;

impl RegistryAdapter for Ghcr {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        client(&repository)?.list_tags(&hint).map_err(|error| explain(error, &repository))
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        client(&repository)?.resolve(&reference, detail).map_err(|error| explain(error, &repository))
    }
}

dockrev_plugin_sdk::export!(registry-adapter: Ghcr);

/// A client for the repository. What is published under the other name is asked for where it is kept.
fn client(repository: &Repository) -> Result<Client, RegistryError> {
    let client = Client::with_default_endpoint(repository, ENDPOINT)?;
    if repository.registry != OTHER_NAME || repository.endpoint.is_some() {
        return Ok(client);
    }
    // The host answers the `401` of the registry that a call is about, and to it this is another one. All images there
    // are public.
    let token = public_token(&client, repository)?;
    Ok(client.with_public_token(&token))
}

#[derive(serde::Deserialize)]
struct TokenAnswer {
    token: String,
}

/// The token that everybody gets for a public repository.
fn public_token(client: &Client, repository: &Repository) -> Result<String, RegistryError> {
    let url = format!("{ENDPOINT}/token?service=ghcr.io&scope=repository:{}:pull", repository.name);
    let what = format!("a token for `{}`", repository.name);
    let request = Request::get(url).max_body_bytes(TOKEN_BODY_MAX_BYTES);
    let answer = client.send(&request, &what).map_err(|error| explain(error, repository))?;
    let answer: TokenAnswer = answer.json().map_err(|_| {
        RegistryError::UnexpectedAnswer(format!("`ghcr.io` answered without a token when asked for {what}"))
    })?;
    Ok(answer.token)
}

/// The registry says `401` or `403`, and not 404, of a package that does not exist: whoever asks learns nothing about
/// private ones. The credentials need not be wrong, then.
fn explain(error: RegistryError, repository: &Repository) -> RegistryError {
    let Repository { registry, name, .. } = repository;
    match error {
        RegistryError::Unauthorized(_) => RegistryError::Unauthorized(format!(
            "`{registry}` has no package `{name}`, or it is private and wants other credentials"
        )),
        RegistryError::Denied(_) => RegistryError::Denied(format!(
            "`{registry}` has no package `{name}`, or it is not for these credentials: a token needs the scope `read:packages`"
        )),
        RegistryError::NotFound(_)
        | RegistryError::RateLimited(_)
        | RegistryError::Unreachable(_)
        | RegistryError::Unavailable(_)
        | RegistryError::UnexpectedAnswer(_)
        | RegistryError::Unsupported(_) => error,
    }
}

#[cfg(test)]
mod tests;
