//! The stages of a job: one match to do them, one to undo them.

mod apply;
mod backup;
mod data;
mod preflight;
mod pull;
mod verify;

pub(crate) use apply::replacement;

#[cfg(test)]
pub(crate) use pull::FREE_MIN_BYTES;

use crate::context::{Context, StageError};
use dockrev_core::job::{Stage, StageOutput};

pub(crate) async fn perform(stage: Stage, context: &Context<'_>) -> Result<StageOutput, StageError> {
    match stage {
        Stage::Preflight => preflight::perform(context).await,
        Stage::Pull => pull::perform(context).await,
        Stage::Backup => backup::perform(context).await,
        Stage::Apply => apply::perform(context).await,
        Stage::Verify => verify::perform(context).await,
    }
}

pub(crate) async fn undo(stage: Stage, context: &Context<'_>) -> Result<StageOutput, StageError> {
    match stage {
        Stage::Pull => pull::undo(context).await,
        Stage::Backup => backup::undo(context).await,
        Stage::Apply => apply::undo(context).await,
        // They change nothing.
        Stage::Preflight | Stage::Verify => Ok(StageOutput::Nothing),
    }
}
