//! Images that the engine has.

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use bollard::Docker;
use bollard::models::ImageInspect;
use dockrev_core::ids::ImageId;
use dockrev_core::image::{Digest, ImageRef, Repository};
use dockrev_core::platform::Platform;
use dockrev_core::ports::HostError;
use dockrev_core::stack::LocalImage;

pub(super) async fn find(engine: &DockerEngine, client: &Docker, name: &str) -> Result<Option<LocalImage>, HostError> {
    let call = Call { engine, action: "inspect image", subject: name.to_owned() };
    let Some(found) = call.find_within(QUERY_TIMEOUT, client.inspect_image(name)).await? else {
        return Ok(None);
    };
    local(found).map(Some).ok_or_else(|| call.refused("its answer has no image id"))
}

fn local(inspect: ImageInspect) -> Option<LocalImage> {
    let platform = Platform::new(
        inspect.os.as_deref().unwrap_or_default(),
        inspect.architecture.as_deref().unwrap_or_default(),
        inspect.variant.as_deref(),
    );
    let repo_digests = inspect.repo_digests.unwrap_or_default().iter().filter_map(|text| repo_digest(text)).collect();
    Some(LocalImage { id: ImageId::new(inspect.id?), repo_digests, platform })
}

/// `repository@digest`. The engine also gives `<none>@<none>`, which says nothing.
fn repo_digest(text: &str) -> Option<(Repository, Digest)> {
    let reference: ImageRef = text.parse().ok()?;
    Some((reference.repository().clone(), reference.digest()?.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_registries_know_an_image_as() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(repo_digest(text).map(|(repository, _)| repository.to_string()).as_deref(), expected, "{text}");
        };
        check(&format!("nginx@{digest}"), Some("docker.io/library/nginx"));
        check(&format!("localhost:5000/a/b@{digest}"), Some("localhost:5000/a/b"));
        check("<none>@<none>", None);
        check("nginx", None);
        check("nginx@sha256:short", None);
    }

    #[test]
    fn an_image_without_an_id_is_none() {
        let check = |json: &str, expected: Option<&str>| {
            let found = local(serde_json::from_str(json).unwrap());
            assert_eq!(found.map(|image| image.platform.to_string()).as_deref(), expected, "{json}");
        };
        check(r#"{"Id": "sha256:1", "Os": "linux", "Architecture": "arm", "Variant": "v7"}"#, Some("linux/arm/v7"));
        check(r#"{"Id": "sha256:1", "Os": "linux", "Architecture": "amd64", "Variant": ""}"#, Some("linux/amd64"));
        check(r#"{"Os": "linux", "Architecture": "amd64"}"#, None);
    }
}
