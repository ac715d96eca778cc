//! A job and what it wrote down, as the API shows it.

use crate::operations::change::{ChangeView, WorkloadName};
use crate::operations::words::{DirectionName, JobStateName, LogSourceName, StageName};
use dockrev_core::job::{Failure, Job, JobState, JournalEntry, LogLine, Observation, StageOutput, Step};
use dockrev_store::NumberedLine;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A job.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Job)]
pub struct JobView {
    /// Its id.
    pub id: String,
    /// What it changes.
    pub workload: WorkloadName,
    /// Where it stands.
    pub state: JobStateName,
    /// The stage that is done or undone, while it is.
    pub stage: Option<StageName>,
    /// What it is, or was, undone for.
    pub cause: Option<JobFailure>,
    /// What failed while it was undone.
    pub undo_failure: Option<JobFailure>,
    /// Who asked for it: `user:ann`, `token:ci`, `cli:root`.
    pub requested_by: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When its state last changed.
    #[schema(value_type = String, format = DateTime)]
    pub changed_at: Timestamp,
    /// What it does.
    pub change: ChangeView,
}

/// Why a stage, or the undoing of one, failed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobFailure {
    /// The stage.
    pub stage: StageName,
    /// Stable code for programs.
    pub code: String,
    /// What failed, for people.
    pub message: String,
    /// What to do about it, if there is something.
    pub hint: Option<String>,
}

impl From<&Failure> for JobFailure {
    fn from(failure: &Failure) -> Self {
        Self {
            stage: failure.stage.into(),
            code: failure.code.clone(),
            message: failure.message.clone(),
            hint: failure.hint.clone(),
        }
    }
}

impl From<&Job> for JobView {
    fn from(job: &Job) -> Self {
        let stage = match &job.state {
            JobState::Running { stage } | JobState::Undoing { stage, .. } => Some((*stage).into()),
            JobState::Updated
            | JobState::Failed { .. }
            | JobState::RolledBack { .. }
            | JobState::NeedsAttention { .. } => None,
        };
        let undo_failure = match &job.state {
            JobState::NeedsAttention { undo_failure, .. } => undo_failure.as_ref().map(JobFailure::from),
            JobState::Running { .. }
            | JobState::Undoing { .. }
            | JobState::Updated
            | JobState::Failed { .. }
            | JobState::RolledBack { .. } => None,
        };
        Self {
            id: job.id.to_string(),
            workload: (&job.change.id()).into(),
            state: (&job.state).into(),
            stage,
            cause: job.state.cause().map(JobFailure::from),
            undo_failure,
            requested_by: job.requested_by.clone(),
            created_at: job.created_at,
            changed_at: job.changed_at,
            change: (&job.change).into(),
        }
    }
}

/// A step that a job wrote down.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = JobStep)]
pub struct StepView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// In which stage.
    pub stage: StageName,
    /// Doing or undoing it.
    pub direction: DirectionName,
    /// What kind of step.
    pub kind: StepKind,
    /// The step in words, where there is more to say than its kind.
    pub text: Option<String>,
    /// A probe of a healthcheck that was seen.
    pub probe: Option<ProbeView>,
    /// Lines that containers wrote which were not found good.
    pub last_lines: Vec<String>,
    /// The backup that was made.
    pub backup: Option<StepBackup>,
    /// What was found good at the end, and what to know about it.
    pub verified: Option<StepVerified>,
    /// Why the stage failed.
    pub failure: Option<JobFailure>,
}

/// What kind a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// The stage begins.
    Started,
    /// An effect comes next.
    Intends,
    /// An effect has happened.
    Did,
    /// Something was seen.
    Saw,
    /// The stage ended as it should.
    Done,
    /// The stage failed.
    Failed,
}

/// One run of a healthcheck.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = HealthProbe)]
pub struct ProbeView {
    /// The container's name.
    pub container: String,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub began_at: Timestamp,
    /// Its exit code; 0 is good.
    pub exit_code: i64,
    /// What it printed, shortened.
    pub output: String,
}

/// The backup that a job made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StepBackup {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// How long the service's containers were stopped or frozen for it.
    pub held_ms: u64,
}

/// What a job found good at its end.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct StepVerified {
    /// Names of the containers.
    pub containers: Vec<String>,
    /// How long it took until they were good.
    pub waited_ms: u64,
    /// What to know about this success.
    pub warnings: Vec<String>,
}

impl From<&JournalEntry> for StepView {
    fn from(entry: &JournalEntry) -> Self {
        let mut view = Self {
            at: entry.at,
            stage: entry.stage.into(),
            direction: entry.direction.into(),
            kind: StepKind::Started,
            text: None,
            probe: None,
            last_lines: Vec::new(),
            backup: None,
            verified: None,
            failure: None,
        };
        match &entry.step {
            Step::Started => {}
            Step::Intends(effect) => (view.kind, view.text) = (StepKind::Intends, Some(effect.to_string())),
            Step::Did(effect) => (view.kind, view.text) = (StepKind::Did, Some(effect.to_string())),
            Step::Saw(observation) => {
                view.kind = StepKind::Saw;
                saw(&mut view, observation);
            }
            Step::Done(output) => {
                view.kind = StepKind::Done;
                done(&mut view, output);
            }
            Step::Failed(failure) => {
                view.kind = StepKind::Failed;
                view.text = Some(failure.message.clone());
                view.failure = Some(failure.into());
            }
        }
        view
    }
}

fn saw(view: &mut StepView, observation: &Observation) {
    match observation {
        Observation::Probed { container, probe } => {
            view.probe = Some(ProbeView {
                container: container.clone(),
                began_at: probe.began_at,
                exit_code: probe.exit_code,
                output: probe.output.clone(),
            });
        }
        Observation::LastLines { lines } => view.last_lines.clone_from(lines),
    }
}

fn done(view: &mut StepView, output: &StageOutput) {
    match output {
        StageOutput::Nothing => {}
        StageOutput::Pulled { image_id } => view.text = Some(image_id.to_string()),
        StageOutput::BackedUp { artifact, held_ms } => {
            let (name, size_bytes) = (artifact.name.to_string(), artifact.bytes);
            view.backup = Some(StepBackup { name, size_bytes, held_ms: *held_ms });
        }
        StageOutput::Verified { containers, waited_ms, warnings } => {
            view.verified = Some(StepVerified {
                containers: containers.iter().map(|container| container.name.clone()).collect(),
                waited_ms: *waited_ms,
                warnings: warnings.clone(),
            });
        }
    }
}

/// A line of a job's log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = LogLine)]
pub struct LogLineView {
    /// Its number in the job's log, from 1.
    pub number: i64,
    /// When it was written. Absent in logs of earlier versions.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// Where it comes from.
    pub source: LogSourceName,
    /// The line, without its end.
    pub text: String,
}

impl From<NumberedLine> for LogLineView {
    fn from(numbered: NumberedLine) -> Self {
        let LogLine { at, source, text } = numbered.line;
        Self { number: numbered.number, at, source: source.into(), text }
    }
}
