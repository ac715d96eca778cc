use crate::credential_helper::{self, HelperSettings};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// Largest `config.json` that is read, in bytes. Real ones have a few hundred.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// How long a helper's answer is used, even if it is a failure, before the helper is asked again.
const HELPER_ANSWER_KEPT: Duration = Duration::from_secs(60);
/// Helpers' answers that are kept before all are thrown away.
const HELPER_ANSWERS_MAX: usize = 256;
/// Under which name helpers keep what is for Docker Hub.
const DOCKER_HUB_SERVER: &str = "https://index.docker.io/v1/";

/// What a registry, or its token server, is told of who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// A user and a password.
    Password(Credentials),
    /// A token that the token server takes instead (the `identitytoken` of `docker login`).
    IdentityToken(Secret),
}

impl Login {
    /// The user's name; for an identity token, what helpers have in its place.
    pub(crate) fn user(&self) -> &str {
        match self {
            Self::Password(credentials) => &credentials.user,
            Self::IdentityToken(_) => credential_helper::TOKEN_USER,
        }
    }

    /// What proves it: the password or the token.
    pub(crate) fn secret(&self) -> &Secret {
        match self {
            Self::Password(credentials) => &credentials.password,
            Self::IdentityToken(token) => token,
        }
    }
}

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
/// As in Docker, a helper in `credHelpers` comes before the one in `credsStore`, and that before `auths`; one that has
/// nothing for a registry has the last word. In `auths`, entries are used that have `identitytoken`, `auth` (base64 of
/// `user:password`), or `username` and `password`.
#[derive(Debug, Default)]
pub struct DockerConfig {
    path: Option<PathBuf>,
    helpers: HelperSettings,
    read: Mutex<Option<ReadFile>>,
    answers: Mutex<HashMap<HelperQuestion, HelperAnswer>>,
    /// Held while a helper runs: whoever comes meanwhile finds its answer.
    asking: Mutex<()>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct HelperQuestion {
    helper: String,
    server: String,
}

#[derive(Clone, Debug)]
struct HelperAnswer {
    at: Instant,
    answer: Result<Option<Login>, String>,
}

/// Where a registry's login is.
enum Place {
    Known(Option<Login>),
    Helper(HelperQuestion),
}

#[derive(Debug)]
struct ReadFile {
    modified: Option<SystemTime>,
    size_bytes: u64,
    contents: Arc<Contents>,
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
        Self { path: Some(path.into()), ..Self::default() }
    }

    /// Runs helpers like this.
    #[must_use]
    pub fn with_helpers(self, helpers: HelperSettings) -> Self {
        Self { helpers, ..self }
    }

    /// Has no credentials for any registry.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// User and password for `registry` (`docker.io`, `localhost:5000`). Absent: it is asked anonymously.
    ///
    /// Blocks while a credential helper runs. An identity token is no password: whoever can use one asks for
    /// [`Self::login_for`].
    ///
    /// # Errors
    ///
    /// As [`Self::login_for`].
    pub fn credentials_for(&self, registry: &str) -> Result<Option<Credentials>, DockerConfigError> {
        match self.login_for(registry)? {
            Some(Login::Password(credentials)) => Ok(Some(credentials)),
            Some(Login::IdentityToken(_)) => {
                tracing::warn!("there is an identity token for `{registry}`, and no password");
                Ok(None)
            }
            None => Ok(None),
        }
    }

    /// The login for `registry` (`docker.io`, `localhost:5000`). Absent: it is asked anonymously.
    ///
    /// Blocks while a credential helper runs.
    ///
    /// # Errors
    ///
    /// When the file or the registry's entry in it is broken, or a helper fails. The error names the file.
    pub fn login_for(&self, registry: &str) -> Result<Option<Login>, DockerConfigError> {
        match self.place_of(registry)? {
            Place::Known(login) => Ok(login),
            Place::Helper(question) => self.ask(&question),
        }
    }

    /// As [`Self::login_for`], without blocking.
    pub(crate) async fn login(self: &Arc<Self>, registry: &str) -> Result<Option<Login>, DockerConfigError> {
        let question = match self.place_of(registry)? {
            Place::Known(login) => return Ok(login),
            Place::Helper(question) => question,
        };
        if let Some(answer) = self.answered(&question) {
            return self.named(&question, answer);
        }
        let config = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || config.ask(&question)).await;
        asked.unwrap_or_else(|error| Err(self.error(format!("asking a credential helper ended: {error}"))))
    }

    fn place_of(&self, registry: &str) -> Result<Place, DockerConfigError> {
        let Some(path) = &self.path else {
            return Ok(Place::Known(None));
        };
        let contents = self.contents(path).map_err(|problem| self.error(problem))?;
        let Some(host) = normalise(registry) else { return Ok(Place::Known(None)) };
        if let Some(helper) = contents.helpers.get(&host).or(contents.store.as_ref()) {
            let server = if host == "docker.io" { DOCKER_HUB_SERVER.to_owned() } else { host };
            return Ok(Place::Helper(HelperQuestion { helper: helper.clone(), server }));
        }
        let login = contents.auths.get(&host).map(Entry::login).transpose();
        let login = login.map_err(|problem| self.error(format!("the entry for `{registry}` {problem}")))?;
        Ok(Place::Known(login.flatten()))
    }

    fn ask(&self, question: &HelperQuestion) -> Result<Option<Login>, DockerConfigError> {
        let _asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = self.answered(question).unwrap_or_else(|| {
            let answer = credential_helper::ask(&question.helper, &question.server, &self.helpers);
            let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
            if answers.len() >= HELPER_ANSWERS_MAX {
                answers.clear();
            }
            answers.insert(question.clone(), HelperAnswer { at: Instant::now(), answer: answer.clone() });
            answer
        });
        self.named(question, answer)
    }

    fn answered(&self, question: &HelperQuestion) -> Option<Result<Option<Login>, String>> {
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let known = answers.get(question).filter(|known| known.at.elapsed() < HELPER_ANSWER_KEPT)?;
        Some(known.answer.clone())
    }

    fn named(
        &self,
        question: &HelperQuestion,
        answer: Result<Option<Login>, String>,
    ) -> Result<Option<Login>, DockerConfigError> {
        let HelperQuestion { helper, server } = question;
        answer.map_err(|problem| self.error(format!("`docker-credential-{helper}`, asked for `{server}`, {problem}")))
    }

    fn error(&self, problem: String) -> DockerConfigError {
        DockerConfigError { path: self.path.clone().unwrap_or_default(), problem }
    }

    fn contents(&self, path: &Path) -> Result<Arc<Contents>, String> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(error.to_string()),
        };
        let (modified, size_bytes) = (metadata.modified().ok(), metadata.len());
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = read.as_ref().filter(|file| file.modified == modified && file.size_bytes == size_bytes) {
            return Ok(Arc::clone(&file.contents));
        }
        let contents = Arc::new(read_file(path)?);
        *read = Some(ReadFile { modified, size_bytes, contents: Arc::clone(&contents) });
        // Somebody logged in or out.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(contents)
    }
}

/// What is used of the file, by registry.
#[derive(Debug, Default)]
struct Contents {
    auths: BTreeMap<String, Entry>,
    helpers: BTreeMap<String, String>,
    store: Option<String>,
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default, rename = "credHelpers")]
    helpers: BTreeMap<String, String>,
    #[serde(default, rename = "credsStore")]
    store: String,
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
    fn login(&self) -> Result<Option<Login>, &'static str> {
        let filled = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        if let Some(token) = filled(&self.identitytoken) {
            return Ok(Some(Login::IdentityToken(Secret::new(token))));
        }
        if let Some(encoded) = filled(&self.auth) {
            let bytes = STANDARD.decode(encoded.trim()).map_err(|_| "has an `auth` that is not base64")?;
            let text = String::from_utf8(bytes).map_err(|_| "has an `auth` that is not UTF-8")?;
            // Docker itself pads with NUL bytes.
            let (user, password) = text
                .trim_end_matches('\0')
                .split_once(':')
                .ok_or("has an `auth` without `:` between user and password")?;
            let (user, password) = (user.to_owned(), Secret::new(password));
            return Ok(Some(Login::Password(Credentials { user, password })));
        }
        Ok(filled(&self.username).map(|user| {
            let password = Secret::new(self.password.clone().unwrap_or_default());
            Login::Password(Credentials { user, password })
        }))
    }
}

fn read_file(path: &Path) -> Result<Contents, String> {
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > FILE_MAX_BYTES {
        return Err(format!("it is larger than {FILE_MAX_BYTES} bytes"));
    }
    // Only the place: the library's own text may quote what stands there.
    let file: File = serde_json::from_slice(&text)
        .map_err(|error| format!("it is not valid at line {}, column {}", error.line(), error.column()))?;
    Ok(Contents {
        auths: file.auths.into_iter().filter_map(|(key, entry)| Some((normalise(&key)?, entry))).collect(),
        helpers: file.helpers.into_iter().filter_map(|(key, helper)| Some((normalise(&key)?, helper))).collect(),
        store: Some(file.store).filter(|store| !store.is_empty()),
    })
}

/// Brings the ways in which a registry is written as a key to one: `https://index.docker.io/v1/` is `docker.io`. Keys of
/// something else than a whole registry are none: Docker keeps the tokens of its web login as `.../v1/refresh-token`.
fn normalise(key: &str) -> Option<String> {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    if !matches!(path.trim_end_matches('/'), "" | "v1" | "v2") {
        return None;
    }
    let host = host.to_ascii_lowercase();
    match host.as_str() {
        "index.docker.io" | "registry-1.docker.io" => Some("docker.io".to_owned()),
        _ => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"{
        "auths": {
            "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldDp3aXRoOmNvbG9ucw=="},
            "https://index.docker.io/v1/access-token": {"username": "hub", "password": "eyJ-access"},
            "https://index.docker.io/v1/refresh-token": {"username": "hub", "password": "v1.refresh"},
            "https://ghcr.io/v2/": {"username": "octo", "password": "cat"},
            "localhost:5000": {"auth": "dGVzdGVyOnMzY3JldA=="},
            "broken.example": {"auth": "%%%"},
            "token.example": {"auth": "dGVzdGVyOg==", "identitytoken": "eyJ"},
            "helper.example": {}
        },
        "credHelpers": {}
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
        assert_eq!(config.login_for("token.example").unwrap(), Some(Login::IdentityToken(Secret::new("eyJ"))));
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
