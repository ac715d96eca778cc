use crate::call::{CallContext, Called, Caller, Calls};
use crate::engine;
use crate::limits::CallLimits;
use crate::load::{self, Code, LoadError, Plugin, PluginProblem};
use crate::manifest::{Capabilities, Manifest, Probe, World};
use crate::setup::PluginSetup;
use crate::state::CallState;
use dockrev_core::ids::PluginId;
use dockrev_core::registry::{PluginError, PluginFault};
use dockrev_egress::{Egress, Grant, RegistryGrant};
use semver::Version;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::Store;

/// What a [`PluginHost`] is made of.
#[derive(Debug)]
pub struct PluginHostConfig {
    /// Folders whose subfolders are plugins. Of two plugins with the same id, the one in the earlier folder is used.
    pub folders: Vec<PathBuf>,
    /// Where compiled components are kept. Without it, every start compiles them again.
    pub cache_dir: Option<PathBuf>,
    /// What plugins send goes through here.
    pub egress: Arc<Egress>,
    /// What the admin set for plugins.
    pub plugins: BTreeMap<PluginId, PluginSetup>,
    /// Which adapter reads a registry, where it is not the one that is made for it.
    pub adapters: BTreeMap<String, PluginId>,
    /// Limits of every call.
    pub limits: CallLimits,
}

/// No plugin can be run at all.
#[derive(Debug, thiserror::Error)]
#[error("could not start the WebAssembly engine: {reason}")]
pub struct PluginHostError {
    /// Why not.
    pub reason: String,
}

/// All plugins, ready to be called.
pub struct PluginHost {
    caller: Caller,
    plugins: BTreeMap<PluginId, Plugin>,
    problems: Vec<PluginProblem>,
    adapters: BTreeMap<String, PluginId>,
}

/// Who serves a registry as far as anybody named it.
pub(crate) enum Named<'a> {
    /// The configuration names an adapter, which may be missing.
    Configured(Option<&'a Plugin>),
    /// A manifest names the registry.
    MadeForIt(&'a Plugin),
    /// Nobody did.
    Nowhere,
}

/// What is known of one plugin.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginInfo {
    /// Its id.
    pub id: PluginId,
    /// Its own version.
    pub version: Version,
    /// What it is.
    pub world: World,
    /// Its name for people.
    pub name: String,
    /// What it does, in a sentence.
    pub description: String,
    /// Its licence as an SPDX expression.
    pub license: String,
    /// Size of its component, in bytes.
    pub size_bytes: u64,
    /// What it asks for.
    pub capabilities: Capabilities,
    /// Registries that an adapter is made for.
    pub registry_hosts: Vec<String>,
    /// How an adapter recognises others.
    pub probes: Vec<Probe>,
    /// Whether it can be called.
    pub readiness: Readiness,
    /// How often it was called so far.
    pub calls: Calls,
}

/// Whether a plugin can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It needs settings, and has none. Says which.
    NotConfigured(String),
}

impl PluginHost {
    /// Reads all plugins. A broken one is among the [`problems`](Self::problems), and is otherwise left out.
    ///
    /// Compiles what is not in the cache, which takes a second or two: in an async program, let a thread for blocking
    /// work do it.
    ///
    /// # Errors
    ///
    /// When the WebAssembly engine does not start.
    pub fn load(config: PluginHostConfig) -> Result<Self, PluginHostError> {
        let failed = |error: std::io::Error| PluginHostError { reason: error.to_string() };
        // A thread and a runtime of its own, so that it does not matter what the caller runs in.
        std::thread::scope(|scope| {
            let loading = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
                runtime.block_on(Self::load_all(config))
            });
            loading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    async fn load_all(config: PluginHostConfig) -> Result<Self, PluginHostError> {
        let engine = engine::for_calls(config.cache_dir.as_deref())
            .map_err(|error| PluginHostError { reason: format!("{error:#}") })?;
        let caller = Caller::new(engine, config.egress, config.limits)
            .map_err(|error| PluginHostError { reason: error.to_string() })?;
        let mut host = Self { caller, plugins: BTreeMap::new(), problems: Vec::new(), adapters: config.adapters };
        let mut folders: BTreeMap<PluginId, PathBuf> = BTreeMap::new();
        for folder in config.folders {
            match load::plugin_folders(&folder) {
                Err(error) => host.problems.push(PluginProblem { folder, error }),
                Ok(found) => {
                    for folder in found {
                        host.add(folder, &config.plugins, &mut folders).await;
                    }
                }
            }
        }
        let configured = config.plugins.keys().chain(host.adapters.values());
        for id in configured.filter(|id| !host.plugins.contains_key(id)) {
            tracing::warn!(plugin.id = %id, "plugin `{id}` is configured, and is not there or broken");
        }
        Ok(host)
    }

    /// All plugins, by id.
    #[must_use]
    pub fn plugins(&self) -> Vec<PluginInfo> {
        self.plugins.values().map(|plugin| plugin.info(self.caller.calls_of(&plugin.manifest.id))).collect()
    }

    /// Time for which all calls so far had the processor, the waits for what they asked left out.
    #[must_use]
    pub fn cpu_time(&self) -> Duration {
        self.caller.cpu_time()
    }

    /// Plugins that were skipped, and why.
    #[must_use]
    pub fn problems(&self) -> &[PluginProblem] {
        &self.problems
    }

    async fn add(
        &mut self,
        folder: PathBuf,
        setups: &BTreeMap<PluginId, PluginSetup>,
        folders: &mut BTreeMap<PluginId, PathBuf>,
    ) {
        match self.load_one(&folder, setups, folders).await {
            Ok(plugin) => {
                let id = plugin.manifest.id.clone();
                folders.insert(id.clone(), folder);
                self.plugins.insert(id, plugin);
            }
            Err(error) => self.problems.push(PluginProblem { folder, error }),
        }
    }

    async fn load_one(
        &self,
        folder: &Path,
        setups: &BTreeMap<PluginId, PluginSetup>,
        folders: &BTreeMap<PluginId, PathBuf>,
    ) -> Result<Plugin, LoadError> {
        let manifest: Manifest = load::read_manifest(folder)?;
        if let Some(first) = folders.get(&manifest.id) {
            return Err(LoadError::Duplicate { id: manifest.id, first: first.clone() });
        }
        let setup = setups.get(&manifest.id);
        let plugin = Plugin::load(self.caller.engine(), folder, manifest, setup)?;
        self.try_out(&plugin).await?;
        Ok(plugin)
    }

    /// Starts an instance and calls nothing: only then are the types of its functions compared with the world's.
    async fn try_out(&self, plugin: &Plugin) -> Result<(), LoadError> {
        let context = CallContext { plugin: &plugin.manifest.id, granted: &plugin.granted, grant: Grant::default() };
        let code = &plugin.code;
        let tried = self.caller.run(context, |mut store| async move { code.instantiate(&mut store).await }).await;
        let world = plugin.manifest.world;
        tried.map(drop).map_err(|error| LoadError::WrongWorld { world, reason: error.fault.to_string() })
    }

    pub(crate) fn egress(&self) -> &Egress {
        self.caller.egress()
    }

    pub(crate) fn plugin(&self, id: &PluginId) -> Option<&Plugin> {
        self.plugins.get(id)
    }

    /// Who serves `registry` as far as configuration and manifests say.
    pub(crate) fn named_adapter(&self, registry: &str) -> Named<'_> {
        if let Some(id) = self.adapters.get(registry) {
            return Named::Configured(self.plugins.get(id).filter(|plugin| plugin.is_adapter()));
        }
        let made_for =
            self.adapters().find(|plugin| plugin.manifest.registry_hosts.iter().any(|host| host == registry));
        made_for.map_or(Named::Nowhere, Named::MadeForIt)
    }

    /// The adapter for registries that no other one serves.
    pub(crate) fn generic_adapter(&self) -> Option<&Plugin> {
        self.adapters().find(|plugin| plugin.manifest.registry_hosts.is_empty() && plugin.manifest.probes.is_empty())
    }

    /// How adapters recognise registries that nobody named, those left out that lack settings.
    pub(crate) fn probes(&self) -> Vec<(PluginId, Probe)> {
        let ready = self.adapters().filter(|plugin| plugin.not_configured.is_none());
        ready
            .flat_map(|plugin| plugin.manifest.probes.iter().map(|probe| (plugin.manifest.id.clone(), probe.clone())))
            .collect()
    }

    fn adapters(&self) -> impl Iterator<Item = &Plugin> {
        self.plugins.values().filter(|plugin| plugin.is_adapter())
    }

    /// Runs one call of `plugin`, which may reach its own hosts and, if it asked for it, `registry`.
    pub(crate) async fn call<R, F>(
        &self,
        plugin: &Plugin,
        registry: Option<RegistryGrant>,
        call: impl FnOnce(Store<CallState>) -> F + Send,
    ) -> Result<Called<R>, PluginError>
    where
        F: Future<Output = wasmtime::Result<R>> + Send,
    {
        if let Some(missing) = &plugin.not_configured {
            return Err(plugin.error(PluginFault::Unusable(format!("it has no settings: {missing}"))));
        }
        let registry = registry.filter(|_| plugin.manifest.capabilities.registry);
        let grant = Grant { hosts: plugin.hosts.clone(), plain: plugin.plain.clone(), registry };
        self.caller.run(CallContext { plugin: &plugin.manifest.id, granted: &plugin.granted, grant }, call).await
    }
}

impl Plugin {
    pub(crate) fn error(&self, fault: PluginFault) -> PluginError {
        PluginError { plugin: self.manifest.id.clone(), fault }
    }

    pub(crate) fn invalid_answer(&self, problem: impl Into<String>) -> PluginError {
        self.error(PluginFault::InvalidAnswer(problem.into()))
    }

    fn is_adapter(&self) -> bool {
        self.manifest.world == World::RegistryAdapter
    }

    fn info(&self, calls: Calls) -> PluginInfo {
        let manifest = self.manifest.clone();
        let readiness = self.not_configured.clone().map_or(Readiness::Ready, Readiness::NotConfigured);
        PluginInfo {
            id: manifest.id,
            version: manifest.version,
            world: self.code.world(),
            name: manifest.name,
            description: manifest.description,
            license: manifest.license,
            size_bytes: self.size_bytes,
            capabilities: manifest.capabilities,
            registry_hosts: manifest.registry_hosts,
            probes: manifest.probes,
            readiness,
            calls,
        }
    }
}

impl Code {
    async fn instantiate(&self, store: &mut Store<CallState>) -> wasmtime::Result<()> {
        match self {
            Self::RegistryAdapter(pre) => pre.instantiate_async(store).await.map(drop),
            Self::VersionPolicy(pre) => pre.instantiate_async(store).await.map(drop),
            Self::Notifier(pre) => pre.instantiate_async(store).await.map(drop),
        }
    }

    fn world(&self) -> World {
        match self {
            Self::RegistryAdapter(_) => World::RegistryAdapter,
            Self::VersionPolicy(_) => World::VersionPolicy,
            Self::Notifier(_) => World::Notifier,
        }
    }
}

impl std::fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginHost")
            .field("plugins", &self.plugins.keys().collect::<Vec<_>>())
            .field("problems", &self.problems)
            .finish_non_exhaustive()
    }
}
