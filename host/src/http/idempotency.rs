//! Requests that name themselves are done once, however often they are sent.

use super::Shared;
use super::access::{Caller, is_changing};
use super::error::ApiError;
use super::extract::whole;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dockrev_store::Begun;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// The header in which a request names itself.
const KEY: &str = "idempotency-key";
/// Longest name, in bytes.
const KEY_MAX_BYTES: usize = 128;
/// Largest answer that is kept, in bytes.
const ANSWER_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Does a request that names itself, unless it was done before: then the answer is the same as then.
pub(super) async fn once(State(server): State<Shared>, request: Request, next: Next) -> Result<Response, ApiError> {
    let Some(name) = request.headers().get(KEY).filter(|_| is_changing(request.method())).cloned() else {
        return Ok(next.run(request).await);
    };
    let name = name.to_str().ok().filter(|name| !name.is_empty() && name.len() <= KEY_MAX_BYTES);
    let Some(name) = name.map(str::to_owned) else {
        let message = format!("`Idempotency-Key` has to be 1 to {KEY_MAX_BYTES} characters of ASCII");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "idempotency.invalid-key", message));
    };
    let who = request.extensions().get::<Caller>().map(|caller| caller.who.clone()).unwrap_or_default();
    let (parts, body) = request.into_parts();
    let body = whole(body).await?;
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), b" ", parts.uri.path().as_bytes(), b"\n", &body] {
        hash.update(part);
    }
    let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let store = server.app.store().await?;
    let key = (who.as_str(), name.as_str());
    match store.begin_request(key, &hash, Timestamp::now()).await? {
        Begun::New => {}
        Begun::Answered { status, body } => return Ok(again(status, body)),
        Begun::Unanswered => {
            let message = "the same request is being done, or was interrupted";
            return Err(ApiError::new(StatusCode::CONFLICT, "idempotency.unanswered", message)
                .hint("look at what came of it before sending it again under another key"));
        }
        Begun::Different => {
            let message = "another request had this `Idempotency-Key`";
            return Err(ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency.key-reused", message));
        }
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, ANSWER_MAX_BYTES).await.unwrap_or_default();
    match std::str::from_utf8(&body) {
        // What failed here, or was refused, has done nothing: it may come again.
        Ok(text) if parts.status.is_success() => store.answer_request(key, parts.status.as_u16(), text).await?,
        Ok(_) | Err(_) => store.forget_request(key).await?,
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn again(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let replayed = (header::HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
    (status, [kind, replayed], body).into_response()
}
