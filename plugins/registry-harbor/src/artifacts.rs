//! The artifacts of a repository, from Harbor's own API (`/api/v2.0`).

use crate::time;
use dockrev_plugin_sdk::distribution::{Client, is_digest, is_tag};
use dockrev_plugin_sdk::http::{Request, Response};
use dockrev_plugin_sdk::registry::{RegistryError, Tag};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Artifacts on one page: the most that Harbor gives.
const PAGE_SIZE: usize = 100;

/// Most pages that are read, newest artifacts first. What is older is known by its name alone, which is enough to see
/// that it is older.
const PAGES_MAX: usize = 5;

/// Largest page that is read, in bytes: an artifact has about 3 KiB, with many labels and tags some more. A larger page
/// of tiny entries would take too much memory.
const PAGE_MAX_BYTES: usize = 1024 * 1024;

/// What is known of tags, by name.
pub(crate) type Known = BTreeMap<String, Tag>;

#[derive(Deserialize)]
struct Artifact {
    #[serde(default)]
    digest: String,
    push_time: Option<String>,
    /// `null` for an artifact without tags.
    tags: Option<Vec<ArtifactTag>>,
}

#[derive(Deserialize)]
struct ArtifactTag {
    name: String,
    push_time: Option<String>,
}

/// Digests and push times of the tags of repository `name`, as far as Harbor's own API tells them.
pub(crate) fn read(client: &Client, name: &str) -> Result<Known, RegistryError> {
    let Some(url) = url(client, name) else { return Ok(Known::new()) };
    let what = format!("the artifacts of `{name}`");
    let mut known = Known::new();
    for number in 1..=PAGES_MAX {
        // Only artifacts with tags; the pages are counted, so that nothing has to be believed of `Link`.
        let query = "with_tag=true&q=tags%3D%2A&sort=-push_time";
        let page = format!("{url}?{query}&page_size={PAGE_SIZE}&page={number}");
        let request = Request::get(page).header("Accept", "application/json").max_body_bytes(PAGE_MAX_BYTES);
        let response = client.send(&request, &what)?;
        let artifacts: Vec<Artifact> = response.json()?;
        let is_last = artifacts.len() < PAGE_SIZE || total(&response).is_some_and(|total| total <= number * PAGE_SIZE);
        for tag in artifacts.into_iter().flat_map(tags_of) {
            // A tag that is moved meanwhile comes again with what it was before.
            known.entry(tag.name.clone()).or_insert(tag);
        }
        if is_last {
            break;
        }
    }
    Ok(known)
}

/// Where the artifacts are. Everything before the first slash is the project; the slashes in the rest are encoded twice,
/// as Harbor wants it.
fn url(client: &Client, name: &str) -> Option<String> {
    let (project, repository) = name.split_once('/')?;
    let repository = repository.replace('/', "%252F");
    Some(format!("{}/api/v2.0/projects/{project}/repositories/{repository}/artifacts", client.endpoint()))
}

fn total(response: &Response) -> Option<usize> {
    response.header("X-Total-Count")?.trim().parse().ok()
}

fn tags_of(artifact: Artifact) -> impl Iterator<Item = Tag> {
    let digest = Some(artifact.digest).filter(|digest| is_digest(digest));
    let pushed_at_unix_s = artifact.push_time.as_deref().and_then(time::unix_s);
    artifact.tags.unwrap_or_default().into_iter().filter(|tag| is_tag(&tag.name)).map(move |tag| Tag {
        digest: digest.clone(),
        pushed_at_unix_s: tag.push_time.as_deref().and_then(time::unix_s).or(pushed_at_unix_s),
        name: tag.name,
    })
}
