//! Services that live in the namespaces of an updated one: made anew after it, and connected again whatever happens.

use crate::stage::{Ran, Stage, entry, footprint};
use dockrev_testkit::{Compose, Mode, Project};

/// A follower's image runs this instead of its app: two of them could not listen on one port. Its healthcheck asks whoever
/// listens in its network.
const SLEEPS: &str = "command: [sleep, '1000']";

/// A project of `vpn`, with data; of `ride`, which lives in its network; and of `deep`, which lives in that of `ride`.
fn project(stage: &Stage, repository: &str) -> Project {
    stage.push_as(&format!("{repository}/vpn"), "latest", "1", Mode::Healthy);
    stage.push(&format!("{repository}/ride"), "1.0", Mode::Healthy);
    let ride = format!("{repository}/ride:1.0");
    let services = [
        stage.service("deep", &ride).line("network_mode: service:ride").line(SLEEPS),
        stage.service("ride", &ride).line("network_mode: service:vpn").line(SLEEPS),
        stage.service("vpn", &format!("{repository}/vpn:latest")).line("volumes: [/data]"),
    ];
    stage.project(&services, &["vpn", "ride", "deep"])
}

fn update(stage: &Stage, project: &Project) -> Ran {
    stage.dockrev(&["update", "--stack", project.name(), "--yes"])
}

/// What a service of the project hears from `vpn` over its own loopback interface.
#[track_caller]
fn hears(stage: &Stage, project: &Project, service: &str, expected: &str) {
    let container = project.service(service).expect("a container").container_id;
    let fetch = ["exec", &container, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/version"];
    assert_eq!(stage.engine.run(&fetch).expect("an answer").trim(), expected, "{service}");
    project.wait_healthy(service).expect("its healthcheck asks there too");
}

fn lives_in(stage: &Stage, project: &Project, service: &str) -> String {
    let container = project.service(service).expect("a container").container_id;
    let mode = stage.engine.run(&["inspect", "--format", "{{.HostConfig.NetworkMode}}", &container]);
    mode.expect("it is there").trim().strip_prefix("container:").expect("another's network").to_owned()
}

fn container(project: &Project, service: &str) -> String {
    project.service(service).expect("a container").container_id
}

#[test]
fn followers_come_along_and_the_users_own_compose_up_changes_nothing() {
    for stage in Stage::with_each_compose() {
        let project = project(&stage, "fa");
        stage.push_as("fa/vpn", "latest", "2", Mode::Healthy);
        let vpn = format!("{}/vpn", project.name());
        let plan = stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
        assert!(!plan.out.contains("goes live"), "{}", plan.out);
        plan.says(&format!("ride, deep live in the namespaces of {vpn}, and are made anew after it"));
        let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
        crate::schema::holds(&check);
        assert_eq!(entry(&check, "vpn")["followers"], serde_json::json!(["ride", "deep"]), "{check:#}");

        update(&stage, &project).ends_with(0).says("updated");
        hears(&stage, &project, "ride", "2");
        hears(&stage, &project, "deep", "2");
        assert_eq!(lives_in(&stage, &project, "ride"), container(&project, "vpn"));
        assert_eq!(lives_in(&stage, &project, "deep"), container(&project, "ride"));
        let job = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
        let shown = stage.dockrev(&["jobs", "show", &job]).ends_with(0).says("make ride anew").says("ride, deep");
        assert!(!shown.out.contains("although nothing changed"), "{}", shown.out);
        let all = || ["vpn", "ride", "deep"].map(|service| footprint(&project, service));
        let before = all();
        project.up().expect("compose up");
        assert_eq!(all(), before, "the user's own `up` made something anew");

        stage.dockrev(&["rollback", &job, "--yes"]).ends_with(0);
        hears(&stage, &project, "ride", "1");
        hears(&stage, &project, "deep", "1");
    }
}

#[test]
fn followers_are_connected_to_what_is_put_back() {
    for stage in Stage::with_each_compose() {
        let project = project(&stage, "fb");
        stage.push_as("fb/vpn", "latest", "2", Mode::Unhealthy);
        update(&stage, &project).ends_with(1).says("rolled back");
        hears(&stage, &project, "ride", "1");
        hears(&stage, &project, "deep", "1");
        // It ends at once: there is no network to make them anew in.
        stage.push_as("fb/vpn", "latest", "3", Mode::Exit);
        update(&stage, &project).ends_with(1).says("rolled back").says("ended with exit code 3");
        hears(&stage, &project, "ride", "1");
        hears(&stage, &project, "deep", "1");
    }
}

/// Stopping a container ends its network, and starting it again makes another one.
#[test]
fn followers_are_started_again_after_a_backup_that_failed() {
    for stage in Stage::with_each_compose() {
        let project = project(&stage, "fc");
        stage.push_as("fc/vpn", "latest", "2", Mode::Healthy);
        let before = ["vpn", "ride", "deep"].map(|service| footprint(&project, service));
        // Nobody can make a folder there.
        let mut update = stage.command(&["update", "--stack", project.name(), "--yes"]);
        let ran = crate::stage::run(update.env("DOCKREV_BACKUP_BASE_DIR", "/proc/dockrev")).ends_with(1);
        ran.says("failed, the old containers run");
        for (service, (id, started_at)) in ["vpn", "ride", "deep"].into_iter().zip(before) {
            let now = footprint(&project, service);
            assert_eq!(now.0, id, "{service} is the same container");
            assert_ne!(now.1, started_at, "{service} was started again");
        }
        hears(&stage, &project, "ride", "1");
        hears(&stage, &project, "deep", "1");
    }
}

/// Both in one go: whichever comes first, the follower ends up with its new image in the new network.
#[test]
fn a_follower_with_news_of_its_own_is_updated_as_well() {
    for stage in Stage::with_each_compose() {
        let project = project(&stage, "fd");
        stage.push_as("fd/vpn", "latest", "2", Mode::Healthy);
        let ride = stage.push("fd/ride", "1.1", Mode::Healthy);
        update(&stage, &project).ends_with(0).says("updated");
        for service in ["ride", "deep"] {
            hears(&stage, &project, service, "2");
            assert!(project.service(service).expect("a container").runs(&ride), "{service}");
        }
        assert_eq!(stage.jobs().len(), 3);
        let (own, pins) = (project.file().display().to_string(), stage.override_file(&project).display().to_string());
        let all = || ["vpn", "ride", "deep"].map(|service| footprint(&project, service));
        let before = all();
        project.compose(&["-f", &own, "-f", &pins, "up", "-d"]).expect("compose up");
        assert_eq!(all(), before, "the user's own `up` made something anew");
    }
}

/// A namespace of processes ends with its first one, and takes the follower with it.
#[test]
fn processes_and_shared_memory_are_namespaces_too() {
    for stage in Stage::with_each_compose() {
        stage.push_as("fe/app", "latest", "1", Mode::Healthy);
        stage.push("fe/watch", "1.0", Mode::NoHealthcheck);
        let watch = stage.service("watch", "fe/watch:1.0").line("pid: service:app").line("ipc: service:app");
        let app = stage.service("app", "fe/app:latest").line("ipc: shareable").line("volumes: [/data]");
        let project = stage.project(&[app, watch.line(SLEEPS)], &["app"]);
        let first_process = || {
            let command = ["exec", &container(&project, "watch"), "cat", "/proc/1/root/app/version"];
            stage.engine.run(&command).expect("it sees the app's processes").trim().to_owned()
        };
        assert_eq!(first_process(), "1");
        stage.push_as("fe/app", "latest", "2", Mode::Unhealthy);
        update(&stage, &project).ends_with(1).says("rolled back");
        assert_eq!(first_process(), "1");
        stage.push_as("fe/app", "latest", "3", Mode::Healthy);
        update(&stage, &project).ends_with(0);
        assert_eq!(first_process(), "3");
        // Also where nothing is updated.
        stage.dockrev(&["restart", "--service", &format!("{}/app", project.name())]).ends_with(0).says("watch");
        assert_eq!(first_process(), "3");
    }
}

/// What making it anew would change, beyond its namespace, is nothing that anybody asked for.
#[test]
fn a_service_is_held_where_others_would_be_cut_off_or_changed() {
    let stage = Stage::new(Compose::any().expect("Compose"));
    let project = project(&stage, "ff");
    stage.push_as("ff/vpn", "latest", "2", Mode::Healthy);
    let plan = || stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
    let (ride, deep) = (format!("{}/ride", project.name()), format!("{}/deep", project.name()));
    plan().says("made anew after it");

    project.compose(&["stop", "deep"]).expect("it stops");
    plan().says(&format!("{deep} would be cut off"));
    stage.dockrev(&["check", "--stack", project.name()]).ends_with(0).says(&format!("{deep} would be cut off"));
    project.compose(&["start", "deep"]).expect("it starts");
    plan().says("made anew after it");

    let file = std::fs::read_to_string(project.file()).expect("its file");
    let edit = |from: &str, to: &str| std::fs::write(project.file(), file.replacen(from, to, 1)).expect("written");
    edit("network_mode: service:ride", "environment: {NEW: setting}\n    network_mode: service:ride");
    plan().says(&format!("{deep} would be cut off"));
    edit("", "");

    let image = format!("{}/ff/ride:1.0", stage.registry.host());
    let before = stage.engine.run(&["image", "inspect", "--format", "{{.Id}}", &image]).expect("an image");
    let other = format!("{}/ff/vpn:latest", stage.registry.host());
    stage.engine.run(&["tag", &other, &image]).expect("a tag");
    plan().says(&format!("{deep}, {ride} would be cut off"));
    stage.engine.run(&["tag", before.trim(), &image]).expect("a tag");
    plan().says("made anew after it");

    let (name, network) = (format!("{}-guest", project.name()), format!("container:{}", container(&project, "ride")));
    let run = ["run", "--detach", "--name", &name, "--network", &network, "--label", dockrev_testkit::LABEL];
    stage.engine.run(&[run.as_slice(), &[&image, "sleep", "1000"]].concat()).expect("a guest");
    let said = plan();
    stage.engine.run(&["rm", "--force", &name]).expect("it goes");
    said.says(&format!("{name} would be cut off"));
}

/// Also where nothing is updated: a stop ends the network as well.
#[test]
fn followers_come_along_when_a_service_is_started_again_or_its_data_put_back() {
    for stage in Stage::with_each_compose() {
        let project = project(&stage, "fh");
        let vpn = format!("{}/vpn", project.name());
        stage.dockrev(&["restart", "--service", &vpn]).ends_with(0).says("ride").says("deep");
        hears(&stage, &project, "deep", "1");
        stage.dockrev(&["stop", "--service", &vpn]).ends_with(0);
        let before = footprint(&project, "deep");
        stage.dockrev(&["start", "--service", &vpn]).ends_with(0).says("deep");
        hears(&stage, &project, "deep", "1");
        assert_ne!(footprint(&project, "deep").1, before.1, "it was started again");
        stage.dockrev(&["restart", "--stack", project.name()]).ends_with(0);
        hears(&stage, &project, "deep", "1");

        stage.push_as("fh/vpn", "latest", "2", Mode::Healthy);
        update(&stage, &project).ends_with(0);
        stage.dockrev(&["backup", "restore", project.name(), "--yes"]).ends_with(0).says("restored");
        hears(&stage, &project, "ride", "2");
        hears(&stage, &project, "deep", "2");
    }
}

#[test]
fn a_service_whose_volumes_others_take_is_held() {
    for stage in Stage::with_each_compose() {
        stage.push("fg/data", "1.0", Mode::Healthy);
        stage.push("fg/user", "1.0", Mode::NoHealthcheck);
        let data = stage.service("data", "fg/data:1.0").line("volumes: [/data]");
        let user = stage.service("user", "fg/user:1.0").line("volumes_from: [data]").line(SLEEPS);
        let project = stage.project(&[data, user], &["data"]);
        stage.push("fg/data", "1.1", Mode::Healthy);
        let before = footprint(&project, "data");
        update(&stage, &project).ends_with(0).says(&format!("{}/user would be cut off", project.name()));
        assert_eq!(footprint(&project, "data"), before);
    }
}
