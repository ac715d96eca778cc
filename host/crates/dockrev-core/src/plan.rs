//! The plan: what will be changed and why, or why not. A pure function of what was found; its result is frozen.

use crate::detection::{Absence, Detection, Exclusion, Finding, InFiles, LocalTag, Reading, Subject, Trouble};
use crate::ids::ContainerName;
use crate::image::{ImageRef, Tag};
use crate::platform::Platform;
use crate::policy::{Assessment, Following};
use crate::registry::OldAnswer;

mod candidate;
mod change;
mod hold;
mod options;
mod order;
mod refused;
mod rewrite;
mod workload;

pub use candidate::{Architecture, Candidate, ChangeLevel};
pub use change::{Change, CurrentImage, Warning};
pub use hold::Hold;
pub use options::{MismatchRule, PlanOptions, UndoRule, VerifySettings};
pub use refused::Refused;
pub use rewrite::{CannotRewrite, FileLine, Obstacle, Place, Rewrite, RewritePlan, Wanted};
pub use workload::{ContainerWorkload, Follower, OneShot, OneShotImage, ServiceWorkload, Spelling, Workload, Writing};

/// A plan: one entry per subject, the services of a stack in the order in which they are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The entries.
    pub entries: Vec<PlanEntry>,
}

impl Plan {
    /// What will be changed, in order.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.entries.iter().filter_map(PlanEntry::change)
    }
}

/// What is to happen with one subject.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanEntry {
    /// What it is about.
    pub subject: Subject,
    /// The image as it was written when the container was made.
    pub written: String,
    /// The tag that is followed.
    pub current_tag: Option<Tag>,
    /// The image in the user's own compose files, where it differs from what Dockrev's override pins.
    pub file_image: Option<String>,
    /// What the local tag, by which it was made, stands for by now.
    pub local_tag: LocalTag,
    /// What the policy said of the tags that it found relevant.
    pub considered: Vec<Assessment>,
    /// Set if the registry could not be read and this is judged by what it said before.
    pub old: Option<OldAnswer>,
    /// What is to happen.
    pub decision: Decision,
}

impl PlanEntry {
    /// The change, if there is to be one.
    #[must_use]
    pub fn change(&self) -> Option<&Change> {
        match &self.decision {
            Decision::Update(change) => Some(change),
            Decision::UpToDate { .. }
            | Decision::Held { .. }
            | Decision::Gone(_)
            | Decision::Excluded(_)
            | Decision::Unknown(_) => None,
        }
    }

    /// The services that are made anew after it.
    #[must_use]
    pub fn followers(&self) -> &[Follower] {
        self.change().map_or(&[], |change| change.workload.followers())
    }

    /// The services that run to their end before it starts.
    #[must_use]
    pub fn one_shots(&self) -> &[OneShot] {
        self.change().map_or(&[], |change| change.workload.one_shots())
    }
}

/// What is to happen with one subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// It will be changed.
    Update(Box<Change>),
    /// The registry has nothing newer.
    UpToDate {
        /// The policy's words.
        reason: String,
    },
    /// There is something newer, and it will not be taken.
    Held {
        /// What there is.
        candidate: Box<Candidate>,
        /// Why it is not taken.
        hold: Hold,
    },
    /// The registry no longer has what it came from, and nothing newer that it could go to.
    Gone(Absence),
    /// Nothing was asked.
    Excluded(Exclusion),
    /// It is not known whether there is something newer.
    Unknown(Trouble),
}

/// Decides for every subject what is to happen with it, on a host of platform `host`.
#[must_use]
pub fn plan(detections: &[Detection], host: &Platform, options: &PlanOptions) -> Plan {
    let entries =
        order::by_dependency(detections).into_iter().map(|detection| entry(detection, host, options)).collect();
    Plan { entries }
}

fn entry(detection: &Detection, host: &Platform, options: &PlanOptions) -> PlanEntry {
    let (current_tag, decision) = match &detection.finding {
        Finding::Gone(absence) => (None, Decision::Gone(absence.clone())),
        Finding::Excluded(exclusion) => (None, Decision::Excluded(exclusion.clone())),
        Finding::Unknown(trouble) => (None, Decision::Unknown(trouble.clone())),
        Finding::Read(reading) => (Some(reading.tag.clone()), decide(detection, reading, host, options)),
    };
    let written_tag = || detection.written.parse::<ImageRef>().ok().and_then(|reference| reference.effective_tag());
    let file_image = detection.compose.as_ref().and_then(|compose| match (&compose.pin, &compose.in_files) {
        (Some(_), InFiles::Found(service)) => service.image.clone(),
        (Some(_), InFiles::NotAsked | InFiles::Missing) | (None, _) => None,
    });
    let old = match &detection.finding {
        Finding::Read(reading) => reading.old.clone(),
        Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_) => None,
    };
    let considered = match &detection.finding {
        Finding::Read(reading) => reading.verdict.assessments.clone(),
        Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_) => Vec::new(),
    };
    PlanEntry {
        subject: detection.subject.clone(),
        written: detection.written.clone(),
        current_tag: current_tag.or_else(written_tag),
        file_image,
        local_tag: detection.local_tag.clone(),
        considered,
        old,
        decision,
    }
}

fn decide(detection: &Detection, reading: &Reading, host: &Platform, options: &PlanOptions) -> Decision {
    let Some(candidate) = candidate::find(detection, reading, host) else {
        let young = candidate::young(detection, reading, host);
        let young = young.map(|(candidate, too_young)| (candidate, Hold::TooYoung { too_young }));
        let ignored = || candidate::ignored(detection, reading, host);
        let ignored = || ignored().map(|(candidate, rule)| (candidate, Hold::Ignored { rule }));
        return match young.or_else(ignored) {
            Some((candidate, hold)) => Decision::Held { candidate: Box::new(candidate), hold },
            None => nothing_newer(reading),
        };
    };
    if let Some(old) = &reading.old {
        return Decision::Held { candidate: Box::new(candidate), hold: old.into() };
    }
    if let Some(hold) = hold::find(detection, &candidate, host, options) {
        return Decision::Held { candidate: Box::new(candidate), hold };
    }
    match (&detection.subject, &detection.compose, &detection.local) {
        (Subject::Service(service), Some(compose), Some(local)) => {
            let change = change::freeze(service, detection, (compose, local), candidate, reading, options);
            Decision::Update(Box::new(change))
        }
        (Subject::Container(name), _, Some(local)) if let Some(facts) = &detection.container => {
            let name = ContainerName::new(name.clone());
            let change = change::freeze_container(&name, (facts, local), candidate, reading, options);
            Decision::Update(Box::new(change))
        }
        (Subject::Service(_) | Subject::Container(_) | Subject::Image(_), _, _) => {
            Decision::Held { candidate: Box::new(candidate), hold: Hold::NotInstalled }
        }
    }
}

/// Nothing was found; whether that means that there is nothing is another question.
fn nothing_newer(reading: &Reading) -> Decision {
    let unknown = |code: &str, message: String| Decision::Unknown(Trouble { code: code.to_owned(), message });
    if let (Some(old), Some(_)) = (&reading.old, &reading.tag_now) {
        // It may have something newer by now.
        return unknown(old.error.code(), format!("{old}, with nothing newer in them"));
    }
    match (&reading.tag_now, &reading.truncated, reading.verdict.following) {
        (None, _, _) => Decision::Gone(Absence::Tag { tag: reading.tag.clone() }),
        (Some(_), Some(reason), Following::Version) => {
            unknown("registry.tags-truncated", format!("there may be a newer tag: the list is incomplete ({reason})"))
        }
        (Some(_), _, _) => Decision::UpToDate { reason: reading.verdict.reason.clone() },
    }
}

#[cfg(test)]
mod tests;
