//! Reads Harbor: which tags there are, and everything else, through the registry API that it has; their digests and push
//! times through its own API.
//!
//! Its own API lists what the Harbor keeps. For a project that is a proxy cache that is less than there is, so it is not
//! believed to be complete.

mod artifacts;
mod time;

use artifacts::Known;
use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::log;
use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};

/// The plugin.
pub struct Harbor;

impl RegistryAdapter for Harbor {
    /// Asks Harbor's own API what it knows of the tags, and the registry API which tags there are.
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        let client = Client::new(&repository)?;
        let mut known = known(&client, &repository.name)?;
        let mut list = client.list_tags(&hint)?;
        for tag in &mut list.tags {
            if let Some(known) = known.remove(&tag.name) {
                *tag = known;
            }
        }
        Ok(list)
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        Client::new(&repository)?.resolve(&reference, detail)
    }
}

dockrev_plugin_sdk::export!(registry-adapter: Harbor);

/// What Harbor's own API knows of the tags: nothing, if it does not answer as it should.
fn known(client: &Client, name: &str) -> Result<Known, RegistryError> {
    match artifacts::read(client, name) {
        Ok(known) => Ok(known),
        // The registry API would be asked in vain as well.
        Err(error @ (RegistryError::RateLimited(_) | RegistryError::Unreachable(_))) => Err(error),
        // Not a Harbor, an old one, or one whose API wants another login than its registry does: a robot account may pull
        // and need not be allowed to list artifacts.
        Err(
            RegistryError::NotFound(why)
            | RegistryError::Unauthorized(why)
            | RegistryError::Denied(why)
            | RegistryError::Unavailable(why)
            | RegistryError::UnexpectedAnswer(why)
            | RegistryError::Unsupported(why),
        ) => {
            log::info(format_args!("listing without push times: {why}"));
            Ok(Known::new())
        }
    }
}

#[cfg(test)]
mod tests;
