//! What happens, told to whoever listens: numbered, and kept for a while for those who were away.

use serde::Serialize;
use std::collections::VecDeque;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::broadcast;

/// Events that are kept for whoever comes back: a busy job writes some hundreds in a minute.
const KEPT_MAX: usize = 4_096;
/// Events that a listener may be behind before it has to begin anew.
const BEHIND_MAX: usize = 1_024;

/// Where an event stands among all of this process. Another process's numbers mean nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventId {
    run: i64,
    number: u64,
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.run, self.number)
    }
}

/// A text is no event's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected the id of an event")]
pub struct ParseEventIdError;

impl FromStr for EventId {
    type Err = ParseEventIdError;

    fn from_str(text: &str) -> Result<Self, ParseEventIdError> {
        let (run, number) = text.rsplit_once('-').ok_or(ParseEventIdError)?;
        let run = run.parse().map_err(|_| ParseEventIdError)?;
        Ok(Self { run, number: number.parse().map_err(|_| ParseEventIdError)? })
    }
}

/// One event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its place.
    pub id: EventId,
    /// What kind it is.
    pub kind: EventKind,
    /// What there is to say, as JSON.
    pub data: Arc<str>,
}

/// What kind an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A check goes on: how many subjects of how many.
    CheckProgress,
    /// A check has ended, and what is newer may have changed.
    CandidatesChanged,
    /// A job reached a stage or its end.
    Job,
    /// A job wrote a line.
    JobLog,
    /// A plan that was started has come further or to its end.
    Plan,
    /// Ignore rules have changed.
    IgnoreRules,
    /// Backups have changed.
    Backups,
    /// Containers were started or stopped.
    Containers,
    /// What came before is not known any more: everything is to be read again.
    Reset,
}

impl EventKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::CheckProgress,
        Self::CandidatesChanged,
        Self::Job,
        Self::JobLog,
        Self::Plan,
        Self::IgnoreRules,
        Self::Backups,
        Self::Containers,
        Self::Reset,
    ];

    /// Its name in the stream.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CheckProgress => "check-progress",
            Self::CandidatesChanged => "candidates-changed",
            Self::Job => "job",
            Self::JobLog => "job-log",
            Self::Plan => "plan",
            Self::IgnoreRules => "ignore-rules",
            Self::Backups => "backups",
            Self::Containers => "containers",
            Self::Reset => "reset",
        }
    }
}

/// Hands events from whom they happen to, to whoever listens.
#[derive(Clone)]
pub struct Events {
    run: i64,
    kept: Arc<Mutex<Kept>>,
    sender: broadcast::Sender<Event>,
}

#[derive(Default)]
struct Kept {
    last: u64,
    events: VecDeque<Event>,
}

/// What a listener hears: what it missed first, then what happens.
pub struct Listening {
    /// What it missed, in order.
    pub missed: Vec<Event>,
    /// What happens from now on.
    pub receiver: broadcast::Receiver<Event>,
}

impl Events {
    /// The events of a process that was started at `run`: any number that no earlier process had.
    #[must_use]
    pub fn new(run: i64) -> Self {
        Self { run, kept: Arc::default(), sender: broadcast::channel(BEHIND_MAX).0 }
    }

    /// Tells of something. What cannot be written as JSON is left out.
    pub fn tell(&self, kind: EventKind, data: &impl Serialize) {
        let Ok(data) = serde_json::to_string(data) else { return };
        // Numbered and sent under one lock: nobody hears them in another order.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.last += 1;
        let event = Event { id: EventId { run: self.run, number: kept.last }, kind, data: data.into() };
        if kept.events.len() == KEPT_MAX {
            kept.events.pop_front();
        }
        kept.events.push_back(event.clone());
        // Nobody may be listening.
        let _ = self.sender.send(event);
    }

    /// Listens from now on, or from after `last`: with a reset first if what came after it is not known any more.
    #[must_use]
    pub fn listen(&self, last: Option<EventId>) -> Listening {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let Some(last) = last else { return Listening { missed: Vec::new(), receiver } };
        let oldest = kept.events.front().map_or(kept.last + 1, |event| event.id.number);
        let is_known = last.run == self.run && last.number.saturating_add(1) >= oldest && last.number <= kept.last;
        let missed = if is_known {
            kept.events.iter().filter(|event| event.id.number > last.number).cloned().collect()
        } else {
            vec![self.reset(kept.last)]
        };
        Listening { missed, receiver }
    }

    /// What a listener is told that has fallen too far behind.
    #[must_use]
    pub fn reset_now(&self) -> Event {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        self.reset(kept.last)
    }

    fn reset(&self, number: u64) -> Event {
        Event { id: EventId { run: self.run, number }, kind: EventKind::Reset, data: "{}".into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(events: &[Event]) -> Vec<(EventKind, u64)> {
        events.iter().map(|event| (event.kind, event.id.number)).collect()
    }

    #[test]
    fn who_comes_back_hears_what_was_missed() {
        let events = Events::new(7);
        for number in 0..3 {
            events.tell(EventKind::Job, &number);
        }
        let after = |text: &str| numbers(&events.listen(Some(text.parse().unwrap())).missed);
        assert_eq!(after("7-1"), [(EventKind::Job, 2), (EventKind::Job, 3)]);
        assert_eq!(after("7-3"), []);
        assert_eq!(after("7-0"), [(EventKind::Job, 1), (EventKind::Job, 2), (EventKind::Job, 3)]);
        assert_eq!(after("6-3"), [(EventKind::Reset, 3)]);
        assert_eq!(after("7-9"), [(EventKind::Reset, 3)]);
        assert_eq!(after(&format!("7-{}", u64::MAX)), [(EventKind::Reset, 3)]);
        assert_eq!(numbers(&events.listen(None).missed), []);
        assert!("7".parse::<EventId>().is_err() && "a-b".parse::<EventId>().is_err());
    }

    #[test]
    fn who_was_away_for_too_long_begins_anew() {
        let events = Events::new(7);
        for number in 0..=KEPT_MAX {
            events.tell(EventKind::JobLog, &number);
        }
        let after = |number: u64| events.listen(Some(EventId { run: 7, number })).missed;
        assert_eq!(numbers(&after(0)), [(EventKind::Reset, KEPT_MAX as u64 + 1)]);
        assert_eq!(after(1).len(), KEPT_MAX);
    }

    #[tokio::test]
    async fn who_listens_hears_what_happens() {
        let events = Events::new(7);
        let mut listening = events.listen(None);
        events.tell(EventKind::Plan, &serde_json::json!({ "id": "p" }));
        let heard = listening.receiver.recv().await.unwrap();
        assert_eq!(
            (heard.kind, &*heard.data, heard.id.to_string().as_str()),
            (EventKind::Plan, "{\"id\":\"p\"}", "7-1")
        );
    }
}
