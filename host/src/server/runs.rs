//! Carries out plans, and puts jobs back, in the background.

use super::detached::detached;
use super::observer::{Begun, Watcher};
use super::run::{Run, RunOutcome, RunState};
use super::{Server, checks, plans};
use crate::events::EventKind;
use crate::operations::change::WorkloadName;
use crate::operations::jobs::view::JobView;
use crate::operations::update::{Wanted, tell};
use crate::operations::{Failure, Problem};
use dockrev_core::ids::{JobId, StackName};
use dockrev_core::job::DataWish;
use dockrev_core::plan::Change;
use dockrev_core::ports::CancelFlag;
use dockrev_engine::batch::{self, Batch, Item};
use dockrev_engine::detect::Scope;
use dockrev_engine::retention;
use dockrev_store::StoredPlan;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};

/// How long the answer to a start waits for the first job, so that it can name it, or say why there is none.
const FIRST_NEWS_PATIENCE: Duration = Duration::from_secs(10);

/// What is carried out, by name.
pub(crate) struct Runs {
    active: watch::Sender<BTreeSet<String>>,
}

impl Default for Runs {
    fn default() -> Self {
        Self { active: watch::channel(BTreeSet::new()).0 }
    }
}

/// As long as this lives, something is carried out.
struct Active {
    server: Arc<Server>,
    name: String,
}

impl Drop for Active {
    fn drop(&mut self) {
        self.server.runs.active.send_modify(|active| {
            active.remove(&self.name);
        });
    }
}

impl Runs {
    /// Ends when nothing is carried out.
    pub(super) async fn wait_until_idle(&self) {
        // The sender lives as long as this.
        let _ = self.active.subscribe().wait_for(BTreeSet::is_empty).await;
    }

    /// Whether the plan of this id is carried out by this process.
    pub(crate) fn is_active(&self, plan: &str) -> bool {
        self.active.borrow().contains(plan)
    }

    /// How many things are carried out.
    pub(crate) fn count(&self) -> usize {
        self.active.borrow().len()
    }
}

fn activate(server: &Arc<Server>, name: String) -> Result<Active, Failure> {
    if server.is_stopping() {
        return Err(Failure::new("server.stopping", "Dockrev is stopping: no new work begins")
            .hint("try again when it is up again"));
    }
    server.runs.active.send_modify(|active| {
        active.insert(name.clone());
    });
    Ok(Active { server: Arc::clone(server), name })
}

/// Until when jobs are begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Term {
    /// Until all of them are.
    Open,
    /// Until then. One that runs by then comes to its end.
    Until(Timestamp),
}

impl Term {
    fn is_over(self) -> bool {
        match self {
            Self::Open => false,
            Self::Until(end) => Timestamp::now() >= end,
        }
    }
}

/// Takes what is newer of `scope`, in the cautious way, of the changes those that are to be `kept`. Gives the plan and how it
/// begins; nothing if there is nothing to do.
pub(crate) async fn update(
    server: &Arc<Server>,
    scope: Scope,
    (who, term): (&str, Term),
    kept: impl Fn(&Change) -> bool,
) -> Result<Option<(StoredPlan, Run)>, Failure> {
    let plan = plans::make(server, Wanted::cautiously(scope), plans::By { who, asked_json: None }, kept).await?;
    if plan.changes.is_empty() {
        return Ok(None);
    }
    let run = start(server, &plan.id, who, term).await?;
    Ok(Some((plan, run)))
}

/// Has the plan carried out, once, and gives how it begins: with its first job, or why there is none.
pub(crate) async fn start(server: &Arc<Server>, plan: &str, who: &str, term: Term) -> Result<Run, Failure> {
    let (server, plan, who) = (Arc::clone(server), plan.to_owned(), who.to_owned());
    detached(async move || begin(&server, &plan, &who, term).await).await
}

async fn begin(server: &Arc<Server>, plan: &str, who: &str, term: Term) -> Result<Run, Failure> {
    let store = server.app.store().await?;
    let missing = || Failure::new("plan.not-found", format!("there is no plan `{plan}`")).hint("make a new one");
    let stored = store.plan(plan).await?.ok_or_else(missing)?;
    if stored.changes.is_empty() {
        return Err(Failure::new("plan.nothing-to-do", "the plan changes nothing"));
    }
    let run = Run::new(who, stored.changes.iter().map(|change| WorkloadName::from(&change.id())));
    let active = activate(server, stored.id.clone())?;
    if !store.start_plan(&stored.id, &json(&run)?).await? {
        return Err(Failure::new("plan.already-started", "the plan has been started already")
            .hint("make a new one: what it says may have changed"));
    }
    let (run_sender, mut runs) = watch::channel(run);
    let (failure_sender, failure) = oneshot::channel();
    let changes = stored.changes;
    tokio::spawn(detached(move || carry_out(active, (changes, term), run_sender, failure_sender)));
    let has_news =
        |run: &Run| run.state != RunState::Running || run.items.iter().any(|item| item.outcome == RunOutcome::Begun);
    // Whoever carries it out keeps the sender until the end.
    let _ = tokio::time::timeout(FIRST_NEWS_PATIENCE, runs.wait_for(has_news)).await;
    let run = runs.borrow().clone();
    let is_begun = run.items.iter().any(|item| item.outcome == RunOutcome::Begun);
    if run.state == RunState::Ended
        && !is_begun
        && let Ok(failure) = failure.await
    {
        return Err(failure);
    }
    Ok(run)
}

fn json(run: &Run) -> Result<String, Failure> {
    serde_json::to_string(run).map_err(|error| Failure::new("json.failed", error.to_string()))
}

/// What is told of a plan.
#[derive(Serialize)]
struct PlanEvent<'a> {
    plan: &'a str,
    run: &'a Run,
}

/// A run while it goes on: what is known of it is kept and told.
struct Progress<'a> {
    server: &'a Server,
    plan: &'a str,
    run: watch::Sender<Run>,
}

impl Progress<'_> {
    async fn note(&self, change: impl FnOnce(&mut Run)) {
        self.run.send_modify(change);
        let run = self.run.borrow().clone();
        let kept = match (json(&run), self.server.app.store().await) {
            (Ok(json), Ok(store)) => store.follow_plan(self.plan, &json).await.map_err(Failure::from),
            (Err(failure), _) => Err(failure),
            (_, Err(error)) => Err(error.into()),
        };
        if let Err(failure) = kept {
            tracing::warn!("how far a plan has come is not kept: {}", failure.message());
        }
        self.server.events.tell(EventKind::Plan, &PlanEvent { plan: self.plan, run: &run });
    }

    /// Nothing depends on it but the way from a job to its plan.
    async fn keep_job(&self, job: &JobId) {
        let kept = match self.server.app.store().await {
            Ok(store) => store.add_job_to_plan(self.plan, job).await.map_err(Failure::from),
            Err(error) => Err(error.into()),
        };
        if let Err(failure) = kept {
            tracing::warn!("which plan job {job} is part of is not kept: {}", failure.message());
        }
    }
}

async fn carry_out(
    active: Active,
    (changes, term): (Vec<Change>, Term),
    run: watch::Sender<Run>,
    first_failure: oneshot::Sender<Failure>,
) -> Result<(), Failure> {
    let server = &*active.server;
    let progress = Progress { server, plan: &active.name, run };
    let stacks: BTreeSet<StackName> = changes.iter().map(|change| change.id().stack()).collect();
    let done = do_changes(server, (changes, term), &progress).await;
    let failures: Vec<Failure> = match done {
        Ok(batch) => {
            for untold in tell(&server.app, &server.app.config().notify, &batch.items).await {
                tracing::warn!("{} did not get word of {}: {}", untold.channel, untold.job, untold.problem);
            }
            batch.errors.into_iter().map(Failure::from).collect()
        }
        Err(failure) => vec![failure],
    };
    let problems: Vec<Problem> = failures.iter().map(Problem::from).collect();
    if let Some(first) = failures.into_iter().next() {
        // Nobody may be waiting any more.
        let _ = first_failure.send(first);
    }
    progress
        .note(|run| {
            run.problems = problems;
            run.end();
        })
        .await;
    tidy(server).await;
    look_again(server, stacks).await;
    Ok(())
}

/// Settles what was interrupted before, then does one change after the other.
async fn do_changes(
    server: &Server,
    (changes, term): (Vec<Change>, Term),
    progress: &Progress<'_>,
) -> Result<Batch, Failure> {
    let runner = server.app.runner(&server.host, CancelFlag::default()).await?;
    runner.recover(&Watcher::new(server.events.clone(), server.metrics.clone())).await?;
    let (begun_sender, mut begun) = mpsc::unbounded_channel();
    let watcher = Watcher::telling(server, begun_sender);
    let who = progress.run.borrow().started_by.clone();
    let is_to_stop = || server.is_stopping() || term.is_over();
    let work = async {
        let batch = batch::run(&runner, changes, &who, &watcher, &is_to_stop).await;
        // Whoever notes what begins has heard all of it.
        drop(watcher);
        batch
    };
    // Side by side: a job that is in the middle of a write would keep the note waiting that keeps it from going on.
    let noting = async {
        while let Some(Begun { workload, job }) = begun.recv().await {
            progress.note(|run| run.begun(&(&workload).into(), &job.id)).await;
            progress.keep_job(&JobId::new(&job.id)).await;
        }
    };
    let (batch, ()) = tokio::join!(work, noting);
    progress.note(|run| settle(run, &batch)).await;
    Ok(batch)
}

fn settle(run: &mut Run, batch: &Batch) {
    for item in &batch.items {
        match item {
            Item::Ran(job) => run.begun(&(&job.change.id()).into(), job.id.as_str()),
            Item::Skipped { workload, because } => {
                run.left(&workload.into(), RunOutcome::Skipped, format!("it waits for {because}"));
            }
            Item::Stopped { workload } => {
                run.left(
                    &workload.into(),
                    RunOutcome::NotBegun,
                    "Dockrev was stopping, or the window had closed".to_owned(),
                );
            }
        }
    }
}

/// Puts back what a job changed, in the background, and gives the job as it begins.
pub(crate) async fn roll_back(server: &Arc<Server>, id: &JobId, data: DataWish) -> Result<JobView, Failure> {
    let active = activate(server, format!("rollback of {id}"))?;
    let (begun_sender, mut begun) = mpsc::unbounded_channel();
    let id = id.clone();
    let work = detached(async move || {
        let server = &*active.server;
        let runner = server.app.runner(&server.host, CancelFlag::default()).await?;
        let watcher = Watcher::telling(server, begun_sender);
        let job = runner.roll_back(&id, data, &watcher).await?;
        let (stack, view) = (job.change.id().stack(), JobView::from(&job));
        let item = [Item::Ran(Box::new(job))];
        for untold in tell(&server.app, &server.app.config().notify, &item).await {
            tracing::warn!("{} did not get word of {}: {}", untold.channel, untold.job, untold.problem);
        }
        look_again(server, [stack].into()).await;
        Ok::<_, Failure>(view)
    });
    tokio::select! {
        Some(Begun { job, .. }) = begun.recv() => Ok(*job),
        done = work => done,
    }
}

/// Nobody has to act on what fails here: the next time does what was left.
pub(crate) async fn tidy(server: &Server) {
    let tidied = async { Ok::<_, Failure>(retention::tidy(&server.app.ports(&server.host).await?).await?) };
    match tidied.await {
        Ok(tidied) => {
            for problem in tidied.problems {
                tracing::warn!("tidying up: {problem}");
            }
            if !tidied.discarded.is_empty() {
                server.events.tell(EventKind::Backups, &serde_json::json!({}));
            }
        }
        Err(failure) => tracing::warn!("tidying up: {}", failure.message()),
    }
}

/// What was shown of them is not true any more.
async fn look_again(server: &Server, stacks: BTreeSet<StackName>) {
    for stack in stacks {
        let scope = match stack.container() {
            Some(container) => Scope::Container(container),
            None => Scope::Stacks(vec![stack]),
        };
        checks::run(server, scope).await;
    }
}
