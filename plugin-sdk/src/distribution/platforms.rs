//! The platforms that a manifest or an index is built for.

use super::manifest::{self, Descriptor, Kind, Manifest, PlatformWords};
use super::{Client, MANIFEST_MAX_BYTES, content};
use crate::http::{self, Method, Response, Url};
use crate::log;
use crate::registry::{Platform, PlatformImage, RegistryError};

/// How many manifests are read because an index does not say their platform, or because they are indexes themselves.
/// Usual indexes need none; an index made to cost requests gets no further.
const LOOKUPS_MAX: usize = 16;

/// How many redirects of a blob are followed: registries send to their storage in one step, a few in two.
const BLOB_REDIRECTS_MAX: usize = 3;

/// The platforms of `manifest`, in its order, each image once.
pub(super) fn of(client: &Client, manifest: &Manifest) -> Result<Vec<PlatformImage>, RegistryError> {
    let mut found = Found { client, images: Vec::new(), lookups: 0 };
    match &manifest.kind {
        Kind::Image(config) => found.add_image(&manifest.digest, config)?,
        Kind::Index(manifests) => {
            found.add_all(manifests, Depth::Outer)?;
            if found.images.is_empty() {
                return Err(client.unsupported(&client.reference_words(&manifest.digest), "an index without images"));
            }
        }
    }
    Ok(found.images)
}

/// Where an index stands: one inside another is read, a third one is not.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    Outer,
    Nested,
}

struct Found<'a> {
    client: &'a Client,
    images: Vec<PlatformImage>,
    lookups: usize,
}

impl Found<'_> {
    fn add_all(&mut self, manifests: &[Descriptor], depth: Depth) -> Result<(), RegistryError> {
        for descriptor in manifests.iter().filter(|descriptor| !is_attestation(descriptor)) {
            match &descriptor.platform {
                Some(words) if words.is_complete() && !manifest::is_index(&descriptor.media_type) => {
                    self.push(&descriptor.digest, words);
                }
                Some(_) | None => match self.look_up(descriptor, depth) {
                    // An index may list other things beside its images.
                    Err(RegistryError::Unsupported(why)) => log::debug(why),
                    result => result?,
                },
            }
        }
        Ok(())
    }

    fn look_up(&mut self, descriptor: &Descriptor, depth: Depth) -> Result<(), RegistryError> {
        let what = self.client.reference_words(&descriptor.digest);
        if self.lookups == LOOKUPS_MAX {
            return Err(self.client.unexpected(&what, "an index that does not say its platforms"));
        }
        self.lookups += 1;
        let manifest = manifest::get(self.client, &descriptor.digest)?;
        match (&manifest.kind, depth) {
            (Kind::Image(config), _) => self.add_image(&manifest.digest, config),
            (Kind::Index(manifests), Depth::Outer) => self.add_all(manifests, Depth::Nested),
            (Kind::Index(_), Depth::Nested) => Err(self.client.unsupported(&what, "an index in an index in an index")),
        }
    }

    fn add_image(&mut self, digest: &str, config: &Descriptor) -> Result<(), RegistryError> {
        let what = format!("the configuration of {}", self.client.reference_words(digest));
        let response = blob(self.client, &config.digest, &what)?;
        if !content::matches(&response.body, &config.digest) {
            return Err(self.client.unexpected(&what, "a blob that does not match its digest"));
        }
        // Other things than images have manifests too: charts, signatures. Their configurations name no platform.
        let words: PlatformWords = response.json().unwrap_or_default();
        if !words.is_complete() {
            return Err(self.client.unsupported(&what, "not that of an image"));
        }
        self.push(digest, &words);
        Ok(())
    }

    fn push(&mut self, digest: &str, words: &PlatformWords) {
        let platform = Platform {
            os: words.os.clone(),
            architecture: words.architecture.clone(),
            variant: words.variant.clone().filter(|variant| !variant.is_empty()),
            os_version: words.os_version.clone().filter(|version| !version.is_empty()),
        };
        let image = PlatformImage { platform, digest: digest.to_owned() };
        if !self.images.contains(&image) {
            self.images.push(image);
        }
    }
}

/// What BuildKit adds beside the images: provenance, bills of materials.
fn is_attestation(descriptor: &Descriptor) -> bool {
    let unknown =
        descriptor.platform.as_ref().is_some_and(|words| words.os == "unknown" && words.architecture == "unknown");
    unknown || descriptor.annotations.reference_type.as_deref() == Some("attestation-manifest")
}

/// Reads a blob. Registries may keep blobs elsewhere and redirect there; since its digest is verified, what comes from
/// there is as good as from the registry. Whether the plugin may reach that place is the host's decision.
fn blob(client: &Client, digest: &str, what: &str) -> Result<Response, RegistryError> {
    let mut url = Url::parse(&client.url(&format!("blobs/{digest}")))?;
    for _ in 0..=BLOB_REDIRECTS_MAX {
        let response = match client.request(Method::Get, url.to_string()).max_body_bytes(MANIFEST_MAX_BYTES).send() {
            Ok(response) => response,
            Err(http::Error::Refused { host }) if url.authority != client.endpoint.authority => {
                return Err(RegistryError::Unsupported(format!("{what} is kept at `{host}`, which is not granted")));
            }
            Err(error) => return Err(error.into()),
        };
        if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
            return client.check(response, what);
        }
        let Some(target) = response.header("Location").and_then(|location| redirect_target(&url, location)) else {
            return Err(client.unexpected(what, "a redirect to nowhere"));
        };
        url = target;
    }
    Err(client.unexpected(what, "one redirect after another"))
}

/// Where a redirect leads. Never from `https` to `http`.
fn redirect_target(from: &Url, location: &str) -> Option<Url> {
    let target = if location.starts_with('/') && !location.starts_with("//") {
        Url::parse(&format!("{}{location}", from.origin()))
    } else {
        Url::parse(location)
    };
    target.ok().filter(|target| target.scheme == http::Scheme::Https || from.scheme == http::Scheme::Http)
}
