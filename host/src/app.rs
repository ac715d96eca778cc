//! Joins the adapters to the engine: the only place that knows which stands behind which port.
//!
//! Everything is made when it is first needed: `jobs list` starts no WebAssembly, and `check --image` asks no engine.

mod error;
#[cfg(debug_assertions)]
mod gate;
mod memory;
mod plugins;

pub use error::AppError;
pub use plugins::Plugins;
pub(crate) use plugins::read_secret;

use crate::config::Config;
use dockrev_backup::{BackupFolder, Reach};
use dockrev_core::ignore::IgnoreRule;
use dockrev_core::plan::Refused;
use dockrev_core::ports::{CancelFlag, Compose, Engine, Helper, Journal, Rewriting, Sightings, Standalone};
use dockrev_docker::{
    ComposeCli, ComposeSettings, DockerEngine, EngineAddress, EngineHelper, Overrides, PullCredentials, UserPassword,
};
use dockrev_egress::DockerConfig;
use dockrev_engine::Ports;
use dockrev_engine::clock::SystemClock;
use dockrev_engine::detect::{Detector, HostPorts, Rules};
use dockrev_engine::runner::Runner;
use dockrev_store::{Store, StoredLocks};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Jobs that are looked through for images that were taken back.
const REFUSED_JOBS_MAX: u32 = 1_000;

/// The application, as a command uses it.
pub struct App {
    config: Config,
    /// One for checks, pulls and the doctor: what a credential helper answered is known to all of them.
    docker_config: Arc<DockerConfig>,
    store: OnceCell<Arc<Store>>,
    plugins: OnceCell<Plugins>,
}

/// The machine that Dockrev works on.
pub struct Host {
    /// Its engine.
    pub engine: Arc<dyn Engine>,
    /// Its Compose.
    pub compose: Arc<dyn Compose>,
    /// The stacks' own files.
    pub rewriting: Arc<dyn Rewriting>,
    /// Its containers that belong to no stack.
    pub standalone: Arc<dyn Standalone>,
    /// Who works on data that is not to be seen from here.
    pub helper: Arc<dyn Helper>,
}

impl Host {
    /// What a survey looks at it through.
    #[must_use]
    pub fn ports(&self) -> HostPorts<'_> {
        HostPorts { engine: &*self.engine, compose: &*self.compose, standalone: &*self.standalone }
    }
}

impl App {
    /// An application with these settings. Opens and starts nothing yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let docker_config = config.docker_config.as_ref().map_or_else(DockerConfig::none, DockerConfig::at);
        Self {
            config: config.clone(),
            docker_config: Arc::new(docker_config),
            store: OnceCell::new(),
            plugins: OnceCell::new(),
        }
    }

    /// The settings that it goes by.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The jobs that were done from this data folder.
    pub async fn store(&self) -> Result<Arc<Store>, AppError> {
        let open = async || Store::open(&self.store_path()).await.map(Arc::new);
        Ok(Arc::clone(self.store.get_or_try_init(open).await?))
    }

    /// Whether there is a database already.
    #[must_use]
    pub fn has_store(&self) -> bool {
        self.store_path().exists()
    }

    fn store_path(&self) -> PathBuf {
        self.config.data_dir.join("dockrev.db")
    }

    /// The plugins, loaded.
    pub async fn plugins(&self) -> Result<&Plugins, AppError> {
        self.plugins.get_or_try_init(|| Plugins::load(&self.config, self.docker_config())).await
    }

    /// The engine and Compose that the configuration names. They are not asked anything yet.
    pub fn host(&self) -> Result<Host, AppError> {
        let address: EngineAddress = self.config.engine.parse()?;
        let overrides = Overrides::new(self.config.data_dir.join("overrides"));
        let credentials = Arc::new(PullFrom(self.docker_config()));
        let engine = DockerEngine::new(address, overrides.clone(), credentials);
        let settings =
            ComposeSettings { command: self.config.compose.clone(), environment: std::env::vars_os().collect() };
        let compose = Arc::new(ComposeCli::new(settings, overrides, engine.clone()));
        let helper = Arc::new(EngineHelper::new(engine.clone()));
        let engine = Arc::new(engine);
        let (rewriting, standalone) = (Arc::clone(&compose) as _, Arc::clone(&engine) as _);
        Ok(Host { engine, compose, rewriting, standalone, helper })
    }

    /// Images that jobs took back. Makes no database where there is none yet.
    pub async fn refused_images(&self) -> Result<Vec<Refused>, AppError> {
        if !self.has_store() {
            return Ok(Vec::new());
        }
        Ok(Refused::of_jobs(&self.store().await?.jobs(REFUSED_JOBS_MAX).await?))
    }

    /// Tags that nobody wants to be told about. Makes no database where there is none yet.
    pub async fn ignore_rules(&self) -> Result<Vec<IgnoreRule>, AppError> {
        if !self.has_store() {
            return Ok(Vec::new());
        }
        Ok(self.store().await?.ignore_rules().await?)
    }

    /// Finds out what is newer.
    pub async fn detector(&self) -> Result<Detector, AppError> {
        let plugins = self.plugins().await?;
        let rules = Rules { settings: self.config.settings.clone(), ignore: self.ignore_rules().await? };
        let clock = Arc::new(SystemClock::default());
        Ok(Detector::new(plugins.registry(), plugins.policy(), self.sightings().await, clock, rules))
    }

    /// What earlier checks saw. A check that may not write shows what it can: it has no memory, and says so where it
    /// would need one.
    async fn sightings(&self) -> Arc<dyn Sightings> {
        match self.store().await {
            Ok(store) => store,
            Err(error) => Arc::new(memory::NoMemory::because(&error)),
        }
    }

    /// Everything that jobs on `host` act through.
    pub async fn ports(&self, host: &Host) -> Result<Ports, AppError> {
        Ok(Ports {
            engine: Arc::clone(&host.engine),
            compose: Arc::clone(&host.compose),
            rewriting: Arc::clone(&host.rewriting),
            standalone: Arc::clone(&host.standalone),
            vault: Arc::new(self.vault(host)?),
            locks: Arc::new(self.locks().await?),
            journal: self.journal().await?,
            clock: Arc::new(SystemClock::default()),
        })
    }

    async fn journal(&self) -> Result<Arc<dyn Journal>, AppError> {
        let store = self.store().await?;
        #[cfg(debug_assertions)]
        return Ok(gate::before(store));
        #[cfg(not(debug_assertions))]
        Ok(store)
    }

    /// Who works on which stack.
    pub async fn locks(&self) -> Result<StoredLocks, AppError> {
        let store = self.store().await?;
        Ok(StoredLocks::new(store.as_ref().clone(), self.config.data_dir.join("locks")))
    }

    /// Where backups are kept. Data that is not to be seen from here is reached through `host`.
    pub fn vault(&self, host: &Host) -> Result<BackupFolder, AppError> {
        let address: EngineAddress = self.config.engine.parse()?;
        let folder = BackupFolder::new(self.config.backup_dir.clone(), Reach::find(address.is_local()));
        Ok(folder.with_helper(Arc::clone(&host.helper)))
    }

    /// The backups that there are, to look at them.
    #[must_use]
    pub fn backups(&self) -> BackupFolder {
        BackupFolder::new(self.config.backup_dir.clone(), Reach::Elsewhere)
    }

    /// Runs jobs on `host` and writes them down. When `cancel` is raised, those that run undo themselves.
    pub async fn runner(&self, host: &Host, cancel: CancelFlag) -> Result<Runner, AppError> {
        Ok(Runner::new(self.ports(host).await?, cancel))
    }

    /// Credentials of registries, from Docker's own configuration.
    #[must_use]
    pub fn docker_config(&self) -> Arc<DockerConfig> {
        Arc::clone(&self.docker_config)
    }
}

/// Pulls with the same credentials as checks.
struct PullFrom(Arc<DockerConfig>);

impl PullCredentials for PullFrom {
    fn for_registry(&self, registry: &str) -> Option<UserPassword> {
        match self.0.credentials_for(registry) {
            Ok(credentials) => credentials
                .map(|known| UserPassword { user: known.user.clone(), password: known.password.expose().to_owned() }),
            Err(error) => {
                tracing::warn!("pulling without credentials: {error}");
                None
            }
        }
    }
}
