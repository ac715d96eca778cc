//! Stacks that are not as simple as they look: where others have lost services.

use crate::stage::{Stage, entry, footprint};
use dockrev_testkit::{App, Compose, Generation, Mode, Project, Pushed};
use std::process::Stdio;

fn stage() -> Stage {
    Stage::new(Compose::any().unwrap())
}

#[track_caller]
fn runs(project: &Project, service: &str, pushed: &Pushed) {
    let state = project.service(service).expect("a container");
    assert!(state.runs(pushed) && state.running, "{service} runs {} ({:?})", state.image_id, state.repository_digests);
}

fn rewrite(project: &Project, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.file()).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(project.file(), text.replace(from, to)).unwrap();
}

/// What `update --dry-run` says of one service.
fn plan(stage: &Stage, project: &Project) -> String {
    stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).out
}

/// Bringing it up from the override alone would make it anew without its volumes and ports.
#[test]
fn a_service_that_left_the_compose_file_is_left_alone() {
    for stage in Stage::with_each_compose() {
        let old = stage.push("ea/web", "1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("web", "ea/web:1.0")], &["web"]);
        stage.push("ea/web", "1.1", Mode::Healthy);
        rewrite(&project, "  web:", "  website:");
        let before = footprint(&project, "web");
        let said = plan(&stage, &project);
        assert!(said.contains("held: the compose files no longer have this service"), "{said}");
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0).says("nothing to update");
        assert_eq!(footprint(&project, "web"), before);
        runs(&project, "web", &old);
        rewrite(&project, "  website:", "  web:");
    }
}

/// What the user has edited besides the image is not slipped in unsaid.
#[test]
fn says_that_other_edits_go_live_with_an_update() {
    for stage in Stage::with_each_compose() {
        stage.push("el/web", "1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("web", "el/web:1.0")], &["web"]);
        stage.push("el/web", "1.1", Mode::Healthy);
        let said = plan(&stage, &project);
        assert!(!said.contains("goes live"), "{said}");
        rewrite(&project, "stop_grace_period: 1s", "stop_grace_period: 1s\n    environment: {NEW: setting}");
        let said = plan(&stage, &project);
        assert!(said.contains("what was edited and not brought up goes live with this"), "{said}");
    }
}

/// The user's own next `compose up` finds all as it should be, what the service waits for included.
#[test]
fn the_users_own_compose_up_changes_nothing_after_an_update() {
    for stage in Stage::with_each_compose() {
        stage.push("em/app", "1.0", Mode::Healthy);
        stage.push_as("em/web", "latest", "1", Mode::Healthy);
        let waits = "depends_on:\n      db:\n        condition: service_healthy";
        let services = [stage.service("db", "em/app:1.0"), stage.service("web", "em/web:latest").line(waits)];
        let project = stage.project(&services, &["db", "web"]);
        let db = footprint(&project, "db");
        stage.push_as("em/web", "latest", "2", Mode::Healthy);
        let before = footprint(&project, "web");
        stage.dockrev(&["update", "--service", &format!("{}/web", project.name()), "--yes"]).ends_with(0);
        let after = footprint(&project, "web");
        assert_ne!(after, before);
        assert_eq!(footprint(&project, "db"), db, "nobody touched what it waits for");
        project.up().expect("compose up");
        assert_eq!((footprint(&project, "web"), footprint(&project, "db")), (after, db));
        let label = ["inspect", "--format", r#"{{index .Config.Labels "com.docker.compose.depends_on"}}"#];
        let container = project.service("web").expect("a container").container_id;
        let said = stage.engine.run(&[label.as_slice(), &[&container]].concat()).expect("its label");
        assert!(stage.compose.generation() == Generation::V1 || said.contains("db:service_healthy"), "{said}");
    }
}

/// Compose 1 does not see what only the image declares, and would make the new container with an empty volume.
#[test]
fn a_volume_that_only_the_image_declares_is_not_lost_from_sight() {
    for stage in Stage::with_each_compose() {
        let publish = |tag: &str| {
            let app = App::new(tag, Mode::Healthy).label(dockrev_testkit::LABEL, "test").volume("/data");
            stage.registry.client().push("ek/web", tag, &app.build().expect("an image")).expect("a push")
        };
        publish("1.0");
        let project = stage.project(&[stage.service("web", "ek/web:1.0")], &["web"]);
        let container = || project.service("web").expect("a container").container_id;
        let in_it = |script: &str| stage.engine.run(&["exec", &container(), "sh", "-c", script]);
        in_it("echo precious > /data/file").expect("it is written");
        publish("1.1");
        let before = footprint(&project, "web");
        let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        match stage.compose.generation() {
            Generation::V1 => {
                ran.says("it an empty volume at `/data`, which only the image declares");
                assert_eq!(footprint(&project, "web"), before);
            }
            Generation::V2 => assert_ne!(footprint(&project, "web"), before, "{}", ran.says("updated").out),
        }
        assert_eq!(in_it("cat /data/file").expect("it is there"), "precious\n");
    }
}

#[test]
fn edits_that_were_not_brought_up_are_not_brought_up_with_an_update() {
    let stage = stage();
    let old = stage.push("eb/web", "1.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "eb/web:1.0")], &["web"]);
    stage.push("eb/web", "2.0", Mode::Healthy);
    rewrite(&project, "eb/web:1.0", "eb/web:2.0");
    let said = plan(&stage, &project);
    assert!(said.contains("bring that up first"), "{said}");
    runs(&project, "web", &old);
}

/// After a plain `compose up` the old image runs again, and that is what a failing update has to go back to.
#[test]
fn a_pin_that_is_no_longer_what_runs_is_not_gone_back_to() {
    for stage in Stage::with_each_compose() {
        let first = stage.push("ec/web", "1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("web", "ec/web:1.0")], &["web"]);
        let second = stage.push("ec/web", "1.1", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        runs(&project, "web", &second);
        project.up().unwrap();
        project.wait_healthy("web").unwrap();
        runs(&project, "web", &first);
        stage.push("ec/web", "1.2", Mode::Exit);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1).says("rolled-back");
        runs(&project, "web", &first);
    }
}

#[test]
fn services_that_share_a_moved_tag_do_not_move_it_for_each_other() {
    for stage in Stage::with_each_compose() {
        let old = stage.push_as("ed/app", "stable", "1", Mode::Healthy);
        let services = [stage.service("web", "ed/app:stable"), stage.service("worker", "ed/app:stable")];
        let project = stage.project(&services, &["web", "worker"]);
        let new = stage.push_as("ed/app", "stable", "2", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        runs(&project, "web", &new);
        runs(&project, "worker", &new);
        let job = stage.jobs().into_iter().find(|job| job["change"]["service"]["service"] == "worker").unwrap();
        stage.dockrev(&["rollback", job["id"].as_str().unwrap(), "--yes"]).ends_with(0);
        let (own, pins) = (project.file().display().to_string(), stage.override_file(&project).display().to_string());
        project.compose(&["-f", &own, "-f", &pins, "up", "-d"]).unwrap();
        runs(&project, "web", &new);
        runs(&project, "worker", &old);
    }
}

#[test]
fn a_digest_in_the_compose_file_is_followed_by_its_tag() {
    for stage in Stage::with_each_compose() {
        let old = stage.push_as("eg/web", "stable", "1", Mode::Healthy);
        let image = format!("eg/web:stable@{}", old.digest);
        let project = stage.project(&[stage.service("web", &image)], &["web"]);
        let new = stage.push_as("eg/web", "stable", "2", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        runs(&project, "web", &new);
        let id = stage.jobs()[0]["id"].as_str().unwrap().to_owned();
        stage.dockrev(&["rollback", &id, "--yes"]).ends_with(0);
        runs(&project, "web", &old);
    }
}

#[test]
fn a_scaled_service_keeps_its_number() {
    for stage in Stage::with_each_compose() {
        stage.push("eh/web", "1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("web", "eh/web:1.0")], &["web"]);
        project.compose(&["up", "-d", "--scale", "web=2"]).unwrap();
        stage.push("eh/web", "1.1", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        let filter = format!("label=com.docker.compose.project={}", project.name());
        let images = stage.engine.run(&["ps", "--filter", &filter, "--format", "{{.Image}}"]).unwrap();
        assert_eq!(images.lines().filter(|image| image.ends_with("eh/web:1.1")).count(), 2, "{images}");
    }
}

#[test]
fn a_service_beside_one_of_an_inactive_profile_is_updated() {
    for stage in Stage::with_each_compose() {
        stage.push("ei/web", "1.0", Mode::Healthy);
        let web = stage.service("web", "ei/web:1.0");
        let debug = stage.service("debug", "ei/web:1.0").line("profiles: [debug]").line("depends_on: [web]");
        let project = stage.project(&[web, debug], &["web"]);
        let new = stage.push("ei/web", "1.1", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        runs(&project, "web", &new);
        assert!(project.service_if_there("debug").unwrap().is_none(), "the profile is still inactive");
    }
}

/// An interrupt lets the running job come to its end and begins no other.
#[test]
fn an_interrupt_leaves_nothing_half_done() {
    let stage = stage();
    stage.push("ej/a", "1.0", Mode::Healthy);
    let old = stage.push("ej/b", "1.0", Mode::Healthy);
    let project = stage.project(&[stage.service("a", "ej/a:1.0"), stage.service("b", "ej/b:1.0")], &["a", "b"]);
    let new = stage.push("ej/a", "1.1", Mode::Slow(2));
    stage.push("ej/b", "1.1", Mode::Healthy);
    let mut update = stage.command(&["update", "--stack", project.name(), "--yes"]);
    let update = update.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    crate::stage::wait_for("the new container", || project.service("a").is_ok_and(|state| state.runs(&new)));
    let id = update.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = update.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("not begun: stopped"), "{out}");
    runs(&project, "a", &new);
    runs(&project, "b", &old);
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    assert_eq!(entry(&check, "a")["status"], "up-to-date");
    assert_eq!(stage.jobs().len(), 1);
}
