//! Proxies on the way to hosts. Whoever sets them up has read the environment; nothing here does.

mod exceptions;

use crate::origin::Origin;
use crate::secret::Secret;
use std::fmt;
use std::str::FromStr;
use url::Url;

pub use exceptions::{NoProxy, ParseNoProxyError};

/// Which hosts are asked through which proxy. This machine never is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For what is asked over TLS: the proxy sees the host's name and nothing else.
    pub https: Option<Proxy>,
    /// For what is asked over plain HTTP: the proxy sees everything.
    pub http: Option<Proxy>,
    /// Hosts that are asked directly.
    pub except: NoProxy,
}

impl Proxies {
    /// The proxy through which `origin` is asked. Absent: it is asked directly.
    #[must_use]
    pub fn on_the_way_to(&self, origin: &Origin) -> Option<&Proxy> {
        let proxy = if origin.is_plain() { self.http.as_ref() } else { self.https.as_ref() };
        proxy.filter(|_| !origin.is_loopback() && !self.except.contains(origin))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.https.is_none() && self.http.is_none()
    }
}

/// A proxy. Its login is in nothing that is printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    origin: Origin,
    /// With the login, if it has one.
    url: Secret,
    has_login: bool,
}

/// The text is not the address of a proxy. Says nothing of the text: it may hold a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseProxyError {
    /// Not a URL.
    #[error("it is not the address of a proxy: expected `http://host:port`")]
    NotAUrl,
    /// Another kind of proxy.
    #[error("it names a proxy of another kind: only those that begin with `http://` or `https://` can be used")]
    Scheme,
    /// A path, a query or a fragment.
    #[error("it has something after host and port: expected `http://host:port`")]
    Trailing,
}

impl Proxy {
    /// Whether it is told who asks.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.has_login
    }

    /// Its address with its login, for the HTTP library alone.
    pub(crate) fn url(&self) -> &str {
        self.url.expose()
    }
}

impl FromStr for Proxy {
    type Err = ParseProxyError;

    /// Reads `http://user:password@host:port`; what is left out may be, the scheme too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url: Url = with_scheme.parse().map_err(|_| ParseProxyError::NotAUrl)?;
        let origin = Origin::of(&url).ok_or(ParseProxyError::Scheme)?;
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(ParseProxyError::Trailing);
        }
        let has_login = !url.username().is_empty() || url.password().is_some();
        Ok(Self { origin, url: Secret::new(url), has_login })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.origin.fmt(f)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_of_proxies_and_never_shows_a_login() {
        let check = |text: &str, expected: Result<(&str, bool), ParseProxyError>| {
            let read = text.parse::<Proxy>();
            let shown = read.as_ref().map(|proxy| (proxy.to_string(), proxy.has_login()));
            assert_eq!(shown, expected.as_ref().map(|(shown, login)| ((*shown).to_owned(), *login)), "{text}");
            let said = format!("{read:?} {}", read.as_ref().map_or_else(ToString::to_string, ToString::to_string));
            assert!(!said.contains("s3cret") && !said.contains("keeper"), "{said}");
        };
        check("http://proxy.lan:3128", Ok(("http://proxy.lan:3128", false)));
        check(" http://proxy.lan:3128/ ", Ok(("http://proxy.lan:3128", false)));
        check("proxy.lan:3128", Ok(("http://proxy.lan:3128", false)));
        check("proxy.lan", Ok(("http://proxy.lan", false)));
        check("https://10.0.0.1:8443", Ok(("https://10.0.0.1:8443", false)));
        check("http://keeper:s3cret@proxy.lan:3128", Ok(("http://proxy.lan:3128", true)));
        check("keeper:s3cret@[fd00::1]:3128", Ok(("http://[fd00::1]:3128", true)));
        check("http://keeper@proxy.lan", Ok(("http://proxy.lan", true)));
        check("socks5://keeper:s3cret@proxy.lan:1080", Err(ParseProxyError::Scheme));
        check("http://keeper:s3cret@proxy.lan:99999", Err(ParseProxyError::NotAUrl));
        check("http://keeper:s3cret@", Err(ParseProxyError::NotAUrl));
        check("http://proxy.lan/s3cret", Err(ParseProxyError::Trailing));
        check("http://proxy.lan?s3cret", Err(ParseProxyError::Trailing));
        check("", Err(ParseProxyError::NotAUrl));
    }

    #[test]
    fn each_host_has_its_way() {
        let proxies = Proxies {
            https: Some("secure.proxy:1".parse().unwrap()),
            http: Some("plain.proxy:2".parse().unwrap()),
            except: "inside.lan".parse().unwrap(),
        };
        let check = |proxies: &Proxies, url: &str, expected: Option<&str>| {
            let origin = Origin::of(&url.parse().unwrap()).unwrap();
            let found = proxies.on_the_way_to(&origin).map(ToString::to_string);
            assert_eq!(found.as_deref(), expected, "{url}");
        };
        check(&proxies, "https://ghcr.io", Some("http://secure.proxy:1"));
        check(&proxies, "http://nas.lan:5000", Some("http://plain.proxy:2"));
        check(&proxies, "https://inside.lan", None);
        check(&proxies, "http://localhost:5000", None);
        check(&proxies, "https://127.0.0.1:5000", None);
        check(&proxies, "https://[::1]:5000", None);
        check(&Proxies { http: None, ..proxies }, "http://nas.lan:5000", None);
        assert!(Proxies::default().is_empty());
    }
}
