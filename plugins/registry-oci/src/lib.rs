//! Reads any registry that speaks the OCI Distribution Specification.

use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};

/// The plugin.
pub struct Oci;

impl RegistryAdapter for Oci {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        Client::new(&repository)?.list_tags(&hint)
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        Client::new(&repository)?.resolve(&reference, detail)
    }
}

dockrev_plugin_sdk::export!(registry-adapter: Oci);

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_plugin_sdk::http::Method;
    use dockrev_plugin_sdk::testing::{Answer, Host};

    #[track_caller]
    fn check(registry: &str, endpoint: Option<&str>, url: &str) {
        let host = Host::new();
        host.answer(Method::Get, url, Answer::status(200).body(r#"{"name": "team/app", "tags": ["1.0"]}"#));
        let repository = Repository {
            registry: registry.to_owned(),
            name: "team/app".to_owned(),
            endpoint: endpoint.map(str::to_owned),
        };
        let list = Oci::list_tags(repository, ListHint { current_tag: None, max_tags: 5000 });
        let names = list.map(|list| list.tags.into_iter().map(|tag| tag.name).collect::<Vec<_>>());
        assert_eq!(names, Ok(vec!["1.0".to_owned()]), "asked for {:?}", host.request_lines());
    }

    #[test]
    fn asks_the_registry_itself_or_its_configured_endpoint() {
        check("ghcr.io", None, "https://ghcr.io/v2/team/app/tags/list?n=1000");
        check("localhost:5000", None, "https://localhost:5000/v2/team/app/tags/list?n=1000");
        check("localhost:5000", Some("http://localhost:5000"), "http://localhost:5000/v2/team/app/tags/list?n=1000");
        check(
            "nexus.example",
            Some("https://mirror.example/a/b/"),
            "https://mirror.example/a/b/v2/team/app/tags/list?n=1000",
        );
    }
}
