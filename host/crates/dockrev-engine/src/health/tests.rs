use super::*;
use dockrev_core::ids::ContainerId;
use dockrev_core::stack::HealthTiming;

const TIMING: HealthTiming = HealthTiming { start_period_ms: 10_000, interval_ms: 1_000, timeout_ms: 500, retries: 2 };
const SETTINGS: VerifySettings =
    VerifySettings { settle_ms: 10_000, grace_ms: 1_000, without_healthcheck: UndoRule::OnRequest };

fn container(run: RunState, restarts: u64, health: Option<HealthStatus>) -> ContainerStatus {
    let health = health.map_or(Health::None, |status| Health::Checked {
        status,
        timing: TIMING,
        last_output: None,
        probes: Vec::new(),
    });
    ContainerStatus {
        id: ContainerId::new("c"),
        name: "app-1".to_owned(),
        image_id: ImageId::new("new"),
        image: "app:1".to_owned(),
        run,
        restart_count: restarts,
        started_at: None,
        lives_in: Vec::new(),
        health,
    }
}

/// After `waited_ms`, what is said of a container like this.
#[track_caller]
fn check(run: RunState, restarts: u64, health: Option<HealthStatus>, waited_ms: u64, expected: &str) {
    let before = container(RunState::Running, 0, health);
    let now = container(run, restarts, health);
    let waited = Duration::from_millis(waited_ms);
    let image = ImageId::new("new");
    let wanted = Wanted { image: Some(&image), containers: 1, proof: Proof::Healthcheck, settings: &SETTINGS };
    let said = match judge(&[now], &[before], &wanted, waited) {
        Verdict::Good => "good".to_owned(),
        Verdict::Waiting(_) => "waiting".to_owned(),
        Verdict::Bad(reason) => reason,
    };
    assert!(said.contains(expected), "{said}");
}

#[test]
fn only_the_healthcheck_decides_where_there_is_one() {
    use HealthStatus::{Healthy, Starting, Unhealthy};
    check(RunState::Running, 0, Some(Healthy), 0, "good");
    check(RunState::Running, 0, Some(Starting), 60_000, "waiting");
    check(RunState::Running, 0, Some(Unhealthy), 5_000, "waiting");
    check(RunState::Running, 0, Some(Unhealthy), 14_499, "waiting");
    check(RunState::Running, 0, Some(Unhealthy), 14_500, "is unhealthy");
    check(RunState::Running, 1, Some(Healthy), 0, "good");
    check(RunState::Exited { code: 3 }, 0, Some(Starting), 0, "ended with exit code 3");
    check(RunState::Restarting, 3, Some(Starting), 0, "restarted 3 times");
}

#[test]
fn without_one_it_has_to_run_on() {
    check(RunState::Running, 0, None, 9_999, "waiting");
    check(RunState::Running, 0, None, 10_000, "good");
    check(RunState::Running, 1, None, 10_000, "restarted after its start");
    check(RunState::Exited { code: 0 }, 0, None, 20_000, "ended with exit code 0");
    check(RunState::NotStarted, 0, None, 20_000, "waiting");
}

#[test]
fn every_container_has_to_be_good_and_of_the_right_image() {
    let good = container(RunState::Running, 0, Some(HealthStatus::Healthy));
    let mut other = good.clone();
    other.image_id = ImageId::new("old");
    let image = ImageId::new("new");
    let judged = |containers: &[ContainerStatus]| {
        let wanted = Wanted { image: Some(&image), containers: 2, proof: Proof::Healthcheck, settings: &SETTINGS };
        judge(containers, &[], &wanted, Duration::from_secs(60))
    };
    assert!(matches!(judged(&[good.clone(), good.clone()]), Verdict::Good));
    assert!(matches!(judged(std::slice::from_ref(&good)), Verdict::Waiting(reason) if reason.contains("1 of its 2")));
    assert!(matches!(judged(&[good, other]), Verdict::Bad(reason) if reason.contains("expected image")));
    assert!(matches!(judged(&[]), Verdict::Bad(reason) if reason.contains("no container")));
}

#[test]
fn waits_at_least_as_long_as_the_numbers_of_the_healthcheck_ask_for() {
    let starting = container(RunState::Running, 0, Some(HealthStatus::Starting));
    assert_eq!(deadline(&[starting], &SETTINGS), Duration::from_millis(10_000 + 3 * 1_500 + 1_000));
    let unchecked = container(RunState::Running, 0, None);
    assert_eq!(deadline(&[unchecked], &SETTINGS), Duration::from_millis(11_000));
}
