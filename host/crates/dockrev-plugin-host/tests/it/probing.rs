//! Which adapter serves a registry that nobody named.

use crate::support::{self, response};
use dockrev_core::ports::Registry;
use dockrev_core::registry::Freshness;
use dockrev_egress::{DockerConfig, Egress, EgressConfig};
use dockrev_plugin_host::{RegistryAdapters, Served, Why};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

const SYSTEM_INFO: &str = "/api/v2.0/systeminfo";

/// The heads of the requests that a registry got.
type Seen = Arc<Mutex<Vec<String>>>;

/// A registry that answers `/v2/` with `root` and the probe with `info`; nothing else is there.
async fn registry(root: String, info: String) -> (SocketAddr, Seen) {
    let seen = Seen::default();
    let record = Arc::clone(&seen);
    let address = support::serve(move |request| {
        record.lock().unwrap().push(request.to_owned());
        match request.split(' ').nth(1) {
            Some("/v2/") => root.clone(),
            Some(SYSTEM_INFO) => info.clone(),
            _ => response("404 Not Found", "", "{}"),
        }
    });
    (address.await, seen)
}

/// The requests that were probes.
fn probes(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().unwrap();
    let lines = seen.iter().filter_map(|request| Some(request.lines().next()?.to_owned()));
    lines.filter(|line| line.contains(" /v2/ ") || line.contains(SYSTEM_INFO)).collect()
}

/// What serves the registry at `address`, after so many questions about it at the same time.
async fn served(address: SocketAddr, questions: usize) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let auths = serde_json::json!({ "auths": { address.to_string(): { "username": "me", "password": "s3cret" } } });
    let path = folder.path().join("config.json");
    std::fs::write(&path, auths.to_string()).unwrap();
    let egress = EgressConfig { credentials: Arc::new(DockerConfig::at(path)), ..EgressConfig::default() };
    let config = support::config(vec![support::plugins_dir()]);
    let config = dockrev_plugin_host::PluginHostConfig { egress: Arc::new(Egress::new(egress).unwrap()), ..config };
    let adapters = RegistryAdapters::new(support::host(config));
    let mut asking = tokio::task::JoinSet::new();
    for number in 0..questions {
        let adapters = adapters.clone();
        let repository = support::repository(&address.to_string(), &format!("team/app{number}"));
        asking.spawn(async move { adapters.tags(&repository, None, Freshness::Now).await.is_err() });
    }
    assert!(asking.join_all().await.into_iter().all(|failed| failed), "there is no repository");
    adapters.served()[&address.to_string()].clone()
}

fn ok(body: &str) -> String {
    response("200 OK", "Content-Type: application/json\r\n", body)
}

fn refused() -> String {
    response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "{}")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_is_asked_once_and_anonymously_what_it_is() {
    let (address, seen) = registry(refused(), ok(r#"{"auth_mode": "db_auth", "harbor_version": ""}"#)).await;
    let served = served(address, 20).await;
    assert_eq!(served.adapter.as_str(), "registry-harbor");
    assert!(matches!(&served.why, Why::Recognised { path, .. } if path == SYSTEM_INFO), "{served:?}");
    assert_eq!(probes(&seen), ["GET /v2/ HTTP/1.1", "GET /api/v2.0/systeminfo HTTP/1.1"]);
    let with_login = |request: &&String| request.to_ascii_lowercase().contains("\nauthorization:");
    let seen = seen.lock().unwrap();
    assert!(seen.iter().filter(|request| request.contains(SYSTEM_INFO)).all(|request| !with_login(&request)));
    assert!(seen.iter().filter(|request| request.contains(" /v2/ ")).all(|request| !with_login(&request)));
}

/// The registry is served by the generic adapter: after so many probes, and with this problem.
#[track_caller]
fn is_generic(served: &Served, seen: &Seen, asked: usize, trouble: Option<&str>) {
    assert_eq!(served.adapter.as_str(), "registry-oci");
    let Why::Generic { asked_at: Some(_), problem } = &served.why else { panic!("{served:?}") };
    assert_eq!(probes(seen).len(), asked, "{:?}", probes(seen));
    match trouble {
        Some(part) => assert!(problem.as_ref().is_some_and(|problem| problem.contains(part)), "{problem:?}"),
        None => assert_eq!(*problem, None),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_otherwise_is_not_recognised() {
    let large = format!(r#"{{"auth_mode": "{}"}}"#, "x".repeat(70_000));
    let page = response("200 OK", "Content-Type: text/html\r\n", "<!doctype html><title>Log in</title>");
    let away = response("302 Found", "Location: /login\r\n", r#"{"auth_mode": "x"}"#);
    let none = response("404 Not Found", "", r#"{"auth_mode": "x"}"#);
    let others = [ok("{}"), ok(r#"{"auth_mode": null}"#), ok(r#"["auth_mode"]"#), ok("auth_mode"), ok(""), ok(&large)];
    for info in others.into_iter().chain([page, away, none, refused()]) {
        let (address, seen) = registry(ok("{}"), info).await;
        is_generic(&served(address, 1).await, &seen, 2, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_known_to_have_failed() {
    let down = || response("503 Service Unavailable", "", "{}");
    let (address, seen) = registry(down(), ok(r#"{"auth_mode": "x"}"#)).await;
    is_generic(&served(address, 1).await, &seen, 1, Some("answered 503 at `/v2/`"));
    let (address, seen) = registry(ok("{}"), down()).await;
    is_generic(&served(address, 1).await, &seen, 2, Some("answered 503 at `/api/v2.0/systeminfo`"));
    let busy = response("429 Too Many Requests", "Retry-After: 60\r\n", "{}");
    let (address, seen) = registry(busy, ok("{}")).await;
    is_generic(&served(address, 1).await, &seen, 1, Some("answered 429 at `/v2/`"));
    let gone: SocketAddr = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    is_generic(&served(gone, 1).await, &Seen::default(), 0, Some("connection refused"));
}
