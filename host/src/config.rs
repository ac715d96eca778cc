//! Configuration: a file, and the environment above it.

use dockrev_core::settings::{LabelFilter, LabelFilters, SettingsBook, SettingsLayer, catalog};
use dockrev_egress::Proxies;
use file::ConfigFile;
use problems::Problems;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

mod cron;
mod error;
mod file;
mod problems;
mod proxies;
mod server;

pub use error::ConfigError;
pub use file::{PluginConfig, RegistryConfig, SecretSource, WebhookConfig, WebhookKind};
pub use server::{Schedule, ServerConfig, listen_address};

/// Where the engine listens unless `DOCKER_HOST` says otherwise.
const DEFAULT_ENGINE: &str = "unix:///var/run/docker.sock";
/// How Compose is called unless `DOCKREV_COMPOSE_BIN` says otherwise.
const DEFAULT_COMPOSE: &str = "docker-compose";
/// The version policy that is used unless the file names another.
const DEFAULT_POLICY: &str = "policy-same-level";
/// Longest that an answer may be shown without asking again.
const CACHE_TTL_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// Where packages put the plugins that come with Dockrev.
const SYSTEM_PLUGINS: &str = "/usr/lib/dockrev/plugins";

/// The part of the environment that Dockrev reads. Nothing else of it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    variables: BTreeMap<String, OsString>,
    /// Names of others that begin as Dockrev's own do.
    unknown: Vec<String>,
    /// The user's number, where the system tells it.
    user_id: Option<u32>,
    program_dir: Option<PathBuf>,
}

/// Variables of the system that are read beside those that [`catalog`] declares.
const OF_THE_SYSTEM: [&str; 11] = [
    "DOCKER_CONFIG",
    "HOME",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "NO_PROXY",
    "no_proxy",
    "LOGNAME",
    "XDG_DATA_HOME",
    "USER",
];
/// What every variable of Dockrev begins with.
const OWN_VARIABLES: &str = "DOCKREV_";

impl Environment {
    /// That of this process.
    #[must_use]
    pub fn of_process() -> Self {
        let read = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let known = catalog::variables().chain(OF_THE_SYSTEM);
        let variables = known.filter_map(|name| Some((name.to_owned(), read(name)?))).collect();
        let own = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let own =
            own.filter(|name| name.starts_with(OWN_VARIABLES) && !catalog::variables().any(|known| known == name));
        let program_dir = std::env::current_exe().ok().and_then(|path| path.parent().map(Path::to_owned));
        let user_id = std::fs::metadata("/proc/self").ok().map(|own| std::os::unix::fs::MetadataExt::uid(&own));
        Self { variables, unknown: own.collect(), user_id, program_dir }
    }

    /// Another one, for tests.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value))).collect();
        Self { variables, unknown: Vec::new(), user_id: None, program_dir: None }
    }

    fn text(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let text = |value: &OsString| value.clone().into_string().map_err(|_| ConfigError::NotText(name));
        self.variables.get(name).map(text).transpose()
    }

    /// The parts of a list.
    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, ConfigError> {
        let parts = |text: String| text.split(',').map(|part| part.trim().to_owned()).collect();
        Ok(self.text(name)?.map(parts))
    }

    /// What the variables say of services.
    fn settings(&self) -> Result<Vec<(String, SettingsLayer)>, ConfigError> {
        for name in catalog::at(catalog::Place::Service).filter_map(|setting| setting.environment) {
            self.text(name)?;
        }
        let read = |name: &'static str| self.text(name).ok().flatten();
        SettingsBook::of_environment(read).map_err(|error| ConfigError::Variable(error.to_string()))
    }

    /// Of variables that nothing reads: those that were probably meant to be others.
    fn misspelled(&self) -> Vec<String> {
        let warning = |name: &String| {
            let nearest = catalog::nearest(name, catalog::variables())?;
            Some(format!("environment variable `{name}` is not known: did you mean `{nearest}`?"))
        };
        self.unknown.iter().filter_map(warning).collect()
    }

    /// Who asks: the user's name, or else the number.
    fn requested_by(&self) -> Result<String, ConfigError> {
        let name = match self.text("USER")? {
            Some(name) => Some(name),
            None => self.text("LOGNAME")?,
        };
        let number = || self.user_id.map_or_else(|| "unknown".to_owned(), |id| format!("uid {id}"));
        Ok(format!("cli:{}", name.unwrap_or_else(number)))
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.variables.get(name).map(PathBuf::from)
    }
}

/// All settings, with their defaults filled in.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where jobs, override files and caches are kept.
    pub data_dir: PathBuf,
    /// Where backups are kept.
    pub backup_dir: PathBuf,
    /// Folders whose subfolders are plugins.
    pub plugin_dirs: Vec<PathBuf>,
    /// Address of the engine, in the form of `DOCKER_HOST`.
    pub engine: String,
    /// How Compose is called: program and first arguments, separated by spaces.
    pub compose: String,
    /// Docker's `config.json`, where registry credentials come from.
    pub docker_config: Option<PathBuf>,
    /// Who asks, for the record.
    pub requested_by: String,
    /// Id of the version policy.
    pub policy: String,
    /// How long an answer of a registry may be shown without asking again.
    pub cache_ttl: Duration,
    /// Settings of registries, by host.
    pub registries: BTreeMap<String, RegistryConfig>,
    /// Through which proxies registries and channels are reached.
    pub proxies: Proxies,
    /// Settings of plugins, by id.
    pub plugins: BTreeMap<String, PluginConfig>,
    /// Settings of services.
    pub settings: SettingsBook,
    /// What is probably not meant as it is.
    pub warnings: Vec<String>,
    /// Ids of the notifiers that are told how updates ended.
    pub notify: Vec<String>,
    /// Settings of the server.
    pub server: ServerConfig,
}

impl Config {
    /// Reads the file, if there is one, and the environment.
    ///
    /// # Errors
    ///
    /// All that is wrong with either of them, at once.
    pub fn read(environment: &Environment) -> Result<Self, ConfigError> {
        // Compose runs in other folders: what it is given has to be found from there.
        let data_dir = std::path::absolute(data_dir(environment)?).map_err(|_| ConfigError::NoDataDir)?;
        let backup_dir = match environment.path("DOCKREV_BACKUP_BASE_DIR") {
            Some(folder) => std::path::absolute(folder).map_err(|_| ConfigError::NoDataDir)?,
            None => data_dir.join("backups"),
        };
        let mut problems = Problems::default();
        let file = problems.or_default(config_file(environment, &data_dir));
        let server = server::read(environment, &file, &mut problems);
        let filters = LabelFilters {
            only: problems.or_default(filters(environment, "DOCKREV_ONLY_LABELS", "only-labels", &file.only_labels)),
            exclude: problems.or_default(filters(
                environment,
                "DOCKREV_EXCLUDE_LABELS",
                "exclude-labels",
                &file.exclude_labels,
            )),
        };
        let text = |variable| environment.text(variable);
        let engine = problems.or_default(text("DOCKER_HOST"));
        let compose = problems.or_default(text("DOCKREV_COMPOSE_BIN"));
        let policy = problems.or_default(text("DOCKREV_POLICY"));
        let cache_ttl = problems.or_default(cache_ttl(environment, file.cache_ttl.as_deref()));
        let notify = problems.or_default(environment.list("DOCKREV_NOTIFY"));
        let config = Self {
            plugin_dirs: plugin_dirs(environment, &data_dir),
            engine: engine.unwrap_or_else(|| DEFAULT_ENGINE.to_owned()),
            compose: compose.unwrap_or_else(|| DEFAULT_COMPOSE.to_owned()),
            docker_config: docker_config(environment),
            requested_by: problems.or_default(environment.requested_by()),
            policy: policy.or(file.policy).unwrap_or_else(|| DEFAULT_POLICY.to_owned()),
            cache_ttl,
            registries: file.registries,
            proxies: problems.or_default(proxies::read(environment)),
            plugins: file.plugins,
            notify: notify.unwrap_or(file.notify),
            settings: SettingsBook {
                environment: problems.or_default(environment.settings()),
                filters,
                defaults: file.defaults,
                services: file.services,
            },
            server,
            warnings: environment.misspelled(),
            backup_dir,
            data_dir,
        };
        problems.into_result(config)
    }

    /// The same, looking only at containers that the command line names by their labels. What it does not say is left as it
    /// is.
    pub fn with_filters(&self, only: &[String], exclude: &[String]) -> Result<Self, ConfigError> {
        let mut config = self.clone();
        if !only.is_empty() {
            config.settings.filters.only = label_filters("--only-label", only)?;
        }
        if !exclude.is_empty() {
            config.settings.filters.exclude = label_filters("--exclude-label", exclude)?;
        }
        Ok(config)
    }
}

/// The file that is named, or else the one in the data folder, if there is one.
fn config_file(environment: &Environment, data_dir: &Path) -> Result<ConfigFile, ConfigError> {
    if let Some(path) = environment.path("DOCKREV_CONFIG") {
        return read_file(&path);
    }
    let path = data_dir.join("dockrev.toml");
    if path.exists() { read_file(&path) } else { Ok(ConfigFile::default()) }
}

fn plugin_dirs(environment: &Environment, data_dir: &Path) -> Vec<PathBuf> {
    match environment.variables.get("DOCKREV_PLUGIN_DIR") {
        Some(list) => std::env::split_paths(list).collect(),
        None => {
            let beside = environment.program_dir.iter().map(|folder| folder.join("plugins"));
            beside.chain([data_dir.join("plugins"), PathBuf::from(SYSTEM_PLUGINS)]).collect()
        }
    }
}

fn cache_ttl(environment: &Environment, of_file: Option<&str>) -> Result<Duration, ConfigError> {
    match environment.text("DOCKREV_CACHE_TTL")? {
        Some(text) => ttl("DOCKREV_CACHE_TTL", &text),
        None => of_file.map_or(Ok(Duration::ZERO), |text| ttl("cache-ttl", text)),
    }
}

/// Reads how long answers live.
fn ttl(setting: &'static str, text: &str) -> Result<Duration, ConfigError> {
    let read = text.trim().parse::<jiff::Span>().ok();
    let read = read.and_then(|span| span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).ok());
    let read = read.and_then(|duration| Duration::try_from(duration).ok());
    read.filter(|ttl| *ttl <= CACHE_TTL_MAX).ok_or_else(|| ConfigError::Ttl { setting, text: text.to_owned() })
}

/// The environment's filters, or else those of the file.
fn filters(
    environment: &Environment,
    variable: &'static str,
    key: &'static str,
    of_file: &[String],
) -> Result<Vec<LabelFilter>, ConfigError> {
    match environment.list(variable)? {
        Some(texts) => label_filters(variable, &texts),
        None => label_filters(key, of_file),
    }
}

fn label_filters(setting: &'static str, texts: &[String]) -> Result<Vec<LabelFilter>, ConfigError> {
    let filters = LabelFilter::parse_all(texts.iter().map(String::as_str));
    filters.map_err(|problem| ConfigError::Filter { setting, problem })
}

fn data_dir(environment: &Environment) -> Result<PathBuf, ConfigError> {
    if let Some(folder) = environment.path("DOCKREV_DATA_DIR") {
        return Ok(folder);
    }
    if environment.user_id == Some(0) {
        return Ok(PathBuf::from("/var/lib/dockrev"));
    }
    let own = environment.path("XDG_DATA_HOME");
    let own = own.or_else(|| environment.path("HOME").map(|home| home.join(".local/share")));
    own.map(|folder| folder.join("dockrev")).ok_or(ConfigError::NoDataDir)
}

fn docker_config(environment: &Environment) -> Option<PathBuf> {
    let folder = environment.path("DOCKREV_DOCKER_CONFIG").or_else(|| environment.path("DOCKER_CONFIG"));
    let folder = folder.or_else(|| environment.path("HOME").map(|home| home.join(".docker")));
    folder.map(|folder| folder.join("config.json"))
}

fn read_file(path: &Path) -> Result<ConfigFile, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    file::parse(&text).map_err(|message| ConfigError::Malformed { path: path.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config_of(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dockrev.toml"), text).unwrap();
        Config::read(&Environment::of(&[("DOCKREV_DATA_DIR", folder.path().to_str().unwrap())]))
    }

    #[test]
    fn has_defaults_for_everything() {
        let config = Config::read(&Environment::of(&[("HOME", "/home/a")])).unwrap();
        assert_eq!(config.data_dir, Path::new("/home/a/.local/share/dockrev"));
        assert_eq!(config.engine, "unix:///var/run/docker.sock");
        assert_eq!(config.compose, "docker-compose");
        assert_eq!(config.policy, "policy-same-level");
        assert_eq!(config.docker_config.as_deref(), Some(Path::new("/home/a/.docker/config.json")));
        assert!(matches!(Config::read(&Environment::of(&[])), Err(ConfigError::NoDataDir)));
    }

    #[test]
    fn reads_registries_and_plugins() {
        let config = config_of(
            "[registries.\"registry.lan:5000\"]\ninsecure = true\nca = \"/etc/ssl/lan.pem\"\n\
             [plugins.notifier-webhook]\nsettings.url = \"https://hooks.lan/x\"\nsecrets.signing-key.env = \"HOOK_KEY\"\n",
        )
        .unwrap();
        let registry = &config.registries["registry.lan:5000"];
        assert!(registry.insecure && registry.ca.as_deref() == Some(Path::new("/etc/ssl/lan.pem")));
        let plugin = &config.plugins["notifier-webhook"];
        assert_eq!(plugin.settings["url"].as_str(), Some("https://hooks.lan/x"));
        assert_eq!(plugin.secrets["signing-key"], SecretSource::Env("HOOK_KEY".to_owned()));
    }

    #[test]
    fn reads_the_file_of_the_manual() {
        let manual = include_str!("../../docs/configuration.md");
        let example = manual.split("```toml").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
        let config = config_of(example).unwrap();
        assert_eq!(config.settings.services["shop/web"].update, Some(false));
        assert_eq!(config.notify, ["notifier-webhook"]);
    }

    #[test]
    fn answers_are_shown_again_only_if_that_is_asked_for() {
        let ttl =
            |text: &str| config_of(text).map(|config| config.cache_ttl.as_secs()).map_err(|error| error.to_string());
        assert_eq!(ttl(""), Ok(0));
        assert_eq!(ttl("cache-ttl = \"0s\""), Ok(0));
        assert_eq!(ttl("cache-ttl = \"1h 30m\""), Ok(5400));
        for wrong in ["2d", "-3s", "1 month", "10", "soon"] {
            let text = format!("cache-ttl = \"{wrong}\"");
            let message = ttl(text.as_str()).unwrap_err();
            assert!(message.contains("`cache-ttl`") && message.contains(wrong), "{message}");
        }
    }

    #[test]
    fn says_all_that_is_wrong_at_once() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dockrev.toml"), "listen = \"here\"\ncheck-every = \"often\"\n").unwrap();
        let data = folder.path().to_str().unwrap();
        let environment = [("DOCKREV_DATA_DIR", data), ("DOCKREV_CACHE_TTL", "x"), ("DOCKREV_MIN_AGE", "y")];
        let error = Config::read(&Environment::of(&environment)).unwrap_err();
        assert_eq!(error.code(), "config.several-problems");
        let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "4 things are wrong with the configuration:");
        for part in ["`listen`", "`check-every`", "`DOCKREV_CACHE_TTL`", "`DOCKREV_MIN_AGE`"] {
            assert!(
                lines[1..].iter().any(|line| line.starts_with("  - ") && line.contains(part)),
                "{part}: {lines:#?}"
            );
        }
    }

    #[test]
    fn names_what_is_wrong_and_where() {
        let check = |text: &str, part: &str| {
            let message = config_of(text).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        };
        check("policy = \"x\"\nregistrys = {}\n", "line 2: `registrys` is not known: did you mean `registries`?");
        check("[registries.a]\ninsecure = 3\n", "line 2: invalid type");
        check("= 3", "line 1:");
        for inline in ["secrets.key = \"ghp_abc\"", "secrets.key.text = \"ghp_abc\"", "secrets.key.env = [\"ghp_abc\"]"]
        {
            let message = config_of(&format!("[plugins.x]\n{inline}\n")).unwrap_err().to_string();
            assert!(message.contains("does not belong") && !message.contains("ghp_abc"), "{message}");
        }
    }
}
