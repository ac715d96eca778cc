//! `dockrev backup`: the copies of data that updates made, and the way back from them.

use super::arguments::{BackupArguments, BackupCommand, BackupRestore};
use super::paint::{Tone, paint};
use super::table::{Cell, Table, one_line, size};
use super::update::{Answer, ask};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::{out, print_json};
use crate::config::Config;
use crate::operations::backups::{BackupView, DamagedView, RestoreWish, find, items, put_back, running_users};
use dockrev_core::backup::Artifacts;
use dockrev_core::ports::Vault;
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
    let artifacts = app.backups().list().await?;
    if json {
        print_json(&Backups { format: "dockrev.backups/1", artifacts: &artifacts })?;
        return Ok(Ending::Fine);
    }
    let items: Vec<BackupView> = artifacts.backups.into_iter().map(BackupView::from).collect();
    let damaged: Vec<DamagedView> = artifacts.damaged.into_iter().map(DamagedView::from).collect();
    print(&items, &damaged);
    Ok(Ending::Fine)
}

/// Shows the backups, and what is none any more.
pub(super) fn print(backups: &[BackupView], damaged: &[DamagedView]) {
    if backups.is_empty() && damaged.is_empty() {
        out!("no backups");
        return;
    }
    let mut table = Table::new(&["BACKUP", "SIZE", "HOLDS"]);
    let mut row = |name: &str, bytes: u64, holds: Cell| {
        table.row(vec![Cell::plain(name), Cell::plain(size(bytes)), holds]);
    };
    for backup in backups {
        let names: Vec<&str> = backup.targets.iter().map(|target| target.name.as_str()).collect();
        row(&backup.name, backup.size_bytes, Cell::plain(names.join(", ")));
    }
    for artifact in damaged {
        let reason = format!("damaged: {}", one_line(&artifact.reason));
        row(&artifact.name, artifact.size_bytes, Cell::new(Tone::Bad, reason));
    }
    table.print();
}

async fn verify(app: &App, name: &str) -> Result<Ending, Failure> {
    let artifact = app.backups().verify(&find(app, name).await?).await?;
    show_whole(&artifact.into());
    Ok(Ending::Fine)
}

/// Says that a backup is whole, and what is in it.
pub(super) fn show_whole(backup: &BackupView) {
    out!("{} {} is whole: {}, {}", paint(Tone::Good, "ok"), backup.name, size(backup.size_bytes), backup.digest);
    for target in &backup.targets {
        out!("  {}: {} in {} entries", target.name, size(target.size_bytes), target.entries);
    }
}

async fn restore(app: &App, arguments: &BackupRestore) -> Result<Ending, Failure> {
    let name = find(app, &arguments.backup).await?;
    let artifact = app.backups().verify(&name).await?;
    let host = app.host()?;
    let wish = RestoreWish { target: arguments.target.clone(), into: arguments.into.clone() };
    let items = items(&host, &artifact, &wish).await?;
    for item in &items {
        out!("{} goes back to {}", item.from, item.into.place.path().display());
    }
    for (_, container) in running_users(&items) {
        out!("{} is stopped meanwhile", container);
    }
    if ask("What is there now is replaced. Go on?", arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    put_back(app, &host, &name, &items).await?;
    out!("{}", paint(Tone::Good, "restored"));
    Ok(Ending::Fine)
}
