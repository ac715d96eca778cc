//! What is let go once an update has proven itself: its backup, the tag that kept its old image, and the old container
//! of one that belongs to no stack.
//!
//! It comes after the saga and may fail harmlessly; the next time does what was left. A job that failed removes nothing
//! of an earlier one.

use crate::context::{Past, Ports};
use crate::keep;
use crate::stage;
use dockrev_core::backup::{Artifact, ArtifactName};
use dockrev_core::ids::{JobId, StackName};
use dockrev_core::job::{Direction, Effect, Job, JobState, JournalEntry, LogLine, Stage, StageOutput, Step};
use dockrev_core::plan::Workload;
use dockrev_core::ports::{JournalError, LogSink};
use dockrev_core::stack::{ContainerStatus, Health, HealthStatus, RunState};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Jobs that are looked through for the one that a backup or a kept image belongs to.
const JOBS_MAX: u32 = 1_000;
/// How long an update without data to copy has to be good before its old image is let go: one hour.
const STABLE_WITHOUT_BACKUP_MS: u64 = 60 * 60 * 1000;

/// What was let go, and what could not be.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Backups that were removed.
    pub discarded: Vec<ArtifactName>,
    /// What failed, in words.
    pub problems: Vec<String>,
}

/// Removes backups of updates that have proven themselves and those that newer ones have replaced, and lets kept images
/// go, as the plans of their jobs say.
pub async fn tidy(ports: &Ports) -> Result<Tidied, JournalError> {
    let mut tidied = Tidied::default();
    let jobs = ports.journal.jobs(JOBS_MAX).await?;
    let proven = proven(ports, &jobs, &mut tidied).await;
    discard(ports, &jobs, &proven, &mut tidied).await?;
    release(ports, &jobs, &proven, &mut tidied).await;
    settle(ports, &jobs, &proven, &mut tidied).await?;
    Ok(tidied)
}

/// The jobs whose update has been good for as long as the settings ask. Each service's newest success only: what came
/// before it is over.
async fn proven(ports: &Ports, jobs: &[Job], tidied: &mut Tidied) -> BTreeSet<JobId> {
    let now = ports.clock.timestamp();
    let mut seen = BTreeSet::new();
    let mut proven = BTreeSet::new();
    // A later job that failed or was rolled back is no proof of anything.
    for job in jobs.iter().filter(|job| job.state == JobState::Updated) {
        let is_newest = seen.insert(job.change.id());
        let is_good = !is_newest || {
            let stable = job.change.backup.as_ref().map_or(STABLE_WITHOUT_BACKUP_MS, |backup| backup.stable_ms);
            has_passed(job.changed_at, stable, now) && is_still_good(ports, job, tidied).await
        };
        if is_good {
            proven.insert(job.id.clone());
        }
    }
    proven
}

fn has_passed(since: Timestamp, span_ms: u64, now: Timestamp) -> bool {
    let span = SignedDuration::from_millis(i64::try_from(span_ms).unwrap_or(i64::MAX));
    now.duration_since(since) >= span
}

/// Whether the containers that were found good at the end of the job are there, run, and have not been restarted since.
async fn is_still_good(ports: &Ports, job: &Job, tidied: &mut Tidied) -> bool {
    let verified = match ports.journal.journal(&job.id).await {
        Ok(entries) => verified(&entries),
        Err(error) => {
            tidied.problems.push(error.to_string());
            return false;
        }
    };
    match ports.status(&job.change.id()).await {
        Ok(now) => !now.is_empty() && now.iter().all(|container| is_as_good(container, &verified)),
        Err(error) => {
            tidied.problems.push(error.to_string());
            false
        }
    }
}

fn verified(entries: &[JournalEntry]) -> Vec<ContainerStatus> {
    let found = entries.iter().rev().find_map(|entry| match &entry.step {
        Step::Done(StageOutput::Verified { containers, .. }) => Some(containers.clone()),
        Step::Done(_) | Step::Started | Step::Intends(_) | Step::Did(_) | Step::Saw(_) | Step::Failed(_) => None,
    });
    found.unwrap_or_default()
}

fn is_as_good(container: &ContainerStatus, verified: &[ContainerStatus]) -> bool {
    let is_healthy = match &container.health {
        Health::Checked { status, .. } => *status == HealthStatus::Healthy,
        Health::None => true,
    };
    let before = verified.iter().find(|before| before.id == container.id);
    let is_same = before.is_some_and(|before| before.restart_count == container.restart_count);
    container.run == RunState::Running && is_healthy && is_same
}

async fn discard(
    ports: &Ports,
    jobs: &[Job],
    proven: &BTreeSet<JobId>,
    tidied: &mut Tidied,
) -> Result<(), JournalError> {
    let artifacts = match ports.vault.list().await {
        // What is damaged is nobody's last good one, and is left to whoever looks into it.
        Ok(artifacts) => artifacts.backups,
        Err(error) => {
            tidied.problems.push(error.to_string());
            return Ok(());
        }
    };
    let mut of_stack: BTreeMap<StackName, Vec<Artifact>> = BTreeMap::new();
    for artifact in artifacts {
        of_stack.entry(artifact.name.stack()).or_default().push(artifact);
    }
    for (stack, artifacts) in of_stack {
        let owners = owners(ports, jobs, &stack).await?;
        for name in superfluous(&artifacts, &owners, proven) {
            match ports.vault.discard(&name).await {
                Ok(()) => {
                    if let Some(job) = owners.get(&name) {
                        write_down(ports, job, &name).await?;
                    }
                    tidied.discarded.push(name);
                }
                Err(error) => tidied.problems.push(error.to_string()),
            }
        }
    }
    Ok(())
}

/// Which job wrote which backup.
async fn owners<'a>(
    ports: &Ports,
    jobs: &'a [Job],
    stack: &StackName,
) -> Result<BTreeMap<ArtifactName, &'a Job>, JournalError> {
    let mut owners = BTreeMap::new();
    for job in jobs.iter().filter(|job| job.change.id().stack() == *stack && job.change.backup.is_some()) {
        for entry in ports.journal.journal(&job.id).await? {
            if let Step::Done(StageOutput::BackedUp { artifact, .. }) = entry.step {
                owners.insert(artifact.name, job);
            }
        }
    }
    Ok(owners)
}

/// Those whose job is proven, and of the others all but the newest. What no job here wrote is somebody else's; what a
/// job that was undone or needs attention wrote stays until a success comes after it.
fn superfluous(
    artifacts: &[Artifact],
    owners: &BTreeMap<ArtifactName, &Job>,
    proven: &BTreeSet<JobId>,
) -> Vec<ArtifactName> {
    let newest_success = artifacts.iter().rev().find_map(|artifact| {
        owners.get(&artifact.name).filter(|job| job.state == JobState::Updated).map(|job| (&artifact.name, job))
    });
    let Some((newest, job)) = newest_success else { return Vec::new() };
    let keep = job.change.backup.as_ref().map_or(0, |backup| backup.keep);
    let kept = usize::try_from(keep).unwrap_or(usize::MAX);
    let owned: Vec<&ArtifactName> =
        artifacts.iter().map(|artifact| &artifact.name).filter(|name| owners.contains_key(*name)).collect();
    let is_open = |name: &ArtifactName| owners.get(name).is_some_and(|job| !job.state.has_ended());
    let is_proven = |name: &ArtifactName| owners.get(name).is_some_and(|job| proven.contains(&job.id));
    let too_many = owned.iter().rev().skip(kept).filter(|name| **name < newest);
    let mut superfluous: Vec<ArtifactName> = too_many
        .copied()
        .chain(owned.iter().copied().filter(|name| is_proven(name)))
        .filter(|name| !is_open(name))
        .cloned()
        .collect();
    superfluous.sort();
    superfluous.dedup();
    superfluous
}

async fn write_down(ports: &Ports, job: &Job, name: &ArtifactName) -> Result<(), JournalError> {
    let step = Step::Did(Effect::DiscardBackup { artifact: name.clone() });
    let entry = JournalEntry { at: ports.clock.timestamp(), stage: Stage::Backup, direction: Direction::Do, step };
    ports.journal.record(&job.id, &job.state, &entry).await
}

/// Lets images go that no job needs: those of proven jobs, of jobs that were undone, and of jobs that nobody remembers.
async fn release(ports: &Ports, jobs: &[Job], proven: &BTreeSet<JobId>, tidied: &mut Tidied) {
    let kept = match keep::kept(&*ports.engine).await {
        Ok(kept) => kept,
        Err(error) => {
            tidied.problems.push(error.to_string());
            return;
        }
    };
    for (id, image) in kept {
        let is_needed = jobs.iter().find(|job| job.id == id).is_some_and(|job| match job.state {
            JobState::Running { .. } | JobState::Undoing { .. } | JobState::NeedsAttention { .. } => true,
            JobState::Updated => image == keep::Image::Old && !proven.contains(&id),
            JobState::Failed { .. } | JobState::RolledBack { .. } => false,
        });
        if !is_needed && let Err(error) = keep::release(&*ports.engine, &id, image).await {
            tidied.problems.push(error.to_string());
        }
    }
}

/// Removes the containers that were kept for the way back of updates that have proven themselves.
async fn settle(
    ports: &Ports,
    jobs: &[Job],
    proven: &BTreeSet<JobId>,
    tidied: &mut Tidied,
) -> Result<(), JournalError> {
    let of_containers = |job: &&Job| matches!(job.change.workload, Workload::Container(_));
    let mut candidates = jobs.iter().filter(of_containers).filter(|job| proven.contains(&job.id)).peekable();
    if candidates.peek().is_none() {
        return Ok(());
    }
    let kept = match ports.standalone.kept().await {
        Ok(kept) => kept,
        Err(error) => {
            tidied.problems.push(error.to_string());
            return Ok(());
        }
    };
    for job in candidates.filter(|job| kept.contains(&job.id)) {
        let Workload::Container(workload) = &job.change.workload else { continue };
        let past = Past(ports.journal.journal(&job.id).await?);
        let Some(new) = past.pulled() else { continue };
        let replacement = stage::replacement(&job.id, &job.change, workload, new.clone());
        match ports.standalone.settle(&replacement, &Silent).await {
            Ok(()) => {
                let step = Step::Did(Effect::RemoveOldContainer { name: workload.container.to_string() });
                let (at, stage, direction) = (ports.clock.timestamp(), Stage::Apply, Direction::Do);
                ports.journal.record(&job.id, &job.state, &JournalEntry { at, stage, direction, step }).await?;
            }
            Err(error) => tidied.problems.push(error.to_string()),
        }
    }
    Ok(())
}

/// What is said while a container is removed is in no job's log: that ended long ago.
struct Silent;

impl LogSink for Silent {
    fn line(&self, _line: LogLine) {}
}

#[cfg(test)]
mod tests;
