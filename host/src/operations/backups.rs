//! Backups of data, and the way back from them.

mod view;

pub use view::{BackupContent, BackupView, DamagedView};

use super::{Failure, containers};
use crate::app::{App, Host};
use dockrev_core::backup::{self, Artifact, ArtifactName, DataTarget, TargetName};
use dockrev_core::ids::{ContainerId, JobId};
use dockrev_core::job::LogLine;
use dockrev_core::ports::{ContainerOrder, LogSink, RestoreItem, StackLocks, Vault, VaultError};
use dockrev_core::stack::Inventory;
use dockrev_engine::runner::RunError;

/// What of a backup is to go back, and where to.
#[derive(Clone, Debug, Default)]
pub struct RestoreWish {
    /// Only this target.
    pub target: Option<String>,
    /// Into this volume instead of where it came from.
    pub into: Option<String>,
}

/// The backup of that name, or the newest of that stack.
pub async fn find(app: &App, name: &str) -> Result<ArtifactName, Failure> {
    if let Ok(name) = name.parse() {
        return Ok(name);
    }
    let artifacts = app.backups().list().await?;
    artifacts.newest(name).cloned().ok_or_else(|| {
        Failure::new("backup.not-found", format!("`{name}` is neither a backup nor a stack that has one"))
            .hint("`dockrev backup list` shows the backups")
    })
}

/// Puts data back. What runs on it is stopped meanwhile, and what lives in the network of that is started again after it.
pub async fn put_back(app: &App, host: &Host, name: &ArtifactName, items: &[RestoreItem]) -> Result<(), Failure> {
    let users = running_users(items);
    let inventory = host.engine.inventory().await?;
    let lock = app.locks().await?.take(&name.stack(), &JobId::new("restore")).await;
    let _guard = lock.map_err(RunError::from)?;
    for (id, _) in &users {
        host.engine.order(id, ContainerOrder::Stop).await?;
    }
    let restored = app.vault(host)?.restore(name, items, &Quiet).await;
    if let Err(error @ VaultError::Unsettled { .. }) = restored {
        // Nobody is to write to what is neither the old data nor the new.
        return Err(error.into());
    }
    // They run again whether or not it worked: a restore that fails leaves everything as it was.
    let started = start_again(host, &inventory, users).await;
    restored?;
    started
}

async fn start_again(host: &Host, inventory: &Inventory, users: Vec<(ContainerId, String)>) -> Result<(), Failure> {
    for (id, _) in &users {
        host.engine.order(id, ContainerOrder::Start).await?;
    }
    containers::connect(host, inventory, users.into_iter().map(|(id, _)| id).collect()).await.map(drop)
}

/// Progress nobody looks at.
struct Quiet;

impl LogSink for Quiet {
    fn line(&self, line: LogLine) {
        tracing::debug!("{}", line.text);
    }
}

/// What of `artifact` goes where, as `wish` says.
pub async fn items(host: &Host, artifact: &Artifact, wish: &RestoreWish) -> Result<Vec<RestoreItem>, Failure> {
    let wanted: Vec<TargetName> = match &wish.target {
        Some(target) => vec![TargetName::new(target)],
        None => artifact.targets.iter().map(|target| target.name.clone()).collect(),
    };
    if let Some(unknown) = wanted.iter().find(|name| artifact.targets.iter().all(|target| target.name != **name)) {
        let names: Vec<&str> = artifact.targets.iter().map(|target| target.name.as_str()).collect();
        return Err(Failure::new("backup.target-missing", format!("`{}` does not hold `{unknown}`", artifact.name))
            .hint(format!("it holds {}", names.join(", "))));
    }
    let inventory = host.engine.inventory().await?;
    let places = backup::of_stack(&inventory, &artifact.name.stack());
    let place = |name: &TargetName| places.iter().find(|place| place.name == *name).cloned();
    match (&wish.into, wanted.as_slice()) {
        (Some(volume), [from]) => {
            let name = TargetName::of_volume(volume);
            let into = match place(&name) {
                Some(into) => into,
                None => volume_target(host, volume).await?,
            };
            Ok(vec![RestoreItem { from: from.clone(), into }])
        }
        (Some(_), _) => Err(Failure::new("backup.one-target", "--into takes one target: say which with --target")),
        (None, _) => {
            wanted.iter().map(|name| place(name).map(RestoreItem::in_place).ok_or_else(|| gone(name))).collect()
        }
    }
}

async fn volume_target(host: &Host, volume: &str) -> Result<DataTarget, Failure> {
    let place = host.engine.volume(volume).await?;
    Ok(DataTarget { name: TargetName::of_volume(volume), place, users: Vec::new() })
}

fn gone(name: &TargetName) -> Failure {
    Failure::new("backup.place-gone", format!("no container of the stack has `{name}` any more"))
        .hint("bring the stack up first, or give a volume with --target and --into")
}

/// The running containers that have what is replaced.
#[must_use]
pub fn running_users(items: &[RestoreItem]) -> Vec<(ContainerId, String)> {
    let users = items.iter().flat_map(|item| &item.into.users).filter(|user| user.running);
    let mut users: Vec<_> = users.map(|user| (user.container.clone(), user.name.clone())).collect();
    users.sort_by(|a, b| a.1.cmp(&b.1));
    users.dedup();
    users
}
