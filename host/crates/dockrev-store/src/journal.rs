//! The steps of jobs.

use crate::names::{Doing, direction_name};
use dockrev_core::ids::JobId;
use dockrev_core::job::{JobState, JournalEntry, Step};
use dockrev_core::ports::JournalError;
use serde_json::{Map, Value};
use sqlx::{FromRow, SqlitePool};

const RECORDING: Doing = Doing("record a step");
const READING: Doing = Doing("read a job's steps");

/// Parts of a step as it is serialised: `{"type": "did", "detail": {...}}`.
const TYPE: &str = "type";
const DETAIL: &str = "detail";

/// Writes the state and the step, both or neither.
pub(crate) async fn record(
    pool: &SqlitePool,
    job: &JobId,
    state: &JobState,
    entry: &JournalEntry,
) -> Result<(), JournalError> {
    let (step, detail) = to_columns(&entry.step)?;
    let failed = |error: sqlx::Error| RECORDING.failed(&error);
    let mut transaction = pool.begin().await.map_err(failed)?;
    // The write comes first: a transaction that only reads until then could not become a writer beside another one.
    let changed = sqlx::query(
        "update job set state = $2, state_json = $3, \
         changed_at_unix_ms = case when state_json = $3 then changed_at_unix_ms else $4 end where id = $1",
    )
    .bind(job.as_str())
    .bind(state.name())
    .bind(RECORDING.encode(state)?)
    .bind(entry.at.as_millisecond())
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    if changed.rows_affected() != 1 {
        return Err(RECORDING.failed(&format!("there is no job `{job}`")));
    }
    sqlx::query(
        "insert into journal_entry (job_id, sequence, at_unix_ms, stage, direction, step, detail_json) \
         select $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5, $6 from journal_entry where job_id = $1",
    )
    .bind(job.as_str())
    .bind(entry.at.as_millisecond())
    .bind(entry.stage.to_string())
    .bind(direction_name(entry.direction))
    .bind(step)
    .bind(detail)
    .execute(&mut *transaction)
    .await
    .map_err(failed)?;
    transaction.commit().await.map_err(failed)
}

#[derive(FromRow)]
struct EntryRow {
    at_unix_ms: i64,
    stage: String,
    direction: String,
    step: String,
    detail_json: Option<String>,
}

/// The steps of `job`, in order.
pub(crate) async fn read(pool: &SqlitePool, job: &JobId) -> Result<Vec<JournalEntry>, JournalError> {
    let rows: Vec<EntryRow> = sqlx::query_as(
        "select at_unix_ms, stage, direction, step, detail_json from journal_entry where job_id = $1 \
         order by sequence",
    )
    .bind(job.as_str())
    .fetch_all(pool)
    .await
    .map_err(|error| READING.failed(&error))?;
    rows.into_iter()
        .map(|row| {
            Ok(JournalEntry {
                at: READING.timestamp(row.at_unix_ms)?,
                stage: READING.stage(&row.stage)?,
                direction: READING.direction(&row.direction)?,
                step: from_columns(row.step, row.detail_json.as_deref())?,
            })
        })
        .collect()
}

/// The step's name and what it holds.
fn to_columns(step: &Step) -> Result<(String, Option<String>), JournalError> {
    let value = serde_json::to_value(step).map_err(|error| RECORDING.failed(&error))?;
    let name = value.get(TYPE).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((name, value.get(DETAIL).map(Value::to_string)))
}

fn from_columns(step: String, detail: Option<&str>) -> Result<Step, JournalError> {
    let mut parts = Map::from_iter([(TYPE.to_owned(), Value::String(step))]);
    if let Some(detail) = detail {
        parts.insert(DETAIL.to_owned(), READING.decode(detail)?);
    }
    serde_json::from_value(Value::Object(parts)).map_err(|error| READING.failed(&format!("unreadable step: {error}")))
}
