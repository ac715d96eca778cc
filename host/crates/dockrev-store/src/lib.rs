//! Jobs with their journal and logs, ignore rules, plans, tokens and the audit trail, in SQLite.
//!
//! [`Store`] is the [`Journal`](dockrev_core::ports::Journal): what it has confirmed is on the disk (write-ahead log,
//! `synchronous = full`). Times are kept in whole milliseconds. All SQL of Dockrev is in this crate and in the folder
//! `migrations`; it keeps to what SQLite and PostgreSQL share.
#![forbid(unsafe_code)]

mod audit;
mod idempotency;
mod ignore;
mod job;
mod journal;
mod last_check;
mod locks;
mod log;
mod names;
mod open;
mod page;
mod plan;
mod sighting;
#[cfg(test)]
mod tests;
mod token;

pub use audit::{AuditEntry, AuditFilter};
pub use idempotency::{Begun, KEPT_FOR};
pub use ignore::IGNORE_RULES_MAX;
pub use locks::StoredLocks;
pub use log::LOG_LINES_MAX;
pub use open::{OpenError, Store};
pub use page::{JobFilter, JobPlace, NumberedLine};
pub use plan::{PLANS_MAX, StoredPlan};
pub use sighting::SIGHTINGS_MAX;
pub use token::{StoredToken, TOKENS_MAX};
