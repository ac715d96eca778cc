//! Parts of requests, with the one shape of errors.

use super::BODY_MAX_BYTES;
use super::error::ApiError;
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

/// The body, as JSON.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let Json(body) = Json::<T>::from_request(request, state).await?;
        Ok(Self(body))
    }
}

/// The body as it came, for those that look at it before it is read.
pub(super) async fn whole(body: axum::body::Body) -> Result<Bytes, ApiError> {
    to_bytes(body, BODY_MAX_BYTES).await.map_err(|_| {
        let message = format!("the body is larger than {BODY_MAX_BYTES} bytes, or did not arrive");
        ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "request.too-large", message)
    })
}

/// The parameters behind the question mark.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Query(asked) = Query::<T>::from_request_parts(parts, state).await?;
        Ok(Self(asked))
    }
}

/// The variable parts of the path.
pub(super) struct Named<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Named<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Path(named) = Path::<T>::from_request_parts(parts, state).await?;
        Ok(Self(named))
    }
}

/// Items of a page unless it is asked for another number.
const PAGE_DEFAULT: u32 = 50;
/// Most items of a page: more would hold up others.
const PAGE_MAX: u32 = 1_000;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// Where the page before ended: its `next_cursor`.
    cursor: Option<String>,
    /// At most this many items: 50 unless it is given, 1,000 at most.
    limit: Option<u32>,
}

impl Page {
    /// How many items.
    pub(super) fn limit(&self) -> u32 {
        self.limit.unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)
    }

    /// Where the page before ended, read by `parse`.
    pub(super) fn cursor<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(text) = &self.cursor else { return Ok(None) };
        let wrong = || ApiError::field("request.invalid-cursor", "cursor", "it is none that a page ended with");
        parse(text).map(Some).ok_or_else(wrong)
    }
}

/// Splits off what is beyond a page of which one more was read, and says where the next one begins.
pub(super) fn cut<T>(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    if items.len() <= limit {
        return (items, None);
    }
    items.truncate(limit);
    let next = items.last().map(cursor);
    (items, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_has_no_next_one() {
        let name = |number: &i32| number.to_string();
        assert_eq!(cut(vec![1, 2], 2, name), (vec![1, 2], None));
        assert_eq!(cut(vec![1, 2, 3], 2, name), (vec![1, 2], Some("2".to_owned())));
        let page = Page { cursor: Some("x".to_owned()), limit: Some(0) };
        assert_eq!(page.limit(), 1);
        assert!(page.cursor(|text| text.parse::<i32>().ok()).is_err());
        assert_eq!(Page { limit: Some(u32::MAX), cursor: None }.limit(), PAGE_MAX);
    }
}
