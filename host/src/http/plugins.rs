//! Plugins: what is installed, and what each may do.

use super::Shared;
use super::error::ApiError;
use crate::operations::plugins::{self, PluginList};
use axum::Json;
use axum::extract::State;

/// Lists the plugins, and those that are broken.
#[utoipa::path(get, path = "/api/v1/plugins", tag = "system", responses((status = 200, body = PluginList)))]
pub(super) async fn list(State(server): State<Shared>) -> Result<Json<PluginList>, ApiError> {
    Ok(Json(plugins::list(server.app.plugins().await?.host())))
}
