//! Images that were tried and taken back.

use crate::ids::{JobId, WorkloadId};
use crate::image::Digest;
use crate::job::{Job, JobState};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Codes of failures that are the image's begin so.
const FAILED_ITSELF: &str = "verify.";
/// Code of the failure of a job that somebody rolled back later.
const ROLLED_BACK: &str = "rollback.requested";

/// An image that a service or container was moved to and that was taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Which service or container.
    pub workload: WorkloadId,
    /// Which image.
    pub digest: Digest,
    /// The job that took it back.
    pub job: JobId,
    /// Why.
    pub reason: String,
}

impl Refused {
    /// What `jobs`, newest first, say: for each workload and image, the newest job that tried it decides.
    #[must_use]
    pub fn of_jobs(jobs: &[Job]) -> Vec<Self> {
        let mut decided: BTreeSet<(WorkloadId, &Digest)> = BTreeSet::new();
        let mut refused = Vec::new();
        for job in jobs {
            // A job that was stopped, or that the engine failed, says nothing about the image.
            let is_the_images = |code: &str| code.starts_with(FAILED_ITSELF) || code == ROLLED_BACK;
            let cause = match &job.state {
                JobState::Updated => None,
                JobState::RolledBack { cause } if is_the_images(&cause.code) => Some(cause),
                JobState::RolledBack { .. }
                | JobState::Failed { .. }
                | JobState::NeedsAttention { .. }
                | JobState::Running { .. }
                | JobState::Undoing { .. } => continue,
            };
            let (workload, digest) = (job.change.id(), &job.change.to.digest);
            if decided.insert((workload.clone(), digest))
                && let Some(cause) = cause
            {
                let reason = cause.message.clone();
                refused.push(Self { workload, digest: digest.clone(), job: job.id.clone(), reason });
            }
        }
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Failure, Stage};
    use crate::plan::UndoRule;

    fn job(id: &str, state: JobState) -> Job {
        let change = crate::plan::tests::some_change();
        let at = jiff::Timestamp::UNIX_EPOCH;
        Job { id: JobId::new(id), change, requested_by: "test".to_owned(), created_at: at, changed_at: at, state }
    }

    fn back(code: &str) -> JobState {
        let (code, message) = (code.to_owned(), "bad".to_owned());
        let cause = Failure { stage: Stage::Verify, code, message, hint: None, undo: UndoRule::Automatic };
        JobState::RolledBack { cause }
    }

    /// The jobs that refuse, of `jobs`, newest first.
    fn refusing(jobs: &[Job]) -> Vec<String> {
        Refused::of_jobs(jobs).into_iter().map(|refused| refused.job.to_string()).collect()
    }

    #[test]
    fn the_newest_job_that_says_something_decides() {
        let sick = || job("sick", back("verify.not-healthy"));
        assert_eq!(refusing(&[sick()]), ["sick"]);
        assert_eq!(refusing(&[job("good", JobState::Updated), sick()]), Vec::<String>::new());
        assert_eq!(refusing(&[sick(), job("good", JobState::Updated)]), ["sick"]);
        assert_eq!(refusing(&[job("stopped", back("job.cancelled")), sick()]), ["sick"]);
        assert_eq!(refusing(&[job("stopped", back("job.cancelled"))]), Vec::<String>::new());
        assert_eq!(refusing(&[job("engine", back("engine.unreachable"))]), Vec::<String>::new());
        assert_eq!(refusing(&[job("by hand", back("rollback.requested"))]), ["by hand"]);
    }
}
