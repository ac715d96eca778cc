//! What registries tell when something is pushed to them: which repositories it is about.
//!
//! Sources: Docker Hub's webhooks, GitHub's `registry_package` and `package` events, Harbor's webhooks in both of its
//! formats, and the notifications of the CNCF Distribution registry.

use crate::config::{WebhookConfig, WebhookKind};
use dockrev_core::image::{ImageRef, Repository};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;

/// Most repositories of one event that are looked at: registries tell of a few at a time.
const REPOSITORIES_MAX: usize = 100;
/// Where GitHub keeps images.
const GHCR: &str = "ghcr.io";
/// The only thing that Distribution and Harbor tell of that can bring something new.
const PUSH: &str = "push";
const HARBOR_PUSHES: [&str; 2] = ["PUSH_ARTIFACT", "harbor.artifact.pushed"];

/// The repositories that something was pushed to. The error says what was expected.
pub(super) fn pushed_to(webhook: &WebhookConfig, body: &[u8]) -> Result<Vec<Repository>, String> {
    let registry = webhook.registry.as_deref();
    let names: Vec<String> = match webhook.kind {
        WebhookKind::DockerHub => read::<HubEvent>(body)?.names(registry),
        WebhookKind::Ghcr => read::<GitHubEvent>(body)?.names(registry),
        WebhookKind::Harbor => read::<HarborEvent>(body)?.names(registry),
        WebhookKind::Distribution => read::<DistributionEvents>(body)?.names(registry),
    };
    let mut repositories: Vec<Repository> = Vec::new();
    for name in names.into_iter().collect::<BTreeSet<_>>().into_iter().take(REPOSITORIES_MAX) {
        let image: ImageRef = name.parse().map_err(|error| format!("`{name}` is no image: {error}"))?;
        if !repositories.contains(image.repository()) {
            repositories.push(image.repository().clone());
        }
    }
    Ok(repositories)
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("it is no event of such a registry: {error}"))
}

#[derive(Deserialize)]
struct HubEvent {
    repository: HubRepository,
}

#[derive(Deserialize)]
struct HubRepository {
    repo_name: String,
}

impl HubEvent {
    fn names(self, registry: Option<&str>) -> Vec<String> {
        vec![format!("{}/{}", registry.unwrap_or("docker.io"), self.repository.repo_name)]
    }
}

/// Either event has the same content under another name. A `ping`, which GitHub sends first, has neither.
#[derive(Deserialize)]
struct GitHubEvent {
    #[serde(alias = "package")]
    registry_package: Option<GitHubPackage>,
}

#[derive(Deserialize)]
struct GitHubPackage {
    name: String,
    namespace: Option<String>,
    owner: Option<GitHubOwner>,
}

#[derive(Deserialize)]
struct GitHubOwner {
    login: String,
}

impl GitHubEvent {
    fn names(self, registry: Option<&str>) -> Vec<String> {
        let Some(package) = self.registry_package else { return Vec::new() };
        let owner = package.namespace.filter(|name| !name.is_empty()).or(package.owner.map(|owner| owner.login));
        let path = owner.map_or(package.name.clone(), |owner| format!("{owner}/{}", package.name));
        vec![format!("{}/{}", registry.unwrap_or(GHCR), path.to_ascii_lowercase())]
    }
}

#[derive(Deserialize)]
struct HarborEvent {
    r#type: String,
    /// In Harbor's own format.
    event_data: Option<HarborData>,
    /// In the format of CloudEvents.
    data: Option<HarborData>,
}

#[derive(Deserialize)]
struct HarborData {
    #[serde(default)]
    resources: Vec<HarborResource>,
    repository: HarborRepository,
}

#[derive(Deserialize)]
struct HarborResource {
    resource_url: String,
}

#[derive(Deserialize)]
struct HarborRepository {
    repo_full_name: String,
}

impl HarborEvent {
    fn names(self, registry: Option<&str>) -> Vec<String> {
        if !HARBOR_PUSHES.contains(&self.r#type.as_str()) {
            return Vec::new();
        }
        let Some(data) = self.event_data.or(self.data) else { return Vec::new() };
        match registry {
            Some(registry) => vec![format!("{registry}/{}", data.repository.repo_full_name)],
            None => data.resources.into_iter().map(|resource| resource.resource_url).collect(),
        }
    }
}

#[derive(Deserialize)]
struct DistributionEvents {
    events: Vec<DistributionEvent>,
}

#[derive(Deserialize)]
struct DistributionEvent {
    action: String,
    target: DistributionTarget,
    #[serde(default)]
    request: DistributionRequest,
}

#[derive(Deserialize)]
struct DistributionTarget {
    repository: String,
}

#[derive(Default, Deserialize)]
struct DistributionRequest {
    #[serde(default)]
    host: String,
}

impl DistributionEvents {
    fn names(self, registry: Option<&str>) -> Vec<String> {
        let pushes = self.events.into_iter().filter(|event| event.action == PUSH);
        pushes.map(|event| format!("{}/{}", registry.unwrap_or(&event.request.host), event.target.repository)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::SecretSource;
    use serde_json::json;

    fn of(kind: WebhookKind, registry: Option<&str>, body: &serde_json::Value) -> Result<Vec<String>, String> {
        let secret = SecretSource::Env("HOOK".to_owned());
        let webhook = WebhookConfig { kind, secret, registry: registry.map(str::to_owned) };
        let found = pushed_to(&webhook, body.to_string().as_bytes())?;
        Ok(found.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn check(kind: WebhookKind, registry: Option<&str>, body: &serde_json::Value, expected: &[&str]) {
        assert_eq!(of(kind, registry, body).unwrap(), expected, "{body}");
    }

    #[test]
    fn each_registry_names_its_repositories_in_its_own_way() {
        let hub = json!({
            "callback_url": "https://registry.hub.docker.com/u/ann/app/hook/1/",
            "push_data": { "pushed_at": 1_417_566_161, "pusher": "ann", "tag": "1.2" },
            "repository": { "name": "app", "namespace": "ann", "repo_name": "ann/app" },
        });
        check(WebhookKind::DockerHub, None, &hub, &["docker.io/ann/app"]);
        let ghcr = json!({
            "action": "published",
            "registry_package": {
                "name": "App", "namespace": "Ann", "package_type": "CONTAINER",
                "package_version": { "container_metadata": { "tag": { "name": "1.2" } } },
            },
        });
        check(WebhookKind::Ghcr, None, &ghcr, &["ghcr.io/ann/app"]);
        let ghcr = json!({ "action": "updated", "package": { "name": "app", "owner": { "login": "ann" } } });
        check(WebhookKind::Ghcr, Some("ghcr.lan"), &ghcr, &["ghcr.lan/ann/app"]);
        check(WebhookKind::Ghcr, None, &json!({ "zen": "Keep it logically awesome.", "hook_id": 1 }), &[]);
        let harbor = json!({
            "type": "PUSH_ARTIFACT", "occur_at": 1_680_501_893, "operator": "ann",
            "event_data": {
                "resources": [{ "digest": "sha256:x", "tag": "1.2", "resource_url": "harbor.lan/lib/app:1.2" }],
                "repository": { "name": "app", "namespace": "lib", "repo_full_name": "lib/app" },
            },
        });
        check(WebhookKind::Harbor, None, &harbor, &["harbor.lan/lib/app"]);
        check(WebhookKind::Harbor, Some("cr.lan:5000"), &harbor, &["cr.lan:5000/lib/app"]);
        let harbor = json!({
            "specversion": "1.0", "type": "harbor.artifact.pushed",
            "data": {
                "resources": [{ "resource_url": "harbor.lan/lib/app:1.2" }, { "resource_url": "harbor.lan/lib/app:1" }],
                "repository": { "repo_full_name": "lib/app" },
            },
        });
        check(WebhookKind::Harbor, None, &harbor, &["harbor.lan/lib/app"]);
        let deleted = json!({
            "type": "DELETE_ARTIFACT", "event_data": { "repository": { "repo_full_name": "lib/app" } },
        });
        check(WebhookKind::Harbor, None, &deleted, &[]);
        let event = |action: &str, repository: &str| json!({ "action": action, "target": { "repository": repository, "tag": "1" }, "request": { "host": "cr.lan" } });
        let events = json!({ "events": [event("push", "app"), event("pull", "db"), event("push", "app")] });
        check(WebhookKind::Distribution, None, &events, &["cr.lan/app"]);
        check(WebhookKind::Distribution, Some("registry.example"), &events, &["registry.example/app"]);
    }

    #[test]
    fn what_is_no_event_is_said() {
        for (kind, body) in [
            (WebhookKind::DockerHub, json!({ "push_data": {} })),
            (WebhookKind::Distribution, json!([])),
            (WebhookKind::Harbor, json!({})),
        ] {
            let error = of(kind, None, &body).unwrap_err();
            assert!(error.starts_with("it is no event of such a registry"), "{error}");
        }
        let odd = json!({ "repository": { "repo_name": "UPPER CASE" } });
        assert!(of(WebhookKind::DockerHub, None, &odd).unwrap_err().contains("is no image"));
    }
}
