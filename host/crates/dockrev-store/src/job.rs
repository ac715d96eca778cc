//! Jobs, and the port.

use crate::names::Doing;
use crate::open::Store;
use async_trait::async_trait;
use dockrev_core::ids::JobId;
use dockrev_core::job::{Job, JobState, JournalEntry, LogLine};
use dockrev_core::ports::{Journal, JournalError};
use jiff::Timestamp;
use sqlx::FromRow;

const READING: Doing = Doing("read jobs");

#[derive(FromRow)]
pub(crate) struct JobRow {
    id: String,
    state_json: String,
    change_json: String,
    requested_by: String,
    created_at_unix_ms: i64,
    changed_at_unix_ms: i64,
}

impl JobRow {
    fn into_job(self) -> Result<Job, JournalError> {
        Ok(Job {
            id: JobId::new(self.id),
            change: READING.decode(&self.change_json)?,
            requested_by: self.requested_by,
            created_at: READING.timestamp(self.created_at_unix_ms)?,
            changed_at: READING.timestamp(self.changed_at_unix_ms)?,
            state: READING.decode(&self.state_json)?,
        })
    }
}

pub(crate) fn into_jobs(rows: Vec<JobRow>) -> Result<Vec<Job>, JournalError> {
    rows.into_iter().map(JobRow::into_job).collect()
}

#[async_trait]
impl Journal for Store {
    async fn create(&self, job: &Job) -> Result<(), JournalError> {
        const CREATING: Doing = Doing("add a job");
        let id = job.change.id();
        sqlx::query(
            "insert into job (id, stack, service, state, state_json, change_json, requested_by, created_at_unix_ms, \
             changed_at_unix_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(job.id.as_str())
        .bind(id.stack().as_str().to_owned())
        .bind(id.name())
        .bind(job.state.name())
        .bind(CREATING.encode(&job.state)?)
        .bind(CREATING.encode(&job.change)?)
        .bind(&job.requested_by)
        .bind(job.created_at.as_millisecond())
        .bind(job.changed_at.as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|error| CREATING.failed(&error))?;
        Ok(())
    }

    async fn record(&self, job: &JobId, state: &JobState, entry: &JournalEntry) -> Result<(), JournalError> {
        crate::journal::record(&self.pool, job, state, entry).await
    }

    async fn append_log(&self, job: &JobId, lines: &[LogLine]) -> Result<(), JournalError> {
        crate::log::append(&self.pool, job, lines).await
    }

    async fn job(&self, id: &JobId) -> Result<Option<Job>, JournalError> {
        let row: Option<JobRow> = sqlx::query_as(
            "select id, state_json, change_json, requested_by, created_at_unix_ms, changed_at_unix_ms from job \
             where id = $1",
        )
        .bind(id.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        row.map(JobRow::into_job).transpose()
    }

    async fn jobs(&self, limit: u32) -> Result<Vec<Job>, JournalError> {
        let rows = sqlx::query_as(
            "select id, state_json, change_json, requested_by, created_at_unix_ms, changed_at_unix_ms from job \
             order by created_at_unix_ms desc, id desc limit $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        into_jobs(rows)
    }

    async fn unfinished(&self) -> Result<Vec<Job>, JournalError> {
        let rows = sqlx::query_as(
            "select id, state_json, change_json, requested_by, created_at_unix_ms, changed_at_unix_ms from job \
             where state in ('running', 'undoing') order by created_at_unix_ms, id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        into_jobs(rows)
    }

    async fn journal(&self, id: &JobId) -> Result<Vec<JournalEntry>, JournalError> {
        crate::journal::read(&self.pool, id).await
    }

    async fn log(&self, id: &JobId, limit: u32) -> Result<Vec<LogLine>, JournalError> {
        crate::log::read(&self.pool, id, limit).await
    }

    async fn ask_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        const ASKING: Doing = Doing("ask a job to stop");
        let asked = sqlx::query(
            "update job set cancel_asked_at_unix_ms = $2 where id = $1 and state in ('running', 'undoing')",
        )
        .bind(id.as_str())
        .bind(Timestamp::now().as_millisecond())
        .execute(&self.pool)
        .await
        .map_err(|error| ASKING.failed(&error))?;
        Ok(asked.rows_affected() == 1)
    }

    async fn is_asked_to_cancel(&self, id: &JobId) -> Result<bool, JournalError> {
        let asked: Option<Option<i64>> = sqlx::query_scalar("select cancel_asked_at_unix_ms from job where id = $1")
            .bind(id.as_str())
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| READING.failed(&error))?;
        Ok(asked.flatten().is_some())
    }
}
