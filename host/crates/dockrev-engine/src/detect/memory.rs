//! When images were first seen behind tags: what was kept from earlier checks, and what this one sees.

use dockrev_core::age::Since;
use dockrev_core::image::{Digest, Repository, Tag};
use dockrev_core::ports::{JournalError, Sighting, Sightings};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

type History = Result<Vec<Sighting>, JournalError>;

/// The memory of one check. All that it sees is kept at its end, in one go.
pub(super) struct Memory<'a> {
    sightings: &'a dyn Sightings,
    /// When the check began.
    now: Timestamp,
    histories: Mutex<HashMap<Repository, Arc<OnceCell<History>>>>,
    seen: Mutex<BTreeMap<(Repository, Tag, Digest), Timestamp>>,
}

impl<'a> Memory<'a> {
    pub(super) fn new(sightings: &'a dyn Sightings, now: Timestamp) -> Self {
        Self { sightings, now, histories: Mutex::default(), seen: Mutex::default() }
    }

    /// When the check began.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// Notes that `tag` points to `digest`, and gives when it was first seen to do so.
    pub(super) async fn see(
        &self,
        repository: &Repository,
        tag: &Tag,
        digest: &Digest,
    ) -> Result<Timestamp, JournalError> {
        let earlier = self.first_seen(repository, tag, digest).await;
        // A time from before the clock was set back is none that has been.
        let first = earlier.clone().ok().flatten().map_or(self.now, |earlier| earlier.min(self.now));
        let key = (repository.clone(), tag.clone(), digest.clone());
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(key, first);
        earlier.map(|_| first)
    }

    /// Since when `tag` has pointed to `digest`, as far as is known. Notes that it does.
    pub(super) async fn since(
        &self,
        repository: &Repository,
        tag: &Tag,
        digest: &Digest,
        pushed_at_unix_s: Option<i64>,
    ) -> Result<Since, JournalError> {
        Ok(Since::of(self.see(repository, tag, digest).await?, pushed_at_unix_s))
    }

    /// When an earlier check first saw `tag` point to `digest`.
    pub(super) async fn first_seen(
        &self,
        repository: &Repository,
        tag: &Tag,
        digest: &Digest,
    ) -> Result<Option<Timestamp>, JournalError> {
        let history = {
            let mut histories = self.histories.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(histories.entry(repository.clone()).or_default())
        };
        let history = history.get_or_init(|| self.sightings.sightings_of(repository)).await;
        let history = history.as_ref().map_err(Clone::clone)?;
        let found = history.iter().find(|sighting| sighting.tag == *tag && sighting.digest == *digest);
        Ok(found.map(|sighting| sighting.first_seen))
    }

    /// Keeps what this check saw. That it cannot be kept is no reason to show nothing.
    pub(super) async fn keep(&self) {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        let sighting = |((repository, tag, digest), first_seen)| Sighting { repository, tag, digest, first_seen };
        let sightings: Vec<Sighting> = seen.into_iter().map(sighting).collect();
        if let Err(error) = self.sightings.keep_sightings(&sightings, self.now).await {
            tracing::warn!("{error}: ages of images count from the next check");
        }
    }
}
