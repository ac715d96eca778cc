//! A memory for checks where there is no database.

use super::AppError;
use async_trait::async_trait;
use dockrev_core::image::Repository;
use dockrev_core::ports::{JournalError, Sighting, Sightings};
use jiff::Timestamp;

/// Stands in for a database that cannot be opened.
pub(super) struct NoMemory {
    reason: String,
}

impl NoMemory {
    pub(super) fn because(error: &AppError) -> Self {
        Self { reason: error.to_string() }
    }

    fn error(&self, action: &'static str) -> JournalError {
        JournalError { action, reason: self.reason.clone() }
    }
}

#[async_trait]
impl Sightings for NoMemory {
    async fn sightings_of(&self, _repository: &Repository) -> Result<Vec<Sighting>, JournalError> {
        Err(self.error("read what was seen behind tags"))
    }

    async fn keep_sightings(&self, _sightings: &[Sighting], _now: Timestamp) -> Result<(), JournalError> {
        Err(self.error("keep what was seen behind tags"))
    }
}
