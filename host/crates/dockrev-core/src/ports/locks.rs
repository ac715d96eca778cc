//! One job at a time for each stack.

use crate::ids::{JobId, StackName};
use async_trait::async_trait;
use std::any::Any;

/// Hands out the locks of stacks. A lock holds between processes on one data folder, and ends with its process.
#[async_trait]
pub trait StackLocks: Send + Sync {
    /// Takes the lock of `stack` for `job`, without waiting.
    async fn take(&self, stack: &StackName, job: &JobId) -> Result<StackGuard, LockError>;

    /// Whether a living process has the lock.
    async fn is_held(&self, stack: &StackName) -> Result<bool, LockError>;
}

/// The lock of a stack, held as long as this lives.
pub struct StackGuard {
    _held: Box<dyn Any + Send>,
}

impl StackGuard {
    /// A guard that lets go of `held` when it is dropped.
    pub fn new(held: impl Any + Send) -> Self {
        Self { _held: Box::new(held) }
    }
}

/// A stack cannot be worked on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Another job is at work on it.
    #[error("job `{job}` of process {process} is at work on stack `{stack}`")]
    Held {
        /// The stack.
        stack: StackName,
        /// The job.
        job: JobId,
        /// The process, as its own machine or container numbers it.
        process: u32,
    },
    /// The lock cannot be taken or written down.
    #[error("could not lock stack `{stack}`: {reason}")]
    Failed {
        /// The stack.
        stack: StackName,
        /// Why not.
        reason: String,
    },
}
