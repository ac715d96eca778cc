//! Several changes, one after the other. A service whose dependency did not make it is left alone.

use crate::runner::{Observer, RunError, Runner};
use dockrev_core::ids::ServiceId;
use dockrev_core::job::{Job, JobState};
use dockrev_core::plan::ServiceChange;
use std::collections::BTreeSet;

/// What became of one change.
#[derive(Debug)]
pub enum Item {
    /// It was tried, and this is the job.
    Ran(Box<Job>),
    /// It was not begun, because a service that it waits for is not on its new image.
    Skipped {
        /// The service that was left alone.
        service: ServiceId,
        /// The dependency.
        because: ServiceId,
    },
}

/// Runs `changes` in the plan's order.
pub async fn run(
    runner: &Runner,
    changes: Vec<ServiceChange>,
    requested_by: &str,
    observer: &dyn Observer,
) -> Result<Vec<Item>, RunError> {
    let mut left_behind: BTreeSet<ServiceId> = BTreeSet::new();
    let mut items = Vec::with_capacity(changes.len());
    for change in changes {
        let service = change.service.clone();
        if let Some(because) = blocking(&change, &left_behind) {
            left_behind.insert(service.clone());
            items.push(Item::Skipped { service, because });
            continue;
        }
        let job = runner.run(change, requested_by, observer).await?;
        match job.state {
            JobState::Updated => {}
            JobState::Running { .. }
            | JobState::Undoing { .. }
            | JobState::Failed { .. }
            | JobState::RolledBack { .. }
            | JobState::NeedsAttention { .. } => {
                left_behind.insert(service);
            }
        }
        items.push(Item::Ran(Box::new(job)));
    }
    Ok(items)
}

fn blocking(change: &ServiceChange, left_behind: &BTreeSet<ServiceId>) -> Option<ServiceId> {
    change
        .depends_on
        .iter()
        .map(|dependency| ServiceId { stack: change.service.stack.clone(), service: dependency.clone() })
        .find(|dependency| left_behind.contains(dependency))
}
