//! World `registry-adapter`: reads what a container registry has.
//!
//! A registry that speaks the Distribution protocol is read with [`distribution`](crate::distribution); an adapter for
//! one that has a better API of its own uses [`http`].

pub use crate::bindings::registry_adapter::exports::dockrev::plugin::registry::{
    Detail, ListHint, Platform, PlatformImage, RegistryError, Repository, Resolved, Tag, TagList,
};

use crate::bindings::registry_adapter::exports::dockrev::plugin::registry::Guest;
use crate::{http, settings};

/// An adapter for one kind of registry.
///
/// Export it with [`export!`](crate::export!). It never sees credentials: the host answers the registry's `401` outside
/// the sandbox, and one that still arrives is final.
pub trait RegistryAdapter {
    /// Lists the tags of `repository`, following every page.
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError>;

    /// Finds what `reference`, a tag or a digest, points to.
    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError>;
}

impl Tag {
    /// A tag of which only the name is known.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), digest: None, pushed_at_unix_s: None }
    }
}

impl From<http::Error> for RegistryError {
    fn from(error: http::Error) -> Self {
        let text = error.to_string();
        match error {
            http::Error::Refused { .. } | http::Error::Unreachable { .. } => Self::Unreachable(text),
            http::Error::CutOff { .. } => Self::Unavailable(text),
            http::Error::Broken { .. } | http::Error::BodyTooLarge { .. } | http::Error::NotJson => {
                Self::UnexpectedAnswer(text)
            }
            http::Error::InvalidUrl { .. } | http::Error::InvalidRequest { .. } => Self::Unsupported(text),
        }
    }
}

impl From<settings::Error> for RegistryError {
    fn from(error: settings::Error) -> Self {
        Self::Unsupported(error.to_string())
    }
}

#[doc(hidden)]
pub fn is_adapter<T: RegistryAdapter>() {}

impl<T: RegistryAdapter> Guest for T {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        <T as RegistryAdapter>::list_tags(repository, hint)
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        <T as RegistryAdapter>::resolve(repository, reference, detail)
    }
}
