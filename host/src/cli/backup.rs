//! `dockrev backup`: the copies of data that updates made, and the way back from them.

use super::arguments::{BackupArguments, BackupCommand, BackupRestore};
use super::paint::{Tone, paint};
use super::table::{Cell, Table, one_line, size};
use super::update::{Answer, ask};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::{out, print_json};
use crate::config::Config;
use crate::operations::backups::{RestoreWish, find, items, put_back, running_users};
use dockrev_core::backup::{self, ArtifactName, Artifacts, BackupPlan, Choice, Consistency};
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

async fn restore(app: &App, arguments: &BackupRestore) -> Result<Ending, Failure> {
    let name = find(app, &arguments.backup).await?;
    let artifact = app.vault().verify(&name).await?;
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
