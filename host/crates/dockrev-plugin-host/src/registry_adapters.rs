use crate::adapters::{Adapters, Served};
use crate::bindings::registry_adapter::exports::dockrev::plugin::registry as wit;
use crate::host::PluginHost;
use crate::load::{Code, Plugin};
use crate::text::shown;
use async_trait::async_trait;
use dockrev_core::image::{Digest, Repository, Tag};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{Registry, Target};
use dockrev_core::registry::{
    Answered, Detail, Freshness, ListedTag, PlatformImage, PluginError, RegistryError, ResolvedImage, TagList,
};
use dockrev_egress::{EgressError, Recency, RegistryEndpoint, RegistryGrant};
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Most tags that a list may have: more than any repository needs to find what is newer.
pub const MAX_TAGS: u32 = 20_000;
/// Most platforms that an image may have.
const MAX_PLATFORMS: usize = 256;
/// Longest media type, or part of a platform's name, in characters.
const NAME_MAX_CHARS: usize = 128;

/// Reads registries through adapters.
#[derive(Clone, Debug)]
pub struct RegistryAdapters {
    host: Arc<PluginHost>,
    adapters: Arc<Adapters>,
}

impl RegistryAdapters {
    /// Uses the adapters of `host`.
    #[must_use]
    pub fn new(host: Arc<PluginHost>) -> Self {
        Self { host, adapters: Arc::default() }
    }

    /// Remembers in the file at `path` which registry was recognised by which adapter.
    #[must_use]
    pub fn remembering(self, path: PathBuf) -> Self {
        Self { adapters: Arc::new(Adapters::remembering(path)), ..self }
    }

    /// Which adapter served each registry that was asked about so far, and why.
    #[must_use]
    pub fn served(&self) -> BTreeMap<String, Served> {
        self.adapters.served()
    }

    async fn find(&self, repository: &Repository) -> Result<(&Plugin, RegistryEndpoint), RegistryError> {
        let registry = &repository.registry;
        let endpoint =
            self.host.egress().registry(registry).map_err(|error| RegistryError::Unsupported(error.to_string()))?;
        let plugin = self.adapters.choose(&self.host, registry, &endpoint).await?;
        Ok((plugin, endpoint))
    }

    /// Has the error noticed: an adapter that recognised a registry may be wrong by now.
    async fn noted<T>(
        &self,
        repository: &Repository,
        endpoint: &RegistryEndpoint,
        answer: Result<T, RegistryError>,
    ) -> Result<T, RegistryError> {
        if let Err(error) = &answer {
            self.adapters.note(&repository.registry, endpoint, error).await;
        }
        answer
    }
}

#[async_trait]
impl Registry for RegistryAdapters {
    fn announce(&self, repositories: &[Repository]) {
        let mut by_registry: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for repository in repositories {
            by_registry.entry(&repository.registry).or_default().push(repository.name.clone());
        }
        let egress = self.host.egress();
        for (registry, names) in by_registry {
            // What is no registry gets its error when it is asked.
            if let Ok(endpoint) = egress.registry(registry) {
                egress.announce(&endpoint.origin, names);
            }
        }
    }

    async fn tags(
        &self,
        repository: &Repository,
        current: Option<&Tag>,
        freshness: Freshness,
    ) -> Result<Answered<TagList>, RegistryError> {
        let (plugin, endpoint) = self.find(repository).await?;
        let Code::RegistryAdapter(pre) = &plugin.code else {
            return Err(RegistryError::NoAdapter(repository.registry.clone()));
        };
        let asked = describe(repository, &endpoint);
        let hint = wit::ListHint { current_tag: current.map(ToString::to_string), max_tags: MAX_TAGS };
        let called = self
            .host
            .call(plugin, Some(grant(&endpoint, repository, freshness)), |mut store| async move {
                let adapter = pre.instantiate_async(&mut store).await?;
                adapter.dockrev_plugin_registry().call_list_tags(&mut store, &asked, &hint).await
            })
            .await?;
        let answer = called.answer.map_err(|error| translate(error, called.send_error));
        Ok(Answered::now(check_list(plugin, self.noted(repository, &endpoint, answer).await?)?))
    }

    async fn resolve(
        &self,
        repository: &Repository,
        target: &Target,
        detail: Detail,
        freshness: Freshness,
    ) -> Result<Answered<ResolvedImage>, RegistryError> {
        let (plugin, endpoint) = self.find(repository).await?;
        let Code::RegistryAdapter(pre) = &plugin.code else {
            return Err(RegistryError::NoAdapter(repository.registry.clone()));
        };
        let asked = describe(repository, &endpoint);
        let reference = match target {
            Target::Tag(tag) => tag.to_string(),
            Target::Digest(digest) => digest.to_string(),
        };
        let wanted = match detail {
            Detail::Digest => wit::Detail::Digest,
            Detail::Platforms => wit::Detail::Platforms,
        };
        let called = self
            .host
            .call(plugin, Some(grant(&endpoint, repository, freshness)), |mut store| async move {
                let adapter = pre.instantiate_async(&mut store).await?;
                adapter.dockrev_plugin_registry().call_resolve(&mut store, &asked, &reference, wanted).await
            })
            .await?;
        let answer = called.answer.map_err(|error| translate(error, called.send_error));
        Ok(Answered::now(check_resolved(plugin, target, self.noted(repository, &endpoint, answer).await?)?))
    }
}

/// What a call may reach. What is only shown may be as old as the admin lets it.
fn grant(endpoint: &RegistryEndpoint, repository: &Repository, freshness: Freshness) -> RegistryGrant {
    endpoint.grant(repository).with_recency(match freshness {
        Freshness::Now => Recency::Now,
        Freshness::LastKnown => Recency::WithinTtl,
    })
}

fn describe(repository: &Repository, endpoint: &RegistryEndpoint) -> wit::Repository {
    wit::Repository {
        registry: repository.registry.clone(),
        name: repository.name.clone(),
        endpoint: endpoint.base.clone(),
    }
}

fn check_list(plugin: &Plugin, list: wit::TagList) -> Result<TagList, PluginError> {
    if list.tags.len() > MAX_TAGS as usize {
        return Err(plugin.invalid_answer(format!("{} tags, more than {MAX_TAGS}", list.tags.len())));
    }
    let mut seen = HashSet::new();
    let mut tags = Vec::with_capacity(list.tags.len());
    for tag in list.tags {
        let name: Tag =
            tag.name.parse().map_err(|_| plugin.invalid_answer(format!("`{}` is not a tag", short(&tag.name))))?;
        if !seen.insert(name.clone()) {
            return Err(plugin.invalid_answer(format!("tag `{name}` twice")));
        }
        let digest = tag.digest.map(|digest| check_digest(plugin, &digest)).transpose()?;
        tags.push(ListedTag { name, digest, pushed_at_unix_s: tag.pushed_at_unix_s });
    }
    Ok(TagList { tags, truncated: list.truncated.map(|reason| shown(&reason)) })
}

fn check_resolved(plugin: &Plugin, target: &Target, resolved: wit::Resolved) -> Result<ResolvedImage, PluginError> {
    let digest = check_digest(plugin, &resolved.digest)?;
    match target {
        Target::Digest(asked) if *asked != digest => {
            return Err(plugin.invalid_answer(format!("`{}` for `{}`", digest.short(), asked.short())));
        }
        Target::Digest(_) | Target::Tag(_) => {}
    }
    if resolved.platforms.len() > MAX_PLATFORMS {
        let problem = format!("{} platforms, more than {MAX_PLATFORMS}", resolved.platforms.len());
        return Err(plugin.invalid_answer(problem));
    }
    let platforms: Result<Vec<PlatformImage>, PluginError> = resolved
        .platforms
        .into_iter()
        .map(|image| {
            let platform = image.platform;
            let parts = [Some(&platform.os), Some(&platform.architecture), platform.variant.as_ref()];
            for part in parts.into_iter().flatten() {
                check_name(plugin, part, "part of a platform's name")?;
            }
            Ok(PlatformImage {
                platform: Platform::new(&platform.os, &platform.architecture, platform.variant.as_deref()),
                digest: check_digest(plugin, &image.digest)?,
            })
        })
        .collect();
    check_name(plugin, &resolved.media_type, "media type")?;
    Ok(ResolvedImage { digest, media_type: resolved.media_type, platforms: platforms? })
}

fn check_digest(plugin: &Plugin, text: &str) -> Result<Digest, PluginError> {
    text.parse().map_err(|_| plugin.invalid_answer(format!("`{}` is not a digest", short(text))))
}

/// Media types and platforms are printable ASCII without blanks.
fn check_name(plugin: &Plugin, text: &str, what: &str) -> Result<(), PluginError> {
    if text.len() <= NAME_MAX_CHARS && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(plugin.invalid_answer(format!("`{}` is not a {what}", short(text))))
}

fn short(text: &str) -> String {
    crate::text::one_line(text, NAME_MAX_CHARS)
}

/// `send_error` is what is known here of a request that failed and was the last one: that has the better words, and for what a
/// plugin cannot tell apart, a name of its own.
fn translate(error: wit::RegistryError, send_error: Option<EgressError>) -> RegistryError {
    if let Some(refused @ EgressError::RealmRefused { .. }) = &send_error {
        return RegistryError::RealmRefused(shown(&refused.to_string()));
    }
    if let Some(slow @ EgressError::TooSlow { .. }) = &send_error {
        return RegistryError::TooSlow(shown(&slow.to_string()));
    }
    match error {
        wit::RegistryError::NotFound(reason) => RegistryError::NotFound(shown(&reason)),
        wit::RegistryError::Unauthorized(reason) => RegistryError::Unauthorized(shown(&reason)),
        wit::RegistryError::Denied(reason) => RegistryError::Denied(shown(&reason)),
        wit::RegistryError::RateLimited(after_s) => {
            RegistryError::RateLimited { retry_after: after_s.map(|seconds| Duration::from_secs(seconds.into())) }
        }
        wit::RegistryError::Unreachable(reason) => {
            RegistryError::Unreachable(shown(&send_error.map_or(reason, |error| error.to_string())))
        }
        wit::RegistryError::Unavailable(reason) => RegistryError::Unavailable(shown(&reason)),
        wit::RegistryError::UnexpectedAnswer(reason) => RegistryError::UnexpectedAnswer(shown(&reason)),
        wit::RegistryError::Unsupported(reason) => RegistryError::Unsupported(shown(&reason)),
    }
}
