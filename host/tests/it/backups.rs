//! The data goes with the image: copied before an update, put back with a rollback.

use crate::stage::{Stage, footprint, wait_for};
use dockrev_testkit::{Compose, Mode, Project};
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Writes down each start of the app in its data, as a migration would change it.
const REMEMBERS: &str = r#"entrypoint: ["sh", "-c", "(cat /app/version; echo) >> /data/starts; exec /app/start"]"#;

fn stage() -> Stage {
    Stage::new(Compose::any().expect("Compose"))
}

/// A project whose service keeps data in the volume `data`, started and healthy.
fn project(stage: &Stage, repository: &str) -> Project {
    let image = format!("{}/{repository}:1.0", stage.registry.host());
    let text = format!(
        "services:\n  app:\n    image: {image}\n    {REMEMBERS}\n    stop_grace_period: 1s\n    volumes:\n      - data:/data\n\
         volumes:\n  data:\n"
    );
    let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &text).expect("a project");
    project.up().expect("the project starts");
    project.wait_healthy("app").expect("a healthy service");
    project
}

fn volume(stage: &Stage, name: &str) -> PathBuf {
    let path = stage.engine.run(&["volume", "inspect", "--format", "{{.Mountpoint}}", name]).expect("a volume");
    PathBuf::from(path.trim())
}

fn starts(stage: &Stage, project: &Project) -> Vec<String> {
    let file = volume(stage, &format!("{}_data", project.name())).join("starts");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    text.lines().map(str::to_owned).collect()
}

fn backup_dir(stage: &Stage) -> PathBuf {
    stage.data.path().join("backups")
}

fn artifacts(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "zst"))
        .collect()
}

#[test]
fn the_data_goes_back_with_the_image() {
    for stage in Stage::with_each_compose() {
        stage.push("ba/app", "1.0", Mode::Healthy);
        let project = project(&stage, "ba/app");
        stage.push("ba/app", "1.1", Mode::Unhealthy);
        let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1);
        ran.says("backup").says("rolled back");
        // The new version started once and is forgotten; the old one has started twice.
        assert_eq!(starts(&stage, &project), ["1.0", "1.0"]);
        project.wait_healthy("app").expect("the old version is healthy");
        assert_eq!(artifacts(&backup_dir(&stage).join(project.name())).len(), 1);
        stage.dockrev(&["backup", "verify", project.name()]).ends_with(0).says("is whole");
        stage.dockrev(&["recover"]).ends_with(0).says("no job was interrupted");
    }
}

#[test]
fn a_success_keeps_its_data_and_a_rollback_takes_it_back_only_when_asked() {
    let stage = stage();
    stage.push("bb/app", "1.0", Mode::Healthy);
    let project = project(&stage, "bb/app");
    stage.push("bb/app", "1.1", Mode::Healthy);
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    assert_eq!(starts(&stage, &project), ["1.0", "1.1"]);
    let id = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
    stage.dockrev(&["rollback", &id, "--restore-data", "--yes"]).ends_with(0);
    assert_eq!(starts(&stage, &project), ["1.0", "1.0"]);
    project.wait_healthy("app").expect("the old version is healthy");
}

#[test]
fn without_a_backup_there_is_no_update() {
    let stage = stage();
    stage.push("bc/app", "1.0", Mode::Healthy);
    let project = project(&stage, "bc/app");
    stage.push("bc/app", "1.1", Mode::Healthy);
    let before = project.service("app").expect("a container").container_id;
    // A file is where the folder would be.
    let base = stage.data.path().join("not-a-folder");
    std::fs::write(&base, "").expect("a file");
    let update = ["update", "--stack", project.name(), "--yes"];
    let ran = crate::stage::run(stage.command(&update).env("DOCKREV_BACKUP_BASE_DIR", &base)).ends_with(1);
    ran.says("failed, the old containers run");
    let after = project.wait_healthy("app").expect("the old container is healthy");
    assert_eq!(after.container_id, before);
    assert_eq!(stage.jobs()[0]["state"]["cause"]["stage"], "backup");
}

#[test]
fn data_is_restored_by_hand_and_into_another_volume() {
    let stage = stage();
    stage.push("bd/app", "1.0", Mode::Healthy);
    let project = project(&stage, "bd/app");
    stage.push("bd/app", "1.1", Mode::Healthy);
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    let other = format!("{}_copy", project.name());
    let target = format!("volume:{}_data", project.name());
    let into = ["backup", "restore", project.name(), "--target", &target, "--into", &other, "--yes"];
    let before = footprint(&project, "app");
    stage.dockrev(&into).ends_with(0).says("restored");
    assert_eq!(std::fs::read_to_string(volume(&stage, &other).join("starts")).expect("a copy"), "1.0\n");
    assert_eq!(footprint(&project, "app"), before, "nobody had to stop");
    stage.engine.run(&["volume", "rm", &other]).expect("it is nobody's");
    stage.dockrev(&["backup", "restore", project.name(), "--yes"]).ends_with(0).says("restored");
    assert_eq!(starts(&stage, &project), ["1.0", "1.1"], "put back to 1.0, then started as what runs");
    let unknown = ["backup", "restore", project.name(), "--target", "volume:nobody", "--yes"];
    stage.dockrev(&unknown).ends_with(1).complains("backup.target-missing");
    let path = artifacts(&backup_dir(&stage).join(project.name())).remove(0);
    let whole = std::fs::read(&path).expect("an artifact");
    let before = footprint(&project, "app");
    let restore = ["backup", "restore", project.name(), "--yes"];
    // Anywhere, and at its end, where a list of what there is finds it too.
    for at in [whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, bytes).expect("a damaged artifact");
        stage.dockrev(&restore).ends_with(1).complains("backup.damaged");
    }
    let listed = stage.dockrev(&["backup", "list"]).ends_with(0).says("damaged: ");
    assert_eq!(listed.out.matches("damaged").count(), 1, "said once:\n{}", listed.out);
    assert_eq!(footprint(&project, "app"), before, "nothing was touched");
}

#[test]
fn a_running_job_can_be_cancelled() {
    let stage = stage();
    stage.push("be/app", "1.0", Mode::Healthy);
    let project = project(&stage, "be/app");
    stage.push("be/app", "1.1", Mode::Slow(300));
    let update = ["update", "--stack", project.name(), "--yes"];
    let child = stage.command(&update).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("dockrev starts");
    wait_for("verify", || stage.jobs().first().is_some_and(|job| job["state"]["stage"] == "verify"));
    let id = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
    let other = ["update", "--stack", project.name(), "--yes"];
    stage.dockrev(&other).says("").complains("is at work on stack");
    stage.dockrev(&["jobs", "cancel", &id]).ends_with(0).says("was asked to stop");
    let output = child.wait_with_output().expect("dockrev ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("rolled back"), "{said}");
    assert_eq!(stage.jobs()[0]["state"]["cause"]["code"], "job.cancelled");
    assert_eq!(starts(&stage, &project), ["1.0", "1.0"]);
    stage.dockrev(&["jobs", "cancel", &id]).ends_with(1).complains("job.ended");
}

#[test]
fn services_are_stopped_and_started_in_their_order() {
    let stage = stage();
    stage.push("bf/app", "1.0", Mode::Healthy);
    let project = project(&stage, "bf/app");
    let before = footprint(&project, "app");
    stage.dockrev(&["stop", "--stack", project.name()]).ends_with(0).says("stopped");
    assert!(!project.service("app").expect("a container").running);
    stage.dockrev(&["start", "--service", &format!("{}/app", project.name())]).ends_with(0).says("started");
    project.wait_healthy("app").expect("it runs again");
    stage.dockrev(&["restart", "--stack", project.name()]).ends_with(0).says("restarted");
    let after = footprint(&project, "app");
    assert_eq!(after.0, before.0);
    assert_ne!(after.1, before.1);
    stage.dockrev(&["stop", "--stack", "nobody"]).ends_with(1).complains("stack.not-found");
}
