//! The user's own Compose, version 1 or 2, as a child process.

use crate::address::EngineAddress;
use crate::engine::DockerEngine;
use crate::overrides::Overrides;
use async_trait::async_trait;
use dockrev_core::ids::{ServiceId, ServiceName, StackName};
use dockrev_core::image::ImageRef;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::{Compose, Engine, HostError, LogSink, RunFirst};
use dockrev_core::stack::{ComposeModel, ComposeProject, FileHash, Pins};
use process::{Child, Ended, Finished};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::sync::OnceCell;

mod along;
mod command;
pub(crate) mod fingerprint;
mod last;
mod model;
mod namespaces;
mod process;
mod redaction;
mod turn;
mod version;

use along::Along;
pub(crate) use command::Files;
use command::{Manner, MoreFiles};
use last::Last;
use turn::Turn;
use version::ComposeVersion;

/// Longest `version`. It needs no engine.
const VERSION_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest `config`. It reads files; Compose 1 takes a second to start on a small machine.
const CONFIG_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest `up` of one service: it waits for the old containers' `stop_grace_period`, which may be minutes.
const UP_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Longest wait for an `up` whose Dockrev is gone: most end at once, for nobody reads what they print.
const ORPHAN_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How Compose is called.
#[derive(Clone)]
pub struct ComposeSettings {
    /// The program and its first arguments, split at white space: `docker-compose`, `docker compose`.
    pub command: String,
    /// The environment that it runs in, as Dockrev's own. What would change which project, files or engine it works
    /// on is left out: `COMPOSE_*`, `DOCKER_HOST` and its like; and `DOCKREV_*`, which is not its business.
    pub environment: Vec<(OsString, OsString)>,
}

impl fmt::Debug for ComposeSettings {
    /// The environment may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComposeSettings").field("command", &self.command).finish_non_exhaustive()
    }
}

/// The user's own Compose.
pub struct ComposeCli {
    program: Vec<String>,
    environment: Vec<(OsString, OsString)>,
    overrides: Overrides,
    engine: DockerEngine,
    /// What it is, and its own word for it.
    version: OnceCell<(ComposeVersion, String)>,
    /// What the files said last.
    last: Last,
}

impl fmt::Debug for ComposeCli {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ComposeCli").field("program", &self.program).finish_non_exhaustive()
    }
}

impl ComposeCli {
    /// Makes a client that calls Compose as `settings` say, for the stacks of `engine`, with the override files of
    /// `overrides`. Nothing is run before the first call.
    #[must_use]
    pub fn new(settings: ComposeSettings, overrides: Overrides, engine: DockerEngine) -> Self {
        let program = settings.command.split_whitespace().map(str::to_owned).collect();
        let environment = command::environment(settings.environment, engine.address());
        Self { program, environment, overrides, engine, version: OnceCell::new(), last: Last::default() }
    }

    /// Which Compose this is.
    async fn generation(&self) -> Result<ComposeVersion, HostError> {
        self.known_version().await.map(|(generation, _)| *generation)
    }

    /// Asked once: another one takes a restart.
    async fn known_version(&self) -> Result<&(ComposeVersion, String), HostError> {
        let missing = |reason: String| HostError::ComposeMissing { command: self.program.join(" "), reason };
        let detect = async {
            let arguments = [OsString::from("version"), OsString::from("--short")];
            let child = self.child(&arguments, Path::new("/"), None, Stdio::null()).map_err(missing)?;
            let (ended, output) = process::capture(child, VERSION_TIMEOUT).await.map_err(missing)?;
            let Finished::Exited { success: true, .. } = ended.finished else {
                return Err(missing(format!("`version --short` gave {}: {}", ended.finished, ended.last_lines())));
            };
            let text = String::from_utf8_lossy(&output);
            let printed = crate::lines::clean(text.trim().lines().last().unwrap_or_default());
            match ComposeVersion::parse(&printed) {
                Some(generation) => Ok((generation, printed)),
                None => Err(missing(format!("`version --short` printed no version: `{printed}`"))),
            }
        };
        self.version.get_or_try_init(|| detect).await
    }

    fn child(
        &self,
        arguments: &[OsString],
        folder: &Path,
        variable: Option<(OsString, OsString)>,
        input: Stdio,
    ) -> Result<Child, String> {
        let (program, first) = self.program.split_first().ok_or("no program was given")?;
        let arguments = first.iter().map(OsString::from).chain(arguments.iter().cloned());
        Child::start(program, arguments, folder, self.environment.iter().cloned().chain(variable), input)
    }

    /// What Compose says of the files.
    async fn config(&self, project: &ComposeProject, files: Files<'_>) -> Result<ComposeModel, HostError> {
        let output = self.config_output(project, files).await?;
        model::parse(self.generation().await?, &output)
            .map_err(|reason| HostError::ComposeUnreadable { stack: project.name.clone(), reason })
    }

    /// All that Compose says of the files. It holds secrets: it is compared, and goes nowhere else.
    pub(crate) async fn config_value(&self, project: &ComposeProject, files: Files<'_>) -> Result<Value, HostError> {
        let output = self.config_output(project, files).await?;
        model::parse_value(self.generation().await?, &output)
            .map_err(|reason| HostError::ComposeUnreadable { stack: project.name.clone(), reason })
    }

    async fn config_output(&self, project: &ComposeProject, files: Files<'_>) -> Result<Vec<u8>, HostError> {
        let version = self.generation().await?;
        let arguments = command::config(version, project, files)?;
        let child = self.project_child(project, &arguments, None, Stdio::null())?;
        // The output holds secrets: it is parsed, and goes nowhere else.
        let (ended, output) = process::capture(child, CONFIG_TIMEOUT).await.map_err(|reason| self.missing(reason))?;
        self.check(project, "config", &ended, || {
            // Compose quotes values that it cannot read, and they may be secrets.
            let command = command::config_by_hand(version, &self.short_name(), project, files);
            format!("run `{command}` in `{}` to see why", project.working_dir.display())
        })?;
        Ok(output)
    }

    /// Whether the environment that Compose runs in has the variable `name`.
    pub(crate) fn has_variable(&self, name: &str) -> bool {
        self.environment.iter().any(|(known, _)| known == name)
    }

    pub(crate) fn overrides(&self) -> &Overrides {
        &self.overrides
    }

    fn project_child(
        &self,
        project: &ComposeProject,
        arguments: &[OsString],
        variable: Option<(OsString, OsString)>,
        input: Stdio,
    ) -> Result<Child, HostError> {
        let folder = &project.working_dir;
        if folder.as_os_str().is_empty() {
            return Err(HostError::ComposeUnreadable {
                stack: project.name.clone(),
                reason: "its containers' labels do not say where its compose files are".to_owned(),
            });
        }
        if let Err(error) = std::fs::read_dir(folder) {
            return Err(HostError::File {
                action: "open",
                path: folder.display().to_string(),
                reason: error.to_string(),
            });
        }
        self.child(arguments, folder, variable, input).map_err(|reason| self.missing(reason))
    }

    /// What Compose would make each service's containers from: a hash of its part of the files.
    async fn hashes(&self, project: &ComposeProject, files: Files<'_>) -> Result<BTreeMap<String, String>, HostError> {
        let none = || (MoreFiles::None, Stdio::null());
        match self.generation().await? {
            // It knows by itself whose namespaces the services live in.
            ComposeVersion::V1 => self.hashes_with(project, files, none()).await,
            // It has to be told that. Most stacks have nothing to tell, so both are asked at the same time.
            ComposeVersion::V2 => {
                let (config, hashes) =
                    futures::join!(self.config_value(project, files), self.hashes_with(project, files, none()));
                let Some(resolved) = namespaces::resolved(self, project, &config?).await? else { return hashes };
                let input = namespaces::as_input(&resolved).map_err(|error| self.missing(error.to_string()))?;
                match input {
                    Some(input) => self.hashes_with(project, files, (MoreFiles::OnInput, input)).await,
                    None => hashes,
                }
            }
        }
    }

    async fn hashes_with(
        &self,
        project: &ComposeProject,
        files: Files<'_>,
        (more, input): (MoreFiles, Stdio),
    ) -> Result<BTreeMap<String, String>, HostError> {
        let arguments = command::hashes(self.generation().await?, project, files, more)?;
        let child = self.project_child(project, &arguments, None, input)?;
        let (ended, output) = process::capture(child, CONFIG_TIMEOUT).await.map_err(|reason| self.missing(reason))?;
        self.check(project, "config --hash", &ended, || ended.last_lines())?;
        let text = String::from_utf8_lossy(&output);
        let pair =
            |line: &str| line.trim().split_once(' ').map(|(name, hash)| (name.to_owned(), hash.trim().to_owned()));
        Ok(text.lines().filter_map(pair).collect())
    }

    /// Waits until no other `up` of the stack is at work.
    async fn turn(&self, stack: &StackName) -> Result<Turn, HostError> {
        let path = self.overrides.lock_path(stack)?;
        let turn = Turn::take(&path, ORPHAN_TIMEOUT).await.map_err(|error| self.lock_failed(stack, &error))?;
        turn.ok_or_else(|| HostError::ComposeFailed {
            command: format!("{} up", self.short_name()),
            stack: stack.clone(),
            status: format!("another one was still at work after {} s", ORPHAN_TIMEOUT.as_secs()),
            last_lines: format!("`{}` is the standard input of that one", path.display()),
        })
    }

    fn lock_failed(&self, stack: &StackName, error: &std::io::Error) -> HostError {
        let path = self.overrides.lock_path(stack).unwrap_or_default().display().to_string();
        HostError::File { action: "lock", path, reason: error.to_string() }
    }

    /// How it is called, without folders.
    fn short_name(&self) -> String {
        let mut words = self.program.clone();
        if let Some(program) = words.first_mut() {
            *program = program.rsplit('/').next().unwrap_or_default().to_owned();
        }
        words.join(" ")
    }

    fn missing(&self, reason: String) -> HostError {
        HostError::ComposeMissing { command: self.program.join(" "), reason }
    }

    fn check(
        &self,
        project: &ComposeProject,
        verb: &str,
        ended: &Ended,
        last_lines: impl FnOnce() -> String,
    ) -> Result<(), HostError> {
        match ended.finished {
            Finished::Exited { success: true, .. } => Ok(()),
            Finished::Exited { .. } | Finished::TimedOut { .. } | Finished::TooMuch { .. } => {
                Err(HostError::ComposeFailed {
                    command: format!("{} {verb}", self.short_name()),
                    stack: project.name.clone(),
                    status: ended.finished.to_string(),
                    last_lines: last_lines(),
                })
            }
        }
    }

    async fn bring_up(
        &self,
        project: &ComposeProject,
        (service, containers, manner): (&ServiceName, u32, Manner),
        first: RunFirst<'_>,
        log: &dyn LogSink,
    ) -> Result<(), HostError> {
        let version = self.generation().await?;
        let override_file = self.overrides.existing(&project.name)?;
        if version == ComposeVersion::V1 {
            self.require_image(project, service, override_file.as_deref()).await?;
        }
        let files = override_file.as_deref().map_or(Files::Own, Files::WithOverride);
        let along = match (version, first.services()) {
            (ComposeVersion::V1, []) => Along::Nobody,
            (ComposeVersion::V1 | ComposeVersion::V2, first) => {
                along::with(self, project, files, (service, first)).await
            }
        };
        if let (Along::Nobody, [_, ..]) = (&along, first.services()) {
            let names: Vec<&str> = first.services().iter().map(ServiceName::as_str).collect();
            let text = format!(
                "{} is not run first: something else that {service} waits for does not stand as the files say",
                names.join(", ")
            );
            log.line(LogLine::new(LogSource::Dockrev, text));
        }
        let variable = match version {
            ComposeVersion::V1 => command::api_version(self.engine.api_version().await?),
            ComposeVersion::V2 => None,
        };
        let turn = self.turn(&project.name).await?;
        let unusable = |error: std::io::Error| self.lock_failed(&project.name, &error);
        let up = async |along: &Along| {
            let arguments = command::up(version, project, files, (service, containers, manner), along)?;
            let input = turn.input().map_err(unusable)?;
            let child = self.project_child(project, &arguments, variable.clone(), input)?;
            let ended = process::stream(child, UP_TIMEOUT, log).await.map_err(|reason| self.missing(reason))?;
            self.check(project, "up", &ended, || ended.last_lines())
        };
        match (up(&along).await, &along, first) {
            // What runs first has not: the service is not to start.
            (result, Along::Dependencies(_), RunFirst::These([_, ..])) => result,
            // One that the service waits for may have fallen ill: that is no reason not to bring the service back.
            (Err(HostError::ComposeFailed { last_lines, .. }), Along::Dependencies(_), _) => {
                let text = format!("once more without what it waits for: {last_lines}");
                log.line(LogLine::new(LogSource::Dockrev, text));
                up(&Along::Nobody).await
            }
            (result, Along::Nobody | Along::Dependencies(_), _) => result,
        }
    }

    /// Compose 1 cannot be told not to pull: it pulls what the engine does not have. So the engine has to have it.
    async fn require_image(
        &self,
        project: &ComposeProject,
        service: &ServiceName,
        override_file: Option<&Path>,
    ) -> Result<(), HostError> {
        let files = override_file.map_or(Files::Own, Files::WithOverride);
        let model = self.config(project, files).await?;
        let image = model.services.get(service).and_then(|service| service.image.clone());
        let Some(Ok(reference)) = image.as_ref().map(|image| image.parse::<ImageRef>()) else {
            return Ok(());
        };
        match self.engine.image(&reference).await? {
            Some(_) => Ok(()),
            None => Err(HostError::EngineRefused {
                action: "find image",
                subject: reference.familiar(),
                reason: "it is not on this engine, and Compose 1 would pull it".to_owned(),
            }),
        }
    }
}

#[async_trait]
impl Compose for ComposeCli {
    async fn version(&self) -> Result<String, HostError> {
        self.known_version().await.map(|(_, text)| text.clone())
    }

    async fn model(&self, project: &ComposeProject) -> Result<ComposeModel, HostError> {
        let before = fingerprint::take(project).await.ok();
        let model = self.config(project, Files::Own).await?;
        self.last.keep(project, before, &model);
        Ok(model)
    }

    async fn fingerprint(&self, project: &ComposeProject) -> Result<Vec<FileHash>, HostError> {
        fingerprint::take(project).await
    }

    async fn pins(&self, stack: &StackName) -> Result<Pins, HostError> {
        self.overrides.read(stack)
    }

    async fn set_pins(&self, stack: &StackName, pins: &Pins) -> Result<(), HostError> {
        self.overrides.write(stack, pins)
    }

    async fn wait_until_idle(&self, stack: &StackName) -> Result<(), HostError> {
        self.turn(stack).await.map(drop)
    }

    async fn would_recreate(&self, project: &ComposeProject, service: &ServiceName) -> Result<bool, HostError> {
        let override_file = self.overrides.existing(&project.name)?;
        let files = override_file.as_deref().map_or(Files::Own, Files::WithOverride);
        let hashes = self.hashes(project, files).await?;
        let id = ServiceId { stack: project.name.clone(), service: service.clone() };
        let made_from = self.engine.config_hashes(&id).await?;
        // What neither of them tells is no reason for a warning.
        let Some(wanted) = hashes.get(service.as_str()) else { return Ok(false) };
        Ok(made_from.iter().any(|hash| hash != wanted))
    }

    async fn up(
        &self,
        project: &ComposeProject,
        (service, containers): (&ServiceName, u32),
        first: RunFirst<'_>,
        log: &dyn LogSink,
    ) -> Result<(), HostError> {
        self.bring_up(project, (service, containers, Manner::AsNeeded), first, log).await
    }

    async fn make_anew(
        &self,
        project: &ComposeProject,
        service: &ServiceName,
        containers: u32,
        log: &dyn LogSink,
    ) -> Result<(), HostError> {
        self.bring_up(project, (service, containers, Manner::Anew), RunFirst::IfTheyCan(&[]), log).await
    }
}

/// Variable that tells Compose which engine to use.
const ENGINE_VARIABLE: &str = "DOCKER_HOST";

impl EngineAddress {
    fn variable(&self) -> (OsString, OsString) {
        (OsString::from(ENGINE_VARIABLE), OsString::from(self.to_string()))
    }
}
