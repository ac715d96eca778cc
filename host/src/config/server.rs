//! Settings of the server.

use super::{ConfigError, Environment};
use crate::config::file::ConfigFile;
use crate::operations::tokens::Scope;
use dockrev_core::age::MinAge;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Where the server listens unless it is told otherwise: on this machine only.
const DEFAULT_LISTEN: &str = "127.0.0.1:8686";
/// The header in which a proxy says who somebody is.
const DEFAULT_FORWARD_HEADER: &str = "x-forwarded-user";
/// What somebody may do of whom a trusted proxy says who they are.
const DEFAULT_FORWARD_SCOPE: Scope = Scope::Admin;

/// How often the server checks by itself: often enough to know of news on the same day, and far below what registries allow.
const DEFAULT_CHECK_EVERY: &str = "6h";
/// Least time between two checks of its own.
const CHECK_EVERY_MIN: Duration = Duration::from_secs(60);
/// What is written for "not at all".
const NEVER: &str = "off";

/// Settings of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// In which header a trusted proxy says who somebody is, in lower case.
    pub forward_header: String,
    /// Whose word is taken for it.
    pub trusted_proxies: Vec<IpNet>,
    /// What such a person may do.
    pub forward_scope: Scope,
    /// How often the server checks by itself; absent: never.
    pub check_every: Option<Duration>,
}

impl ServerConfig {
    /// Whether what comes from `address` comes through a proxy that is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted_proxies.iter().any(|network| network.contains(&address))
    }
}

/// Reads the file and the environment above it.
pub(super) fn read(environment: &Environment, file: &ConfigFile) -> Result<ServerConfig, ConfigError> {
    let text = |variable, of_file: &Option<String>| -> Result<Option<String>, ConfigError> {
        Ok(environment.text(variable)?.or_else(|| of_file.clone()))
    };
    let listen = text("DOCKREV_LISTEN", &file.listen)?.unwrap_or_else(|| DEFAULT_LISTEN.to_owned());
    let header = text("DOCKREV_FORWARD_HEADER", &file.forward_header)?;
    let header = header.unwrap_or_else(|| DEFAULT_FORWARD_HEADER.to_owned());
    let proxies = environment.list("DOCKREV_TRUSTED_PROXIES")?.unwrap_or_else(|| file.trusted_proxies.clone());
    let scope = text("DOCKREV_FORWARD_SCOPE", &file.forward_scope)?;
    let scope = scope.map(|text| text.parse().map_err(|error| wrong("forward-scope", &error))).transpose()?;
    Ok(ServerConfig {
        listen: listen_address(&listen)?,
        forward_header: header_name(&header)?,
        trusted_proxies: proxies.iter().map(|text| network(text)).collect::<Result<_, _>>()?,
        forward_scope: scope.unwrap_or(DEFAULT_FORWARD_SCOPE),
        check_every: interval(
            &text("DOCKREV_CHECK_EVERY", &file.check_every)?.unwrap_or_else(|| DEFAULT_CHECK_EVERY.to_owned()),
        )?,
    })
}

/// A time such as `6h`, or `off`.
fn interval(text: &str) -> Result<Option<Duration>, ConfigError> {
    if text.trim() == NEVER {
        return Ok(None);
    }
    let expected = || {
        let message =
            format!("`{text}` is no time between two checks: expected `{NEVER}`, or at least a minute, such as `6h`");
        wrong("check-every", &message)
    };
    let every = text.parse::<MinAge>().map_err(|_| expected())?;
    let every = Duration::try_from(every.duration()).map_err(|_| expected())?;
    if every < CHECK_EVERY_MIN { Err(expected()) } else { Ok(Some(every)) }
}

fn wrong(setting: &'static str, problem: &dyn std::fmt::Display) -> ConfigError {
    ConfigError::Server { setting, problem: problem.to_string() }
}

/// Reads an address to listen on: `ADDRESS:PORT`.
pub fn listen_address(text: &str) -> Result<SocketAddr, ConfigError> {
    let expected = || wrong("listen", &format!("`{text}` is no address: expected `127.0.0.1:8686` or `[::1]:8686`"));
    text.trim().parse().map_err(|_| expected())
}

fn header_name(text: &str) -> Result<String, ConfigError> {
    let name = text.trim().to_ascii_lowercase();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(wrong("forward-header", &format!("`{text}` is no name of a header")));
    }
    // What every client sends or a proxy passes on unseen would let anybody in.
    if ["authorization", "cookie", "host", "origin", "user-agent", "x-forwarded-for"].contains(&name.as_str()) {
        return Err(wrong("forward-header", &format!("`{text}` says something else")));
    }
    Ok(name)
}

/// An address, or a network of addresses.
fn network(text: &str) -> Result<IpNet, ConfigError> {
    let text = text.trim();
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(address).ok_or_else(|| {
        wrong("trusted-proxies", &format!("`{text}` is no address and no network: expected `10.0.0.1` or `10.0.0.0/8`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Result<ServerConfig, ConfigError> {
        read(&Environment::of(variables), &ConfigFile::default())
    }

    #[test]
    fn nobody_is_believed_unless_it_is_said() {
        let server = of(&[]).unwrap();
        assert!(server.listen.ip().is_loopback());
        assert!(!server.trusts("127.0.0.1".parse().unwrap()));
        let server = of(&[("DOCKREV_TRUSTED_PROXIES", "10.1.0.0/16, 127.0.0.1,::1")]).unwrap();
        for (address, expected) in
            [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("10.2.0.1", false), ("127.0.0.1", true), ("::1", true)]
        {
            assert_eq!(server.trusts(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn it_checks_a_few_times_a_day_unless_it_is_told_otherwise() {
        let hours = |hours: u64| Some(Duration::from_secs(hours * 3_600));
        assert_eq!(of(&[]).unwrap().check_every, hours(6));
        assert_eq!(of(&[("DOCKREV_CHECK_EVERY", "1d")]).unwrap().check_every, hours(24));
        assert_eq!(of(&[("DOCKREV_CHECK_EVERY", "off")]).unwrap().check_every, None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (variable, value, part) in [
            ("DOCKREV_LISTEN", "everywhere", "`listen`"),
            ("DOCKREV_LISTEN", "localhost:1", "`listen`"),
            ("DOCKREV_TRUSTED_PROXIES", "10.0.0.0/33", "`trusted-proxies`"),
            ("DOCKREV_FORWARD_HEADER", "X Y", "`forward-header`"),
            ("DOCKREV_FORWARD_HEADER", "Authorization", "`forward-header`"),
            ("DOCKREV_FORWARD_SCOPE", "root", "`forward-scope`"),
            ("DOCKREV_CHECK_EVERY", "often", "`check-every`"),
            ("DOCKREV_CHECK_EVERY", "30s", "`check-every`"),
        ] {
            let message = of(&[(variable, value)]).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
