//! `dockrev openapi`: the document that describes the API.

use super::output::print_json;
use super::{Ending, Failure};
use crate::http::openapi;

pub(super) fn run() -> Result<Ending, Failure> {
    print_json(&openapi())?;
    Ok(Ending::Fine)
}
