//! What Dockrev tells the world: events, and how their delivery went.

use crate::ids::WorkloadId;
use crate::job::{Job, JobState};
use crate::registry::PluginError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// Somebody wants to see whether the channel works.
    Test,
    /// A check found newer images.
    UpdatesAvailable,
    /// A check could not find out about some images.
    CheckFailed,
    /// A job has begun to touch a service.
    UpdateStarted,
    /// A service runs the new image.
    UpdateSucceeded,
    /// A job ended before it touched its service.
    UpdateFailed,
    /// The new image failed; the old one runs again.
    UpdateRolledBack,
    /// A job stopped half way and a person has to look.
    UpdateNeedsAttention,
}

/// How it is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// For information.
    Info,
    /// Something good.
    Success,
    /// Something to look at when there is time.
    Warning,
    /// Something to look at now.
    Failure,
}

/// One event, for people (title and body) and programs (facts).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Unique and stable: a repeated delivery has the same id.
    pub id: String,
    /// What happened.
    pub kind: EventKind,
    /// How it is meant.
    pub severity: Severity,
    /// When, in Unix seconds.
    pub occurred_at_unix_s: i64,
    /// One line.
    pub title: String,
    /// More lines, plain text.
    pub body: String,
    /// Title and address of where to read more.
    pub links: Vec<(String, String)>,
    /// Dotted names and their values as text.
    pub facts: Vec<(String, String)>,
}

impl Event {
    /// What there is to tell of a job that has ended; nothing of one that has not.
    #[must_use]
    pub fn of_job(job: &Job) -> Option<Self> {
        let change = &job.change;
        let (service, to) = (change.id(), &change.to.tag);
        let (kind, severity, title) = match &job.state {
            JobState::Running { .. } | JobState::Undoing { .. } => return None,
            JobState::Updated => (EventKind::UpdateSucceeded, Severity::Success, format!("{service} runs {to}")),
            JobState::Failed { .. } => {
                (EventKind::UpdateFailed, Severity::Warning, format!("{service} was not updated to {to}"))
            }
            JobState::RolledBack { .. } => {
                (EventKind::UpdateRolledBack, Severity::Warning, format!("{service} was put back from {to}"))
            }
            JobState::NeedsAttention { .. } => {
                (EventKind::UpdateNeedsAttention, Severity::Failure, format!("{service} needs attention"))
            }
        };
        let names = match &service {
            WorkloadId::Service(id) => [("stack.name", id.stack.to_string()), ("service.name", id.service.to_string())],
            WorkloadId::Container(name) => [("container.name", name.to_string()), ("stack.name", String::new())],
        };
        let facts = [
            ("image.from", change.from.reference.familiar()),
            ("image.from.digest", change.from.digest.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("image.to", change.to.tagged().familiar()),
            ("image.to.digest", change.to.digest.to_string()),
            ("update.level", change.level.to_string()),
            ("job.id", job.id.to_string()),
        ];
        Some(Self {
            id: format!("{}-{}", job.id, job.state.name()),
            kind,
            severity,
            occurred_at_unix_s: job.changed_at.as_second(),
            title,
            body: body(job),
            links: Vec::new(),
            facts: names
                .into_iter()
                .chain(facts)
                .filter(|(_, value)| !value.is_empty())
                .map(|(k, v)| (k.to_owned(), v))
                .collect(),
        })
    }
}

fn body(job: &Job) -> String {
    let change = &job.change;
    let mut lines =
        vec![format!("{} -> {} ({})", change.from.reference.familiar(), change.to.tagged().familiar(), change.level)];
    lines.extend(job.state.cause().map(|cause| cause.message.clone()));
    if let JobState::NeedsAttention { undo_failure: Some(failure), .. } = &job.state {
        lines.push(format!("and while it was undone: {}", failure.message));
    }
    lines.push(format!("dockrev jobs show {}", job.id));
    lines.join("\n")
}

/// How a delivery went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The other side has it, with its own id or status if it gave one.
    Delivered(Option<String>),
    /// Not now.
    TryAgain {
        /// How long to wait, if the other side said so.
        after: Option<Duration>,
        /// Why it did not work now.
        reason: String,
    },
    /// Never: trying again cannot help.
    Refused(String),
}

/// Why an event could not even be handed to a notifier.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// There is no notifier of that name.
    #[error("no notifier `{0}` is installed")]
    NoNotifier(String),
    /// The notifier failed.
    #[error(transparent)]
    Plugin(#[from] PluginError),
}
