use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use url::{Host, Url};

const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// Scheme, host and port of a URL (RFC 6454): what a permission is given for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    plain: bool,
    host: Host<String>,
    port: u16,
}

impl Origin {
    /// The origin of an `http` or `https` URL. Absent for every other one.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let plain = match url.scheme() {
            "http" => true,
            "https" => false,
            _ => return None,
        };
        Some(Self { plain, host: url.host()?.to_owned(), port: url.port_or_known_default()? })
    }

    /// Whether it is spoken to without TLS.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// Whether it is this machine, by its address or by the name `localhost` (RFC 6761).
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => IpAddr::V6(*address).to_canonical().is_loopback(),
        }
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &Host<String> {
        &self.host
    }

    /// The port, the scheme's own included.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `host` or `host:port`, the port left out where the scheme implies it.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.port == self.default_port() { self.host.to_string() } else { format!("{}:{}", self.host, self.port) }
    }

    fn default_port(&self) -> u16 {
        if self.plain { HTTP_PORT } else { HTTPS_PORT }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.plain { "http" } else { "https" }, self.authority())
    }
}

/// Hosts that may be reached: exactly `host` or `host:port`, or `*.suffix` for every name below `suffix`.
///
/// Without a port, the scheme's own is meant.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum HostPattern {
    /// One host.
    Exact {
        /// Its name or address.
        host: Host<String>,
        /// Its port, if it is not the scheme's own.
        port: Option<u16>,
    },
    /// Every name below this one, on the scheme's own port.
    Below(String),
}

/// The text is no pattern of hosts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host: expected `host`, `host:port` or `*.suffix` with at least two parts in the suffix")]
pub struct ParseHostPatternError(String);

impl HostPattern {
    /// Whether `origin` is meant.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        match self {
            Self::Exact { host, port } => {
                *host == origin.host && port.unwrap_or_else(|| origin.default_port()) == origin.port
            }
            Self::Below(suffix) => match &origin.host {
                Host::Domain(name) => {
                    origin.port == origin.default_port()
                        && name.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                }
                Host::Ipv4(_) | Host::Ipv6(_) => false,
            },
        }
    }
}

impl FromStr for HostPattern {
    type Err = ParseHostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseHostPatternError(text.to_owned());
        let (authority, below) = match text.strip_prefix("*.") {
            Some(suffix) => (suffix, true),
            None => (text, false),
        };
        if authority.is_empty() || authority.contains(['/', '@', '?', '#', '*', '\\', '%']) {
            return Err(error());
        }
        // A scheme without a known port keeps a port that happens to be some scheme's own.
        let host_text = authority_host(authority).ok_or_else(error)?;
        let host = Host::parse(host_text).map_err(|_| error())?;
        let port = match authority[host_text.len()..].strip_prefix(':') {
            Some(digits) => Some(digits.parse::<u16>().map_err(|_| error())?),
            None => None,
        };
        match (below, host, port) {
            (false, host, port) => Ok(Self::Exact { host, port }),
            (true, Host::Domain(suffix), None) if suffix.contains('.') => Ok(Self::Below(suffix)),
            (true, _, _) => Err(error()),
        }
    }
}

impl From<&Origin> for HostPattern {
    fn from(origin: &Origin) -> Self {
        let port = (origin.port != origin.default_port()).then_some(origin.port);
        Self::Exact { host: origin.host.clone(), port }
    }
}

/// The host part of `host[:port]`, brackets of an IPv6 address included.
fn authority_host(authority: &str) -> Option<&str> {
    if authority.starts_with('[') {
        let end = authority.find(']')?;
        let rest = &authority[end + 1..];
        return (rest.is_empty() || rest.starts_with(':')).then(|| &authority[..=end]);
    }
    Some(authority.split(':').next().unwrap_or(authority))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact { host, port: Some(port) } => write!(f, "{host}:{port}"),
            Self::Exact { host, port: None } => write!(f, "{host}"),
            Self::Below(suffix) => write!(f, "*.{suffix}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of(&url.parse().unwrap()).unwrap()
    }

    #[test]
    fn patterns_match_what_they_say() {
        let check = |pattern: &str, url: &str, matches: bool| {
            assert_eq!(pattern.parse::<HostPattern>().unwrap().matches(&origin(url)), matches, "{pattern} {url}");
        };
        check("ghcr.io", "https://ghcr.io/v2/", true);
        check("ghcr.io", "https://GHCR.IO/v2/", true);
        check("GHCR.io", "http://ghcr.io/v2/", true);
        check("ghcr.io", "https://ghcr.io:8443/", false);
        check("ghcr.io", "https://evil-ghcr.io/", false);
        check("ghcr.io", "https://ghcr.io.evil.example/", false);
        check("ghcr.io", "https://ghcr.io./", false);
        check("localhost:5000", "http://localhost:5000/", true);
        check("localhost:5000", "http://localhost/", false);
        check("[::1]:5000", "http://[::1]:5000/", true);
        check("127.0.0.1", "http://0x7f.1/", true);
        check("*.example.org", "https://a.example.org/", true);
        check("*.example.org", "https://a.b.example.org/", true);
        check("*.example.org", "https://example.org/", false);
        check("*.example.org", "https://evilexample.org/", false);
        check("*.example.org", "https://a.example.org:8443/", false);
    }

    #[test]
    fn patterns_are_checked() {
        for text in [
            "",
            "*",
            "*.",
            "*.org",
            "*.example.org:80",
            "a/b",
            "a@b",
            "host:",
            "host:99999",
            "ho st",
            "a.*.b",
            "[::1",
            "*.127.0.0.1",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }

    #[test]
    fn knows_this_machine() {
        let check = |url: &str, loopback: bool| assert_eq!(origin(url).is_loopback(), loopback, "{url}");
        check("http://localhost:5000", true);
        check("http://127.1.2.3", true);
        check("http://[::1]", true);
        check("http://[::ffff:127.0.0.1]", true);
        check("http://10.0.0.1", false);
        check("http://localhost.example.org", false);
    }
}
