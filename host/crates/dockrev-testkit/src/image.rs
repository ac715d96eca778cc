mod layer;

pub use layer::busybox;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{Error, LABEL};
use layer::{Entry, Layer};

/// When every image was made, so that the same input gives the same digest.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// The port that an app listens on inside its container.
pub(crate) const APP_PORT: u16 = 8080;

/// What an app does after its container started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Healthy from the start.
    Healthy,
    /// Answers, and its healthcheck fails.
    Unhealthy,
    /// Ends at once with code 3.
    Exit,
    /// `starting` for so many seconds, then healthy; its start period covers them.
    Slow(u32),
    /// As slow, without a start period: `unhealthy` first, healthy later.
    Late(u32),
    /// Healthy for so many seconds, then unhealthy.
    Flaky(u32),
    /// Its healthcheck never returns.
    Hang,
    /// Has no healthcheck.
    NoHealthcheck,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Healthy => write!(f, "healthy"),
            Self::Unhealthy => write!(f, "unhealthy"),
            Self::Exit => write!(f, "exit"),
            Self::Slow(seconds) | Self::Late(seconds) => write!(f, "after:{seconds}"),
            Self::Flaky(seconds) => write!(f, "until:{seconds}"),
            Self::Hang => write!(f, "hang"),
            Self::NoHealthcheck => write!(f, "plain"),
        }
    }
}

/// A processor architecture that an image says it is for. The programs inside are always this machine's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Architecture {
    /// `linux/amd64`.
    Amd64,
    /// `linux/arm64/v8`.
    Arm64,
}

impl Architecture {
    /// This machine's.
    pub fn native() -> Self {
        if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::Amd64 }
    }

    /// One that this machine is not.
    pub fn foreign() -> Self {
        match Self::native() {
            Self::Amd64 => Self::Arm64,
            Self::Arm64 => Self::Amd64,
        }
    }

    /// Its name in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    pub(crate) fn platform(self) -> serde_json::Value {
        match self {
            Self::Amd64 => json!({ "architecture": "amd64", "os": "linux" }),
            Self::Arm64 => json!({ "architecture": "arm64", "os": "linux", "variant": "v8" }),
        }
    }
}

/// Which media types an image is published with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Of the OCI image specification.
    Oci,
    /// Docker's manifest version 2, schema 2.
    Docker,
}

/// A small web application in an image: answers `/version` and `/healthz` on port 8080.
#[derive(Debug, Clone)]
pub struct App {
    version: String,
    mode: Mode,
    architecture: Architecture,
    format: Format,
    labels: BTreeMap<String, String>,
    start_period_s: u32,
    files: BTreeMap<String, File>,
    volumes: Vec<String>,
}

/// A file that an app brings with it.
#[derive(Debug, Clone)]
struct File {
    bytes: Arc<[u8]>,
    mode: u32,
}

/// Mode of a program in an image.
const PROGRAM: u32 = 0o755;

impl App {
    /// An app that calls itself `version` and behaves as `mode` says.
    pub fn new(version: &str, mode: Mode) -> Self {
        let labels = [(LABEL, "test"), ("org.opencontainers.image.version", version)];
        Self {
            version: version.to_owned(),
            mode,
            architecture: Architecture::native(),
            format: Format::Oci,
            labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            // A healthcheck may run once more than the app needs.
            start_period_s: if let Mode::Slow(seconds) = mode { seconds + 10 } else { 0 },
            files: BTreeMap::new(),
            volumes: Vec::new(),
        }
    }

    /// Keeps 200 records below `/data`, written as version `schema` does. Records of an older version are migrated at
    /// the start, those of a newer one, or of several, are refused.
    pub fn records(self, schema: u32) -> Self {
        self.store(include_bytes!("image/records.sh")).file("app/schema", schema.to_string(), 0o644)
    }

    /// Keeps data with the shell script `script`, called with `open` before the app starts and with `check` by its
    /// healthcheck. An app whose data cannot be opened ends with code 4.
    pub fn store(self, script: &[u8]) -> Self {
        self.file("app/store", script, PROGRAM)
    }

    /// Adds a file to the image; `path` is relative to its root.
    pub fn file(mut self, path: &str, bytes: impl AsRef<[u8]>, mode: u32) -> Self {
        self.files.insert(path.to_owned(), File { bytes: bytes.as_ref().into(), mode });
        self
    }

    /// Says that the image is for `architecture`.
    pub fn architecture(mut self, architecture: Architecture) -> Self {
        self.architecture = architecture;
        self
    }

    /// Publishes it with the media types of `format`; OCI's otherwise.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Adds a label to the image, or changes one.
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Declares a volume at `place`, as `VOLUME` in a Dockerfile does.
    pub fn volume(mut self, place: &str) -> Self {
        self.volumes.push(place.to_owned());
        self
    }

    /// Sets the healthcheck's start period in seconds; zero drops it.
    pub fn start_period_s(mut self, seconds: u32) -> Self {
        self.start_period_s = seconds;
        self
    }

    /// Makes the image. The same app gives the same digests.
    pub fn build(&self) -> Result<Image, Error> {
        let mode = self.mode.to_string();
        let mut files = vec![
            Entry::folder("app"),
            Entry::file("app/version", self.version.as_bytes(), 0o644),
            Entry::file("app/mode", mode.as_bytes(), 0o644),
            Entry::file("app/architecture", self.architecture.name().as_bytes(), 0o644),
            Entry::file("app/start", include_bytes!("image/start.sh"), PROGRAM),
            Entry::file("app/health", include_bytes!("image/health.sh"), PROGRAM),
        ];
        files.extend(self.files.iter().map(|(path, file)| Entry::file(path, &file.bytes, file.mode)));
        let layers = vec![layer::base()?, Layer::of(&files)?];
        let mut container = json!({
            "Cmd": ["/app/start"],
            "Env": ["PATH=/bin"],
            "ExposedPorts": { format!("{APP_PORT}/tcp"): {} },
            "Labels": self.labels,
            "WorkingDir": "/",
        });
        if !self.volumes.is_empty() {
            let places = self.volumes.iter().map(|place| (place.clone(), json!({})));
            container["Volumes"] = places.collect::<serde_json::Map<_, _>>().into();
        }
        if self.mode != Mode::NoHealthcheck {
            container["Healthcheck"] = json!({
                "Test": ["CMD", "/app/health"],
                "Interval": 1_000_000_000_u64,
                "Timeout": 1_500_000_000_u64,
                "Retries": 2,
                "StartPeriod": u64::from(self.start_period_s) * 1_000_000_000,
            });
        }
        let mut config = self.architecture.platform();
        config["created"] = json!(CREATED);
        config["config"] = container;
        config["rootfs"] = json!({
            "type": "layers",
            "diff_ids": layers.iter().map(|layer| layer.diff_id.as_str()).collect::<Vec<_>>(),
        });
        config["history"] =
            layers.iter().map(|_| json!({ "created": CREATED, "created_by": "dockrev-testkit" })).collect();
        Ok(Image {
            config: Blob::new(config.to_string().into_bytes()),
            layers: layers.into_iter().map(|layer| layer.blob).collect(),
            architecture: self.architecture,
            format: self.format,
        })
    }
}

/// An image that is ready to be pushed.
#[derive(Debug, Clone)]
pub struct Image {
    pub(crate) config: Blob,
    pub(crate) layers: Vec<Blob>,
    pub(crate) architecture: Architecture,
    pub(crate) format: Format,
}

/// Bytes and their digest.
#[derive(Debug, Clone)]
pub struct Blob {
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) digest: String,
}

impl Blob {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        Self { digest: digest(&bytes), bytes: bytes.into() }
    }
}

/// The digest of `bytes` as registries write it.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold("sha256:".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_app_is_the_same_image() {
        let build = |version: &str| App::new(version, Mode::Healthy).build().unwrap();
        let (one, again, other) = (build("1.0.0"), build("1.0.0"), build("1.0.1"));
        assert_eq!(one.config.digest, again.config.digest);
        assert_eq!(one.layers[1].digest, again.layers[1].digest);
        assert_eq!(one.layers[0].digest, other.layers[0].digest, "the base is shared");
        assert_ne!(one.config.digest, other.config.digest);
    }

    #[test]
    fn digests_are_sha256() {
        assert_eq!(digest(b"abc"), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn start_period_belongs_to_slow_apps() {
        let period = |app: App| {
            let config: serde_json::Value = serde_json::from_slice(&app.build().unwrap().config.bytes).unwrap();
            config["config"]["Healthcheck"]["StartPeriod"].as_u64()
        };
        assert_eq!(period(App::new("1", Mode::Slow(5))), Some(15_000_000_000));
        assert_eq!(period(App::new("1", Mode::Late(5))), Some(0));
        assert_eq!(period(App::new("1", Mode::Slow(5)).start_period_s(0)), Some(0));
        assert_eq!(period(App::new("1", Mode::NoHealthcheck)), None);
    }
}
