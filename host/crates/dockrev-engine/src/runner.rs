//! Runs jobs: one loop for doing and undoing, journal first.

use crate::context::{Context, Past, Ports, StageError};
use crate::keep;
use crate::scribe::{Pen, Scribe};
use crate::stage;
use dockrev_core::ids::JobId;
use dockrev_core::job::{DataWish, Direction, Failure, Job, JobState, Outcome, Stage, StageOutput, Step};
use dockrev_core::plan::{Change, UndoRule};
use dockrev_core::ports::{CancelFlag, Journal, JournalError, LockError};
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

mod error;

pub use crate::scribe::Observer;
pub use error::RunError;

/// How long an undo is tried again: an engine restarts in well under a minute.
const UNDO_PATIENCE: Duration = Duration::from_secs(60);
/// Wait between two tries.
const UNDO_PAUSE: Duration = Duration::from_secs(2);
/// What may be different at the next try.
const HOST_TROUBLES: [&str; 6] =
    ["engine.unreachable", "engine.timed-out", "engine.refused", "compose.failed", "backup.helper", "backup.unsettled"];
/// Jobs that are looked through for a later change of the same service.
const LATER_JOBS_MAX: u32 = 1_000;

/// How often a job that is under way looks whether it was asked to stop.
const CANCEL_POLL: Duration = Duration::from_millis(500);

/// Runs, undoes and recovers jobs. One at a time for each stack.
pub struct Runner {
    ports: Ports,
    /// Raised when all jobs of this process are to stop.
    cancel: CancelFlag,
}

/// What became of an unfinished job at recovery.
#[derive(Debug)]
pub enum Recovered {
    /// It was finished or undone.
    Settled(Box<Job>),
    /// Another process is at work on it.
    AtWork(LockError),
}

impl Runner {
    /// A runner that acts through `ports`. When `cancel` is raised, jobs that run undo themselves.
    #[must_use]
    pub fn new(ports: Ports, cancel: CancelFlag) -> Self {
        Self { ports, cancel }
    }

    /// Runs `change` as a new job until it has ended.
    pub async fn run(&self, change: Change, requested_by: &str, observer: &dyn Observer) -> Result<Job, RunError> {
        let now = self.ports.clock.timestamp();
        let job = Job {
            id: new_id(now),
            change,
            requested_by: requested_by.to_owned(),
            created_at: now,
            changed_at: now,
            state: JobState::first(),
        };
        let stack = job.change.id().stack();
        let _guard = self.ports.locks.take(&stack, &job.id).await?;
        let open = self.ports.journal.unfinished().await?;
        if let Some(open) = open.into_iter().find(|open| open.change.id().stack() == stack) {
            return Err(RunError::Unsettled { id: open.id, stack });
        }
        self.ports.journal.create(&job).await?;
        self.drive(job, observer).await
    }

    /// Puts back what the ended job `id` changed, and waits until the old image is good again. Of the data, what `data`
    /// says goes back.
    ///
    /// Refused when the service has been changed by somebody else since.
    pub async fn roll_back(&self, id: &JobId, data: DataWish, observer: &dyn Observer) -> Result<Job, RunError> {
        let find = async || self.ports.journal.job(id).await?.ok_or_else(|| RunError::NoSuchJob(id.clone()));
        let _guard = self.ports.locks.take(&find().await?.change.id().stack(), id).await?;
        let mut job = find().await?;
        let old = &job.change.from.image_id;
        if self.ports.engine.image_by_id(old).await?.is_none() {
            return Err(RunError::OldImageGone { id: id.clone(), image: old.to_string() });
        }
        match &job.state {
            JobState::Updated => self.still_in_force(&job).await?,
            JobState::NeedsAttention { .. } => self.is_the_last_of_its_service(&job).await?,
            state @ (JobState::Running { .. }
            | JobState::Undoing { .. }
            | JobState::Failed { .. }
            | JobState::RolledBack { .. }) => {
                return Err(RunError::NothingToUndo { id: id.clone(), state: state.name() });
            }
        }
        if data == DataWish::Restore && Past(self.ports.journal.journal(id).await?).artifact().is_none() {
            return Err(RunError::NoDataToRestore(id.clone()));
        }
        let cause = Failure {
            stage: Stage::Verify,
            code: "rollback.requested".to_owned(),
            message: "a rollback was asked for".to_owned(),
            hint: None,
            undo: UndoRule::Automatic,
        };
        job.state = JobState::Undoing { stage: Stage::Verify, cause, data };
        self.drive(job, observer).await
    }

    /// Finishes or undoes every job that was interrupted, oldest first.
    ///
    /// An interrupted verify is done again, for it changes nothing. Any other interrupted stage counts as failed and
    /// is undone, and so is what came before it. A job that another process is at work on is left to it.
    pub async fn recover(&self, observer: &dyn Observer) -> Result<Vec<Recovered>, RunError> {
        let mut recovered = Vec::new();
        for open in self.ports.journal.unfinished().await? {
            let _guard = match self.ports.locks.take(&open.change.id().stack(), &open.id).await {
                Ok(guard) => guard,
                Err(held @ LockError::Held { .. }) => {
                    recovered.push(Recovered::AtWork(held));
                    continue;
                }
                Err(error @ LockError::Failed { .. }) => return Err(error.into()),
            };
            // The process that had the lock may have settled it just before it let go.
            let Some(mut job) = self.ports.journal.job(&open.id).await?.filter(|job| !job.state.has_ended()) else {
                continue;
            };
            tracing::warn!(job.id = %job.id, job.state = job.state.name(), "picking up an interrupted job");
            job.state = match job.state {
                JobState::Running { stage: Stage::Verify } => JobState::Running { stage: Stage::Verify },
                JobState::Running { stage } => JobState::Running { stage }.next(Outcome::Failed(interrupted(stage))),
                other @ (JobState::Undoing { .. }
                | JobState::Updated
                | JobState::Failed { .. }
                | JobState::RolledBack { .. }
                | JobState::NeedsAttention { .. }) => other,
            };
            recovered.push(Recovered::Settled(Box::new(self.drive(job, observer).await?)));
        }
        if let Err(error) = self.ports.vault.end_work(None).await {
            tracing::debug!("what an earlier process left at work stays for now: {error}");
        }
        Ok(recovered)
    }

    /// The loop: writes that a stage starts, does or undoes it, writes how it ended, until the job has ended.
    async fn drive(&self, job: Job, observer: &dyn Observer) -> Result<Job, RunError> {
        let (id, service) = (job.id.clone(), job.change.id().to_string());
        let cancel = CancelFlag::default();
        // Ends when this does, however this does.
        let mut watch = JoinSet::new();
        let flags = [self.cancel.clone(), cancel.clone()];
        watch.spawn(watch_for_cancel(Arc::clone(&self.ports.journal), id.clone(), flags));
        let driven = self.drive_journalled(job, &cancel, observer).await;
        drop(watch);
        let job = driven.map_err(|source| RunError::Interrupted { id, service, source })?;
        self.release_images(&job).await;
        Ok(job)
    }

    async fn drive_journalled(
        &self,
        mut job: Job,
        cancel: &CancelFlag,
        observer: &dyn Observer,
    ) -> Result<Job, JournalError> {
        let ports = &self.ports;
        let workload = job.change.id();
        let scribe = Scribe::new(&workload, &*ports.journal, observer, &*ports.clock);
        while let Some((stage, direction, data)) = position(&job.state) {
            scribe.show(&job);
            scribe.record(&job, stage, direction, Step::Started).await?;
            if direction == Direction::Do
                && (self.cancel.is_raised() || ports.journal.is_asked_to_cancel(&job.id).await?)
            {
                cancel.raise();
            }
            let pen = Pen { job: &job, stage, direction, scribe: &scribe };
            let mut context = Context {
                change: &job.change,
                id: &workload,
                engine: &*ports.engine,
                compose: &*ports.compose,
                rewriting: &*ports.rewriting,
                standalone: &*ports.standalone,
                vault: &*ports.vault,
                clock: &*ports.clock,
                cancel,
                data,
                past: Past::default(),
                pen,
            };
            let result = match direction {
                Direction::Do => perform_unless_cancelled(stage, &context).await,
                Direction::Undo => undo_patiently(stage, &mut context, &*ports.journal).await,
            };
            let (outcome, step) = match result {
                Ok(output) => (Outcome::Done, Step::Done(output)),
                Err(StageError::Failed(failure)) => {
                    scribe.say(format!("{stage} failed: {failure}"));
                    (Outcome::Failed(failure.clone()), Step::Failed(failure))
                }
                Err(StageError::Journal(error)) => return Err(error),
            };
            job.state = job.state.next(outcome);
            job.changed_at = ports.clock.timestamp();
            scribe.record(&job, stage, direction, step).await?;
        }
        scribe.show(&job);
        tracing::info!(job.id = %job.id, workload = %workload, job.state = job.state.name(), "job ended");
        Ok(job)
    }

    /// After the saga, and harmless if it fails: what runs needs no tag to be kept. The old image of a success is kept
    /// until the update has proven itself.
    async fn release_images(&self, job: &Job) {
        let released = match job.state {
            JobState::Updated => keep::release(&*self.ports.engine, &job.id, keep::Image::New).await,
            JobState::Failed { .. }
            | JobState::RolledBack { .. }
            | JobState::NeedsAttention { .. }
            | JobState::Running { .. }
            | JobState::Undoing { .. } => Ok(()),
        };
        if let Err(error) = released {
            tracing::warn!(job.id = %job.id, "a local tag is left over: {error}");
        }
    }

    async fn still_in_force(&self, job: &Job) -> Result<(), RunError> {
        self.is_the_last_of_its_service(job).await?;
        let put_there = self.ports.engine.image(&job.change.to.by_digest()).await?;
        let running = self.ports.status(&job.change.id()).await?;
        let same = put_there.is_some_and(|image| running.iter().all(|container| container.image_id == image.id));
        if same && !running.is_empty() {
            return Ok(());
        }
        Err(RunError::ServiceChanged { id: job.id.clone(), service: job.change.id().to_string() })
    }

    async fn is_the_last_of_its_service(&self, job: &Job) -> Result<(), RunError> {
        let later = self.ports.journal.jobs(LATER_JOBS_MAX).await?.into_iter().find(|other| {
            other.change.id() == job.change.id()
                && other.created_at > job.created_at
                && matches!(other.state, JobState::Updated | JobState::NeedsAttention { .. })
        });
        match later {
            Some(later) => Err(RunError::ChangedLater {
                id: job.id.clone(),
                later: later.id,
                service: job.change.id().to_string(),
            }),
            None => Ok(()),
        }
    }
}

/// Sorts by time, can be read aloud, and is not given twice: `20260131T235959Z-3fa9c1`.
fn new_id(now: Timestamp) -> JobId {
    let random = Uuid::new_v4().simple().to_string();
    JobId::new(format!("{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), &random[..6]))
}

/// An undo can be tried any number of times, and it is worth it: an engine that restarts is no reason to give up.
async fn undo_patiently(
    stage: Stage,
    context: &mut Context<'_>,
    journal: &dyn Journal,
) -> Result<StageOutput, StageError> {
    let began = context.clock.monotonic();
    loop {
        // What an earlier try did is in the journal too.
        context.past = Past(journal.journal(&context.pen.job.id).await?);
        let failure = match stage::undo(stage, context).await {
            Err(StageError::Failed(failure)) => failure,
            result @ (Ok(_) | Err(StageError::Journal(_))) => return result,
        };
        let may_pass = HOST_TROUBLES.iter().any(|code| failure.code == *code);
        if !may_pass || context.clock.monotonic() - began >= UNDO_PATIENCE {
            return Err(StageError::Failed(failure));
        }
        context.pen.scribe.say(format!("trying again: {failure}"));
        context.clock.sleep(UNDO_PAUSE).await;
    }
}

/// Raises the second flag when the first is raised or the job was asked to stop.
async fn watch_for_cancel(journal: Arc<dyn Journal>, job: JobId, [all, this]: [CancelFlag; 2]) {
    loop {
        tokio::time::sleep(CANCEL_POLL).await;
        // A journal that cannot be read says nothing: the job's own next write finds out.
        if all.is_raised() || journal.is_asked_to_cancel(&job).await.unwrap_or(false) {
            this.raise();
            return;
        }
    }
}

async fn perform_unless_cancelled(stage: Stage, context: &Context<'_>) -> Result<StageOutput, StageError> {
    context.check_cancel()?;
    stage::perform(stage, context).await
}

fn position(state: &JobState) -> Option<(Stage, Direction, DataWish)> {
    match state {
        JobState::Running { stage } => Some((*stage, Direction::Do, DataWish::AsPlanned)),
        JobState::Undoing { stage, data, .. } => Some((*stage, Direction::Undo, *data)),
        JobState::Updated | JobState::Failed { .. } | JobState::RolledBack { .. } | JobState::NeedsAttention { .. } => {
            None
        }
    }
}

fn interrupted(stage: Stage) -> Failure {
    Failure {
        stage,
        code: "job.interrupted".to_owned(),
        message: format!("Dockrev ended during {stage}"),
        hint: None,
        undo: UndoRule::Automatic,
    }
}

#[cfg(test)]
mod tests;
