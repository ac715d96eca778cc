//! What a stage works with, and how it can end early.

use crate::clock::Clock;
use crate::scribe::Pen;
use dockrev_core::job::{Failure, Stage};
use dockrev_core::plan::{ServiceChange, UndoRule};
use dockrev_core::ports::{Compose, Engine, HostError, JournalError};

/// What a stage works with.
pub(crate) struct Context<'a> {
    pub(crate) change: &'a ServiceChange,
    pub(crate) engine: &'a dyn Engine,
    pub(crate) compose: &'a dyn Compose,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) pen: Pen<'a>,
}

/// Why a stage ended early.
#[derive(Debug)]
pub(crate) enum StageError {
    /// The stage failed: the job goes on to undo it.
    Failed(Failure),
    /// Nothing can be written down any more: the job stops where it is, and the next start picks it up.
    Journal(JournalError),
}

impl From<JournalError> for StageError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

impl StageError {
    pub(crate) fn host(stage: Stage, error: &HostError) -> Self {
        Self::Failed(Failure {
            stage,
            code: error.code().to_owned(),
            message: error.to_string(),
            hint: error.hint().map(str::to_owned),
            undo: UndoRule::Automatic,
        })
    }

    pub(crate) fn failed(stage: Stage, code: &str, message: String, hint: &str) -> Self {
        let hint = Some(hint.to_owned());
        Self::Failed(Failure { stage, code: code.to_owned(), message, hint, undo: UndoRule::Automatic })
    }
}
