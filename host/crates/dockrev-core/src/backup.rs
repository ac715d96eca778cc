//! Backups: which data of a stack is copied before an update, how, and what goes back with a rollback.

mod artifact;
mod plan;
mod settings;
mod target;

pub use artifact::{Artifact, ArtifactName, ArtifactTarget, Artifacts, DamagedArtifact, InvalidArtifactName};
pub use plan::{BackupPlan, Choice, Measured, PlannedTarget, Skip, needs_measuring, plan};
pub(crate) use settings::ReadSetting;
pub use settings::{BackupLayer, BackupScope, BackupSettings, Consistency, FailureRule, RestoreRule, TargetRule};
pub use target::{DataPlace, DataTarget, TargetName, TargetUser, of_stack};

#[cfg(test)]
mod tests;
