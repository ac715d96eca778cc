use crate::support::{config, egress, host, id, plugins_dir, question, repository, response, serve, setup};
use dockrev_core::event::{Delivery, Event, EventKind, NotifyError, Severity};
use dockrev_core::policy::PolicyError;
use dockrev_core::ports::{Notifier, Registry, VersionPolicy};
use dockrev_core::registry::{Freshness, PluginError, PluginFault, RegistryError};
use dockrev_egress::Secret;
use dockrev_plugin_host::{Notifiers, Policies, Readiness, RegistryAdapters, World, inspect};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[tokio::test]
async fn a_policy_judges() {
    let policies = Policies::new(host(config(vec![plugins_dir()])), id("policy-same-level"));
    let verdict = policies.assess(&question("5.2", &["5.2", "5.3", "5.3.1", "5.3-alpine", "20240115"])).await.unwrap();
    assert_eq!(verdict.choice.map(|tag| tag.to_string()).as_deref(), Some("5.3"));
    assert!(verdict.assessments.iter().all(|assessment| !assessment.reason.is_empty()));
    let missing = policies.assess_with(&id("policy-none"), &question("1", &["1"])).await;
    assert_eq!(missing, Err(PolicyError::NoPolicy("policy-none".to_owned())));
    let no_policy = policies.assess_with(&id("registry-oci"), &question("1", &["1"])).await;
    assert_eq!(no_policy, Err(PolicyError::NoPolicy("registry-oci".to_owned())));
}

#[tokio::test]
async fn an_adapter_reads_a_registry_on_this_machine() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = Arc::clone(&seen);
    let address = serve(move |request| {
        requests.lock().unwrap().push(request.lines().next().unwrap_or_default().to_owned());
        let body = r#"{"name": "team/app", "tags": ["1.0", "1.1", "latest"]}"#;
        response("200 OK", "Content-Type: application/json\r\n", body)
    })
    .await;
    let adapters = RegistryAdapters::new(host(config(vec![plugins_dir()])));
    let list = adapters.tags(&repository(&address.to_string(), "team/app"), None, Freshness::Now).await.unwrap().answer;
    let names: Vec<&str> = list.tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!((names, list.truncated), (vec!["1.0", "1.1", "latest"], None));
    let last = seen.lock().unwrap().pop().unwrap_or_default();
    assert!(last.starts_with("GET /v2/team/app/tags/list"), "{last}: it was asked before what it is");
}

#[tokio::test]
async fn an_adapter_uses_the_configured_endpoint() {
    let address = serve(|_| response("404 Not Found", "Content-Type: application/json\r\n", "{}")).await;
    let mut config = config(vec![plugins_dir()]);
    config.egress = egress("docker.io", &format!("http://{address}"));
    let host = host(config);
    let adapters = host.plugins().into_iter().filter(|plugin| plugin.world == World::RegistryAdapter);
    assert!(adapters.count() > 1, "there is no choice between adapters");
    let answer =
        RegistryAdapters::new(host).tags(&repository("docker.io", "library/nginx"), None, Freshness::Now).await;
    assert!(matches!(answer, Err(RegistryError::NotFound(_))), "{answer:?}");
}

#[tokio::test]
async fn a_configured_adapter_comes_first() {
    let mut config = config(vec![plugins_dir()]);
    config.adapters = BTreeMap::from([("docker.io".to_owned(), id("registry-none"))]);
    let answer =
        RegistryAdapters::new(host(config)).tags(&repository("docker.io", "library/nginx"), None, Freshness::Now).await;
    assert_eq!(answer.map(|list| list.answer.tags.len()), Err(RegistryError::NoAdapter("docker.io".to_owned())));
}

#[tokio::test]
async fn a_registry_that_is_not_there_is_unreachable() {
    let adapters = RegistryAdapters::new(host(config(vec![plugins_dir()])));
    // The discard port, on which nothing listens here.
    let answer = adapters.tags(&repository("127.0.0.1:9", "app"), None, Freshness::Now).await;
    let Err(RegistryError::Unreachable(reason)) = answer else { panic!("{answer:?}") };
    assert!(reason.starts_with("could not connect to `127.0.0.1:9`: connection refused"), "{reason}");
}

fn event() -> Event {
    Event {
        id: "event-1".to_owned(),
        kind: EventKind::Test,
        severity: Severity::Info,
        occurred_at_unix_s: 1_700_000_000,
        title: "A test".to_owned(),
        body: "Nothing happened".to_owned(),
        links: vec![("More".to_owned(), "https://example.org".to_owned())],
        facts: vec![("stack.name".to_owned(), "media".to_owned())],
    }
}

#[tokio::test]
async fn a_notifier_delivers_where_its_settings_say() {
    let seen = Arc::new(Mutex::new(String::new()));
    let request = Arc::clone(&seen);
    let address = serve(move |text| {
        request.lock().unwrap().push_str(text);
        response("204 No Content", "", "")
    })
    .await;
    let mut config = config(vec![plugins_dir()]);
    let mut webhook = setup(serde_json::json!({"url": format!("http://{address}/hook")}));
    webhook.secrets.insert("signing-key".to_owned(), Secret::new("key"));
    config.plugins.insert(id("notifier-webhook"), webhook);
    let host = host(config);
    assert!(host.problems().is_empty(), "{:?}", host.problems());
    let delivery = Notifiers::new(host).notify(&id("notifier-webhook"), &event()).await.unwrap();
    assert!(matches!(delivery, Delivery::Delivered(_)), "{delivery:?}");
    let seen = seen.lock().unwrap();
    assert!(seen.starts_with("POST /hook HTTP/1.1\r\n") && seen.contains("A test"), "{seen}");
    assert!(seen.to_ascii_lowercase().contains("sha256="), "{seen}");
}

#[tokio::test]
async fn a_notifier_without_settings_is_listed_and_not_called() {
    let host = host(config(vec![plugins_dir()]));
    assert!(host.problems().is_empty(), "{:?}", host.problems());
    let webhook = host.plugins().into_iter().find(|plugin| plugin.id == id("notifier-webhook")).unwrap();
    assert!(matches!(webhook.readiness, Readiness::NotConfigured(problem) if problem.contains("url")));
    let notifiers = Notifiers::new(host);
    match notifiers.notify(&id("notifier-webhook"), &event()).await {
        Err(NotifyError::Plugin(PluginError { fault: PluginFault::Unusable(reason), .. })) => {
            assert!(reason.contains("url"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
    let none = notifiers.notify(&id("notifier-none"), &event()).await;
    assert_eq!(none, Err(NotifyError::NoNotifier("notifier-none".to_owned())));
}

#[test]
fn a_plugin_can_be_inspected() {
    let folder = plugins_dir().join("policy-same-level");
    let of_folder = inspect(&folder).unwrap();
    assert_eq!(of_folder, inspect(&folder.join("plugin.wasm")).unwrap());
    assert_eq!(of_folder.exports, ["dockrev:plugin/policy@0.1.0"]);
    assert_eq!(of_folder.fits_world, Some(Ok(())));
    assert!(of_folder.imports.iter().all(|name| !name.contains("sockets") && !name.contains("http")));
    assert_eq!(of_folder.sha256.len(), 64);
    assert!(inspect(&folder.join("plugin.toml")).is_err());
}
