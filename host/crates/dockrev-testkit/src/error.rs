use std::path::PathBuf;
use std::time::Duration;

/// Why a real part could not be made, used or removed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A program that is needed is not on this machine.
    #[error("`{program}` was not found: run `cargo xtask setup`, or install {package}")]
    Missing {
        /// The program's name.
        program: String,
        /// Where it comes from, in words.
        package: &'static str,
    },
    /// A program ran and failed.
    #[error("`{command}` failed ({status}): {output}")]
    Command {
        /// The program and its arguments.
        command: String,
        /// How it ended.
        status: String,
        /// What it wrote, its end only.
        output: String,
    },
    /// A file, folder, process or socket could not be used.
    #[error("could not {action} `{}`", path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which thing.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// A daemon ended, or did not answer in time.
    #[error("{what} did not come up: {log}")]
    NotUp {
        /// Which daemon.
        what: String,
        /// The end of its log.
        log: String,
    },
    /// Something did not happen in time.
    #[error("waited {} s in vain for {what}", waited.as_secs())]
    Timeout {
        /// What was waited for, and how it stood at the end.
        what: String,
        /// For how long.
        waited: Duration,
    },
    /// A registry answered with something else than was asked for.
    #[error("{method} `{url}` was answered with {status}: {body}")]
    Answer {
        /// HTTP method.
        method: String,
        /// Requested address.
        url: String,
        /// HTTP status.
        status: u16,
        /// The answer's beginning.
        body: String,
    },
    /// A registry could not be reached.
    #[error("{method} `{url}` got no answer")]
    Unreachable {
        /// HTTP method.
        method: String,
        /// Requested address.
        url: String,
        /// Why not.
        #[source]
        source: Box<ureq::Error>,
    },
    /// The engine was found, not started here, and must be left alone.
    #[error("the engine at `{host}` was not started by this test kit and is never stopped or changed by it")]
    NotOurs {
        /// Its address.
        host: String,
    },
    /// A name or path that cannot work.
    #[error("{0}")]
    Unusable(String),
}

impl Error {
    pub(crate) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
