//! `dockrev policy explain`: what a policy thinks of each tag, and why.

use super::arguments::{PolicyArguments, PolicyCommand};
use super::paint::{Tone, paint};
use super::table::{Cell, Table};
use super::{Ending, Failure};
use crate::app::App;
use crate::cli::output::out;
use crate::config::Config;
use dockrev_core::image::Tag;
use dockrev_core::policy::{Assessment, PolicyQuestion, Relation};
use dockrev_core::ports::VersionPolicy;
use dockrev_core::registry::{ListedTag, TagList};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;

/// Longest tag list that is read, in bytes: 20,000 tags of the longest kind.
const LIST_MAX_BYTES: u64 = 20_000 * 129;

pub(super) async fn run(config: &Config, arguments: &PolicyArguments) -> Result<Ending, Failure> {
    let PolicyCommand::Explain { current, tags } = &arguments.command;
    let current: Tag = current.parse().map_err(|error| Failure::new("tag.invalid", format!("--current: {error}")))?;
    let tags = read_tags(tags)?;
    let app = App::new(config);
    let question = PolicyQuestion::about_every_tag(&current, &TagList { tags, truncated: None });
    let verdict = match app.plugins().await?.policy().assess(&question).await {
        Ok(verdict) => verdict,
        Err(error) => {
            super::plugin::complain(&app).await;
            return Err(Failure::new(error.code(), error.to_string()));
        }
    };
    let mut table = Table::new(&["TAG", "RELATION", "LEVEL", "", "WHY"]);
    for assessment in &verdict.assessments {
        table.row(cells(assessment, verdict.choice.as_ref()));
    }
    table.print();
    let choice = verdict.choice.as_ref().map_or_else(|| "stay".to_owned(), |tag| format!("move to {tag}"));
    out!("\n{} {}", paint(Tone::Strong, format!("{choice}:")), verdict.reason);
    Ok(Ending::Fine)
}

fn cells(assessment: &Assessment, choice: Option<&Tag>) -> Vec<Cell> {
    let tone = match assessment.relation {
        Relation::Newer if assessment.eligible => Tone::News,
        Relation::Newer => Tone::Caution,
        Relation::Current => Tone::Good,
        Relation::Older | Relation::OtherTrack | Relation::NotAVersion => Tone::Faint,
    };
    let mark = if choice == Some(&assessment.tag) { "chosen" } else { "" };
    vec![
        Cell::new(tone, assessment.tag.to_string()),
        Cell::plain(assessment.relation.to_string()),
        Cell::plain(assessment.level.map_or_else(|| "-".to_owned(), |level| level.to_string())),
        Cell::new(Tone::Good, mark),
        Cell::plain(assessment.reason.clone()),
    ]
}

/// One tag per line; empty lines and those that begin with `#` are left out.
fn read_tags(path: &Path) -> Result<Vec<ListedTag>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new("tags.unreadable", format!("could not read `{}`: {error}", path.display()))
    };
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(path).map_err(unreadable)?)
    };
    let mut text = String::new();
    reader.take(LIST_MAX_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    let mut seen = BTreeSet::new();
    let lines = text.lines().enumerate().map(|(number, line)| (number + 1, line.trim()));
    let mut tags = Vec::new();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        let name: Tag = line
            .parse()
            .map_err(|error| Failure::new("tag.invalid", format!("{}:{number}: {error}", path.display())))?;
        if seen.insert(name.clone()) {
            tags.push(ListedTag { name, digest: None, pushed_at_unix_s: None });
        }
    }
    Ok(tags)
}
