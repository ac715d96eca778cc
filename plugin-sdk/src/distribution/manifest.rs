//! Manifests and indexes: asking for them, and knowing which is which.

use super::at_most::AtMost;
use super::{Client, MANIFEST_MAX_BYTES, content};
use crate::http::{Method, Response};
use crate::registry::{RegistryError, Resolved};
use serde::{Deserialize, Deserializer};

const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+json";
const DOCKER_SCHEMA_1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// One value with all that is understood: some registries look at the first `Accept` field only.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json, \
                      application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json";

/// Most manifests that an index may list. The largest real ones have about a hundred, for some ten platforms with their
/// attestations and versions of Windows.
const INDEX_MAX_MANIFESTS: usize = 2000;

/// A manifest or an index, with the digest it was verified by.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) digest: String,
    pub(super) media_type: &'static str,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// An OCI image index or a Docker manifest list.
    Index(Vec<Descriptor>),
    /// An image manifest, by its configuration.
    Image(Descriptor),
}

/// What an index says of a manifest, or a manifest of its configuration.
#[derive(Debug, Deserialize)]
pub(super) struct Descriptor {
    #[serde(rename = "mediaType", default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) platform: Option<PlatformWords>,
    #[serde(default, deserialize_with = "or_default")]
    pub(super) annotations: Annotations,
}

/// A platform as an index or a configuration says it.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PlatformWords {
    #[serde(default)]
    pub(super) os: String,
    #[serde(default)]
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
    #[serde(rename = "os.version")]
    pub(super) os_version: Option<String>,
}

impl PlatformWords {
    /// Whether it says enough to be a platform.
    pub(super) fn is_complete(&self) -> bool {
        !self.os.is_empty() && !self.architecture.is_empty()
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Annotations {
    /// `attestation-manifest` for what BuildKit adds beside the images.
    #[serde(rename = "vnd.docker.reference.type")]
    pub(super) reference_type: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    #[serde(rename = "schemaVersion")]
    schema_version: Option<u32>,
    #[serde(rename = "mediaType")]
    media_type: Option<String>,
    manifests: Option<AtMost<Descriptor, INDEX_MAX_MANIFESTS>>,
    config: Option<Descriptor>,
}

/// Whether a descriptor's media type is that of an index.
pub(super) fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

/// The digest and media type by a `HEAD`, or nothing when the registry does not tell them this way.
pub(super) fn head(client: &Client, reference: &str) -> Result<Option<Resolved>, RegistryError> {
    let what = client.reference_words(reference);
    let request = client.request(Method::Head, client.url(&format!("manifests/{reference}"))).header("Accept", ACCEPT);
    let response = client.exchange(&request, &what)?;
    if matches!(response.status, 400 | 405 | 406 | 501) {
        return Ok(None);
    }
    let response = client.check(response, &what)?;
    let Some(digest) = digest_in(client, &response, &what, reference)? else { return Ok(None) };
    let content_type = response.header("Content-Type").map(content::media_type).unwrap_or_default();
    if is_schema_1(&content_type) {
        return Err(client.unsupported(&what, "a schema 1 manifest"));
    }
    let Some(media_type) = known(&content_type) else { return Ok(None) };
    Ok(Some(Resolved { digest, media_type: media_type.to_owned(), platforms: Vec::new() }))
}

/// Reads the manifest or index behind `reference` and verifies its digest.
pub(super) fn get(client: &Client, reference: &str) -> Result<Manifest, RegistryError> {
    let what = client.reference_words(reference);
    let request = client
        .request(Method::Get, client.url(&format!("manifests/{reference}")))
        .header("Accept", ACCEPT)
        .max_body_bytes(MANIFEST_MAX_BYTES);
    let response = client.send(&request, &what)?;
    let content_type = response.header("Content-Type").map(content::media_type).unwrap_or_default();
    if is_schema_1(&content_type) {
        return Err(client.unsupported(&what, "a schema 1 manifest"));
    }
    let Ok(body) = response.json::<Body>() else {
        return Err(client.unexpected(&what, "something else than a manifest"));
    };
    let (media_type, kind) = judge(client, &what, &content_type, body)?;
    let digest = match digest_in(client, &response, &what, reference)? {
        Some(digest) => digest,
        None if reference.contains(':') => reference.to_owned(),
        None => content::digest_of(&response.body),
    };
    if !content::matches(&response.body, &digest) {
        return Err(client.unexpected(&what, "a manifest that does not match its digest"));
    }
    Ok(Manifest { digest, media_type, kind })
}

/// What a body is: by its own media type, else by the one it was sent with, else by its shape.
fn judge(client: &Client, what: &str, content_type: &str, body: Body) -> Result<(&'static str, Kind), RegistryError> {
    if body.schema_version == Some(1) {
        return Err(client.unsupported(what, "a schema 1 manifest"));
    }
    let own = body.media_type.as_deref().unwrap_or_default();
    let media_type = match known(own).or_else(|| if own.is_empty() { known(content_type) } else { None }) {
        Some(media_type) => media_type,
        None if own.is_empty() && body.manifests.is_some() => OCI_INDEX,
        None if own.is_empty() && body.config.is_some() => OCI_MANIFEST,
        None => return Err(client.unsupported(what, "of an unknown media type")),
    };
    let kind = match (is_index(media_type), body.manifests, body.config) {
        (true, Some(manifests), _) if manifests.is_cut => {
            return Err(client.unexpected(what, &format!("an index of more than {INDEX_MAX_MANIFESTS} manifests")));
        }
        (true, Some(manifests), _) => Kind::Index(manifests.items),
        (false, _, Some(config)) => Kind::Image(config),
        _ => return Err(client.unexpected(what, "a manifest without its main part")),
    };
    let descriptors = match &kind {
        Kind::Index(manifests) => manifests.as_slice(),
        Kind::Image(config) => std::slice::from_ref(config),
    };
    if descriptors.iter().any(|descriptor| !content::is_digest(&descriptor.digest)) {
        return Err(client.unexpected(what, "a manifest that names something by no digest"));
    }
    Ok((media_type, kind))
}

/// The digest in the header of an answer, which must be the one that was asked for, if one was.
fn digest_in(
    client: &Client,
    response: &Response,
    what: &str,
    reference: &str,
) -> Result<Option<String>, RegistryError> {
    let Some(digest) = response.header("Docker-Content-Digest").map(str::trim) else { return Ok(None) };
    if !content::is_digest(digest) {
        return Err(client.unexpected(what, "a digest that is none"));
    }
    if reference.contains(':') && reference != digest && same_algorithm(reference, digest) {
        return Err(client.unexpected(what, "another digest than the one asked for"));
    }
    Ok(Some(digest.to_owned()))
}

/// Takes `null` for what is left out.
fn or_default<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

fn same_algorithm(one: &str, other: &str) -> bool {
    one.split(':').next() == other.split(':').next()
}

fn known(media_type: &str) -> Option<&'static str> {
    [OCI_INDEX, DOCKER_LIST, OCI_MANIFEST, DOCKER_MANIFEST].into_iter().find(|known| *known == media_type)
}

fn is_schema_1(media_type: &str) -> bool {
    matches!(media_type, DOCKER_SCHEMA_1 | DOCKER_SCHEMA_1_SIGNED)
}
