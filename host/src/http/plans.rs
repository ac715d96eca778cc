//! Plans: what would be changed, to be looked at before it is done.

use super::Shared;
use super::access::Caller;
use super::checks::WhatView;
use super::error::ApiError;
use super::extract::{Body, Named};
use crate::operations::Failure;
use crate::operations::change::{ChangeView, WorkloadName};
use crate::operations::check::{self, Entry};
use crate::operations::update::Wanted;
use crate::operations::words::EntryStatus;
use crate::server::Server;
use crate::server::plans::{self, By};
use crate::server::run::{Run, RunState};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use dockrev_core::plan::{MismatchRule, UndoRule};
use dockrev_store::StoredPlan;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is to be planned.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlan {
    /// Of what; absent for everything.
    #[serde(default)]
    what: WhatView,
    /// The tag to move the service or container to, instead of the one that the policy chooses.
    #[serde(default)]
    tag: Option<String>,
    /// Only these of what was found: a stack and a service, or a container. Absent for all.
    #[serde(default)]
    only: Option<Vec<WorkloadName>>,
    /// Take an image that is not built for this host's platform.
    #[serde(default)]
    allow_architecture_mismatch: bool,
    /// Put a service without a healthcheck back, too, when its new container does not keep running.
    #[serde(default)]
    roll_back_without_healthcheck: bool,
}

impl NewPlan {
    fn wanted(&self) -> Result<Wanted, ApiError> {
        let tag = self
            .tag
            .as_ref()
            .map(|tag| tag.parse().map_err(|error| ApiError::field("tag.invalid", "tag", format!("`{tag}`: {error}"))));
        let is_one = self.what.service.is_some() || self.what.container.is_some();
        if tag.is_some() && !is_one {
            return Err(ApiError::field("tag.invalid", "tag", "a tag is for one service or container"));
        }
        Ok(Wanted {
            scope: self.what.scope()?,
            tag: tag.transpose()?,
            architecture_mismatch: if self.allow_architecture_mismatch {
                MismatchRule::Apply
            } else {
                MismatchRule::Hold
            },
            without_healthcheck: if self.roll_back_without_healthcheck {
                UndoRule::Automatic
            } else {
                UndoRule::OnRequest
            },
        })
    }

    fn has(&self, workload: &WorkloadName) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(workload))
    }
}

/// A plan.
#[derive(Serialize, ToSchema)]
#[schema(as = Plan)]
pub(super) struct PlanView {
    /// Its id.
    id: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// Who asked for it.
    created_by: String,
    /// What was asked for. Absent where the server made it by itself.
    asked: Option<NewPlan>,
    /// What is changed when it is started, in order.
    changes: Vec<ChangeView>,
    /// All that was looked at, changed or not, with the reason.
    entries: Vec<Entry>,
    /// How many entries have each status.
    counts: BTreeMap<String, u64>,
    /// What became of it since it was started.
    run: Option<Run>,
}

/// Makes a plan: asks registries what is newer now, and says what would be done. Changes nothing.
#[utoipa::path(
    post, path = "/api/v1/plans", tag = "plans", request_body = NewPlan, responses((status = 201, body = PlanView))
)]
pub(super) async fn make(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewPlan>,
) -> Result<(StatusCode, Json<PlanView>), ApiError> {
    let asked_json = serde_json::to_string(&new).map_err(|error| Failure::new("json.failed", error.to_string()))?;
    let by = By { who: &caller.who, asked_json: Some(asked_json) };
    let stored = plans::make(&server, new.wanted()?, by, |change| new.has(&(&change.id()).into())).await?;
    Ok((StatusCode::CREATED, Json(view(&server, stored)?)))
}

/// Shows a plan, and what became of it.
#[utoipa::path(
    get, path = "/api/v1/plans/{id}", tag = "plans", params(("id" = String, Path, description = "Its id")),
    responses((status = 200, body = PlanView))
)]
pub(super) async fn show(State(server): State<Shared>, Named(id): Named<String>) -> Result<Json<PlanView>, ApiError> {
    let stored = server.app.store().await?.plan(&id).await?;
    let missing = || ApiError::not_found("plan.not-found", "there is no plan of this id").hint("make a new one");
    Ok(Json(view(&server, stored.ok_or_else(missing)?)?))
}

fn view(server: &Server, stored: StoredPlan) -> Result<PlanView, ApiError> {
    let unreadable = |error: serde_json::Error| Failure::new("store.failed", format!("unreadable plan: {error}"));
    let entries: Vec<Entry> = serde_json::from_str(&stored.entries_json).map_err(unreadable)?;
    let run = stored.run_json.as_deref().map(serde_json::from_str::<Run>).transpose().map_err(unreadable)?;
    let asked = stored.asked_json.as_deref().map(serde_json::from_str).transpose().map_err(unreadable)?;
    let run = run.map(|run| {
        let is_lost = run.state == RunState::Running && !server.runs.is_active(&stored.id);
        if is_lost { Run { state: RunState::Interrupted, ..run } } else { run }
    });
    Ok(PlanView {
        id: stored.id,
        created_at: stored.created_at,
        created_by: stored.created_by,
        asked,
        changes: stored.changes.iter().map(ChangeView::from).collect(),
        counts: check::counts(entries.iter().map(|entry: &Entry| -> EntryStatus { entry.status })),
        entries,
        run,
    })
}
