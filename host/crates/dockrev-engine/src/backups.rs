//! What is copied before each change of a plan: sizes are measured here, the core decides.

use crate::context::Ports;
use dockrev_core::backup::{self, BackupSettings, DataTarget, Measured, TargetRule};
use dockrev_core::ids::{ServiceId, StackName};
use dockrev_core::plan::{Decision, Plan, ServiceChange};
use dockrev_core::ports::HostError;
use dockrev_core::settings::{SettingsBook, SettingsError};
use dockrev_core::stack::Inventory;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::time::Duration;

/// Longest measuring of one target. A million small files on a slow disk take minutes; the update goes on without.
const MEASURE_TIMEOUT: Duration = Duration::from_secs(30);
/// Targets that are measured at the same time.
const MEASURED_AT_ONCE: usize = 4;

/// Adds to every change of `plan` what is copied before it, as `settings` say for its service.
pub async fn attach(plan: &mut Plan, ports: &Ports, settings: &SettingsBook) -> Result<(), AttachError> {
    if plan.changes().next().is_none() {
        return Ok(());
    }
    let inventory = ports.engine.inventory().await?;
    let mut known: BTreeMap<StackName, Vec<DataTarget>> = BTreeMap::new();
    let mut sizes = Sizes::default();
    for entry in &mut plan.entries {
        let Decision::Update(change) = &mut entry.decision else { continue };
        let stack = &change.service.stack;
        let targets = known.entry(stack.clone()).or_insert_with(|| backup::of_stack(&inventory, stack));
        let labels = labels(&inventory, &change.service);
        let settings = settings.backup_of(&change.service.to_string(), &labels)?;
        let planned = sizes.plan(ports, change, targets, &settings).await;
        **change = change.as_ref().clone().with_backup(planned);
    }
    Ok(())
}

/// What is copied cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// The engine cannot be asked.
    #[error(transparent)]
    Host(#[from] HostError),
    /// A setting cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
}

pub(crate) fn labels(inventory: &Inventory, service: &ServiceId) -> BTreeMap<String, String> {
    let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
    let found = services.filter(|found| found.id == *service).flat_map(|found| &found.containers).next();
    found.map(|container| container.labels.clone()).unwrap_or_default()
}

/// What was measured so far, by the target's name and the most that was asked for.
#[derive(Default)]
struct Sizes(BTreeMap<(String, u64), Measured>);

impl Sizes {
    async fn plan(
        &mut self,
        ports: &Ports,
        change: &ServiceChange,
        targets: &[DataTarget],
        settings: &BackupSettings,
    ) -> Option<backup::BackupPlan> {
        let most = |target: &DataTarget| match settings.targets.get(&target.name) {
            Some(TargetRule::Force) => u64::MAX,
            Some(TargetRule::Skip | TargetRule::Inherit) | None => settings.threshold_bytes,
        };
        let wanted = targets
            .iter()
            .filter(|target| backup::needs_measuring(target, &change.service, settings))
            .map(|target| (target, (target.name.to_string(), most(target))))
            .filter(|(_, key)| !self.0.contains_key(key));
        let measured: Vec<_> = futures::stream::iter(wanted)
            .map(async |(target, key)| (key.clone(), measure(ports, target, key.1).await))
            .buffer_unordered(MEASURED_AT_ONCE)
            .collect()
            .await;
        self.0.extend(measured);
        let with_size = |target: &DataTarget| {
            let size = self.0.get(&(target.name.to_string(), most(target))).cloned();
            (target.clone(), size.unwrap_or(Measured::NotAsked))
        };
        let targets: Vec<_> = targets.iter().map(with_size).collect();
        backup::plan(&change.service, &targets, settings)
    }
}

async fn measure(ports: &Ports, target: &DataTarget, most_bytes: u64) -> Measured {
    match tokio::time::timeout(MEASURE_TIMEOUT, ports.vault.measure(target, most_bytes)).await {
        Ok(Ok(bytes)) => Measured::Bytes(bytes),
        Ok(Err(error)) => Measured::Failed(error.to_string()),
        Err(_) => Measured::Failed(format!("measuring took more than {} s", MEASURE_TIMEOUT.as_secs())),
    }
}
