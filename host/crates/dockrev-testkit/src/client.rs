mod authentication;

pub use authentication::Credentials;

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::{self, Method};

use crate::image::digest;
use crate::{Architecture, Blob, Error, Format, Image};

/// Longest wait for any single answer of a registry.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Largest answer that is read, in bytes.
const ANSWER_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Most of a refusal that an error repeats, in characters.
const REFUSAL_MAX_CHARS: usize = 300;

/// What a manifest may be, in the `Accept` header's words.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

/// Whether an index has the entry that build tools add for where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attestation {
    /// It has none.
    Without,
    /// It has one, with the platform `unknown/unknown`: never to be taken for an image.
    With,
}

/// What a registry has after a push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The manifest's or index's digest: what a tag points to.
    pub digest: String,
    /// The digest of the image's configuration, which most engines call the image's id. Empty for an index.
    pub config_digest: String,
    media_type: String,
    size: usize,
    architecture: Option<Architecture>,
}

/// Puts images into a registry and moves its tags, by the registry's HTTP API alone.
#[derive(Debug)]
pub struct Client {
    base: String,
    agent: ureq::Agent,
    credentials: Option<Credentials>,
    authorization: Mutex<Option<String>>,
}

impl Client {
    /// A client for the registry at `base`, such as `http://127.0.0.1:5000`.
    pub fn new(base: &str, credentials: Option<Credentials>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_LIMIT))
            .proxy(None)
            .build();
        Self { base: base.to_owned(), agent: config.new_agent(), credentials, authorization: Mutex::new(None) }
    }

    /// Pushes `image` as `repository:tag`.
    pub fn push(&self, repository: &str, tag: &str, image: &Image) -> Result<Pushed, Error> {
        self.push_as(repository, Some(tag), image)
    }

    /// Pushes `image` so that only its digest names it, as the members of an index are.
    pub fn push_untagged(&self, repository: &str, image: &Image) -> Result<Pushed, Error> {
        self.push_as(repository, None, image)
    }

    /// Pushes an index of `members` as `repository:tag`.
    pub fn push_index(
        &self,
        repository: &str,
        tag: &str,
        members: &[Pushed],
        attestation: Attestation,
    ) -> Result<Pushed, Error> {
        let mut manifests: Vec<Value> = members.iter().map(Pushed::descriptor).collect();
        if let (Attestation::With, Some(first)) = (attestation, members.first()) {
            let mut entry = first.descriptor();
            entry["platform"] = json!({ "architecture": "unknown", "os": "unknown" });
            entry["annotations"] = json!({
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": first.digest,
            });
            manifests.push(entry);
        }
        let docker = members.iter().any(|member| member.media_type.contains("docker"));
        let media_type = MediaTypes::of(if docker { Format::Docker } else { Format::Oci }).index;
        let index = json!({ "schemaVersion": 2, "mediaType": media_type, "manifests": manifests });
        let (digest, size) = self.put_manifest(repository, tag, media_type, index.to_string().as_bytes())?;
        Ok(Pushed { digest, config_digest: String::new(), media_type: media_type.to_owned(), size, architecture: None })
    }

    /// Points `repository:to` at what `repository:from` is, whether `to` exists or not, and gives the digest.
    pub fn copy_tag(&self, repository: &str, from: &str, to: &str) -> Result<String, Error> {
        let (media_type, manifest) = self.manifest(repository, from)?;
        Ok(self.put_manifest(repository, to, &media_type, &manifest)?.0)
    }

    /// Gives what `repository:from` is `count` more tags, `1.0.0` to `1.<count / 100>.<count % 100>`, for listings
    /// that need several pages.
    pub fn add_many_tags(&self, repository: &str, from: &str, count: u32) -> Result<(), Error> {
        let (media_type, manifest) = self.manifest(repository, from)?;
        for number in 0..count {
            let tag = format!("1.{}.{}", number / 100, number % 100);
            self.put_manifest(repository, &tag, &media_type, &manifest)?;
        }
        Ok(())
    }

    /// The digest that `repository:tag` points to.
    pub fn digest(&self, repository: &str, tag: &str) -> Result<String, Error> {
        Ok(digest(&self.manifest(repository, tag)?.1))
    }

    fn push_as(&self, repository: &str, tag: Option<&str>, image: &Image) -> Result<Pushed, Error> {
        let types = MediaTypes::of(image.format);
        for blob in image.layers.iter().chain([&image.config]) {
            self.put_blob(repository, blob)?;
        }
        let describe = |media_type: &str, blob: &Blob| json!({ "mediaType": media_type, "size": blob.bytes.len(), "digest": blob.digest });
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": types.manifest,
            "config": describe(types.config, &image.config),
            "layers": image.layers.iter().map(|layer| describe(types.layer, layer)).collect::<Vec<_>>(),
        })
        .to_string();
        let name = tag.map_or_else(|| digest(manifest.as_bytes()), str::to_owned);
        let (digest, size) = self.put_manifest(repository, &name, types.manifest, manifest.as_bytes())?;
        Ok(Pushed {
            digest,
            config_digest: image.config.digest.clone(),
            media_type: types.manifest.to_owned(),
            size,
            architecture: Some(image.architecture),
        })
    }

    fn put_blob(&self, repository: &str, blob: &Blob) -> Result<(), Error> {
        let there = self.send(&Method::HEAD, &format!("/v2/{repository}/blobs/{}", blob.digest), &[], None)?;
        if there.status == 200 {
            return Ok(());
        }
        let begun =
            self.send(&Method::POST, &format!("/v2/{repository}/blobs/uploads/"), &[], Some(&[]))?.expect(202)?;
        let place = begun.header("location");
        let separator = if place.contains('?') { '&' } else { '?' };
        let address = format!("{place}{separator}digest={}", blob.digest);
        let content = [("content-type", "application/octet-stream")];
        self.send(&Method::PUT, &address, &content, Some(&blob.bytes))?.expect(201).map(drop)
    }

    fn put_manifest(
        &self,
        repository: &str,
        tag: &str,
        media_type: &str,
        manifest: &[u8],
    ) -> Result<(String, usize), Error> {
        let path = format!("/v2/{repository}/manifests/{tag}");
        self.send(&Method::PUT, &path, &[("content-type", media_type)], Some(manifest))?.expect(201)?;
        Ok((digest(manifest), manifest.len()))
    }

    fn manifest(&self, repository: &str, tag: &str) -> Result<(String, Vec<u8>), Error> {
        let path = format!("/v2/{repository}/manifests/{tag}");
        let answer = self.send(&Method::GET, &path, &[("accept", MANIFESTS)], None)?.expect(200)?;
        Ok((answer.header("content-type"), answer.body))
    }

    /// Sends a request; when the registry asks for authentication, answers it and sends the request again.
    fn send(
        &self,
        method: &Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer, Error> {
        let url = if path.starts_with("http://") { path.to_owned() } else { format!("{}{path}", self.base) };
        let authorization = self.remembered();
        let answer = self.send_once(method, &url, headers, body, authorization.as_deref())?;
        if answer.status != 401 || self.credentials.is_none() {
            return Ok(answer);
        }
        let authorization = self.authenticate(&answer.header("www-authenticate"))?;
        self.remember(authorization.clone());
        self.send_once(method, &url, headers, body, Some(&authorization))
    }

    fn send_once(
        &self,
        method: &Method,
        url: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
        authorization: Option<&str>,
    ) -> Result<Answer, Error> {
        let unreachable = |source: ureq::Error| Error::Unreachable {
            method: method.to_string(),
            url: url.to_owned(),
            source: Box::new(source),
        };
        let mut request = http::Request::builder().method(method).uri(url);
        for (name, value) in headers.iter().copied().chain(authorization.map(|value| ("authorization", value))) {
            request = request.header(name, value);
        }
        let response = match body {
            Some(bytes) => request.body(bytes).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
            None => request.body(()).map_err(ureq::Error::from).and_then(|request| self.agent.run(request)),
        };
        let mut response = response.map_err(unreachable)?;
        let body = response.body_mut().with_config().limit(ANSWER_MAX_BYTES).read_to_vec().map_err(unreachable)?;
        Ok(Answer {
            method: method.to_string(),
            url: url.to_owned(),
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body,
        })
    }
}

impl Pushed {
    fn descriptor(&self) -> Value {
        let mut entry = json!({ "mediaType": self.media_type, "size": self.size, "digest": self.digest });
        if let Some(architecture) = self.architecture {
            entry["platform"] = architecture.platform();
        }
        entry
    }
}

struct Answer {
    method: String,
    url: String,
    status: u16,
    headers: http::HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    /// The answer, if it has this status.
    fn expect(self, status: u16) -> Result<Self, Error> {
        if self.status == status {
            return Ok(self);
        }
        let body = String::from_utf8_lossy(&self.body).chars().take(REFUSAL_MAX_CHARS).collect();
        Err(Error::Answer { method: self.method, url: self.url, status: self.status, body })
    }

    fn header(&self, name: &str) -> String {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    }
}

struct MediaTypes {
    index: &'static str,
    manifest: &'static str,
    config: &'static str,
    layer: &'static str,
}

impl MediaTypes {
    fn of(format: Format) -> Self {
        match format {
            Format::Oci => Self {
                index: "application/vnd.oci.image.index.v1+json",
                manifest: "application/vnd.oci.image.manifest.v1+json",
                config: "application/vnd.oci.image.config.v1+json",
                layer: "application/vnd.oci.image.layer.v1.tar+gzip",
            },
            Format::Docker => Self {
                index: "application/vnd.docker.distribution.manifest.list.v2+json",
                manifest: "application/vnd.docker.distribution.manifest.v2+json",
                config: "application/vnd.docker.container.image.v1+json",
                layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
            },
        }
    }
}
