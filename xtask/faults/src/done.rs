//! Cases that an earlier run has tried, so that the whole matrix can be run in parts.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use dockrev_faults::{Ended, Failure};
use serde_json::{Value, json};

use crate::case::{Case, Tried};

/// A file with a line of JSON for each case. Without a file, nothing is kept.
#[derive(Debug)]
pub(crate) struct Done {
    file: Option<File>,
    /// By what a case is called. What went wrong is tried again.
    known: BTreeMap<String, Option<Ended>>,
}

impl Done {
    pub(crate) fn open(path: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self { file: None, known: BTreeMap::new() });
        };
        let what = format!("could not use `{}`", path.display());
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(Failure::of(what.clone()))?;
        let text = std::fs::read_to_string(path).map_err(Failure::of(what))?;
        Ok(Self { file: Some(file), known: text.lines().filter_map(read).collect() })
    }

    /// What came of `case`, if it was tried before and went well.
    pub(crate) fn of(&self, case: &Case) -> Option<Tried> {
        let ended = *self.known.get(&case.to_string())?;
        Some(Tried { case: case.clone(), ended, problems: Vec::new() })
    }

    pub(crate) fn add(&self, tried: &Tried) -> Result<(), Failure> {
        let Some(mut file) = self.file.as_ref() else { return Ok(()) };
        let ended = tried.ended.map(|ended| ended.to_string());
        let line = json!({ "case": tried.case.to_string(), "ended": ended, "problems": tried.problems });
        file.write_all(format!("{line}\n").as_bytes()).map_err(Failure::of("could not write down a case"))
    }
}

/// The name of a case that went well, and how it ended.
fn read(line: &str) -> Option<(String, Option<Ended>)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let ended = match line["ended"].as_str() {
        Some(text) => Some(Ended::ALL.into_iter().find(|ended| ended.to_string() == text)?),
        None => None,
    };
    let went_well = line["problems"].as_array()?.is_empty();
    went_well.then(|| Some((line["case"].as_str()?.to_owned(), ended)))?
}
