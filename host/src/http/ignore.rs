//! Ignore rules: tags that nobody wants to be told about.

use super::Shared;
use super::error::ApiError;
use super::extract::{Body, Named};
use crate::events::EventKind;
use crate::operations::change::WorkloadName;
use crate::operations::ignore::{Kind, RuleView};
use crate::server::checks;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use dockrev_core::ids::WorkloadId;
use dockrev_core::ignore::Matcher;
use dockrev_engine::detect::Scope;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All rules.
#[derive(Serialize, ToSchema)]
pub(super) struct IgnoreRules {
    /// By stack, name and number.
    items: Vec<RuleView>,
}

/// Lists the rules.
#[utoipa::path(get, path = "/api/v1/ignore-rules", tag = "ignore rules", responses((status = 200, body = IgnoreRules)))]
pub(super) async fn list(State(server): State<Shared>) -> Result<Json<IgnoreRules>, ApiError> {
    let rules = server.app.ignore_rules().await?;
    Ok(Json(IgnoreRules { items: rules.into_iter().map(RuleView::from).collect() }))
}

/// A rule that is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewIgnoreRule {
    /// What it is for.
    workload: WorkloadName,
    /// How it finds its tags.
    kind: Kind,
    /// What it looks for.
    matcher: String,
    /// Why, for whoever wonders later.
    #[serde(default)]
    note: Option<String>,
}

impl NewIgnoreRule {
    fn matcher(&self) -> Result<Matcher, ApiError> {
        let matcher = Matcher::parse(self.kind.into(), &self.matcher);
        matcher.map_err(|error| ApiError::field("ignore.invalid-rule", "matcher", error.to_string()))
    }
}

/// Adds a rule: what it leaves out stays visible, with the rule. The same one a second time is the one that is there.
#[utoipa::path(
    post, path = "/api/v1/ignore-rules", tag = "ignore rules", request_body = NewIgnoreRule,
    responses((status = 201, body = RuleView))
)]
pub(super) async fn add(
    State(server): State<Shared>,
    Body(new): Body<NewIgnoreRule>,
) -> Result<(StatusCode, Json<RuleView>), ApiError> {
    let (workload, matcher) = (WorkloadId::from(&new.workload), new.matcher()?);
    let store = server.app.store().await?;
    let rule = store.add_ignore_rule(&workload, &matcher, new.note.as_deref(), Timestamp::now()).await?;
    changed(&server, workload);
    Ok((StatusCode::CREATED, Json(rule.into())))
}

/// What a rule would leave out.
#[derive(Serialize, ToSchema)]
pub(super) struct IgnorePreview {
    /// Tags of the last check that it would leave out, in the registry's order.
    hidden: Vec<String>,
    /// Tags that it would leave.
    left: Vec<String>,
}

/// Says what a rule would leave out of what the last check found. Adds nothing.
#[utoipa::path(
    post, path = "/api/v1/ignore-rules/preview", tag = "ignore rules", request_body = NewIgnoreRule,
    responses((status = 200, body = IgnorePreview))
)]
pub(super) async fn preview(
    State(server): State<Shared>,
    Body(new): Body<NewIgnoreRule>,
) -> Result<Json<IgnorePreview>, ApiError> {
    let matcher = new.matcher()?;
    let last = server.checks.last();
    let entries = last.iter().flat_map(|last| &last.result.entries);
    let mut own = entries.filter(|entry| entry.stack == new.workload.stack && entry.name == new.workload.name);
    let tags = own.next().map(|entry| entry.considered.as_slice()).unwrap_or_default();
    let matches = |tag: &&String| tag.parse().is_ok_and(|tag| matcher.matches(&tag));
    let (hidden, left) = tags.iter().map(|considered| &considered.tag).partition::<Vec<_>, _>(matches);
    let owned = |tags: Vec<&String>| tags.into_iter().cloned().collect();
    Ok(Json(IgnorePreview { hidden: owned(hidden), left: owned(left) }))
}

/// Removes a rule.
#[utoipa::path(
    delete, path = "/api/v1/ignore-rules/{id}", tag = "ignore rules", params(("id" = i64, Path, description = "Its number")),
    responses((status = 204, description = "It is removed"))
)]
pub(super) async fn remove(State(server): State<Shared>, Named(id): Named<i64>) -> Result<StatusCode, ApiError> {
    let rule = server.app.ignore_rules().await?.into_iter().find(|rule| rule.id == id);
    if !server.app.store().await?.remove_ignore_rule(id).await? {
        return Err(ApiError::not_found("ignore.not-found", format!("there is no rule {id}")));
    }
    if let Some(rule) = rule {
        changed(&server, rule.workload);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// What is shown of it may be another thing now.
fn changed(server: &Shared, workload: WorkloadId) {
    server.events.tell(EventKind::IgnoreRules, &serde_json::json!({}));
    let scope = Scope::from(workload);
    if server.checks.has(&scope) {
        checks::begin(server, scope);
    }
}
