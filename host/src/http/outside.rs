//! What holds for every request: its pace, its time, and what browsers are told of the answer.

use super::Shared;
use super::access;
use super::error::ApiError;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::time::Duration;

/// How long the answer to a request may take to begin: a plan of everything asks registries, which takes its time.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(120);

/// What browsers are told. Everything that the page needs comes from here.
const SECURITY_HEADERS: [(HeaderName, &str); 7] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
         connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=()"),
];

/// Tells browsers what the answer may do.
pub(super) async fn with_security_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in SECURITY_HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Slows down whoever asks too much.
pub(super) async fn at_its_pace(
    State(server): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let address = access::address(&server, peer.ip(), request.headers());
    server.limits.request(address).map_err(|seconds| {
        let message = format!("too many requests came from {address}");
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "request.too-many", message).retry_after(seconds)
    })?;
    Ok(next.run(request).await)
}

/// Gives up on an answer that does not come.
pub(super) async fn in_time(request: Request, next: Next) -> Result<Response, ApiError> {
    tokio::time::timeout(ANSWER_TIMEOUT, next.run(request)).await.map_err(|_| {
        let message = format!("there was no answer within {} s", ANSWER_TIMEOUT.as_secs());
        ApiError::new(StatusCode::GATEWAY_TIMEOUT, "request.timed-out", message)
    })
}

/// Something is served there, and not that way.
pub(super) async fn not_that_way(method: Method, uri: Uri) -> ApiError {
    let message = format!("`{}` does not take {method}", uri.path());
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "request.method-not-allowed", message)
}

/// Nothing is served there.
pub(super) fn nothing_here(uri: &Uri) -> ApiError {
    let message = format!("there is nothing at `{}`", uri.path());
    ApiError::not_found("request.not-found", message).hint("/api/v1/openapi.json describes what there is")
}
