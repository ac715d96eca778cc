use dockrev_core::ports::JournalError;
use dockrev_docker::ParseEngineAddressError;
use dockrev_store::OpenError;

/// Why the application's parts could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The engine's address is none.
    #[error("DOCKER_HOST: {0}")]
    EngineAddress(#[from] ParseEngineAddressError),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The database cannot be read.
    #[error(transparent)]
    Read(#[from] JournalError),
    /// The plugins cannot be run at all.
    #[error("could not start the plugin host: {reason}")]
    PluginHost {
        /// Why.
        reason: String,
    },
    /// A setting of a plugin or registry is wrong.
    #[error("configuration file: {what}: {problem}")]
    Setting {
        /// Which setting.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl AppError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EngineAddress(_) => "engine.address",
            Self::Store(OpenError::CannotOpen { .. }) => "store.cannot-open",
            Self::Store(OpenError::NewerSchema { .. }) => "store.newer-schema",
            Self::Store(OpenError::Corrupt { .. }) => "store.corrupt",
            Self::Store(OpenError::CannotCopy { .. }) => "store.cannot-copy",
            Self::Read(_) => "store.failed",
            Self::PluginHost { .. } => "plugin-host.failed",
            Self::Setting { .. } => "config.setting",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Store(OpenError::CannotOpen { .. }) => Some("set DOCKREV_DATA_DIR to a folder that you may write"),
            Self::Store(OpenError::CannotCopy { .. }) => {
                Some("name a file that is not there yet, in a folder that you may write")
            }
            Self::Store(OpenError::NewerSchema { .. }) => Some("use the newer Dockrev, or another data folder"),
            Self::Store(OpenError::Corrupt { .. }) => {
                Some("put a copy of the file back, or move it away to begin anew")
            }
            Self::Setting { .. } => Some("docs/configuration.md lists every setting"),
            Self::Read(_) | Self::EngineAddress(_) | Self::PluginHost { .. } => None,
        }
    }
}
