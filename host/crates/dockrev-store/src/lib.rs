//! Jobs with their journal and logs, and ignore rules, in SQLite.
//!
//! [`Store`] is the [`Journal`](dockrev_core::ports::Journal): what it has confirmed is on the disk (write-ahead log,
//! `synchronous = full`). Times are kept in whole milliseconds. All SQL of Dockrev is in this crate and in the folder
//! `migrations`; it keeps to what SQLite and PostgreSQL share.
#![forbid(unsafe_code)]

mod ignore;
mod job;
mod journal;
mod locks;
mod log;
mod names;
mod open;
mod sighting;
#[cfg(test)]
mod tests;

pub use ignore::IGNORE_RULES_MAX;
pub use locks::StoredLocks;
pub use log::LOG_LINES_MAX;
pub use open::{OpenError, Store};
pub use sighting::SIGHTINGS_MAX;
