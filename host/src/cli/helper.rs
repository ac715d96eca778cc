//! `dockrev helper`: works on data beside it, in a container that another Dockrev made for that.

use super::arguments::HelperArguments;
use super::{Ending, Failure};
use dockrev_backup::errand::{self, Answer};
use std::io::{stderr, stdout};
use std::time::Duration;

/// How long a helper that has answered waits to be removed.
const REMOVED_WITHIN: Duration = Duration::from_secs(60);

/// Its answer goes to whoever started it, and to nobody else.
pub(super) async fn run(arguments: &HelperArguments) -> Result<Ending, Failure> {
    let task = arguments.task.clone();
    let work = tokio::task::spawn_blocking(move || errand::run(&task, stdout(), stderr())).await;
    // Engines cut off what a container that has ended printed last: whoever has heard all of it removes this one.
    tokio::time::sleep(REMOVED_WITHIN).await;
    match work {
        Ok(Answer::Failed { .. }) => Ok(Ending::Trouble),
        Ok(Answer::Measured { .. } | Answer::Written { .. } | Answer::Restored) => Ok(Ending::Fine),
        Err(error) => Err(Failure::new("backup.helper", format!("the helper stopped: {error}"))),
    }
}
