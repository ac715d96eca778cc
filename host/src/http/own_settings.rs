//! What a service, or a container without a stack, goes by: its settings, and what is copied before its updates.

use super::Shared;
use super::error::ApiError;
use super::extract::Named;
use crate::operations::Failure;
use crate::operations::change::{BackupPlanView, WorkloadName};
use crate::server::detached::detached;
use axum::Json;
use axum::extract::State;
use dockrev_core::ids::WorkloadId;
use dockrev_core::settings::{SettingInForce, Written};
use dockrev_engine::attach::{self, AttachError};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// What a service or container goes by.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnSettings {
    /// Every setting that services have, in the order of the manual.
    items: Vec<OwnSetting>,
}

/// A setting, and what holds for one service or container.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnSetting {
    /// Its key in the configuration file.
    #[schema(value_type = String)]
    key: &'static str,
    /// What is written, as in the configuration file. Absent where nothing is, and for a command, which is shown to nobody.
    value: Option<String>,
    /// What says so: a label, a variable, a table of the configuration file. Absent where the default holds.
    source: Option<String>,
    /// What holds if nothing says otherwise, in words.
    #[schema(value_type = String)]
    default: &'static str,
    /// What it means, as Markdown.
    #[schema(value_type = String)]
    meaning: &'static str,
}

impl From<SettingInForce> for OwnSetting {
    fn from(in_force: SettingInForce) -> Self {
        let (value, source) = match in_force.set {
            Some((Written::Value(value), source)) => (Some(value), Some(source)),
            Some((Written::Command, source)) => (None, Some(source)),
            None => (None, None),
        };
        let setting = in_force.setting;
        Self { key: setting.key, value, source, default: setting.default, meaning: setting.meaning }
    }
}

/// What is copied before an update of a service or container.
#[derive(Serialize, ToSchema)]
pub(super) struct OwnBackup {
    /// Absent where backups are off or there is no data.
    plan: Option<BackupPlanView>,
}

fn of_service((stack, name): (String, String)) -> WorkloadId {
    (&WorkloadName { stack: Some(stack), name }).into()
}

fn of_container(name: String) -> WorkloadId {
    (&WorkloadName { stack: None, name }).into()
}

async fn settings(server: &Shared, id: &WorkloadId) -> Result<Json<OwnSettings>, ApiError> {
    let inventory = server.host.engine.inventory().await?;
    let labels = attach::labels(&inventory, id).ok_or_else(|| missing(id))?;
    let in_force = server.app.config().settings.in_force(&id.to_string(), labels);
    let in_force = in_force.map_err(AttachError::from).map_err(Failure::from)?;
    Ok(Json(OwnSettings { items: in_force.into_iter().map(OwnSetting::from).collect() }))
}

async fn backup(server: &Shared, id: WorkloadId) -> Result<Json<OwnBackup>, ApiError> {
    let inventory = server.host.engine.inventory().await?;
    attach::labels(&inventory, &id).ok_or_else(|| missing(&id))?;
    let server = Arc::clone(server);
    let planned = detached(async move || {
        let ports = server.app.ports(&server.host).await?;
        Ok(attach::backup_of(&ports, &inventory, &server.app.config().settings, &id).await?)
    });
    Ok(Json(OwnBackup { plan: planned.await?.as_ref().map(BackupPlanView::from) }))
}

fn missing(id: &WorkloadId) -> ApiError {
    let code = match id {
        WorkloadId::Service(_) => "service.not-found",
        WorkloadId::Container(_) => "container.not-found",
    };
    ApiError::not_found(code, format!("`{id}` has no container on this engine"))
}

/// Says what holds for a service, and what says so.
#[utoipa::path(
    get, path = "/api/v1/stacks/{stack}/services/{service}/settings", tag = "services",
    params(("stack" = String, Path, description = "Its stack"), ("service" = String, Path, description = "Its name")),
    responses((status = 200, body = OwnSettings))
)]
pub(super) async fn service_settings(
    State(server): State<Shared>,
    Named(name): Named<(String, String)>,
) -> Result<Json<OwnSettings>, ApiError> {
    settings(&server, &of_service(name)).await
}

/// Says what holds for a container that belongs to no stack, and what says so.
#[utoipa::path(
    get, path = "/api/v1/containers/{name}/settings", tag = "services",
    params(("name" = String, Path, description = "Its name")), responses((status = 200, body = OwnSettings))
)]
pub(super) async fn container_settings(
    State(server): State<Shared>,
    Named(name): Named<String>,
) -> Result<Json<OwnSettings>, ApiError> {
    settings(&server, &of_container(name)).await
}

/// Says what would be copied before an update of a service. Measures its data, which takes its time.
#[utoipa::path(
    get, path = "/api/v1/stacks/{stack}/services/{service}/backup", tag = "services",
    params(("stack" = String, Path, description = "Its stack"), ("service" = String, Path, description = "Its name")),
    responses((status = 200, body = OwnBackup))
)]
pub(super) async fn service_backup(
    State(server): State<Shared>,
    Named(name): Named<(String, String)>,
) -> Result<Json<OwnBackup>, ApiError> {
    backup(&server, of_service(name)).await
}

/// Says what would be copied before an update of a container that belongs to no stack. Measures its data, which takes its
/// time.
#[utoipa::path(
    get, path = "/api/v1/containers/{name}/backup", tag = "services",
    params(("name" = String, Path, description = "Its name")), responses((status = 200, body = OwnBackup))
)]
pub(super) async fn container_backup(
    State(server): State<Shared>,
    Named(name): Named<String>,
) -> Result<Json<OwnBackup>, ApiError> {
    backup(&server, of_container(name)).await
}
