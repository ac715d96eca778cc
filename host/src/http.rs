//! The HTTP API and the page: who may ask for what, and where it is answered.

mod access;
mod audit;
mod backups;
mod checks;
mod document;
mod error;
mod events;
mod extract;
mod idempotency;
mod ignore;
mod jobs;
mod limits;
mod metrics;
mod outside;
mod own_settings;
mod page;
mod plans;
mod plugins;
mod registries;
mod services;
mod settings;
mod system;
mod tag;
mod webhooks;

pub use document::openapi;
pub use limits::Limits;
pub use webhooks::Seen;

use crate::operations::tokens::Scope;
use crate::server::Server;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Largest body of a request, in bytes: the largest there is names some hundred services.
const BODY_MAX_BYTES: usize = 256 * 1024;

/// What every handler can get at.
pub(crate) type Shared = Arc<Server>;

/// Everything that is served.
pub fn router(server: &Arc<Server>) -> Router {
    let (api, _) = api().split_for_parts();
    let guarded = api
        .route("/api/v1/openapi.json", get(document::serve))
        .route("/metrics", get(metrics::show))
        .method_not_allowed_fallback(outside::not_that_way)
        .fallback(page::serve)
        .layer(from_fn(tag::conditional))
        .layer(from_fn_with_state(Arc::clone(server), idempotency::once))
        .layer(from_fn_with_state(Arc::clone(server), audit::write_down))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .layer(from_fn_with_state(Arc::clone(server), access::guard));
    let (called, _) = called().split_for_parts();
    let called = called
        .layer(from_fn_with_state(Arc::clone(server), audit::write_down))
        .layer(DefaultBodyLimit::max(BODY_MAX_BYTES))
        .route_layer(from_fn_with_state(Arc::clone(server), webhooks::guard));
    Router::new()
        .route("/healthz", get(system::alive))
        .route("/readyz", get(system::ready))
        .merge(called)
        .merge(guarded)
        .layer(from_fn(outside::in_time))
        .layer(from_fn_with_state(Arc::clone(server), outside::at_its_pace))
        .layer(from_fn(outside::with_security_headers))
        .with_state(Arc::clone(server))
}

/// The API with its document: what each scope may do beyond those before it.
fn api() -> OpenApiRouter<Shared> {
    OpenApiRouter::with_openapi(document::frame())
        .merge(document::of_scope(Scope::Read, looking()))
        .merge(document::of_scope(Scope::Check, asking()))
        .merge(document::of_scope(Scope::Update, changing()))
        .merge(document::of_scope(Scope::Admin, administering()))
}

/// What registries call, with a secret of their own.
fn called() -> OpenApiRouter<Shared> {
    document::of_webhooks(OpenApiRouter::new().routes(routes!(webhooks::registry)))
}

fn looking() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(system::show))
        .routes(routes!(system::doctor))
        .routes(routes!(checks::last))
        .routes(routes!(services::stacks))
        .routes(routes!(services::list))
        .routes(routes!(services::candidates))
        .routes(routes!(services::service))
        .routes(routes!(services::container))
        .routes(routes!(services::service_log))
        .routes(routes!(services::container_log))
        .routes(routes!(own_settings::service_settings))
        .routes(routes!(own_settings::container_settings))
        .routes(routes!(own_settings::service_backup))
        .routes(routes!(own_settings::container_backup))
        .routes(routes!(ignore::list))
        .routes(routes!(plans::show))
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::show))
        .routes(routes!(jobs::log))
        .routes(routes!(backups::list))
        .routes(routes!(plugins::list))
        .routes(routes!(registries::list))
        .routes(routes!(settings::list))
        .routes(routes!(events::listen))
}

fn asking() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(checks::begin))
        .routes(routes!(ignore::add))
        .routes(routes!(ignore::preview))
        .routes(routes!(ignore::remove))
        .routes(routes!(plans::make))
        .routes(routes!(webhooks::trigger))
}

fn changing() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(jobs::start))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::roll_back))
        .routes(routes!(services::order_service))
        .routes(routes!(services::order_stack))
        .routes(routes!(services::order_container))
        .routes(routes!(backups::verify))
}

fn administering() -> OpenApiRouter<Shared> {
    OpenApiRouter::new().routes(routes!(backups::restore)).routes(routes!(audit::list)).routes(routes!(audit::export))
}
