//! Ignore rules.

use crate::Store;
use crate::names::Doing;
use dockrev_core::ids::{StackName, WorkloadId};
use dockrev_core::ignore::{IgnoreRule, Matcher, MatcherKind};
use dockrev_core::ports::JournalError;
use jiff::Timestamp;
use sqlx::FromRow;

/// Rules that are kept in all: each is matched against every tag of its service.
pub const IGNORE_RULES_MAX: u32 = 10_000;

const ADDING: Doing = Doing("add an ignore rule");
const READING: Doing = Doing("read the ignore rules");
const REMOVING: Doing = Doing("remove an ignore rule");

#[derive(FromRow)]
struct RuleRow {
    id: i64,
    stack: String,
    service: String,
    kind: String,
    matcher: String,
    note: Option<String>,
    created_at_unix_ms: i64,
}

impl Store {
    /// Adds a rule and gives it as it is kept. The same rule a second time is the one that is there.
    pub async fn add_ignore_rule(
        &self,
        workload: &WorkloadId,
        matcher: &Matcher,
        note: Option<&str>,
        now: Timestamp,
    ) -> Result<IgnoreRule, JournalError> {
        let failed = |error: sqlx::Error| ADDING.failed(&error);
        let mut transaction = self.pool.begin().await.map_err(failed)?;
        let count: i64 = sqlx::query_scalar("select count(*) from ignore_rule")
            .fetch_one(&mut *transaction)
            .await
            .map_err(failed)?;
        if count >= i64::from(IGNORE_RULES_MAX) {
            return Err(ADDING.failed(&format!("there are {count} already, which is the limit")));
        }
        sqlx::query(
            "insert into ignore_rule (id, stack, service, kind, matcher, note, created_at_unix_ms) \
             select coalesce(max(id), 0) + 1, $1, $2, $3, $4, $5, $6 from ignore_rule where true \
             on conflict (stack, service, kind, matcher) do nothing",
        )
        .bind(workload.stack().as_str())
        .bind(workload.name())
        .bind(matcher.kind().to_string())
        .bind(matcher.text())
        .bind(note)
        .bind(now.as_millisecond())
        .execute(&mut *transaction)
        .await
        .map_err(failed)?;
        let row: RuleRow = sqlx::query_as(
            "select id, stack, service, kind, matcher, note, created_at_unix_ms from ignore_rule \
             where stack = $1 and service = $2 and kind = $3 and matcher = $4",
        )
        .bind(workload.stack().as_str())
        .bind(workload.name())
        .bind(matcher.kind().to_string())
        .bind(matcher.text())
        .fetch_one(&mut *transaction)
        .await
        .map_err(failed)?;
        transaction.commit().await.map_err(failed)?;
        rule(row)
    }

    /// All rules, by service and number.
    pub async fn ignore_rules(&self) -> Result<Vec<IgnoreRule>, JournalError> {
        let rows: Vec<RuleRow> = sqlx::query_as(
            "select id, stack, service, kind, matcher, note, created_at_unix_ms from ignore_rule \
             order by stack, service, id",
        )
        .fetch_all(&self.pool)
        .await
        .map_err(|error| READING.failed(&error))?;
        rows.into_iter().map(rule).collect()
    }

    /// Removes a rule. False: there is none of this number.
    pub async fn remove_ignore_rule(&self, id: i64) -> Result<bool, JournalError> {
        let removed = sqlx::query("delete from ignore_rule where id = $1").bind(id).execute(&self.pool).await;
        removed.map(|result| result.rows_affected() > 0).map_err(|error| REMOVING.failed(&error))
    }
}

fn rule(row: RuleRow) -> Result<IgnoreRule, JournalError> {
    let kind = MatcherKind::ALL.into_iter().find(|kind| kind.to_string() == row.kind);
    let kind = kind.ok_or_else(|| READING.failed(&format!("unknown kind `{}`", row.kind)))?;
    Ok(IgnoreRule {
        id: row.id,
        workload: WorkloadId::in_stack(StackName::new(row.stack), &row.service),
        matcher: Matcher::parse(kind, &row.matcher).map_err(|error| READING.failed(&error))?,
        note: row.note,
        created_at: READING.timestamp(row.created_at_unix_ms)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rules_are_kept_once_and_removed_by_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dockrev.db");
        let store = Store::open(&path).await.unwrap();
        let service = |name: &str| WorkloadId::in_stack(StackName::new("shop"), name);
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        let range = Matcher::parse(MatcherKind::Range, ">=6").unwrap();
        let first = store.add_ignore_rule(&service("web"), &range, Some("breaks the theme"), at).await.unwrap();
        let again = store.add_ignore_rule(&service("web"), &range, None, at).await.unwrap();
        assert_eq!(again, first);
        for kind in [MatcherKind::Exact, MatcherKind::Prefix, MatcherKind::Regex] {
            let matcher = Matcher::parse(kind, "5.3").unwrap();
            store.add_ignore_rule(&service("api"), &matcher, None, at).await.unwrap();
        }
        store.close().await;
        let store = Store::open(&path).await.unwrap();
        let rules = store.ignore_rules().await.unwrap();
        assert_eq!(rules.len(), 4);
        assert_eq!(rules.last(), Some(&first), "api comes before web");
        assert!(store.remove_ignore_rule(first.id).await.unwrap());
        assert!(!store.remove_ignore_rule(first.id).await.unwrap());
        assert_eq!(store.ignore_rules().await.unwrap().len(), 3);
    }
}
