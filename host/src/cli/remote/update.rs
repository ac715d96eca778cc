//! `dockrev update` on a server: its plan is shown here, and it carries it out.

use super::{LOOK_AGAIN_AFTER, find_service, no_filters};
use crate::cli::arguments::UpdateArguments;
use crate::cli::live::{Live, Verbosity, has_ended};
use crate::cli::output::out;
use crate::cli::paint::Tone;
use crate::cli::show::plan::count;
use crate::cli::show::{entries, job, plan};
use crate::cli::table::{Cell, Table};
use crate::cli::update::{Answer, ask, say_nothing_to_do, unknown};
use crate::cli::{Ending, Failure, failure};
use crate::operations::change::{ChangeView, WorkloadName};
use crate::operations::check::Entry;
use crate::operations::jobs::view::{JobView, LogLineView};
use crate::operations::words::JobStateName;
use crate::remote::Remote;
use crate::server::run::{Run, RunItem, RunOutcome, RunState};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Lines of a log that are read at once.
const LINES: usize = 1_000;

#[derive(Deserialize)]
struct Plan {
    id: String,
    entries: Vec<Entry>,
    changes: Vec<ChangeView>,
    run: Option<Run>,
}

#[derive(Deserialize)]
struct Detail {
    job: JobView,
}

pub(super) async fn run(remote: &Remote, arguments: &UpdateArguments) -> Result<Ending, Failure> {
    no_filters(&arguments.labels)?;
    let planned: Plan = remote.post(&["plans"], &wanted(remote, arguments).await?).await?;
    for line in entries::lines(&planned.entries) {
        out!("{line}");
    }
    let unknown = unknown(&planned.entries);
    let so_far = if unknown > 0 { Ending::Trouble } else { Ending::Fine };
    if planned.changes.is_empty() {
        say_nothing_to_do(unknown);
        return Ok(so_far);
    }
    plan::show(&planned.changes);
    if arguments.dry_run {
        out!("dry run: nothing was changed");
        return Ok(Ending::Fine);
    }
    let question = format!("Update {}?", count(planned.changes.len(), "service"));
    if ask(&question, arguments.yes)? == Answer::No {
        out!("nothing was changed");
        return Ok(Ending::Fine);
    }
    remote.post::<Value>(&["jobs"], &json!({ "plan": planned.id })).await?;
    let run = carry_out(remote, &planned.id, Verbosity::of_flag(arguments.verbose)).await?;
    out!();
    let ending = report(remote, &run.items).await?;
    for problem in run.problems {
        failure::show(&problem.into());
    }
    Ok(if run.state == RunState::Ended { ending.worse_of(so_far) } else { Ending::Trouble })
}

async fn wanted(remote: &Remote, arguments: &UpdateArguments) -> Result<Value, Failure> {
    let what = match (&arguments.service, &arguments.container, &arguments.stack) {
        (Some(service), _, _) => {
            let WorkloadName { stack, name } = find_service(remote, service).await?;
            json!({ "stack": stack, "service": name })
        }
        (None, Some(container), _) => json!({ "container": container }),
        (None, None, Some(stack)) => json!({ "stack": stack }),
        (None, None, None) => json!({}),
    };
    let mut wanted = Map::from_iter([
        ("what".to_owned(), what),
        ("allow_architecture_mismatch".to_owned(), arguments.allow_arch_mismatch.into()),
        ("roll_back_without_healthcheck".to_owned(), arguments.roll_back_without_healthcheck.into()),
    ]);
    if let Some(tag) = &arguments.to {
        wanted.insert("tag".to_owned(), tag.as_str().into());
    }
    Ok(wanted.into())
}

/// Shows what the server does until it has ended. Whoever stops looking stops nothing.
async fn carry_out(remote: &Remote, plan: &str, verbosity: Verbosity) -> Result<Run, Failure> {
    let live = Live::new(verbosity);
    let mut followed: Vec<Followed> = Vec::new();
    loop {
        let planned: Plan = remote.get(&["plans", plan], &[]).await?;
        let run = planned.run.ok_or_else(|| Failure::new("server.unexpected-answer", "the plan was not started"))?;
        for id in run.items.iter().filter_map(|item| item.job.as_ref()) {
            if followed.iter().all(|known| known.id != *id) {
                followed.push(Followed::new(id, verbosity));
            }
        }
        for job in &mut followed {
            job.look(remote, &live).await?;
        }
        if run.state != RunState::Running && followed.iter().all(|job| job.has_ended) {
            return Ok(run);
        }
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
}

/// A job of the server's that is shown while it runs.
pub(super) struct Followed {
    id: String,
    shown: Option<(JobStateName, Option<crate::operations::words::StageName>)>,
    after: Option<i64>,
    verbosity: Verbosity,
    /// When it had changed last before it was begun again: its end of then is none.
    began_after: Option<Timestamp>,
    /// Whether its end was shown.
    pub(super) has_ended: bool,
}

impl Followed {
    pub(super) fn new(id: &str, verbosity: Verbosity) -> Self {
        Self { id: id.to_owned(), shown: None, after: None, verbosity, began_after: None, has_ended: false }
    }

    /// The same of one that is begun again, and looked like this before.
    pub(super) fn again(job: &JobView, verbosity: Verbosity) -> Self {
        Self { began_after: Some(job.changed_at), ..Self::new(&job.id, verbosity) }
    }

    /// Shows what is new of it.
    pub(super) async fn look(&mut self, remote: &Remote, live: &Live) -> Result<Option<JobView>, Failure> {
        if self.has_ended {
            return Ok(None);
        }
        let Detail { job } = remote.get(&["jobs", &self.id], &[]).await?;
        if self.began_after == Some(job.changed_at) {
            return Ok(None);
        }
        if self.shown.is_none() {
            live.show(&job);
        }
        if self.verbosity == Verbosity::Everything {
            self.tell(remote, live, &job.workload).await?;
        }
        let at = (job.state, job.stage);
        if self.shown.is_some_and(|shown| shown != at) {
            live.show(&job);
        }
        self.shown = Some(at);
        self.has_ended = has_ended(job.state);
        Ok(Some(job))
    }

    async fn tell(&mut self, remote: &Remote, live: &Live, workload: &WorkloadName) -> Result<(), Failure> {
        let after = self.after.map(|number| number.to_string());
        let lines: Vec<LogLineView> = remote.list_after(&["jobs", &self.id, "log"], &[], (after, LINES)).await?;
        for line in lines {
            live.tell(workload, line.source, &line.text);
            self.after = Some(line.number);
        }
        Ok(())
    }
}

/// What runs now, service by service.
async fn report(remote: &Remote, items: &[RunItem]) -> Result<Ending, Failure> {
    let mut table = Table::new(&job::RESULT);
    let mut ending = Ending::Fine;
    for item in items {
        if let Some(id) = &item.job {
            let Detail { job: done } = remote.get(&["jobs", id], &[]).await?;
            if done.state != JobStateName::Updated {
                ending = Ending::Trouble;
            }
            table.row(job::result_row(&done));
            continue;
        }
        ending = Ending::Trouble;
        let what = match item.outcome {
            RunOutcome::Skipped => "skipped",
            RunOutcome::NotBegun | RunOutcome::Waiting | RunOutcome::Begun => "not begun",
        };
        let reason = item.reason.as_ref().map_or_else(|| what.to_owned(), |reason| format!("{what}: {reason}"));
        table.row(vec![Cell::plain(item.workload.to_string()), Cell::new(Tone::Caution, reason)]);
    }
    table.print();
    Ok(ending)
}
