//! Reads Docker Hub through its registry API.

use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::registry::{Detail, ListHint, RegistryAdapter, RegistryError, Repository, Resolved, TagList};

/// Where Docker Hub's registry API is: `docker.io` itself is a web site.
const ENDPOINT: &str = "https://registry-1.docker.io";

/// The plugin.
pub struct DockerHub;

impl RegistryAdapter for DockerHub {
    fn list_tags(repository: Repository, hint: ListHint) -> Result<TagList, RegistryError> {
        client(&repository)?.list_tags(&hint).map_err(|error| explain(error, &repository))
    }

    fn resolve(repository: Repository, reference: String, detail: Detail) -> Result<Resolved, RegistryError> {
        client(&repository)?.resolve(&reference, detail).map_err(|error| explain(error, &repository))
    }
}

dockrev_plugin_sdk::export!(registry-adapter: DockerHub);

/// A client for the repository. Images without a namespace are those of `library`.
fn client(repository: &Repository) -> Result<Client, RegistryError> {
    if repository.name.contains('/') {
        return Client::with_default_endpoint(repository, ENDPOINT);
    }
    let official = Repository { name: format!("library/{}", repository.name), ..repository.clone() };
    Client::with_default_endpoint(&official, ENDPOINT)
}

/// Docker Hub answers 401, and not 404, for a repository that does not exist: whoever asks learns nothing about private
/// ones. The credentials need not be wrong, then.
fn explain(error: RegistryError, repository: &Repository) -> RegistryError {
    match error {
        RegistryError::Unauthorized(_) => RegistryError::Unauthorized(format!(
            "Docker Hub has no repository `{}`, or it is private and wants other credentials",
            repository.name
        )),
        RegistryError::NotFound(_)
        | RegistryError::Denied(_)
        | RegistryError::RateLimited(_)
        | RegistryError::Unreachable(_)
        | RegistryError::Unavailable(_)
        | RegistryError::UnexpectedAnswer(_)
        | RegistryError::Unsupported(_) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_plugin_sdk::http::Method;
    use dockrev_plugin_sdk::testing::{Answer, Host};

    fn repository(name: &str, endpoint: Option<&str>) -> Repository {
        Repository { registry: "docker.io".to_owned(), name: name.to_owned(), endpoint: endpoint.map(str::to_owned) }
    }

    #[track_caller]
    fn check(name: &str, endpoint: Option<&str>, url: &str) {
        let host = Host::new();
        host.answer(Method::Get, url, Answer::status(200).body(r#"{"name": "x", "tags": ["1.0"]}"#));
        let list = DockerHub::list_tags(repository(name, endpoint), ListHint { current_tag: None, max_tags: 100 });
        assert!(list.is_ok_and(|list| list.tags.len() == 1), "asked for {:?}", host.request_lines());
    }

    #[test]
    fn asks_the_registry_api() {
        check("library/nginx", None, "https://registry-1.docker.io/v2/library/nginx/tags/list?n=100");
        check("nginx", None, "https://registry-1.docker.io/v2/library/nginx/tags/list?n=100");
        check("team/app", None, "https://registry-1.docker.io/v2/team/app/tags/list?n=100");
        check("team/app", Some("http://mirror:5000"), "http://mirror:5000/v2/team/app/tags/list?n=100");
    }

    #[test]
    fn a_missing_repository_is_not_blamed_on_the_credentials_alone() {
        let host = Host::new();
        let url = "https://registry-1.docker.io/v2/team/none/manifests/1.0";
        host.answer(Method::Head, url, Answer::status(401).body("token=secret"));
        let resolved = DockerHub::resolve(repository("team/none", None), "1.0".to_owned(), Detail::Digest);
        let why = "Docker Hub has no repository `team/none`, or it is private and wants other credentials";
        assert_eq!(resolved, Err(RegistryError::Unauthorized(why.to_owned())));
    }

    #[test]
    fn rate_limits_are_passed_on() {
        let host = Host::new();
        let url = "https://registry-1.docker.io/v2/team/app/manifests/1.0";
        host.answer(Method::Head, url, Answer::status(429).header("retry-after", "60"));
        let resolved = DockerHub::resolve(repository("team/app", None), "1.0".to_owned(), Detail::Digest);
        assert_eq!(resolved, Err(RegistryError::RateLimited(Some(60))));
    }
}
