//! Verify: waits for the new containers' own healthcheck, and for the services that live in their namespaces. At most it
//! connects one of those again, which can be done any number of times: so after a crash it is simply done again.

use crate::context::{Context, StageError};
use crate::{followers, health};
use dockrev_core::ids::ServiceName;
use dockrev_core::job::{Stage, StageOutput};
use dockrev_core::plan::ServiceWorkload;
use futures::FutureExt as _;

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
    let good = async {
        let good = health::wait_until_good(context, &image.id).await?;
        followers::wait_until_good(context).await?;
        Ok::<_, StageError>(good)
    };
    // Compose is asked while the healthcheck is waited for; a failure waits for nobody.
    let (good, drifts) = futures::try_join!(good, drift(context).map(Ok))?;
    let mut output = good.into_output(context.id);
    if let StageOutput::Verified { warnings, .. } = &mut output {
        warnings.extend(drifts);
    }
    Ok(output)
}

/// What the user's own next `compose up` would do to what was just brought up. The update is good either way.
async fn drift(context: &Context<'_>) -> Vec<String> {
    let Some(workload) = context.change.workload.service() else { return Vec::new() };
    let mut warnings = Vec::from_iter(drift_of(context, workload, &workload.service.service, "it").await);
    let followers = workload.followers.iter().map(|follower| &follower.service);
    for service in followers.chain(workload.one_shots.iter().map(|one_shot| &one_shot.service)) {
        warnings.extend(drift_of(context, workload, service, service.as_str()).await);
    }
    warnings
}

async fn drift_of(
    context: &Context<'_>,
    workload: &ServiceWorkload,
    service: &ServiceName,
    called: &str,
) -> Option<String> {
    match context.compose.would_recreate(&workload.project, service).await {
        Ok(false) => None,
        Ok(true) => {
            Some(format!("`compose up` would make {called} anew although nothing changed: see its compose files"))
        }
        Err(error) => {
            context.pen.scribe.say(format!("it is not known whether `compose up` would change {called}: {error}"));
            None
        }
    }
}
