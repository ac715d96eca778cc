//! What a server keeps: ignore rules, backups, and how it finds itself.

use crate::cli::arguments::{
    BackupArguments, BackupCommand, BackupRestore, DoctorArguments, IgnoreArguments, IgnoreCommand,
};
use crate::cli::backup::{self, show_whole};
use crate::cli::doctor;
use crate::cli::ignore::{self, matcher, workload};
use crate::cli::output::{out, print_json};
use crate::cli::paint::{Tone, paint};
use crate::cli::update::{Answer, ask};
use crate::cli::{Ending, Failure};
use crate::operations::backups::{BackupView, DamagedView};
use crate::operations::change::WorkloadName;
use crate::operations::doctor::Finding;
use crate::operations::ignore::RuleView;
use crate::remote::Remote;
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Rules {
    items: Vec<RuleView>,
}

pub(super) async fn ignore(remote: &Remote, arguments: &IgnoreArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        IgnoreCommand::Add(arguments) => {
            let matcher = matcher(arguments)?;
            let wanted = json!({
                "workload": WorkloadName::from(&workload(arguments)?),
                "kind": matcher.kind(),
                "matcher": matcher.text(),
                "note": arguments.note,
            });
            let rule: RuleView = remote.post(&["ignore-rules"], &wanted).await?;
            ignore::say_added(&rule.workload, &matcher, rule.id);
        }
        IgnoreCommand::List { json: true } => print_json(&remote.get::<Value>(&["ignore-rules"], &[]).await?)?,
        IgnoreCommand::List { json: false } => {
            let Rules { items } = remote.get(&["ignore-rules"], &[]).await?;
            ignore::print(&items);
        }
        IgnoreCommand::Remove { rule } => {
            remote.delete(&["ignore-rules", &rule.to_string()]).await?;
            ignore::say_removed(*rule);
        }
    }
    Ok(Ending::Fine)
}

#[derive(Deserialize)]
struct Backups {
    items: Vec<BackupView>,
    damaged: Vec<DamagedView>,
}

pub(super) async fn backup(remote: &Remote, arguments: &BackupArguments) -> Result<Ending, Failure> {
    match &arguments.command {
        BackupCommand::List { json: true } => print_json(&remote.get::<Value>(&["backups"], &[]).await?)?,
        BackupCommand::List { json: false } => {
            let Backups { items, damaged } = remote.get(&["backups"], &[]).await?;
            backup::print(&items, &damaged);
        }
        BackupCommand::Verify { backup } => {
            let (stack, file) = find(remote, backup).await?;
            show_whole(&remote.post(&["backups", &stack, &file, "verify"], &json!({})).await?);
        }
        BackupCommand::Restore(arguments) => restore(remote, arguments).await?,
    }
    Ok(Ending::Fine)
}

/// The backup of that name, or the newest of that stack: its stack, and the rest of its name.
async fn find(remote: &Remote, name: &str) -> Result<(String, String), Failure> {
    let Backups { items, .. } = remote.get(&["backups"], &[]).await?;
    // Oldest first.
    let newest = || items.iter().rev().find(|backup| backup.stack == name).map(|backup| backup.name.as_str());
    let name = if name.contains('/') { Some(name) } else { newest() };
    let parts = name.and_then(|name| name.split_once('/')).map(|(stack, file)| (stack.to_owned(), file.to_owned()));
    parts.ok_or_else(|| {
        Failure::new("backup.not-found", "that server has no such backup, and no stack of this name that has one")
            .hint("`dockrev backup list` shows the backups")
    })
}

#[derive(Deserialize)]
struct Restored {
    targets: Vec<String>,
    stopped_meanwhile: Vec<String>,
}

async fn restore(remote: &Remote, arguments: &BackupRestore) -> Result<(), Failure> {
    let (stack, file) = find(remote, &arguments.backup).await?;
    out!("{stack}/{file} goes back; what runs on it is stopped meanwhile");
    if ask("What is there now is replaced. Go on?", arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(());
    }
    let wish = json!({ "target": arguments.target, "into": arguments.into });
    let restored: Restored = remote.post(&["backups", &stack, &file, "restore"], &wish).await?;
    for container in restored.stopped_meanwhile {
        out!("{container} was stopped meanwhile");
    }
    out!("{}: {}", paint(Tone::Good, "restored"), restored.targets.join(", "));
    Ok(())
}

#[derive(Deserialize)]
struct Findings {
    findings: Vec<Finding>,
}

pub(super) async fn doctor(remote: &Remote, arguments: &DoctorArguments) -> Result<Ending, Failure> {
    let Findings { findings } = remote.get(&["doctor"], &[]).await?;
    doctor::show(&findings, arguments)
}
