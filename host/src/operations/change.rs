//! A change of a plan or a job, as the API shows it.

use crate::operations::words::{ConsistencyName, LevelName};
use dockrev_core::backup::{BackupPlan, Choice, PlannedTarget};
use dockrev_core::ids::{ContainerName, ServiceId, ServiceName, StackName, WorkloadId};
use dockrev_core::plan::{Change, UndoRule, Workload, Writing};
use serde::{Deserialize, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// A service of a stack, or a container that belongs to none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct WorkloadName {
    /// The stack of a service.
    pub stack: Option<String>,
    /// Its name: of a service, within its stack.
    pub name: String,
}

impl From<&WorkloadId> for WorkloadName {
    fn from(id: &WorkloadId) -> Self {
        match id {
            WorkloadId::Service(id) => Self { stack: Some(id.stack.to_string()), name: id.service.to_string() },
            WorkloadId::Container(name) => Self { stack: None, name: name.to_string() },
        }
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.stack {
            Some(stack) => write!(f, "{stack}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl From<&WorkloadName> for WorkloadId {
    fn from(name: &WorkloadName) -> Self {
        match &name.stack {
            Some(stack) => {
                Self::Service(ServiceId { stack: StackName::new(stack), service: ServiceName::new(&name.name) })
            }
            None => Self::Container(ContainerName::new(&name.name)),
        }
    }
}

/// One service or container, from what runs to what shall run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = Change)]
pub struct ChangeView {
    /// What is changed.
    pub workload: WorkloadName,
    /// What runs before.
    pub from: ImageBefore,
    /// What shall run.
    pub to: ImageAfter,
    /// How much changes.
    pub level: LevelName,
    /// Why this image was chosen.
    pub reason: String,
    /// What to know before it is done.
    pub warnings: Vec<String>,
    /// Whether what runs before has a healthcheck.
    pub had_healthcheck: bool,
    /// Whether it is undone by itself if it fails.
    pub rolls_back_by_itself: bool,
    /// How it is written down.
    pub written: WrittenAs,
    /// The change of the user's own file as a unified diff, if there is one.
    pub diff: Vec<String>,
    /// Services that are made anew after it, in that order.
    #[serde(default)]
    pub followers: Vec<String>,
    /// Services that run to their end before it starts: migrations, for example.
    #[serde(default)]
    pub one_shots: Vec<String>,
    /// What is copied before it. Absent where backups are off or there is no data.
    pub backup: Option<BackupPlanView>,
}

/// What runs before a change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImageBefore {
    /// `repository:tag`.
    pub image: String,
    /// The tag that is followed.
    pub tag: String,
    /// The digest that the registry knows it by, if it came from one.
    pub digest: Option<String>,
    /// Its id on this engine.
    pub image_id: String,
}

/// What shall run after a change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ImageAfter {
    /// `repository:tag`.
    pub image: String,
    /// Its tag.
    pub tag: String,
    /// Its digest.
    pub digest: String,
}

/// How a change is written down, so that the user's own next `compose up` keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WrittenAs {
    /// The local tag is pointed to the new image: the compose file stays true.
    LocalTag,
    /// Dockrev's override file pins it.
    Override,
    /// It takes the place of the old tag in the user's own file.
    Rewrite,
    /// It belongs to no stack and has no file.
    Container,
}

/// What is copied before a change.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = BackupPlan)]
pub struct BackupPlanView {
    /// What happens to the changed service meanwhile.
    pub consistency: ConsistencyName,
    /// Every place where the stack keeps data, copied or not.
    pub targets: Vec<BackupTargetView>,
}

/// A place where a stack keeps data.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = BackupTarget)]
pub struct BackupTargetView {
    /// `volume:NAME` or `bind:PATH`.
    pub name: String,
    /// Whether it is copied.
    pub is_copied: bool,
    /// Its size in bytes, if it is known.
    pub size_bytes: Option<u64>,
    /// What happens meanwhile to those that can write to it, if it is copied.
    pub consistency: Option<ConsistencyName>,
    /// Whether it goes back with a rollback.
    pub goes_back: bool,
    /// Stable code of why it is not copied: `skipped_by_size` and so on.
    pub code: Option<String>,
    /// Why it is not copied, in words.
    pub reason: Option<String>,
    /// Whether one would expect it to be copied, and it is not.
    #[serde(default)]
    pub is_a_gap: bool,
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        let (written, diff) = written(&change.workload);
        Self {
            workload: (&change.id()).into(),
            from: ImageBefore {
                image: change.from.reference.familiar(),
                tag: change.from.tag.to_string(),
                digest: change.from.digest.as_ref().map(ToString::to_string),
                image_id: change.from.image_id.to_string(),
            },
            to: ImageAfter {
                image: change.to.tagged().familiar(),
                tag: change.to.tag.to_string(),
                digest: change.to.digest.to_string(),
            },
            level: change.level.into(),
            reason: change.reason.clone(),
            warnings: change.warnings.iter().map(ToString::to_string).collect(),
            had_healthcheck: change.had_healthcheck,
            rolls_back_by_itself: change.had_healthcheck || change.verify.without_healthcheck == UndoRule::Automatic,
            written,
            diff,
            followers: change.workload.followers().iter().map(|one| one.service.to_string()).collect(),
            one_shots: change.workload.one_shots().iter().map(|one| one.service.to_string()).collect(),
            backup: change.backup.as_ref().map(BackupPlanView::from),
        }
    }
}

fn written(workload: &Workload) -> (WrittenAs, Vec<String>) {
    match workload {
        Workload::Container(_) => (WrittenAs::Container, Vec::new()),
        Workload::Service(service) => match &service.writing {
            Writing::LocalTag => (WrittenAs::LocalTag, Vec::new()),
            Writing::Override { .. } => (WrittenAs::Override, Vec::new()),
            Writing::Rewrite(plan) => (WrittenAs::Rewrite, plan.rewrite.diff().to_vec()),
        },
    }
}

impl From<&BackupPlan> for BackupPlanView {
    fn from(plan: &BackupPlan) -> Self {
        Self { consistency: plan.consistency.into(), targets: plan.targets.iter().map(Into::into).collect() }
    }
}

impl From<&PlannedTarget> for BackupTargetView {
    fn from(planned: &PlannedTarget) -> Self {
        let name = planned.target.name.to_string();
        match &planned.choice {
            Choice::Taken { bytes, consistency, goes_back } => Self {
                name,
                is_copied: true,
                size_bytes: *bytes,
                consistency: Some((*consistency).into()),
                goes_back: *goes_back,
                code: None,
                reason: None,
                is_a_gap: false,
            },
            Choice::Skipped { why } => Self {
                name,
                is_copied: false,
                size_bytes: None,
                consistency: None,
                goes_back: false,
                code: Some(why.code().to_owned()),
                reason: Some(why.to_string()),
                is_a_gap: why.is_a_gap(),
            },
        }
    }
}
