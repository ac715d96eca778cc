//! Where it is kept what was seen behind tags.

use super::JournalError;
use crate::image::{Digest, Repository, Tag};
use async_trait::async_trait;
use jiff::Timestamp;

/// A tag of a registry pointed to an image.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// The repository.
    pub repository: Repository,
    /// Its tag.
    pub tag: Tag,
    /// What the tag pointed to.
    pub digest: Digest,
    /// When it was first seen to do so.
    pub first_seen: Timestamp,
}

/// Keeps when images were seen behind tags.
#[async_trait]
pub trait Sightings: Send + Sync {
    /// What was seen behind tags of `repository`.
    async fn sightings_of(&self, repository: &Repository) -> Result<Vec<Sighting>, JournalError>;

    /// Keeps that these were seen at `now`, all or none. What was seen before keeps its earlier time.
    async fn keep_sightings(&self, sightings: &[Sighting], now: Timestamp) -> Result<(), JournalError>;
}
