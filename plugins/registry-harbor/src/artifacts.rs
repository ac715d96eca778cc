//! The artifacts of a repository, from Harbor's own API (`/api/v2.0`).

use crate::time;
use dockrev_plugin_sdk::distribution::{Client, is_digest, is_tag};
use dockrev_plugin_sdk::http::{Request, Response};
use dockrev_plugin_sdk::registry::{RegistryError, Tag, TagList};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Artifacts on one page: the most that Harbor gives.
const PAGE_SIZE: usize = 100;

/// Most pages that are read. A repository with more artifacts is listed by names alone, which come a thousand at a time.
const PAGES_MAX: usize = 40;

/// Largest page that is read, in bytes: an artifact has about 3 KiB, with many labels and tags some more. A larger page
/// of tiny entries would take too much memory.
const PAGE_MAX_BYTES: usize = 1024 * 1024;

/// How much is read of all pages together, in bytes. With the names that may have to be read afterwards, it stays below
/// the 32 MiB that one call has.
const PAGES_MAX_BYTES: usize = 6 * 1024 * 1024;

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

/// The tags of repository `name` with digests and push times; nothing if there are more than this way is good for.
pub(crate) fn list(client: &Client, name: &str, max_tags: u32) -> Result<Option<TagList>, RegistryError> {
    let Some(url) = url(client, name) else { return Ok(None) };
    let what = format!("the artifacts of `{name}`");
    let max_tags = usize::try_from(max_tags).unwrap_or(usize::MAX);
    let (mut tags, mut names) = (Vec::new(), BTreeSet::new());
    let mut read_bytes = 0;
    for number in 1..=PAGES_MAX {
        // Only artifacts with tags; the pages are counted, so that nothing has to be believed of `Link`.
        let page = format!("{url}?with_tag=true&q=tags%3D%2A&page_size={PAGE_SIZE}&page={number}");
        let request = Request::get(page).header("Accept", "application/json").max_body_bytes(PAGE_MAX_BYTES);
        let response = client.send(&request, &what)?;
        read_bytes += response.body.len();
        let artifacts: Vec<Artifact> = response.json()?;
        let is_last = artifacts.len() < PAGE_SIZE || total(&response).is_some_and(|total| total <= number * PAGE_SIZE);
        // Artifacts that are pushed meanwhile move others to the next page: names may come again.
        tags.extend(artifacts.into_iter().flat_map(tags_of).filter(|tag| names.insert(tag.name.clone())));
        if tags.len() > max_tags {
            tags.truncate(max_tags);
            return Ok(Some(TagList { tags, truncated: Some(format!("only the first {max_tags} tags were read")) }));
        }
        if is_last {
            return Ok(Some(TagList { tags, truncated: None }));
        }
        if read_bytes > PAGES_MAX_BYTES || total(&response).is_some_and(|total| total > PAGES_MAX * PAGE_SIZE) {
            return Ok(None);
        }
    }
    Ok(None)
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
