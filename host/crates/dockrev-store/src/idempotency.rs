//! Answers to requests that name themselves.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ports::JournalError;
use jiff::{SignedDuration, Timestamp};
use sqlx::FromRow;

/// How long an answer is kept: longer than anybody tries again.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

const BEGINNING: Doing = Doing("write down a request");
const ANSWERING: Doing = Doing("write down an answer");

/// What is known of a request that names itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is new, and written down now.
    New,
    /// It has been answered before.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// It was begun before, and has no answer yet.
    Unanswered,
    /// Another request had this name.
    Different,
}

#[derive(FromRow)]
struct KeyRow {
    request_sha256: String,
    status: Option<i64>,
    body: Option<String>,
}

impl Store {
    /// Writes down that `who` begins the request with this name and hash, unless it was begun before.
    pub async fn begin_request(
        &self,
        (who, name): (&str, &str),
        request_sha256: &str,
        now: Timestamp,
    ) -> Result<Begun, JournalError> {
        let failed = |error: sqlx::Error| BEGINNING.failed(&error);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let too_old = now.checked_sub(KEPT_FOR).unwrap_or(Timestamp::MIN);
        sqlx::query("delete from idempotency_key where created_at_unix_ms < $1")
            .bind(too_old.as_millisecond())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        let added = sqlx::query(
            "insert into idempotency_key (who, name, request_sha256, created_at_unix_ms) values ($1, $2, $3, $4) \
             on conflict (who, name) do nothing",
        )
        .bind(who)
        .bind(name)
        .bind(request_sha256)
        .bind(now.as_millisecond())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let row: KeyRow =
            sqlx::query_as("select request_sha256, status, body from idempotency_key where who = $1 and name = $2")
                .bind(who)
                .bind(name)
                .fetch_one(&mut *transaction)
                .await
                .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        if added.rows_affected() == 1 {
            return Ok(Begun::New);
        }
        if row.request_sha256 != request_sha256 {
            return Ok(Begun::Different);
        }
        match (row.status, row.body) {
            (Some(status), Some(body)) => {
                Ok(Begun::Answered { status: u16::try_from(status).map_err(|error| BEGINNING.failed(&error))?, body })
            }
            (Some(_), None) | (None, _) => Ok(Begun::Unanswered),
        }
    }

    /// Writes down the answer to a request that was begun.
    pub async fn answer_request(&self, (who, name): (&str, &str), status: u16, body: &str) -> Result<(), JournalError> {
        sqlx::query("update idempotency_key set status = $3, body = $4 where who = $1 and name = $2")
            .bind(who)
            .bind(name)
            .bind(i64::from(status))
            .bind(body)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| ANSWERING.failed(&error))
    }

    /// Forgets a request that was begun and did nothing: it may come again.
    pub async fn forget_request(&self, (who, name): (&str, &str)) -> Result<(), JournalError> {
        let forgotten = sqlx::query("delete from idempotency_key where who = $1 and name = $2").bind(who).bind(name);
        forgotten.execute(&self.pool).await.map(drop).map_err(|error| ANSWERING.failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_is_new_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let begin = async |who: &str, hash: &str, at| store.begin_request((who, "k"), hash, at).await.unwrap();
        assert_eq!(begin("a", "1", at).await, Begun::New);
        assert_eq!(begin("a", "1", at).await, Begun::Unanswered);
        assert_eq!(begin("a", "2", at).await, Begun::Different);
        assert_eq!(begin("b", "1", at).await, Begun::New);
        store.answer_request(("a", "k"), 202, "{}").await.unwrap();
        assert_eq!(begin("a", "1", at).await, Begun::Answered { status: 202, body: "{}".to_owned() });
        store.forget_request(("b", "k")).await.unwrap();
        assert_eq!(begin("b", "2", at).await, Begun::New);
        let later = at.checked_add(KEPT_FOR).unwrap().checked_add(SignedDuration::from_secs(1)).unwrap();
        assert_eq!(begin("a", "3", later).await, Begun::New);
    }
}
