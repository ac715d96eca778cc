//! Data that Dockrev does not see from where it runs: a helper beside it copies it and puts it back.

use crate::stage::{Ran, Stage, run};
use dockrev_testkit::{Compose, Door, Mode, Project};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, PermissionsExt as _, chown, symlink};
use std::path::Path;

/// Writes down each start of the app in its data, and in a file of the machine.
const REMEMBERS: &str = r#"entrypoint: ["sh", "-c", "(cat /app/version; echo) >> /data/starts; cat /app/version > /conf; exec /app/start"]"#;

/// A project whose data is in `volume`, and whose file is `conf` of the machine.
fn project(stage: &Stage, repository: &str, volume: &str, conf: &Path) -> Project {
    let image = format!("{}/{repository}:1.0", stage.registry.host());
    let text = format!(
        "services:\n  app:\n    image: {image}\n    {REMEMBERS}\n    stop_grace_period: 1s\n    volumes:\n      - data:/data\n\
         \x20     - {}:/conf\nvolumes:\n  data:{volume}\n",
        conf.display()
    );
    let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &text).expect("a project");
    project.up().expect("the project starts");
    project.wait_healthy("app").expect("a healthy service");
    project
}

/// Files of every kind, with owners and modes of their own.
fn plant(data: &Path) {
    fs::create_dir(data.join("folder")).unwrap();
    fs::write(data.join("folder/secret"), "of somebody").unwrap();
    chown(data.join("folder/secret"), Some(1234), Some(5678)).unwrap();
    fs::set_permissions(data.join("folder/secret"), Permissions::from_mode(0o640)).unwrap();
    fs::hard_link(data.join("folder/secret"), data.join("again")).unwrap();
    symlink("/nowhere", data.join("link")).unwrap();
    let sparse = fs::File::create(data.join("sparse")).unwrap();
    sparse.write_all_at(b"end", 1 << 30).unwrap();
}

#[track_caller]
fn check_planted(data: &Path) {
    let secret = fs::metadata(data.join("folder/secret")).expect("it is back");
    assert_eq!((secret.uid(), secret.gid(), secret.mode() & 0o7777, secret.nlink()), (1234, 5678, 0o640, 2));
    assert_eq!(fs::read_link(data.join("link")).unwrap(), Path::new("/nowhere"));
    let sparse = fs::metadata(data.join("sparse")).unwrap();
    assert_eq!(sparse.len(), (1 << 30) + 3);
    assert!(sparse.blocks() < 1000, "its holes are holes: {}", sparse.blocks());
}

#[track_caller]
fn check_nothing_is_left(stage: &Stage) {
    let left = stage.engine.run(&["ps", "--all", "--quiet", "--filter", "label=dockrev.helper"]).expect("a list");
    assert_eq!(left.trim(), "", "a helper is left over");
}

fn starts(data: &Path) -> Vec<String> {
    let text = fs::read_to_string(data.join("starts")).expect("the app's own notes");
    text.lines().map(str::to_owned).collect()
}

/// A volume that its driver mounts from elsewhere is empty for everybody else once its container has stopped.
#[test]
fn a_volume_that_is_there_only_while_it_is_used_goes_back() {
    for stage in Stage::with_each_compose() {
        stage.push("ua/app", "1.0", Mode::Healthy);
        let machine = tempfile::tempdir().expect("a folder");
        let (data, conf) = (machine.path().join("data"), machine.path().join("conf"));
        fs::create_dir(&data).unwrap();
        fs::write(&conf, "").unwrap();
        let volume = format!("\n    driver_opts:\n      type: none\n      o: bind\n      device: {}", data.display());
        let project = project(&stage, "ua/app", &volume, &conf);
        plant(&data);
        stage.push("ua/app", "1.1", Mode::Unhealthy);
        let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1);
        ran.says("rolled back");
        assert_eq!(starts(&data), ["1.0", "1.0"]);
        check_planted(&data);
        project.wait_healthy("app").expect("the old version is healthy");
        check_nothing_is_left(&stage);
        let name = format!("{}_data", project.name());
        let place = stage.engine.run(&["volume", "inspect", "--format", "{{.Mountpoint}}", &name]).unwrap();
        stage.dockrev(&["stop", "--stack", project.name()]).ends_with(0);
        let below = fs::read_dir(place.trim()).expect("a folder").count();
        assert_eq!(below, 0, "what its path shows while it is stopped is not the data, and nothing was written there");
    }
}

/// An engine behind a port, whose files nobody here may take for those of this machine.
#[test]
fn data_of_an_engine_on_another_machine_goes_back() {
    let stage = Stage::new(Compose::any().expect("Compose"));
    let door = Door::open(stage.engine.host()).expect("a port");
    let dockrev = |arguments: &[&str]| -> Ran { run(stage.command(arguments).env("DOCKER_HOST", door.host())) };
    stage.push("ub/app", "1.0", Mode::Healthy);
    let machine = tempfile::tempdir().expect("a folder");
    let conf = machine.path().join("conf");
    fs::write(&conf, "").unwrap();
    fs::write(machine.path().join("neighbour"), "untouched").unwrap();
    let project = project(&stage, "ub/app", " {}", &conf);
    let volume = |name: &str| {
        let path = stage.engine.run(&["volume", "inspect", "--format", "{{.Mountpoint}}", name]).expect("a volume");
        Path::new(path.trim()).to_owned()
    };
    let data = volume(&format!("{}_data", project.name()));
    plant(&data);
    stage.push("ub/app", "1.1", Mode::Unhealthy);
    let planned = dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0).out;
    assert!(!planned.contains("not within reach"), "{planned}");
    dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1).says("rolled back");
    assert_eq!(starts(&data), ["1.0", "1.0"]);
    assert_eq!(fs::read_to_string(&conf).unwrap(), "1.0");
    assert_eq!(fs::read_to_string(machine.path().join("neighbour")).unwrap(), "untouched");
    check_planted(&data);
    project.wait_healthy("app").expect("the old version is healthy");
    check_nothing_is_left(&stage);

    let (target, other) = (format!("volume:{}_data", project.name()), format!("{}_copy", project.name()));
    let into = ["backup", "restore", project.name(), "--target", &target, "--into", &other, "--yes"];
    dockrev(&into).ends_with(0).says("restored");
    assert_eq!(starts(&volume(&other)), ["1.0"]);
    check_planted(&volume(&other));
    stage.engine.run(&["volume", "rm", &other]).expect("it is nobody's");
    let check = dockrev(&["check", "--json"]).ends_with(0).out;
    assert!(!check.contains("dockrev-helper"), "helpers are no containers to look at: {check}");
}
