//! Verify: waits for the new containers' own healthcheck. Changes nothing, so after a crash it is simply done again.

use crate::context::{Context, StageError};
use crate::health;
use dockrev_core::job::{Stage, StageOutput};

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
    let mut output = good.into_output(context.id);
    if let StageOutput::Verified { warnings, .. } = &mut output {
        warnings.extend(drift(context).await);
    }
    Ok(output)
}

/// What the user's own next `compose up` would do to what was just brought up. The update is good either way.
async fn drift(context: &Context<'_>) -> Option<String> {
    let workload = context.change.workload.service()?;
    match context.compose.would_recreate(&workload.project, &workload.service.service).await {
        Ok(false) => None,
        Ok(true) => Some("`compose up` would make it anew although nothing changed: see its compose files".to_owned()),
        Err(error) => {
            context.pen.scribe.say(format!("it is not known whether `compose up` would change anything: {error}"));
            None
        }
    }
}
