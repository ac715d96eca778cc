//! What is wrong with a configuration: all of it, so that it is mended in one go.

use super::ConfigError;

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<ConfigError>);

impl Problems {
    /// What was read, or what stands for it until the end, where its problem is told.
    pub(super) fn or<T>(&mut self, read: Result<T, ConfigError>, instead: impl FnOnce() -> T) -> T {
        read.unwrap_or_else(|problem| {
            self.0.push(problem);
            instead()
        })
    }

    /// As [`Self::or`], with nothing in its place.
    pub(super) fn or_default<T: Default>(&mut self, read: Result<T, ConfigError>) -> T {
        self.or(read, T::default)
    }

    /// Fine, or all that is wrong.
    pub(super) fn into_result<T>(mut self, read: T) -> Result<T, ConfigError> {
        match self.0.len() {
            0 => Ok(read),
            1 => Err(self.0.remove(0)),
            _ => Err(ConfigError::Several(self.0)),
        }
    }
}

/// Each on a line of its own, with what caused it.
pub(super) fn list(problems: &[ConfigError]) -> String {
    let mut text = format!("{} things are wrong with the configuration:", problems.len());
    for problem in problems {
        text.push_str("\n  - ");
        text.push_str(&problem.to_string());
        let mut source = std::error::Error::source(problem);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
    }
    text
}
