//! What a plan still needs from the host once it is known what changes: what is copied before each change (sizes are
//! measured here, the core decides), and how a newer image is written on a container that belongs to no stack.

use crate::context::Ports;
use crate::rewrites;
use dockrev_core::backup::{self, BackupSettings, Consistency, DataTarget, Measured, TargetRule};
use dockrev_core::ids::{StackName, WorkloadId};
use dockrev_core::plan::{Change, Decision, Plan, Spelling, Warning, Workload};
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

/// Completes every change of `plan`, as `settings` say for its service or container: what is copied before it, and how
/// its image is written. What was to be written into the user's own files and cannot be, with certainty, is held.
pub async fn attach(plan: &mut Plan, ports: &Ports, settings: &SettingsBook) -> Result<(), AttachError> {
    if plan.changes().next().is_none() {
        return Ok(());
    }
    let inventory = ports.engine.inventory().await?;
    rewrites::attach(plan, ports, settings, &inventory).await?;
    let mut known: BTreeMap<StackName, Vec<DataTarget>> = BTreeMap::new();
    let mut sizes = Sizes::default();
    for entry in &mut plan.entries {
        let Decision::Update(change) = &mut entry.decision else { continue };
        let id = change.id();
        let stack = id.stack();
        let targets = known.entry(stack.clone()).or_insert_with(|| backup::of_stack(&inventory, &stack));
        let mut settings = settings.backup_of(&id.to_string(), own_labels(&inventory, &id))?;
        spell(ports, change).await?;
        if change.workload.is_removed_on_stop() && settings.consistency == Consistency::Stop {
            // Its end would be its removal.
            settings.consistency = Consistency::Pause;
        }
        if other_edits_go_live(ports, change).await {
            change.warnings.push(Warning::EditsGoLive);
        }
        let planned = sizes.plan(ports, &id, targets, &settings).await;
        **change = change.as_ref().clone().with_backup(planned);
    }
    Ok(())
}

/// What would be copied before an update of this service or container, whether or not there is one. Absent where backups are
/// off or there is no data.
pub async fn backup_of(
    ports: &Ports,
    inventory: &Inventory,
    settings: &SettingsBook,
    id: &WorkloadId,
) -> Result<Option<backup::BackupPlan>, AttachError> {
    let targets = backup::of_stack(inventory, &id.stack());
    let mut settings = settings.backup_of(&id.to_string(), own_labels(inventory, id))?;
    if let WorkloadId::Container(name) = id
        && settings.consistency == Consistency::Stop
    {
        let recreations = ports.standalone.recreations(std::slice::from_ref(name)).await?;
        if recreations.get(name).is_some_and(|recreation| recreation.is_removed_on_stop) {
            settings.consistency = Consistency::Pause;
        }
    }
    Ok(Sizes::default().plan(ports, id, &targets, &settings).await)
}

/// Whether bringing the service up changes more of it than the image. What cannot be found out is said by whatever comes
/// next: the update asks Compose again.
async fn other_edits_go_live(ports: &Ports, change: &Change) -> bool {
    match &change.workload {
        Workload::Container(_) => false,
        Workload::Service(workload) => {
            let asked = ports.compose.would_recreate(&workload.project, &workload.service.service).await;
            asked.unwrap_or(false)
        }
    }
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

/// Decides how the image is written on a container that belongs to no stack: with its newer tag, if nothing else here
/// has that.
async fn spell(ports: &Ports, change: &mut Change) -> Result<(), HostError> {
    let (from, to) = (&change.from, &change.to);
    let Workload::Container(workload) = &mut change.workload else { return Ok(()) };
    if to.tag != from.tag && from.written.digest().is_none() {
        let stands_for = ports.engine.image(&to.tagged()).await?;
        let is_free = stands_for.is_none_or(|image| image.digests_of(&to.repository).any(|known| *known == to.digest));
        if is_free {
            workload.spelling = Spelling::NewTag;
        }
    }
    Ok(())
}

/// The labels of the containers of this service or container. Absent if it has none on this engine.
#[must_use]
pub fn labels<'a>(inventory: &'a Inventory, workload: &WorkloadId) -> Option<&'a BTreeMap<String, String>> {
    let found = match workload {
        WorkloadId::Service(id) => {
            let services = inventory.stacks.iter().flat_map(|stack| &stack.services);
            services.filter(|found| found.id == *id).flat_map(|found| &found.containers).next()
        }
        WorkloadId::Container(name) => inventory.standalone.iter().find(|found| found.name == name.as_str()),
    };
    found.map(|container| &container.labels)
}

/// The same, and none of what went away meanwhile.
pub(crate) fn own_labels<'a>(inventory: &'a Inventory, workload: &WorkloadId) -> &'a BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    labels(inventory, workload).unwrap_or(&NONE)
}

/// What was measured so far, by the target's name and the most that was asked for.
#[derive(Default)]
struct Sizes(BTreeMap<(String, u64), Measured>);

impl Sizes {
    async fn plan(
        &mut self,
        ports: &Ports,
        id: &WorkloadId,
        targets: &[DataTarget],
        settings: &BackupSettings,
    ) -> Option<backup::BackupPlan> {
        let most = |target: &DataTarget| match settings.targets.get(&target.name) {
            Some(TargetRule::Force) => u64::MAX,
            Some(TargetRule::Skip | TargetRule::Inherit) | None => settings.threshold_bytes,
        };
        let wanted = targets
            .iter()
            .filter(|target| backup::needs_measuring(target, id, settings))
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
        backup::plan(id, &targets, settings)
    }
}

async fn measure(ports: &Ports, target: &DataTarget, most_bytes: u64) -> Measured {
    match tokio::time::timeout(MEASURE_TIMEOUT, ports.vault.measure(target, most_bytes)).await {
        Ok(Ok(bytes)) => Measured::Bytes(bytes),
        Ok(Err(error)) => Measured::Failed(error.to_string()),
        Err(_) => Measured::Failed(format!("measuring took more than {} s", MEASURE_TIMEOUT.as_secs())),
    }
}
