//! Shows a job while it runs: one line per stage, with the time it began.

use super::paint::{Tone, paint};
use super::table::one_line;
use crate::cli::output::out;
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{Job, JobState, LogLine, LogSource, Stage};
use dockrev_engine::runner::Observer;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Prints to standard output.
pub(super) struct Live {
    verbosity: Verbosity,
    /// Jobs that have not ended, and when they were first seen.
    running: Mutex<BTreeMap<WorkloadId, Instant>>,
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
    fn elapsed(&self, job: &Job) -> f64 {
        let workload = &job.change.id();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let known = if job.state.has_ended() { running.remove(workload) } else { running.get(workload).copied() };
        if let Some(began) = known {
            return began.elapsed().as_secs_f64();
        }
        running.insert(workload.clone(), Instant::now());
        let (from, to) = (&job.change.from.tag, &job.change.to.tag);
        let title = format!("{workload}  {from} -> {to}");
        let digest = format!("({})  job {}", job.change.to.digest.short(), job.id);
        out!("{}  {}", paint(Tone::Strong, title), paint(Tone::Faint, digest));
        0.0
    }

    /// Whose line it is, where several jobs run at once.
    fn whose(&self, workload: &WorkloadId) -> String {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if running.keys().any(|other| other != workload) { format!("{workload}: ") } else { String::new() }
    }
}

impl Observer for Live {
    fn state(&self, job: &Job) {
        let at = self.elapsed(job);
        let whose = self.whose(&job.change.id());
        let text = match &job.state {
            JobState::Running { stage } => stage.to_string(),
            // The undoing of the other stages has nothing to do: a line for each would be noise.
            JobState::Undoing { stage: Stage::Apply, cause, .. } if cause.stage.touches_service() => {
                paint(Tone::Caution, format!("putting it back: {}", one_line(&cause.message)))
            }
            JobState::Undoing { stage: Stage::Backup, cause, .. } if cause.stage == Stage::Backup => {
                paint(Tone::Caution, format!("letting the service go on: {}", one_line(&cause.message)))
            }
            JobState::Undoing { .. } => return,
            JobState::Updated => paint(Tone::Good, "updated"),
            JobState::Failed { cause } => {
                paint(Tone::Bad, format!("failed, the old containers run: {}", one_line(&cause.message)))
            }
            JobState::RolledBack { .. } => paint(Tone::Caution, "rolled back: the old image runs again"),
            JobState::NeedsAttention { cause, undo_failure } => {
                let failure = undo_failure.as_ref().unwrap_or(cause);
                paint(Tone::Bad, format!("needs attention: {}", one_line(&failure.message)))
            }
        };
        out!("  {at:>6.1} s  {whose}{text}");
        let hint = match &job.state {
            JobState::NeedsAttention { cause, undo_failure } => undo_failure.as_ref().unwrap_or(cause).hint.as_ref(),
            JobState::Failed { cause } => cause.hint.as_ref(),
            JobState::Running { .. } | JobState::Undoing { .. } | JobState::Updated | JobState::RolledBack { .. } => {
                None
            }
        };
        if let Some(hint) = hint {
            let hint = hint.replace("JOB", job.id.as_str());
            out!("            {} {}", paint(Tone::Faint, "hint:"), one_line(&hint));
        }
    }

    fn line(&self, workload: &WorkloadId, line: &LogLine) {
        let shown = match self.verbosity {
            Verbosity::Everything => true,
            Verbosity::Stages => false,
        };
        if shown {
            let source = match line.source {
                LogSource::Dockrev => String::new(),
                LogSource::Engine | LogSource::ComposeOut | LogSource::ComposeErr | LogSource::Service => {
                    format!("{}: ", line.source)
                }
            };
            out!(
                "            {}",
                paint(Tone::Faint, format!("{}{source}{}", self.whose(workload), one_line(&line.text)))
            );
        }
    }
}
