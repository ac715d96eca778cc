//! Updates that nobody asked for one by one: of services that opted in, while a maintenance window is open.

use super::Server;
use super::runs::{self, Term};
use crate::operations::Failure;
use dockrev_core::ids::{ContainerName, WorkloadId};
use dockrev_core::stack::Inventory;
use dockrev_core::window::Opening;
use dockrev_engine::detect::Scope;
use jiff::ZonedDateTime;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who asks, for the record.
const WHO: &str = "schedule";

/// Updates what may be updated by itself now. What fails is said in the log, and tried again at the next check.
pub(super) async fn round(server: &Arc<Server>) {
    let Opening::OpenUntil(closes) = opening(server) else { return };
    match update(server, &closes).await {
        Ok(0) => {}
        Ok(count) => tracing::info!(count, "automatic updates began; none begins after {closes}"),
        Err(failure) => tracing::error!(code = failure.code(), "no automatic updates: {}", failure.message()),
    }
}

/// Whether updates may begin by themselves now.
pub(crate) fn opening(server: &Server) -> Opening {
    let config = &server.app.config().server;
    config.update_windows.at(&ZonedDateTime::now().with_time_zone(config.time_zone.clone()))
}

/// Begins a run of all that opted in, and gives how many changes it has.
async fn update(server: &Arc<Server>, closes: &ZonedDateTime) -> Result<usize, Failure> {
    let willing = willing(server, &server.host.engine.inventory().await?);
    if willing.is_empty() {
        return Ok(0);
    }
    let term = Term::Until(closes.timestamp());
    let begun = runs::update(server, Scope::All, (WHO, term), |change| willing.contains(&change.id())).await?;
    Ok(begun.map_or(0, |(plan, _)| plan.changes.len()))
}

/// The services and containers whose settings say so. One whose labels cannot be read has not opted in.
fn willing(server: &Server, inventory: &Inventory) -> BTreeSet<WorkloadId> {
    let settings = &server.app.config().settings;
    let says_so = |id: &WorkloadId, labels: &BTreeMap<String, String>| {
        settings.updates_by_itself(&id.to_string(), labels).unwrap_or(false)
    };
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services).filter_map(|service| {
        let labels = service.containers.first().map(|container| &container.labels)?;
        Some((WorkloadId::Service(service.id.clone()), labels))
    });
    let containers = inventory
        .standalone
        .iter()
        .map(|container| (WorkloadId::Container(ContainerName::new(container.name.clone())), &container.labels));
    services.chain(containers).filter(|(id, labels)| says_so(id, labels)).map(|(id, _)| id).collect()
}
