//! Images that the engine has.

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use bollard::Docker;
use bollard::models::ImageInspect;
use bollard::query_parameters::{ListImagesOptionsBuilder, RemoveImageOptionsBuilder};
use dockrev_core::ids::ImageId;
use dockrev_core::image::{Digest, ImageRef, Repository, Tag};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{HostError, ImageName};
use dockrev_core::stack::LocalImage;
use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use std::collections::HashMap;

/// Images that the engine is asked about at the same time: it reads each from its disk.
const CONCURRENT_QUESTIONS: usize = 8;

pub(super) async fn find(engine: &DockerEngine, client: &Docker, name: &str) -> Result<Option<LocalImage>, HostError> {
    let call = Call { engine, action: "inspect image", subject: name.to_owned() };
    let Some(found) = call.find_within(QUERY_TIMEOUT, client.inspect_image(name)).await? else {
        return Ok(None);
    };
    local(found).map(Some).ok_or_else(|| call.refused("its answer has no image id"))
}

/// Finds images through one connection that is used by several questions at a time.
pub(super) async fn find_all(
    engine: &DockerEngine,
    client: &Docker,
    names: &[ImageName],
) -> Result<Vec<Option<LocalImage>>, HostError> {
    let find = async |name: &ImageName| match name {
        ImageName::Id(id) => find(engine, client, id.as_str()).await,
        ImageName::Reference(reference) => find(engine, client, &reference.to_string()).await,
    };
    futures::stream::iter(names).map(find).buffered(CONCURRENT_QUESTIONS).try_collect().await
}

/// Takes a name away. An image that no container uses and no registry knows by a digest goes with its last name.
pub(super) async fn untag(engine: &DockerEngine, client: &Docker, reference: &ImageRef) -> Result<(), HostError> {
    let call = Call { engine, action: "take away the local tag", subject: reference.familiar() };
    let options = RemoveImageOptionsBuilder::default().noprune(true).build();
    call.find_within(QUERY_TIMEOUT, client.remove_image(&reference.to_string(), Some(options), None)).await.map(drop)
}

pub(super) async fn local_tags(
    engine: &DockerEngine,
    client: &Docker,
    repository: &Repository,
) -> Result<Vec<Tag>, HostError> {
    let call = Call { engine, action: "list the images of", subject: repository.to_string() };
    let filters = HashMap::from([("reference".to_owned(), vec![format!("{repository}:*")])]);
    let options = ListImagesOptionsBuilder::default().filters(&filters).build();
    let images = call.within(QUERY_TIMEOUT, client.list_images(Some(options))).await?;
    let names = images.iter().flat_map(|image| &image.repo_tags).filter_map(|name| name.parse::<ImageRef>().ok());
    let mut tags: Vec<Tag> =
        names.filter(|name| name.repository() == repository).filter_map(|name| name.tag().cloned()).collect();
    tags.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    tags.dedup();
    Ok(tags)
}

fn local(inspect: ImageInspect) -> Option<LocalImage> {
    let platform = Platform::new(
        inspect.os.as_deref().unwrap_or_default(),
        inspect.architecture.as_deref().unwrap_or_default(),
        inspect.variant.as_deref(),
    );
    let repo_digests = inspect.repo_digests.unwrap_or_default().iter().filter_map(|text| repo_digest(text)).collect();
    // An image that does not say has the year 1, from some engines.
    let created = inspect.created.and_then(|text| text.parse::<Timestamp>().ok());
    let created = created.filter(|at| *at > Timestamp::UNIX_EPOCH);
    Some(LocalImage { id: ImageId::new(inspect.id?), repo_digests, platform, created })
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
