use crate::stage::{Stage, wait_for};
use dockrev_testkit::{Compose, Health, Mode};
use std::process::Stdio;

/// The process is killed while the new container is being watched; the next command picks the job up.
#[test]
fn a_killed_update_is_finished_by_the_next_command() {
    let stage = Stage::new(Compose::any().unwrap());
    let old = stage.push("k/web", "1.0.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "k/web:1.0.0")], &["web"]);
    let sick = stage.push("k/web", "1.1.0", Mode::Unhealthy);
    let mut update = stage.command(&["update", "--stack", project.name(), "--yes"]);
    let mut update = update.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the new container", || project.service_if_there("web").unwrap().is_some_and(|state| state.runs(&sick)));
    update.kill().unwrap();
    update.wait().unwrap();
    assert!(!stage.jobs()[0]["state"]["type"].as_str().unwrap().contains("rolled"));

    stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
    stage.dockrev(&["update", "--service", &format!("{}/web", project.name()), "--to", "1.0.0", "--yes"]).ends_with(0);
    assert_eq!(stage.jobs()[0]["state"]["type"], "rolled-back");
    let web = project.wait_healthy("web").unwrap();
    assert!(web.runs(&old) && web.health == Health::Healthy);
}
