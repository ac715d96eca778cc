use crate::budget::OverBudget;
use crate::docker_config::DockerConfigError;
use crate::origin::Origin;
use crate::proxies::Proxy;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
#[error("could not set up outgoing connections: {reason}")]
pub struct EgressBuildError {
    /// Why, in the TLS library's words: for one, that the system has no root certificates.
    pub reason: String,
}

/// Why a request was not sent, or has no answer. The texts name hosts, but no paths and no secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EgressError {
    /// The call was not granted this host.
    #[error("host `{host}` was not granted")]
    HostNotGranted {
        /// The host, with its port if it is not the scheme's own.
        host: String,
    },
    /// TLS is required there.
    #[error("plain HTTP to `{host}` is refused: it is neither this machine nor a registry configured as insecure")]
    PlainHttpRefused {
        /// The host, with its port if it is not the scheme's own.
        host: String,
    },
    /// The URL cannot be used.
    #[error("the URL of the request is not one of `http` or `https` without a user")]
    InvalidUrl,
    /// The call's budget is used up.
    #[error("{0}")]
    OverBudget(OverBudget),
    /// The request's own body is too large.
    #[error("the body of the request to `{host}` is larger than {max_bytes} bytes")]
    RequestTooLarge {
        /// The host it was for.
        host: String,
        /// The limit, in bytes.
        max_bytes: usize,
    },
    /// No answer in time.
    #[error("`{host}` did not answer within {} s", timeout.as_secs_f32())]
    TimedOut {
        /// The host that was asked.
        host: String,
        /// The limit.
        timeout: Duration,
    },
    /// The answer comes, and too slowly.
    #[error("`{host}` sends its answer so slowly that it was waited for more than {} s", waited.as_secs_f32())]
    TooSlow {
        /// The host that was asked.
        host: String,
        /// The limit.
        waited: Duration,
    },
    /// Its reader let the answer lie.
    #[error("the answer of `{host}` was left unread for {} s, so its connection was given up", unread.as_secs_f32())]
    Unread {
        /// The host that was asked.
        host: String,
        /// The limit.
        unread: Duration,
    },
    /// No connection.
    #[error("could not connect to `{host}`: {failure}: {reason}")]
    Connect {
        /// The host that was asked.
        host: String,
        /// At which step it failed.
        failure: ConnectFailure,
        /// The system's words for it.
        reason: String,
    },
    /// The proxy on the way does not do its part.
    #[error("could not reach `{host}` through the proxy `{proxy}`: {failure}")]
    Proxy {
        /// The host that was to be asked.
        host: String,
        /// The proxy, without its login.
        proxy: String,
        /// What it did not do.
        failure: ProxyFailure,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("`{host}` broke off its answer: {reason}")]
    Broken {
        /// The host that was asked.
        host: String,
        /// The HTTP library's words for it.
        reason: String,
    },
    /// The registry names a token server that has nothing to do with it.
    #[error("registry `{registry}` wants a token from `{realm}`, which is not its own: nothing was sent there")]
    RealmRefused {
        /// The registry that asked.
        registry: String,
        /// The origin that it named, or what else was wrong with it.
        realm: String,
    },
    /// The token server does not do its part.
    #[error("the token server `{host}` of registry `{registry}` {problem}")]
    TokenServer {
        /// The registry that wants a token.
        registry: String,
        /// The token server.
        host: String,
        /// What is wrong, as a verb and its object.
        problem: String,
    },
    /// Credentials cannot be read.
    #[error(transparent)]
    Credentials(#[from] DockerConfigError),
}

/// At which step a connection failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectFailure {
    /// The name has no address.
    Name,
    /// No secure connection, or a certificate that is not trusted.
    Tls,
    /// Nobody listens there.
    Refused,
    /// Something else on the way.
    Network,
}

impl fmt::Display for ConnectFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "no address for this name",
            Self::Tls => "no trusted TLS connection",
            Self::Refused => "connection refused",
            Self::Network => "network failure",
        })
    }
}

/// What a proxy did not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProxyFailure {
    /// It wants a login, or another one.
    Login,
    /// It makes no connection to the host.
    NoTunnel,
    /// There is no connection to the proxy itself. This is what the system says.
    NoConnection(String),
}

impl fmt::Display for ProxyFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login => f.write_str("it wants a login, or does not accept the one that it gets"),
            Self::NoTunnel => f.write_str("it makes no connection to this host"),
            Self::NoConnection(reason) => write!(f, "no connection to the proxy: {reason}"),
        }
    }
}

impl ProxyFailure {
    /// Absent if the proxy did its part, and the failure is the host's.
    pub(crate) fn of(error: &reqwest::Error, origin: &Origin) -> Option<Self> {
        if !error.is_connect() {
            return None;
        }
        // The connector has no public type for these, only their texts.
        let texts = texts(error);
        let tunnel = texts.iter().find_map(|text| text.strip_prefix("tunnel error: "));
        match tunnel {
            Some("proxy authorization required") => Some(Self::Login),
            Some("unsuccessful" | "unexpected end of file" | "proxy response headers too long") => Some(Self::NoTunnel),
            // Without TLS there is no tunnel, and the one connection is that to the proxy.
            Some(_) => Some(Self::NoConnection(innermost_text(error))),
            None if origin.is_plain() => Some(Self::NoConnection(innermost_text(error))),
            None => None,
        }
    }
}

fn texts(error: &reqwest::Error) -> Vec<String> {
    let mut texts = Vec::new();
    let mut next: Option<&dyn Error> = Some(error);
    while let Some(error) = next {
        texts.push(error.to_string());
        next = error.source();
    }
    texts
}

/// Longest reason taken from a library, in characters.
const REASON_MAX_CHARS: usize = 200;

impl EgressError {
    /// Whether everybody who asks the same now would meet it too.
    pub(crate) fn is_of_the_host(&self) -> bool {
        match self {
            Self::TimedOut { .. }
            | Self::TooSlow { .. }
            | Self::Connect { .. }
            | Self::Proxy { .. }
            | Self::Broken { .. }
            | Self::RealmRefused { .. }
            | Self::TokenServer { .. }
            | Self::Credentials(_) => true,
            Self::HostNotGranted { .. }
            | Self::PlainHttpRefused { .. }
            | Self::InvalidUrl
            | Self::OverBudget(_)
            | Self::RequestTooLarge { .. }
            | Self::Unread { .. } => false,
        }
    }

    pub(crate) fn of_proxy(host: &str, proxy: &Proxy, failure: ProxyFailure) -> Self {
        Self::Proxy { host: host.to_owned(), proxy: proxy.to_string(), failure }
    }

    /// Says what a failure of the HTTP library means for `host`.
    pub(crate) fn of_transport(host: &str, timeout: Duration, error: &reqwest::Error) -> Self {
        let host = host.to_owned();
        if error.is_timeout() {
            return Self::TimedOut { host, timeout };
        }
        let reason = innermost_text(error);
        if error.is_connect() {
            return Self::Connect { host, failure: connect_failure(error), reason };
        }
        if is_refusal(error) {
            return Self::Connect { host, failure: ConnectFailure::Tls, reason };
        }
        Self::Broken { host, reason }
    }
}

fn connect_failure(error: &reqwest::Error) -> ConnectFailure {
    let mut cause = error.source();
    while let Some(found) = cause {
        if found.is::<rustls::Error>() {
            return ConnectFailure::Tls;
        }
        // The connector has no type for this one, only its text.
        if found.to_string().starts_with("dns error") {
            return ConnectFailure::Name;
        }
        cause = match found.downcast_ref::<std::io::Error>() {
            Some(io) if io.kind() == std::io::ErrorKind::ConnectionRefused => return ConnectFailure::Refused,
            // What an `io::Error` holds is not its source: it stands for it.
            Some(io) => io.get_ref().map(|inner| inner as &dyn Error),
            None => found.source(),
        };
    }
    ConnectFailure::Network
}

/// Whether the server ended TLS with a reason of its own: since TLS 1.3 it says only after the handshake that it wants a
/// certificate, or another one.
fn is_refusal(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(rustls::Error::AlertReceived(_)) = found.downcast_ref() {
            return true;
        }
        cause = match found.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &dyn Error),
            None => found.source(),
        };
    }
    false
}

fn innermost_text(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string().chars().take(REASON_MAX_CHARS).collect()
}
