//! The audit trail, as it is shown.

use super::Failure;
use dockrev_store::{AuditEntry, AuditFilter, Store};
use futures::stream::{self, Stream};
use jiff::Timestamp;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Entries that are read at once.
const PAGE: u32 = 500;

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

/// The trail as JSON lines, newest first, some hundred of them at a time.
pub(crate) fn pages(store: Arc<Store>, filter: AuditFilter) -> impl Stream<Item = Result<String, Failure>> {
    stream::try_unfold((store, filter, None), async |(store, filter, before)| {
        let entries = store.audit_entries(&filter, before, PAGE).await?;
        let Some(last) = entries.last() else { return Ok(None) };
        let before = Some(last.id);
        let mut lines = String::new();
        for entry in entries.into_iter().map(AuditView::from) {
            let line = serde_json::to_string(&entry);
            lines.push_str(&line.map_err(|error| Failure::new("json.failed", error.to_string()))?);
            lines.push('\n');
        }
        Ok(Some((lines, (store, filter, before))))
    })
}
