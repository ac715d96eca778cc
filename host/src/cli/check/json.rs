//! A check as JSON, format `dockrev.check/1`.
//!
//! Fields are only ever added within one number; `docs/schemas/check-1.schema.json` describes them.

use crate::cli::Failure;
use crate::cli::output::print_json;
use crate::operations::check::CheckResult;
use serde::Serialize;

const FORMAT: &str = "dockrev.check/1";

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    #[serde(flatten)]
    result: &'a CheckResult,
}

/// The check as one JSON document.
pub(super) fn print(result: &CheckResult) -> Result<(), Failure> {
    print_json(&Document { format: FORMAT, result })
}
