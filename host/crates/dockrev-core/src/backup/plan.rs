//! Which targets are copied before an update, and how: pure, and frozen with the plan.

use super::settings::{BackupScope, BackupSettings, Consistency, FailureRule, RestoreRule, TargetRule};
use super::target::{DataTarget, TargetUser};
use crate::ids::WorkloadId;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is copied before an update, and what goes back with its rollback. Frozen: execution decides nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupPlan {
    /// Every target of the stack, by name, copied or not.
    pub targets: Vec<PlannedTarget>,
    /// What happens to the updated service while its data is copied.
    pub consistency: Consistency,
    /// What a failure means for the update.
    pub on_failure: FailureRule,
    /// Artifacts of the stack that are kept.
    pub keep: u32,
    /// How long the update has to be good before the artifact goes, in milliseconds.
    pub stable_ms: u64,
    /// Run in the service's container before the copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Vec<String>>,
    /// Run there after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Vec<String>>,
}

/// One target of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedTarget {
    /// The target.
    pub target: DataTarget,
    /// What is done with it.
    pub choice: Choice,
}

/// What is done with a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Choice {
    /// It is copied.
    Taken {
        /// Its size when this was planned, in bytes, if it could be measured.
        bytes: Option<u64>,
        /// What happens meanwhile to the containers that can write to it.
        consistency: Consistency,
        /// Whether it goes back with a rollback.
        goes_back: bool,
    },
    /// It is not.
    Skipped {
        /// Why.
        why: Skip,
    },
}

/// Why a target is not copied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code")]
pub enum Skip {
    /// It is larger than what is copied unasked.
    #[error("skipped by size: {bytes} bytes are more than the threshold of {threshold_bytes}")]
    SkippedBySize {
        /// Its size, or what was counted until it was too much.
        bytes: u64,
        /// The threshold.
        threshold_bytes: u64,
    },
    /// Its size could not be found out.
    #[error("skipped by probe error: {reason}")]
    SkippedByProbeError {
        /// Why not.
        reason: String,
    },
    /// A rule says so.
    #[error("skipped by a rule")]
    SkippedByRule,
    /// Nobody in the stack can write to it.
    #[error("skipped: the stack cannot write to it")]
    SkippedReadOnly,
    /// It belongs to the machine, not to the service.
    #[error("skipped: it is the machine's own")]
    SkippedSystem,
    /// The updated service does not mount it.
    #[error("skipped: only the updated service's data is copied")]
    SkippedOutOfScope,
}

impl Skip {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SkippedBySize { .. } => "skipped_by_size",
            Self::SkippedByProbeError { .. } => "skipped_by_probe_error",
            Self::SkippedByRule => "skipped_by_rule",
            Self::SkippedReadOnly => "skipped_read_only",
            Self::SkippedSystem => "skipped_system",
            Self::SkippedOutOfScope => "skipped_out_of_scope",
        }
    }

    /// Whether it is data that one would expect to be copied.
    #[must_use]
    pub fn is_a_gap(&self) -> bool {
        match self {
            Self::SkippedBySize { .. } | Self::SkippedByProbeError { .. } => true,
            Self::SkippedByRule | Self::SkippedReadOnly | Self::SkippedSystem | Self::SkippedOutOfScope => false,
        }
    }
}

/// What measuring a target gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measured {
    /// So many bytes.
    Bytes(u64),
    /// It was not finished, or failed.
    Failed(String),
    /// Nobody asked.
    NotAsked,
}

impl BackupPlan {
    /// The targets that are copied.
    pub fn taken(&self) -> impl Iterator<Item = &DataTarget> {
        self.targets.iter().filter(|planned| matches!(planned.choice, Choice::Taken { .. })).map(|taken| &taken.target)
    }

    /// The targets that go back with a rollback.
    pub fn going_back(&self) -> impl Iterator<Item = &DataTarget> {
        let goes_back = |planned: &&PlannedTarget| matches!(planned.choice, Choice::Taken { goes_back: true, .. });
        self.targets.iter().filter(goes_back).map(|planned| &planned.target)
    }

    /// What is known of the size of all that is copied, in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let sizes = self.targets.iter().map(|planned| match planned.choice {
            Choice::Taken { bytes, .. } => bytes.unwrap_or_default(),
            Choice::Skipped { .. } => 0,
        });
        sizes.fold(0, u64::saturating_add)
    }

    /// Whether data is copied that `workload` can write to.
    #[must_use]
    pub fn holds(&self, workload: &WorkloadId) -> bool {
        self.taken().any(|target| is_used_by(target, workload))
    }

    /// Running containers that are not `workload`'s and are frozen while what they can write to is copied.
    #[must_use]
    pub fn frozen_others(&self, workload: &WorkloadId) -> Vec<&TargetUser> {
        let frozen = |planned: &&PlannedTarget| match planned.choice {
            Choice::Taken { consistency, .. } => consistency != Consistency::Live,
            Choice::Skipped { .. } => false,
        };
        let users = self.targets.iter().filter(frozen).flat_map(|planned| &planned.target.users);
        let mut others: Vec<&TargetUser> = users
            .filter(|user| user.running && user.writable)
            .filter(|user| user.is_in_stack_of(workload) && !user.is_of(workload))
            .collect();
        others.sort_by(|a, b| a.name.cmp(&b.name));
        others.dedup_by(|a, b| a.container == b.container);
        others
    }
}

/// Whether the size of `target` matters for what is done with it.
#[must_use]
pub fn needs_measuring(target: &DataTarget, workload: &WorkloadId, settings: &BackupSettings) -> bool {
    settings.enabled && ruled_out(target, workload, settings).is_none()
}

/// Decides what is copied before an update of `workload`. Absent where backups are off or there is no data.
#[must_use]
pub fn plan(
    workload: &WorkloadId,
    targets: &[(DataTarget, Measured)],
    settings: &BackupSettings,
) -> Option<BackupPlan> {
    if !settings.enabled || targets.is_empty() {
        return None;
    }
    let planned = |(target, measured): &(DataTarget, Measured)| PlannedTarget {
        target: target.clone(),
        choice: choose(target, measured, workload, settings),
    };
    Some(BackupPlan {
        targets: targets.iter().map(planned).collect(),
        consistency: settings.consistency,
        on_failure: settings.on_failure,
        keep: settings.keep,
        stable_ms: settings.stable_ms,
        before: settings.before.clone(),
        after: settings.after.clone(),
    })
}

fn choose(target: &DataTarget, measured: &Measured, workload: &WorkloadId, settings: &BackupSettings) -> Choice {
    if let Some(why) = ruled_out(target, workload, settings) {
        return Choice::Skipped { why };
    }
    let is_forced = rule(target, settings) == TargetRule::Force;
    let threshold_bytes = settings.threshold_bytes;
    let bytes = match measured {
        Measured::Bytes(bytes) if *bytes > threshold_bytes && !is_forced => {
            return Choice::Skipped { why: Skip::SkippedBySize { bytes: *bytes, threshold_bytes } };
        }
        Measured::Bytes(bytes) => Some(*bytes),
        Measured::Failed(reason) if !is_forced => {
            return Choice::Skipped { why: Skip::SkippedByProbeError { reason: reason.clone() } };
        }
        Measured::Failed(_) | Measured::NotAsked => None,
    };
    let is_own = is_used_by(target, workload);
    let consistency = if is_own { settings.consistency } else { settings.others };
    let goes_back = match settings.restore {
        None => is_own && settings.consistency != Consistency::Live,
        Some(RestoreRule::Own) => is_own,
        Some(RestoreRule::Stack) => true,
        Some(RestoreRule::Never) => false,
    };
    Choice::Taken { bytes, consistency, goes_back }
}

/// Why `target` is not copied whatever its size.
fn ruled_out(target: &DataTarget, workload: &WorkloadId, settings: &BackupSettings) -> Option<Skip> {
    match rule(target, settings) {
        TargetRule::Force => return None,
        TargetRule::Skip => return Some(Skip::SkippedByRule),
        TargetRule::Inherit => {}
    }
    if is_system(target.place.path()) {
        return Some(Skip::SkippedSystem);
    }
    let of_stack = |user: &&TargetUser| user.is_in_stack_of(workload);
    if !target.users.iter().filter(of_stack).any(|user| user.writable) {
        return Some(Skip::SkippedReadOnly);
    }
    match settings.scope {
        BackupScope::Service if !is_used_by(target, workload) => Some(Skip::SkippedOutOfScope),
        BackupScope::Service | BackupScope::Stack => None,
    }
}

fn rule(target: &DataTarget, settings: &BackupSettings) -> TargetRule {
    settings.targets.get(&target.name).copied().unwrap_or(TargetRule::Inherit)
}

fn is_used_by(target: &DataTarget, workload: &WorkloadId) -> bool {
    target.users.iter().any(|user| user.writable && user.is_of(workload))
}

/// Folders of the machine itself: sockets, devices, the kernel's views, and the whole of it.
fn is_system(path: &Path) -> bool {
    const WHOLE: [&str; 6] = ["/", "/etc", "/usr", "/var", "/home", "/var/lib"];
    const BELOW: [&str; 9] =
        ["/proc", "/sys", "/dev", "/run", "/var/run", "/boot", "/lib/modules", "/etc/localtime", "/etc/timezone"];
    let below_docker = path.starts_with("/var/lib/docker") && !path.starts_with("/var/lib/docker/volumes");
    WHOLE.iter().any(|folder| path == Path::new(folder))
        || BELOW.iter().any(|folder| path.starts_with(folder))
        || below_docker
}
