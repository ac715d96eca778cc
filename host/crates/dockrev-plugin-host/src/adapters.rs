//! Which adapter serves a registry: the configured one, else one that is made for it, else one that recognises it, else
//! the generic one.

mod memory;
mod probing;

use crate::host::{Named, PluginHost};
use crate::load::Plugin;
use crate::manifest::Probe;
use dockrev_core::ids::PluginId;
use dockrev_core::registry::RegistryError;
use dockrev_egress::RegistryEndpoint;
use memory::{Entry, Memory, Outcome};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Registries of which it is known in one process which adapter serves them; beyond that they are found out again.
const SERVED_MAX: usize = 4096;

/// Which adapter serves a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The adapter's id.
    pub adapter: PluginId,
    /// Why this one.
    pub why: Why,
}

/// Why an adapter serves a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The configuration says so.
    Configured,
    /// Its manifest names the registry.
    MadeForIt,
    /// The registry answered the adapter's probe.
    Recognised {
        /// The path of the probe.
        path: String,
        /// When it did.
        at: SystemTime,
    },
    /// Nothing else serves it.
    Generic {
        /// When the registry was asked, if any adapter has a probe.
        asked_at: Option<SystemTime>,
        /// Why it could not be asked properly, if so.
        problem: Option<String>,
    },
}

/// Chooses adapters, and remembers which registry was recognised by which.
#[derive(Debug, Default)]
pub(crate) struct Adapters {
    memory: Arc<Memory>,
    /// By base URL. Whoever comes while one is asked waits for its answer.
    asking: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
    served: Mutex<BTreeMap<String, Served>>,
}

/// All probes, in the order of the plugins' ids: the first one that is answered decides.
type Probes = Vec<(PluginId, Probe)>;

impl Adapters {
    /// Remembers in this file what was found out.
    pub(crate) fn remembering(path: PathBuf) -> Self {
        Self { memory: Arc::new(Memory::at(path)), ..Self::default() }
    }

    /// What served each registry that was asked about so far.
    pub(crate) fn served(&self) -> BTreeMap<String, Served> {
        lock(&self.served).clone()
    }

    /// The adapter for `registry`, which is reached at `endpoint`.
    pub(crate) async fn choose<'a>(
        &self,
        host: &'a PluginHost,
        registry: &str,
        endpoint: &RegistryEndpoint,
    ) -> Result<&'a Plugin, RegistryError> {
        let none = || RegistryError::NoAdapter(registry.to_owned());
        let (plugin, why) = match host.named_adapter(registry) {
            Named::Configured(plugin) => (plugin.ok_or_else(none)?, Why::Configured),
            Named::MadeForIt(plugin) => (plugin, Why::MadeForIt),
            Named::Nowhere => self.recognise(host, registry, endpoint).await.ok_or_else(none)?,
        };
        let mut served = lock(&self.served);
        if served.len() >= SERVED_MAX && !served.contains_key(registry) {
            served.clear();
        }
        served.insert(registry.to_owned(), Served { adapter: plugin.manifest.id.clone(), why });
        Ok(plugin)
    }

    async fn recognise<'a>(
        &self,
        host: &'a PluginHost,
        registry: &str,
        endpoint: &RegistryEndpoint,
    ) -> Option<(&'a Plugin, Why)> {
        let probes = host.probes();
        if probes.is_empty() {
            return host.generic_adapter().map(|plugin| (plugin, Why::Generic { asked_at: None, problem: None }));
        }
        let entry = self.entry(host, &base_of(registry, endpoint), endpoint, &probes).await;
        let found_at = SystemTime::UNIX_EPOCH + Duration::from_secs(entry.found_at_unix_s);
        let (asked_at, problem) = match entry.outcome {
            Outcome::Recognised { adapter, path } => {
                if let Some(plugin) = host.plugin(&adapter) {
                    return Some((plugin, Why::Recognised { path, at: found_at }));
                }
                (Some(found_at), None)
            }
            Outcome::NotRecognised => (Some(found_at), None),
            Outcome::Failed { problem } => (Some(found_at), Some(problem)),
        };
        host.generic_adapter().map(|plugin| (plugin, Why::Generic { asked_at, problem }))
    }

    /// What is remembered of the registry at `base`, or else what it answers now.
    async fn entry(&self, host: &PluginHost, base: &str, endpoint: &RegistryEndpoint, probes: &Probes) -> Entry {
        let asking = self.place(base);
        let _asking = asking.lock().await;
        let known = Memory::get(&self.memory, base).await;
        let words = probe_words(probes);
        let known = known.filter(|known| known.probes == words);
        if let Some(known) = known.as_ref().filter(|known| known.is_good(unix_s(SystemTime::now()))) {
            return known.clone();
        }
        let outcome = probing::ask(host.egress(), base, &endpoint.origin, probes).await;
        tracing::debug!("asked `{base}` what it is: {outcome:?}");
        let entry = Entry::after(known, outcome, words, unix_s(SystemTime::now()));
        Memory::put(&self.memory, base, entry.clone()).await;
        entry
    }

    fn place(&self, base: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut asking = lock(&self.asking);
        if asking.len() >= SERVED_MAX {
            asking.retain(|_, place| Arc::strong_count(place) > 1);
        }
        Arc::clone(asking.entry(base.to_owned()).or_default())
    }

    /// An adapter that was chosen by a probe answered with `error`: if that may mean that the registry is not its own any
    /// more, it is asked anew the next time.
    pub(crate) async fn note(&self, registry: &str, endpoint: &RegistryEndpoint, error: &RegistryError) {
        let doubtful = match error {
            RegistryError::Unsupported(_) | RegistryError::UnexpectedAnswer(_) => true,
            RegistryError::NotFound(_)
            | RegistryError::Unauthorized(_)
            | RegistryError::Denied(_)
            | RegistryError::RateLimited { .. }
            | RegistryError::Unreachable(_)
            | RegistryError::Unavailable(_)
            | RegistryError::TooSlow(_)
            | RegistryError::RealmRefused(_)
            | RegistryError::NoAdapter(_)
            | RegistryError::Plugin(_) => false,
        };
        let recognised_at = match lock(&self.served).get(registry).map(|served| &served.why) {
            Some(Why::Recognised { at, .. }) => Some(*at),
            Some(Why::Configured | Why::MadeForIt | Why::Generic { .. }) | None => None,
        };
        let is_old = |at: SystemTime| at.elapsed().is_ok_and(|age| age > memory::DOUBTED_AFTER);
        if doubtful && recognised_at.is_some_and(is_old) {
            Memory::forget(&self.memory, &base_of(registry, endpoint)).await;
        }
    }
}

/// Where the registry is reached, without a slash at the end.
fn base_of(registry: &str, endpoint: &RegistryEndpoint) -> String {
    endpoint.base.clone().unwrap_or_else(|| format!("https://{registry}"))
}

/// The probes in words: with other plugins, or other versions of them, everything is found out anew.
fn probe_words(probes: &Probes) -> Vec<String> {
    probes.iter().map(|(id, probe)| format!("{id} {} {}", probe.path, probe.json_field)).collect()
}

fn unix_s(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
