//! Reads Harbor: the tags with their digests and push times through its own API, everything else through the registry
//! API that it has as well.

mod artifacts;
mod time;

use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::log;
use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};

/// The plugin.
pub struct Harbor;

impl RegistryAdapter for Harbor {
    /// Asks Harbor's own API; what it does not answer, the registry API does, with names only.
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        let client = Client::new(&repository)?;
        match artifacts::list(&client, &repository.name, hint.max_tags) {
            Ok(Some(list)) => Ok(list),
            Ok(None) => client.list_tags(&hint),
            // The registry API would be asked in vain as well.
            Err(error @ (RegistryError::RateLimited(_) | RegistryError::Unreachable(_))) => Err(error),
            // Not a Harbor, an old one, or one whose API wants another login than its registry does.
            Err(
                error @ (RegistryError::NotFound(_)
                | RegistryError::Unauthorized(_)
                | RegistryError::Denied(_)
                | RegistryError::Unavailable(_)
                | RegistryError::UnexpectedAnswer(_)
                | RegistryError::Unsupported(_)),
            ) => {
                log::info(format_args!("listing without push times: {}", why(&error)));
                client.list_tags(&hint)
            }
        }
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        Client::new(&repository)?.resolve(&reference, detail)
    }
}

dockrev_plugin_sdk::export!(registry-adapter: Harbor);

fn why(error: &RegistryError) -> &str {
    match error {
        RegistryError::NotFound(why)
        | RegistryError::Unauthorized(why)
        | RegistryError::Denied(why)
        | RegistryError::Unreachable(why)
        | RegistryError::Unavailable(why)
        | RegistryError::UnexpectedAnswer(why)
        | RegistryError::Unsupported(why) => why,
        RegistryError::RateLimited(_) => "too many requests",
    }
}

#[cfg(test)]
mod tests;
