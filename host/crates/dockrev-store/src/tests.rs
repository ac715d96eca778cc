use crate::{LOG_LINES_MAX, OpenError, Store};
use dockrev_core::ids::{ContainerId, ImageId, JobId, ServiceId, ServiceName, StackName};
use dockrev_core::image::{Digest, ImageRef, PinnedImage};
use dockrev_core::job::{
    DataWish, Direction, Effect, Failure, Job, JobState, JournalEntry, LogLine, LogSource, Observation, Stage,
    StageOutput, Step,
};
use dockrev_core::plan::{
    Change, ChangeLevel, CurrentImage, Follower, OneShot, OneShotImage, ServiceWorkload, UndoRule, VerifySettings,
    Warning, Workload, Writing,
};
use dockrev_core::platform::Platform;
use dockrev_core::ports::Journal;
use dockrev_core::stack::{ComposeProject, ContainerStatus, FileHash, Health, HealthStatus, HealthTiming, RunState};
use jiff::Timestamp;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use tempfile::TempDir;

mod opening;

fn digest(digit: &str) -> Digest {
    format!("sha256:{}", digit.repeat(64)).parse().unwrap()
}

fn pinned(tag: &str, digit: &str) -> PinnedImage {
    let image: ImageRef = "localhost:5000/shop/app".parse().unwrap();
    PinnedImage { repository: image.repository().clone(), tag: tag.parse().unwrap(), digest: digest(digit) }
}

fn change() -> Change {
    let workload = Workload::Service(Box::new(ServiceWorkload {
        service: ServiceId { stack: StackName::new("shop"), service: ServiceName::new("app") },
        project: ComposeProject {
            name: StackName::new("shop"),
            working_dir: PathBuf::from("/srv/shop"),
            files: vec![PathBuf::from("/srv/shop/compose.yaml")],
            env_files: Vec::new(),
        },
        files: vec![FileHash { path: PathBuf::from("/srv/shop/compose.yaml"), digest: digest("f") }],
        writing: Writing::Override { before: Some(pinned("1.0.0", "a")) },
        earlier_edits: Vec::new(),
        pin_found: Some(pinned("1.0.0", "a")),
        containers: 2,
        depends_on: vec![ServiceName::new("db")],
        followers: vec![Follower {
            service: ServiceName::new("sidecar"),
            lives_in: vec![ServiceName::new("app")],
            containers: 1,
            was_healthy: true,
        }],
        one_shots: vec![
            OneShot { service: ServiceName::new("assets"), image: OneShotImage::Stays },
            OneShot { service: ServiceName::new("migrate"), image: OneShotImage::Moves { pin_found: None } },
        ],
    }));
    Change {
        workload,
        from: CurrentImage {
            reference: pinned("1.0.0", "a").tagged(),
            written: pinned("1.0.0", "a").pinned(),
            tag: "1.0.0".parse().unwrap(),
            image_id: ImageId::new("sha256:old"),
            digest: Some(digest("a")),
        },
        to: pinned("1.1.0", "b"),
        level: ChangeLevel::Minor,
        platform: Some(Platform::new("linux", "arm", Some("v7"))),
        had_healthcheck: true,
        backup: None,
        verify: VerifySettings::default(),
        reason: "a \"newer\" tag".to_owned(),
        warnings: vec![Warning::NoHealthcheck],
    }
}

pub(crate) fn job(id: &str, created_at_ms: i64, state: JobState) -> Job {
    let created_at = Timestamp::from_millisecond(created_at_ms).unwrap();
    Job {
        id: JobId::new(id),
        change: change(),
        requested_by: "cli:root".to_owned(),
        created_at,
        changed_at: created_at,
        state,
    }
}

fn failure(stage: Stage) -> Failure {
    Failure {
        stage,
        code: "verify.unhealthy".to_owned(),
        message: "it's unhealthy: ÄÖ\n2nd line".to_owned(),
        hint: Some("look".to_owned()),
        undo: UndoRule::Automatic,
    }
}

fn states() -> Vec<JobState> {
    let cause = failure(Stage::Verify);
    let mut states = vec![
        JobState::Updated,
        JobState::Failed { cause: failure(Stage::Pull) },
        JobState::RolledBack { cause: cause.clone() },
        JobState::NeedsAttention { cause: cause.clone(), undo_failure: None },
        JobState::NeedsAttention { cause: cause.clone(), undo_failure: Some(failure(Stage::Apply)) },
    ];
    for stage in Stage::ALL {
        states.extend([
            JobState::Running { stage },
            JobState::Undoing { stage, cause: cause.clone(), data: DataWish::Restore },
        ]);
    }
    states
}

fn steps() -> Vec<Step> {
    let effects = [
        Effect::PullImage { image: pinned("1.1.0", "b").by_digest().to_string() },
        Effect::MoveLocalTag { tag: "shop/app:1".to_owned(), image_id: ImageId::new("sha256:new") },
        Effect::PinImage { image: Some(pinned("1.1.0", "b").to_string()) },
        Effect::PinImage { image: None },
        Effect::ComposeUp,
        Effect::RemakeFollower { service: ServiceName::new("sidecar") },
        Effect::PinOneShot { service: ServiceName::new("migrate"), image: Some(pinned("1.1.0", "b").to_string()) },
        Effect::EndOneShot { id: ContainerId::new("0123"), name: "shop-migrate-1".to_owned() },
    ];
    let container = ContainerStatus {
        id: ContainerId::new("c1"),
        name: "shop-app-1".to_owned(),
        image_id: ImageId::new("sha256:new"),
        image: "shop/app:1.1.0".to_owned(),
        run: RunState::Exited { code: 3 },
        restart_count: 2,
        started_at: Some("2026-01-31T23:59:59Z".parse().unwrap()),
        lives_in: vec![ContainerId::new("c2")],
        health: Health::Checked {
            status: HealthStatus::Healthy,
            timing: HealthTiming { start_period_ms: 1, interval_ms: 2, timeout_ms: 3, retries: 4 },
            last_output: Some("ok".to_owned()),
            probes: Vec::new(),
        },
    };
    let verified =
        StageOutput::Verified { containers: vec![container], waited_ms: 1234, warnings: vec!["slow".to_owned()] };
    let mut steps = vec![
        Step::Started,
        Step::Done(StageOutput::Nothing),
        Step::Done(StageOutput::Pulled { image_id: ImageId::new("sha256:new") }),
        Step::Done(verified),
        Step::Failed(failure(Stage::Verify)),
        Step::Saw(Observation::LastLines { lines: vec!["bye".to_owned()] }),
    ];
    for effect in effects {
        steps.extend([Step::Intends(effect.clone()), Step::Did(effect)]);
    }
    steps
}

fn entry(at_ms: i64, stage: Stage, direction: Direction, step: Step) -> JournalEntry {
    JournalEntry { at: Timestamp::from_millisecond(at_ms).unwrap(), stage, direction, step }
}

pub(crate) fn line(text: impl Into<String>) -> LogLine {
    LogLine { at: Some(Timestamp::UNIX_EPOCH), source: LogSource::Service, text: text.into() }
}

async fn store() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("data/dockrev.db")).await.unwrap();
    (folder, store)
}

fn ids(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

/// With either of them, the pool has a task that may keep the process from ending.
#[tokio::test]
async fn no_connection_ages() {
    let (_folder, store) = store().await;
    let options = store.pool.options();
    assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
}

#[tokio::test]
async fn gives_back_every_state_that_a_job_can_be_in() {
    let (_folder, store) = store().await;
    for (number, state) in states().into_iter().enumerate() {
        let job = job(&format!("job-{number}"), 1_700_000_000_123, state);
        store.create(&job).await.unwrap();
        assert_eq!(store.job(&job.id).await.unwrap(), Some(job));
    }
    assert_eq!(store.job(&JobId::new("none")).await.unwrap(), None);
}

#[tokio::test]
async fn records_every_step_with_the_state_it_leads_to() {
    let (_folder, store) = store().await;
    let mut expected = job("job", 1_000, JobState::first());
    store.create(&expected).await.unwrap();
    let mut entries = Vec::new();
    let directions = [Direction::Do, Direction::Undo].into_iter().cycle();
    let rest = Stage::ALL.into_iter().cycle().zip(directions).zip(states().into_iter().cycle());
    for (number, (step, ((stage, direction), state))) in (0..).zip(steps().into_iter().zip(rest)) {
        let entry = entry(2_000 + number, stage, direction, step);
        store.record(&expected.id, &state, &entry).await.unwrap();
        (expected.state, expected.changed_at) = (state, entry.at);
        entries.push(entry);
        assert_eq!(store.job(&expected.id).await.unwrap().as_ref(), Some(&expected));
    }
    assert_eq!(store.journal(&expected.id).await.unwrap(), entries);
    assert_eq!(store.journal(&JobId::new("none")).await.unwrap(), []);
}

#[tokio::test]
async fn a_step_of_an_unknown_job_leaves_nothing_behind() {
    let (_folder, store) = store().await;
    let id = JobId::new("none");
    let entry = entry(1, Stage::Pull, Direction::Do, Step::Started);
    let error = store.record(&id, &JobState::first(), &entry).await.unwrap_err();
    assert!(error.to_string().contains("there is no job `none`"), "{error}");
    assert!(store.append_log(&id, &[line("x")]).await.is_err());
    assert_eq!(store.journal(&id).await.unwrap(), []);
    // The connection that failed is usable again.
    store.create(&job("job", 1, JobState::first())).await.unwrap();
}

#[tokio::test]
async fn a_job_is_added_once() {
    let (_folder, store) = store().await;
    store.create(&job("job", 1, JobState::first())).await.unwrap();
    let error = store.create(&job("job", 2, JobState::Updated)).await.unwrap_err();
    assert_eq!(error.action, "add a job");
    assert_eq!(store.job(&JobId::new("job")).await.unwrap().unwrap().state, JobState::first());
}

#[tokio::test]
async fn lists_jobs_newest_first_and_unfinished_ones_oldest_first() {
    let (_folder, store) = store().await;
    let undoing = JobState::Undoing { stage: Stage::Apply, cause: failure(Stage::Verify), data: DataWish::AsPlanned };
    let failed = JobState::Failed { cause: failure(Stage::Pull) };
    for (id, at, state) in
        [("c", 300, JobState::first()), ("a", 100, undoing), ("b", 200, JobState::Updated), ("d", 300, failed)]
    {
        store.create(&job(id, at, state)).await.unwrap();
    }
    assert_eq!(ids(&store.jobs(10).await.unwrap()), ["d", "c", "b", "a"]);
    assert_eq!(ids(&store.jobs(2).await.unwrap()), ["d", "c"]);
    assert_eq!(ids(&store.unfinished().await.unwrap()), ["a", "c"]);
}

#[tokio::test]
async fn keeps_the_end_of_a_log() {
    let (_folder, store) = store().await;
    let id = JobId::new("job");
    store.create(&job("job", 1, JobState::first())).await.unwrap();
    let sources =
        [LogSource::Dockrev, LogSource::Engine, LogSource::ComposeOut, LogSource::ComposeErr, LogSource::Service];
    let first: Vec<_> = sources.into_iter().map(|source| LogLine::new(source, format!("{source}"))).collect();
    store.append_log(&id, &[]).await.unwrap();
    store.append_log(&id, &first).await.unwrap();
    assert_eq!(store.log(&id, 100).await.unwrap(), first);
    assert_eq!(store.log(&id, 2).await.unwrap(), first[3..]);
    let many: Vec<_> = (0..LOG_LINES_MAX + 3).map(|number| line(number.to_string())).collect();
    store.append_log(&id, &many).await.unwrap();
    let kept = store.log(&id, LOG_LINES_MAX * 2).await.unwrap();
    assert_eq!(kept, many[3..]);
    store.append_log(&id, &[line("last")]).await.unwrap();
    assert_eq!(store.log(&id, 2).await.unwrap(), [many.last().unwrap().clone(), line("last")]);
    assert_eq!(store.log(&id, LOG_LINES_MAX * 2).await.unwrap().len(), LOG_LINES_MAX as usize);
}
