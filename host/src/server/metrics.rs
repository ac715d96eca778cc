//! What is counted for monitoring, in the format of OpenMetrics.

use super::Server;
use dockrev_core::job::{Job, JobState};
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::time::Duration;

/// Bounds of how long checks take, in seconds: a few images to hundreds at slow registries.
const CHECK_BOUNDS_S: [f64; 8] = [0.1, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0];
/// Bounds of how long updates take, in seconds: a restart to a large pull and a long migration.
const UPDATE_BOUNDS_S: [f64; 8] = [1.0, 5.0, 15.0, 30.0, 60.0, 180.0, 600.0, 1800.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Outcome {
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Status {
    status: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfRegistry {
    registry: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OfPlugin {
    plugin: String,
}

/// What is counted while the process runs. What others count already is read when somebody asks.
#[derive(Clone)]
pub(crate) struct Metrics(Arc<Counted>);

struct Counted {
    checks: Family<Outcome, Counter>,
    check_times: Histogram,
    jobs: Family<State, Counter>,
    update_times: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self(Arc::new(Counted {
            checks: Family::default(),
            check_times: Histogram::new(CHECK_BOUNDS_S),
            jobs: Family::default(),
            update_times: Histogram::new(UPDATE_BOUNDS_S),
        }))
    }
}

impl Metrics {
    /// Counts a check.
    pub(super) fn checked(&self, took: Duration, is_good: bool) {
        let outcome = if is_good { "done" } else { "failed" };
        self.0.checks.get_or_create(&Outcome { outcome: outcome.to_owned() }).inc();
        self.0.check_times.observe(took.as_secs_f64());
    }

    /// Counts a job, once it has ended.
    pub(super) fn job(&self, job: &Job) {
        match job.state {
            JobState::Running { .. } | JobState::Undoing { .. } => return,
            JobState::Updated
            | JobState::Failed { .. }
            | JobState::RolledBack { .. }
            | JobState::NeedsAttention { .. } => {}
        }
        self.0.jobs.get_or_create(&State { state: job.state.name().to_owned() }).inc();
        if job.state == JobState::Updated {
            self.0.update_times.observe(job.changed_at.duration_since(job.created_at).as_secs_f64());
        }
    }
}

/// Everything that is counted, as text.
pub(crate) async fn text(server: &Server) -> String {
    let mut registry = Registry::with_prefix("dockrev");
    let Counted { checks, check_times, jobs, update_times } = &*server.metrics.0;
    registry.register("build", "Version of the program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    registry.register("checks", "Checks that have ended", checks.clone());
    registry.register_with_unit("check_duration", "How long checks took", Unit::Seconds, check_times.clone());
    registry.register("jobs", "Jobs that have ended: updates, and rollbacks as `rolled-back`", jobs.clone());
    registry.register_with_unit("update_duration", "How long updates took", Unit::Seconds, update_times.clone());
    let active = Gauge::<i64>::default();
    active.set(i64::try_from(server.runs.count()).unwrap_or(i64::MAX));
    registry.register("active_runs", "Plans and rollbacks that are carried out now", active);
    of_last_check(server, &mut registry);
    of_registries_and_plugins(server, &mut registry).await;
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = encode(&mut text, &registry);
    text
}

fn of_last_check(server: &Server, registry: &mut Registry) {
    let Some(last) = server.checks.last() else { return };
    let at = Gauge::<i64>::default();
    at.set(last.checked_at.as_second());
    registry.register_with_unit("last_check_time", "When the whole host was checked last", Unit::Seconds, at);
    let age = Gauge::<i64>::default();
    age.set(Timestamp::now().duration_since(last.checked_at).as_secs());
    registry.register_with_unit("last_check_age", "How long ago that was", Unit::Seconds, age);
    let entries = Family::<Status, Gauge>::default();
    for (status, count) in &last.result.counts {
        let gauge = entries.get_or_create(&Status { status: status.clone() });
        gauge.set(i64::try_from(*count).unwrap_or(i64::MAX));
    }
    registry.register("workloads", "Services and containers by what the last check says of them", entries);
}

/// What the egress and the plugin host count by themselves. None as long as nothing needed a plugin.
async fn of_registries_and_plugins(server: &Server, registry: &mut Registry) {
    let Ok(plugins) = server.app.plugins().await else { return };
    let requests = Family::<OfRegistry, Counter>::default();
    for (host, count) in plugins.egress().requests_by_host() {
        requests.get_or_create(&OfRegistry { registry: host }).inc_by(count);
    }
    registry.register("registry_requests", "Requests to registries and token servers", requests);
    let left = Family::<OfRegistry, Gauge>::default();
    for (host, limit) in crate::operations::limits(plugins.egress()) {
        if let Some(remaining) = limit.remaining() {
            left.get_or_create(&OfRegistry { registry: host }).set(i64::try_from(remaining).unwrap_or(i64::MAX));
        }
    }
    registry.register("registry_budget_left", "Requests that a registry still allows, as far as it says so", left);
    let (calls, faults) = (Family::<OfPlugin, Counter>::default(), Family::<OfPlugin, Counter>::default());
    for plugin in plugins.host().plugins() {
        let of = OfPlugin { plugin: plugin.id.to_string() };
        calls.get_or_create(&of).inc_by(plugin.calls.made);
        faults.get_or_create(&of).inc_by(plugin.calls.faults);
    }
    registry.register("plugin_calls", "Calls of plugins", calls);
    registry.register("plugin_faults", "Calls of plugins that they did not survive", faults);
    let busy = Counter::<f64, std::sync::atomic::AtomicU64>::default();
    busy.inc_by(plugins.host().cpu_time().as_secs_f64());
    registry.register_with_unit("plugin_cpu", "Time that plugins had the processor", Unit::Seconds, busy);
}
