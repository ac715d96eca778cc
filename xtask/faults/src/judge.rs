//! What has to hold after every update, whatever happened to it.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use dockrev_testkit::{Health, ServiceState};
use serde_json::Value;

use crate::stage::{APP, OTHER, READER, Stage};
use crate::{Failure, Version};

/// Records that an app keeps.
const RECORDS: usize = 200;
/// Something of the user's in the data, that every version leaves alone.
const CANARY: (&str, &str) = ("canary", "what nobody may lose\n");

/// How an update ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ended {
    /// Before a job was begun.
    NotBegun,
    /// As a job that failed before the service was replaced.
    Failed,
    /// As a job that was undone.
    RolledBack,
    /// As it should without faults.
    Updated,
    /// With a person who has to look.
    NeedsAttention,
    /// Not at all: the job is still open.
    Open,
}

impl Ended {
    /// All, in the order of the tables.
    pub const ALL: [Self; 6] =
        [Self::NotBegun, Self::Failed, Self::RolledBack, Self::Updated, Self::NeedsAttention, Self::Open];
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotBegun => "not begun",
            Self::Failed => "failed, old runs on",
            Self::RolledBack => "rolled back",
            Self::Updated => "updated",
            Self::NeedsAttention => "needs attention",
            Self::Open => "open",
        })
    }
}

/// What was there before the update.
pub(crate) struct Before {
    app: ServiceState,
    reader: ServiceState,
    other: ServiceState,
    jobs: usize,
    log: String,
}

impl Before {
    pub(crate) fn look(stage: &Stage<'_>) -> Result<Self, Failure> {
        let volume = stage.volume()?;
        fs::write(volume.join(CANARY.0), CANARY.1).map_err(Failure::of("could not write to the volume"))?;
        Ok(Self {
            app: stage.project.wait_healthy(APP)?,
            reader: bystander(stage, READER)?,
            other: bystander(stage, OTHER)?,
            jobs: jobs(stage)?.len(),
            log: read(&volume.join("log")),
        })
    }
}

impl Before {
    /// The id of the job that was begun since, if it needs attention.
    pub(crate) fn job_in_need(&self, stage: &Stage<'_>) -> Result<Option<String>, Failure> {
        let jobs = jobs(stage)?;
        let job = jobs.first().filter(|_| jobs.len() > self.jobs);
        let job = job.filter(|job| ended(Some(*job)) == Ended::NeedsAttention);
        Ok(job.and_then(|job| job["id"].as_str()).map(str::to_owned))
    }
}

/// One whose healthcheck the engine has forgotten is started again.
fn bystander(stage: &Stage<'_>, service: &str) -> Result<ServiceState, Failure> {
    if let Ok(state) = stage.project.wait_healthy(service) {
        return Ok(state);
    }
    let forgotten = stage.project.service(service)?;
    stage.ground.engine.run(&["restart", &forgotten.container_id])?;
    Ok(stage.project.wait_healthy(service)?)
}

pub(crate) fn judge(
    stage: &Stage<'_>,
    before: &Before,
    new: &Version,
    problems: &mut Vec<String>,
) -> Result<Ended, Failure> {
    let jobs = jobs(stage)?;
    let job = jobs.first().filter(|_| jobs.len() > before.jobs).cloned();
    let ended = ended(job.as_ref());
    let mut judge = Judge { stage, before, new, ended, problems };
    judge.job(job.as_ref());
    judge.services();
    judge.data()?;
    judge.leftovers(job.as_ref())?;
    judge.stays_so()?;
    Ok(ended)
}

fn jobs(stage: &Stage<'_>) -> Result<Vec<Value>, Failure> {
    let ran = stage.run(&["jobs", "list", "--limit", "1000", "--json"])?;
    let listed: Value = serde_json::from_str(&ran.out)
        .map_err(Failure::of(format!("could not read the list of jobs: {} {}", ran.out, ran.err)))?;
    Ok(listed["jobs"].as_array().cloned().unwrap_or_default())
}

fn ended(job: Option<&Value>) -> Ended {
    match job.and_then(|job| job["state"]["type"].as_str()) {
        None => Ended::NotBegun,
        Some("updated") => Ended::Updated,
        Some("failed") => Ended::Failed,
        Some("rolled-back") => Ended::RolledBack,
        Some("needs-attention") => Ended::NeedsAttention,
        Some(_) => Ended::Open,
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| format!("`{}`: {error}", path.display()))
}

struct Judge<'a> {
    stage: &'a Stage<'a>,
    before: &'a Before,
    new: &'a Version,
    ended: Ended,
    problems: &'a mut Vec<String>,
}

impl Judge<'_> {
    fn wrong(&mut self, what: impl Into<String>) {
        self.problems.push(what.into());
    }

    /// What the service should run, by what the job says.
    fn expected(&self) -> &Version {
        if self.ended == Ended::Updated { self.new } else { &self.stage.version }
    }

    fn job(&mut self, job: Option<&Value>) {
        match self.ended {
            Ended::NotBegun | Ended::Failed | Ended::RolledBack | Ended::Updated => {}
            Ended::NeedsAttention | Ended::Open => {
                let state = job.map(|job| job["state"].to_string()).unwrap_or_default();
                self.wrong(format!("the job ended as {}: {state}", self.ended));
            }
        }
    }

    fn services(&mut self) {
        let before = self.before;
        let app = self.healthy(APP);
        let (reader, other) = (self.healthy(READER), self.healthy(OTHER));
        let expected = self.expected().clone();
        if let Some(app) = app {
            if !app.runs(&expected.image) {
                self.wrong(format!("the job says {}, and the service runs `{}`", self.ended, app.image_reference));
            }
            let is_same = app.container_id == before.app.container_id;
            if !is_same && matches!(self.ended, Ended::NotBegun | Ended::Failed) {
                self.wrong(format!("the job says {}, and the container was replaced", self.ended));
            }
            if self.ended == Ended::NotBegun && app.started_at != before.app.started_at {
                self.wrong("no job was begun, and the container was restarted");
            }
        }
        for (state, before, may_restart) in
            [(reader, &before.reader, self.ended == Ended::RolledBack), (other, &before.other, false)]
        {
            let Some(state) = state else { continue };
            if state.container_id != before.container_id {
                self.wrong("a bystander was replaced");
            } else if !may_restart && state.started_at != before.started_at {
                self.wrong("a bystander was restarted");
            }
        }
    }

    fn healthy(&mut self, service: &str) -> Option<ServiceState> {
        match self.stage.project.wait_healthy(service) {
            Ok(state) => Some(state),
            Err(error) => {
                let state = self.stage.project.service_if_there(service).ok().flatten();
                let state = state.filter(|state| service != APP && self.is_well_unasked(state));
                if state.is_none() {
                    self.wrong(format!("`{service}`: {error}"));
                }
                state
            }
        }
    }

    /// Whether the container's own healthcheck succeeds when it is run by hand. An engine that was killed may leave the
    /// healthcheck of a container that it finds running as it was, and never run it again: that is no fault of an update.
    fn is_well_unasked(&self, state: &ServiceState) -> bool {
        let engine = &self.stage.ground.engine;
        let format = ["inspect", "--format", "{{json .Config.Healthcheck.Test}}", &state.container_id];
        let test = engine.run(&format).ok().and_then(|text| serde_json::from_str::<Vec<String>>(&text).ok());
        let Some([kind, command @ ..]) = test.as_deref() else { return false };
        let shell = ["sh", "-c"].map(str::to_owned);
        let shell = if kind == "CMD-SHELL" { &shell[..] } else { &[] };
        let words: Vec<&str> =
            ["exec", &state.container_id].into_iter().chain(shell.iter().chain(command).map(String::as_str)).collect();
        engine.run(&words).is_ok()
    }

    fn data(&mut self) -> Result<(), Failure> {
        let volume = self.stage.volume()?;
        let expected = self.expected().schema;
        let schema = read(&volume.join("schema"));
        if schema.trim() != expected.to_string() {
            self.wrong(format!("the data is of schema {}, not {expected}", schema.trim()));
        }
        let wrong = (0..RECORDS).filter(|number| {
            let path = volume.join("records").join(number.to_string());
            read(&path) != format!("record {number} of schema {expected}\n")
        });
        let wrong = wrong.count();
        if wrong > 0 {
            self.wrong(format!("{wrong} records are not of schema {expected}"));
        }
        if read(&volume.join(CANARY.0)) != CANARY.1 {
            self.wrong("the user's own file was lost");
        }
        let log = read(&volume.join("log"));
        if !log.starts_with(&self.before.log) {
            self.wrong("what the app wrote before the update is lost");
        }
        let names = |folder: &Path| -> BTreeSet<String> {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
        };
        let found = names(&volume);
        let expected: BTreeSet<String> = ["canary", "log", "records", "schema"].map(str::to_owned).into();
        if found != expected || names(&volume.join("records")).len() != RECORDS {
            self.wrong(format!("in the volume are {found:?}"));
        }
        Ok(())
    }

    fn leftovers(&mut self, job: Option<&Value>) -> Result<(), Failure> {
        let engine = &self.stage.ground.engine;
        let names = engine.run(&["ps", "--all", "--format", "{{.Names}} {{.Status}}"])?;
        // A helper that was to measure and never began goes when it is old enough to be nobody's.
        let waiting = ["ps", "--all", "--format", "{{.Names}}", "--filter", "label=dockrev.helper=", "--filter"];
        let waiting = engine.run(&[&waiting[..], &["status=created"]].concat())?;
        if names.lines().count() - waiting.lines().count() != 3 {
            self.wrong(format!("there are other containers than three: {}", names.trim().replace('\n', ", ")));
        }
        let volumes = engine.run(&["volume", "ls", "--quiet"])?;
        if volumes.lines().count() != 1 {
            self.wrong(format!("there are other volumes than one: {}", volumes.trim().replace('\n', ", ")));
        }
        let tags = engine.run(&["images", "--format", "{{.Tag}}", "localhost/dockrev-keep"])?;
        let id = job.and_then(|job| job["id"].as_str()).unwrap_or("none");
        for tag in tags.lines().filter(|tag| tag.starts_with(id)) {
            if self.ended != Ended::Updated || !tag.ends_with("-old") {
                self.wrong(format!("tag `{tag}` still keeps an image"));
            }
        }
        let ground = self.stage.ground;
        for folder in [ground.data.folder(), ground.backups.folder()] {
            let mut partial = Vec::new();
            walk(folder, &mut partial);
            for path in partial {
                self.wrong(format!("`{path}` is left over"));
            }
        }
        Ok(())
    }

    /// Neither another `recover` nor the user's own `compose up` changes anything.
    fn stays_so(&mut self) -> Result<(), Failure> {
        let before = self.footprint();
        let again = self.stage.run(&["recover"])?;
        if again.status != Some(0) || !again.out.contains("no job was interrupted") {
            self.wrong(format!("a second `recover` found something to do: {}{}", again.out, again.err));
        }
        let project = &self.stage.project;
        let overrides = self.stage.ground.data.folder().join("overrides").join(project.name()).join("override.yaml");
        let overrides = overrides.display().to_string();
        let arguments: &[&str] = if Path::new(&overrides).exists() {
            &["--file", &overrides, "up", "--detach"]
        } else {
            &["up", "--detach"]
        };
        if let Err(error) = project.compose(arguments) {
            self.wrong(format!("the user's own `compose up` fails: {error}"));
        }
        let after = self.footprint();
        if before != after {
            self.wrong(format!("the user's own `compose up` changed something: {before:?} {after:?}"));
        }
        Ok(())
    }

    fn footprint(&self) -> Vec<Option<(String, String, bool)>> {
        let look = |service| self.stage.project.service_if_there(service).ok().flatten();
        let mark = |state: ServiceState| (state.container_id, state.started_at, state.health == Health::Healthy);
        [APP, READER, OTHER].into_iter().map(|service| look(service).map(mark)).collect()
    }
}

/// Files that only work in progress has.
fn walk(folder: &Path, partial: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        // Compiled plugins and answers of registries: caches mend themselves.
        if name == "cache" {
            continue;
        }
        if path.is_dir() {
            walk(&path, partial);
        } else if name.starts_with('.') || name.ends_with(".partial") || name.ends_with(".tmp") {
            partial.push(path.display().to_string());
        }
    }
}
