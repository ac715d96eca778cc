//! What the other side gets when something was not done: one shape for all of it.

use crate::app::AppError;
use crate::operations::{Failure, FieldProblem, Problem};
use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dockrev_core::ports::{HostError, JournalError, VaultError};
use dockrev_engine::detect::DetectError;
use dockrev_engine::runner::RunError;

/// A problem as an answer.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    problem: Problem,
    retry_after_s: Option<u64>,
}

/// The code of a problem, for those that look at the answer on its way out.
#[derive(Clone, Debug)]
pub(super) struct ProblemCode(pub(super) String);

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let problem = Problem { code: code.to_owned(), message: message.into(), hint: None, fields: Vec::new() };
        Self { status, problem, retry_after_s: None }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.problem.hint = Some(hint.into());
        self
    }

    pub(super) fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// There is nothing of that name.
    pub(super) fn not_found(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, code, message)
    }

    /// A field of the request cannot be.
    pub(super) fn field(code: &str, field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, message.clone());
        error.problem.fields.push(FieldProblem { field: field.to_owned(), message });
        error
    }
}

/// Codes whose status is not told by their end.
const STATUSES: [(&str, StatusCode); 15] = [
    ("stack.locked", StatusCode::CONFLICT),
    ("job.unsettled", StatusCode::CONFLICT),
    ("job.ended", StatusCode::CONFLICT),
    ("plan.already-started", StatusCode::CONFLICT),
    ("plan.nothing-to-do", StatusCode::CONFLICT),
    ("container.gone", StatusCode::CONFLICT),
    ("container.changed", StatusCode::CONFLICT),
    ("backup.place-gone", StatusCode::CONFLICT),
    ("backup.target-missing", StatusCode::UNPROCESSABLE_ENTITY),
    ("backup.one-target", StatusCode::UNPROCESSABLE_ENTITY),
    ("service.ambiguous", StatusCode::UNPROCESSABLE_ENTITY),
    ("engine.unreachable", StatusCode::SERVICE_UNAVAILABLE),
    ("engine.timed-out", StatusCode::GATEWAY_TIMEOUT),
    ("engine.refused", StatusCode::BAD_GATEWAY),
    ("server.stopping", StatusCode::SERVICE_UNAVAILABLE),
];

fn status_of(code: &str) -> StatusCode {
    if let Some((_, status)) = STATUSES.iter().find(|(known, _)| *known == code) {
        return *status;
    }
    match code {
        _ if code.ends_with(".not-found") => StatusCode::NOT_FOUND,
        _ if code.starts_with("rollback.") => StatusCode::CONFLICT,
        _ if code.contains("invalid") => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        Self { status: status_of(failure.code()), problem: (&failure).into(), retry_after_s: None }
    }
}

/// Errors of the parts, which are failures with a code of their own.
macro_rules! as_failures {
    ($($error:ty),*) => {
        $(impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Failure::from(error).into()
            }
        })*
    };
}

as_failures!(AppError, DetectError, HostError, JournalError, RunError, VaultError);

impl From<JsonRejection> for ApiError {
    fn from(rejection: JsonRejection) -> Self {
        let status = rejection.status();
        Self::new(status, "request.invalid-body", rejection.body_text())
    }
}

impl From<QueryRejection> for ApiError {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request.invalid-query", rejection.body_text())
    }
}

impl From<PathRejection> for ApiError {
    fn from(rejection: PathRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "request.invalid-path", rejection.body_text())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(code = self.problem.code, "{}", self.problem.message);
        }
        let code = ProblemCode(self.problem.code.clone());
        let mut response = (self.status, Json(self.problem)).into_response();
        response.extensions_mut().insert(code);
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_the_status_that_it_means() {
        for (code, status) in [
            ("stack.not-found", 404),
            ("stack.locked", 409),
            ("rollback.nothing-to-undo", 409),
            ("ignore.invalid-rule", 422),
            ("tag.invalid", 422),
            ("engine.unreachable", 503),
            ("store.failed", 500),
        ] {
            assert_eq!(status_of(code).as_u16(), status, "{code}");
        }
    }
}
