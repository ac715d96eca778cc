//! `dockrev ignore`: tags that nobody wants to be told about.

use crate::app::App;
use crate::cli::arguments::{IgnoreAdd, IgnoreArguments, IgnoreCommand};
use crate::cli::output::{out, print_json};
use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table, one_line};
use crate::cli::{Ending, Failure};
use crate::config::Config;
use dockrev_core::ids::{ServiceId, ServiceName, StackName};
use dockrev_core::ignore::{IgnoreRule, Matcher, MatcherKind};
use jiff::Timestamp;
use serde::Serialize;

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
    let Some((stack, service)) = arguments.service.split_once('/') else {
        let failure = Failure::new("service.invalid", format!("`{}` is no service", arguments.service));
        return Err(failure.hint("name it as STACK/SERVICE: `dockrev check` shows both"));
    };
    let service = ServiceId { stack: StackName::new(stack), service: ServiceName::new(service) };
    let matcher = matcher(arguments)?;
    let store = app.store().await?;
    let rule = store.add_ignore_rule(&service, &matcher, arguments.note.as_deref(), Timestamp::now()).await?;
    out!("{} {} now ignores {} `{}` ({})", paint(Tone::Good, "ok:"), service, matcher.kind(), matcher.text(), rule.id);
    Ok(())
}

fn matcher(arguments: &IgnoreAdd) -> Result<Matcher, Failure> {
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
    stack: String,
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
    if rules.is_empty() {
        out!("no ignore rules");
        return Ok(());
    }
    let mut table = Table::new(&["RULE", "SERVICE", "KIND", "TAGS", "SINCE", "NOTE"]);
    for rule in rules {
        table.row(vec![
            Cell::new(Tone::Strong, rule.id.to_string()),
            Cell::plain(rule.service.to_string()),
            Cell::plain(rule.matcher.kind().to_string()),
            Cell::plain(rule.matcher.text()),
            Cell::plain(rule.created_at.strftime("%Y-%m-%d").to_string()),
            Cell::plain(one_line(rule.note.as_deref().unwrap_or_default())),
        ]);
    }
    table.print();
    Ok(())
}

fn entry(rule: IgnoreRule) -> Entry {
    Entry {
        id: rule.id,
        stack: rule.service.stack.to_string(),
        service: rule.service.service.to_string(),
        kind: rule.matcher.kind(),
        matcher: rule.matcher.text().to_owned(),
        note: rule.note,
        created_at: rule.created_at,
    }
}

async fn remove(app: &App, id: i64) -> Result<(), Failure> {
    if app.store().await?.remove_ignore_rule(id).await? {
        out!("{} rule {id} is removed", paint(Tone::Good, "ok:"));
        return Ok(());
    }
    Err(Failure::new("ignore.not-found", format!("there is no rule {id}"))
        .hint("`dockrev ignore list` shows all rules"))
}
