//! `dockrev ignore`: tags that nobody wants to be told about.

use crate::app::App;
use crate::cli::arguments::{IgnoreAdd, IgnoreArguments, IgnoreCommand};
use crate::cli::output::{out, print_json};
use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table, one_line};
use crate::cli::{Ending, Failure};
use crate::config::Config;
use crate::operations::ignore::RuleView;
use dockrev_core::ids::{ContainerName, ServiceId, ServiceName, StackName, WorkloadId};
use dockrev_core::ignore::{IgnoreRule, Matcher, MatcherKind};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt::Display;

pub(super) async fn run(config: &Config, arguments: &IgnoreArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    match &arguments.command {
        IgnoreCommand::Add(arguments) => add(&app, arguments).await?,
        IgnoreCommand::List { json } => list(&app, *json).await?,
        IgnoreCommand::Remove { rule } => remove(&app, *rule).await?,
    }
    Ok(Ending::Fine)
}

async fn add(app: &App, arguments: &IgnoreAdd) -> Result<(), Failure> {
    let workload = workload(arguments)?;
    let matcher = matcher(arguments)?;
    let store = app.store().await?;
    let rule = store.add_ignore_rule(&workload, &matcher, arguments.note.as_deref(), Timestamp::now()).await?;
    say_added(&workload, &matcher, rule.id);
    Ok(())
}

pub(super) fn say_added(workload: &impl Display, matcher: &Matcher, id: i64) {
    out!("{} {workload} now ignores {} `{}` ({id})", paint(Tone::Good, "ok:"), matcher.kind(), matcher.text());
}

pub(super) fn say_removed(id: i64) {
    out!("{} rule {id} is removed", paint(Tone::Good, "ok:"));
}

pub(super) fn workload(arguments: &IgnoreAdd) -> Result<WorkloadId, Failure> {
    if let Some(name) = &arguments.container {
        return Ok(WorkloadId::Container(ContainerName::new(name)));
    }
    let text = arguments.service.as_deref().unwrap_or_default();
    let Some((stack, service)) = text.split_once('/') else {
        let failure = Failure::new("service.invalid", format!("`{text}` is no service"));
        return Err(failure.hint("name it as STACK/SERVICE, or a container without a stack by `--container NAME`"));
    };
    Ok(WorkloadId::Service(ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) }))
}

pub(super) fn matcher(arguments: &IgnoreAdd) -> Result<Matcher, Failure> {
    let given = [
        (MatcherKind::Exact, &arguments.exact),
        (MatcherKind::Prefix, &arguments.prefix),
        (MatcherKind::Regex, &arguments.regex),
        (MatcherKind::Range, &arguments.range),
    ];
    let given = given.into_iter().find_map(|(kind, text)| Some((kind, text.as_ref()?)));
    let (kind, text) = given.ok_or_else(|| Failure::new("ignore.missing", "no rule was given"))?;
    Matcher::parse(kind, text).map_err(|error| Failure::new("ignore.invalid-rule", error.to_string()))
}

#[derive(Serialize)]
struct Document {
    format: &'static str,
    rules: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: i64,
    /// Absent for a container that belongs to no stack.
    stack: Option<String>,
    /// The service, or the container.
    service: String,
    kind: MatcherKind,
    matcher: String,
    note: Option<String>,
    created_at: Timestamp,
}

async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let rules = app.ignore_rules().await?;
    if json {
        let rules = rules.into_iter().map(entry).collect();
        return print_json(&Document { format: "dockrev.ignore/1", rules });
    }
    print(&rules.into_iter().map(RuleView::from).collect::<Vec<_>>());
    Ok(())
}

pub(super) fn print(rules: &[RuleView]) {
    if rules.is_empty() {
        out!("no ignore rules");
        return;
    }
    let mut table = Table::new(&["RULE", "FOR", "KIND", "TAGS", "SINCE", "NOTE"]);
    for rule in rules {
        table.row(vec![
            Cell::new(Tone::Strong, rule.id.to_string()),
            Cell::plain(rule.workload.to_string()),
            Cell::plain(MatcherKind::from(rule.kind).to_string()),
            Cell::plain(rule.matcher.clone()),
            Cell::plain(rule.created_at.strftime("%Y-%m-%d").to_string()),
            Cell::plain(one_line(rule.note.as_deref().unwrap_or_default())),
        ]);
    }
    table.print();
}

fn entry(rule: IgnoreRule) -> Entry {
    let stack = match &rule.workload {
        WorkloadId::Service(id) => Some(id.stack.to_string()),
        WorkloadId::Container(_) => None,
    };
    Entry {
        id: rule.id,
        stack,
        service: rule.workload.name().to_owned(),
        kind: rule.matcher.kind(),
        matcher: rule.matcher.text().to_owned(),
        note: rule.note,
        created_at: rule.created_at,
    }
}

async fn remove(app: &App, id: i64) -> Result<(), Failure> {
    if app.store().await?.remove_ignore_rule(id).await? {
        say_removed(id);
        return Ok(());
    }
    Err(Failure::new("ignore.not-found", format!("there is no rule {id}"))
        .hint("`dockrev ignore list` shows all rules"))
}
