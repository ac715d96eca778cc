//! Hosts that are asked without a proxy, in the form of `NO_PROXY`.
//!
//! There is no standard for it. This is what Docker does: names count for everything below them.

use crate::origin::Origin;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use url::Host;

/// Longest entry that an error shows, in characters.
const SHOWN_MAX_CHARS: usize = 64;

/// Hosts that are asked without a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NoProxy(Vec<Entry>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    All,
    /// A name and all below it, or only these.
    Name {
        name: String,
        itself: bool,
        port: Option<u16>,
    },
    Address {
        address: IpAddr,
        port: Option<u16>,
    },
    Network {
        address: IpAddr,
        prefix: u32,
    },
}

/// One entry cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` in it is no host: expected a name such as `lan` or `.example.org`, an address, a network such as \
     `10.0.0.0/8`, one of the former with a port, or `*`"
)]
pub struct ParseNoProxyError(String);

impl NoProxy {
    /// Whether `origin` is asked without a proxy.
    #[must_use]
    pub fn contains(&self, origin: &Origin) -> bool {
        self.0.iter().any(|entry| entry.contains(origin))
    }

    /// Whether there is no such host.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for NoProxy {
    type Err = ParseNoProxyError;

    /// Reads entries separated by commas or blanks.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let entries = text.split(|c: char| c == ',' || c.is_whitespace()).filter(|entry| !entry.is_empty());
        entries.map(|entry| Entry::parse(entry).ok_or_else(|| shown(entry))).collect::<Result<_, _>>().map(Self)
    }
}

/// A password that was pasted with an address is not shown with it.
fn shown(entry: &str) -> ParseNoProxyError {
    let entry = entry.rsplit_once('@').map_or_else(|| entry.to_owned(), |(_, host)| format!("...@{host}"));
    ParseNoProxyError(entry.chars().take(SHOWN_MAX_CHARS).collect())
}

impl Entry {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::All);
        }
        if let Some((address, prefix)) = text.split_once('/') {
            let address: IpAddr = address.parse().ok()?;
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= bits(address).1)?;
            return Some(Self::Network { address, prefix });
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Address { address: address.to_canonical(), port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok()?)),
            None => (text, None),
        };
        let below = host.strip_prefix("*.").or_else(|| host.strip_prefix('.'));
        match (Host::parse(below.unwrap_or(host)).ok()?, below) {
            (Host::Domain(name), below) if is_plain_name(&name) => {
                Some(Self::Name { name: without_dot(&name).to_owned(), itself: below.is_none(), port })
            }
            (Host::Domain(_), _) | (Host::Ipv4(_) | Host::Ipv6(_), Some(_)) => None,
            (Host::Ipv4(address), None) => Some(Self::Address { address: address.into(), port }),
            (Host::Ipv6(address), None) => Some(Self::Address { address: IpAddr::from(address).to_canonical(), port }),
        }
    }

    fn contains(&self, origin: &Origin) -> bool {
        let is_port = |port: &Option<u16>| port.is_none_or(|port| port == origin.port());
        match self {
            Self::All => true,
            Self::Name { name, itself, port } => {
                let Host::Domain(asked) = origin.host() else {
                    return false;
                };
                let rest = without_dot(asked).strip_suffix(name.as_str());
                is_port(port) && rest.is_some_and(|rest| rest.ends_with('.') || (*itself && rest.is_empty()))
            }
            Self::Address { address, port } => is_port(port) && address_of(origin) == Some(*address),
            Self::Network { address, prefix } => address_of(origin).is_some_and(|asked| {
                let ((asked, width), (network, of_width)) = (bits(asked), bits(*address));
                let rest = width.saturating_sub(*prefix);
                width == of_width && asked.checked_shr(rest) == network.checked_shr(rest)
            }),
        }
    }
}

/// Whether it has no empty parts and nothing to be filled in.
fn is_plain_name(name: &str) -> bool {
    !name.contains('*') && without_dot(name).split('.').all(|part| !part.is_empty())
}

/// The root's dot at the end of a name changes nothing.
fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

fn address_of(origin: &Origin) -> Option<IpAddr> {
    match origin.host() {
        Host::Domain(_) => None,
        Host::Ipv4(address) => Some((*address).into()),
        Host::Ipv6(address) => Some(IpAddr::from(*address).to_canonical()),
    }
}

/// The address as a number, and how many bits it has.
fn bits(address: IpAddr) -> (u128, u32) {
    match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    }
}

impl fmt::Display for NoProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, entry) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(", ")?;
            }
            entry.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (host, port) = match self {
            Self::All => return f.write_str("*"),
            Self::Network { address, prefix } => return write!(f, "{address}/{prefix}"),
            Self::Name { name, itself, port } => (if *itself { name.clone() } else { format!(".{name}") }, port),
            Self::Address { address: IpAddr::V6(address), port: port @ Some(_) } => (format!("[{address}]"), port),
            Self::Address { address, port } => (address.to_string(), port),
        };
        f.write_str(&host)?;
        port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_who_is_left_out() {
        let check = |list: &str, url: &str, expected: bool| {
            let origin = Origin::of(&url.parse().unwrap()).unwrap();
            assert_eq!(list.parse::<NoProxy>().unwrap().contains(&origin), expected, "{list} {url}");
        };
        check("", "https://ghcr.io", false);
        check("*", "https://ghcr.io", true);
        check("lan, *", "https://ghcr.io", true);
        // Names, with all below them.
        check("example.org", "https://example.org", true);
        check("EXAMPLE.org", "https://r.Example.ORG", true);
        check("example.org", "https://example.org./", true);
        check("example.org.", "https://example.org", true);
        check("example.org", "https://badexample.org", false);
        check("example.org", "https://example.org.evil.test", false);
        check("lan", "https://nas.lan:5000", true);
        // Suffixes.
        check(".example.org", "https://r.example.org", true);
        check(".example.org", "https://example.org", false);
        check("*.example.org", "https://a.b.example.org", true);
        check("*.example.org", "https://example.org", false);
        // Ports.
        check("example.org:5000", "https://example.org:5000", true);
        check("example.org:5000", "https://example.org", false);
        check("example.org:443", "https://example.org", true);
        check(".lan:80", "http://nas.lan", true);
        // Addresses.
        check("10.0.0.1", "https://10.0.0.1:5000", true);
        check("10.0.0.1:5000", "https://10.0.0.1:5000", true);
        check("10.0.0.1:5000", "https://10.0.0.1:5001", false);
        check("10.0.0.1", "https://10.0.0.10", false);
        check("fd00::1", "https://[fd00::1]:5000", true);
        check("[fd00::1]:5000", "https://[fd00::1]:5000", true);
        check("[fd00::1]:5000", "https://[fd00::1]:5001", false);
        check("10.0.0.1", "https://[::ffff:10.0.0.1]", true);
        // Networks.
        check("10.0.0.0/8", "https://10.200.3.4", true);
        check("10.0.0.0/8", "https://11.0.0.1", false);
        check("192.168.1.128/25", "https://192.168.1.200", true);
        check("192.168.1.128/25", "https://192.168.1.100", false);
        check("0.0.0.0/0", "https://1.2.3.4", true);
        check("0.0.0.0/0", "https://[fd00::1]", false);
        check("::/0", "https://[fd00::1]", true);
        check("fd00::/16", "https://[fd00:1::1]", true);
        check("10.0.0.1/32", "https://10.0.0.1", true);
        check("10.0.0.0/8", "https://ten.lan", false);
        // Separators.
        check(" a.lan ,,b.lan\tc.lan ", "https://c.lan", true);
    }

    #[test]
    fn what_is_no_host_is_named() {
        for (list, named) in [
            ("lan,10.0.0.0/33", "`10.0.0.0/33`"),
            ("10.0.0.0/-1", "`10.0.0.0/-1`"),
            ("lan/8", "`lan/8`"),
            ("fd00::/129", "`fd00::/129`"),
            ("http://lan", "`http://lan`"),
            ("192.168.*", "`192.168.*`"),
            ("lan:99999", "`lan:99999`"),
            ("lan:", "`lan:`"),
            ("a..", "`a..`"),
            ("..lan", "`..lan`"),
            (".", "`.`"),
            (".10.0.0.1", "`.10.0.0.1`"),
            ("keeper:s3cret@nas.lan", "`...@nas.lan`"),
        ] {
            let error = list.parse::<NoProxy>().map(|read| read.to_string()).unwrap_err().to_string();
            assert!(error.contains(named) && !error.contains("s3cret"), "{list}: {error}");
        }
    }

    #[test]
    fn prints_what_it_read() {
        let text = "*, lan, .example.org:5000, 10.0.0.1, 10.0.0.1:80, fd00::1, [fd00::1]:80, 10.0.0.0/8, fd00::/16";
        let read: NoProxy = text.parse().unwrap();
        assert_eq!(read.to_string(), text);
        assert_eq!(read.to_string().parse(), Ok(read));
    }
}
