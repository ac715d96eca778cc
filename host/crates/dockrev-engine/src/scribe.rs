//! Writes down what a job does: journal entries before and after every effect, and the job's log.

use crate::clock::Clock;
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{Direction, Effect, Job, JournalEntry, LogLine, LogSource, Observation, Stage, Step};
use dockrev_core::ports::{Journal, JournalError, LogSink};
use std::sync::{Mutex, PoisonError};

/// Lines that one job may write; what comes after is counted and left out.
const LOG_MAX_LINES: usize = 5_000;

/// Watches a job live. Nothing depends on it.
pub trait Observer: Send + Sync {
    /// The job reached a new state.
    fn state(&self, job: &Job);
    /// A line was written to the log of the job that changes `workload`.
    fn line(&self, workload: &WorkloadId, line: &LogLine);
}

/// Writes for one job.
pub(crate) struct Scribe<'a> {
    workload: &'a WorkloadId,
    journal: &'a dyn Journal,
    observer: &'a dyn Observer,
    clock: &'a dyn Clock,
    unwritten: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    pending: Vec<LogLine>,
    taken: usize,
}

impl<'a> Scribe<'a> {
    pub(crate) fn new(
        workload: &'a WorkloadId,
        journal: &'a dyn Journal,
        observer: &'a dyn Observer,
        clock: &'a dyn Clock,
    ) -> Self {
        Self { workload, journal, observer, clock, unwritten: Mutex::default() }
    }

    /// Writes a step and the job's state, and the log lines that came before it.
    pub(crate) async fn record(
        &self,
        job: &Job,
        stage: Stage,
        direction: Direction,
        step: Step,
    ) -> Result<(), JournalError> {
        self.flush(job).await;
        let entry = JournalEntry { at: self.clock.timestamp(), stage, direction, step };
        self.journal.record(&job.id, &job.state, &entry).await
    }

    /// Writes the log lines that are still in memory. A job does not fail because of its log.
    async fn flush(&self, job: &Job) {
        let lines = std::mem::take(&mut self.lines().pending);
        if lines.is_empty() {
            return;
        }
        if let Err(error) = self.journal.append_log(&job.id, &lines).await {
            tracing::warn!(job.id = %job.id, "{} lines of a job's log are lost: {error}", lines.len());
        }
    }

    /// Tells the observer of the job's state.
    pub(crate) fn show(&self, job: &Job) {
        self.observer.state(job);
    }

    /// Writes a line of Dockrev's own to the job's log.
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.line(LogLine::new(LogSource::Dockrev, text));
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for Scribe<'_> {
    fn line(&self, mut line: LogLine) {
        line.at.get_or_insert_with(|| self.clock.timestamp());
        self.observer.line(self.workload, &line);
        let mut lines = self.lines();
        lines.taken += 1;
        match lines.taken {
            taken if taken < LOG_MAX_LINES => lines.pending.push(line),
            LOG_MAX_LINES => lines.pending.push(LogLine {
                at: line.at,
                source: LogSource::Dockrev,
                text: format!("the log is full at {LOG_MAX_LINES} lines: later ones are left out"),
            }),
            _ => {}
        }
    }
}

/// A stage at work: the job, its log, and the journal for the effects of this stage.
pub(crate) struct Pen<'a> {
    pub(crate) job: &'a Job,
    pub(crate) stage: Stage,
    pub(crate) direction: Direction,
    pub(crate) scribe: &'a Scribe<'a>,
}

impl Pen<'_> {
    /// Written before an effect.
    pub(crate) async fn intends(&self, effect: &Effect) -> Result<(), JournalError> {
        self.scribe.say(effect.to_string());
        self.scribe.record(self.job, self.stage, self.direction, Step::Intends(effect.clone())).await
    }

    /// Keeps what was seen as evidence.
    pub(crate) async fn saw(&self, observation: Observation) -> Result<(), JournalError> {
        self.scribe.record(self.job, self.stage, self.direction, Step::Saw(observation)).await
    }

    /// Written after an effect.
    pub(crate) async fn did(&self, effect: Effect) -> Result<(), JournalError> {
        self.scribe.record(self.job, self.stage, self.direction, Step::Did(effect)).await
    }
}
