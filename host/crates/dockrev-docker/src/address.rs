//! Where the engine listens.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Where the engine listens, as `DOCKER_HOST` writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineAddress {
    /// A unix socket: `unix:///var/run/docker.sock`.
    Unix(PathBuf),
    /// Plain HTTP: `tcp://127.0.0.1:2375` or `http://127.0.0.1:2375`. The text is host and port.
    Tcp(String),
}

/// The socket that the engine opens if it is told nothing.
const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

impl Default for EngineAddress {
    fn default() -> Self {
        Self::Unix(PathBuf::from(DEFAULT_SOCKET))
    }
}

/// The address cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseEngineAddressError {
    /// Its scheme is none of those that are supported.
    #[error(
        "engine address `{address}` is not supported: expected `unix:///path`, `tcp://host:port` or \
         `http://host:port`; for an engine behind SSH or TLS, put a proxy before it"
    )]
    Unsupported {
        /// The address.
        address: String,
    },
    /// It lacks its path, host or port.
    #[error(
        "engine address `{address}` is incomplete: expected `unix:///path`, `tcp://host:port` or `http://host:port`"
    )]
    Incomplete {
        /// The address.
        address: String,
    },
}

impl FromStr for EngineAddress {
    type Err = ParseEngineAddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unsupported = || ParseEngineAddressError::Unsupported { address: text.to_owned() };
        let incomplete = || ParseEngineAddressError::Incomplete { address: text.to_owned() };
        match text.split_once("://").ok_or_else(unsupported)? {
            ("unix", path) if path.starts_with('/') => Ok(Self::Unix(PathBuf::from(path))),
            ("tcp" | "http", authority) => {
                let authority = authority.strip_suffix('/').unwrap_or(authority);
                let (host, port) = authority.rsplit_once(':').ok_or_else(incomplete)?;
                if host.is_empty() || host.contains('/') || port.parse::<u16>().is_err() {
                    return Err(incomplete());
                }
                Ok(Self::Tcp(authority.to_owned()))
            }
            ("unix", _) => Err(incomplete()),
            _ => Err(unsupported()),
        }
    }
}

impl EngineAddress {
    /// Whether the engine is on this machine for certain: a port may be a tunnel's.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match self {
            Self::Unix(_) => true,
            Self::Tcp(_) => false,
        }
    }
}

impl fmt::Display for EngineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Tcp(authority) => write!(f, "tcp://{authority}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_sockets_and_plain_http_and_says_what_it_does_not_take() {
        let good = |text: &str, shown: &str| {
            assert_eq!(text.parse::<EngineAddress>().unwrap().to_string(), shown, "{text}");
        };
        good("unix:///run/docker.sock", "unix:///run/docker.sock");
        good("tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375");
        good("http://engine.lan:2375/", "tcp://engine.lan:2375");
        good("tcp://[::1]:2375", "tcp://[::1]:2375");
        let bad = |text: &str, word: &str| {
            let error = text.parse::<EngineAddress>().unwrap_err().to_string();
            assert!(error.contains(word), "{text}: {error}");
        };
        bad("ssh://root@host", "not supported");
        bad("https://host:2376", "not supported");
        bad("npipe:////./pipe/docker_engine", "not supported");
        bad("/var/run/docker.sock", "not supported");
        bad("unix://", "incomplete");
        bad("tcp://host", "incomplete");
        bad("tcp://host:port", "incomplete");
    }
}
