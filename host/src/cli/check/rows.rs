//! A plan as a table, grouped by stack.

use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table};
use dockrev_core::detection::{LocalTag, Subject};
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::plan::{Architecture, ChangeLevel, Decision, Hold, PlanEntry};
use std::collections::BTreeMap;

const HEADING: [&str; 6] = ["SERVICE", "CURRENT", "CANDIDATE", "LEVEL", "ARCH", "STATUS"];
/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// Where an entry stands, for people and programs.
pub(in crate::cli) struct Status {
    /// Stable word.
    pub(in crate::cli) name: &'static str,
    /// Why.
    pub(in crate::cli) reason: String,
    /// Stable code of what went wrong, if something did.
    pub(in crate::cli) code: Option<String>,
    tone: Tone,
}

/// Where `entry` stands.
pub(in crate::cli) fn status(entry: &PlanEntry) -> Status {
    match &entry.decision {
        Decision::Update(change) => {
            Status { name: "update", reason: change.reason.clone(), code: None, tone: Tone::News }
        }
        Decision::UpToDate { reason } => {
            Status { name: "up-to-date", reason: reason.clone(), code: None, tone: Tone::Good }
        }
        Decision::Held { candidate, hold: Hold::NotInstalled } => {
            Status { name: "newer", reason: candidate.reason.clone(), code: None, tone: Tone::News }
        }
        Decision::Held { hold, .. } => {
            let code = entry.old.as_ref().map(|old| old.error.code().to_owned());
            Status { name: "held", reason: hold.to_string(), code, tone: Tone::Caution }
        }
        Decision::Excluded(exclusion) => {
            Status { name: "skipped", reason: exclusion.to_string(), code: None, tone: Tone::Faint }
        }
        Decision::Gone(absence) => {
            Status { name: "gone", reason: absence.to_string(), code: Some(absence.code().to_owned()), tone: Tone::Bad }
        }
        Decision::Unknown(trouble) => Status {
            name: "unknown",
            reason: trouble.message.clone(),
            code: Some(trouble.code.clone()),
            tone: Tone::Bad,
        },
    }
}

/// The entries as lines, one table per stack, with common columns.
pub(in crate::cli) fn plan_lines(entries: &[&PlanEntry]) -> Vec<String> {
    let mut groups: BTreeMap<Group, Table> = BTreeMap::new();
    for entry in entries {
        groups.entry(Group::of(&entry.subject)).or_insert_with(|| Table::new(&HEADING)).row(cells(entry));
    }
    let mut widths = vec![0; HEADING.len()];
    for table in groups.values() {
        for (widest, width) in widths.iter_mut().zip(table.widths()) {
            *widest = width.max(*widest);
        }
    }
    let mut lines = Vec::new();
    for (group, table) in &groups {
        lines.push(paint(Tone::Strong, group.title()));
        lines.extend(table.lines(2, &widths));
        lines.push(String::new());
    }
    lines.extend(notes(entries));
    lines
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Group {
    Stack(String),
    Standalone,
    Asked,
}

impl Group {
    fn of(subject: &Subject) -> Self {
        match subject {
            Subject::Service(id) => Self::Stack(id.stack.to_string()),
            Subject::Container(_) => Self::Standalone,
            Subject::Image(_) => Self::Asked,
        }
    }

    fn title(&self) -> String {
        match self {
            Self::Stack(name) => name.clone(),
            Self::Standalone => "containers without a stack".to_owned(),
            Self::Asked => "images asked for".to_owned(),
        }
    }
}

fn cells(entry: &PlanEntry) -> Vec<Cell> {
    let name = match &entry.subject {
        Subject::Service(id) => id.service.to_string(),
        Subject::Container(name) | Subject::Image(name) => name.clone(),
    };
    let current = entry.current_tag.as_ref().map_or_else(|| NOTHING.to_owned(), ToString::to_string);
    let (candidate, level, arch) = news(entry);
    let status = status(entry);
    vec![
        Cell::plain(name),
        Cell::plain(current),
        Cell::new(if candidate == NOTHING { Tone::Faint } else { Tone::News }, candidate),
        Cell::plain(level),
        arch,
        Cell::new(status.tone, format!("{}: {}", status.name.replace('-', " "), status.reason)),
    ]
}

fn news(entry: &PlanEntry) -> (String, String, Cell) {
    let describe = |image: &PinnedImage, level: ChangeLevel| match level {
        ChangeLevel::Digest => (format!("{}@{}", image.tag, image.digest.short()), level.to_string()),
        ChangeLevel::Major
        | ChangeLevel::Minor
        | ChangeLevel::Patch
        | ChangeLevel::SameLevel
        | ChangeLevel::Requested => (image.tag.to_string(), level.to_string()),
    };
    match &entry.decision {
        Decision::Update(change) => {
            let (candidate, level) = describe(&change.to, change.level);
            (candidate, level, Cell::new(Tone::Good, "ok"))
        }
        Decision::Held { candidate, .. } => {
            let (tag, level) = describe(&candidate.image, candidate.level);
            (tag, level, architecture(&candidate.architecture))
        }
        Decision::UpToDate { .. } | Decision::Gone(_) | Decision::Excluded(_) | Decision::Unknown(_) => {
            (NOTHING.to_owned(), NOTHING.to_owned(), Cell::new(Tone::Faint, NOTHING))
        }
    }
}

fn architecture(architecture: &Architecture) -> Cell {
    match architecture {
        Architecture::Matches => Cell::new(Tone::Good, "ok"),
        Architecture::Mismatch { .. } => Cell::new(Tone::Bad, "other"),
        Architecture::Unknown => Cell::new(Tone::Caution, "unknown"),
    }
}

/// What does not fit into a row: where a compose file or the engine's own tag stands for something else than what runs.
fn notes(entries: &[&PlanEntry]) -> Vec<String> {
    let notes = entries.iter().flat_map(|entry| [of_file(entry), of_local_tag(entry)]).flatten();
    notes.map(|text| paint(Tone::Caution, crate::cli::table::one_line(&text))).collect()
}

fn of_file(entry: &PlanEntry) -> Option<String> {
    let file_image = entry.file_image.as_ref()?;
    let file_tag = file_image.parse::<ImageRef>().ok().and_then(|image| image.effective_tag());
    if file_tag == entry.current_tag {
        return None;
    }
    Some(format!(
        "note: the compose file of {} says `{file_image}`: a plain `compose up` without Dockrev's override goes back to it",
        entry.subject
    ))
}

fn of_local_tag(entry: &PlanEntry) -> Option<String> {
    let what = match &entry.local_tag {
        LocalTag::Unused | LocalTag::Same | LocalTag::Gone => return None,
        LocalTag::Pulled(_) => "another image that was pulled and not brought up",
        LocalTag::Retagged(_) => "an image that did not come from its repository",
    };
    Some(format!(
        "note: here `{}` of {} stands for {what}: a plain `compose up` starts that",
        entry.written, entry.subject
    ))
}

/// How many of each.
pub(super) fn summary(entries: &[&PlanEntry]) -> String {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(status(entry).name).or_default() += 1;
    }
    let order = ["update", "newer", "held", "up-to-date", "skipped", "gone", "unknown"];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|name| counts.get(name).map(|count| format!("{count} {}", name.replace('-', " "))))
        .collect();
    if parts.is_empty() { "nothing to look at: no containers found".to_owned() } else { parts.join(", ") }
}
