//! Registries: which adapter serves each, what it still allows, and whether there are credentials for it.

use super::Shared;
use super::error::ApiError;
use crate::operations::{Limit, ServedBy, limits};
use axum::Json;
use axum::extract::State;
use dockrev_egress::{DockerConfig, Login};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// The registries that something here comes from, or that were asked.
#[derive(Serialize, ToSchema)]
pub(super) struct Registries {
    /// By name.
    items: Vec<RegistryView>,
}

/// A registry.
#[derive(Serialize, ToSchema)]
#[schema(as = Registry)]
pub(super) struct RegistryView {
    /// Its host, as in image references.
    name: String,
    /// Which adapter serves it, and why.
    served_by: Option<ServedBy>,
    /// What it still allows, as far as it says so.
    limit: Option<Limit>,
    /// Requests that were sent to it since Dockrev was started.
    requests: u64,
    /// Whether there are credentials for it; never what they are.
    credentials: CredentialsName,
    /// Why they cannot be read, if so.
    problem: Option<String>,
}

/// Whether there are credentials for a registry.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CredentialsName {
    /// There are none: it is asked anonymously.
    None,
    /// A user and a password.
    Password,
    /// An identity token: good for checks, not for pulls.
    IdentityToken,
    /// They cannot be read.
    Broken,
}

/// Lists registries with their budgets.
#[utoipa::path(get, path = "/api/v1/registries", tag = "checks", responses((status = 200, body = Registries)))]
pub(super) async fn list(State(server): State<Shared>) -> Result<Json<Registries>, ApiError> {
    let plugins = server.app.plugins().await?;
    let (served, mut limits) = (plugins.registry().served(), limits(plugins.egress()));
    let requests = plugins.egress().requests_by_host();
    let last = server.checks.last();
    let checked = last.iter().flat_map(|last| last.result.registries.iter());
    let mut served_by: std::collections::BTreeMap<String, ServedBy> =
        checked.map(|(name, served)| (name.clone(), served.clone())).collect();
    served_by.extend(served.iter().map(|(name, served)| (name.clone(), served.into())));
    let names: BTreeSet<String> =
        served_by.keys().cloned().chain(server.app.config().registries.keys().cloned()).collect();
    let mut items = Vec::with_capacity(names.len());
    for name in names {
        let (credentials, problem) = credentials(server.app.docker_config(), name.clone()).await;
        let served_by = served_by.remove(&name);
        let (limit, requests) = (limits.remove(&name), requests.get(&name).copied().unwrap_or_default());
        items.push(RegistryView { name, served_by, limit, requests, credentials, problem });
    }
    Ok(Json(Registries { items }))
}

/// A helper may take its time to answer.
async fn credentials(config: Arc<DockerConfig>, name: String) -> (CredentialsName, Option<String>) {
    match tokio::task::spawn_blocking(move || config.login_for(&name)).await {
        Ok(Ok(Some(Login::Password(_)))) => (CredentialsName::Password, None),
        Ok(Ok(Some(Login::IdentityToken(_)))) => (CredentialsName::IdentityToken, None),
        Ok(Ok(None)) => (CredentialsName::None, None),
        Ok(Err(error)) => (CredentialsName::Broken, Some(error.to_string())),
        Err(error) => (CredentialsName::Broken, Some(error.to_string())),
    }
}
