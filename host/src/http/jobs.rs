//! Jobs: what is changed, and was.

use super::Shared;
use super::access::Caller;
use super::error::ApiError;
use super::extract::{Asked, Body, Named, Page, cut};
use crate::operations::jobs::view::{JobView, LogLineView, StepView};
use crate::operations::words::JobStateName;
use crate::server::run::Run;
use crate::server::runs::{self, Term};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use dockrev_core::ids::{ContainerName, JobId, StackName};
use dockrev_core::job::{DataWish, Job, Sign, downtime};
use dockrev_core::ports::Journal as _;
use dockrev_store::{JobFilter, JobPlace};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichJobs {
    /// In this state.
    #[param(inline)]
    state: Option<JobStateName>,
    /// Of this stack.
    stack: Option<String>,
    /// Of the service of this name.
    service: Option<String>,
    /// Of the container of this name, which belongs to no stack.
    container: Option<String>,
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub(super) struct JobPage {
    /// The jobs, newest first.
    items: Vec<JobView>,
    /// Where the next page begins, if there is one.
    next_cursor: Option<String>,
}

/// Lists jobs, newest first.
#[utoipa::path(
    get, path = "/api/v1/jobs", tag = "jobs", params(WhichJobs, Page), responses((status = 200, body = JobPage))
)]
pub(super) async fn list(
    State(server): State<Shared>,
    Asked(which): Asked<WhichJobs>,
    Asked(page): Asked<Page>,
) -> Result<Json<JobPage>, ApiError> {
    let after = page.cursor(|text| {
        let (at, id) = text.split_once('.')?;
        Some(JobPlace { created_at_unix_ms: at.parse().ok()?, id: id.to_owned() })
    })?;
    let state = which.state.map(|state| state.as_str().to_owned());
    let filter = match which.container {
        // It is filed under a stack of its own.
        Some(name) => {
            let stack = StackName::of_container(&ContainerName::new(&name));
            JobFilter { state, stack: Some(stack.to_string()), service: Some(name) }
        }
        None => JobFilter { state, stack: which.stack, service: which.service },
    };
    let jobs = server.app.store().await?.jobs_after(&filter, after.as_ref(), page.limit() + 1).await?;
    let cursor = |job: &Job| format!("{}.{}", job.created_at.as_millisecond(), job.id);
    let (jobs, next_cursor) = cut(jobs, page.limit(), cursor);
    Ok(Json(JobPage { items: jobs.iter().map(JobView::from).collect(), next_cursor }))
}

/// A job with its journal.
#[derive(Serialize, ToSchema)]
pub(super) struct JobDetail {
    /// The job.
    job: JobView,
    /// The steps that it wrote down, in order.
    journal: Vec<StepView>,
    /// Whether it was asked to stop.
    is_asked_to_cancel: bool,
    /// For how long the service was not known to be up, at most. Absent where it was not touched, or is not back yet.
    downtime_ms: Option<u64>,
    /// The plan that it is part of. Absent for one of the command line.
    plan: Option<String>,
}

/// Shows a job with its journal.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}", tag = "jobs", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = JobDetail))
)]
pub(super) async fn show(State(server): State<Shared>, Named(id): Named<String>) -> Result<Json<JobDetail>, ApiError> {
    let job = find(&server, &id).await?;
    let store = server.app.store().await?;
    let journal = store.journal(&job.id).await?;
    let sign = if job.change.had_healthcheck { Sign::Health } else { Sign::Running };
    let downtime_ms = downtime(&journal, sign).map(|away| u64::try_from(away.as_millis()).unwrap_or(u64::MAX));
    Ok(Json(JobDetail {
        job: (&job).into(),
        downtime_ms,
        plan: store.plan_of_job(&job.id).await?,
        journal: journal.iter().map(StepView::from).collect(),
        is_asked_to_cancel: !job.state.has_ended() && store.is_asked_to_cancel(&job.id).await?,
    }))
}

async fn find(server: &Shared, id: &str) -> Result<Job, ApiError> {
    let job = server.app.store().await?.job(&JobId::new(id)).await?;
    job.ok_or_else(|| ApiError::not_found("job.not-found", "there is no job of this id"))
}

/// A page of a job's log.
#[derive(Serialize, ToSchema)]
pub(super) struct LogPage {
    /// The lines, in order.
    items: Vec<LogLineView>,
    /// Where the next page begins: after the last line, whether or not there are more yet.
    next_cursor: Option<String>,
}

/// Reads a job's log.
#[utoipa::path(
    get, path = "/api/v1/jobs/{id}/log", tag = "jobs", params(("id" = String, Path, description = "Its id"), Page),
    responses((status = 200, body = LogPage))
)]
pub(super) async fn log(
    State(server): State<Shared>,
    Named(id): Named<String>,
    Asked(page): Asked<Page>,
) -> Result<Json<LogPage>, ApiError> {
    let job = find(&server, &id).await?;
    let after = page.cursor(|text| text.parse::<i64>().ok())?;
    let lines = server.app.store().await?.log_after(&job.id, after.unwrap_or(0), page.limit()).await?;
    let next = lines.last().map(|line| line.number).or(after);
    let items = lines.into_iter().map(LogLineView::from).collect();
    Ok(Json(LogPage { items, next_cursor: next.map(|number| number.to_string()) }))
}

/// What is to be started.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewJob {
    /// Id of the plan.
    plan: String,
}

/// A plan that was started.
#[derive(Serialize, ToSchema)]
pub(super) struct PlanStarted {
    /// Id of the plan.
    plan: String,
    /// How it begins: with its first job, unless that takes its time.
    run: Run,
}

/// Has a plan carried out in the background, once: a job for each of its changes.
#[utoipa::path(
    post, path = "/api/v1/jobs", tag = "jobs", request_body = NewJob, responses((status = 202, body = PlanStarted))
)]
pub(super) async fn start(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewJob>,
) -> Result<(StatusCode, Json<PlanStarted>), ApiError> {
    let NewJob { plan } = new;
    let run = runs::start(&server, &plan, &caller.who, Term::Open).await?;
    Ok((StatusCode::ACCEPTED, Json(PlanStarted { plan, run })))
}

/// Asks a running job to stop and undo itself. It does within seconds, unless it is past the point of no return.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/cancel", tag = "jobs", params(("id" = String, Path, description = "Its id")),
    responses((status = 202, body = JobView))
)]
pub(super) async fn cancel(
    State(server): State<Shared>,
    Named(id): Named<String>,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    let job = find(&server, &id).await?;
    if !server.app.store().await?.ask_to_cancel(&job.id).await? {
        let message = format!("the job ended as `{}`: there is nothing to stop", job.state.name());
        return Err(ApiError::new(StatusCode::CONFLICT, "job.ended", message));
    }
    Ok((StatusCode::ACCEPTED, Json((&job).into())))
}

/// How a job is put back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RollbackWish {
    /// Put back the data that was copied before the job, too: what was written since is lost.
    #[serde(default)]
    restore_data: bool,
}

/// Puts back what an ended job changed, in the background.
#[utoipa::path(
    post, path = "/api/v1/jobs/{id}/rollback", tag = "jobs", params(("id" = String, Path, description = "Its id")),
    request_body = RollbackWish, responses((status = 202, body = JobView))
)]
pub(super) async fn roll_back(
    State(server): State<Shared>,
    Named(id): Named<String>,
    Body(wish): Body<RollbackWish>,
) -> Result<(StatusCode, Json<JobView>), ApiError> {
    let job = find(&server, &id).await?;
    let data = if wish.restore_data { DataWish::Restore } else { DataWish::Keep };
    let job = runs::roll_back(&server, &job.id, data).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}
