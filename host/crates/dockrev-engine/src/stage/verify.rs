//! Verify: waits for the new containers' own healthcheck. Changes nothing, so after a crash it is simply done again.

use super::{Context, StageError};
use crate::health::{self, Good};
use dockrev_core::job::{Stage, StageOutput};
use dockrev_core::plan::{ServiceChange, Warning};

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let change = context.change;
    let wanted = change.to.by_digest();
    let image = context.engine.image(&wanted).await.map_err(|error| StageError::host(Stage::Verify, &error))?;
    let Some(image) = image else {
        return Err(StageError::failed(
            Stage::Verify,
            "verify.image-gone",
            format!("`{wanted}` is no longer on the engine"),
            "something removes images while jobs run: `docker image prune` in a cron job, for example",
        ));
    };
    let good = health::wait_until_good(context, &image.id).await?;
    Ok(output(change, good))
}

pub(super) fn output(change: &ServiceChange, good: Good) -> StageOutput {
    let warnings = if good.checked { Vec::new() } else { vec![Warning::NoHealthcheck.to_string()] };
    let waited_ms = u64::try_from(good.waited.as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(service.name = %change.service, waited_ms, "containers are good");
    StageOutput::Verified { containers: good.containers, waited_ms, warnings }
}
