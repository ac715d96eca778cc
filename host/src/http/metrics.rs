//! What monitoring reads.

use super::Shared;
use crate::server::metrics;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

/// The format of what is served: OpenMetrics, which Prometheus reads.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything that is counted.
pub(super) async fn show(State(server): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, OPEN_METRICS)], metrics::text(&server).await)
}
