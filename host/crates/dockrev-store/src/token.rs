//! Tokens of the API. Only the hash of one is ever seen here.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use sqlx::FromRow;

/// Tokens that are kept in all: each is for a program or a person that somebody remembers.
pub const TOKENS_MAX: u32 = 1_000;

const ADDING: Doing = Doing("add a token");
const READING: Doing = Doing("read tokens");
const REMOVING: Doing = Doing("remove a token");

/// A token, less what makes it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredToken {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What it may do: `read`, `check`, `update` or `admin`.
    pub scope: String,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it was last used, within some minutes.
    pub last_used_at: Option<Timestamp>,
}

#[derive(FromRow)]
struct TokenRow {
    id: String,
    name: String,
    scope: String,
    created_by: String,
    created_at_unix_ms: i64,
    last_used_at_unix_ms: Option<i64>,
}

impl TokenRow {
    fn into_token(self) -> Result<StoredToken, JournalError> {
        Ok(StoredToken {
            id: self.id,
            name: self.name,
            scope: self.scope,
            created_by: self.created_by,
            created_at: READING.timestamp(self.created_at_unix_ms)?,
            last_used_at: self.last_used_at_unix_ms.map(|at| READING.timestamp(at)).transpose()?,
        })
    }
}

impl Store {
    /// Adds a token whose secret has this hash. False: there is one of that name.
    pub async fn add_token(&self, token: &StoredToken, secret_sha256: &str) -> Result<bool, JournalError> {
        let failed = |error: sqlx::Error| ADDING.failed(&error);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let added = sqlx::query(
            "insert into api_token (id, name, scope, secret_sha256, created_by, created_at_unix_ms) \
             values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing",
        )
        .bind(&token.id)
        .bind(&token.name)
        .bind(&token.scope)
        .bind(secret_sha256)
        .bind(&token.created_by)
        .bind(token.created_at.as_millisecond())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let count: i64 =
            sqlx::query_scalar("select count(*) from api_token").fetch_one(&mut *transaction).await.map_err(failed)?;
        if count > i64::from(TOKENS_MAX) {
            return Err(ADDING.failed(&format!("there are {TOKENS_MAX} already, which is the limit")));
        }
        transaction.commit().await.map_err(failed)?;
        Ok(added.rows_affected() == 1)
    }

    /// All tokens, by name.
    pub async fn tokens(&self) -> Result<Vec<StoredToken>, JournalError> {
        let rows: Vec<TokenRow> = sqlx::query_as(
            "select id, name, scope, created_by, created_at_unix_ms, last_used_at_unix_ms from api_token order by name",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        rows.into_iter().map(TokenRow::into_token).collect()
    }

    /// The token whose secret has this hash.
    pub async fn token(&self, secret_sha256: &str) -> Result<Option<StoredToken>, JournalError> {
        let row: Option<TokenRow> = sqlx::query_as(
            "select id, name, scope, created_by, created_at_unix_ms, last_used_at_unix_ms from api_token \
             where secret_sha256 = $1",
        )
        .bind(secret_sha256)
        .fetch_optional(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        row.map(TokenRow::into_token).transpose()
    }

    /// Writes down that a token was used.
    pub async fn token_was_used(&self, id: &str, at: Timestamp) -> Result<(), JournalError> {
        const MARKING: Doing = Doing("write down that a token was used");
        sqlx::query("update api_token set last_used_at_unix_ms = $2 where id = $1")
            .bind(id)
            .bind(at.as_millisecond())
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| MARKING.failed(&error))
    }

    /// Removes the token of this name. False: there is none.
    pub async fn remove_token(&self, name: &str) -> Result<bool, JournalError> {
        let removed = sqlx::query("delete from api_token where name = $1").bind(name).execute(&self.pool).await;
        removed.map(|result| result.rows_affected() > 0).map_err(|error| REMOVING.failed(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn tokens_are_found_by_their_hash_and_removed_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let token = |id: &str, name: &str| StoredToken {
            id: id.to_owned(),
            name: name.to_owned(),
            scope: "check".to_owned(),
            created_by: "cli:me".to_owned(),
            created_at: at,
            last_used_at: None,
        };
        assert!(store.add_token(&token("1", "ci"), "aa").await.unwrap());
        assert!(!store.add_token(&token("2", "ci"), "bb").await.unwrap());
        assert!(store.add_token(&token("3", "backup"), "cc").await.unwrap());
        assert_eq!(store.token("aa").await.unwrap(), Some(token("1", "ci")));
        assert_eq!(store.token("bb").await.unwrap(), None);
        store.token_was_used("1", at).await.unwrap();
        let names: Vec<String> = store.tokens().await.unwrap().into_iter().map(|token| token.name).collect();
        assert_eq!(names, ["backup", "ci"]);
        assert_eq!(store.token("aa").await.unwrap().unwrap().last_used_at, Some(at));
        assert!(store.remove_token("ci").await.unwrap());
        assert!(!store.remove_token("ci").await.unwrap());
        assert_eq!(store.token("aa").await.unwrap(), None);
    }
}
