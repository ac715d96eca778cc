//! Checks that the server makes, and what the last one found.

use super::{Server, now};
use crate::events::EventKind;
use crate::operations::Failure;
use crate::operations::check::{self, CheckResult, Entry, Question};
use crate::operations::words::EntryKind;
use dockrev_core::ids::StackName;
use dockrev_engine::detect::Scope;
use dockrev_store::Store;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Mutex as AsyncMutex;
use utoipa::ToSchema;

/// How often progress is told of: more often is not seen.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// What the last check found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LastCheck {
    /// When the whole host was checked.
    pub(crate) checked_at: Timestamp,
    /// What was found, with what smaller checks found since.
    pub(crate) result: CheckResult,
}

/// How far a check has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct CheckProgress {
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) started_at: Timestamp,
    /// Whether it is of the whole host.
    pub(crate) is_whole: bool,
    /// Subjects that are done.
    pub(crate) done: usize,
    /// Of how many.
    pub(crate) total: usize,
}

/// Checks, and what the last one found.
#[derive(Default)]
pub(crate) struct Checks {
    last: Mutex<Option<Arc<LastCheck>>>,
    progress: Mutex<Option<CheckProgress>>,
    failure: Mutex<Option<Failure>>,
    next: Mutex<Option<Timestamp>>,
    tickets: Mutex<Tickets>,
    /// One at a time: two would ask the same.
    turn: AsyncMutex<()>,
}

/// Checks that were asked for and have not ended.
#[derive(Default)]
struct Tickets {
    last: u64,
    unfinished: BTreeSet<u64>,
    /// The one of the whole host among them.
    whole: Option<u64>,
}

/// A check that was asked for, until it has ended.
struct Ticket<'a> {
    checks: &'a Checks,
    number: u64,
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        let mut tickets = self.checks.tickets();
        tickets.unfinished.remove(&self.number);
        if tickets.whole == Some(self.number) {
            tickets.whole = None;
        }
    }
}

/// What became of the wish for a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Asked {
    /// It begins.
    Started,
    /// One of the whole host goes on already: its answer is the one.
    Joined,
}

impl Checks {
    /// What an earlier process found. What cannot be read any more is none.
    pub(super) async fn load(store: &Store) -> Self {
        let checks = Self::default();
        match store.last_check().await {
            Ok(Some((checked_at, json))) => match serde_json::from_str(&json) {
                Ok(result) => checks.keep(Arc::new(LastCheck { checked_at, result })),
                Err(error) => tracing::warn!("what the last check found cannot be read any more: {error}"),
            },
            Ok(None) => {}
            Err(error) => tracing::warn!("{error}"),
        }
        checks
    }

    /// What the last check found.
    pub(crate) fn last(&self) -> Option<Arc<LastCheck>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How far the one that goes on has come.
    pub(crate) fn progress(&self) -> Option<CheckProgress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the last one found something of it.
    pub(crate) fn has(&self, scope: &Scope) -> bool {
        self.last().is_some_and(|last| last.result.entries.iter().any(|entry| is_in(entry, scope)))
    }

    /// Why the last one of the whole host failed, if it did.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// When the server checks next by itself, if it does.
    pub(crate) fn next(&self) -> Option<Timestamp> {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_next(&self, next: Option<Timestamp>) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// Numbers of the checks that were asked for and have not ended.
    pub(crate) fn unfinished(&self) -> Vec<u64> {
        self.tickets().unfinished.iter().copied().collect()
    }

    fn tickets(&self) -> MutexGuard<'_, Tickets> {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a number for a check, or gives that of the one whose answer will do.
    fn ask(&self, scope: &Scope) -> (Asked, u64) {
        let mut tickets = self.tickets();
        let is_whole = *scope == Scope::All;
        if let Some(number) = tickets.whole.filter(|_| is_whole) {
            return (Asked::Joined, number);
        }
        tickets.last += 1;
        let number = tickets.last;
        tickets.unfinished.insert(number);
        if is_whole {
            tickets.whole = Some(number);
        }
        (Asked::Started, number)
    }

    fn keep(&self, last: Arc<LastCheck>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    fn set_progress(&self, progress: Option<CheckProgress>) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }

    fn set_failure(&self, failure: Option<Failure>) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// Begins a check in the background, and gives its number among [`Checks::unfinished`]. One of the whole host is joined if
/// there is one already.
pub(crate) fn begin(server: &Arc<Server>, scope: Scope) -> (Asked, u64) {
    let number = match server.checks.ask(&scope) {
        (Asked::Joined, number) => return (Asked::Joined, number),
        (Asked::Started, number) => number,
    };
    let server = Arc::clone(server);
    tokio::spawn(async move {
        let ticket = Ticket { checks: &server.checks, number };
        make(&server, scope).await;
        drop(ticket);
    });
    (Asked::Started, number)
}

/// Checks, keeps what was found, and tells of it. A check that fails leaves what the last one found.
pub(crate) async fn run(server: &Server, scope: Scope) {
    match server.checks.ask(&scope) {
        (Asked::Started, number) => {
            let ticket = Ticket { checks: &server.checks, number };
            make(server, scope).await;
            drop(ticket);
        }
        // Whoever asked first tells of it.
        (Asked::Joined, _) => {}
    }
}

async fn make(server: &Server, scope: Scope) {
    let _turn = server.checks.turn.lock().await;
    let (began, started_at) = (Instant::now(), now());
    let told = Mutex::new(None::<Instant>);
    let progress = |done: usize, total: usize| {
        let progress = CheckProgress { started_at, is_whole: scope == Scope::All, done, total };
        server.checks.set_progress(Some(progress.clone()));
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        if done == total || told.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY) {
            *told = Some(Instant::now());
            server.events.tell(EventKind::CheckProgress, &progress);
        }
    };
    progress(0, 0);
    let found = look(server, &scope, &progress, began).await;
    server.metrics.checked(began.elapsed(), found.is_ok());
    server.checks.set_progress(None);
    match found {
        Ok(result) => {
            if scope == Scope::All {
                server.checks.set_failure(None);
            }
            keep(server, &scope, started_at, result).await;
        }
        Err(failure) => {
            tracing::error!(code = failure.code(), "a check failed: {}", failure.message());
            if scope == Scope::All {
                server.checks.set_failure(Some(failure));
            }
        }
    }
    server.events.tell(EventKind::CandidatesChanged, &serde_json::json!({}));
}

async fn look(
    server: &Server,
    scope: &Scope,
    progress: &(dyn Fn(usize, usize) + Send + Sync),
    began: Instant,
) -> Result<CheckResult, Failure> {
    let question = Question { scope: Some(scope.clone()), images: Vec::new() };
    let checked = check::check(&server.app, &question, progress).await?;
    checked.result(&server.app, began.elapsed()).await
}

async fn keep(server: &Server, scope: &Scope, at: Timestamp, result: CheckResult) {
    let last = match (scope, server.checks.last()) {
        (Scope::All, _) => LastCheck { checked_at: at, result },
        (Scope::Stacks(_) | Scope::Service(_) | Scope::Container(_), Some(last)) => {
            LastCheck { checked_at: last.checked_at, result: merged(&last.result, result, scope) }
        }
        // A part is not the whole.
        (Scope::Stacks(_) | Scope::Service(_) | Scope::Container(_), None) => return,
    };
    let json = serde_json::to_string(&last.result);
    server.checks.keep(Arc::new(last.clone()));
    let kept = match (json, server.app.store().await) {
        (Ok(json), Ok(store)) => store.keep_last_check(last.checked_at, &json).await.map_err(|error| error.to_string()),
        (Err(error), _) => Err(error.to_string()),
        (_, Err(error)) => Err(error.to_string()),
    };
    if let Err(reason) = kept {
        tracing::warn!("what a check found is not kept: {reason}");
    }
}

/// What was found of a part takes the place of what was known of it.
fn merged(last: &CheckResult, part: CheckResult, scope: &Scope) -> CheckResult {
    let mut registries = last.registries.clone();
    registries.extend(part.registries);
    let others = last.entries.iter().filter(|entry| !is_in(entry, scope)).cloned();
    let mut entries: Vec<Entry> = others.chain(part.entries).collect();
    entries.sort_by(|a, b| place(a).cmp(&place(b)));
    CheckResult {
        platform: part.platform,
        counts: check::counts(entries.iter().map(|entry| entry.status)),
        effort: part.effort,
        registries,
        entries,
    }
}

/// In which order entries are shown: containers without a stack last.
pub(crate) fn place(entry: &Entry) -> (bool, &str, &str) {
    (entry.stack.is_none(), entry.stack.as_deref().unwrap_or_default(), &entry.name)
}

fn is_in(entry: &Entry, scope: &Scope) -> bool {
    let is_of = |stack: &StackName| entry.stack.as_deref() == Some(stack.as_str());
    match scope {
        Scope::All => true,
        Scope::Stacks(stacks) => stacks.iter().any(is_of),
        Scope::Service(id) => is_of(&id.stack) && entry.name == id.service.as_str(),
        Scope::Container(name) => entry.kind == EntryKind::Container && entry.name == name.as_str(),
    }
}

/// What the entries of one stack come to.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(crate) struct StackSummary {
    /// Its name.
    pub(crate) name: String,
    /// How many services it has.
    pub(crate) services: u64,
    /// How many of them run.
    pub(crate) running: u64,
    /// How many entries have each status.
    pub(crate) counts: BTreeMap<String, u64>,
}

/// The stacks of a check, by name.
pub(crate) fn stacks(result: &CheckResult) -> Vec<StackSummary> {
    let mut stacks: BTreeMap<&str, StackSummary> = BTreeMap::new();
    for entry in &result.entries {
        let Some(name) = entry.stack.as_deref() else { continue };
        let stack = stacks.entry(name).or_insert_with(|| StackSummary { name: name.to_owned(), ..Default::default() });
        stack.services += 1;
        stack.running += u64::from(entry.running.as_ref().is_some_and(|running| running.is_running));
        *stack.counts.entry(entry.status.as_str().to_owned()).or_default() += 1;
    }
    stacks.into_values().collect()
}
