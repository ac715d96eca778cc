//! Stacks, services and containers: what the last check found of them, and what they do now.

use super::Shared;
use super::error::ApiError;
use super::extract::{Asked, Body, Named, Page, cut};
use crate::events::EventKind;
use crate::operations::change::WorkloadName;
use crate::operations::check::Entry;
use crate::operations::containers::{Whose, Wish, order};
use crate::operations::jobs::view::{JobView, ProbeView};
use crate::operations::words::{EntryKind, EntryStatus, LogSourceName};
use crate::server::checks::{self, StackSummary};
use crate::server::detached::detached;
use axum::Json;
use axum::extract::State;
use dockrev_core::ids::{ContainerName, ServiceId, ServiceName, StackName, WorkloadId};
use dockrev_core::job::LogLine;
use dockrev_core::stack::{ContainerStatus, Health, HealthStatus, RunState};
use dockrev_engine::detect::Scope;
use dockrev_store::JobFilter;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Jobs of a service that are shown with it.
const HISTORY_MAX: u32 = 20;
/// Lines of a container's own log that are read unless it is asked for another number.
const LOG_LINES_DEFAULT: u32 = 200;
/// Most of them.
const LOG_LINES_MAX: u32 = 5_000;

/// The stacks of the last check.
#[derive(Serialize, ToSchema)]
pub(super) struct Stacks {
    /// By name.
    items: Vec<StackSummary>,
}

/// Lists the stacks of the last check, with what their services come to.
#[utoipa::path(get, path = "/api/v1/stacks", tag = "services", responses((status = 200, body = Stacks)))]
pub(super) async fn stacks(State(server): State<Shared>) -> Json<Stacks> {
    let items = server.checks.last().map(|last| checks::stacks(&last.result)).unwrap_or_default();
    Json(Stacks { items })
}

/// Which services and containers.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichEntries {
    /// Of this stack.
    stack: Option<String>,
    /// Of this kind.
    #[param(inline)]
    kind: Option<EntryKind>,
    /// In this state.
    #[param(inline)]
    status: Option<EntryStatus>,
    /// With this text in their name, stack or image.
    q: Option<String>,
}

impl WhichEntries {
    fn has(&self, entry: &Entry) -> bool {
        let found = |text: &str| {
            let within = |part: &str| part.to_lowercase().contains(&text.to_lowercase());
            within(&entry.name) || within(&entry.image) || entry.stack.as_deref().is_some_and(within)
        };
        self.stack.as_ref().is_none_or(|stack| entry.stack.as_ref() == Some(stack))
            && self.kind.is_none_or(|kind| entry.kind == kind)
            && self.status.is_none_or(|status| entry.status == status)
            && self.q.as_deref().is_none_or(found)
    }
}

/// A page of services and containers.
#[derive(Serialize, ToSchema)]
pub(super) struct EntryPage {
    /// By stack and name, containers without a stack last.
    items: Vec<Entry>,
    /// Where the next page begins, if there is one.
    next_cursor: Option<String>,
    /// When the whole host was checked. Absent before the first check.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
}

/// Lists what the last check found of services and containers.
#[utoipa::path(
    get, path = "/api/v1/services", tag = "services", params(WhichEntries, Page),
    responses((status = 200, body = EntryPage))
)]
pub(super) async fn list(
    State(server): State<Shared>,
    Asked(which): Asked<WhichEntries>,
    Asked(page): Asked<Page>,
) -> Result<Json<EntryPage>, ApiError> {
    entries(&server, &page, |entry| which.has(entry)).map(Json)
}

/// Lists services and containers for which there is something newer, taken or not.
#[utoipa::path(
    get, path = "/api/v1/candidates", tag = "services", params(WhichEntries, Page),
    responses((status = 200, body = EntryPage))
)]
pub(super) async fn candidates(
    State(server): State<Shared>,
    Asked(which): Asked<WhichEntries>,
    Asked(page): Asked<Page>,
) -> Result<Json<EntryPage>, ApiError> {
    entries(&server, &page, |entry| entry.candidate.is_some() && which.has(entry)).map(Json)
}

fn entries(server: &Shared, page: &Page, has: impl Fn(&Entry) -> bool) -> Result<EntryPage, ApiError> {
    let after: Option<(bool, String, String)> = page.cursor(|text| serde_json::from_str(text).ok())?;
    let Some(last) = server.checks.last() else {
        return Ok(EntryPage { items: Vec::new(), next_cursor: None, checked_at: None });
    };
    let is_after = |entry: &&Entry| {
        after.as_ref().is_none_or(|(alone, stack, name)| checks::place(entry) > (*alone, stack.as_str(), name.as_str()))
    };
    let mut found: Vec<&Entry> = last.result.entries.iter().filter(|entry| has(entry)).collect();
    found.sort_by(|a, b| checks::place(a).cmp(&checks::place(b)));
    let more = usize::try_from(page.limit()).unwrap_or(usize::MAX).saturating_add(1);
    let found: Vec<&Entry> = found.into_iter().filter(is_after).take(more).collect();
    let cursor = |entry: &&Entry| serde_json::to_string(&checks::place(entry)).unwrap_or_default();
    let (items, next_cursor) = cut(found, page.limit(), cursor);
    Ok(EntryPage { items: items.into_iter().cloned().collect(), next_cursor, checked_at: Some(last.checked_at) })
}

/// A service or container: what the last check found, what it does now, and what was done to it.
#[derive(Serialize, ToSchema)]
pub(super) struct ServiceDetail {
    /// What the last check found. Absent if it was not there then.
    entry: Option<Entry>,
    /// Its containers now.
    containers: Vec<ContainerView>,
    /// Its newest jobs, newest first.
    jobs: Vec<JobView>,
}

/// A container, as it is now.
#[derive(Serialize, ToSchema)]
#[schema(as = Container)]
pub(super) struct ContainerView {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// The image as it was written when it was made.
    image: String,
    /// The image it was made from.
    image_id: String,
    /// Whether its process runs.
    run: RunStateName,
    /// The exit code, if it ended.
    exit_code: Option<i64>,
    /// How often the engine has restarted it.
    restart_count: u64,
    /// What its healthcheck says.
    health: HealthName,
    /// The last probes, oldest first.
    probes: Vec<ProbeView>,
}

/// Whether a container's process runs.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RunStateName {
    /// It runs.
    Running,
    /// The engine is between two starts of it.
    Restarting,
    /// It ended.
    Exited,
    /// It is frozen.
    Paused,
    /// It was made and not started.
    NotStarted,
}

/// What a healthcheck says.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum HealthName {
    /// There is none.
    None,
    /// Not known yet.
    Starting,
    /// The last probe succeeded.
    Healthy,
    /// Too many probes failed.
    Unhealthy,
}

impl From<ContainerStatus> for ContainerView {
    fn from(status: ContainerStatus) -> Self {
        let (run, exit_code) = match status.run {
            RunState::Running => (RunStateName::Running, None),
            RunState::Restarting => (RunStateName::Restarting, None),
            RunState::Exited { code } => (RunStateName::Exited, Some(code)),
            RunState::Paused => (RunStateName::Paused, None),
            RunState::NotStarted => (RunStateName::NotStarted, None),
        };
        let (health, probes) = match status.health {
            Health::None => (HealthName::None, Vec::new()),
            Health::Checked { status, probes, .. } => match status {
                HealthStatus::Starting => (HealthName::Starting, probes),
                HealthStatus::Healthy => (HealthName::Healthy, probes),
                HealthStatus::Unhealthy => (HealthName::Unhealthy, probes),
            },
        };
        let name = status.name;
        let probe = |probe: dockrev_core::stack::Probe| ProbeView {
            container: name.clone(),
            began_at: probe.began_at,
            exit_code: probe.exit_code,
            output: probe.output,
        };
        let probes = probes.into_iter().map(probe).collect();
        let (id, image_id) = (status.id.to_string(), status.image_id.to_string());
        let (image, restart_count) = (status.image, status.restart_count);
        Self { id, name, image, image_id, run, exit_code, restart_count, health, probes }
    }
}

/// Shows a service.
#[utoipa::path(
    get, path = "/api/v1/stacks/{stack}/services/{service}", tag = "services",
    params(("stack" = String, Path, description = "Its stack"), ("service" = String, Path, description = "Its name")),
    responses((status = 200, body = ServiceDetail))
)]
pub(super) async fn service(
    State(server): State<Shared>,
    Named((stack, service)): Named<(String, String)>,
) -> Result<Json<ServiceDetail>, ApiError> {
    let id = ServiceId { stack: StackName::new(&stack), service: ServiceName::new(&service) };
    let containers = server.host.engine.service_status(&id).await?;
    detail(&server, WorkloadName { stack: Some(stack), name: service }, containers).await
}

/// Shows a container that belongs to no stack.
#[utoipa::path(
    get, path = "/api/v1/containers/{name}", tag = "services", params(("name" = String, Path, description = "Its name")),
    responses((status = 200, body = ServiceDetail))
)]
pub(super) async fn container(
    State(server): State<Shared>,
    Named(name): Named<String>,
) -> Result<Json<ServiceDetail>, ApiError> {
    let status = server.host.standalone.container_status(&ContainerName::new(&name)).await?;
    detail(&server, WorkloadName { stack: None, name }, status.into_iter().collect()).await
}

async fn detail(
    server: &Shared,
    workload: WorkloadName,
    containers: Vec<ContainerStatus>,
) -> Result<Json<ServiceDetail>, ApiError> {
    let last = server.checks.last();
    let mut entries = last.iter().flat_map(|last| &last.result.entries);
    let entry = entries.find(|entry| entry.stack == workload.stack && entry.name == workload.name).cloned();
    if entry.is_none() && containers.is_empty() {
        let (code, what) = match workload.stack {
            Some(stack) => ("service.not-found", format!("stack `{stack}` has no service `{}`", workload.name)),
            None => ("container.not-found", format!("there is no container `{}` without a stack", workload.name)),
        };
        return Err(ApiError::not_found(code, what));
    }
    let stack = WorkloadId::from(&workload).stack();
    let filter = JobFilter { state: None, stack: Some(stack.to_string()), service: Some(workload.name) };
    let jobs = server.app.store().await?.jobs_after(&filter, None, HISTORY_MAX).await?;
    let containers = containers.into_iter().map(ContainerView::from).collect();
    Ok(Json(ServiceDetail { entry, containers, jobs: jobs.iter().map(JobView::from).collect() }))
}

/// How much of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct HowMuch {
    /// At most this many of the newest lines: 200 unless it is given, 5,000 at most.
    lines: Option<u32>,
}

impl HowMuch {
    fn lines(&self) -> usize {
        let lines = self.lines.unwrap_or(LOG_LINES_DEFAULT).clamp(1, LOG_LINES_MAX);
        usize::try_from(lines).unwrap_or(usize::MAX)
    }
}

/// What containers wrote last.
#[derive(Serialize, ToSchema)]
pub(super) struct ContainerLog {
    /// The lines, in order.
    lines: Vec<ContainerLine>,
}

/// One line that a container wrote.
#[derive(Serialize, ToSchema)]
pub(super) struct ContainerLine {
    /// When the engine took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// Where it comes from.
    source: LogSourceName,
    /// The line, without its end.
    text: String,
}

fn container_lines(lines: Vec<LogLine>) -> Json<ContainerLog> {
    let line = |line: LogLine| ContainerLine { at: line.at, source: line.source.into(), text: line.text };
    Json(ContainerLog { lines: lines.into_iter().map(line).collect() })
}

/// Reads the last lines that a service's containers wrote.
#[utoipa::path(
    get, path = "/api/v1/stacks/{stack}/services/{service}/log", tag = "services",
    params(
        ("stack" = String, Path, description = "Its stack"), ("service" = String, Path, description = "Its name"), HowMuch
    ),
    responses((status = 200, body = ContainerLog))
)]
pub(super) async fn service_log(
    State(server): State<Shared>,
    Named((stack, service)): Named<(String, String)>,
    Asked(much): Asked<HowMuch>,
) -> Result<Json<ContainerLog>, ApiError> {
    let id = ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) };
    Ok(container_lines(server.host.engine.service_log(&id, much.lines()).await?))
}

/// Reads the last lines that a container wrote which belongs to no stack.
#[utoipa::path(
    get, path = "/api/v1/containers/{name}/log", tag = "services",
    params(("name" = String, Path, description = "Its name"), HowMuch), responses((status = 200, body = ContainerLog))
)]
pub(super) async fn container_log(
    State(server): State<Shared>,
    Named(name): Named<String>,
    Asked(much): Asked<HowMuch>,
) -> Result<Json<ContainerLog>, ApiError> {
    let name = ContainerName::new(name);
    Ok(container_lines(server.host.standalone.container_log(&name, much.lines()).await?))
}

/// What containers are to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ContainerOrder {
    /// Start, stop, or both.
    wish: Wish,
}

/// Containers that did as they were told.
#[derive(Serialize, ToSchema)]
pub(super) struct Ordered {
    /// Their names, in the order in which they are started.
    containers: Vec<String>,
}

/// Starts, stops or restarts the containers of a service.
#[utoipa::path(
    post, path = "/api/v1/stacks/{stack}/services/{service}/order", tag = "services",
    params(("stack" = String, Path, description = "Its stack"), ("service" = String, Path, description = "Its name")),
    request_body = ContainerOrder, responses((status = 200, body = Ordered))
)]
pub(super) async fn order_service(
    State(server): State<Shared>,
    Named((stack, service)): Named<(String, String)>,
    Body(asked): Body<ContainerOrder>,
) -> Result<Json<Ordered>, ApiError> {
    let id = ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) };
    obey(&server, Whose::Service(id.clone()), asked.wish, Scope::Service(id)).await
}

/// Starts, stops or restarts the containers of all services of a stack, in the order of their dependencies.
#[utoipa::path(
    post, path = "/api/v1/stacks/{stack}/order", tag = "services",
    params(("stack" = String, Path, description = "Its name")),
    request_body = ContainerOrder, responses((status = 200, body = Ordered))
)]
pub(super) async fn order_stack(
    State(server): State<Shared>,
    Named(stack): Named<String>,
    Body(asked): Body<ContainerOrder>,
) -> Result<Json<Ordered>, ApiError> {
    let stack = StackName::new(stack);
    obey(&server, Whose::Stack(stack.clone()), asked.wish, Scope::Stacks(vec![stack])).await
}

/// Starts, stops or restarts a container that belongs to no stack.
#[utoipa::path(
    post, path = "/api/v1/containers/{name}/order", tag = "services",
    params(("name" = String, Path, description = "Its name")),
    request_body = ContainerOrder, responses((status = 200, body = Ordered))
)]
pub(super) async fn order_container(
    State(server): State<Shared>,
    Named(name): Named<String>,
    Body(asked): Body<ContainerOrder>,
) -> Result<Json<Ordered>, ApiError> {
    let name = ContainerName::new(name);
    obey(&server, Whose::Container(name.clone()), asked.wish, Scope::Container(name)).await
}

/// What is begun is brought to its end, whether or not somebody still waits for the answer.
async fn obey(server: &Shared, whose: Whose, wish: Wish, scope: Scope) -> Result<Json<Ordered>, ApiError> {
    let server = Arc::clone(server);
    let containers = detached(async move || {
        let containers = order(&server.app, &server.host, &whose, wish).await?;
        server.events.tell(EventKind::Containers, &serde_json::json!({ "containers": containers }));
        checks::begin(&server, scope);
        Ok(containers)
    })
    .await?;
    Ok(Json(Ordered { containers }))
}
