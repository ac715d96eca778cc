//! What should be, what the engine says is, and whether they agree.

use std::fmt;
use std::process::ExitStatus;

use dockrev_testkit::{Health, Project, ServiceState, Sighting};

use super::stack::{Outcome, Part};
use crate::failure::Failure;

/// How Dockrev's commands ended.
pub(super) struct Exits {
    pub(super) first: ExitStatus,
    pub(super) update: ExitStatus,
    pub(super) second: ExitStatus,
}

/// Every expectation and whether it was met.
pub(super) struct Verdict {
    rows: Vec<Row>,
    commands: Vec<Expectation>,
}

struct Row {
    service: &'static str,
    news: &'static str,
    digest: String,
    silence: String,
    versions: String,
    expectations: Vec<Expectation>,
}

struct Expectation {
    text: &'static str,
    is_met: bool,
}

/// What the engine says about each part now.
pub(super) fn states(project: &Project, parts: &[Part]) -> Result<Vec<ServiceState>, Failure> {
    Ok(parts.iter().map(|part| project.service(part.service)).collect::<Result<_, _>>()?)
}

/// Asks the engine again and compares.
pub(super) fn judge(
    project: &Project,
    parts: &[Part],
    before: &[ServiceState],
    sightings: &[Sighting],
    exits: &Exits,
) -> Result<Verdict, Failure> {
    let now = states(project, parts)?;
    let rows = parts
        .iter()
        .zip(before.iter().zip(&now))
        .zip(sightings)
        .map(|((part, (before, now)), sighting)| row(part, before, now, sighting))
        .collect();
    let commands = vec![
        Expectation { text: "the first check succeeded", is_met: exits.first.success() },
        Expectation {
            text: "the update ended with a code that says something was put back",
            is_met: exits.update.code().is_some_and(|code| code != 0),
        },
        Expectation { text: "the second check succeeded", is_met: exits.second.success() },
    ];
    Ok(Verdict { rows, commands })
}

fn row(part: &Part, before: &ServiceState, now: &ServiceState, sighting: &Sighting) -> Row {
    let runs_old = now.runs(&part.old) && now.image_id == before.image_id;
    let runs_new = part.new.as_ref().is_some_and(|new| now.runs(new));
    let mut expectations = match part.outcome {
        Outcome::Updated => vec![Expectation { text: "runs the new image", is_met: runs_new && !runs_old }],
        Outcome::RolledBack => vec![
            Expectation { text: "runs the old image", is_met: runs_old && !runs_new },
            Expectation { text: "the new one was tried", is_met: now.container_id != before.container_id },
        ],
        Outcome::Untouched => vec![
            Expectation { text: "runs the old image", is_met: runs_old },
            Expectation { text: "same container", is_met: now.container_id == before.container_id },
            Expectation { text: "always answered", is_met: sighting.unanswered == 0 },
        ],
    };
    expectations.push(Expectation { text: "is healthy", is_met: now.running && now.health == Health::Healthy });
    let version = if part.outcome == Outcome::Updated { part.new_version } else { part.version };
    let answers = sighting.versions.last().is_some_and(|last| last == version);
    expectations.push(Expectation { text: "answers", is_met: answers });
    let digest = if runs_new { part.new.as_ref().map(|new| &new.digest) } else { Some(&part.old.digest) };
    let digest = if runs_new || runs_old { digest } else { Some(&now.image_id) };
    Row {
        service: part.service,
        news: part.news,
        digest: digest.map_or_else(String::new, |digest| digest.chars().take(19).collect()),
        silence: format!("{} ms", sighting.longest_gap.as_millis()),
        versions: sighting.versions.join(" > "),
        expectations,
    }
}

impl Verdict {
    /// How many expectations were not met.
    pub(super) fn failed(&self) -> usize {
        let of_rows = self.rows.iter().flat_map(|row| &row.expectations);
        of_rows.chain(&self.commands).filter(|expectation| !expectation.is_met).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |text: fn(&Row) -> usize, head: usize| self.rows.iter().map(text).max().unwrap_or(0).max(head);
        let news = width(|row| row.news.len(), "news".len());
        let versions = width(|row| row.versions.len(), "answered as".len());
        writeln!(f, "\nWhat the engine says:\n")?;
        writeln!(
            f,
            "{:<8}  {:<news$}  {:<19}  {:>9}  {:<versions$}  result",
            "service", "news", "runs now", "silent", "answered as"
        )?;
        for row in &self.rows {
            let (mark, texts) = mark(&row.expectations);
            writeln!(
                f,
                "{:<8}  {:<news$}  {:<19}  {:>9}  {:<versions$}  {mark}  {texts}",
                row.service, row.news, row.digest, row.silence, row.versions
            )?;
        }
        writeln!(f)?;
        for expectation in &self.commands {
            let (mark, text) = mark(std::slice::from_ref(expectation));
            writeln!(f, "{mark}  {text}")?;
        }
        writeln!(
            f,
            "\n`silent` is the longest time without an answer, from the last answer before to the first after it."
        )
    }
}

/// `OK` and all that is so, or `FAILED` and what is not.
fn mark(expectations: &[Expectation]) -> (&'static str, String) {
    let missed: Vec<String> =
        expectations.iter().filter(|one| !one.is_met).map(|one| format!("not so: {}", one.text)).collect();
    if missed.is_empty() {
        return ("OK    ", expectations.iter().map(|one| one.text).collect::<Vec<_>>().join(", "));
    }
    ("FAILED", missed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_and_named() {
        let expectation = |text, is_met| Expectation { text, is_met };
        assert_eq!(mark(&[expectation("a", true), expectation("b", true)]), ("OK    ", "a, b".to_owned()));
        assert_eq!(mark(&[expectation("a", true), expectation("b", false)]), ("FAILED", "not so: b".to_owned()));
        let verdict = Verdict { rows: Vec::new(), commands: vec![expectation("a", false), expectation("b", true)] };
        assert_eq!(verdict.failed(), 1);
    }
}
