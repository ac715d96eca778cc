//! A plan as a table, grouped by stack.

use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table};
use crate::operations::check::status;
use crate::operations::check::status::taken_back;
use crate::operations::words::EntryStatus;
use dockrev_core::detection::{LocalTag, Subject};
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::plan::{Architecture, ChangeLevel, Decision, Hold, PlanEntry};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::SystemTime;

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

/// The same for a line of a table, if it is too long for one: the job has the rest.
fn in_short(hold: &Hold, subject: &Subject) -> Option<String> {
    let (job, reason) = taken_back(hold, subject)?;
    let first: String = reason.lines().next().unwrap_or_default().chars().take(JOB_REASON_MAX_CHARS).collect();
    (first.len() < reason.len()).then(|| Hold::TakenBack { job, reason: format!("{first}…") }.to_string())
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
    let short = match &entry.decision {
        Decision::Held { hold, .. } => in_short(hold, &entry.subject),
        Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Excluded(_)
        | Decision::Gone(_)
        | Decision::Unknown(_) => None,
    };
    let reason = short.unwrap_or(status.reason);
    vec![
        Cell::plain(name),
        Cell::plain(current),
        Cell::new(if candidate == NOTHING { Tone::Faint } else { Tone::News }, candidate),
        Cell::plain(level),
        arch,
        Cell::new(tone(status.name), format!("{}: {reason}", status.name.as_str().replace('-', " "))),
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

/// What does not fit into a row: where a compose file or the engine's own tag stands for something else than what runs, and
/// what else an update makes anew.
fn notes(entries: &[&PlanEntry]) -> Vec<String> {
    let notes = entries
        .iter()
        .flat_map(|entry| [of_file(entry), of_local_tag(entry), of_followers(entry), of_one_shots(entry)])
        .flatten();
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

fn of_followers(entry: &PlanEntry) -> Option<String> {
    let names: Vec<&str> = entry.followers().iter().map(|follower| follower.service.as_str()).collect();
    let (verb, what) = if names.len() == 1 { ("lives", "is") } else { ("live", "are") };
    let text =
        format!("{} {verb} in the namespaces of {}, and {what} made anew after it", names.join(", "), entry.subject);
    (!names.is_empty()).then(|| format!("note: {text}"))
}

fn of_one_shots(entry: &PlanEntry) -> Option<String> {
    let names: Vec<&str> = entry.one_shots().iter().map(|one_shot| one_shot.service.as_str()).collect();
    let verb = if names.len() == 1 { "runs" } else { "run" };
    (!names.is_empty()).then(|| format!("note: {} {verb} once more before {} starts", names.join(", "), entry.subject))
}

/// The registries that asked for it, and until when: what comes from them is not known before.
pub(super) fn left_alone(until: &BTreeMap<String, SystemTime>) -> Vec<String> {
    let line = |(host, until): (&String, &SystemTime)| Some(paint(Tone::Caution, left_alone_until(host, *until)?));
    until.iter().filter_map(line).collect()
}

fn left_alone_until(host: &str, until: SystemTime) -> Option<String> {
    let until = Timestamp::try_from(until).ok()?;
    Some(format!("note: `{host}` asked to be left alone until {}", until.strftime("%Y-%m-%d %H:%M:%S UTC")))
}

/// How many of each.
pub(super) fn summary(entries: &[&PlanEntry]) -> String {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(status(entry).name.as_str()).or_default() += 1;
    }
    let order = ["update", "newer", "held", "up-to-date", "skipped", "gone", "unknown"];
    let parts: Vec<String> = order
        .iter()
        .filter_map(|name| counts.get(name).map(|count| format!("{count} {}", name.replace('-', " "))))
        .collect();
    if parts.is_empty() { "nothing to look at: no containers found".to_owned() } else { parts.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::check::status::why_held;
    use dockrev_core::ids::{JobId, ServiceId, ServiceName, StackName};

    #[test]
    fn it_is_said_until_when_a_registry_is_left_alone() {
        let until = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(86_400 + 3_661);
        let expected = "note: `docker.io` asked to be left alone until 1970-01-02 01:01:01 UTC";
        assert_eq!(left_alone_until("docker.io", until).as_deref(), Some(expected));
    }

    #[test]
    fn what_was_taken_back_is_told_in_few_words() {
        let subject = Subject::Service(ServiceId { stack: StackName::new("shop"), service: ServiceName::new("web") });
        let words =
            |reason: &str| format!("job j1 took it back ({reason}): it is taken again only if it is asked for by name");
        let check = |reason: &str, whole: &str, short: Option<&str>| {
            let hold = Hold::TakenBack { job: JobId::new("j1"), reason: reason.to_owned() };
            assert_eq!(why_held(&hold, &subject), words(whole));
            assert_eq!(in_short(&hold, &subject), short.map(words));
        };
        check("`shop/web`: its healthcheck failed", "its healthcheck failed", None);
        check("`shop/db`: its healthcheck failed", "`shop/db`: its healthcheck failed", None);
        check("rolled back by hand", "rolled back by hand", None);
        check("`shop/web`: exit 1\nand more", "exit 1\nand more", Some("exit 1…"));
        let (long, cut) = ("ä".repeat(100), format!("{}…", "ä".repeat(JOB_REASON_MAX_CHARS)));
        check(&format!("`shop/web`: {long}"), &long, Some(&cut));
        assert_eq!(
            (why_held(&Hold::NotInstalled, &subject), in_short(&Hold::NotInstalled, &subject)),
            (Hold::NotInstalled.to_string(), None)
        );
    }
}
