//! What was seen behind tags.

use crate::Store;
use crate::names::Doing;
use async_trait::async_trait;
use dockrev_core::image::Repository;
use dockrev_core::ports::{JournalError, Sighting, Sightings};
use jiff::Timestamp;
use sqlx::FromRow;

/// Sightings that are kept: those that were seen last. A host with a hundred images that move every day fills it in more
/// than a year, with some 15 MB.
pub const SIGHTINGS_MAX: u32 = 50_000;

const READING: Doing = Doing("read what was seen behind tags");
const KEEPING: Doing = Doing("keep what was seen behind tags");

#[derive(FromRow)]
struct SightingRow {
    tag: String,
    digest: String,
    first_seen_unix_ms: i64,
}

#[async_trait]
impl Sightings for Store {
    async fn sightings_of(&self, repository: &Repository) -> Result<Vec<Sighting>, JournalError> {
        let rows: Vec<SightingRow> =
            sqlx::query_as("select tag, digest, first_seen_unix_ms from sighting where repository = $1")
                .bind(repository.to_string())
                .fetch_all(&self.pool)
                .await
                .map_err(|error| READING.failed(&error))?;
        rows.iter().map(|row| sighting(repository, row)).collect()
    }

    async fn keep_sightings(&self, sightings: &[Sighting], now: Timestamp) -> Result<(), JournalError> {
        self.keep_at_most(SIGHTINGS_MAX, sightings, now).await
    }
}

impl Store {
    async fn keep_at_most(&self, limit: u32, sightings: &[Sighting], now: Timestamp) -> Result<(), JournalError> {
        let failed = |error: sqlx::Error| KEEPING.failed(&error);
        if sightings.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        for sighting in sightings {
            sqlx::query(
                "insert into sighting (repository, tag, digest, first_seen_unix_ms, last_seen_unix_ms) \
                 values ($1, $2, $3, $4, $5) on conflict (repository, tag, digest) do update set \
                 first_seen_unix_ms = case when excluded.first_seen_unix_ms < sighting.first_seen_unix_ms \
                 then excluded.first_seen_unix_ms else sighting.first_seen_unix_ms end, \
                 last_seen_unix_ms = excluded.last_seen_unix_ms",
            )
            .bind(sighting.repository.to_string())
            .bind(sighting.tag.as_str())
            .bind(sighting.digest.to_string())
            .bind(sighting.first_seen.as_millisecond())
            .bind(now.as_millisecond())
            .execute(&mut *transaction)
            .await
            .map_err(failed)?;
        }
        sqlx::query(
            "delete from sighting where (repository, tag, digest) in \
             (select repository, tag, digest from sighting \
             order by last_seen_unix_ms desc, first_seen_unix_ms desc, repository, tag, digest \
             limit (select count(*) from sighting) offset $1)",
        )
        .bind(i64::from(limit))
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)
    }
}

fn sighting(repository: &Repository, row: &SightingRow) -> Result<Sighting, JournalError> {
    let unreadable = |what: &str, text: &str| READING.failed(&format!("`{text}` is no {what}"));
    Ok(Sighting {
        repository: repository.clone(),
        tag: row.tag.parse().map_err(|_| unreadable("tag", &row.tag))?,
        digest: row.digest.parse().map_err(|_| unreadable("digest", &row.digest))?,
        first_seen: READING.timestamp(row.first_seen_unix_ms)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::image::ImageRef;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn seen(image: &str, digit: &str, first_seen: i64) -> Sighting {
        let reference: ImageRef = image.parse().unwrap();
        Sighting {
            repository: reference.repository().clone(),
            tag: reference.effective_tag().unwrap(),
            digest: format!("sha256:{}", digit.repeat(64)).parse().unwrap(),
            first_seen: at(first_seen),
        }
    }

    async fn of(store: &Store, image: &str) -> Vec<Sighting> {
        let mut all = store.sightings_of(image.parse::<ImageRef>().unwrap().repository()).await.unwrap();
        all.sort();
        all
    }

    #[tokio::test]
    async fn the_first_time_is_kept_for_each_tag_and_digest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dockrev.db");
        let store = Store::open(&path).await.unwrap();
        let (one, two) = (seen("shop/web:1", "a", 100), seen("shop/web:1", "b", 200));
        store.keep_sightings(&[one.clone(), seen("shop/api:1", "a", 100)], at(100)).await.unwrap();
        store.keep_sightings(&[seen("shop/web:1", "a", 300), two.clone()], at(300)).await.unwrap();
        store.close().await;
        let store = Store::open(&path).await.unwrap();
        assert_eq!(of(&store, "shop/web").await, [one, two.clone()]);
        assert_eq!(of(&store, "shop/none").await, []);
        // A clock that was ahead is set right.
        store.keep_sightings(&[seen("shop/web:1", "a", 50)], at(50)).await.unwrap();
        assert_eq!(of(&store, "shop/web").await, [seen("shop/web:1", "a", 50), two]);
    }

    #[tokio::test]
    async fn what_was_not_seen_for_longest_gives_way() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let all = ["a", "b", "c"].map(|digit| seen("shop/web:1", digit, 100));
        for (sighting, second) in all.iter().zip([100, 110, 120]) {
            store.keep_at_most(2, std::slice::from_ref(sighting), at(second)).await.unwrap();
            store.keep_at_most(2, &all[..1], at(second)).await.unwrap();
        }
        assert_eq!(of(&store, "shop/web").await, [all[0].clone(), all[2].clone()]);
    }
}
