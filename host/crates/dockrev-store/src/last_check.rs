//! What the last check of the whole host found.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ports::JournalError;
use jiff::Timestamp;

const KEEPING: Doing = Doing("keep what a check found");
const READING: Doing = Doing("read what the last check found");

impl Store {
    /// Keeps the document of a check, instead of the one before.
    pub async fn keep_last_check(&self, checked_at: Timestamp, result_json: &str) -> Result<(), JournalError> {
        sqlx::query(
            "insert into last_check (id, checked_at_unix_ms, result_json) values (1, $1, $2) \
             on conflict (id) do update set checked_at_unix_ms = excluded.checked_at_unix_ms, \
             result_json = excluded.result_json",
        )
        .bind(checked_at.as_millisecond())
        .bind(result_json)
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(|error| KEEPING.failed(&error))
    }

    /// The document of the last check, and when it was made.
    pub async fn last_check(&self) -> Result<Option<(Timestamp, String)>, JournalError> {
        let row: Option<(i64, String)> =
            sqlx::query_as("select checked_at_unix_ms, result_json from last_check where id = 1")
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| READING.failed(&error))?;
        row.map(|(at, result)| Ok((READING.timestamp(at)?, result))).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_newest_takes_the_place_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        assert_eq!(store.last_check().await.unwrap(), None);
        for second in [1_800_000_000, 1_800_000_060] {
            let at = Timestamp::from_second(second).unwrap();
            let document = format!("{{\"at\":{second}}}");
            store.keep_last_check(at, &document).await.unwrap();
            assert_eq!(store.last_check().await.unwrap(), Some((at, document)));
        }
    }
}
