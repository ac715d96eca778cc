//! What works, what does not, and how to mend it. Changes nothing.

use super::{Failure, served};
use crate::app::{App, Host};
use crate::config::Config;
use dockrev_core::image::{ImageRef, Repository, Tag};
use dockrev_core::ports::{HostError, Journal, Registry, Target};
use dockrev_core::registry::{Detail, Freshness};
use dockrev_core::stack::{ComposeProject, Container, Inventory, Service};
use dockrev_egress::{DockerConfigError, Login, Proxies};
use dockrev_plugin_host::Readiness;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::io;
use std::path::Path;
use utoipa::ToSchema;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = FindingState)]
pub enum State {
    /// As it should be.
    Ok,
    /// It can go on like this, and should not.
    Warning,
    /// It does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// What kind of thing: `data`, `plugin`, `engine`, `stack`, `registry` and so on.
    pub area: String,
    /// Which one.
    pub subject: String,
    /// How it is.
    pub state: State,
    /// What was found.
    pub message: String,
    /// What to do about it, if there is something.
    pub hint: Option<String>,
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, area: &'static str, subject: &dyn Display, message: impl Into<String>) {
        self.add(area, subject, State::Ok, message, None);
    }

    fn add(
        &mut self,
        area: &'static str,
        subject: &dyn Display,
        state: State,
        message: impl Into<String>,
        hint: Option<&str>,
    ) {
        let (subject, message, hint) = (subject.to_string(), message.into(), hint.map(str::to_owned));
        self.0.push(Finding { area: area.to_owned(), subject, state, message, hint });
    }

    fn host(&mut self, area: &'static str, subject: &dyn Display, error: &HostError) {
        self.add(area, subject, State::Broken, error.to_string(), error.hint());
    }
}

/// Looks at everything that an update needs.
pub async fn examine(app: &App, config: &Config) -> Result<Vec<Finding>, Failure> {
    let mut findings = Findings::default();
    data(app, config, &mut findings).await;
    plugins(app, &mut findings).await?;
    proxies(&config.proxies, &mut findings);
    if let Some((host, inventory)) = engine(app, config, &mut findings).await? {
        stacks(&host, &inventory, &mut findings).await;
        registries(app, &inventory, &mut findings).await?;
    }
    Ok(findings.0)
}

/// Makes the folder, and a file in it that is gone again at once.
fn try_to_write(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let probe = folder.join(".doctor");
    std::fs::File::create(&probe)?;
    std::fs::remove_file(probe)
}

async fn data(app: &App, config: &Config, findings: &mut Findings) {
    let folder = config.data_dir.display();
    match try_to_write(&config.data_dir) {
        Ok(()) => findings.ok("data", &folder, "may be written"),
        Err(error) => {
            let hint = "set DOCKREV_DATA_DIR to a folder that you may write";
            findings.add("data", &folder, State::Broken, error.to_string(), Some(hint));
            return;
        }
    }
    if !app.has_store() {
        return;
    }
    let unfinished = match app.store().await {
        Ok(store) => store.unfinished().await.map_err(|error| (error.to_string(), None)),
        Err(error) => Err((error.to_string(), error.hint())),
    };
    match unfinished {
        Ok(jobs) if jobs.is_empty() => findings.ok("data", &"jobs", "none is unfinished"),
        Ok(jobs) => {
            let ids: Vec<&str> = jobs.iter().map(|job| job.id.as_str()).collect();
            let hint = "the next `dockrev update` finishes or undoes what no other process is at work on";
            findings.add("data", &"jobs", State::Warning, format!("unfinished: {}", ids.join(", ")), Some(hint));
        }
        Err((message, hint)) => findings.add("data", &"jobs", State::Broken, message, hint),
    }
}

async fn plugins(app: &App, findings: &mut Findings) -> Result<(), Failure> {
    let host = app.plugins().await?.host();
    for plugin in host.plugins() {
        match &plugin.readiness {
            Readiness::Ready => findings.ok("plugin", &plugin.id, format!("ready ({})", plugin.world)),
            Readiness::NotConfigured(missing) => findings.add(
                "plugin",
                &plugin.id,
                State::Ok,
                format!("not configured, so not used: {missing}"),
                Some("see docs/configuration.md if you want to use it"),
            ),
        }
    }
    for problem in host.problems() {
        let folder = problem.folder.display();
        findings.add("plugin", &folder, State::Broken, problem.error.to_string(), None);
    }
    if host.plugins().is_empty() {
        let hint = "run `cargo xtask plugins`, or set DOCKREV_PLUGIN_DIR to where they are";
        findings.add("plugin", &"all", State::Broken, "there is none, so no registry can be read", Some(hint));
    }
    Ok(())
}

/// Through which proxies registries and channels are asked; never with their logins.
fn proxies(proxies: &Proxies, findings: &mut Findings) {
    for (scheme, proxy) in [("https", &proxies.https), ("http", &proxies.http)] {
        let Some(proxy) = proxy else {
            continue;
        };
        let login = if proxy.has_login() { ", with a login" } else { "" };
        let except =
            if proxies.except.is_empty() { String::new() } else { format!("; not asked for: {}", proxies.except) };
        findings.ok("proxy", &scheme, format!("`{proxy}`{login}{except}"));
    }
}

async fn engine(app: &App, config: &Config, findings: &mut Findings) -> Result<Option<(Host, Inventory)>, Failure> {
    let host = app.host()?;
    match host.engine.inventory().await {
        Ok(inventory) => {
            let (stacks, lone) = (inventory.stacks.len(), inventory.standalone.len());
            let version = host.engine.version().await.map(|version| format!("version {version}, ")).unwrap_or_default();
            let platform = &inventory.platform;
            let message = format!("answers: {version}{platform}, {stacks} stacks, {lone} containers without one");
            findings.ok("engine", &config.engine, message);
            match host.compose.version().await {
                Ok(version) => findings.ok("compose", &config.compose, format!("answers: version {version}")),
                Err(error) => findings.host("compose", &config.compose, &error),
            }
            Ok(Some((host, inventory)))
        }
        Err(error) => {
            findings.host("engine", &config.engine, &error);
            Ok(None)
        }
    }
}

/// Whether Compose and the files of every stack can be read from here: found out now, not in the middle of an update.
async fn stacks(host: &Host, inventory: &Inventory, findings: &mut Findings) {
    for stack in &inventory.stacks {
        let mut projects: Vec<&ComposeProject> = Vec::new();
        for service in &stack.services {
            if !projects.contains(&&service.project) {
                projects.push(&service.project);
            }
        }
        for project in projects {
            let read = async {
                host.compose.fingerprint(project).await?;
                host.compose.model(project).await
            };
            match read.await {
                Ok(model) => {
                    findings.ok("stack", &stack.name, format!("{} services in its files", model.services.len()))
                }
                Err(error) => findings.host("stack", &stack.name, &error),
            }
        }
        if let Err(error) = host.compose.pins(&stack.name).await {
            findings.host("stack", &stack.name, &error);
        }
    }
}

/// One question to each registry that something here comes from.
async fn registries(app: &App, inventory: &Inventory, findings: &mut Findings) -> Result<(), Failure> {
    let registry = app.plugins().await?.registry();
    for (name, (repository, tag)) in in_use(inventory) {
        credentials(app, &name, findings).await;
        let image = format!("{}:{tag}", repository.familiar());
        match registry.resolve(&repository, &Target::Tag(tag), Detail::Digest, Freshness::Now).await {
            Ok(_) => findings.ok("registry", &name, format!("answers for `{image}`")),
            Err(error) => findings.add(
                "registry",
                &name,
                State::Warning,
                format!("`{image}`: {error}"),
                Some("log in with `docker login` if it is private; its images are `unknown` until it answers"),
            ),
        }
        if let Some(served) = registry.served().get(&name) {
            findings.ok("adapter", &name, served::words(served));
        }
    }
    for (host, until) in app.plugins().await?.egress().closed_until() {
        let until = Timestamp::try_from(until).map(|until| until.strftime("%Y-%m-%d %H:%M:%S UTC").to_string());
        let message = format!("asked to be left alone until {}", until.unwrap_or_default());
        findings.add("budget", &host, State::Warning, message, Some("its images are `unknown` until then"));
    }
    for (host, budget) in app.plugins().await?.egress().budgets() {
        let of = budget.limit.map(|limit| format!(" of {limit}")).unwrap_or_default();
        let window = budget.window.map(|window| format!(" in {} s", window.as_secs())).unwrap_or_default();
        findings.ok("budget", &host, format!("{}{of} requests left{window}", budget.remaining));
    }
    Ok(())
}

/// Whether there are credentials for a registry; never what they are. A helper may take its time to answer.
async fn credentials(app: &App, registry: &str, findings: &mut Findings) {
    let (config, name) = (app.docker_config(), registry.to_owned());
    let asked = tokio::task::spawn_blocking(move || config.login_for(&name)).await;
    let (state, message, hint) = match asked {
        Ok(login) => of_login(login),
        Err(error) => (State::Broken, error.to_string(), None),
    };
    findings.add("credentials", &registry, state, message, hint);
}

fn of_login(login: Result<Option<Login>, DockerConfigError>) -> (State, String, Option<&'static str>) {
    match login {
        Ok(Some(Login::Password(_))) => (State::Ok, "found: a user and a password".to_owned(), None),
        Ok(Some(Login::IdentityToken(_))) => {
            let message = "found: an identity token, which is good for checks; pulls go without it";
            let hint = "log in with a user and a password if images of this registry cannot be pulled";
            (State::Warning, message.to_owned(), Some(hint))
        }
        Ok(None) => (State::Ok, "none: it is asked anonymously".to_owned(), None),
        Err(error) => (State::Broken, error.to_string(), None),
    }
}

/// The registries in use, each with an image from it that came from there.
fn in_use(inventory: &Inventory) -> BTreeMap<String, (Repository, Tag)> {
    let of_stacks =
        inventory.stacks.iter().flat_map(|stack| &stack.services).flat_map(|service: &Service| &service.containers);
    let images: BTreeSet<&str> =
        of_stacks.chain(&inventory.standalone).map(|container: &Container| container.image.as_str()).collect();
    let mut registries = BTreeMap::new();
    for reference in images.into_iter().filter_map(|image| image.parse::<ImageRef>().ok()) {
        if let Some(tag) = reference.effective_tag() {
            let repository = reference.repository().clone();
            registries.entry(repository.registry.clone()).or_insert((repository, tag));
        }
    }
    registries
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_egress::{Credentials, Secret};

    #[test]
    fn logins_are_told_apart_and_not_shown() {
        let credentials = Credentials { user: "keeper".to_owned(), password: Secret::new("s3cret") };
        let broken = DockerConfigError { path: "config.json".into(), problem: "is broken".to_owned() };
        for (login, state, part) in [
            (Ok(Some(Login::Password(credentials))), State::Ok, "a user and a password"),
            (Ok(Some(Login::IdentityToken(Secret::new("s3cret")))), State::Warning, "an identity token"),
            (Ok(None), State::Ok, "none"),
            (Err(broken), State::Broken, "config.json"),
        ] {
            let (found, message, _) = of_login(login);
            assert_eq!(found, state, "{message}");
            assert!(message.contains(part) && !message.contains("s3cret") && !message.contains("keeper"), "{message}");
        }
    }
}
