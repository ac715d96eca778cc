//! The audit trail: rows are added and read, and that is all.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use sqlx::{FromRow, QueryBuilder, Sqlite};

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

/// Which entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this one: `token:ci`, `user:ann`.
    pub who: Option<String>,
    /// With this text in what was asked for, its parameters or its code; case counts.
    pub text: Option<String>,
    /// Only what was refused or failed (`true`), or what was done (`false`).
    pub failed: Option<bool>,
    /// From then on, in Unix milliseconds.
    pub since_unix_ms: Option<i64>,
    /// Before then, in Unix milliseconds.
    pub until_unix_ms: Option<i64>,
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

    /// Entries before the number `before` that the filter lets through, newest first.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, JournalError> {
        // Only what is asked for is a condition: an index serves it then.
        let mut query = QueryBuilder::<Sqlite>::new(
            "select id, at_unix_ms, who, address, action, parameters, status, code from audit_entry where true",
        );
        let AuditFilter { who, text, failed, since_unix_ms, until_unix_ms } = filter;
        if let Some(before) = before {
            query.push(" and id < ").push_bind(before);
        }
        if let Some(who) = who {
            query.push(" and who = ").push_bind(who);
        }
        if let Some(text) = text {
            query.push(" and instr(action || ' ' || coalesce(parameters, '') || ' ' || coalesce(code, ''), ");
            query.push_bind(text).push(") > 0");
        }
        if let Some(failed) = failed {
            query.push(" and (status >= 400) = ").push_bind(*failed);
        }
        if let Some(since) = since_unix_ms {
            query.push(" and at_unix_ms >= ").push_bind(*since);
        }
        if let Some(until) = until_unix_ms {
            query.push(" and at_unix_ms < ").push_bind(*until);
        }
        query.push(" order by id desc limit ").push_bind(i64::from(limit));
        let rows: Result<Vec<AuditRow>, _> = query.build_query_as().fetch_all(&self.pool).await;
        let rows = rows.map_err(|error| READING.failed(&error))?;
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
        let all = AuditFilter::default();
        assert_eq!(store.audit_entries(&all, None, 2).await.unwrap(), [entry(3), entry(2)]);
        assert_eq!(store.audit_entries(&all, Some(2), 2).await.unwrap(), [entry(1)]);
    }

    #[tokio::test]
    async fn a_filter_lets_through_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
        for (second, who, action, status) in [
            (1, "token:ci", "POST /plans", 201),
            (2, "user:ann", "POST /jobs", 202),
            (3, "user:ann", "POST /plans", 422),
        ] {
            let entry = AuditEntry {
                id: 0,
                at: Timestamp::from_second(second).unwrap(),
                who: who.to_owned(),
                address: "127.0.0.1".to_owned(),
                action: action.to_owned(),
                parameters: Some(format!("{{\"percent\":\"100%{second}\"}}")),
                status,
                code: (status == 422).then(|| "tag.invalid".to_owned()),
            };
            store.add_audit_entry(&entry).await.unwrap();
        }
        let check = async |filter: AuditFilter, expected: &[i64]| {
            let found = store.audit_entries(&filter, None, 10).await.unwrap();
            assert_eq!(found.iter().map(|entry| entry.id).collect::<Vec<_>>(), expected, "{filter:?}");
        };
        let text = |text: &str| AuditFilter { text: Some(text.to_owned()), ..AuditFilter::default() };
        check(AuditFilter { who: Some("user:ann".to_owned()), ..AuditFilter::default() }, &[3, 2]).await;
        check(text("/plans"), &[3, 1]).await;
        check(text("tag."), &[3]).await;
        check(text("100%2"), &[2]).await;
        check(text("%"), &[3, 2, 1]).await;
        check(AuditFilter { failed: Some(true), ..AuditFilter::default() }, &[3]).await;
        check(AuditFilter { failed: Some(false), ..AuditFilter::default() }, &[2, 1]).await;
        let (since_unix_ms, until_unix_ms) = (Some(2_000), Some(3_000));
        check(AuditFilter { since_unix_ms, until_unix_ms, ..AuditFilter::default() }, &[2]).await;
    }
}
