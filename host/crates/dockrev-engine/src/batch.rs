//! Several changes: one after the other within a stack, some stacks at once. A service whose dependency did not make it
//! is left alone.

use crate::runner::{Observer, RunError, Runner};
use dockrev_core::ids::{ServiceId, StackName, WorkloadId};
use dockrev_core::job::{Job, JobState};
use dockrev_core::plan::Change;
use futures::StreamExt;
use std::collections::BTreeSet;

/// What became of one change.
#[derive(Debug)]
pub enum Item {
    /// It was tried, and this is the job.
    Ran(Box<Job>),
    /// It was not begun, because a service that it waits for is not on its new image.
    Skipped {
        /// What was left alone.
        workload: WorkloadId,
        /// The dependency.
        because: ServiceId,
    },
    /// It was not begun, because somebody asked to stop.
    Stopped {
        /// What was left alone.
        workload: WorkloadId,
    },
}

/// Stacks that are changed at the same time. More would only wait for the same disk.
const STACKS_AT_ONCE: usize = 2;

/// What became of a batch: of every change that was come to, and what ended the work on a stack early.
#[derive(Debug)]
pub struct Batch {
    /// Stack by stack in the plan's order.
    pub items: Vec<Item>,
    /// The failures that ended the work on a stack.
    pub errors: Vec<RunError>,
}

/// Runs `changes`, those of a stack one after the other in the plan's order, and some stacks at once, until
/// `is_to_stop` says so: a job that has begun is always brought to its end.
pub async fn run(
    runner: &Runner,
    changes: Vec<Change>,
    requested_by: &str,
    observer: &dyn Observer,
    is_to_stop: &(dyn Fn() -> bool + Sync),
) -> Batch {
    let mut stacks: Vec<(StackName, Vec<Change>)> = Vec::new();
    for change in changes {
        let stack = change.id().stack();
        match stacks.iter_mut().find(|(known, _)| *known == stack) {
            Some((_, changes)) => changes.push(change),
            None => stacks.push((stack, vec![change])),
        }
    }
    let done: Vec<_> = futures::stream::iter(stacks)
        .map(|(_, changes)| run_stack(runner, changes, requested_by, observer, is_to_stop))
        .buffered(STACKS_AT_ONCE)
        .collect()
        .await;
    let mut batch = Batch { items: Vec::new(), errors: Vec::new() };
    for (items, error) in done {
        batch.items.extend(items);
        batch.errors.extend(error);
    }
    batch
}

async fn run_stack(
    runner: &Runner,
    changes: Vec<Change>,
    requested_by: &str,
    observer: &dyn Observer,
    is_to_stop: &(dyn Fn() -> bool + Sync),
) -> (Vec<Item>, Option<RunError>) {
    let mut left_behind: BTreeSet<WorkloadId> = BTreeSet::new();
    let mut items = Vec::with_capacity(changes.len());
    for change in changes {
        let workload = change.id();
        if is_to_stop() {
            items.push(Item::Stopped { workload });
            continue;
        }
        if let Some(because) = blocking(&change, &left_behind) {
            left_behind.insert(workload.clone());
            items.push(Item::Skipped { workload, because });
            continue;
        }
        match runner.run(change, requested_by, observer).await {
            Ok(job) => {
                if job.state != JobState::Updated {
                    left_behind.insert(workload);
                }
                items.push(Item::Ran(Box::new(job)));
            }
            Err(error) => return (items, Some(error)),
        }
    }
    (items, None)
}

fn blocking(change: &Change, left_behind: &BTreeSet<WorkloadId>) -> Option<ServiceId> {
    let workload = change.workload.service()?;
    workload
        .depends_on
        .iter()
        .map(|dependency| ServiceId { stack: workload.service.stack.clone(), service: dependency.clone() })
        .find(|dependency| left_behind.contains(&WorkloadId::Service(dependency.clone())))
}
