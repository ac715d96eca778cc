//! What was printed while jobs ran.

use crate::names::{Doing, source_name};
use dockrev_core::ids::JobId;
use dockrev_core::job::LogLine;
use dockrev_core::ports::JournalError;
use sqlx::{FromRow, SqlitePool};

/// Lines that are kept of one job; older ones give way. A failed job's reasons are at its end, and a service that
/// prints without end must not fill the disk.
pub const LOG_LINES_MAX: u32 = 5_000;

const APPENDING: Doing = Doing("add to a job's log");
const READING: Doing = Doing("read a job's log");

/// Adds `lines` to the log of `job` and lets go of the oldest beyond the limit.
pub(crate) async fn append(pool: &SqlitePool, job: &JobId, lines: &[LogLine]) -> Result<(), JournalError> {
    if lines.is_empty() {
        return Ok(());
    }
    let failed = |error: sqlx::Error| APPENDING.failed(&error);
    let mut transaction = pool.begin().await.map_err(failed)?;
    for line in lines {
        sqlx::query(
            "insert into job_log (job_id, sequence, at_unix_ms, source, line) \
             select $1, coalesce(max(sequence), 0) + 1, $2, $3, $4 from job_log where job_id = $1",
        )
        .bind(job.as_str())
        .bind(line.at.map(|at| at.as_millisecond()))
        .bind(source_name(line.source))
        .bind(&line.text)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
    }
    sqlx::query(
        "delete from job_log where job_id = $1 \
         and sequence <= (select max(sequence) from job_log where job_id = $1) - $2",
    )
    .bind(job.as_str())
    .bind(i64::from(LOG_LINES_MAX))
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

#[derive(FromRow)]
pub(crate) struct LineRow {
    pub(crate) sequence: i64,
    at_unix_ms: Option<i64>,
    source: String,
    line: String,
}

impl LineRow {
    pub(crate) fn into_line(self, doing: Doing) -> Result<LogLine, JournalError> {
        let at = self.at_unix_ms.map(|at| doing.timestamp(at)).transpose()?;
        Ok(LogLine { at, source: doing.source(&self.source)?, text: self.line })
    }
}

/// The newest `limit` lines of `job`, oldest of them first.
pub(crate) async fn read(pool: &SqlitePool, job: &JobId, limit: u32) -> Result<Vec<LogLine>, JournalError> {
    let rows: Vec<LineRow> = sqlx::query_as(
        "select sequence, at_unix_ms, source, line from job_log where job_id = $1 order by sequence desc limit $2",
    )
    .bind(job.as_str())
    .bind(i64::from(limit))
    .fetch_all(pool)
    .await
    .map_err(|error| READING.failed(&error))?;
    rows.into_iter().rev().map(|row| row.into_line(READING)).collect()
}
