//! Webhooks: what others call when there may be something new, or when somebody wants an update.

mod event;
mod proof;

use super::Shared;
use super::access::{self, Caller};
use super::checks::WhatView;
use super::error::ApiError;
use super::extract::{Body, Named, whole};
use crate::operations::Failure;
use crate::operations::change::WorkloadName;
use crate::operations::tokens::Scope;
use crate::server::Server;
use crate::server::checks::{self, Asked};
use crate::server::run::Run;
use crate::server::runs::{self, Term};
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use axum::{Extension, Json};
use dockrev_core::ids::WorkloadId;
use dockrev_core::image::{ImageRef, Repository};
use dockrev_engine::detect;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// Events that are remembered, so that one that is sent again does nothing. Registries send again within minutes.
const REMEMBERED_MAX: usize = 1_024;
/// Services that are checked one by one for an event. With more, everything is.
const CHECKED_ONE_BY_ONE_MAX: usize = 20;

/// Events that were taken.
#[derive(Default)]
pub struct Seen(Mutex<VecDeque<[u8; 32]>>);

impl Seen {
    /// Whether the event is a new one. From then on it is not.
    fn is_new(&self, webhook: &str, body: &[u8]) -> bool {
        let hash: [u8; 32] = Sha256::new().chain_update(webhook).chain_update([0]).chain_update(body).finalize().into();
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.contains(&hash) {
            return false;
        }
        if seen.len() == REMEMBERED_MAX {
            seen.pop_front();
        }
        seen.push_back(hash);
        true
    }
}

/// Lets in whoever knows the secret of the webhook that is called.
pub(super) async fn guard(
    State(server): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Named(name): Named<String>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let address = access::address(&server, peer.ip(), request.headers());
    access::may_try(&server, address)?;
    let (mut parts, body) = request.into_parts();
    let body = whole(body).await?;
    if !is_known(&server, &name, &parts.headers, &parts.uri, &body) {
        server.limits.was_wrong(address);
        tracing::warn!("a webhook was called from {address} without its secret");
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "access.unknown", "it is not known who calls")
            .hint("docs/api.md says how each kind of webhook shows its secret"));
    }
    parts.extensions.insert(Caller { who: format!("webhook:{name}"), scope: Scope::Check, address });
    Ok(next.run(Request::from_parts(parts, body.into())).await)
}

fn is_known(server: &Server, name: &str, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> bool {
    let Some(webhook) = server.app.config().server.webhooks.get(name) else { return false };
    match crate::app::read_secret(&webhook.secret) {
        Ok(Some(secret)) if !secret.expose().is_empty() => {
            proof::is_good(webhook.kind, secret.expose(), headers, uri, body)
        }
        Ok(_) => {
            tracing::error!("webhook `{name}` has no secret: nobody can call it");
            false
        }
        Err(problem) => {
            tracing::error!("webhook `{name}` has no secret that can be read: {problem}");
            false
        }
    }
}

/// What became of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct EventTaken {
    /// Whether it had been taken before: then nothing is done.
    was_seen: bool,
    /// What is made from the images that it names, and is checked now.
    checked: Vec<WorkloadName>,
}

/// Takes an event of a registry: what is made from the images that it names is checked, in the background.
#[utoipa::path(
    post, path = "/api/v1/webhooks/registry/{name}", tag = "webhooks",
    params(("name" = String, Path, description = "Its name in the configuration file")),
    request_body(content = Object, description = "The event, as the registry sends it"),
    responses((status = 202, body = EventTaken))
)]
pub(super) async fn registry(
    State(server): State<Shared>,
    Named(name): Named<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<EventTaken>), ApiError> {
    let Some(webhook) = server.app.config().server.webhooks.get(&name) else {
        return Err(ApiError::not_found("webhook.not-found", format!("there is no webhook `{name}`")));
    };
    let repositories = event::pushed_to(webhook, &body)
        .map_err(|problem| ApiError::field("webhook.invalid-event", "body", problem))?;
    if !server.seen.is_new(&name, &body) {
        return Ok((StatusCode::ACCEPTED, Json(EventTaken { was_seen: true, checked: Vec::new() })));
    }
    let checked = made_from(&server, &repositories);
    if checked.len() > CHECKED_ONE_BY_ONE_MAX {
        checks::begin(&server, detect::Scope::All);
    } else {
        for workload in &checked {
            checks::begin(&server, WorkloadId::from(workload).into());
        }
    }
    Ok((StatusCode::ACCEPTED, Json(EventTaken { was_seen: false, checked })))
}

/// What the last check found that is made from images of `repositories`.
fn made_from(server: &Server, repositories: &[Repository]) -> Vec<WorkloadName> {
    let Some(last) = server.checks.last() else { return Vec::new() };
    let is_of = |reference: &Option<String>| {
        let image = reference.as_ref().and_then(|reference| reference.parse::<ImageRef>().ok());
        image.is_some_and(|image| repositories.contains(image.repository()))
    };
    let entries = last.result.entries.iter().filter(|entry| is_of(&entry.reference));
    entries.map(|entry| WorkloadName { stack: entry.stack.clone(), name: entry.name.clone() }).collect()
}

/// What somebody wants done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTrigger {
    /// What is to be done.
    action: Action,
    /// With what; absent for everything.
    #[serde(default)]
    what: WhatView,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Action {
    /// Registries are asked what is newer.
    Check,
    /// What is newer is taken. Takes the scope `update`.
    Update,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct Triggered {
    /// What became of the wish for a check.
    asked: Option<Asked>,
    /// The plan that is carried out. Absent if nothing is newer.
    plan: Option<String>,
    /// How it begins.
    run: Option<Run>,
}

/// Checks, or updates what is newer, in one request: for pipelines and schedulers. A token is the caller's own.
#[utoipa::path(
    post, path = "/api/v1/webhooks/trigger", tag = "webhooks", request_body = NewTrigger,
    responses((status = 202, body = Triggered))
)]
pub(super) async fn trigger(
    State(server): State<Shared>,
    Extension(caller): Extension<Caller>,
    Body(new): Body<NewTrigger>,
) -> Result<(StatusCode, Json<Triggered>), ApiError> {
    if server.is_stopping() {
        return Err(Failure::new("server.stopping", "Dockrev is stopping: no new work begins").into());
    }
    let scope = new.what.scope()?;
    let triggered = match new.action {
        Action::Check => Triggered { asked: Some(checks::begin(&server, scope).0), plan: None, run: None },
        Action::Update => {
            access::has_scope(Scope::Update, &caller)?;
            let begun = runs::update(&server, scope, (&caller.who, Term::Open), |_| true).await?;
            let (plan, run) = begun.map(|(plan, run)| (plan.id, run)).unzip();
            Triggered { asked: None, plan, run }
        }
    };
    Ok((StatusCode::ACCEPTED, Json(triggered)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_taken_once() {
        let seen = Seen::default();
        assert!(seen.is_new("hub", b"1") && seen.is_new("hub", b"2") && seen.is_new("other", b"1"));
        assert!(!seen.is_new("hub", b"1"));
        for number in 0..REMEMBERED_MAX {
            seen.is_new("hub", number.to_string().repeat(8).as_bytes());
        }
        assert!(seen.is_new("hub", b"1"), "it is remembered for ever");
    }
}
