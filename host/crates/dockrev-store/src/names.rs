//! How closed sets and values are written in columns.

use dockrev_core::job::{Direction, LogSource, Stage};
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// What is being done, for the words of its failure.
#[derive(Clone, Copy)]
pub(crate) struct Doing(pub(crate) &'static str);

impl Doing {
    /// Adds what is being done to what went wrong.
    pub(crate) fn failed(self, reason: &impl ToString) -> JournalError {
        JournalError { action: self.0, reason: reason.to_string() }
    }

    pub(crate) fn encode(self, value: &impl Serialize) -> Result<String, JournalError> {
        serde_json::to_string(value).map_err(|error| self.failed(&error))
    }

    pub(crate) fn decode<T: DeserializeOwned>(self, text: &str) -> Result<T, JournalError> {
        serde_json::from_str(text).map_err(|error| self.failed(&format!("unreadable record: {error}")))
    }

    pub(crate) fn timestamp(self, unix_ms: i64) -> Result<Timestamp, JournalError> {
        Timestamp::from_millisecond(unix_ms).map_err(|error| self.failed(&error))
    }

    pub(crate) fn stage(self, name: &str) -> Result<Stage, JournalError> {
        let found = Stage::ALL.into_iter().find(|stage| stage.to_string() == name);
        found.ok_or_else(|| self.failed(&format!("unknown stage `{name}`")))
    }

    pub(crate) fn direction(self, name: &str) -> Result<Direction, JournalError> {
        let found = [Direction::Do, Direction::Undo].into_iter().find(|direction| direction_name(*direction) == name);
        found.ok_or_else(|| self.failed(&format!("unknown direction `{name}`")))
    }

    pub(crate) fn source(self, name: &str) -> Result<LogSource, JournalError> {
        let found = SOURCES.into_iter().find(|source| source_name(*source) == name);
        found.ok_or_else(|| self.failed(&format!("unknown log source `{name}`")))
    }
}

const SOURCES: [LogSource; 5] =
    [LogSource::Dockrev, LogSource::Engine, LogSource::ComposeOut, LogSource::ComposeErr, LogSource::Service];

pub(crate) fn direction_name(direction: Direction) -> &'static str {
    match direction {
        Direction::Do => "do",
        Direction::Undo => "undo",
    }
}

pub(crate) fn source_name(source: LogSource) -> &'static str {
    match source {
        LogSource::Dockrev => "dockrev",
        LogSource::Engine => "engine",
        LogSource::ComposeOut => "compose-out",
        LogSource::ComposeErr => "compose-err",
        LogSource::Service => "service",
    }
}
