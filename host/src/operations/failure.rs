//! Why something that was asked for was not done: what failed, a stable code, and what to do.

use super::problem::{FieldProblem, Problem};
use crate::app::AppError;
use crate::config::ConfigError;
use dockrev_core::causes::in_full;
use dockrev_core::ports::{HostError, JournalError, VaultError};
use dockrev_engine::attach::AttachError;
use dockrev_engine::detect::DetectError;
use dockrev_engine::runner::RunError;
use std::borrow::Cow;
use std::error::Error;

/// What was asked for was not done.
#[derive(Clone, Debug)]
pub struct Failure {
    code: Cow<'static, str>,
    message: String,
    hint: Option<String>,
}

impl Failure {
    /// A failure with a stable code, in words.
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), hint: None }
    }

    /// The same, with what the reader can do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn of(code: &'static str, error: &dyn Error, hint: Option<&str>) -> Self {
        Self { code: code.into(), message: in_full(error), hint: hint.map(str::to_owned) }
    }

    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What failed, for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it, if there is something.
    #[must_use]
    pub fn what_to_do(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<JournalError> for Failure {
    fn from(error: JournalError) -> Self {
        Self::of("store.failed", &error, Some("see whether the data folder is writable and its disk has space"))
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<AttachError> for Failure {
    fn from(error: AttachError) -> Self {
        match &error {
            AttachError::Host(host) => Self::of(host.code(), host, host.hint()),
            AttachError::Settings(settings) => {
                Self::of(settings.code(), settings, Some("docs/configuration.md lists every setting"))
            }
        }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        Self::of(error.code(), &error, error.hint())
    }
}

impl From<DetectError> for Failure {
    fn from(error: DetectError) -> Self {
        match &error {
            DetectError::Host(host) => Self::of(host.code(), host, host.hint()),
            DetectError::NoSuchStack { .. } => {
                Self::of("stack.not-found", &error, Some("`dockrev check` lists all stacks"))
            }
            DetectError::NoSuchContainer(_) => {
                Self::new("container.not-found", error.to_string()).hint("`dockrev check` lists all containers")
            }
            DetectError::NoSuchService(_) => {
                Self::of("service.not-found", &error, Some("`dockrev check` lists all services"))
            }
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let mut message = problem.message;
        // A message that is about one field is the same as that field's.
        for FieldProblem { field, message: wrong } in problem.fields {
            if wrong != message {
                message.push_str(&format!("; {field}: {wrong}"));
            }
        }
        Self { code: problem.code.into(), message, hint: problem.hint }
    }
}
