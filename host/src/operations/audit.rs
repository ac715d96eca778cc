//! The audit trail, as it is shown.

use dockrev_store::AuditEntry;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Something that somebody asked for, and what came of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub(crate) struct AuditView {
    /// Its number, from 1.
    id: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: `user:ann`, `token:ci`, `dev`.
    who: String,
    /// From which address.
    address: String,
    /// What: the method and the path.
    action: String,
    /// With what parameters: the body of the request, shortened.
    parameters: Option<String>,
    /// The status of the answer.
    status: u16,
    /// The code of what went wrong, if something did.
    code: Option<String>,
}

impl From<AuditEntry> for AuditView {
    fn from(entry: AuditEntry) -> Self {
        let AuditEntry { id, at, who, address, action, parameters, status, code } = entry;
        Self { id, at, who, address, action, parameters, status, code }
    }
}
