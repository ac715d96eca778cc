use super::*;
use dockrev_core::backup::{BackupPlan, Consistency, FailureRule};
use dockrev_core::image::Digest;
use dockrev_core::job::{Failure, JobState};
use dockrev_core::plan::UndoRule;

fn artifact(time: &str) -> Artifact {
    let digest: Digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
    Artifact { name: format!("demo/20260101-{time}Z.tar.zst").parse().unwrap(), bytes: 1, digest, targets: Vec::new() }
}

fn job(id: &str, state: JobState) -> Job {
    let (_, change) = crate::world::World::with_change(crate::world::Road::FirstPin, true);
    let at = Timestamp::UNIX_EPOCH;
    Job { id: JobId::new(id), change, requested_by: "test".to_owned(), created_at: at, changed_at: at, state }
}

fn rolled_back() -> JobState {
    let cause = Failure {
        stage: Stage::Verify,
        code: "test".to_owned(),
        message: "test".to_owned(),
        hint: None,
        undo: UndoRule::Automatic,
    };
    JobState::RolledBack { cause }
}

fn plan(keep: u32) -> BackupPlan {
    BackupPlan {
        targets: Vec::new(),
        consistency: Consistency::Stop,
        on_failure: FailureRule::StopUpdate,
        keep,
        stable_ms: 1,
        before: None,
        after: None,
    }
}

/// Gives the times of those that go, of backups at 01, 02, ... that these jobs wrote.
fn going(jobs: &[Job], proven: &[&str], keep: u32) -> Vec<String> {
    let mut jobs = jobs.to_vec();
    for job in &mut jobs {
        job.change.backup = Some(plan(keep));
    }
    let artifacts: Vec<Artifact> = (1..=jobs.len()).map(|at| artifact(&format!("{at:02}0000"))).collect();
    let owners = artifacts.iter().map(|artifact| artifact.name.clone()).zip(&jobs).collect();
    let proven = proven.iter().map(|id| JobId::new(*id)).collect();
    let going = superfluous(&artifacts, &owners, &proven);
    going.iter().map(|name| name.as_str()[14..16].to_owned()).collect()
}

#[test]
fn the_newest_success_replaces_what_came_before_it() {
    let jobs = [job("a", JobState::Updated), job("b", JobState::Updated), job("c", JobState::Updated)];
    assert_eq!(going(&jobs, &[], 1), ["01", "02"]);
    assert_eq!(going(&jobs, &[], 2), ["01"]);
    assert_eq!(going(&jobs, &["a", "b", "c"], 3), ["01", "02", "03"]);
}

#[test]
fn a_failed_job_removes_nothing() {
    let jobs = [job("a", JobState::Updated), job("b", rolled_back())];
    assert_eq!(going(&jobs, &[], 1), Vec::<String>::new());
    assert_eq!(going(&[job("a", rolled_back())], &[], 0), Vec::<String>::new());
    let jobs = [job("a", JobState::Updated), job("b", rolled_back()), job("c", JobState::Updated)];
    assert_eq!(going(&jobs, &[], 1), ["01", "02"]);
}

#[test]
fn an_open_job_keeps_its_backup() {
    let open = JobState::Running { stage: Stage::Verify };
    let jobs = [job("a", open), job("b", JobState::Updated)];
    assert_eq!(going(&jobs, &[], 1), Vec::<String>::new());
}

#[test]
fn time_has_to_pass() {
    let at = |s: i64| Timestamp::from_second(s).unwrap();
    assert!(has_passed(at(0), 60_000, at(60)));
    assert!(!has_passed(at(0), 60_000, at(59)));
    assert!(!has_passed(at(100), 0, at(99)), "a clock that was set back");
    assert!(!has_passed(at(0), u64::MAX, at(1_000_000)));
}
