//! Checks: the last one, how far the one that goes on has come, and new ones.

use super::Shared;
use super::error::ApiError;
use super::extract::Body;
use crate::operations::check::Effort;
use crate::operations::{Failure, Problem, ServedBy};
use crate::server::checks::{self, Asked, CheckProgress};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dockrev_core::ids::{ContainerName, ServiceId, ServiceName, StackName};
use dockrev_engine::detect::Scope;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The last check of the whole host, less its entries, which are among the services and containers.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckSummary {
    /// When it was made. Absent before the first one.
    #[schema(value_type = Option<String>, format = DateTime)]
    checked_at: Option<Timestamp>,
    /// Platform of the host, such as `linux/amd64`.
    platform: Option<String>,
    /// How many entries have each status.
    counts: BTreeMap<String, u64>,
    /// What it took.
    effort: Option<Effort>,
    /// Which adapter served each registry.
    registries: BTreeMap<String, ServedBy>,
    /// How far the check that goes on has come, if one does.
    running: Option<CheckProgress>,
    /// Numbers of the checks that were asked for and have not ended.
    unfinished: Vec<u64>,
    /// Why the check after it failed, if it did.
    problem: Option<Problem>,
}

/// Says what the last check came to, and how far the one that goes on has come.
#[utoipa::path(get, path = "/api/v1/check", tag = "checks", responses((status = 200, body = CheckSummary)))]
pub(super) async fn last(State(server): State<Shared>) -> Json<CheckSummary> {
    let last = server.checks.last();
    let result = last.as_ref().map(|last| &last.result);
    Json(CheckSummary {
        checked_at: last.as_ref().map(|last| last.checked_at),
        platform: result.map(|result| result.platform.clone()),
        counts: result.map(|result| result.counts.clone()).unwrap_or_default(),
        effort: result.map(|result| result.effort.clone()),
        registries: result.map(|result| result.registries.clone()).unwrap_or_default(),
        running: server.checks.progress(),
        unfinished: server.checks.unfinished(),
        problem: server.checks.failure().as_ref().map(Problem::from),
    })
}

/// Of what. One of the fields, or none for everything.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = What)]
pub(super) struct WhatView {
    /// All services of this stack; with `service`, that one of them.
    #[serde(default)]
    pub(super) stack: Option<String>,
    /// The service of `stack`.
    #[serde(default)]
    pub(super) service: Option<String>,
    /// The container of this name, which belongs to no stack.
    #[serde(default)]
    pub(super) container: Option<String>,
}

impl WhatView {
    /// The same as the engine reads it.
    pub(super) fn scope(&self) -> Result<Scope, ApiError> {
        match (&self.stack, &self.service, &self.container) {
            (None, None, None) => Ok(Scope::All),
            (Some(stack), None, None) => Ok(Scope::Stacks(vec![StackName::new(stack)])),
            (Some(stack), Some(service), None) => {
                let id = ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) };
                Ok(Scope::Service(id))
            }
            (None, None, Some(container)) => Ok(Scope::Container(ContainerName::new(container))),
            (None, Some(_), _) => Err(ApiError::field("request.invalid-what", "stack", "a service has a stack")),
            (Some(_), _, Some(_)) => {
                let message = "it is a stack or a container, not both";
                Err(ApiError::field("request.invalid-what", "container", message))
            }
        }
    }
}

/// What became of the wish for a check.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckBegun {
    /// Whether it begins, or one that goes on already is the answer.
    asked: Asked,
    /// Its number: it has ended when `GET /check` has it among `unfinished` no more.
    number: u64,
}

/// Has registries asked what is newer, in the background: of everything, or of a part.
#[utoipa::path(
    post, path = "/api/v1/checks", tag = "checks", request_body = WhatView, responses((status = 202, body = CheckBegun))
)]
pub(super) async fn begin(
    State(server): State<Shared>,
    Body(what): Body<WhatView>,
) -> Result<(StatusCode, Json<CheckBegun>), ApiError> {
    if server.is_stopping() {
        return Err(Failure::new("server.stopping", "Dockrev is stopping: no new work begins").into());
    }
    let (asked, number) = checks::begin(&server, what.scope()?);
    Ok((StatusCode::ACCEPTED, Json(CheckBegun { asked, number })))
}
