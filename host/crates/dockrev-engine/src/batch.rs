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
    /// It was not begun, because somebody asked to stop.
    Stopped {
        /// The service that was left alone.
        service: ServiceId,
    },
}

/// What became of a batch: of every change that was come to, and why it ended early, if it did.
#[derive(Debug)]
pub struct Batch {
    /// In the plan's order.
    pub items: Vec<Item>,
    /// The failure that ended it.
    pub ended_by: Option<RunError>,
}

/// Runs `changes` in the plan's order, until `is_to_stop` says so: a job that has begun is always brought to its end.
pub async fn run(
    runner: &Runner,
    changes: Vec<ServiceChange>,
    requested_by: &str,
    observer: &dyn Observer,
    is_to_stop: &(dyn Fn() -> bool + Sync),
) -> Batch {
    let mut left_behind: BTreeSet<ServiceId> = BTreeSet::new();
    let mut items = Vec::with_capacity(changes.len());
    for change in changes {
        let service = change.service.clone();
        if is_to_stop() {
            items.push(Item::Stopped { service });
            continue;
        }
        if let Some(because) = blocking(&change, &left_behind) {
            left_behind.insert(service.clone());
            items.push(Item::Skipped { service, because });
            continue;
        }
        match runner.run(change, requested_by, observer).await {
            Ok(job) => {
                if job.state != JobState::Updated {
                    left_behind.insert(service);
                }
                items.push(Item::Ran(Box::new(job)));
            }
            Err(error) => return Batch { items, ended_by: Some(error) },
        }
    }
    Batch { items, ended_by: None }
}

fn blocking(change: &ServiceChange, left_behind: &BTreeSet<ServiceId>) -> Option<ServiceId> {
    change
        .depends_on
        .iter()
        .map(|dependency| ServiceId { stack: change.service.stack.clone(), service: dependency.clone() })
        .find(|dependency| left_behind.contains(dependency))
}
