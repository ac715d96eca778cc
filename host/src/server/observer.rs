//! Tells of jobs while they run.

use super::Server;
use super::metrics::Metrics;
use crate::events::{EventKind, Events};
use crate::operations::change::WorkloadName;
use crate::operations::jobs::view::JobView;
use crate::operations::words::LogSourceName;
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{Job, LogLine};
use dockrev_engine::runner::Observer;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// Tells all that listen, and whoever started the jobs of each one that begins.
pub(super) struct Watcher {
    events: Events,
    metrics: Metrics,
    /// Which job changes what.
    jobs: Mutex<BTreeMap<WorkloadId, String>>,
    begun: Option<mpsc::UnboundedSender<Begun>>,
}

/// A job has begun.
pub(super) struct Begun {
    pub(super) workload: WorkloadId,
    pub(super) job: Box<JobView>,
}

#[derive(Serialize)]
struct Line<'a> {
    job: Option<&'a str>,
    workload: WorkloadName,
    at: Option<Timestamp>,
    source: LogSourceName,
    text: &'a str,
}

impl Watcher {
    pub(super) fn new(events: Events, metrics: Metrics) -> Self {
        Self { events, metrics, jobs: Mutex::default(), begun: None }
    }

    /// The same, and tells `begun` of each job that begins.
    pub(super) fn telling(server: &Server, begun: mpsc::UnboundedSender<Begun>) -> Self {
        Self { begun: Some(begun), ..Self::new(server.events.clone(), server.metrics.clone()) }
    }
}

impl Observer for Watcher {
    fn state(&self, job: &Job) {
        let (workload, view) = (job.change.id(), JobView::from(job));
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = jobs.insert(workload.clone(), view.id.clone()).is_none_or(|known| known != view.id);
        drop(jobs);
        self.events.tell(EventKind::Job, &view);
        self.metrics.job(job);
        if let (true, Some(begun)) = (is_new, &self.begun) {
            // Nobody may be waiting any more.
            let _ = begun.send(Begun { workload, job: Box::new(view) });
        }
    }

    fn line(&self, workload: &WorkloadId, line: &LogLine) {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let job = jobs.get(workload).map(String::as_str);
        let (workload, source) = (workload.into(), line.source.into());
        self.events.tell(EventKind::JobLog, &Line { job, workload, at: line.at, source, text: &line.text });
    }
}
