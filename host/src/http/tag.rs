//! Conditional reading: what has not changed is not sent again.

use super::error::ApiError;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

/// Largest answer that is looked at, in bytes: a check of some thousand services.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Gives answers in JSON a tag by their content, and leaves out what the other side has already.
pub(super) async fn conditional(request: Request, next: Next) -> Result<Response, ApiError> {
    let is_reading = request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    if !is_reading || response.status() != StatusCode::OK || !is_json(response.headers()) {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_MAX_BYTES).await.map_err(|_| {
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server.answer-too-large", "the answer is too large")
            .hint("ask for fewer items at a time")
    })?;
    let tag = tag(&body);
    if known.as_ref().and_then(|known| known.to_str().ok()).is_some_and(|known| names(known, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response());
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.split(';').next().is_some_and(|kind| kind.trim() == "application/json"))
}

fn tag(body: &[u8]) -> String {
    let hash: String = Sha256::digest(body).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hash}\"")
}

/// Whether the other side's list has the tag. A weak one is as good: only whole answers are compared.
fn names(known: &str, tag: &str) -> bool {
    let mut known = known.split(',').map(|one| one.trim().trim_start_matches("W/"));
    known.any(|one| one == tag || one == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_lists() {
        let tag = tag(b"{}");
        for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
            assert!(names(&known, &tag), "{known}");
        }
        assert!(!names("\"x\"", &tag));
    }
}
