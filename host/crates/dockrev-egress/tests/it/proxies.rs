//! Registries behind a proxy.

use crate::authorities::Authority;
use crate::server::{Server, ok};
use crate::support::get;
use dockrev_core::image::Repository;
use dockrev_egress::{
    Authorities, BudgetLimits, CallScope, ConnectFailure, Egress, EgressConfig, EgressError, EgressLimits, Grant,
    Proxies, ProxyFailure, RegistryOverride, RetryLimits,
};
use dockrev_testkit::Credentials;
use dockrev_testkit::forward::{ForwardProxy, Passed};
use std::time::Duration;
use tempfile::TempDir;

/// A registry over TLS that nobody finds without the proxy.
const SECURE: &str = "registry.test";
/// One over plain HTTP.
const PLAIN: &str = "plain.test:5000";

/// Two registries, and an authority that vouches for the secure one.
struct Behind {
    secure: Server,
    plain: Server,
    folder: TempDir,
}

impl Behind {
    async fn start() -> Self {
        let (authority, folder) = (Authority::new(), tempfile::tempdir().unwrap());
        authority.write(&folder.path().join("ca.pem"));
        let secure = authority.server(|_| ok("secure")).await;
        Self { secure, plain: Server::start(|_| ok("plain")).await, folder }
    }

    fn proxy(&self, login: Option<Credentials>) -> ForwardProxy {
        let names = [("registry.test:443", self.secure.address), (PLAIN, self.plain.address)];
        ForwardProxy::start(login, &names).unwrap()
    }

    fn egress(&self, proxies: Proxies) -> Egress {
        let insecure = |name: &str| (name.to_owned(), RegistryOverride { endpoint: None, insecure: true });
        let files = [(SECURE.to_owned(), self.folder.path().join("ca.pem"))].into();
        let retry = RetryLimits { max_tries: 2, first_wait: Duration::from_millis(1), ..RetryLimits::default() };
        Egress::new(EgressConfig {
            registries: [PLAIN, "unknown.test:5000"].map(insecure).into(),
            authorities: Authorities { files, ..Authorities::default() },
            proxies,
            limits: EgressLimits { retry, ..EgressLimits::default() },
            ..EgressConfig::default()
        })
        .unwrap()
    }
}

fn through(address: &str, except: &str) -> Proxies {
    let proxy = Some(address.parse().unwrap());
    Proxies { https: proxy.clone(), http: proxy, except: except.parse().unwrap() }
}

/// Asks the registry of this name for its root.
async fn ask(egress: &Egress, registry: &str) -> Result<(u16, String), EgressError> {
    let repository = Repository { registry: registry.to_owned(), name: "team/app".to_owned() };
    let endpoint = egress.registry(registry).unwrap();
    let url = format!("{}/v2/", endpoint.origin);
    let grant = Grant { registry: Some(endpoint.grant(&repository)), ..Grant::default() };
    get(egress, &url, &CallScope::new(grant, BudgetLimits::default())).await
}

fn passed(method: &str, target: &str, status: u16) -> Passed {
    Passed { method: method.to_owned(), target: target.to_owned(), status }
}

#[tokio::test]
async fn registries_are_asked_through_the_proxy() {
    let behind = Behind::start().await;
    let keeper = Credentials { user: "keeper".to_owned(), password: "s3cret".to_owned() };
    for login in [None, Some(keeper)] {
        let proxy = behind.proxy(login);
        let egress = behind.egress(through(&proxy.url(), ""));
        assert_eq!(ask(&egress, SECURE).await.unwrap(), (200, "secure".to_owned()));
        assert_eq!(ask(&egress, PLAIN).await.unwrap(), (200, "plain".to_owned()));
        let plain = format!("http://{PLAIN}/v2/");
        assert_eq!(proxy.passed(), [passed("CONNECT", "registry.test:443", 200), passed("GET", &plain, 200)]);
    }
    let seen = [behind.secure.seen(), behind.plain.seen()].concat();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|seen| seen.field("proxy-authorization").is_none()), "{seen:?}");
}

#[tokio::test]
async fn whoever_is_left_out_is_asked_directly() {
    let behind = Behind::start().await;
    let proxy = behind.proxy(None);
    let egress = behind.egress(through(&proxy.url(), "registry.test, .test:5000"));
    for registry in [SECURE, PLAIN] {
        let error = ask(&egress, registry).await.unwrap_err();
        assert!(matches!(error, EgressError::Connect { failure: ConnectFailure::Name, .. }), "{error:?}");
    }
    // This machine is never asked through a proxy, whatever is left out.
    let egress = behind.egress(through(&proxy.url(), ""));
    assert_eq!(ask(&egress, &behind.plain.address.to_string()).await.unwrap().1, "plain");
    // Nor is anybody without one.
    assert!(ask(&behind.egress(Proxies::default()), SECURE).await.is_err());
    assert_eq!(proxy.passed(), []);
}

#[tokio::test]
async fn a_proxy_that_does_not_help_is_named_without_its_login() {
    let behind = Behind::start().await;
    let keeper = Credentials { user: "keeper".to_owned(), password: "s3cret".to_owned() };
    let proxy = behind.proxy(Some(keeper));
    let gone = ForwardProxy::start(None, &[]).unwrap().host();
    let wrong = proxy.url().replace("s3cret", "wr0ng");
    let cases = [
        (wrong.as_str(), SECURE, "wants a login"),
        (wrong.as_str(), PLAIN, "wants a login"),
        (&proxy.url(), "other.test", "makes no connection"),
        (&format!("http://keeper:s3cret@{gone}"), SECURE, "no connection to the proxy"),
        (&format!("http://keeper:s3cret@{gone}"), PLAIN, "no connection to the proxy"),
    ];
    for (address, registry, expected) in cases {
        let egress = behind.egress(through(address, ""));
        let error = ask(&egress, registry).await.unwrap_err();
        let EgressError::Proxy { failure, .. } = &error else { panic!("{error:?}") };
        assert_eq!(egress.requests_sent(), if *failure == ProxyFailure::Login { 1 } else { 2 }, "{error}");
        for text in [error.to_string(), format!("{error:?}"), format!("{egress:?}")] {
            assert!(!text.contains("s3cret") && !text.contains("wr0ng") && !text.contains("keeper"), "{text}");
        }
        assert!(error.to_string().contains(expected) && error.to_string().contains("127.0.0.1:"), "{error}");
    }
    // A host that the proxy cannot reach is the host's failure where the proxy answers for it.
    assert_eq!(ask(&behind.egress(through(&proxy.url(), "")), "unknown.test:5000").await.unwrap().0, 502);
}

#[tokio::test]
async fn a_certificate_is_checked_through_the_tunnel() {
    let behind = Behind::start().await;
    Authority::new().write(&behind.folder.path().join("ca.pem"));
    let proxy = behind.proxy(None);
    let error = ask(&behind.egress(through(&proxy.url(), "")), SECURE).await.unwrap_err();
    assert!(matches!(error, EgressError::Connect { failure: ConnectFailure::Tls, .. }), "{error:?}");
    assert_eq!(behind.secure.seen().len(), 0);
}
