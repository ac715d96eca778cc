//! Jobs: in a list, one with all it wrote down, and what runs after it.

use super::plan::backup_lines;
use super::short;
use crate::cli::output::out;
use crate::cli::paint::{Tone, paint};
use crate::cli::table::{Cell, Table, field, one_line, size};
use crate::operations::jobs::view::{JobView, StepKind, StepView};
use crate::operations::words::{DirectionName, JobStateName, LogSourceName, StageName};
use jiff::Timestamp;
use std::time::Duration;

/// How a job's state looks.
pub(in crate::cli) fn tone(state: JobStateName) -> Tone {
    match state {
        JobStateName::Updated => Tone::Good,
        JobStateName::RolledBack | JobStateName::Failed => Tone::Caution,
        JobStateName::NeedsAttention => Tone::Bad,
        JobStateName::Running | JobStateName::Undoing => Tone::News,
    }
}

/// Shows jobs as a table.
pub(in crate::cli) fn list(jobs: &[JobView]) {
    if jobs.is_empty() {
        out!("no jobs yet");
        return;
    }
    let mut table = Table::new(&["JOB", "SERVICE", "FROM", "TO", "STATE", "WHEN", "WHY"]);
    for job in jobs {
        let why = job.cause.as_ref().map_or_else(String::new, |cause| cause.message.clone());
        table.row(vec![
            Cell::plain(job.id.clone()),
            Cell::plain(job.workload.to_string()),
            Cell::plain(job.change.from.tag.clone()),
            Cell::plain(job.change.to.tag.clone()),
            Cell::new(tone(job.state), job.state.as_str()),
            Cell::plain(job.created_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            Cell::plain(why),
        ]);
    }
    table.print();
}

/// Shows a job: what it is, what is copied before it, and what it wrote down.
pub(in crate::cli) fn show(job: &JobView, journal: &[StepView]) {
    head(job);
    if let Some(backup) = &job.change.backup {
        out!("\n{}", paint(Tone::Strong, "backup"));
        for line in backup_lines(backup) {
            out!("  {line}");
        }
    }
    out!("\n{}", paint(Tone::Strong, "stages"));
    for step in journal {
        if let Some(text) = describe(step) {
            let at = step.at.duration_since(job.created_at).as_secs_f64();
            out!("  {at:>8.2} s  {text}");
        }
    }
    out!("\n{}", paint(Tone::Strong, "log"));
}

/// Shows a line of its log.
pub(in crate::cli) fn log_line(job: &JobView, at: Option<Timestamp>, source: LogSourceName, text: &str) {
    let at = at.map(|at| format!("{:>8.2} s", at.duration_since(job.created_at).as_secs_f64()));
    let at = at.unwrap_or_else(|| " ".repeat(10));
    out!("  {at}  {} {}", paint(Tone::Faint, format!("{:<8}", source.as_str())), one_line(text));
}

fn head(job: &JobView) {
    let change = &job.change;
    let row = |name: &str, text: String| out!("{}", field(name, Tone::Plain, &text));
    row("job", job.id.clone());
    row(if job.workload.stack.is_some() { "service" } else { "container" }, job.workload.to_string());
    out!("{}", field("state", tone(job.state), job.state.as_str()));
    if let Some(cause) = &job.cause {
        row("cause", format!("{} ({}, during {})", cause.message, cause.code, cause.stage.as_str()));
    }
    if let Some(failure) = &job.undo_failure {
        row("undo failed", format!("{} ({})", failure.message, failure.code));
    }
    row("from", format!("{} {}", change.from.image, change.from.digest.as_deref().unwrap_or_default()));
    row("from image", change.from.image_id.clone());
    row("to", format!("{} {}", change.to.image, change.to.digest));
    row("level", change.level.as_str().to_owned());
    for (name, services) in [("followers", &change.followers), ("runs first", &change.one_shots)] {
        if !services.is_empty() {
            row(name, services.join(", "));
        }
    }
    row("reason", change.reason.clone());
    row("asked by", job.requested_by.clone());
    row("asked at", job.created_at.to_string());
    row("changed at", job.changed_at.to_string());
}

fn describe(step: &StepView) -> Option<String> {
    let text = step.text.as_deref().unwrap_or_default();
    match step.kind {
        StepKind::Started => {
            let stage = step.stage.as_str();
            Some(paint(
                Tone::Strong,
                match step.direction {
                    DirectionName::Do => stage.to_owned(),
                    DirectionName::Undo => format!("undo {stage}"),
                },
            ))
        }
        StepKind::Intends => None,
        StepKind::Did => Some(format!("  did: {}", one_line(text))),
        StepKind::Done => done(step),
        StepKind::Saw => {
            // What containers wrote last is in the log.
            let probe = step.probe.as_ref()?;
            let said = if probe.output.is_empty() { String::new() } else { format!(": {}", one_line(&probe.output)) };
            Some(format!("  probe of {} ended with {}{said}", probe.container, probe.exit_code))
        }
        StepKind::Failed => {
            let code = step.failure.as_ref().map(|failure| failure.code.as_str()).unwrap_or_default();
            Some(paint(Tone::Bad, format!("  failed: {} ({code})", one_line(text))))
        }
    }
}

fn done(step: &StepView) -> Option<String> {
    let seconds = |ms: u64| Duration::from_millis(ms).as_secs_f64();
    if let Some(backup) = &step.backup {
        let (name, held) = (&backup.name, seconds(backup.held_ms));
        return Some(format!("  backup {name} ({}), the service stood still for {held:.1} s", size(backup.size_bytes)));
    }
    if let Some(verified) = &step.verified {
        let names = verified.containers.join(", ");
        let warnings = verified.warnings.iter().map(|warning| format!("; {warning}")).collect::<String>();
        return Some(format!("  good after {:.1} s: {names}{warnings}", seconds(verified.waited_ms)));
    }
    step.text.as_ref().map(|image| format!("  image {image}"))
}

/// The heading of [`result_row`].
pub(in crate::cli) const RESULT: [&str; 7] =
    ["SERVICE", "RESULT", "RUNS NOW", "DIGEST BEFORE", "DIGEST NOW", "TIME", "JOB"];

/// What runs after a job.
pub(in crate::cli) fn result_row(job: &JobView) -> Vec<Cell> {
    const UNKNOWN: &str = "unknown";
    let change = &job.change;
    let before = change.from.digest.as_deref().map_or("-", short);
    let old = (change.from.tag.as_str(), before);
    // Preflight may have found that something else runs by now.
    let is_unchanged = job.cause.as_ref().is_some_and(|cause| cause.stage != StageName::Preflight);
    let (runs, digest) = match job.state {
        JobStateName::Updated => (change.to.tag.as_str(), short(&change.to.digest)),
        JobStateName::RolledBack => old,
        JobStateName::Failed if is_unchanged => old,
        JobStateName::Failed | JobStateName::NeedsAttention | JobStateName::Running | JobStateName::Undoing => {
            (UNKNOWN, UNKNOWN)
        }
    };
    let tone = match job.state {
        JobStateName::Updated => Tone::Good,
        JobStateName::RolledBack | JobStateName::Failed => Tone::Caution,
        JobStateName::NeedsAttention | JobStateName::Running | JobStateName::Undoing => Tone::Bad,
    };
    let took = job.changed_at.duration_since(job.created_at).as_secs_f64();
    vec![
        Cell::plain(job.workload.to_string()),
        Cell::new(tone, job.state.as_str()),
        Cell::plain(runs),
        Cell::plain(before),
        Cell::plain(digest),
        Cell::plain(format!("{took:.1} s")),
        Cell::new(Tone::Faint, job.id.clone()),
    ]
}
