//! `dockrev token`: who may use the API.

use super::arguments::{TokenArguments, TokenCommand};
use super::output::{complain, out, print_json};
use super::paint::Tone;
use super::table::{Cell, Table};
use super::{Ending, Failure};
use crate::app::App;
use crate::config::Config;
use crate::operations::tokens::{Scope, add, remove};
use dockrev_store::StoredToken;
use jiff::Timestamp;
use serde::Serialize;

pub(super) async fn run(config: &Config, arguments: &TokenArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    match &arguments.command {
        TokenCommand::Add { name, scope } => {
            let scope: Scope =
                scope.parse().map_err(|error| Failure::new("scope.invalid", format!("--scope: {error}")))?;
            let token = add(&app, name, scope).await?;
            complain!("token `{name}` may do what `{scope}` allows; it is shown this once:");
            out!("{}", token.expose());
        }
        TokenCommand::List { json } => list(&app, *json).await?,
        TokenCommand::Remove { name } => {
            remove(&app, name).await?;
            out!("token `{name}` is removed");
        }
    }
    Ok(Ending::Fine)
}

#[derive(Serialize)]
struct Document {
    format: &'static str,
    tokens: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    name: String,
    scope: String,
    created_by: String,
    created_at: Timestamp,
    last_used_at: Option<Timestamp>,
}

async fn list(app: &App, json: bool) -> Result<(), Failure> {
    let tokens = if app.has_store() { app.store().await?.tokens().await? } else { Vec::new() };
    if json {
        let entry = |token: StoredToken| {
            let StoredToken { name, scope, created_by, created_at, last_used_at, .. } = token;
            Entry { name, scope, created_by, created_at, last_used_at }
        };
        return print_json(&Document { format: "dockrev.tokens/1", tokens: tokens.into_iter().map(entry).collect() });
    }
    if tokens.is_empty() {
        out!("no tokens");
        return Ok(());
    }
    let mut table = Table::new(&["TOKEN", "SCOPE", "MADE BY", "SINCE", "LAST USED"]);
    let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
    for token in tokens {
        table.row(vec![
            Cell::new(Tone::Strong, token.name),
            Cell::plain(token.scope),
            Cell::plain(token.created_by),
            Cell::plain(minute(token.created_at)),
            Cell::plain(token.last_used_at.map_or_else(|| "never".to_owned(), minute)),
        ]);
    }
    table.print();
    Ok(())
}
