//! What becomes of a plan that was started.

use crate::operations::Problem;
use crate::operations::change::WorkloadName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A plan that was started, and how far it has come.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Run {
    /// Where it stands.
    pub state: RunState,
    /// Who started it.
    pub started_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// What becomes of each change, in the plan's order.
    pub items: Vec<RunItem>,
    /// What ended the work on a stack early.
    pub problems: Vec<Problem>,
}

/// Where a plan that was started stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RunState {
    /// It goes on.
    Running,
    /// It has ended.
    Ended,
    /// The process that carried it out ended in the middle of it. Its jobs are settled; what was waiting was not begun.
    Interrupted,
}

/// What becomes of one change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct RunItem {
    /// What is changed.
    pub workload: WorkloadName,
    /// How far it has come.
    pub outcome: RunOutcome,
    /// The job that does it, from when there is one.
    pub job: Option<String>,
    /// Why it was not begun.
    pub reason: Option<String>,
}

/// How far a change has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RunOutcome {
    /// It waits for those before it.
    Waiting,
    /// A job does it, or did: the job says how it ended.
    Begun,
    /// It was not begun, because a service that it waits for is not on its new image.
    Skipped,
    /// It was not begun, because the work was stopped or could not go on.
    NotBegun,
}

impl Run {
    /// A run that begins.
    pub(super) fn new(started_by: &str, workloads: impl Iterator<Item = WorkloadName>) -> Self {
        let item = |workload| RunItem { workload, outcome: RunOutcome::Waiting, job: None, reason: None };
        Self {
            state: RunState::Running,
            started_by: started_by.to_owned(),
            started_at: Timestamp::now(),
            ended_at: None,
            items: workloads.map(item).collect(),
            problems: Vec::new(),
        }
    }

    /// A job does the change of `workload`.
    pub(super) fn begun(&mut self, workload: &WorkloadName, job: &str) {
        if let Some(item) = self.items.iter_mut().find(|item| item.workload == *workload) {
            (item.outcome, item.job) = (RunOutcome::Begun, Some(job.to_owned()));
        }
    }

    /// The change of `workload` is not begun.
    pub(super) fn left(&mut self, workload: &WorkloadName, outcome: RunOutcome, reason: String) {
        if let Some(item) = self.items.iter_mut().find(|item| item.workload == *workload) {
            (item.outcome, item.reason) = (outcome, Some(reason));
        }
    }

    /// It has ended: what still waits is not begun any more.
    pub(super) fn end(&mut self) {
        self.state = RunState::Ended;
        self.ended_at = Some(Timestamp::now());
        for item in &mut self.items {
            if item.outcome == RunOutcome::Waiting {
                item.outcome = RunOutcome::NotBegun;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_still_waits_at_the_end_is_not_begun() {
        let name = |name: &str| WorkloadName { stack: Some("shop".to_owned()), name: name.to_owned() };
        let mut run = Run::new("user:ann", ["a", "b", "c"].map(name).into_iter());
        run.begun(&name("a"), "job-1");
        run.left(&name("b"), RunOutcome::Skipped, "it waits for shop/a".to_owned());
        run.begun(&name("nobody"), "job-2");
        run.end();
        let outcomes: Vec<_> = run.items.iter().map(|item| (item.outcome, item.job.as_deref())).collect();
        assert_eq!(
            outcomes,
            [(RunOutcome::Begun, Some("job-1")), (RunOutcome::Skipped, None), (RunOutcome::NotBegun, None)]
        );
        assert_eq!(run.state, RunState::Ended);
    }
}
