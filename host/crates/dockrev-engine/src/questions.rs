//! Asks each distinct question once, however many services ask it.

use dockrev_core::image::{Repository, Tag};
use dockrev_core::ports::{Registry, Target};
use dockrev_core::registry::{Answered, Detail, Freshness, RegistryError, ResolvedImage, TagList};
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

type Answers<K, V> = Mutex<HashMap<K, Arc<OnceCell<Result<Answered<V>, RegistryError>>>>>;

/// The questions of one check and their answers.
pub(crate) struct Questions {
    registry: Arc<dyn Registry>,
    freshness: Freshness,
    tags: Answers<Repository, TagList>,
    resolved: Answers<(Repository, Target, bool), ResolvedImage>,
}

impl Questions {
    pub(crate) fn new(registry: Arc<dyn Registry>, freshness: Freshness) -> Self {
        Self { registry, freshness, tags: Mutex::default(), resolved: Mutex::default() }
    }

    /// The tags of `repository`. The hint is the first asker's; a registry adapter may use it only to leave out what
    /// is older, so it is not given when several tags of the repository are in use.
    pub(crate) async fn tags(&self, repository: &Repository) -> Result<Answered<TagList>, RegistryError> {
        let cell = cell(&self.tags, repository.clone()).await;
        cell.get_or_init(|| self.registry.tags(repository, None, self.freshness)).await.clone()
    }

    /// What `tag` points to.
    pub(crate) async fn resolve(
        &self,
        repository: &Repository,
        tag: &Tag,
        detail: Detail,
    ) -> Result<Answered<ResolvedImage>, RegistryError> {
        let target = Target::Tag(tag.clone());
        let cell = cell(&self.resolved, (repository.clone(), target.clone(), detail == Detail::Platforms)).await;
        let ask = || self.registry.resolve(repository, &target, detail, self.freshness);
        cell.get_or_init(ask).await.clone()
    }
}

async fn cell<K: Eq + Hash, V>(answers: &Answers<K, V>, key: K) -> Arc<OnceCell<Result<Answered<V>, RegistryError>>> {
    Arc::clone(answers.lock().await.entry(key).or_default())
}
