//! What a check or a plan found, as a table, grouped by stack.

use super::short;
use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table, one_line};
use crate::operations::Limit;
use crate::operations::check::Entry;
use crate::operations::words::{ArchitectureFit, EntryKind, EntryStatus, LevelName, LocalTagName};
use dockrev_core::image::ImageRef;
use std::collections::BTreeMap;

const HEADING: [&str; 6] = ["SERVICE", "CURRENT", "CANDIDATE", "LEVEL", "ARCH", "STATUS"];
/// How much of a job's reason a line shows, in characters: enough for what failed, and not for all that a healthcheck said.
const JOB_REASON_MAX_CHARS: usize = 60;
/// What stands where there is nothing to say.
const NOTHING: &str = "-";

/// How a status looks.
fn tone(status: EntryStatus) -> Tone {
    match status {
        EntryStatus::Update | EntryStatus::Newer => Tone::News,
        EntryStatus::UpToDate => Tone::Good,
        EntryStatus::Held => Tone::Caution,
        EntryStatus::Skipped => Tone::Faint,
        EntryStatus::Gone | EntryStatus::Unknown => Tone::Bad,
    }
}

/// Why it stands where it does, in few words: of what was taken back, the job has the rest.
fn in_short(entry: &Entry) -> String {
    let is_taken_back = entry.hold.as_ref().is_some_and(|hold| hold["type"] == "taken-back");
    let Some((before, said)) = entry.reason.split_once(" took it back (").filter(|_| is_taken_back) else {
        return entry.reason.clone();
    };
    let Some((said, after)) = said.rsplit_once("): ") else { return entry.reason.clone() };
    let first: String = said.lines().next().unwrap_or_default().chars().take(JOB_REASON_MAX_CHARS).collect();
    let cut = if first.len() < said.len() { "…" } else { "" };
    format!("{before} took it back ({first}{cut}): {after}")
}

/// The entries as lines, one table per stack, with common columns.
pub(in crate::cli) fn lines(entries: &[Entry]) -> Vec<String> {
    let mut groups: BTreeMap<Group, Table> = BTreeMap::new();
    for entry in entries {
        groups.entry(Group::of(entry)).or_insert_with(|| Table::new(&HEADING)).row(cells(entry));
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
    fn of(entry: &Entry) -> Self {
        match (entry.kind, &entry.stack) {
            (EntryKind::Service, Some(stack)) => Self::Stack(stack.clone()),
            (EntryKind::Service, None) | (EntryKind::Container, _) => Self::Standalone,
            (EntryKind::Image, _) => Self::Asked,
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

fn cells(entry: &Entry) -> Vec<Cell> {
    let current = entry.current_tag.as_deref().unwrap_or(NOTHING);
    let nothing = || Cell::new(Tone::Faint, NOTHING);
    let (candidate, level, arch) = match &entry.candidate {
        Some(candidate) => {
            let image = match candidate.level {
                LevelName::Digest => format!("{}@{}", candidate.tag, short(&candidate.digest)),
                LevelName::Major
                | LevelName::Minor
                | LevelName::Patch
                | LevelName::SameLevel
                | LevelName::Requested => candidate.tag.clone(),
            };
            let level = Cell::plain(candidate.level.as_str());
            (Cell::new(Tone::News, image), level, architecture(candidate.architecture))
        }
        None => (nothing(), Cell::plain(NOTHING), nothing()),
    };
    let status = format!("{}: {}", entry.status.as_str().replace('-', " "), in_short(entry));
    let status = Cell::new(tone(entry.status), status);
    vec![Cell::plain(entry.name.clone()), Cell::plain(current), candidate, level, arch, status]
}

fn architecture(architecture: ArchitectureFit) -> Cell {
    match architecture {
        ArchitectureFit::Matches => Cell::new(Tone::Good, "ok"),
        ArchitectureFit::Mismatch => Cell::new(Tone::Bad, "other"),
        ArchitectureFit::Unknown => Cell::new(Tone::Caution, "unknown"),
    }
}

fn full_name(entry: &Entry) -> String {
    match &entry.stack {
        Some(stack) => format!("{stack}/{}", entry.name),
        None => entry.name.clone(),
    }
}

/// What does not fit into a row: where a compose file or the engine's own tag stands for something else than what runs, and
/// what else an update makes anew.
fn notes(entries: &[Entry]) -> Vec<String> {
    let notes = entries
        .iter()
        .flat_map(|entry| [of_file(entry), of_local_tag(entry), of_followers(entry), of_one_shots(entry)])
        .flatten();
    notes.map(|text| paint(Tone::Caution, one_line(&text))).collect()
}

fn of_file(entry: &Entry) -> Option<String> {
    let file_image = entry.file_image.as_ref()?;
    let file_tag = file_image.parse::<ImageRef>().ok().and_then(|image| image.effective_tag());
    if file_tag.map(|tag| tag.to_string()) == entry.current_tag {
        return None;
    }
    let name = full_name(entry);
    Some(format!(
        "note: the compose file of {name} says `{file_image}`: a plain `compose up` without Dockrev's override goes back to it"
    ))
}

fn of_local_tag(entry: &Entry) -> Option<String> {
    let what = match entry.running.as_ref()?.local_tag {
        LocalTagName::Unused | LocalTagName::Same | LocalTagName::Gone => return None,
        LocalTagName::Pulled => "another image that was pulled and not brought up",
        LocalTagName::Retagged => "an image that did not come from its repository",
    };
    let name = full_name(entry);
    Some(format!("note: here `{}` of {name} stands for {what}: a plain `compose up` starts that", entry.image))
}

fn of_followers(entry: &Entry) -> Option<String> {
    let (verb, what) = if entry.followers.len() == 1 { ("lives", "is") } else { ("live", "are") };
    let (names, subject) = (entry.followers.join(", "), full_name(entry));
    let text = format!("note: {names} {verb} in the namespaces of {subject}, and {what} made anew after it");
    (!entry.followers.is_empty()).then_some(text)
}

fn of_one_shots(entry: &Entry) -> Option<String> {
    let verb = if entry.one_shots.len() == 1 { "runs" } else { "run" };
    let (names, subject) = (entry.one_shots.join(", "), full_name(entry));
    (!entry.one_shots.is_empty()).then(|| format!("note: {names} {verb} once more before {subject} starts"))
}

/// The registries that asked for it, and until when: what comes from them is not known before.
pub(in crate::cli) fn left_alone(limits: &BTreeMap<String, Limit>) -> Vec<String> {
    let line = |(host, limit): (&String, &Limit)| {
        let until = limit.left_alone_until()?.strftime("%Y-%m-%d %H:%M:%S UTC");
        Some(paint(Tone::Caution, format!("note: `{host}` asked to be left alone until {until}")))
    };
    limits.iter().filter_map(line).collect()
}

/// How many of each.
pub(in crate::cli) fn summary(counts: &BTreeMap<String, u64>) -> String {
    let order = ["update", "newer", "held", "up-to-date", "skipped", "gone", "unknown"];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|name| counts.get(*name).map(|count| format!("{count} {}", name.replace('-', " "))))
        .collect();
    if parts.is_empty() { "nothing to look at: no containers found".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn entry(reason: &str, hold: &Value) -> Entry {
        serde_json::from_value(json!({
            "kind": "service", "stack": "shop", "name": "web", "image": "web:1", "reference": null,
            "current_tag": "1", "file_image": null, "status": "held", "reason": reason, "code": null, "hold": hold,
            "stale_since": null, "running": null, "tag_now": null, "candidate": null, "considered": [],
            "warnings": [], "elapsed_ms": 0
        }))
        .unwrap()
    }

    #[test]
    fn it_is_said_until_when_a_registry_is_left_alone() {
        let limits = json!({
            "docker.io": { "left_alone_until": "1970-01-02T01:01:01Z" },
            "quay.io": { "remaining": 3 },
        });
        let lines = left_alone(&serde_json::from_value(limits).unwrap());
        assert_eq!(lines.len(), 1);
        assert!(lines[0].contains("`docker.io` asked to be left alone until 1970-01-02 01:01:01 UTC"), "{lines:?}");
    }

    #[test]
    fn what_was_taken_back_is_told_in_few_words() {
        let words =
            |reason: &str| format!("job j1 took it back ({reason}): it is taken again only if it is asked for by name");
        let check = |whole: &str, short: &str| {
            let hold = json!({ "type": "taken-back", "job": "j1", "reason": whole });
            assert_eq!(in_short(&entry(&words(whole), &hold)), words(short));
        };
        check("its healthcheck failed", "its healthcheck failed");
        check("`shop/db`: it broke (twice): badly", "`shop/db`: it broke (twice): badly");
        check("exit 1\nand more", "exit 1…");
        let (long, cut) = ("ä".repeat(100), format!("{}…", "ä".repeat(JOB_REASON_MAX_CHARS)));
        check(&long, &cut);
        let other = words(&long);
        assert_eq!(in_short(&entry(&other, &json!({ "type": "ignored" }))), other);
    }
}
