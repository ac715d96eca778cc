//! Image references, tags and digests.

mod digest;
mod reference;
mod tag;

pub use digest::{Digest, ParseDigestError};
pub use reference::{ImageRef, ParseImageRefError, Repository};
pub use tag::{ParseTagError, Tag};

use serde::{Deserialize, Serialize};
use std::fmt;

/// A tag together with the digest that it stood for when somebody looked: what a plan is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinnedImage {
    /// Where it comes from.
    pub repository: Repository,
    /// The tag it was found by.
    pub tag: Tag,
    /// The digest of the index or manifest behind that tag.
    pub digest: Digest,
}

impl PinnedImage {
    /// `repository:tag`, for people and for the engine's own name of the image.
    #[must_use]
    pub fn tagged(&self) -> ImageRef {
        ImageRef::new(self.repository.clone(), Some(self.tag.clone()), None)
    }

    /// `repository@digest`: what is pulled.
    #[must_use]
    pub fn by_digest(&self) -> ImageRef {
        ImageRef::new(self.repository.clone(), None, Some(self.digest.clone()))
    }

    /// `repository:tag@digest`: what an override file holds.
    #[must_use]
    pub fn pinned(&self) -> ImageRef {
        ImageRef::new(self.repository.clone(), Some(self.tag.clone()), Some(self.digest.clone()))
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pinned().fmt(f)
    }
}

/// Serialises a type through its `Display` and `FromStr`.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
use serde_as_text;
