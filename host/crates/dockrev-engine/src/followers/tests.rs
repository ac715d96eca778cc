use super::*;
use dockrev_core::ids::ContainerId;
use dockrev_core::stack::Health;
use jiff::Timestamp;

/// A container that was started at this second, if ever, and lives in these others.
fn container(id: &str, run: RunState, started_at_unix_s: Option<i64>, lives_in: &[&str]) -> ContainerStatus {
    ContainerStatus {
        id: ContainerId::new(id),
        name: id.to_owned(),
        image_id: ImageId::new("image"),
        image: "app:1".to_owned(),
        run,
        restart_count: 0,
        started_at: started_at_unix_s.map(|second| Timestamp::from_second(second).unwrap()),
        lives_in: lives_in.iter().map(|id| ContainerId::new(*id)).collect(),
        health: Health::None,
    }
}

#[test]
fn a_follower_stands_if_it_was_started_in_todays_containers() {
    use RunState::{Exited, NotStarted, Paused, Restarting, Running};
    let host = |id: &str, second| vec![container(id, Running, Some(second), &[])];
    let check = |run, second, lives_in: &[&str], hosts: &[Vec<ContainerStatus>], expected| {
        let found = standing(&container("f", run, second, lives_in), hosts);
        assert_eq!(found, expected, "{run:?} {second:?} {lives_in:?}");
    };
    let one = [host("x", 10)];
    check(Running, Some(11), &["x"], &one, Standing::Connected);
    check(Restarting, Some(11), &["x"], &one, Standing::Connected);
    check(Running, Some(9), &["x"], &one, Standing::Behind);
    check(Exited { code: 0 }, Some(11), &["x"], &one, Standing::Behind);
    check(Paused, Some(11), &["x"], &one, Standing::Behind);
    check(NotStarted, None, &["x"], &one, Standing::Behind);
    check(Running, Some(11), &["old"], &one, Standing::Elsewhere);
    check(Exited { code: 0 }, Some(11), &["old"], &one, Standing::Elsewhere);
    check(Running, Some(11), &[], &one, Standing::Elsewhere);
    let two = [host("x", 10), host("y", 20)];
    check(Running, Some(21), &["x", "y"], &two, Standing::Connected);
    check(Running, Some(21), &["x"], &two, Standing::Elsewhere);
    check(Running, Some(15), &["x", "y"], &two, Standing::Behind);
    // One of several replicas lends its network.
    let replicas = [[host("x1", 10), host("x2", 20)].concat()];
    check(Running, Some(15), &["x1"], &replicas, Standing::Connected);
}
