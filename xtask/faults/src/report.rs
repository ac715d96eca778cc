//! What came of it, as tables in Markdown or as JSON.

use std::collections::{BTreeMap, BTreeSet};

use dockrev_faults::{Blow, Ended, Moment, Trick};
use serde_json::{Value, json};

use crate::case::{Place, Scenario, Tried};
use crate::random::Row;

/// A letter for each end.
fn letter(ended: Option<Ended>) -> &'static str {
    match ended {
        None => "·",
        Some(Ended::NotBegun) => "N",
        Some(Ended::Failed) => "F",
        Some(Ended::RolledBack) => "R",
        Some(Ended::Updated) => "U",
        Some(Ended::NeedsAttention) => "A",
        Some(Ended::Open) => "O",
    }
}

/// Prints everything.
pub(crate) fn print(tried: &[Tried], row: Option<&Row>) {
    for scenario in Scenario::ALL {
        let here: Vec<&Tried> = tried.iter().filter(|tried| tried.case.scenario == scenario).collect();
        let lines = Blow::ALL.iter().filter(|blow| **blow != Blow::Kill).map(ToString::to_string);
        let kills = [Moment::Before, Moment::After].map(|moment| format!("{} {moment}", Blow::Kill));
        let columns: Vec<String> = kills.into_iter().chain(lines).collect();
        table(&format!("{scenario}: at each line of the journal"), &columns, &here, |place| match place {
            Place::Line { number, label } => Some(format!("{number}. {label}")),
            Place::Call(_) => None,
        });
        let columns: Vec<String> = Trick::ALL.iter().map(ToString::to_string).collect();
        table(&format!("{scenario}: at each call to the engine"), &columns, &here, |place| match place {
            Place::Call(what) => Some(format!("`{what}`")),
            Place::Line { .. } => None,
        });
    }
    summary(tried, row);
}

fn table(title: &str, columns: &[String], tried: &[&Tried], name: impl Fn(&Place) -> Option<String>) {
    let places: BTreeSet<&Place> =
        tried.iter().map(|tried| &tried.case.place).filter(|place| name(place).is_some()).collect();
    if places.is_empty() {
        return;
    }
    println!("\n### {title}\n\n| | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
    for place in places {
        let cell = |column: &String| {
            let here = tried.iter().filter(|tried| tried.case.place == *place && tried.case.column == *column);
            // Runs of the same letter are counted: `6F` is six cases that ended so.
            let mut counts: BTreeMap<String, u32> = BTreeMap::new();
            for tried in here {
                let wrong = if tried.problems.is_empty() { "" } else { "**!**" };
                *counts.entry(format!("{}{wrong}", letter(tried.ended))).or_default() += 1;
            }
            let part = |(letter, count): (String, u32)| if count == 1 { letter } else { format!("{count}{letter}") };
            counts.into_iter().map(part).collect::<Vec<_>>().join(" ")
        };
        let cells: Vec<String> = columns.iter().map(cell).collect();
        println!("| {} | {} |", name(place).unwrap_or_default(), cells.join(" | "));
    }
}

fn summary(tried: &[Tried], row: Option<&Row>) {
    println!(
        "\n### In all\n\n| | cases | N | F | R | U | A | not met | wrong |\n|---|---|---|---|---|---|---|---|---|"
    );
    let columns: BTreeSet<&String> = tried.iter().map(|tried| &tried.case.column).collect();
    for column in columns {
        let here: Vec<&Tried> = tried.iter().filter(|tried| tried.case.column == *column).collect();
        let count = |ended| here.iter().filter(|tried| tried.ended == ended).count();
        let wrong = here.iter().filter(|tried| !tried.problems.is_empty()).count();
        let counts = [
            Some(Ended::NotBegun),
            Some(Ended::Failed),
            Some(Ended::RolledBack),
            Some(Ended::Updated),
            Some(Ended::NeedsAttention),
            None,
        ]
        .map(|ended| count(ended).to_string());
        println!("| {column} | {} | {} | {wrong} |", here.len(), counts.join(" | "));
    }
    if let Some(row) = row {
        let count = |ended| row.ended.iter().filter(|other| **other == ended).count();
        println!(
            "| {} random faults in {} jobs in a row | {} | {} | {} | {} | {} | {} | {} | {} |",
            row.faults,
            row.jobs,
            row.jobs,
            count(Ended::NotBegun),
            count(Ended::Failed),
            count(Ended::RolledBack),
            count(Ended::Updated),
            count(Ended::NeedsAttention),
            row.jobs - row.hit,
            row.problems.len()
        );
    }
}

/// The same for programs.
pub(crate) fn json(tried: &[Tried], row: Option<&Row>) -> Value {
    let cases: Vec<Value> = tried
        .iter()
        .map(|tried| {
            json!({
                "scenario": tried.case.scenario.to_string(),
                "fault": tried.case.fault.to_string(),
                "case": tried.case.to_string(),
                "ended": tried.ended.map(|ended| ended.to_string()),
                "problems": tried.problems,
            })
        })
        .collect();
    let random = row.map(|row| {
        let ended: Vec<String> = row.ended.iter().map(ToString::to_string).collect();
        json!({ "jobs": row.jobs, "faults": row.faults, "ended": ended, "problems": row.problems })
    });
    json!({ "format": "dockrev.faults/1", "cases": cases, "random": random })
}
