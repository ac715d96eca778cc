//! Pull: brings the new image here by its digest, under no name, so that nothing that runs or is started notices.

use crate::context::{Context, StageError};
use dockrev_core::job::{Effect, Stage, StageOutput};

pub(super) async fn perform(context: &Context<'_>) -> Result<StageOutput, StageError> {
    let host = |error| StageError::host(Stage::Pull, &error);
    let wanted = context.change.to.by_digest();
    if let Some(image) = context.engine.image(&wanted).await.map_err(host)? {
        context.pen.scribe.say(format!("{wanted} is here already"));
        return Ok(StageOutput::Pulled { image_id: image.id });
    }
    let effect = Effect::PullImage { image: wanted.to_string() };
    context.pen.intends(&effect).await?;
    let image = context
        .engine
        .pull(&context.change.to, context.change.platform.as_ref(), context.pen.scribe)
        .await
        .map_err(host)?;
    context.pen.did(effect).await?;
    Ok(StageOutput::Pulled { image_id: image.id })
}
