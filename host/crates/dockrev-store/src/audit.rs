//! The audit trail: rows are added and read, and that is all.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use sqlx::FromRow;

const ADDING: Doing = Doing("add to the audit trail");
/// Entries that are kept: the oldest go.
const ENTRIES_MAX: i64 = 100_000;

const READING: Doing = Doing("read the audit trail");

/// Something that somebody asked for, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number, from 1. Zero in one that is to be added.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who: `token:ci`, `user:ann`, `cli:root`.
    pub who: String,
    /// From which address.
    pub address: String,
    /// What: the method and the path.
    pub action: String,
    /// With what parameters: the body, shortened.
    pub parameters: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The code of what went wrong, if something did.
    pub code: Option<String>,
}

#[derive(FromRow)]
struct AuditRow {
    id: i64,
    at_unix_ms: i64,
    who: String,
    address: String,
    action: String,
    parameters: Option<String>,
    status: i64,
    code: Option<String>,
}

impl Store {
    /// Adds to the trail.
    pub async fn add_audit_entry(&self, entry: &AuditEntry) -> Result<(), JournalError> {
        sqlx::query(
            "insert into audit_entry (id, at_unix_ms, who, address, action, parameters, status, code) \
             select coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6, $7 from audit_entry",
        )
        .bind(entry.at.as_millisecond())
        .bind(&entry.who)
        .bind(&entry.address)
        .bind(&entry.action)
        .bind(&entry.parameters)
        .bind(i64::from(entry.status))
        .bind(&entry.code)
        .execute(&self.pool)
        .await
        .map_err(|error| ADDING.failed(&error))?;
        sqlx::query("delete from audit_entry where id <= (select max(id) from audit_entry) - $1")
            .bind(ENTRIES_MAX)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(|error| ADDING.failed(&error))
    }

    /// Entries before the number `before`, newest first.
    pub async fn audit_entries(&self, before: Option<i64>, limit: u32) -> Result<Vec<AuditEntry>, JournalError> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "select id, at_unix_ms, who, address, action, parameters, status, code from audit_entry \
             where id < $1 order by id desc limit $2",
        )
        .bind(before.unwrap_or(i64::MAX))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        rows.into_iter().map(entry).collect()
    }
}

fn entry(row: AuditRow) -> Result<AuditEntry, JournalError> {
    Ok(AuditEntry {
        id: row.id,
        at: READING.timestamp(row.at_unix_ms)?,
        who: row.who,
        address: row.address,
        action: row.action,
        parameters: row.parameters,
        status: u16::try_from(row.status).map_err(|error| READING.failed(&error))?,
        code: row.code,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn entries_are_numbered_and_read_from_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        let entry = |id: i64| AuditEntry {
            id,
            at: Timestamp::from_second(1_800_000_000).unwrap(),
            who: "token:ci".to_owned(),
            address: "127.0.0.1".to_owned(),
            action: format!("POST /{id}"),
            parameters: (id == 2).then(|| "{}".to_owned()),
            status: 202,
            code: None,
        };
        for id in 1..=3 {
            store.add_audit_entry(&entry(id)).await.unwrap();
        }
        assert_eq!(store.audit_entries(None, 2).await.unwrap(), [entry(3), entry(2)]);
        assert_eq!(store.audit_entries(Some(2), 2).await.unwrap(), [entry(1)]);
    }
}
