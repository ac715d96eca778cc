//! `dockrev audit`: who asked for what change, from where, and what came of it.

use super::arguments::AuditArguments;
use super::output::out;
use super::table::{Cell, Table};
use super::{Ending, Failure};
use crate::app::App;
use crate::config::Config;
use crate::operations::audit;
use dockrev_store::{AuditEntry, AuditFilter};
use futures::TryStreamExt as _;

pub(super) async fn run(config: &Config, arguments: &AuditArguments) -> Result<Ending, Failure> {
    let app = App::new(config);
    if !app.has_store() {
        return Ok(Ending::Fine);
    }
    if arguments.json {
        print_all(&app).await?;
    } else {
        print_table(app.store().await?.audit_entries(&AuditFilter::default(), None, arguments.limit).await?);
    }
    Ok(Ending::Fine)
}

/// The whole trail, newest first, a line each.
async fn print_all(app: &App) -> Result<(), Failure> {
    let mut pages = std::pin::pin!(audit::pages(app.store().await?, AuditFilter::default()));
    while let Some(lines) = pages.try_next().await? {
        out!("{}", lines.trim_end());
    }
    Ok(())
}

fn print_table(entries: Vec<AuditEntry>) {
    if entries.is_empty() {
        out!("nothing was asked for yet");
        return;
    }
    let mut table = Table::new(&["WHEN", "WHO", "FROM", "WHAT", "STATUS", "CODE"]);
    for entry in entries {
        table.row(vec![
            Cell::plain(entry.at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            Cell::plain(entry.who),
            Cell::plain(entry.address),
            Cell::plain(entry.action),
            Cell::plain(entry.status.to_string()),
            Cell::plain(entry.code.unwrap_or_default()),
        ]);
    }
    table.print();
}
