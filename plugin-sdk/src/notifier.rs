//! World `notifier`: delivers events to people and programs.

pub use crate::bindings::notifier::exports::dockrev::plugin::channel::{Event, EventKind, Fact, Link, Retry, Severity};

use crate::bindings::notifier::exports::dockrev::plugin::channel::{Guest, Outcome};
use crate::http::{self, Response};
use crate::settings;

/// A channel.
///
/// Export it with [`export!`](crate::export!). Every call runs in a fresh instance, so there is nothing to keep.
pub trait Notifier {
    /// Delivers one event. May be called again with the same event after [`Undelivered::TryAgain`].
    fn notify(event: Event) -> Result<Receipt, Undelivered>;
}

/// The other side has the event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// What the other side calls the delivery: its own id or status, if it gave one.
    pub reference: Option<String>,
}

/// The other side does not have the event. The texts are shown to people: short, no secrets.
#[derive(Clone, Debug, PartialEq)]
pub enum Undelivered {
    /// Not now: it may work later.
    TryAgain(Retry),
    /// Never: trying again cannot help. Says why.
    Refused(String),
}

impl Event {
    /// The value of the fact `name`.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
    }
}

impl EventKind {
    /// Its name as in the WIT package: `update-rolled-back`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::UpdatesAvailable => "updates-available",
            Self::CheckFailed => "check-failed",
            Self::UpdateStarted => "update-started",
            Self::UpdateSucceeded => "update-succeeded",
            Self::UpdateFailed => "update-failed",
            Self::UpdateRolledBack => "update-rolled-back",
            Self::UpdateNeedsAttention => "update-needs-attention",
        }
    }
}

impl Severity {
    /// Its name as in the WIT package: `warning`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Failure => "failure",
        }
    }
}

impl Undelivered {
    /// Not now, for this reason, and nobody said how long.
    #[must_use]
    pub fn try_again(reason: impl Into<String>) -> Self {
        Self::TryAgain(Retry { after_s: None, reason: reason.into() })
    }
}

/// What an HTTP service's answer means for a delivery: 2xx is delivered; 408, 425, 429 and 5xx may work later, after
/// what `Retry-After` says; anything else never will.
pub fn judge(response: &Response) -> Result<Receipt, Undelivered> {
    let status = response.status;
    match status {
        200..=299 => Ok(Receipt { reference: Some(status.to_string()) }),
        408 | 425 | 429 | 500..=599 => Err(Undelivered::TryAgain(Retry {
            after_s: response.retry_after_s(),
            reason: format!("the service answered {status}"),
        })),
        300..=399 => Err(Undelivered::Refused(format!("the service answered {status}, a redirect"))),
        _ => Err(Undelivered::Refused(format!("the service answered {status}"))),
    }
}

impl From<http::Error> for Undelivered {
    fn from(error: http::Error) -> Self {
        if error.is_temporary() { Self::try_again(error.to_string()) } else { Self::Refused(error.to_string()) }
    }
}

impl From<settings::Error> for Undelivered {
    fn from(error: settings::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

#[doc(hidden)]
pub fn is_notifier<T: Notifier>() {}

impl<T: Notifier> Guest for T {
    fn notify(event: Event) -> Outcome {
        match <T as Notifier>::notify(event) {
            Ok(Receipt { reference }) => Outcome::Delivered(reference),
            Err(Undelivered::TryAgain(retry)) => Outcome::TryAgain(retry),
            Err(Undelivered::Refused(reason)) => Outcome::Refused(reason),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(status: u16, retry_after: Option<&str>, expected: &str) {
        let headers = retry_after.map(|value| ("Retry-After".to_owned(), value.to_owned())).into_iter().collect();
        let seen = match judge(&Response { status, headers, body: b"secret".to_vec() }) {
            Ok(Receipt { reference }) => format!("delivered: {}", reference.unwrap_or_default()),
            Err(Undelivered::TryAgain(Retry { after_s, reason })) => format!("try again, {after_s:?}: {reason}"),
            Err(Undelivered::Refused(reason)) => format!("refused: {reason}"),
        };
        assert_eq!(seen, expected);
    }

    #[test]
    fn statuses_are_judged() {
        check(200, None, "delivered: 200");
        check(204, Some("7"), "delivered: 204");
        check(301, None, "refused: the service answered 301, a redirect");
        check(400, Some("7"), "refused: the service answered 400");
        check(404, None, "refused: the service answered 404");
        check(408, None, "try again, None: the service answered 408");
        check(429, Some("7"), "try again, Some(7): the service answered 429");
        check(429, Some("soon"), "try again, None: the service answered 429");
        check(503, Some("60"), "try again, Some(60): the service answered 503");
        check(599, None, "try again, None: the service answered 599");
    }

    #[test]
    fn failures_that_may_pass_are_tried_again() {
        let host = || "hooks.example".to_owned();
        let temporary = http::Error::Unreachable { host: host(), why: "no answer in time" };
        assert!(matches!(Undelivered::from(temporary), Undelivered::TryAgain(Retry { after_s: None, .. })));
        let final_one = http::Error::Refused { host: host() };
        assert!(matches!(Undelivered::from(final_one), Undelivered::Refused(_)));
    }
}
