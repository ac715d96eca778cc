//! Figures as a table or as JSON, and targets as met or missed.

use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

use crate::arguments::Manner;

/// Format of the JSON. Fields are only ever added within one number.
const FORMAT: &str = "dockrev.bench/1";

/// What a bench found out.
#[derive(Debug)]
pub(crate) struct Report {
    /// Which bench.
    pub(crate) bench: &'static str,
    /// What was measured, in a sentence.
    pub(crate) title: String,
    /// The machine and the settings that the figures depend on.
    pub(crate) conditions: Value,
    /// The columns of the table after the first.
    pub(crate) columns: Vec<String>,
    /// Each with a name and a figure per column.
    pub(crate) rows: Vec<Row>,
    /// What should be, and is or is not.
    pub(crate) targets: Vec<Target>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) figures: Vec<Option<f64>>,
}

/// A figure that should not be above a limit.
#[derive(Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) figure: f64,
    pub(crate) at_most: f64,
    pub(crate) unit: &'static str,
}

impl Target {
    pub(crate) fn is_met(&self) -> bool {
        self.figure <= self.at_most
    }
}

impl Report {
    /// Prints it, and gives how the program is to end.
    pub(crate) fn give(&self, manner: Manner) -> ExitCode {
        if manner.json {
            println!("{:#}", self.json());
        } else {
            print!("{}", self.text());
        }
        if manner.strict && !self.is_met() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Whether every target is met.
    pub(crate) fn is_met(&self) -> bool {
        self.targets.iter().all(Target::is_met)
    }

    pub(crate) fn json(&self) -> Value {
        let targets: Vec<Value> = self
            .targets
            .iter()
            .map(|target| {
                json!({ "name": target.name, "figure": target.figure, "at_most": target.at_most,
                        "unit": target.unit, "met": target.is_met() })
            })
            .collect();
        json!({
            "format": FORMAT,
            "bench": self.bench,
            "conditions": self.conditions,
            "columns": self.columns,
            "rows": self.rows,
            "targets": targets,
        })
    }

    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.title);
        let heading = std::iter::once(String::new()).chain(self.columns.iter().cloned()).collect();
        let rows = self.rows.iter().map(|row| {
            let name = if row.unit.is_empty() { row.name.to_owned() } else { format!("{}, {}", row.name, row.unit) };
            std::iter::once(name).chain(row.figures.iter().map(|figure| figure.map_or("-".to_owned(), shown))).collect()
        });
        text.push_str(&table(&std::iter::once(heading).chain(rows).collect::<Vec<_>>()));
        text.push('\n');
        let targets = self.targets.iter().map(|target| {
            let verdict = if target.is_met() { "met" } else { "MISSED" };
            let limit = format!("{} {}", shown(target.at_most), target.unit);
            vec![target.name.clone(), shown(target.figure), limit.trim_end().to_owned(), verdict.to_owned()]
        });
        let heading = ["target", "is", "at most", ""].map(str::to_owned).to_vec();
        text.push_str(&table(&std::iter::once(heading).chain(targets).collect::<Vec<_>>()));
        text
    }
}

/// A number as a figure.
pub(crate) fn count(number: u64) -> f64 {
    number as f64
}

/// Bytes as a figure, in millions.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    count(bytes) / 1e6
}

/// With as many digits as matter.
fn shown(figure: f64) -> String {
    if figure.fract() == 0.0 || figure >= 1000.0 {
        format!("{figure:.0}")
    } else if figure >= 100.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.2}")
    }
}

/// Columns of one width each: the first to the left, the others to the right.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(figure: f64) -> Report {
        Report {
            bench: "check",
            title: "A bench".to_owned(),
            conditions: json!({ "cores": 2 }),
            columns: vec!["floor".to_owned(), "dockrev".to_owned()],
            rows: vec![Row { name: "wall", unit: "ms", figures: vec![Some(1000.0), None] }],
            targets: vec![Target { name: "wall to floor".to_owned(), figure, at_most: 1.25, unit: "" }],
        }
    }

    #[test]
    fn a_target_is_met_up_to_its_limit() {
        assert!(report(1.25).is_met());
        assert!(!report(1.2501).is_met());
        assert_eq!(report(1.3).json()["targets"][0]["met"], false);
    }

    #[test]
    fn the_table_is_aligned() {
        let expected = "\
A bench

          floor  dockrev
wall, ms   1000        -

target           is  at most
wall to floor  1.30     1.25  MISSED
";
        assert_eq!(report(1.3).text(), expected);
    }
}
