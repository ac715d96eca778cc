//! Plans that were made to be looked at before they are done.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ids::JobId;
use dockrev_core::plan::Change;
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use sqlx::FromRow;

/// Plans that are kept; the oldest give way. One is of use until it is started, or until the world has overtaken it.
pub const PLANS_MAX: u32 = 500;

const KEEPING: Doing = Doing("keep a plan");
const READING: Doing = Doing("read a plan");
const RUNNING: Doing = Doing("write down what became of a plan");

/// A plan.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredPlan {
    /// Its id.
    pub id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who asked for it.
    pub created_by: String,
    /// What was asked for, if somebody did: a JSON document.
    pub asked_json: Option<String>,
    /// What it changes, in order.
    pub changes: Vec<Change>,
    /// All of its entries, as they are shown: a JSON document.
    pub entries_json: String,
    /// What became of it since it was started: a JSON document.
    pub run_json: Option<String>,
}

#[derive(FromRow)]
struct PlanRow {
    id: String,
    created_at_unix_ms: i64,
    created_by: String,
    asked_json: Option<String>,
    changes_json: String,
    entries_json: String,
    run_json: Option<String>,
}

impl Store {
    /// Keeps a new plan, and lets go of the oldest beyond the limit.
    pub async fn keep_plan(&self, plan: &StoredPlan) -> Result<(), JournalError> {
        let failed = |error: sqlx::Error| KEEPING.failed(&error);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        sqlx::query(
            "insert into update_plan \
             (id, created_at_unix_ms, created_by, asked_json, changes_json, entries_json, run_json) \
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&plan.id)
        .bind(plan.created_at.as_millisecond())
        .bind(&plan.created_by)
        .bind(&plan.asked_json)
        .bind(KEEPING.encode(&plan.changes)?)
        .bind(&plan.entries_json)
        .bind(&plan.run_json)
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        sqlx::query(
            "delete from update_plan where id in (select id from update_plan \
             order by created_at_unix_ms desc, id desc limit (select count(*) from update_plan) offset $1)",
        )
        .bind(i64::from(PLANS_MAX))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }

    /// The plan of this id.
    pub async fn plan(&self, id: &str) -> Result<Option<StoredPlan>, JournalError> {
        let row: Option<PlanRow> = sqlx::query_as(
            "select id, created_at_unix_ms, created_by, asked_json, changes_json, entries_json, run_json \
             from update_plan where id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        row.map(plan).transpose()
    }

    /// Writes down that a plan is started. False: it has been already, or there is none of this id.
    pub async fn start_plan(&self, id: &str, run_json: &str) -> Result<bool, JournalError> {
        let started = sqlx::query("update update_plan set run_json = $2 where id = $1 and run_json is null")
            .bind(id)
            .bind(run_json)
            .execute(&self.pool)
            .await;
        started.map(|result| result.rows_affected() == 1).map_err(|error| RUNNING.failed(&error))
    }

    /// Writes down how far a plan has come.
    pub async fn follow_plan(&self, id: &str, run_json: &str) -> Result<(), JournalError> {
        let followed = sqlx::query("update update_plan set run_json = $2 where id = $1").bind(id).bind(run_json);
        followed.execute(&self.pool).await.map(drop).map_err(|error| RUNNING.failed(&error))
    }

    /// Writes down that a job is part of a plan. A second time is the same as once.
    pub async fn add_job_to_plan(&self, id: &str, job: &JobId) -> Result<(), JournalError> {
        let added =
            sqlx::query("insert into plan_job (job_id, plan_id) values ($1, $2) on conflict (job_id) do nothing");
        let added = added.bind(job.as_str()).bind(id).execute(&self.pool).await;
        added.map(drop).map_err(|error| RUNNING.failed(&error))
    }

    /// The plan that a job is part of.
    pub async fn plan_of_job(&self, job: &JobId) -> Result<Option<String>, JournalError> {
        let found = sqlx::query_scalar("select plan_id from plan_job where job_id = $1").bind(job.as_str());
        found.fetch_optional(&self.pool).await.map_err(|error| READING.failed(&error))
    }
}

fn plan(row: PlanRow) -> Result<StoredPlan, JournalError> {
    Ok(StoredPlan {
        id: row.id,
        created_at: READING.timestamp(row.created_at_unix_ms)?,
        created_by: row.created_by,
        asked_json: row.asked_json,
        changes: READING.decode(&row.changes_json)?,
        entries_json: row.entries_json,
        run_json: row.run_json,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ports::Journal as _;

    fn plan(number: i64) -> StoredPlan {
        StoredPlan {
            id: format!("plan-{number}"),
            created_at: Timestamp::from_second(1_800_000_000 + number).unwrap(),
            created_by: "token:ci".to_owned(),
            asked_json: Some("{}".to_owned()),
            changes: vec![crate::tests::job("job", number, dockrev_core::job::JobState::first()).change],
            entries_json: "[]".to_owned(),
            run_json: None,
        }
    }

    #[tokio::test]
    async fn a_plan_is_started_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        store.keep_plan(&plan(1)).await.unwrap();
        assert_eq!(store.plan("plan-1").await.unwrap(), Some(plan(1)));
        assert_eq!(store.plan("plan-2").await.unwrap(), None);
        assert!(store.start_plan("plan-1", "{}").await.unwrap());
        assert!(!store.start_plan("plan-1", "{}").await.unwrap());
        assert!(!store.start_plan("plan-2", "{}").await.unwrap());
        store.follow_plan("plan-1", "{\"state\":1}").await.unwrap();
        let run = store.plan("plan-1").await.unwrap().unwrap().run_json;
        assert_eq!(run.as_deref(), Some("{\"state\":1}"));
    }

    #[tokio::test]
    async fn a_job_knows_its_plan() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        store.keep_plan(&plan(1)).await.unwrap();
        for id in ["a", "b"] {
            store.create(&crate::tests::job(id, 1, dockrev_core::job::JobState::first())).await.unwrap();
        }
        for _ in 0..2 {
            store.add_job_to_plan("plan-1", &JobId::new("a")).await.unwrap();
        }
        assert_eq!(store.plan_of_job(&JobId::new("a")).await.unwrap().as_deref(), Some("plan-1"));
        assert_eq!(store.plan_of_job(&JobId::new("b")).await.unwrap(), None);
    }
}
