//! Waits until a service's containers are good, as their own healthcheck says.

use crate::context::{Context, StageError};
use dockrev_core::ids::{ContainerId, ImageId, WorkloadId};
use dockrev_core::job::{Direction, Failure, Observation, Stage, StageOutput};
use dockrev_core::plan::{UndoRule, VerifySettings, Warning};
use dockrev_core::ports::{HostError, LogSink};
use dockrev_core::stack::{ContainerStatus, Health, HealthStatus, RunState};
use jiff::Timestamp;
use std::collections::BTreeSet;
use std::time::Duration;

/// How often the engine is asked. Short enough not to add to a downtime, long enough not to burden the engine.
const POLL: Duration = Duration::from_millis(250);
/// The same as long as most services take to become good.
const FIRST_POLL: Duration = Duration::from_millis(100);
/// How long that is.
const FIRST_POLLS_LAST: Duration = Duration::from_secs(10);

/// How long the engine may be silent during a wait before the wait fails.
const ENGINE_SILENCE_MAX: Duration = Duration::from_secs(60);
/// Restarts during a wait that make a crash loop.
const RESTARTS_MAX: u64 = 2;
/// Lines of a failed service's own output that are kept as evidence.
const EVIDENCE_LINES: usize = 100;

/// Code of containers that were not found good.
pub(crate) const NOT_HEALTHY: &str = "verify.not-healthy";

/// Probes of one wait that are kept as evidence.
const EVIDENCE_PROBES: usize = 100;

/// Containers that were found good.
pub(crate) struct Good {
    pub(crate) containers: Vec<ContainerStatus>,
    pub(crate) waited: Duration,
    /// Whether every one of them has a healthcheck.
    pub(crate) checked: bool,
}

impl Good {
    /// For the journal.
    pub(crate) fn into_output(self, workload: &WorkloadId) -> StageOutput {
        let warnings = if self.checked { Vec::new() } else { vec![Warning::NoHealthcheck.to_string()] };
        let waited_ms = u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX);
        tracing::debug!(workload = %workload, waited_ms, "containers are good");
        StageOutput::Verified { containers: self.containers, waited_ms, warnings }
    }
}

/// What one look at the containers says.
enum Verdict {
    Good,
    Waiting(String),
    Bad(String),
}

/// Waits until all containers of what is changed are made from `image` and good.
pub(crate) async fn wait_until_good(context: &Context<'_>, image: &ImageId) -> Result<Good, StageError> {
    let change = context.change;
    let wanted = Wanted {
        image: Some(image),
        containers: change.workload.containers(),
        proof: Proof::Healthcheck,
        settings: &change.verify,
    };
    let watched = [Watched { id: context.id.clone(), wanted }];
    watch(context, &watched, |containers| undo_rule(context, containers, image)).await
}

/// Waits until all that is watched is good; `undo` says what it leads to if it is not.
///
/// With a healthcheck: until it says healthy, at least as long as its own numbers take to a verdict. Without one: until
/// it has run for the settle time without a restart.
pub(crate) async fn watch(
    context: &Context<'_>,
    watched: &[Watched<'_>],
    undo: impl Fn(&[ContainerStatus]) -> UndoRule,
) -> Result<Good, StageError> {
    let (settings, clock) = (&context.change.verify, context.clock);
    let began = clock.monotonic();
    let mut last_answer = began;
    let mut first: Option<Looks> = None;
    let mut probes = Probes::default();
    loop {
        let looks = match look(context, watched).await {
            Ok(looks) => looks,
            Err(error) if clock.monotonic() - last_answer < ENGINE_SILENCE_MAX => {
                context.pen.scribe.say(format!("asking again: {error}"));
                clock.sleep(POLL).await;
                continue;
            }
            Err(error) => return Err(StageError::host(Stage::Verify, &error)),
        };
        last_answer = clock.monotonic();
        let containers: Vec<ContainerStatus> = looks.concat();
        probes.write_down(context, &containers).await?;
        let waited = last_answer - began;
        let base = first.get_or_insert_with(|| looks.clone());
        let (id, verdict) = judge_all(watched, &looks, base, waited);
        match verdict {
            Verdict::Good => {
                let checked = containers.iter().all(|container| container.health != Health::None);
                return Ok(Good { containers, waited, checked });
            }
            Verdict::Bad(reason) => return Err(bad(context, id, reason, undo(&containers)).await),
            Verdict::Waiting(reason) if waited >= deadline(&containers, settings) => {
                return Err(bad(context, id, reason, undo(&containers)).await);
            }
            Verdict::Waiting(_) => {
                if context.pen.direction == Direction::Do {
                    context.check_cancel()?;
                }
                clock.sleep(if waited < FIRST_POLLS_LAST { FIRST_POLL } else { POLL }).await;
            }
        }
    }
}

/// The containers of each that is watched.
type Looks = Vec<Vec<ContainerStatus>>;

async fn look(context: &Context<'_>, watched: &[Watched<'_>]) -> Result<Looks, HostError> {
    let mut looks = Vec::with_capacity(watched.len());
    for one in watched {
        looks.push(context.status_of(&one.id).await?);
    }
    Ok(looks)
}

/// The first that is bad, or else one that has to be waited for.
fn judge_all<'a>(
    watched: &'a [Watched<'_>],
    looks: &Looks,
    first: &Looks,
    waited: Duration,
) -> (Option<&'a WorkloadId>, Verdict) {
    let mut so_far = (None, Verdict::Good);
    for (one, (containers, first)) in watched.iter().zip(looks.iter().zip(first)) {
        match judge(containers, first, &one.wanted, waited) {
            Verdict::Good => {}
            waiting @ Verdict::Waiting(_) => so_far = (Some(&one.id), waiting),
            bad @ Verdict::Bad(_) => return (Some(&one.id), bad),
        }
    }
    so_far
}

/// The probes that were written down already.
#[derive(Default)]
struct Probes(BTreeSet<(ContainerId, Timestamp)>);

impl Probes {
    async fn write_down(&mut self, context: &Context<'_>, containers: &[ContainerStatus]) -> Result<(), StageError> {
        for container in containers {
            let Health::Checked { probes, .. } = &container.health else { continue };
            for probe in probes {
                let is_full = self.0.len() >= EVIDENCE_PROBES;
                if !is_full && self.0.insert((container.id.clone(), probe.began_at)) {
                    let (container, probe) = (container.name.clone(), probe.clone());
                    context.pen.saw(Observation::Probed { container, probe }).await?;
                }
            }
        }
        Ok(())
    }
}

/// A service or container that is watched.
pub(crate) struct Watched<'a> {
    pub(crate) id: WorkloadId,
    pub(crate) wanted: Wanted<'a>,
}

/// What a service has to come to.
pub(crate) struct Wanted<'a> {
    /// What it has to be made from, if that matters.
    pub(crate) image: Option<&'a ImageId>,
    pub(crate) containers: u32,
    pub(crate) proof: Proof,
    pub(crate) settings: &'a VerifySettings,
}

/// By what a container is found good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Its healthcheck, if it has one.
    Healthcheck,
    /// That it runs on: its healthcheck did not find it healthy before either.
    Running,
}

fn judge(containers: &[ContainerStatus], first: &[ContainerStatus], wanted: &Wanted<'_>, waited: Duration) -> Verdict {
    if containers.is_empty() {
        return Verdict::Bad("it has no container".to_owned());
    }
    let missing = usize::try_from(wanted.containers).unwrap_or(usize::MAX).saturating_sub(containers.len());
    let mut waiting = (missing > 0).then(|| format!("{missing} of its {} containers are missing", wanted.containers));
    for container in containers {
        if wanted.image.is_some_and(|image| container.image_id != *image) {
            return Verdict::Bad(format!("container `{}` was not made from the expected image", container.name));
        }
        let restarts_before =
            first.iter().find(|earlier| earlier.id == container.id).map_or(0, |earlier| earlier.restart_count);
        let restarts = container.restart_count.saturating_sub(restarts_before);
        match judge_one(container, restarts, wanted, waited) {
            Verdict::Good => {}
            Verdict::Waiting(reason) => waiting = Some(reason),
            bad @ Verdict::Bad(_) => return bad,
        }
    }
    waiting.map_or(Verdict::Good, Verdict::Waiting)
}

fn judge_one(container: &ContainerStatus, restarts: u64, wanted: &Wanted<'_>, waited: Duration) -> Verdict {
    let name = &container.name;
    match container.run {
        RunState::Exited { code } => return Verdict::Bad(format!("container `{name}` ended with exit code {code}")),
        RunState::Running | RunState::Restarting | RunState::Paused | RunState::NotStarted
            if restarts > RESTARTS_MAX =>
        {
            return Verdict::Bad(format!("container `{name}` restarted {restarts} times"));
        }
        RunState::Restarting => return Verdict::Waiting(format!("container `{name}` is being restarted")),
        RunState::Paused => return Verdict::Waiting(format!("container `{name}` is paused")),
        RunState::NotStarted => return Verdict::Waiting(format!("container `{name}` has not started")),
        RunState::Running => {}
    }
    let health = match wanted.proof {
        Proof::Healthcheck => &container.health,
        Proof::Running => &Health::None,
    };
    match health {
        Health::Checked { status: HealthStatus::Healthy, .. } => Verdict::Good,
        Health::Checked { status: HealthStatus::Starting, .. } => Verdict::Waiting(format!(
            "container `{name}` did not become healthy in time{}",
            last_output(&container.health)
        )),
        // A slow start without a start period is unhealthy first: it gets the time that its own numbers ask for.
        Health::Checked { status: HealthStatus::Unhealthy, timing, .. } => {
            let reason = format!("container `{name}` is unhealthy{}", last_output(&container.health));
            if waited >= Duration::from_millis(timing.verdict_due_ms()) {
                Verdict::Bad(reason)
            } else {
                Verdict::Waiting(reason)
            }
        }
        Health::None if restarts > 0 => Verdict::Bad(format!("container `{name}` restarted after its start")),
        Health::None if waited >= Duration::from_millis(wanted.settings.settle_ms) => Verdict::Good,
        Health::None => Verdict::Waiting(format!("container `{name}` has not run for long enough")),
    }
}

fn last_output(health: &Health) -> String {
    match health {
        Health::Checked { last_output: Some(output), .. } if !output.trim().is_empty() => {
            format!(": its last probe said `{}`", output.trim())
        }
        Health::Checked { .. } | Health::None => String::new(),
    }
}

/// The longest wait: what the slowest healthcheck's own numbers ask for, and the grace on top.
fn deadline(containers: &[ContainerStatus], settings: &VerifySettings) -> Duration {
    let slowest = containers
        .iter()
        .map(|container| match &container.health {
            Health::Checked { timing, .. } => timing.verdict_due_ms(),
            Health::None => settings.settle_ms,
        })
        .max()
        .unwrap_or(settings.settle_ms);
    Duration::from_millis(slowest.saturating_add(settings.grace_ms))
}

/// Undone unasked wherever somebody can tell good from bad: the old or the new containers have a healthcheck, or the
/// service has no container of the new image at all.
fn undo_rule(context: &Context<'_>, containers: &[ContainerStatus], image: &ImageId) -> UndoRule {
    let is_checked = |container: &ContainerStatus| container.health != Health::None;
    let is_wrong = |container: &ContainerStatus| container.image_id != *image;
    let is_certain = context.change.had_healthcheck
        || containers.is_empty()
        || containers.iter().any(|container| is_checked(container) || is_wrong(container));
    if is_certain { UndoRule::Automatic } else { context.change.verify.without_healthcheck }
}

/// Keeps what the containers of `id` wrote last as evidence.
pub(crate) async fn keep_last_lines(context: &Context<'_>, id: &WorkloadId) -> Result<(), StageError> {
    let output = context.output_of(id, EVIDENCE_LINES).await.unwrap_or_default();
    let lines: Vec<String> = output.iter().map(|line| line.text.clone()).collect();
    for line in output {
        context.pen.scribe.line(line);
    }
    if !lines.is_empty() {
        context.pen.saw(Observation::LastLines { lines }).await?;
    }
    Ok(())
}

async fn bad(context: &Context<'_>, id: Option<&WorkloadId>, reason: String, undo: UndoRule) -> StageError {
    let id = id.unwrap_or(context.id);
    if let Err(error) = keep_last_lines(context, id).await {
        return error;
    }
    let hint = match undo {
        UndoRule::Automatic => None,
        UndoRule::OnRequest => Some(
            "it has no healthcheck, so nothing was undone: `dockrev rollback JOB` puts the old image back".to_owned(),
        ),
    };
    let (stage, code) = (Stage::Verify, NOT_HEALTHY.to_owned());
    StageError::Failed(Failure { stage, code, message: format!("`{id}`: {reason}"), hint, undo })
}

#[cfg(test)]
mod tests;
