//! Where the containers of a replacement are. Their names say how far it came; nothing else has to be remembered.
//!
//! | under its own name | `…-new-JOB` | `…-old-JOB` | |
//! | --- | --- | --- | --- |
//! | old | | | nothing was done, or all was put back |
//! | old | new | | the new one is made, with all its settings and networks |
//! | old | new | spare | the same for a container that the engine removes when it stops |
//! | | new | old | the old one is stopped and set aside |
//! | new | | old | all was done |
//! | new | | | and settled |

use super::api::Api;
use dockrev_core::ports::{HostError, Replacement};
use serde_json::Value;

/// Between a container's name and a job's id, in the name of one that waits to take its place.
const NEW_MARK: &str = "-dockrev-new-";
/// The same of one that is kept for the way back.
const OLD_MARK: &str = "-dockrev-old-";

/// Whether a container of this name is on its way in or kept for the way back.
pub(crate) fn is_of_a_job(name: &str) -> bool {
    name.contains(NEW_MARK) || name.contains(OLD_MARK)
}

/// The job for whose way back a container of this name is kept.
pub(super) fn job_of_kept(name: &str) -> Option<&str> {
    name.split_once(OLD_MARK).map(|(_, job)| job)
}

/// A container that was found.
pub(super) struct Found {
    pub(super) id: String,
    pub(super) name: String,
    /// The id of the image that it is made from.
    pub(super) image: String,
    pub(super) inspect: Value,
}

/// The containers of a replacement.
pub(super) struct Places {
    /// The one under its own name.
    pub(super) own: Option<Found>,
    /// The one that waits to take its place.
    pub(super) new: Option<Found>,
    /// The one that is kept.
    pub(super) old: Option<Found>,
}

impl Places {
    pub(super) async fn look(api: &Api<'_>, replacement: &Replacement) -> Result<Self, HostError> {
        Ok(Self {
            own: find(api, replacement.container.as_str()).await?,
            new: find(api, &new_name(replacement)).await?,
            old: find(api, &old_name(replacement)).await?,
        })
    }
}

impl Found {
    pub(super) fn is_paused(&self) -> bool {
        self.inspect["State"]["Paused"] == true
    }

    pub(super) fn is_running(&self) -> bool {
        self.inspect["State"]["Running"] == true
    }

    /// Whether it has run at any time. The engine gives the year 1 for one that has not.
    pub(super) fn has_run(&self) -> bool {
        self.inspect["State"]["StartedAt"].as_str().is_some_and(|at| !at.starts_with("0001-"))
    }

    pub(super) fn is_removed_on_stop(&self) -> bool {
        is_removed_on_stop(&self.inspect)
    }

    pub(super) fn restart_policy(&self) -> &Value {
        &self.inspect["HostConfig"]["RestartPolicy"]
    }
}

/// Whether the engine removes the container when it stops (`--rm`).
pub(super) fn is_removed_on_stop(inspect: &Value) -> bool {
    inspect["HostConfig"]["AutoRemove"] == true
}

pub(super) fn new_name(replacement: &Replacement) -> String {
    format!("{}{NEW_MARK}{}", replacement.container, replacement.job)
}

pub(super) fn old_name(replacement: &Replacement) -> String {
    format!("{}{OLD_MARK}{}", replacement.container, replacement.job)
}

/// The container was changed by somebody else.
pub(super) fn changed(replacement: &Replacement, what: impl Into<String>) -> HostError {
    HostError::ContainerChanged { container: replacement.container.to_string(), what: what.into() }
}

async fn find(api: &Api<'_>, name: &str) -> Result<Option<Found>, HostError> {
    let Some(inspect) = api.named(name).await? else { return Ok(None) };
    let text = |field: &str| inspect[field].as_str().unwrap_or_default().to_owned();
    Ok(Some(Found { id: text("Id"), name: name.to_owned(), image: text("Image"), inspect }))
}
