//! Where an entry stands, for people and programs.

use crate::operations::words::EntryStatus;
use dockrev_core::detection::Subject;
use dockrev_core::ids::JobId;
use dockrev_core::plan::{Decision, Hold, PlanEntry};

/// Where an entry stands.
pub struct Status {
    /// In a word.
    pub name: EntryStatus,
    /// Why.
    pub reason: String,
    /// Stable code of what went wrong, if something did.
    pub code: Option<String>,
}

/// Where `entry` stands.
#[must_use]
pub fn status(entry: &PlanEntry) -> Status {
    let of = |name, reason: String| Status { name, reason, code: None };
    match &entry.decision {
        Decision::Update(change) => of(EntryStatus::Update, change.reason.clone()),
        Decision::UpToDate { reason } => of(EntryStatus::UpToDate, reason.clone()),
        Decision::Held { candidate, hold: Hold::NotInstalled } => of(EntryStatus::Newer, candidate.reason.clone()),
        Decision::Held { hold, .. } => {
            let code = entry.old.as_ref().map(|old| old.error.code().to_owned());
            Status { code, ..of(EntryStatus::Held, why_held(hold, &entry.subject)) }
        }
        Decision::Excluded(exclusion) => of(EntryStatus::Skipped, exclusion.to_string()),
        Decision::Gone(absence) => {
            Status { code: Some(absence.code().to_owned()), ..of(EntryStatus::Gone, absence.to_string()) }
        }
        Decision::Unknown(trouble) => {
            Status { code: Some(trouble.code.clone()), ..of(EntryStatus::Unknown, trouble.message.clone()) }
        }
    }
}

/// Why it is held.
pub(crate) fn why_held(hold: &Hold, subject: &Subject) -> String {
    match taken_back(hold, subject) {
        Some((job, reason)) => Hold::TakenBack { job, reason: reason.to_owned() }.to_string(),
        None => hold.to_string(),
    }
}

/// The job that took it back, and why. What a job says begins with the name of what failed, which is said already.
pub(crate) fn taken_back<'a>(hold: &'a Hold, subject: &Subject) -> Option<(JobId, &'a str)> {
    let Hold::TakenBack { job, reason } = hold else {
        return None;
    };
    Some((job.clone(), reason.strip_prefix(&format!("`{subject}`: ")).unwrap_or(reason)))
}
