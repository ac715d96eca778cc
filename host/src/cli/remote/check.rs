//! `dockrev check` on a server.

use super::{ENTRIES_MAX, LOOK_AGAIN_AFTER, no_filters};
use crate::cli::arguments::CheckArguments;
use crate::cli::check::{ending, follow, progress_bar, show};
use crate::cli::{Ending, Failure};
use crate::operations::check::{CheckResult, Effort, Entry, counts};
use crate::operations::{Problem, ServedBy};
use crate::remote::Remote;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Summary {
    platform: Option<String>,
    effort: Option<Effort>,
    registries: BTreeMap<String, ServedBy>,
    running: Option<Running>,
    unfinished: Vec<u64>,
    problem: Option<Problem>,
}

#[derive(Deserialize)]
struct Running {
    done: usize,
    total: usize,
}

#[derive(Deserialize)]
struct Begun {
    number: u64,
}

pub(super) async fn run(remote: &Remote, arguments: &CheckArguments) -> Result<Ending, Failure> {
    no_filters(&arguments.labels)?;
    if !arguments.image.is_empty() {
        let message = "a server looks at what runs on its host: an image is looked at from here";
        return Err(Failure::new("server.not-there", message).hint("leave out --server and DOCKREV_SERVER"));
    }
    // Only a whole check is kept, so that is what there has to be first.
    let known: Value = remote.get(&["check"], &[]).await?;
    let parts: Vec<Value> = match arguments.stack.as_slice() {
        names if !names.is_empty() && !known["checked_at"].is_null() => {
            names.iter().map(|stack| json!({ "stack": stack })).collect()
        }
        _ => vec![json!({})],
    };
    let bar = progress_bar(!arguments.json);
    let progress = follow(&bar);
    let mut summary = None;
    for part in &parts {
        summary = Some(one(remote, part, &progress).await?);
    }
    bar.finish_and_clear();
    let result = result(remote, summary, &arguments.stack).await?;
    show(&result, arguments)?;
    Ok(ending(&result, arguments))
}

async fn one(remote: &Remote, what: &Value, progress: &impl Fn(usize, usize)) -> Result<Summary, Failure> {
    let begun: Begun = remote.post(&["checks"], what).await?;
    loop {
        let summary: Summary = remote.get(&["check"], &[]).await?;
        if !summary.unfinished.contains(&begun.number) {
            return match summary.problem {
                Some(problem) => Err(problem.into()),
                None => Ok(summary),
            };
        }
        if let Some(running) = &summary.running {
            progress(running.done, running.total);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

async fn result(remote: &Remote, summary: Option<Summary>, stacks: &[String]) -> Result<CheckResult, Failure> {
    let mut entries: Vec<Entry> = remote.list(&["services"], &[], ENTRIES_MAX).await?;
    if !stacks.is_empty() {
        entries.retain(|entry| entry.stack.as_ref().is_some_and(|stack| stacks.contains(stack)));
        let has = |stack: &&String| entries.iter().any(|entry| entry.stack.as_ref() == Some(stack));
        if let Some(missing) = stacks.iter().find(|stack| !has(stack)) {
            let message = format!("no stack `{missing}` has containers on that host");
            return Err(Failure::new("stack.not-found", message).hint("`dockrev check` lists all stacks"));
        }
    }
    let incomplete = || Failure::new("server.unexpected-answer", "the server says nothing of the check that it made");
    let summary = summary.ok_or_else(incomplete)?;
    Ok(CheckResult {
        platform: summary.platform.unwrap_or_default(),
        counts: counts(entries.iter().map(|entry| entry.status)),
        effort: summary.effort.ok_or_else(incomplete)?,
        registries: summary.registries,
        entries,
    })
}
