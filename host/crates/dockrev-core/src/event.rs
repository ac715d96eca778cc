//! What Dockrev tells the world: events, and how their delivery went.

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
