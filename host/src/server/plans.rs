//! Plans that are kept, so that what is carried out is what was looked at.

use super::detached::detached;
use super::{Server, now};
use crate::operations::Failure;
use crate::operations::update::{Wanted, make_plan};
use dockrev_core::plan::Change;
use dockrev_store::StoredPlan;
use std::sync::Arc;
use uuid::Uuid;

/// Who wants a plan.
pub(crate) struct By<'a> {
    /// Who.
    pub(crate) who: &'a str,
    /// What they asked for, as a JSON document. Absent where nobody did.
    pub(crate) asked_json: Option<String>,
}

/// Asks registries what is newer now, and keeps what would be done: of the changes, those that are to be `kept`.
pub(crate) async fn make(
    server: &Arc<Server>,
    wanted: Wanted,
    by: By<'_>,
    kept: impl Fn(&Change) -> bool,
) -> Result<StoredPlan, Failure> {
    let planner = Arc::clone(server);
    let planned = detached(async move || make_plan(&planner.app, &planner.host, &wanted, &|_, _| {}).await).await?;
    let entries_json =
        serde_json::to_string(&planned.entries()).map_err(|error| Failure::new("json.failed", error.to_string()))?;
    let stored = StoredPlan {
        id: Uuid::new_v4().simple().to_string(),
        created_at: now(),
        created_by: by.who.to_owned(),
        asked_json: by.asked_json,
        changes: planned.plan.changes().filter(|change| kept(change)).cloned().collect(),
        entries_json,
        run_json: None,
    };
    server.app.store().await?.keep_plan(&stored).await?;
    Ok(stored)
}
