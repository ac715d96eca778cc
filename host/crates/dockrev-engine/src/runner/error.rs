//! Why a job could not be run to an end.

use dockrev_core::ids::{JobId, StackName};
use dockrev_core::ports::{HostError, JournalError, LockError};

/// Why a job could not be run to an end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The journal cannot be read, or a job cannot be begun: nothing was done.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The journal could not be written in the middle of a job: it stopped where it was.
    #[error("job `{id}` stopped half way, and `{service}` may be on either image")]
    Interrupted {
        /// Which job.
        id: JobId,
        /// The service.
        service: String,
        /// Why it cannot be written.
        #[source]
        source: JournalError,
    },
    /// The engine cannot be asked.
    #[error(transparent)]
    Host(#[from] HostError),
    /// Another job is at work on the stack.
    #[error(transparent)]
    Locked(#[from] LockError),
    /// An earlier job of the stack was interrupted and not settled.
    #[error("job `{id}` of stack `{stack}` was interrupted and is not settled yet")]
    Unsettled {
        /// Which job.
        id: JobId,
        /// The stack.
        stack: StackName,
    },
    /// There is no such job.
    #[error("there is no job `{0}`")]
    NoSuchJob(JobId),
    /// The job did not change anything that could be put back.
    #[error("job `{id}` ended as `{state}`: there is nothing to put back")]
    NothingToUndo {
        /// Which job.
        id: JobId,
        /// How it ended.
        state: &'static str,
    },
    /// A later job changed the same service.
    #[error("job `{later}` changed `{service}` after job `{id}` did")]
    ChangedLater {
        /// The job that was to be undone.
        id: JobId,
        /// The later one.
        later: JobId,
        /// The service.
        service: String,
    },
    /// What ran before the job is no longer on the engine.
    #[error("the image that ran before job `{id}` is no longer on the engine: `{image}`")]
    OldImageGone {
        /// The job that was to be undone.
        id: JobId,
        /// The image's id.
        image: String,
    },
    /// Data was asked for, and the job copied none.
    #[error("job `{0}` copied no data, so there is none to put back")]
    NoDataToRestore(JobId),
    /// The service runs something that the job did not put there.
    #[error("`{service}` no longer runs what job `{id}` put there")]
    ServiceChanged {
        /// The job that was to be undone.
        id: JobId,
        /// The service.
        service: String,
    },
}

impl RunError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Journal(_) => "store.failed",
            Self::Interrupted { .. } => "job.interrupted",
            Self::Host(error) => error.code(),
            Self::Locked(LockError::Held { .. }) => "stack.locked",
            Self::Locked(LockError::Failed { .. }) => "lock.failed",
            Self::Unsettled { .. } => "job.unsettled",
            Self::NoSuchJob(_) => "job.not-found",
            Self::NothingToUndo { .. } => "rollback.nothing-to-undo",
            Self::ChangedLater { .. } => "rollback.changed-later",
            Self::OldImageGone { .. } => "rollback.old-image-gone",
            Self::NoDataToRestore(_) => "rollback.no-data",
            Self::ServiceChanged { .. } => "rollback.service-changed",
        }
    }

    /// What the reader can do about it, if anything.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Interrupted { .. } => {
                Some("make the data folder writable again; the next `dockrev update` then finishes or undoes the job")
            }
            Self::Journal(_) => Some("see whether the data folder is writable and its disk has space"),
            Self::Host(error) => error.hint(),
            Self::Locked(LockError::Held { .. }) => Some("wait for it, or stop it with `dockrev jobs cancel JOB`"),
            Self::Locked(LockError::Failed { .. }) => Some("see whether the data folder is writable"),
            Self::Unsettled { .. } => Some("`dockrev recover` finishes or undoes it"),
            Self::NoSuchJob(_) => Some("`dockrev jobs list` shows the jobs"),
            Self::ChangedLater { .. } => Some("roll the later job back first"),
            Self::OldImageGone { .. } => Some("bring it back: `docker load`, or `docker pull` by digest"),
            Self::NoDataToRestore(_) => Some("without `--restore-data` the image alone goes back"),
            Self::NothingToUndo { .. } | Self::ServiceChanged { .. } => None,
        }
    }
}
