//! Backups: copies of data that updates made, and the way back from them.

use super::Shared;
use super::error::ApiError;
use super::extract::{Body, Named};
use crate::events::EventKind;
use crate::operations::Failure;
use crate::operations::backups::{BackupView, DamagedView, RestoreWish, items, put_back, running_users};
use crate::server::detached::detached;
use axum::Json;
use axum::extract::State;
use dockrev_core::backup::ArtifactName;
use dockrev_core::ports::Vault as _;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// All backups.
#[derive(Serialize, ToSchema)]
pub(super) struct Backups {
    /// Those that are whole as far as their end tells, oldest first.
    items: Vec<BackupView>,
    /// What can be told to be damaged without reading it.
    damaged: Vec<DamagedView>,
}

/// Lists the backups.
#[utoipa::path(get, path = "/api/v1/backups", tag = "backups", responses((status = 200, body = Backups)))]
pub(super) async fn list(State(server): State<Shared>) -> Result<Json<Backups>, ApiError> {
    let artifacts = server.app.backups().list().await?;
    Ok(Json(Backups {
        items: artifacts.backups.into_iter().map(BackupView::from).collect(),
        damaged: artifacts.damaged.into_iter().map(DamagedView::from).collect(),
    }))
}

fn named((stack, file): (String, String)) -> Result<ArtifactName, ApiError> {
    let missing = || ApiError::not_found("backup.not-found", "there is no backup of this name");
    format!("{stack}/{file}").parse().map_err(|_| missing())
}

async fn is_there(server: &Shared, name: &ArtifactName) -> Result<(), ApiError> {
    let artifacts = server.app.backups().list().await?;
    let damaged = artifacts.damaged.iter().map(|artifact| &artifact.name);
    let mut names = artifacts.backups.iter().map(|artifact| &artifact.name).chain(damaged);
    let missing = || ApiError::not_found("backup.not-found", "there is no backup of this name");
    names.any(|known| known == name).then_some(()).ok_or_else(missing)
}

/// Reads a backup to its end and compares it with its checksum and its list of content.
#[utoipa::path(
    post, path = "/api/v1/backups/{stack}/{file}/verify", tag = "backups",
    params(("stack" = String, Path, description = "Its stack"), ("file" = String, Path, description = "The rest of its name")),
    responses((status = 200, body = BackupView))
)]
pub(super) async fn verify(
    State(server): State<Shared>,
    Named(name): Named<(String, String)>,
) -> Result<Json<BackupView>, ApiError> {
    let name = named(name)?;
    is_there(&server, &name).await?;
    Ok(Json(server.app.backups().verify(&name).await?.into()))
}

/// What of a backup goes back, and where to.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewRestore {
    /// Only this target, such as `volume:shop_data`.
    #[serde(default)]
    target: Option<String>,
    /// Into this volume instead of where it came from; it is made if there is none of that name.
    #[serde(default)]
    into: Option<String>,
}

/// What was put back.
#[derive(Serialize, ToSchema)]
pub(super) struct Restored {
    /// The targets.
    targets: Vec<String>,
    /// Containers that were stopped meanwhile.
    stopped_meanwhile: Vec<String>,
}

/// Puts data back to what it was. What runs on it is stopped meanwhile.
#[utoipa::path(
    post, path = "/api/v1/backups/{stack}/{file}/restore", tag = "backups",
    params(("stack" = String, Path, description = "Its stack"), ("file" = String, Path, description = "The rest of its name")),
    request_body = NewRestore, responses((status = 200, body = Restored))
)]
pub(super) async fn restore(
    State(server): State<Shared>,
    Named(name): Named<(String, String)>,
    Body(new): Body<NewRestore>,
) -> Result<Json<Restored>, ApiError> {
    let name = named(name)?;
    is_there(&server, &name).await?;
    let wish = RestoreWish { target: new.target, into: new.into };
    let server = Arc::clone(&server);
    let restored = detached(async move || {
        let artifact = server.app.backups().verify(&name).await.map_err(Failure::from)?;
        let items = items(&server.host, &artifact, &wish).await?;
        let stopped_meanwhile = running_users(&items).into_iter().map(|(_, container)| container).collect();
        put_back(&server.app, &server.host, &name, &items).await?;
        server.events.tell(EventKind::Backups, &serde_json::json!({ "restored": name.as_str() }));
        Ok(Restored { targets: items.iter().map(|item| item.from.to_string()).collect(), stopped_meanwhile })
    });
    Ok(Json(restored.await?))
}
