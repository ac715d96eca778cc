//! A small world for tests: one engine, one stack with one service, Compose and a journal, all with state.
//!
//! Every call through a port is counted, and one of them can be made to fail or to be the last thing that the process
//! does, before or after its effect.

mod follower;
mod one_shot;
mod ports;
mod road;
mod standalone;

pub(crate) use follower::rider;
pub(crate) use one_shot::migrate;
use ports::Locks;
pub(crate) use road::Road;

use crate::context::Ports;
use crate::detect::HostPorts;
use dockrev_core::detection::Trouble;
use dockrev_core::ids::{ContainerId, ContainerName, ImageId, ServiceId, ServiceName, StackName};
use dockrev_core::image::{Digest, ImageRef, PinnedImage};
use dockrev_core::job::{Job, JournalEntry, LogLine};
use dockrev_core::plan::{
    Change, ChangeLevel, ContainerWorkload, CurrentImage, Place, Rewrite, ServiceWorkload, Spelling, UndoRule,
    VerifySettings, Workload, Writing,
};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{HostError, JournalError};
use dockrev_core::stack::{
    ComposeProject, ContainerStatus, FileHash, Health, HealthStatus, HealthTiming, LocalImage, Mount, MountSource,
    Pins, Probe, RunState,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::Notify;

/// What happens at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call fails and had no effect.
    FailsBefore,
    /// The call fails although it had its effect.
    FailsAfter,
    /// The process dies before the effect.
    DiesBefore,
    /// The process dies after the effect.
    DiesAfter,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::FailsBefore, Self::FailsAfter, Self::DiesBefore, Self::DiesAfter];
}

#[derive(Default)]
pub(crate) struct World {
    state: Mutex<State>,
    pub(crate) died: Notify,
}

pub(crate) struct State {
    calls: usize,
    now: Duration,
    fault: Option<(usize, Fault)>,
    /// Images that the engine has, by id.
    pub(crate) images: BTreeMap<ImageId, LocalImage>,
    /// Images that only the registry has, by digest.
    pub(crate) remote: BTreeMap<Digest, LocalImage>,
    /// Local tags.
    pub(crate) tags: BTreeMap<String, ImageId>,
    /// Images whose healthcheck fails.
    pub(crate) sick: BTreeSet<ImageId>,
    pub(crate) has_healthcheck: bool,
    /// Whether the engine runs no healthcheck of a container before that is started once more.
    pub(crate) forgets_healthchecks: bool,
    /// The image in the compose file.
    pub(crate) file_image: String,
    pub(crate) files: Vec<FileHash>,
    /// What an earlier job of the same plan wrote into the file for the neighbour.
    pub(crate) edited_neighbour: String,
    /// Whether the image in the compose file is the neighbour's too.
    pub(crate) file_is_shared: bool,
    pub(crate) pins: Pins,
    pub(crate) container: Option<ContainerStatus>,
    /// Whether the container belongs to no stack.
    pub(crate) is_alone: bool,
    /// The old container, kept for the way back.
    pub(crate) kept: Option<ContainerStatus>,
    /// The container of a service that lives in the network of this one.
    pub(crate) follower: Option<ContainerStatus>,
    /// What the one-shot ran with last, and whether it succeeded.
    pub(crate) one_shot: Option<one_shot::Run>,
    /// What the one-shot fails with.
    pub(crate) one_shot_dislikes: Option<ImageId>,
    /// What the follower is not healthy with.
    pub(crate) follower_dislikes: Option<ImageId>,
    /// Labels of the container.
    pub(crate) labels: BTreeMap<String, String>,
    /// Another service's container, which writes to the same data.
    pub(crate) neighbour: RunState,
    /// Its id.
    pub(crate) neighbour_id: ContainerId,
    /// What is in the one volume: the new version changes it as soon as it starts.
    pub(crate) data: String,
    /// Finished backups and what is in them.
    pub(crate) backups: BTreeMap<String, String>,
    /// Backups that were begun and not finished.
    pub(crate) half_written: BTreeSet<String>,
    /// What the engine's disk has left.
    pub(crate) free_bytes: Option<u64>,
    /// Whether writing a backup fails.
    pub(crate) vault_is_full: bool,
    /// Whether Compose would make the service anew although nothing changed.
    pub(crate) drifts: bool,
    pub(crate) locked: BTreeSet<String>,
    pub(crate) cancelled: BTreeSet<String>,
    made: u64,
    /// How often something was started: the engine's time.
    starts: i64,
    pub(crate) jobs: BTreeMap<String, Job>,
    pub(crate) entries: BTreeMap<String, Vec<JournalEntry>>,
    pub(crate) lines: BTreeMap<String, Vec<LogLine>>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            calls: 0,
            now: Duration::ZERO,
            fault: None,
            images: BTreeMap::new(),
            remote: BTreeMap::new(),
            tags: BTreeMap::new(),
            sick: BTreeSet::new(),
            has_healthcheck: false,
            forgets_healthchecks: false,
            file_image: String::new(),
            files: Vec::new(),
            edited_neighbour: String::new(),
            file_is_shared: false,
            pins: Pins::new(),
            container: None,
            is_alone: false,
            kept: None,
            follower: None,
            one_shot: None,
            one_shot_dislikes: None,
            follower_dislikes: None,
            labels: BTreeMap::new(),
            neighbour: RunState::Running,
            neighbour_id: ContainerId::new(NEIGHBOUR),
            data: OLD.to_owned(),
            backups: BTreeMap::new(),
            half_written: BTreeSet::new(),
            free_bytes: None,
            vault_is_full: false,
            drifts: false,
            locked: BTreeSet::new(),
            cancelled: BTreeSet::new(),
            made: 0,
            starts: 0,
            jobs: BTreeMap::new(),
            entries: BTreeMap::new(),
            lines: BTreeMap::new(),
        }
    }
}

pub(crate) const OLD: &str = "aaaa";
pub(crate) const NEW: &str = "bbbb";

pub(crate) fn digest(seed: &str) -> Digest {
    format!("sha256:{}", seed.repeat(16)).parse().unwrap()
}

pub(crate) fn image(seed: &str) -> LocalImage {
    let repository = "demo.invalid/app:1".parse::<ImageRef>().unwrap().repository().clone();
    LocalImage {
        id: ImageId::new(format!("sha256:id-{seed}")),
        repo_digests: vec![(repository, digest(seed))],
        platform: Platform::new("linux", "amd64", None),
        created: None,
    }
}

pub(crate) fn service() -> ServiceId {
    ServiceId { stack: StackName::new("demo"), service: ServiceName::new("app") }
}

/// Name of the container.
pub(crate) const CONTAINER: &str = "demo-app-1";
/// Another service of the stack, which writes to the same data.
pub(crate) fn neighbour() -> ServiceId {
    ServiceId { service: ServiceName::new("db"), ..service() }
}

/// Id of the neighbour's container.
const NEIGHBOUR: &str = "container-db";

fn volume() -> Mount {
    let source =
        MountSource::Volume { name: "demo_data".to_owned(), path: "/volumes/demo_data".into(), is_on_demand: false };
    Mount { source, destination: "/data".into(), writable: true }
}

fn project() -> ComposeProject {
    ComposeProject {
        name: StackName::new("demo"),
        working_dir: "/srv/demo".into(),
        files: vec!["/srv/demo/compose.yaml".into()],
        env_files: Vec::new(),
    }
}

pub(crate) fn pinned(tag: &str, seed: &str) -> PinnedImage {
    let reference: ImageRef = format!("demo.invalid/app:{tag}").parse().unwrap();
    PinnedImage { repository: reference.repository().clone(), tag: tag.parse().unwrap(), digest: digest(seed) }
}

fn workload(road: Road, files: Vec<FileHash>, old_pin: &PinnedImage) -> Workload {
    let alone = |spelling| {
        let container = ContainerName::new(CONTAINER);
        Workload::Container(ContainerWorkload { container, spelling, is_removed_on_stop: false })
    };
    let writing = match road {
        Road::MovedTag => Writing::LocalTag,
        Road::FirstPin | Road::Followed | Road::Prepared => Writing::Override { before: None },
        Road::NextPin => Writing::Override { before: Some(old_pin.clone()) },
        Road::Rewrite => road.rewrite(None),
        Road::RewriteOfPinned => road.rewrite(Some(old_pin.clone())),
        Road::AloneMovedTag => return alone(Spelling::MovedTag),
        Road::AloneNewTag => return alone(Spelling::NewTag),
    };
    Workload::Service(Box::new(ServiceWorkload {
        service: service(),
        project: project(),
        files,
        writing,
        earlier_edits: Vec::new(),
        pin_found: road.is_pinned().then(|| old_pin.clone()),
        containers: 1,
        depends_on: Vec::new(),
        followers: if road == Road::Followed { follower::planned() } else { Vec::new() },
        one_shots: if road == Road::Prepared { one_shot::planned() } else { Vec::new() },
    }))
}

/// The compose file as it is in the beginning of a test.
pub(crate) fn file() -> FileHash {
    FileHash { path: "/srv/demo/compose.yaml".into(), digest: digest("cccc") }
}

pub(crate) fn rewrite(before: &str, after: &str) -> Rewrite {
    Rewrite {
        file: file(),
        place: Place::Yaml { path: ["services", "app", "image"].map(str::to_owned).to_vec() },
        line: 3,
        lead: "    image: ".to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        rest: String::new(),
    }
}

impl World {
    /// A world where the service runs the old image and a change to the new one, in the registry, is planned.
    pub(crate) fn with_change(road: Road, has_healthcheck: bool) -> (Self, Change) {
        let old_pin = pinned("1.0", OLD);
        let to = match road {
            Road::MovedTag | Road::AloneMovedTag => pinned("1.0", NEW),
            Road::FirstPin
            | Road::NextPin
            | Road::Rewrite
            | Road::RewriteOfPinned
            | Road::Followed
            | Road::Prepared
            | Road::AloneNewTag => pinned("1.1", NEW),
        };
        let old = image(OLD);
        let files = vec![file()];
        let world = Self::default();
        {
            let mut state = world.state();
            state.remote.insert(digest(NEW), image(NEW));
            state.images.insert(old.id.clone(), old.clone());
            if !road.is_pinned() {
                state.tags.insert(old_pin.tagged().to_string(), old.id.clone());
            } else {
                state.pins.insert(service().service, old_pin.clone());
            }
            state.has_healthcheck = has_healthcheck;
            state.is_alone = road.is_alone();
            state.file_image = road.file_image().to_owned();
            state.files = files.clone();
            state.start(&old.id);
        }
        let change = Change {
            workload: workload(road, files, &old_pin),
            from: CurrentImage {
                reference: old_pin.tagged(),
                written: if road.is_pinned() { old_pin.pinned() } else { old_pin.tagged() },
                tag: old_pin.tag.clone(),
                image_id: old.id,
                digest: Some(digest(OLD)),
            },
            to,
            platform: None,
            had_healthcheck: has_healthcheck,
            level: ChangeLevel::Minor,
            backup: None,
            verify: VerifySettings { settle_ms: 1_000, grace_ms: 500, without_healthcheck: UndoRule::OnRequest },
            reason: "test".to_owned(),
            warnings: Vec::new(),
        };
        let world = match road {
            Road::Followed => world.with_follower(),
            Road::Prepared => world.with_one_shot(),
            Road::MovedTag
            | Road::FirstPin
            | Road::NextPin
            | Road::Rewrite
            | Road::RewriteOfPinned
            | Road::AloneMovedTag
            | Road::AloneNewTag => world,
        };
        (world, change)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What somebody who looks at the host sees, whenever it was started.
    pub(crate) fn visible(&self) -> (Option<ContainerStatus>, Pins, BTreeMap<String, ImageId>) {
        let state = self.state();
        let untimed = |container: &ContainerStatus| ContainerStatus { started_at: None, ..container.clone() };
        (state.container.as_ref().map(untimed), state.pins.clone(), state.tags.clone())
    }

    /// What jobs act through.
    pub(crate) fn ports(self: &Arc<Self>) -> Ports {
        Ports {
            engine: self.clone(),
            compose: self.clone(),
            rewriting: self.clone(),
            standalone: self.clone(),
            vault: self.clone(),
            journal: self.clone(),
            locks: Arc::new(Locks(Arc::clone(self))),
            clock: self.clone(),
        }
    }

    /// What a survey looks at it through.
    pub(crate) fn eyes(&self) -> HostPorts<'_> {
        HostPorts { engine: self, compose: self, standalone: self }
    }

    pub(crate) fn break_call(&self, call: usize, fault: Fault) {
        let mut state = self.state();
        state.calls = 0;
        state.fault = Some((call, fault));
    }

    pub(crate) fn mend(&self) {
        let mut state = self.state();
        state.fault = None;
        state.calls = 0;
    }

    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    /// Counts a call and runs its effect, unless this is the call that is to break.
    async fn call<T>(&self, effect: impl FnOnce(&mut State) -> Result<T, Trouble>) -> Result<T, Trouble> {
        let broken = |when: &str| Trouble { code: "test".to_owned(), message: format!("broken {when} its effect") };
        let (result, dies) = {
            let mut state = self.state();
            state.calls += 1;
            let fault = state.fault.filter(|(call, _)| *call == state.calls).map(|(_, fault)| fault);
            match fault {
                None => (effect(&mut state), false),
                Some(Fault::FailsBefore) => (Err(broken("before")), false),
                Some(Fault::FailsAfter) => (effect(&mut state).and(Err(broken("after"))), false),
                Some(Fault::DiesBefore) => (Err(broken("before")), true),
                Some(Fault::DiesAfter) => (effect(&mut state).and(Err(broken("after"))), true),
            }
        };
        if dies {
            self.died.notify_one();
            std::future::pending::<()>().await;
        }
        result
    }

    async fn host<T>(&self, effect: impl FnOnce(&mut State) -> Result<T, Trouble>) -> Result<T, HostError> {
        self.call(effect).await.map_err(|trouble| HostError::EngineRefused {
            action: "test",
            subject: "app".to_owned(),
            reason: trouble.message,
        })
    }

    async fn journal_call<T>(&self, effect: impl FnOnce(&mut State) -> T) -> Result<T, JournalError> {
        self.call(|state| Ok(effect(state)))
            .await
            .map_err(|trouble| JournalError { action: "write the journal", reason: trouble.message })
    }
}

fn no_such(what: &str) -> Trouble {
    Trouble { code: "test".to_owned(), message: format!("no such {what}") }
}

impl State {
    fn start(&mut self, image: &ImageId) {
        self.made += 1;
        if *image != self::image(OLD).id {
            NEW.clone_into(&mut self.data);
        }
        let healthy = !self.sick.contains(image);
        let timing = HealthTiming { start_period_ms: 0, interval_ms: 1_000, timeout_ms: 1_000, retries: 2 };
        let status = match healthy {
            true if self.forgets_healthchecks => HealthStatus::Starting,
            true => HealthStatus::Healthy,
            false => HealthStatus::Unhealthy,
        };
        let exit_code = i64::from(!healthy);
        let probe = Probe { began_at: Timestamp::UNIX_EPOCH, exit_code, output: "probed".to_owned() };
        let health = match self.has_healthcheck {
            true => Health::Checked { status, timing, last_output: None, probes: vec![probe] },
            false => Health::None,
        };
        let started_at = Some(self.tick());
        self.container = Some(ContainerStatus {
            id: ContainerId::new(format!("container-{}", self.made)),
            name: CONTAINER.to_owned(),
            image_id: image.clone(),
            image: self.file_image.clone(),
            run: if healthy || self.has_healthcheck { RunState::Running } else { RunState::Exited { code: 3 } },
            restart_count: 0,
            started_at,
            lives_in: Vec::new(),
            health,
        });
    }

    fn tick(&mut self) -> Timestamp {
        self.starts += 1;
        Timestamp::from_second(self.starts).unwrap()
    }

    fn by_reference(&self, reference: &ImageRef) -> Option<LocalImage> {
        match reference.digest() {
            Some(digest) => {
                self.images.values().find(|image| image.repo_digests.iter().any(|(_, d)| d == digest)).cloned()
            }
            None => self.tags.get(&reference.to_string()).and_then(|id| self.images.get(id)).cloned(),
        }
    }
}
