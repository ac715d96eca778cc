//! `dockrev check --image` with a data folder, a configuration and logins of its own, and no engine.

use crate::stage::{data_folder, plugin_dir};
use dockrev_testkit::Credentials;
use serde_json::{Value, json};
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How often a running check's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

pub(crate) struct Desk {
    folder: TempDir,
    plugins: PathBuf,
    environment: Vec<(String, String)>,
}

/// A check that is still at it by then does not end by itself, however slow the machine is.
const HANGS_AFTER: Duration = Duration::from_secs(15 * 60);

/// What a check said, and what it took.
pub(crate) struct Checked {
    pub(crate) out: String,
    pub(crate) err: String,
    /// The most memory that it had at once.
    pub(crate) peak_kib: u64,
    document: Value,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { folder: data_folder(), plugins: plugin_dir(), environment: Vec::new() }
    }

    /// With this `dockrev.toml`.
    pub(crate) fn config(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("dockrev.toml"), text).unwrap();
        self
    }

    /// With these logins in Docker's `config.json`, each under the host's name.
    pub(crate) fn logins(self, logins: &[(String, Credentials)]) -> Self {
        let entry = |known: &Credentials| json!({ "username": known.user, "password": known.password });
        let auths: Value =
            logins.iter().map(|(host, known)| (host.clone(), entry(known))).collect::<serde_json::Map<_, _>>().into();
        std::fs::write(self.folder.path().join("config.json"), json!({ "auths": auths }).to_string()).unwrap();
        self
    }

    /// With an identity token for `host` in Docker's `config.json`, as `az acr login` leaves it there.
    pub(crate) fn identity_token(self, host: &str, token: &str) -> Self {
        let entry = json!({ "username": "00000000-0000-0000-0000-000000000000", "identitytoken": token });
        std::fs::write(self.folder.path().join("config.json"), json!({ "auths": { host: entry } }).to_string())
            .unwrap();
        self
    }

    /// With these variables, and none of those before.
    pub(crate) fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }

    /// With these plugins of those that come with Dockrev.
    pub(crate) fn plugins(mut self, ids: &[&str]) -> Self {
        let folder = self.folder.path().join("some-plugins");
        if folder.exists() {
            std::fs::remove_dir_all(&folder).unwrap();
        }
        std::fs::create_dir(&folder).unwrap();
        for id in ids {
            std::os::unix::fs::symlink(plugin_dir().canonicalize().unwrap().join(id), folder.join(id)).unwrap();
        }
        self.plugins = folder;
        self
    }

    /// Where it is remembered which registry was recognised by which adapter.
    pub(crate) fn adapters_file(&self) -> PathBuf {
        self.folder.path().join("cache/adapters.json")
    }

    /// The program with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dockrev"));
        command.args(arguments);
        // Whoever runs the tests may be behind a proxy.
        for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        command
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .env("DOCKREV_DATA_DIR", self.folder.path())
            .env("DOCKREV_DOCKER_CONFIG", self.folder.path())
            .env("DOCKREV_PLUGIN_DIR", &self.plugins)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    #[track_caller]
    pub(crate) fn check(&self, images: &[&str]) -> Checked {
        let mut command = self.command(&["check", "--json"]);
        command.args(images.iter().flat_map(|image| ["--image", image]));
        let began = Instant::now();
        let mut child = command.spawn().expect("dockrev starts");
        let read = |mut pipe: Box<dyn Read + Send>| {
            std::thread::spawn(move || {
                let mut text = String::new();
                pipe.read_to_string(&mut text).map(|_| text)
            })
        };
        let (out, err) = (read(Box::new(child.stdout.take().unwrap())), read(Box::new(child.stderr.take().unwrap())));
        let mut peak_kib = 0;
        let status = loop {
            peak_kib = peak_kib.max(peak_of(child.id()));
            match child.try_wait().unwrap() {
                Some(status) => break status,
                None if began.elapsed() > HANGS_AFTER => {
                    child.kill().unwrap();
                    panic!("the check does not end");
                }
                None => std::thread::sleep(LOOK_EVERY),
            }
        };
        let (out, err) = (out.join().unwrap().unwrap(), err.join().unwrap().unwrap());
        assert!(status.success(), "{status}\n{out}\n{err}");
        let document = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}\n{err}"));
        Checked { out, err, peak_kib, document }
    }
}

impl Checked {
    /// What was said of one image.
    #[track_caller]
    pub(crate) fn entry(&self, image: &str) -> &Value {
        crate::stage::entry(&self.document, image)
    }

    /// What is said of how much a registry still allows.
    pub(crate) fn limit(&self, host: &str) -> &Value {
        &self.document["effort"]["limits"][host]
    }

    /// What is said of the adapter that served a registry.
    pub(crate) fn served(&self, registry: &str) -> &Value {
        &self.document["registries"][registry]
    }
}

/// The most memory that a process had at once, in KiB.
fn peak_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
