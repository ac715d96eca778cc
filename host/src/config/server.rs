//! Settings of the server.

use super::cron::CronTimes;
use super::problems::Problems;
use super::{ConfigError, Environment};
use crate::config::file::{ConfigFile, WebhookConfig};
use crate::operations::tokens::Scope;
use dockrev_core::age::MinAge;
use dockrev_core::window::{Window, Windows};
use ipnet::IpNet;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, ZonedDateTime};
use std::collections::BTreeMap;
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
/// When updates may begin by themselves unless it is told otherwise: at night.
const DEFAULT_WINDOW: &str = "02:00-05:00";
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
    /// When the server checks by itself; absent: never.
    pub checks: Option<Schedule>,
    /// When it may begin updates by itself.
    pub update_windows: Windows,
    /// The time zone of both.
    pub time_zone: TimeZone,
    /// Who may call it, by name.
    pub webhooks: BTreeMap<String, WebhookConfig>,
}

/// When the server does something by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Every so often, and when it starts.
    Every(Duration),
    /// At these times of the day.
    Cron(Box<CronTimes>),
}

impl Schedule {
    /// When it is time again after `now`, in its time zone. None if never.
    #[must_use]
    pub fn next_after(&self, now: &ZonedDateTime) -> Option<ZonedDateTime> {
        match self {
            Self::Every(every) => now.checked_add(SignedDuration::try_from(*every).ok()?).ok(),
            Self::Cron(cron) => cron.next_after(now),
        }
    }
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
pub(super) fn read(environment: &Environment, file: &ConfigFile, problems: &mut Problems) -> ServerConfig {
    let text = |variable, of_file: &Option<String>| -> Result<Option<String>, ConfigError> {
        Ok(environment.text(variable)?.or_else(|| of_file.clone()))
    };
    let listen =
        text("DOCKREV_LISTEN", &file.listen).and_then(|text| listen_address(text.as_deref().unwrap_or(DEFAULT_LISTEN)));
    let header = text("DOCKREV_FORWARD_HEADER", &file.forward_header)
        .and_then(|text| header_name(text.as_deref().unwrap_or(DEFAULT_FORWARD_HEADER)));
    let scope = text("DOCKREV_FORWARD_SCOPE", &file.forward_scope)
        .and_then(|text| text.map(|text| text.parse().map_err(|error| wrong("forward-scope", &error))).transpose());
    let checks = text("DOCKREV_CHECK_EVERY", &file.check_every)
        .and_then(|every| checks(every, text("DOCKREV_CHECK_CRON", &file.check_cron)?));
    let windows = environment
        .list("DOCKREV_UPDATE_WINDOWS")
        .and_then(|texts| windows(texts.or_else(|| file.update_windows.clone())));
    let zone = text("DOCKREV_TIME_ZONE", &file.time_zone).and_then(|text| time_zone(text.as_deref()));
    ServerConfig {
        listen: problems.or(listen, || SocketAddr::from(([127, 0, 0, 1], 0))),
        forward_header: problems.or_default(header),
        trusted_proxies: problems.or_default(trusted_proxies(environment, file)),
        forward_scope: problems.or_default(scope).unwrap_or(DEFAULT_FORWARD_SCOPE),
        checks: problems.or_default(checks),
        update_windows: problems.or_default(windows),
        time_zone: problems.or(zone, || TimeZone::UTC),
        webhooks: file.webhooks.clone(),
    }
}

fn trusted_proxies(environment: &Environment, file: &ConfigFile) -> Result<Vec<IpNet>, ConfigError> {
    let proxies = environment.list("DOCKREV_TRUSTED_PROXIES")?.unwrap_or_else(|| file.trusted_proxies.clone());
    proxies.iter().map(|text| network(text)).collect()
}

fn checks(every: Option<String>, cron: Option<String>) -> Result<Option<Schedule>, ConfigError> {
    match (every, cron) {
        (Some(_), Some(_)) => Err(wrong("check-cron", &"`check-every` is set as well: it is one or the other")),
        (None, Some(cron)) => {
            let times = cron.parse::<CronTimes>().map_err(|error| wrong("check-cron", &error))?;
            Ok(Some(Schedule::Cron(Box::new(times))))
        }
        (every, None) => {
            let every = interval(&every.unwrap_or_else(|| DEFAULT_CHECK_EVERY.to_owned()))?;
            Ok(every.map(Schedule::Every))
        }
    }
}

/// Each window, or none at all where that is said.
fn windows(texts: Option<Vec<String>>) -> Result<Windows, ConfigError> {
    let texts = texts.unwrap_or_else(|| vec![DEFAULT_WINDOW.to_owned()]);
    if let [only] = texts.as_slice()
        && only.trim() == NEVER
    {
        return Ok(Windows::default());
    }
    // A comma is between days, too: `Sat,Sun 22:00-04:00` of the environment comes in two parts.
    let mut whole: Vec<String> = Vec::new();
    let mut days = String::new();
    for text in texts {
        if text.contains(':') {
            whole.push(format!("{days}{text}"));
            days.clear();
        } else {
            days = format!("{days}{},", text.trim());
        }
    }
    whole.extend((!days.is_empty()).then(|| days.trim_end_matches(',').to_owned()));
    let windows = whole.iter().map(|text| text.parse::<Window>().map_err(|error| wrong("update-windows", &error)));
    windows.collect::<Result<_, _>>().map(Windows::new)
}

fn time_zone(text: Option<&str>) -> Result<TimeZone, ConfigError> {
    let Some(text) = text else { return Ok(TimeZone::system()) };
    TimeZone::get(text.trim()).map_err(|_| {
        wrong("time-zone", &format!("`{text}` is no time zone: expected a name such as `Europe/Berlin` or `UTC`"))
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
        let mut problems = Problems::default();
        let server = read(&Environment::of(variables), &ConfigFile::default(), &mut problems);
        problems.into_result(server)
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
        let hours = |hours: u64| Some(Schedule::Every(Duration::from_secs(hours * 3_600)));
        assert_eq!(of(&[]).unwrap().checks, hours(6));
        assert_eq!(of(&[("DOCKREV_CHECK_EVERY", "1d")]).unwrap().checks, hours(24));
        assert_eq!(of(&[("DOCKREV_CHECK_EVERY", "off")]).unwrap().checks, None);
    }

    #[test]
    fn updates_begin_at_night_unless_it_is_told_otherwise() {
        let of = |value: &str| {
            let windows = of(&[("DOCKREV_UPDATE_WINDOWS", value)]).unwrap().update_windows;
            windows.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(super::windows(None).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>(), ["02:00-05:00"]);
        assert_eq!(of("off"), Vec::<String>::new());
        assert_eq!(of("Sat,Sun 22:00-04:00, 01:00-02:00"), ["Sat,Sun 22:00-04:00", "01:00-02:00"]);
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
            ("DOCKREV_CHECK_CRON", "often", "`check-cron`"),
            ("DOCKREV_UPDATE_WINDOWS", "at night", "`update-windows`"),
            ("DOCKREV_UPDATE_WINDOWS", "Sat,Sun", "`update-windows`"),
            ("DOCKREV_TIME_ZONE", "Middle/Earth", "`time-zone`"),
        ] {
            let message = of(&[(variable, value)]).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
