//! Why something was not done, as programs read it.

use super::Failure;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a request was not done.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable code for programs.
    pub code: String,
    /// What happened, for people.
    pub message: String,
    /// What to do about it, if there is something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What is wrong with single fields of the request.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fields: Vec<FieldProblem>,
}

/// What is wrong with a field.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FieldProblem {
    /// Its name.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
}

impl From<&Failure> for Problem {
    fn from(failure: &Failure) -> Self {
        Self {
            code: failure.code().to_owned(),
            message: failure.message().to_owned(),
            hint: failure.what_to_do().map(str::to_owned),
            fields: Vec::new(),
        }
    }
}
