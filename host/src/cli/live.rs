//! Shows a job while it runs: one line per stage, with the time it began.

use super::paint::{Tone, paint};
use super::show::short;
use super::table::one_line;
use crate::cli::output::out;
use crate::operations::change::WorkloadName;
use crate::operations::jobs::view::{JobFailure, JobView};
use crate::operations::words::{JobStateName, LogSourceName, StageName};
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{Job, LogLine};
use dockrev_engine::runner::Observer;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Prints to standard output.
pub(super) struct Live {
    verbosity: Verbosity,
    /// Jobs that have not ended, and when they were first seen.
    running: Mutex<BTreeMap<WorkloadName, Instant>>,
}

/// How much of the work is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verbosity {
    /// Stages only.
    Stages,
    /// Also what the engine and Compose print.
    Everything,
}

impl Verbosity {
    pub(super) fn of_flag(verbose: bool) -> Self {
        if verbose { Self::Everything } else { Self::Stages }
    }
}

impl Live {
    pub(super) fn new(verbosity: Verbosity) -> Self {
        Self { verbosity, running: Mutex::default() }
    }

    /// Seconds since the job was first seen; says which job begins, and forgets it when it ends.
    fn elapsed(&self, job: &JobView) -> f64 {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let known =
            if has_ended(job.state) { running.remove(&job.workload) } else { running.get(&job.workload).copied() };
        if let Some(began) = known {
            return began.elapsed().as_secs_f64();
        }
        if !has_ended(job.state) {
            running.insert(job.workload.clone(), Instant::now());
        }
        let change = &job.change;
        let title = format!("{}  {} -> {}", job.workload, change.from.tag, change.to.tag);
        let digest = format!("({})  job {}", short(&change.to.digest), job.id);
        out!("{}  {}", paint(Tone::Strong, title), paint(Tone::Faint, digest));
        0.0
    }

    /// Whose line it is, where several jobs run at once.
    fn whose(&self, workload: &WorkloadName) -> String {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.keys().any(|other| other != workload) { format!("{workload}: ") } else { String::new() }
    }

    /// The job reached a new state.
    pub(super) fn show(&self, job: &JobView) {
        let at = self.elapsed(job);
        let Some(text) = state(job) else { return };
        out!("  {at:>6.1} s  {}{text}", self.whose(&job.workload));
        let hint = match job.state {
            JobStateName::NeedsAttention => job.undo_failure.as_ref().or(job.cause.as_ref()),
            JobStateName::Failed => job.cause.as_ref(),
            JobStateName::Running | JobStateName::Undoing | JobStateName::Updated | JobStateName::RolledBack => None,
        };
        if let Some(hint) = hint.and_then(|failure| failure.hint.as_ref()) {
            let hint = hint.replace("JOB", &job.id);
            out!("            {} {}", paint(Tone::Faint, "hint:"), one_line(&hint));
        }
    }

    /// A line was written to the log of the job that changes `workload`.
    pub(super) fn tell(&self, workload: &WorkloadName, source: LogSourceName, text: &str) {
        match self.verbosity {
            Verbosity::Stages => {}
            Verbosity::Everything => {
                let source = match source {
                    LogSourceName::Dockrev => String::new(),
                    LogSourceName::Engine
                    | LogSourceName::ComposeOut
                    | LogSourceName::ComposeErr
                    | LogSourceName::Service => format!("{}: ", source.as_str()),
                };
                let line = format!("{}{source}{}", self.whose(workload), one_line(text));
                out!("            {}", paint(Tone::Faint, line));
            }
        }
    }
}

/// Whether nothing comes after it.
pub(super) fn has_ended(state: JobStateName) -> bool {
    match state {
        JobStateName::Running | JobStateName::Undoing => false,
        JobStateName::Updated | JobStateName::Failed | JobStateName::RolledBack | JobStateName::NeedsAttention => true,
    }
}

/// A line for the state, if it is worth one.
fn state(job: &JobView) -> Option<String> {
    let cause = |failure: Option<&JobFailure>| one_line(failure.map_or("", |failure| failure.message.as_str()));
    let why = job.cause.as_ref();
    Some(match job.state {
        JobStateName::Running => job.stage?.as_str().to_owned(),
        JobStateName::Undoing => {
            let failed = why.map(|cause| cause.stage);
            match job.stage? {
                // The undoing of the other stages has nothing to do: a line for each would be noise.
                StageName::Apply if matches!(failed, Some(StageName::Apply | StageName::Verify)) => {
                    paint(Tone::Caution, format!("putting it back: {}", cause(why)))
                }
                StageName::Backup if failed == Some(StageName::Backup) => {
                    paint(Tone::Caution, format!("letting the service go on: {}", cause(why)))
                }
                StageName::Preflight | StageName::Pull | StageName::Backup | StageName::Apply | StageName::Verify => {
                    return None;
                }
            }
        }
        JobStateName::Updated => paint(Tone::Good, "updated"),
        JobStateName::Failed => paint(Tone::Bad, format!("failed, the old containers run: {}", cause(why))),
        JobStateName::RolledBack => paint(Tone::Caution, "rolled back: the old image runs again"),
        JobStateName::NeedsAttention => {
            paint(Tone::Bad, format!("needs attention: {}", cause(job.undo_failure.as_ref().or(why))))
        }
    })
}

impl Observer for Live {
    fn state(&self, job: &Job) {
        self.show(&job.into());
    }

    fn line(&self, workload: &WorkloadId, line: &LogLine) {
        self.tell(&workload.into(), line.source.into(), &line.text);
    }
}
