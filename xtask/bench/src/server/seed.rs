//! A data folder as a server has it after a year: a check of many services, many past jobs with what they wrote down, an
//! audit trail and ignore rules. Made through the store itself, so it is what the server would have written.

use std::fs;
use std::path::{Path, PathBuf};

use dockrev_core::ids::{ImageId, JobId, ServiceId, ServiceName, StackName, WorkloadId};
use dockrev_core::ignore::{Matcher, MatcherKind};
use dockrev_core::image::{Digest, ImageRef, PinnedImage};
use dockrev_core::job::{
    Direction, Effect, Failure as JobFailure, Job, JobState, JournalEntry, LogLine, LogSource, Stage, StageOutput, Step,
};
use dockrev_core::plan::{
    Change, ChangeLevel, CurrentImage, ServiceWorkload, UndoRule, VerifySettings, Workload, Writing,
};
use dockrev_core::ports::Journal as _;
use dockrev_core::stack::{ComposeProject, FileHash};
use dockrev_store::{AuditEntry, Store};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::options::Options;
use crate::failure::Failure;

/// Services of each stack.
const SERVICES_PER_STACK: usize = 8;
/// Tags that a check considered, for each service.
const CONSIDERED: usize = 25;
/// Lines of a job's log.
const LINES: usize = 30;
/// Entries of the audit trail, for each 100 jobs.
const ASKED_PER_100_JOBS: usize = 120;
/// What is being done, for the words of a failure.
const FILLING: &str = "could not fill the database";
const NAMING: &str = "could not name an image";
/// From job to job: 20,000 of them are a year.
const APART: SignedDuration = SignedDuration::from_secs(26 * 60);
/// Where the database is written: what is in memory needs no disk to be in sync.
const IN_MEMORY: &str = "/dev/shm";

/// `seed FOLDER`: makes the folder, to look at.
pub(crate) fn run(arguments: &[String]) -> Result<(), Failure> {
    let [folder, rest @ ..] = arguments else { return Err(Failure::new("`seed` takes the folder to make")) };
    let options = Options::read(rest)?;
    fill(Path::new(folder), options.services, options.jobs)
}

/// Writes the database into `folder`.
pub(super) fn fill(folder: &Path, services: usize, jobs: usize) -> Result<(), Failure> {
    let failed = || Failure::of(format!("could not write into `{}`", folder.display()));
    fs::create_dir_all(folder).map_err(failed())?;
    let memory = Path::new(IN_MEMORY);
    let scratch = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let scratch = scratch.map_err(Failure::of("could not make a folder"))?;
    let file = scratch.path().join("dockrev.db");
    let runtime = Runtime::new().map_err(Failure::of("could not start a runtime"))?;
    runtime.block_on(write(&file, services, jobs))?;
    fs::copy(&file, folder.join("dockrev.db")).map_err(failed())?;
    Ok(())
}

async fn write(file: &Path, services: usize, jobs: usize) -> Result<(), Failure> {
    let store = Store::open(file).await.map_err(Failure::of(FILLING))?;
    let check = check(services);
    store.keep_last_check(Timestamp::now(), &check.to_string()).await.map_err(Failure::of(FILLING))?;
    for number in (0..services).step_by(20) {
        let matcher = Matcher::parse(MatcherKind::Prefix, "9.").map_err(Failure::of(FILLING))?;
        let workload = WorkloadId::Service(service(number));
        store
            .add_ignore_rule(&workload, &matcher, Some("not yet"), Timestamp::now())
            .await
            .map_err(Failure::of(FILLING))?;
    }
    let oldest = Timestamp::now() - APART * i32::try_from(jobs).unwrap_or(i32::MAX);
    for number in 0..jobs {
        let at = oldest + APART * i32::try_from(number).unwrap_or(i32::MAX);
        past_job(&store, number, services, at).await?;
    }
    for number in 0..jobs * ASKED_PER_100_JOBS / 100 {
        store.add_audit_entry(&asked(number, oldest)).await.map_err(Failure::of(FILLING))?;
    }
    // What is in the log of SQLite goes into its file.
    store.close().await;
    Ok(())
}

fn stack(number: usize) -> String {
    format!("stack-{:03}", number / SERVICES_PER_STACK)
}

fn service(number: usize) -> ServiceId {
    ServiceId {
        stack: StackName::new(stack(number)),
        service: ServiceName::new(format!("service-{}", number % SERVICES_PER_STACK)),
    }
}

fn hex(number: usize) -> String {
    format!("sha256:{number:064x}")
}

fn image(number: usize, minor: usize) -> Result<PinnedImage, Failure> {
    let image: ImageRef = format!("registry.example.net/team/app-{number}:1").parse().map_err(Failure::of(NAMING))?;
    let digest: Digest = hex(number * 1000 + minor).parse().map_err(Failure::of(NAMING))?;
    Ok(PinnedImage {
        repository: image.repository().clone(),
        tag: format!("1.{minor}.0").parse().map_err(Failure::of(NAMING))?,
        digest,
    })
}

/// How jobs end: nine of ten as they should.
fn end(number: usize) -> JobState {
    let cause = |stage: Stage, code: &str, message: &str| JobFailure {
        stage,
        code: code.to_owned(),
        message: message.to_owned(),
        hint: None,
        undo: UndoRule::Automatic,
    };
    let unhealthy =
        || cause(Stage::Verify, "verify.unhealthy", "the container is unhealthy: its last probe ended with 1");
    match number % 100 {
        0..=5 => JobState::RolledBack { cause: unhealthy() },
        6..=8 => JobState::Failed { cause: cause(Stage::Pull, "image.pull-failed", "the registry does not answer") },
        9 => JobState::NeedsAttention { cause: unhealthy(), undo_failure: None },
        _ => JobState::Updated,
    }
}

async fn past_job(store: &Store, number: usize, services: usize, at: Timestamp) -> Result<(), Failure> {
    let change = change(number % services, number / services % 900)?;
    let id = JobId::new(format!("{}-{number:06x}", at.strftime("%Y%m%dT%H%M%SZ")));
    let mut job = Job {
        id,
        change,
        requested_by: "cli:root".to_owned(),
        created_at: at,
        changed_at: at,
        state: JobState::first(),
    };
    store.create(&job).await.map_err(Failure::of(FILLING))?;
    let lines: Vec<LogLine> = (0..LINES).map(|line| LogLine { at: Some(at), ..log_line(line) }).collect();
    store.append_log(&job.id, &lines).await.map_err(Failure::of(FILLING))?;
    let steps = [
        (Stage::Preflight, Step::Started),
        (Stage::Preflight, Step::Done(StageOutput::Nothing)),
        (Stage::Pull, Step::Done(StageOutput::Pulled { image_id: ImageId::new(hex(number)) })),
        (Stage::Apply, Step::Intends(Effect::ComposeUp)),
        (Stage::Apply, Step::Did(Effect::ComposeUp)),
        (Stage::Apply, Step::Done(StageOutput::Nothing)),
    ];
    for (second, (stage, step)) in (1..).zip(steps) {
        job.state = JobState::Running { stage };
        let entry = JournalEntry { at: at + SignedDuration::from_secs(second), stage, direction: Direction::Do, step };
        store.record(&job.id, &job.state, &entry).await.map_err(Failure::of(FILLING))?;
    }
    let done = StageOutput::Verified { containers: Vec::new(), waited_ms: 3_000, warnings: Vec::new() };
    let last = JournalEntry {
        at: at + SignedDuration::from_secs(12),
        stage: Stage::Verify,
        direction: Direction::Do,
        step: Step::Done(done),
    };
    store.record(&job.id, &end(number), &last).await.map_err(Failure::of(FILLING))
}

fn log_line(number: usize) -> LogLine {
    LogLine::new(LogSource::ComposeErr, format!("Container stack-service-1  step {number} of what Compose has to say"))
}

fn change(number: usize, minor: usize) -> Result<Change, Failure> {
    let (from, to) = (image(number, minor)?, image(number, minor + 1)?);
    let (service, folder) = (service(number), PathBuf::from(format!("/srv/{}", stack(number))));
    let file = folder.join("compose.yaml");
    let workload = Workload::Service(Box::new(ServiceWorkload {
        project: ComposeProject {
            name: service.stack.clone(),
            working_dir: folder,
            files: vec![file.clone()],
            env_files: Vec::new(),
        },
        service,
        files: vec![FileHash { path: file, digest: from.digest.clone() }],
        writing: Writing::Override { before: None },
        earlier_edits: Vec::new(),
        pin_found: None,
        containers: 1,
        depends_on: Vec::new(),
        followers: Vec::new(),
        one_shots: Vec::new(),
    }));
    Ok(Change {
        workload,
        from: CurrentImage {
            reference: from.tagged(),
            written: from.tagged(),
            tag: from.tag.clone(),
            image_id: ImageId::new(hex(number)),
            digest: Some(from.digest),
        },
        to,
        level: ChangeLevel::Minor,
        platform: None,
        had_healthcheck: true,
        backup: None,
        verify: VerifySettings::default(),
        reason: "the newest of the same shape".to_owned(),
        warnings: Vec::new(),
    })
}

fn asked(number: usize, oldest: Timestamp) -> AuditEntry {
    let action = match number % 4 {
        0 => "POST /api/v1/plans".to_owned(),
        1 => format!("POST /api/v1/jobs/{number:06x}/rollback"),
        _ => "POST /api/v1/jobs".to_owned(),
    };
    AuditEntry {
        id: 0,
        at: oldest + SignedDuration::from_secs(i64::try_from(number).unwrap_or(i64::MAX)),
        who: format!("user:{}", ["ann", "ben", "cleo"][number % 3]),
        address: "192.0.2.7".to_owned(),
        action,
        parameters: Some(json!({ "plan": hex(number) }).to_string()),
        status: 202,
        code: None,
    }
}

/// What a check of that many services keeps.
fn check(services: usize) -> Value {
    let entries: Vec<Value> = (0..services).map(entry).collect();
    let count = |status: &str| entries.iter().filter(|entry| entry["status"] == status).count();
    let counts: serde_json::Map<String, Value> =
        STATUSES.iter().map(|status| ((*status).to_owned(), count(status).into())).collect();
    json!({
        "platform": "linux/amd64",
        "counts": counts,
        "effort": {
            "elapsed_ms": 5000, "requests": { "registry.example.net": 1200 }, "limits": {},
            "answered_from_cache": 0, "answered_with_another": 0, "plugin_cpu_us": 700_000
        },
        "registries": {},
        "entries": entries,
    })
}

/// Where services stand: most are up to date.
const STATUSES: [&str; 4] = ["update", "held", "skipped", "up-to-date"];

fn entry(number: usize) -> Value {
    let id = service(number);
    let status = STATUSES[(number % 10).min(3)];
    let candidate = matches!(status, "update" | "held").then(|| {
        json!({
            "image": format!("registry.example.net/team/app-{number}:1.9.0"), "tag": "1.9.0", "digest": hex(number + 1),
            "level": "minor", "architecture": "matches", "since": null
        })
    });
    let considered = (0..CONSIDERED).map(|minor| {
        json!({
            "tag": format!("1.{minor}.0"), "relation": "newer", "level": "minor", "eligible": true,
            "reason": "same shape, and newer", "digest": hex(number * 1000 + minor), "pushed_at": null
        })
    });
    let image = format!("registry.example.net/team/app-{number}:1.0.0");
    json!({
        "kind": "service", "stack": id.stack.as_str(), "name": id.service.as_str(),
        "image": image, "reference": image, "current_tag": "1.0.0", "file_image": null,
        "status": status, "reason": "the newest of the same shape", "code": null, "hold": null, "stale_since": null,
        "running": {
            "is_running": true, "image_id": hex(number), "digests": [format!("{image}@{}", hex(number))],
            "platform": "linux/amd64", "created": null, "local_tag": "same", "local_tag_image_id": null
        },
        "tag_now": {
            "digest": hex(number), "media_type": "application/vnd.oci.image.index.v1+json", "is_what_runs": true,
            "platforms": [{ "platform": { "os": "linux", "architecture": "amd64" }, "digest": hex(number) }],
            "since": null, "moved_back": null
        },
        "candidate": candidate,
        "considered": considered.collect::<Vec<_>>(),
        "warnings": [], "elapsed_ms": 12
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_has_what_was_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        fill(folder.path(), 10, 20).unwrap();
        Runtime::new().unwrap().block_on(async {
            let store = Store::open(&folder.path().join("dockrev.db")).await.unwrap();
            assert_eq!(store.jobs(100).await.unwrap().len(), 20);
            assert!(store.unfinished().await.unwrap().is_empty());
            let (_, check) = store.last_check().await.unwrap().unwrap();
            let check: Value = serde_json::from_str(&check).unwrap();
            assert_eq!((check["entries"].as_array().unwrap().len(), &check["counts"]["update"]), (10, &1.into()));
        });
    }
}
