//! The audit trail: every request that is to change something, and what came of it.

use super::Shared;
use super::access::{Caller, is_changing};
use super::error::{ApiError, ProblemCode};
use super::extract::{Asked, Page, cut, whole};
use crate::operations::audit::{AuditView, pages};
use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dockrev_store::{AuditEntry, AuditFilter};
use futures::StreamExt as _;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::io;
use utoipa::{IntoParams, ToSchema};

/// How much of a request's body is kept, in bytes: what was asked for, not a file.
const PARAMETERS_MAX_BYTES: usize = 4 * 1024;

/// Writes down who asked for what change, from where, and how it ended. Where the store does not take it, the log has it.
pub(super) async fn write_down(
    State(server): State<Shared>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let Some(caller) = request.extensions().get::<Caller>().filter(|_| is_changing(request.method())).cloned() else {
        return Ok(next.run(request).await);
    };
    let store = server.app.store().await?;
    let action = format!("{} {}", request.method(), request.uri().path());
    let (parts, body) = request.into_parts();
    let body = whole(body).await?;
    let parameters = shortened(&body);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let entry = AuditEntry {
        id: 0,
        at: Timestamp::now(),
        who: caller.who,
        address: caller.address.to_string(),
        action,
        parameters,
        status: response.status().as_u16(),
        code: response.extensions().get::<ProblemCode>().map(|code| code.0.clone()),
    };
    if let Err(error) = store.add_audit_entry(&entry).await {
        tracing::error!(
            who = entry.who,
            action = entry.action,
            status = entry.status,
            "not in the audit trail: {error}"
        );
    }
    Ok(response)
}

fn shortened(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(&body[..body.len().min(PARAMETERS_MAX_BYTES)]).into_owned();
    (!text.is_empty()).then_some(text)
}

/// A page of the audit trail.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditPage {
    /// The entries, newest first.
    items: Vec<AuditView>,
    /// Where the next page begins, if there is one.
    next_cursor: Option<String>,
}

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct WhichEntries {
    /// Of this one: `user:ann`, `token:ci`.
    who: Option<String>,
    /// With this text in what was asked for, its parameters or its code; case counts.
    q: Option<String>,
    /// Only what was refused or failed (`true`), or what was done (`false`).
    failed: Option<bool>,
    /// From then on.
    #[param(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Before then.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

impl From<WhichEntries> for AuditFilter {
    fn from(which: WhichEntries) -> Self {
        Self {
            who: which.who,
            text: which.q,
            failed: which.failed,
            since_unix_ms: which.since.map(Timestamp::as_millisecond),
            until_unix_ms: which.until.map(Timestamp::as_millisecond),
        }
    }
}

/// Lists what was asked for, newest first.
#[utoipa::path(
    get, path = "/api/v1/audit", tag = "system", params(WhichEntries, Page), responses((status = 200, body = AuditPage))
)]
pub(super) async fn list(
    State(server): State<Shared>,
    Asked(which): Asked<WhichEntries>,
    Asked(page): Asked<Page>,
) -> Result<Json<AuditPage>, ApiError> {
    let before = page.cursor(|text| text.parse().ok())?;
    let entries = server.app.store().await?.audit_entries(&which.into(), before, page.limit() + 1).await?;
    let (entries, next_cursor) = cut(entries, page.limit(), |entry| entry.id.to_string());
    Ok(Json(AuditPage { items: entries.into_iter().map(AuditView::from).collect(), next_cursor }))
}

/// The whole trail as JSON lines, newest first, as a file to keep.
#[utoipa::path(
    get, path = "/api/v1/audit/export", tag = "system", params(WhichEntries),
    responses((status = 200, description = "An entry a line", body = String, content_type = "application/jsonl"))
)]
pub(super) async fn export(
    State(server): State<Shared>,
    Asked(which): Asked<WhichEntries>,
) -> Result<impl IntoResponse, ApiError> {
    // What fails on the way ends the answer early, which the other side sees.
    let lines = pages(server.app.store().await?, which.into())
        .map(|lines| lines.map_err(|failure| io::Error::other(failure.message().to_owned())));
    let headers = [
        (header::CONTENT_TYPE, "application/jsonl"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"dockrev-audit.jsonl\""),
    ];
    Ok((headers, Body::from_stream(lines)))
}
