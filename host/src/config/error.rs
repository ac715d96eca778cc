//! What can be wrong with a configuration.

use super::problems;
use dockrev_core::settings::FilterError;
use dockrev_egress::{ParseNoProxyError, ParseProxyError};
use std::path::PathBuf;

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A variable is not UTF-8.
    #[error("environment variable `{0}` is not text")]
    NotText(&'static str),
    /// A variable cannot be read.
    #[error("{0}")]
    Variable(String),
    /// The address of a proxy cannot be used.
    #[error("`{variable}`: {problem}")]
    Proxy {
        /// Which variable has it.
        variable: &'static str,
        /// What is wrong with it.
        problem: ParseProxyError,
    },
    /// What is to be reached without a proxy cannot be read.
    #[error("`{variable}`: {problem}")]
    NoProxy {
        /// Which variable has it.
        variable: &'static str,
        /// What is wrong with it.
        problem: ParseNoProxyError,
    },
    /// A filter by label cannot be read.
    #[error("`{setting}`: {problem}")]
    Filter {
        /// Which setting.
        setting: &'static str,
        /// What is wrong with it.
        problem: FilterError,
    },
    /// A time to live cannot be read.
    #[error("`{setting}`: `{text}` is no duration of at most a day, such as `90s`, `10m` or `0s`")]
    Ttl {
        /// Which setting.
        setting: &'static str,
        /// What it says.
        text: String,
    },
    /// A setting of the server cannot be used.
    #[error("`{setting}`: {problem}")]
    Server {
        /// Which one.
        setting: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no place for the data.
    #[error("no folder for Dockrev's data: neither DOCKREV_DATA_DIR nor HOME is set")]
    NoDataDir,
    /// The file cannot be read.
    #[error("could not read configuration file `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("configuration file `{}`: {message}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        message: String,
    },
    /// More than one thing is wrong.
    #[error("{}", problems::list(.0))]
    Several(Vec<ConfigError>),
}

impl ConfigError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotText(_) => "config.not-text",
            Self::Variable(_) => "config.invalid-variable",
            Self::Proxy { .. } | Self::NoProxy { .. } => "config.invalid-proxy",
            Self::Filter { .. } => "config.invalid-filter",
            Self::Ttl { .. } => "config.invalid-duration",
            Self::Server { .. } => "config.invalid-server-setting",
            Self::NoDataDir => "config.no-data-folder",
            Self::Unreadable { .. } => "config.unreadable",
            Self::Malformed { .. } => "config.malformed",
            Self::Several(_) => "config.several-problems",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoDataDir => Some("set DOCKREV_DATA_DIR"),
            Self::Proxy { .. } | Self::NoProxy { .. } => Some("docs/configuration.md says what it may hold"),
            Self::Malformed { .. } | Self::Variable(_) | Self::Server { .. } | Self::Several(_) => {
                Some("docs/configuration.md lists every setting")
            }
            Self::Filter { .. } | Self::Ttl { .. } | Self::NotText(_) | Self::Unreadable { .. } => None,
        }
    }
}
