//! A stack whose service keeps data, and one update of it under faults.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use dockrev_testkit::proxy::{self, EngineProxy, Verdict};
use dockrev_testkit::{Engine, Project};

use crate::fault::{DELAY, FREEZE, OUTAGE};
use crate::gate::Gate;
use crate::ground::{BYSTANDER, REPOSITORY};
use crate::judge::{self, Before, Ended};
use crate::program::{self, Ran, Target};
use crate::tmpfs::Tmpfs;
use crate::{Blow, Disk, Failure, Fault, Ground, Moment, Store, Trick, Version};

/// How often `dockrev recover` may be needed: the first one may meet what is left of the fault.
const RECOVERIES_MAX: usize = 3;
/// What a job says that copied nothing, where data is asked for.
const NO_DATA: &str = "rollback.no-data";
/// The service that is updated.
pub(crate) const APP: &str = "app";
/// Uses the same data.
pub(crate) const READER: &str = "reader";
/// Has nothing to do with it.
pub(crate) const OTHER: &str = "other";

/// A line of the journal, as a run without faults wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Which one, from 1.
    pub number: u32,
    /// `apply: intends compose-up`.
    pub label: String,
}

/// What came of an update.
#[derive(Debug)]
pub struct Attempt {
    /// How the job ended.
    pub ended: Ended,
    /// Whether every fault was met.
    pub hit: bool,
    /// What is wrong; nothing should be.
    pub problems: Vec<String>,
    /// The journal's lines.
    pub lines: Vec<Line>,
    /// The calls to the engine, in order.
    pub calls: Vec<String>,
    /// What the program printed.
    pub output: String,
}

/// Where the service keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Keeps {
    /// In a plain volume, which is to be seen from everywhere.
    InSight,
    /// In a volume that the engine mounts as long as somebody uses it: only a helper sees it.
    OutOfSight,
}

/// A stack on a ground.
pub struct Stage<'a> {
    pub(crate) ground: &'a Ground,
    keeps: Keeps,
    pub(crate) project: Project,
    /// What runs.
    pub(crate) version: Version,
}

impl<'a> Stage<'a> {
    /// Clears the ground and starts a stack with `version` and two bystanders, one of which uses the same data.
    pub fn set(ground: &'a Ground, store: &Store, version: &Version, keeps: Keeps) -> Result<Self, Failure> {
        ground.clear()?;
        let options = match keeps {
            Keeps::InSight => String::new(),
            Keeps::OutOfSight => {
                let device = ground.bound();
                format!("    driver_opts:\n      type: none\n      o: bind\n      device: {}\n", device.display())
            }
        };
        let host = store.host();
        let common = "    stop_grace_period: 1s\n    restart: unless-stopped\n";
        let data = "    volumes:\n      - data:/data\n";
        let text = format!(
            "services:\n  {APP}:\n    image: {host}/{REPOSITORY}:{tag}\n{common}{data}  {READER}:\n    image: {host}/{BYSTANDER}\n\
             {common}{data}  {OTHER}:\n    image: {host}/{BYSTANDER}\n{common}volumes:\n  data:\n{options}",
            tag = version.tag
        );
        let project = Project::from_text(&ground.engine, &ground.compose, "f", &text)?;
        project.up()?;
        let stage = Self { ground, keeps, project, version: version.clone() };
        for service in [APP, READER, OTHER] {
            stage.project.wait_healthy(service)?;
        }
        Ok(stage)
    }

    /// The version that runs.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Updates to `new` while `faults` happen, recovers, and judges.
    pub fn attempt(&mut self, new: &Version, faults: &[Fault]) -> Result<Attempt, Failure> {
        let before = Before::look(self)?;
        let scene = Arc::new(Scene::of(self, faults));
        let (at_gate, at_proxy) = (Arc::clone(&scene), Arc::clone(&scene));
        let gate_socket = self.ground.socket("g");
        let gate = Gate::open(&gate_socket, move |moment, number, label| at_gate.line(moment, number, label))?;
        let proxy = EngineProxy::start(self.ground.engine.host(), &self.ground.socket("p"), move |call, moment| {
            at_proxy.call(call, moment)
        })?;
        let service = format!("{}/{APP}", self.project.name());
        let mut update = self.dockrev(&["update", "--service", &service, "--to", &new.tag, "--yes"]);
        update.env("DOCKER_HOST", proxy.host()).env("DOCKREV_TEST_GATE", &gate_socket);
        let updated = program::run(&mut update, &scene.target)?;
        let scene_after = scene.end()?;
        drop((gate, proxy));
        let mut problems = Vec::new();
        let mut output = show("update", &updated);
        if updated.hung {
            problems.push("`dockrev update` did not end".to_owned());
        }
        self.recover(&mut output, &mut problems)?;
        let needs_help = self.help(&before, faults, &mut output)?;
        let ended = judge::judge(self, &before, new, &mut problems)?;
        let ended = if needs_help { Ended::NeedsAttention } else { ended };
        if ended == Ended::Updated {
            self.version = new.clone();
        }
        let Met { lines, calls, hit, .. } = scene_after;
        Ok(Attempt { ended, hit, problems, lines, calls, output })
    }

    /// Where the engine's disk was full, a person may have to do what the job could not: one command. Gives whether.
    fn help(&self, before: &Before, faults: &[Fault], output: &mut String) -> Result<bool, Failure> {
        let full = Blow::Fill(Disk::Engine);
        let was_full = faults.iter().any(|fault| matches!(fault, Fault::Line { blow, .. } if *blow == full));
        let Some(job) = before.job_in_need(self)?.filter(|_| was_full) else { return Ok(false) };
        let ran = self.run(&["rollback", &job, "--restore-data", "--yes"])?;
        output.push_str(&show("rollback", &ran));
        if ran.err.contains(NO_DATA) {
            let ran = self.run(&["rollback", &job, "--yes"])?;
            output.push_str(&show("rollback without data", &ran));
        }
        Ok(true)
    }

    fn recover(&self, output: &mut String, problems: &mut Vec<String>) -> Result<(), Failure> {
        for _ in 0..RECOVERIES_MAX {
            let ran = self.run(&["recover"])?;
            output.push_str(&show("recover", &ran));
            if ran.status == Some(0) {
                return Ok(());
            }
        }
        problems.push(format!("`dockrev recover` failed {RECOVERIES_MAX} times"));
        Ok(())
    }

    /// Runs `dockrev` on the engine itself.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<Ran, Failure> {
        program::run(&mut self.dockrev(arguments), &Target::default())
    }

    fn dockrev(&self, arguments: &[&str]) -> Command {
        let ground = self.ground;
        let mut command = Command::new(&ground.program);
        command
            .args(arguments)
            .env("DOCKER_HOST", ground.engine.host())
            .env("DOCKREV_COMPOSE_BIN", ground.compose.program())
            .env("DOCKREV_DATA_DIR", ground.data.folder())
            .env("DOCKREV_BACKUP_BASE_DIR", ground.backups.folder())
            .env("DOCKREV_PLUGIN_DIR", &ground.plugins)
            .env_remove("DOCKREV_TEST_GATE");
        command
    }

    /// Where the data is on this machine.
    pub(crate) fn volume(&self) -> Result<PathBuf, Failure> {
        if self.keeps == Keeps::OutOfSight {
            return Ok(self.ground.bound());
        }
        let name = format!("{}_data", self.project.name());
        let path = self.ground.engine.run(&["volume", "inspect", "--format", "{{.Mountpoint}}", &name])?;
        Ok(PathBuf::from(path.trim()))
    }
}

fn show(what: &str, ran: &Ran) -> String {
    format!("--- {what}: {:?}\n{}{}", ran.status, ran.out, ran.err)
}

/// The faults of one update, and what has been met so far.
struct Scene {
    target: Target,
    engine: Arc<Engine>,
    disks: [(Disk, PathBuf); 3],
    old: Version,
    met: Mutex<Met>,
}

#[derive(Debug, Default)]
struct Met {
    open: Vec<Fault>,
    lines: Vec<Line>,
    calls: Vec<String>,
    counts: HashMap<String, u32>,
    /// Calls whose answers are waited for, by their number in all.
    answers: HashMap<u32, Trick>,
    hit: bool,
    healing: Vec<JoinHandle<()>>,
}

impl Scene {
    fn of(stage: &Stage<'_>, faults: &[Fault]) -> Self {
        let ground = stage.ground;
        let folder = |path: &Path| path.to_owned();
        let disks = [
            (Disk::Data, folder(ground.data.folder())),
            (Disk::Backups, folder(ground.backups.folder())),
            (Disk::Engine, folder(ground.disk.folder())),
        ];
        let met = Mutex::new(Met { open: faults.to_vec(), ..Met::default() });
        let engine = Arc::clone(&ground.engine);
        Self { target: Target::default(), engine, disks, old: stage.version.clone(), met }
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self, now: Moment, line: u32, label: &str) {
        let blows: Vec<Blow> = {
            let mut met = self.met();
            if now == Moment::Before {
                met.lines.push(Line { number: line, label: label.to_owned() });
            }
            let is_due = |fault: &Fault| matches!(fault, Fault::Line { moment, number, .. } if *moment == now && *number == line);
            let due = met.open.iter().filter(|fault| is_due(fault)).cloned().collect::<Vec<_>>();
            met.open.retain(|fault| !is_due(fault));
            let blow = |fault: Fault| if let Fault::Line { blow, .. } = fault { Some(blow) } else { None };
            due.into_iter().filter_map(blow).collect()
        };
        for blow in blows {
            self.strike(blow);
        }
    }

    fn strike(&self, blow: Blow) {
        match blow {
            Blow::Kill => self.target.kill(),
            Blow::KillEngine => {
                let _ = self.engine.kill();
                self.heal(OUTAGE, |engine| engine.restart());
            }
            Blow::FreezeEngine => {
                let _ = self.engine.freeze();
                self.heal(FREEZE, |engine| engine.thaw());
            }
            Blow::RemoveOldImage => self.remove_old_image(),
            Blow::Fill(disk) => {
                for (_, folder) in self.disks.iter().filter(|(other, _)| *other == disk) {
                    Tmpfs::fill(folder);
                }
            }
        }
    }

    /// Makes the engine well again after a while.
    fn heal(
        &self,
        after: std::time::Duration,
        how: impl Fn(&Engine) -> Result<(), dockrev_testkit::Error> + Send + 'static,
    ) {
        let engine = Arc::clone(&self.engine);
        let healing = std::thread::spawn(move || {
            std::thread::sleep(after);
            // Where it fails, the end of the update does it again and says why.
            let _ = how(&engine);
        });
        self.met().healing.push(healing);
    }

    fn remove_old_image(&self) {
        let digest = &self.old.image.config_digest;
        let format = "{{.Repository}}:{{.Tag}} {{.ID}}";
        let listed = self.engine.run(&["images", "--no-trunc", "--format", format]).unwrap_or_default();
        let named = listed.lines().filter_map(|line| line.split_once(' ')).filter(|(_, id)| id == digest);
        for name in named.map(|(name, _)| name).chain([digest.as_str()]) {
            // It may be in use: then its names are gone, at least.
            let _ = self.engine.run(&["rmi", "--force", name]);
        }
    }

    fn call(&self, call: &proxy::Call, moment: proxy::Moment) -> Verdict {
        match moment {
            proxy::Moment::Answered => match self.met().answers.remove(&call.number) {
                Some(Trick::Lose) => Verdict::Cut,
                Some(Trick::KillAfter) => {
                    self.target.kill();
                    Verdict::Pass
                }
                Some(Trick::Cut | Trick::Refuse | Trick::Delay | Trick::KillBefore) | None => Verdict::Pass,
            },
            proxy::Moment::Asked => self.asked(call),
        }
    }

    fn asked(&self, call: &proxy::Call) -> Verdict {
        let name = format!("{} {}", call.method, call.path);
        let trick = {
            let mut met = self.met();
            met.calls.push(name.clone());
            let count = met.counts.entry(name.clone()).or_default();
            *count += 1;
            let now = *count;
            let is_due = |fault: &Fault| matches!(fault, Fault::Call { what, nth, .. } if *what == name && *nth == now);
            let due = met.open.iter().find(|fault| is_due(fault)).cloned();
            met.open.retain(|fault| !is_due(fault));
            let Some(Fault::Call { trick, .. }) = due else { return Verdict::Pass };
            met.answers.insert(call.number, trick);
            trick
        };
        match trick {
            Trick::Cut => Verdict::Cut,
            Trick::Refuse => Verdict::Refuse,
            Trick::Delay => Verdict::Delay(DELAY),
            Trick::KillBefore => {
                self.target.kill();
                Verdict::Pass
            }
            Trick::Lose | Trick::KillAfter => Verdict::Pass,
        }
    }

    /// Ends every fault, and says what was met.
    fn end(&self) -> Result<Met, Failure> {
        let healing = std::mem::take(&mut self.met().healing);
        for healing in healing {
            let _ = healing.join();
        }
        for (_, folder) in &self.disks {
            Tmpfs::empty(folder);
        }
        // A no-op where it runs.
        self.engine.thaw()?;
        self.engine.restart()?;
        let mut met = std::mem::take(&mut *self.met());
        met.hit = met.open.is_empty();
        Ok(met)
    }
}
