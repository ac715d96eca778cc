use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Largest `config.json` that is read, in bytes. Real ones have a few hundred.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// User and password for one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// The user's name.
    pub user: String,
    /// The password or access token.
    pub password: Secret,
}

/// Credentials from Docker's `config.json`, read again whenever the file changes.
///
/// Of the file, `auths` is used: entries with `auth` (base64 of `user:password`) or with `username` and `password`.
/// Credential helpers and identity tokens are not.
#[derive(Debug, Default)]
pub struct DockerConfig {
    path: Option<PathBuf>,
    read: Mutex<Option<ReadFile>>,
}

#[derive(Debug)]
struct ReadFile {
    modified: Option<SystemTime>,
    size_bytes: u64,
    entries: Arc<BTreeMap<String, Entry>>,
}

/// Docker's credentials cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("could not use the credentials in `{}`: {problem}", path.display())]
pub struct DockerConfigError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it, without anything of its content.
    pub problem: String,
}

impl DockerConfig {
    /// Uses the file at `path`. If there is no such file, there are no credentials.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: Some(path.into()), read: Mutex::new(None) }
    }

    /// Has no credentials for any registry.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// The credentials for `registry` (`docker.io`, `localhost:5000`). Absent: it is asked anonymously.
    ///
    /// # Errors
    ///
    /// When the file or the registry's entry in it is broken. The error names the file.
    pub fn credentials_for(&self, registry: &str) -> Result<Option<Credentials>, DockerConfigError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let error = |problem: String| DockerConfigError { path: path.clone(), problem };
        let entries = self.entries(path).map_err(error)?;
        let Some(entry) = entries.get(&normalise(registry)) else {
            return Ok(None);
        };
        entry.credentials().map_err(|problem| error(format!("the entry for `{registry}` {problem}")))
    }

    fn entries(&self, path: &Path) -> Result<Arc<BTreeMap<String, Entry>>, String> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(error.to_string()),
        };
        let (modified, size_bytes) = (metadata.modified().ok(), metadata.len());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = read.as_ref().filter(|file| file.modified == modified && file.size_bytes == size_bytes) {
            return Ok(Arc::clone(&file.entries));
        }
        let entries = Arc::new(read_file(path)?);
        *read = Some(ReadFile { modified, size_bytes, entries: Arc::clone(&entries) });
        Ok(entries)
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
}

#[derive(Clone, Deserialize)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Entry {
    fn credentials(&self) -> Result<Option<Credentials>, &'static str> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if filled(&self.identitytoken).is_some() {
            tracing::warn!("Docker's configuration has an identity token for a registry, which is not supported yet");
            return Ok(None);
        }
        if let Some(encoded) = filled(&self.auth) {
            let bytes = STANDARD.decode(encoded.trim()).map_err(|_| "has an `auth` that is not base64")?;
            let text = String::from_utf8(bytes).map_err(|_| "has an `auth` that is not UTF-8")?;
            // Docker itself pads with NUL bytes.
            let (user, password) = text
                .trim_end_matches('\0')
                .split_once(':')
                .ok_or("has an `auth` without `:` between user and password")?;
            return Ok(Some(Credentials { user: user.to_owned(), password: Secret::new(password) }));
        }
        Ok(filled(&self.username).map(|user| {
            let password = Secret::new(self.password.clone().unwrap_or_default());
            Credentials { user, password }
        }))
    }
}

fn read_file(path: &Path) -> Result<BTreeMap<String, Entry>, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > FILE_MAX_BYTES {
        return Err(format!("it is larger than {FILE_MAX_BYTES} bytes"));
    }
    // Only the place: the library's own text may quote what stands there.
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| format!("it is not valid at line {}, column {}", error.line(), error.column()))?;
    Ok(file.auths.into_iter().map(|(key, entry)| (normalise(&key), entry)).collect())
}

/// Brings the ways in which a registry is written as a key to one: `https://index.docker.io/v1/` is `docker.io`.
fn normalise(key: &str) -> String {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let host = key.split('/').next().unwrap_or(key).to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | "registry-1.docker.io" => "docker.io".to_owned(),
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldDp3aXRoOmNvbG9ucw=="},
            "https://ghcr.io/v2/": {"username": "octo", "password": "cat"},
            "localhost:5000": {"auth": "dGVzdGVyOnMzY3JldA=="},
            "broken.example": {"auth": "%%%"},
            "token.example": {"auth": "dGVzdGVyOg==", "identitytoken": "eyJ"},
            "helper.example": {}
        },
        "credsStore": "desktop"
    }"#;

    fn written(text: &str) -> (tempfile::TempDir, DockerConfig) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, text).unwrap();
        (folder, DockerConfig::at(path))
    }

    #[test]
    fn finds_credentials_under_every_key() {
        let (_folder, config) = written(FILE);
        let check = |registry: &str, expected: Option<(&str, &str)>| {
            let found = config.credentials_for(registry).unwrap();
            let found = found.as_ref().map(|found| (found.user.as_str(), found.password.expose()));
            assert_eq!(found, expected, "{registry}");
        };
        check("docker.io", Some(("hub", "secret:with:colons")));
        check("ghcr.io", Some(("octo", "cat")));
        check("localhost:5000", Some(("tester", "s3cret")));
        check("localhost", None);
        check("token.example", None);
        check("helper.example", None);
        check("quay.io", None);
    }

    #[test]
    fn what_is_broken_is_named_and_not_shown() {
        let (folder, config) = written(FILE);
        let text = config.credentials_for("broken.example").unwrap_err().to_string();
        assert!(text.contains("config.json") && text.contains("broken.example"), "{text}");
        std::fs::write(folder.path().join("config.json"), r#"{"auths": {"a": "s3cret"}}"#).unwrap();
        let text = config.credentials_for("a").unwrap_err().to_string();
        assert!(text.contains("config.json") && text.contains("line 1") && !text.contains("s3cret"), "{text}");
        let found = Credentials { user: "tester".to_owned(), password: Secret::new("s3cret") };
        assert_eq!(format!("{found:?}"), r#"Credentials { user: "tester", password: *** }"#);
    }

    #[test]
    fn a_changed_file_is_read_again() {
        let (folder, config) = written(FILE);
        assert!(config.credentials_for("quay.io").unwrap().is_none());
        std::fs::write(folder.path().join("config.json"), r#"{"auths":{"quay.io":{"auth":"YTpi"}}}"#).unwrap();
        assert_eq!(config.credentials_for("quay.io").unwrap().unwrap().user, "a");
        std::fs::remove_file(folder.path().join("config.json")).unwrap();
        assert!(config.credentials_for("quay.io").unwrap().is_none());
        assert!(DockerConfig::none().credentials_for("quay.io").unwrap().is_none());
    }
}
