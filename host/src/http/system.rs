//! Dockrev itself: whether it lives, what it is, and what works.

use super::Shared;
use super::access::Caller;
use super::error::ApiError;
use crate::operations::doctor::{Finding, examine};
use crate::operations::tokens::Scope;
use crate::server::{Mode, automatic};
use axum::extract::State;
use axum::http::StatusCode;
use axum::{Extension, Json};
use dockrev_core::ports::Journal as _;
use dockrev_core::window::Opening;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Whether the process answers.
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Whether it can do its work: the database can be read, and it is not about to end.
pub(super) async fn ready(State(server): State<Shared>) -> (StatusCode, &'static str) {
    if server.is_stopping() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    let is_readable = match server.app.store().await {
        Ok(store) => store.unfinished().await.is_ok(),
        Err(_) => false,
    };
    if is_readable {
        (StatusCode::OK, "ok\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be read\n")
    }
}

/// What this is, and who asks.
#[derive(Serialize, ToSchema)]
pub(super) struct System {
    /// Version of the program.
    #[schema(value_type = String)]
    version: &'static str,
    /// Since when it has been running.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// Its clock.
    #[schema(value_type = String, format = DateTime)]
    now: Timestamp,
    /// Whether everybody on this machine is let in (`--dev`).
    is_open: bool,
    /// Whether it is about to end: no new work begins.
    is_stopping: bool,
    /// How many plans and rollbacks are carried out.
    active: usize,
    /// When the server checks next by itself, if it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_check_at: Option<Timestamp>,
    /// When updates may begin by themselves.
    updates: UpdateWindow,
    /// Address of the engine.
    engine: String,
    /// The folder with Dockrev's data.
    data_dir: String,
    /// Who asks, and what they may do.
    caller: CallerView,
    /// What of the configuration is probably not meant as it is.
    warnings: Vec<String>,
}

/// When updates may begin by themselves.
#[derive(Serialize, ToSchema)]
pub(super) struct UpdateWindow {
    /// Until when the window is open that is open now.
    #[schema(value_type = Option<String>, format = DateTime)]
    open_until: Option<Timestamp>,
    /// When the next one opens, if none is open.
    #[schema(value_type = Option<String>, format = DateTime)]
    opens_at: Option<Timestamp>,
}

impl From<Opening> for UpdateWindow {
    fn from(opening: Opening) -> Self {
        match opening {
            Opening::OpenUntil(closes) => Self { open_until: Some(closes.timestamp()), opens_at: None },
            Opening::Closed(opens) => Self { open_until: None, opens_at: opens.map(|opens| opens.timestamp()) },
        }
    }
}

/// Who asks.
#[derive(Serialize, ToSchema)]
#[schema(as = Caller)]
pub(super) struct CallerView {
    /// `user:ann`, `token:ci`, or `dev`.
    who: String,
    /// What they may do.
    scope: Scope,
}

/// Says what this is, and who asks.
#[utoipa::path(get, path = "/api/v1/system", tag = "system", responses((status = 200, body = System)))]
pub(super) async fn show(State(server): State<Shared>, Extension(caller): Extension<Caller>) -> Json<System> {
    let config = server.app.config();
    Json(System {
        version: env!("CARGO_PKG_VERSION"),
        started_at: server.started_at,
        now: Timestamp::now(),
        is_open: server.mode == Mode::Open,
        is_stopping: server.is_stopping(),
        active: server.runs.count(),
        next_check_at: server.checks.next(),
        updates: automatic::opening(&server).into(),
        engine: config.engine.clone(),
        data_dir: config.data_dir.display().to_string(),
        caller: CallerView { who: caller.who, scope: caller.scope },
        warnings: config.warnings.clone(),
    })
}

/// What works, what does not, and how to mend it.
#[derive(Serialize, ToSchema)]
pub(super) struct Findings {
    /// One for each thing that was looked at.
    findings: Vec<Finding>,
}

/// Looks at everything that an update needs. Asks registries.
#[utoipa::path(get, path = "/api/v1/doctor", tag = "system", responses((status = 200, body = Findings)))]
pub(super) async fn doctor(State(server): State<Shared>) -> Result<Json<Findings>, ApiError> {
    let findings = examine(&server.app, server.app.config()).await?;
    Ok(Json(Findings { findings }))
}
