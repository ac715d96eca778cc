//! One service or container, from what runs to what shall run.

use super::candidate::{Architecture, Candidate, ChangeLevel};
use super::options::{PlanOptions, VerifySettings};
use super::rewrite::RewritePlan;
use super::workload::{ContainerWorkload, OneShotImage, ServiceWorkload, Spelling, Workload, Writing};
use crate::backup::{BackupPlan, Choice, TargetName};
use crate::detection::{ComposeFacts, ContainerFacts, Detection, InFiles, Reading, TagUsers};
use crate::ids::{ContainerName, ImageId, ServiceId, ServiceName, WorkloadId};
use crate::image::{Digest, ImageRef, PinnedImage, Tag};
use crate::platform::Platform;
use crate::stack::{ComposeService, LocalImage};
use serde::{Deserialize, Serialize};

/// One service or container, from what runs to what shall run. Frozen: execution decides nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// What is changed, and how.
    #[serde(flatten)]
    pub workload: Workload,
    /// What runs now.
    pub from: CurrentImage,
    /// What shall run.
    pub to: PinnedImage,
    /// How much changes.
    pub level: ChangeLevel,
    /// The platform whose image is taken, where it is not this host's own.
    pub platform: Option<Platform>,
    /// Whether what runs now has a healthcheck.
    pub had_healthcheck: bool,
    /// What is copied before it. Absent where backups are off or there is no data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupPlan>,
    /// How the new containers are watched.
    pub verify: VerifySettings,
    /// Why this image was chosen.
    pub reason: String,
    /// What the person who approves it should know.
    pub warnings: Vec<Warning>,
}

/// What runs before a change: enough to come back to it without any registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentImage {
    /// `repository:tag`, normalised.
    pub reference: ImageRef,
    /// The image as it was written when the container was made, normalised: with its digest, if it had one.
    pub written: ImageRef,
    /// The tag that is followed.
    pub tag: Tag,
    /// The image itself, as this engine knows it.
    pub image_id: ImageId,
    /// The digest that the registry knows it by, if it came from one.
    pub digest: Option<Digest>,
}

/// What the person who approves a change should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Warning {
    /// Nobody can tell whether the new version works.
    #[error("no healthcheck: success means running without a restart, and there is no automatic rollback")]
    NoHealthcheck,
    /// The image is not built for this host, and it was asked for all the same.
    #[error("not built for this host's platform")]
    ArchitectureMismatch,
    /// The compose file keeps its older tag.
    #[error("the compose file keeps `{file_image}`: a plain `compose up` without Dockrev's override goes back to it")]
    OverrideOnly {
        /// The image in the compose file.
        file_image: String,
    },
    /// The files say more that is new than the image.
    #[error(
        "its files and its containers differ in more than the image: what was edited and not brought up goes live with this"
    )]
    EditsGoLive,
    /// The tag list was cut short.
    #[error("the tag list is incomplete ({reason}): there may be a newer tag")]
    TagsTruncated {
        /// Why.
        reason: String,
    },
    /// What runs before the service does not come along.
    #[error(
        "`{service}`, which runs before it, has its image in another place of the file and stays with the older one"
    )]
    OneShotStays {
        /// The one-shot.
        service: ServiceName,
    },
    /// Data that one would expect in the backup is not in it.
    #[error("no backup of {target}: {reason}")]
    NotBackedUp {
        /// The target.
        target: TargetName,
        /// Why not.
        reason: String,
    },
    /// A rollback leaves data as the new version left it.
    #[error("a rollback does not put {target} back: the old version would find what the new one made of it")]
    DataStays {
        /// The target.
        target: TargetName,
    },
}

impl Change {
    /// What is changed.
    #[must_use]
    pub fn id(&self) -> WorkloadId {
        self.workload.id()
    }

    /// The same change of a service, written down in the user's own file.
    #[must_use]
    pub fn with_rewrite(mut self, rewrite: RewritePlan) -> Self {
        if let Workload::Service(workload) = &mut self.workload {
            workload.writing = Writing::Rewrite(Box::new(rewrite));
            self.warnings.retain(|warning| !matches!(warning, Warning::OverrideOnly { .. }));
            for one_shot in &mut workload.one_shots {
                if let OneShotImage::Moves { .. } = std::mem::replace(&mut one_shot.image, OneShotImage::Stays) {
                    self.warnings.push(Warning::OneShotStays { service: one_shot.service.clone() });
                }
            }
        }
        self
    }

    /// The same change with `backup` before it, and what that leaves open among its warnings.
    #[must_use]
    pub fn with_backup(mut self, backup: Option<BackupPlan>) -> Self {
        let own = self.id();
        for planned in backup.iter().flat_map(|backup| &backup.targets) {
            let target = planned.target.name.clone();
            let is_own = planned.target.users.iter().any(|user| user.is_of(&own));
            let warning = match &planned.choice {
                Choice::Skipped { why } if why.is_a_gap() => {
                    Some(Warning::NotBackedUp { target, reason: why.to_string() })
                }
                Choice::Taken { goes_back: false, .. } if is_own => Some(Warning::DataStays { target }),
                Choice::Skipped { .. } | Choice::Taken { .. } => None,
            };
            self.warnings.extend(warning);
        }
        self.backup = backup;
        self
    }
}

/// The pin of Dockrev's override file, if it is what runs: somebody may have brought the service up without it.
pub(super) fn pin_in_force<'a>(compose: &'a ComposeFacts, detection: &Detection) -> Option<&'a PinnedImage> {
    let local = detection.local.as_ref()?;
    compose.pin.as_ref().filter(|pin| local.digests_of(&pin.repository).any(|digest| *digest == pin.digest))
}

/// Freezes a change of `service`, whose containers are made from `local`.
pub(super) fn freeze(
    service: &ServiceId,
    detection: &Detection,
    (compose, local): (&ComposeFacts, &LocalImage),
    candidate: Candidate,
    reading: &Reading,
    options: &PlanOptions,
) -> Change {
    let writing = writing(detection, compose, reading, &candidate);
    let mut warnings = warnings(compose.has_healthcheck, &candidate, reading);
    if let (Writing::Override { .. }, InFiles::Found(ComposeService { image: Some(file_image), .. })) =
        (&writing, &compose.in_files)
    {
        warnings.push(Warning::OverrideOnly { file_image: file_image.clone() });
    }
    let workload = Workload::Service(Box::new(ServiceWorkload {
        service: service.clone(),
        project: compose.project.clone(),
        files: compose.files.clone(),
        writing,
        earlier_edits: Vec::new(),
        pin_found: compose.pin.clone(),
        containers: compose.containers,
        depends_on: compose.depends_on.clone(),
        followers: compose.followers.clone(),
        one_shots: compose.one_shots.clone(),
    }));
    Change {
        workload,
        from: current(local, reading),
        to: candidate.image,
        level: candidate.level,
        platform: candidate.platform,
        had_healthcheck: compose.has_healthcheck,
        backup: None,
        verify: options.verify,
        reason: candidate.reason,
        warnings,
    }
}

/// Freezes a change of a container that belongs to no stack and is made from `local`.
pub(super) fn freeze_container(
    container: &ContainerName,
    (facts, local): (&ContainerFacts, &LocalImage),
    candidate: Candidate,
    reading: &Reading,
    options: &PlanOptions,
) -> Change {
    let is_moved_tag = candidate.image.tag == reading.tag && reading.reference.digest().is_none();
    let is_its_own = is_moved_tag && facts.tag_users == TagUsers::One;
    let workload = Workload::Container(ContainerWorkload {
        container: container.clone(),
        spelling: if is_its_own { Spelling::MovedTag } else { Spelling::TagAndDigest },
        is_removed_on_stop: facts.recreation.is_removed_on_stop,
    });
    Change {
        workload,
        from: current(local, reading),
        warnings: warnings(facts.recreation.has_healthcheck, &candidate, reading),
        to: candidate.image,
        level: candidate.level,
        platform: candidate.platform,
        had_healthcheck: facts.recreation.has_healthcheck,
        backup: None,
        verify: options.verify,
        reason: candidate.reason,
    }
}

fn current(local: &LocalImage, reading: &Reading) -> CurrentImage {
    let repository = reading.reference.repository();
    CurrentImage {
        reference: ImageRef::new(repository.clone(), Some(reading.tag.clone()), None),
        written: reading.reference.clone(),
        tag: reading.tag.clone(),
        image_id: local.id.clone(),
        digest: local.digests_of(repository).next().cloned(),
    }
}

/// The local tag is only moved where that is all that Compose goes by, and where it is nobody else's.
fn writing(detection: &Detection, compose: &ComposeFacts, reading: &Reading, candidate: &Candidate) -> Writing {
    let tag_says_all = compose.pin.is_none() && reading.reference.digest().is_none();
    if candidate.image.tag == reading.tag && tag_says_all && compose.tag_users == TagUsers::One {
        return Writing::LocalTag;
    }
    Writing::Override { before: pin_in_force(compose, detection).cloned() }
}

fn warnings(has_healthcheck: bool, candidate: &Candidate, reading: &Reading) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !has_healthcheck {
        warnings.push(Warning::NoHealthcheck);
    }
    match candidate.architecture {
        Architecture::Matches => {}
        Architecture::Mismatch { .. } | Architecture::Unknown => warnings.push(Warning::ArchitectureMismatch),
    }
    if let Some(reason) = &reading.truncated {
        warnings.push(Warning::TagsTruncated { reason: reason.clone() });
    }
    warnings
}
