//! `dockrev backup`: the copies of data that updates made, and the way back from them.

use super::arguments::{BackupArguments, BackupCommand, BackupRestore};
use super::paint::{Tone, paint};
use super::table::{Cell, Table, one_line, size};
use super::update::{Answer, ask};
use super::{Ending, Failure};
use crate::app::{App, Host};
use crate::cli::output::{out, print_json};
use crate::config::Config;
use dockrev_core::backup::{
    self, Artifact, ArtifactName, Artifacts, BackupPlan, Choice, Consistency, DataTarget, TargetName,
};
use dockrev_core::ids::{ContainerId, JobId};
use dockrev_core::job::LogLine;
use dockrev_core::ports::{ContainerOrder, LogSink, RestoreItem, StackLocks, Vault};
use dockrev_engine::runner::RunError;
use serde::Serialize;

pub(super) async fn run(config: &Config, arguments: &BackupArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    match &arguments.command {
        BackupCommand::List { json } => list(&app, *json).await,
        BackupCommand::Verify { backup } => verify(&app, backup).await,
        BackupCommand::Restore(arguments) => restore(&app, arguments).await,
    }
}

#[derive(Serialize)]
struct Backups<'a> {
    format: &'static str,
    #[serde(flatten)]
    artifacts: &'a Artifacts,
}

async fn list(app: &App, json: bool) -> Result<Ending, Failure> {
    let artifacts = app.vault().list().await?;
    if json {
        print_json(&Backups { format: "dockrev.backups/1", artifacts: &artifacts })?;
        return Ok(Ending::Fine);
    }
    let Artifacts { backups, damaged } = artifacts;
    if backups.is_empty() && damaged.is_empty() {
        out!("no backups");
        return Ok(Ending::Fine);
    }
    let mut table = Table::new(&["BACKUP", "SIZE", "HOLDS"]);
    let mut row = |name: &ArtifactName, bytes: u64, holds: Cell| {
        table.row(vec![Cell::plain(name.to_string()), Cell::plain(size(bytes)), holds]);
    };
    for backup in &backups {
        let names: Vec<&str> = backup.targets.iter().map(|target| target.name.as_str()).collect();
        row(&backup.name, backup.bytes, Cell::plain(names.join(", ")));
    }
    for artifact in &damaged {
        let reason = format!("damaged: {}", one_line(&artifact.reason));
        row(&artifact.name, artifact.bytes, Cell::new(Tone::Bad, reason));
    }
    table.print();
    Ok(Ending::Fine)
}

async fn verify(app: &App, name: &str) -> Result<Ending, Failure> {
    let artifact = app.vault().verify(&find(app, name).await?).await?;
    out!("{} {} is whole: {}, {}", paint(Tone::Good, "ok"), artifact.name, size(artifact.bytes), artifact.digest);
    for target in &artifact.targets {
        out!("  {}: {} in {} entries", target.name, size(target.bytes), target.entries);
    }
    Ok(Ending::Fine)
}

/// The backup of that name, or the newest of that stack.
async fn find(app: &App, name: &str) -> Result<ArtifactName, Failure> {
    if let Ok(name) = name.parse() {
        return Ok(name);
    }
    let artifacts = app.vault().list().await?;
    artifacts.newest(name).cloned().ok_or_else(|| {
        Failure::new("backup.not-found", format!("`{name}` is neither a backup nor a stack that has one"))
            .hint("`dockrev backup list` shows the backups")
    })
}

async fn restore(app: &App, arguments: &BackupRestore) -> Result<Ending, Failure> {
    let name = find(app, &arguments.backup).await?;
    let artifact = app.vault().verify(&name).await?;
    let host = app.host()?;
    let items = items(&host, &artifact, arguments).await?;
    let users = running_users(&items);
    for item in &items {
        out!("{} goes back to {}", item.from, item.into.place.path().display());
    }
    for (_, container) in &users {
        out!("{} is stopped meanwhile", container);
    }
    if ask("What is there now is replaced. Go on?", arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    let lock = app.locks().await?.take(&name.stack(), &JobId::new("restore")).await;
    let _guard = lock.map_err(RunError::from)?;
    for (id, _) in &users {
        host.engine.order(id, ContainerOrder::Stop).await?;
    }
    let restored = app.vault().restore(&name, &items, &Quiet).await;
    // They run again whether or not it worked: a restore that fails leaves everything as it was.
    for (id, _) in &users {
        host.engine.order(id, ContainerOrder::Start).await?;
    }
    restored?;
    out!("{}", paint(Tone::Good, "restored"));
    Ok(Ending::Fine)
}

/// Progress nobody looks at.
struct Quiet;

impl LogSink for Quiet {
    fn line(&self, line: LogLine) {
        tracing::debug!("{}", line.text);
    }
}

async fn items(host: &Host, artifact: &Artifact, arguments: &BackupRestore) -> Result<Vec<RestoreItem>, Failure> {
    let wanted: Vec<TargetName> = match &arguments.target {
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
    match (&arguments.into, wanted.as_slice()) {
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
    let path = host.engine.volume(volume).await?;
    let place = backup::DataPlace::Volume { name: volume.to_owned(), path };
    Ok(DataTarget { name: TargetName::of_volume(volume), place, users: Vec::new() })
}

fn gone(name: &TargetName) -> Failure {
    Failure::new("backup.place-gone", format!("no container of the stack has `{name}` any more"))
        .hint("bring the stack up first, or give a volume with --target and --into")
}

fn running_users(items: &[RestoreItem]) -> Vec<(ContainerId, String)> {
    let users = items.iter().flat_map(|item| &item.into.users).filter(|user| user.running);
    let mut users: Vec<_> = users.map(|user| (user.container.clone(), user.name.clone())).collect();
    users.sort_by(|a, b| a.1.cmp(&b.1));
    users.dedup();
    users
}

/// One line for each target of a plan: what is done with it, and why.
pub(super) fn plan_lines(plan: &BackupPlan) -> Vec<String> {
    let line = |planned: &backup::PlannedTarget| match &planned.choice {
        Choice::Taken { bytes, consistency, goes_back } => {
            let bytes = bytes.map_or_else(|| "size unknown".to_owned(), size);
            let held = match consistency {
                Consistency::Live => "copied while it is in use",
                Consistency::Pause => "copied while its users are paused",
                Consistency::Stop => "copied while the service is stopped",
            };
            let back = if *goes_back { "goes back with a rollback" } else { "stays as it is at a rollback" };
            format!("{}  {bytes}, {held}, {back}", planned.target.name)
        }
        Choice::Skipped { why } => {
            let tone = if why.is_a_gap() { Tone::Caution } else { Tone::Faint };
            format!("{}  {}", planned.target.name, paint(tone, why.to_string()))
        }
    };
    plan.targets.iter().map(|planned| one_line(&line(planned))).collect()
}
