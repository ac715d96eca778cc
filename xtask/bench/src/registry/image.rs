//! Tiny images: enough for an engine to take them for real ones.

use std::sync::Arc;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::failure::Failure;

pub(super) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const BLOB: &str = "application/octet-stream";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// When every image was made.
const CREATED: &str = "2026-01-01T00:00:00Z";
/// The platforms of every image. Only the one of this machine can be pulled.
const ARCHITECTURES: [&str; 3] = ["amd64", "arm64", "arm"];

/// Something that is known by its digest.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    pub(crate) digest: String,
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
}

impl Blob {
    fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let digest = digest(&bytes);
        Self { digest, media_type, bytes }
    }

    fn json(media_type: &'static str, value: &Value) -> Self {
        Self::new(media_type, value.to_string())
    }

    fn descriptor(&self, media_type: &str) -> Value {
        json!({ "mediaType": media_type, "digest": self.digest, "size": self.bytes.len() })
    }
}

pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// The layer that all images share.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    blob: Arc<Blob>,
    diff_id: String,
}

impl Layer {
    pub(super) fn new() -> Result<Self, Failure> {
        let failed = || Failure::of("could not pack the images' layer");
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(0);
        header.set_mode(0o644);
        tar.append_data(&mut header, "empty", std::io::empty()).map_err(failed())?;
        let packed = tar.into_inner().map_err(failed())?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut gzip, &packed).map_err(failed())?;
        let blob = Blob::new(BLOB, gzip.finish().map_err(failed())?);
        Ok(Self { blob: Arc::new(blob), diff_id: digest(&packed) })
    }
}

/// An index, and all that is below it for this machine's platform.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) index: Blob,
    pub(super) manifest: Blob,
    pub(super) config: Blob,
    pub(super) layer: Arc<Blob>,
}

impl Image {
    /// The image of `repository` that calls itself `version`.
    pub(super) fn new(repository: &str, version: &str, layer: &Layer) -> Self {
        let own = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let members = ARCHITECTURES.map(|architecture| {
            let config = config(repository, version, architecture, layer);
            let manifest = json!({
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config.descriptor(CONFIG),
                "layers": [layer.blob.descriptor(LAYER)],
                "annotations": { "org.opencontainers.image.version": version },
            });
            (architecture, Blob::json(MANIFEST, &manifest), config)
        });
        let mut manifests: Vec<Value> = members.iter().map(|(name, manifest, _)| member(manifest, name)).collect();
        // Build tools add one for each platform that says where it comes from.
        manifests.extend(members.iter().map(|(_, manifest, _)| attestation(manifest)));
        let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": manifests });
        let [first, second, third] = members;
        let (_, manifest, config) =
            [second, third].into_iter().fold(first, |chosen, other| if other.0 == own { other } else { chosen });
        Self { index: Blob::json(INDEX, &index), manifest, config, layer: Arc::clone(&layer.blob) }
    }
}

fn config(repository: &str, version: &str, architecture: &str, layer: &Layer) -> Blob {
    let config = json!({
        "architecture": architecture,
        "os": "linux",
        "created": CREATED,
        "config": {
            "Cmd": ["/empty"],
            "Labels": {
                "org.opencontainers.image.title": repository,
                "org.opencontainers.image.version": version,
            },
        },
        "rootfs": { "type": "layers", "diff_ids": [layer.diff_id] },
    });
    Blob::json(BLOB, &config)
}

fn member(manifest: &Blob, architecture: &str) -> Value {
    let mut descriptor = manifest.descriptor(MANIFEST);
    descriptor["platform"] = match architecture {
        "arm" => json!({ "architecture": "arm", "os": "linux", "variant": "v7" }),
        other => json!({ "architecture": other, "os": "linux" }),
    };
    descriptor
}

fn attestation(manifest: &Blob) -> Value {
    let name = digest(format!("attestation of {}", manifest.digest).as_bytes());
    json!({
        "mediaType": MANIFEST,
        "digest": name,
        "size": 566,
        "annotations": {
            "vnd.docker.reference.digest": manifest.digest,
            "vnd.docker.reference.type": "attestation-manifest",
        },
        "platform": { "architecture": "unknown", "os": "unknown" },
    })
}
