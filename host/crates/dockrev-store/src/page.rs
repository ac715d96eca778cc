//! Jobs and their logs page by page.

use crate::Store;
use crate::job::{JobRow, into_jobs};
use crate::log::LineRow;
use crate::names::Doing;
use dockrev_core::ids::JobId;
use dockrev_core::job::{Job, LogLine};
use dockrev_core::ports::JournalError;
use sqlx::{QueryBuilder, Sqlite};

const READING: Doing = Doing("read jobs");
const READING_LOG: Doing = Doing("read a job's log");

/// Which jobs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// In this state, by its name.
    pub state: Option<String>,
    /// Of this stack.
    pub stack: Option<String>,
    /// Of the service, or the container that belongs to no stack, of this name.
    pub service: Option<String>,
}

/// Where a job stands among all, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPlace {
    /// When it was asked for, in Unix milliseconds.
    pub created_at_unix_ms: i64,
    /// Its id.
    pub id: String,
}

/// A line of a log, and its number, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedLine {
    /// Its number.
    pub number: i64,
    /// The line.
    pub line: LogLine,
}

impl Store {
    /// At most `limit` jobs that come after `after`, newest first.
    pub async fn jobs_after(
        &self,
        filter: &JobFilter,
        after: Option<&JobPlace>,
        limit: u32,
    ) -> Result<Vec<Job>, JournalError> {
        // Only what is asked for is a condition: an index serves it then.
        let mut query = QueryBuilder::<Sqlite>::new(
            "select id, state_json, change_json, requested_by, created_at_unix_ms, changed_at_unix_ms from job where true",
        );
        for (column, value) in [("state", &filter.state), ("stack", &filter.stack), ("service", &filter.service)] {
            if let Some(value) = value {
                query.push(format!(" and {column} = ")).push_bind(value);
            }
        }
        if let Some(JobPlace { created_at_unix_ms: at, id }) = after {
            query.push(" and (created_at_unix_ms < ").push_bind(*at);
            query.push(" or (created_at_unix_ms = ").push_bind(*at).push(" and id < ").push_bind(id).push("))");
        }
        query.push(" order by created_at_unix_ms desc, id desc limit ").push_bind(i64::from(limit));
        let rows: Result<Vec<JobRow>, _> = query.build_query_as().fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| READING.failed(&error))?;
        into_jobs(rows)
    }

    /// How many jobs there are in each state, by its name.
    pub async fn count_jobs(&self) -> Result<Vec<(String, i64)>, JournalError> {
        sqlx::query_as("select state, count(*) from job group by state order by state")
            .fetch_all(&self.pool)
            .await
            .map_err(|error| READING.failed(&error))
    }

    /// At most `limit` lines of a job's log after the one of number `after`, in order.
    pub async fn log_after(&self, job: &JobId, after: i64, limit: u32) -> Result<Vec<NumberedLine>, JournalError> {
        let rows: Vec<LineRow> = sqlx::query_as(
            "select sequence, at_unix_ms, source, line from job_log where job_id = $1 and sequence > $2 \
             order by sequence limit $3",
        )
        .bind(job.as_str())
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING_LOG.failed(&error))?;
        let line = |row: LineRow| {
            let number = row.sequence;
            Ok(NumberedLine { number, line: row.into_line(READING_LOG)? })
        };
        rows.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{job, line};
    use dockrev_core::job::JobState;
    use dockrev_core::ports::Journal as _;

    #[tokio::test]
    async fn pages_follow_each_other_without_a_gap() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        for (id, second) in [("a", 1), ("b", 2), ("c", 2), ("d", 3)] {
            let state = if id == "d" { JobState::Updated } else { JobState::first() };
            store.create(&job(id, second, state)).await.unwrap();
        }
        let (mut after, mut seen) = (None, String::new());
        loop {
            let page = store.jobs_after(&JobFilter::default(), after.as_ref(), 1).await.unwrap();
            let Some(job) = page.first() else { break };
            seen.push_str(job.id.as_str());
            after = Some(JobPlace { created_at_unix_ms: job.created_at.as_millisecond(), id: job.id.to_string() });
        }
        assert_eq!(seen, "dcba");
        let filter = JobFilter { state: Some("updated".to_owned()), ..JobFilter::default() };
        let found = store.jobs_after(&filter, None, 10).await.unwrap();
        assert_eq!(found.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["d"]);
        let filter = JobFilter { stack: Some("nowhere".to_owned()), ..JobFilter::default() };
        assert_eq!(store.jobs_after(&filter, None, 10).await.unwrap(), []);
        let of_service = |service: &str| JobFilter {
            stack: Some("shop".to_owned()),
            service: Some(service.to_owned()),
            ..JobFilter::default()
        };
        let place = JobPlace { created_at_unix_ms: 2, id: "c".to_owned() };
        let found = store.jobs_after(&of_service("app"), Some(&place), 10).await.unwrap();
        assert_eq!(found.iter().map(|job| job.id.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(store.jobs_after(&of_service("web"), None, 10).await.unwrap(), []);
        assert_eq!(store.count_jobs().await.unwrap(), [("running".to_owned(), 3), ("updated".to_owned(), 1)]);
    }

    #[tokio::test]
    async fn a_log_goes_on_after_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let job = job("a", 1, JobState::first());
        store.create(&job).await.unwrap();
        let lines: Vec<_> = (1..=3).map(|number: i32| line(number.to_string())).collect();
        store.append_log(&job.id, &lines).await.unwrap();
        let page = store.log_after(&job.id, 1, 1).await.unwrap();
        assert_eq!(page, [NumberedLine { number: 2, line: line("2".to_owned()) }]);
    }
}
