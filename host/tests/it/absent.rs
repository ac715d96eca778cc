use crate::stage::{Stage, entry, footprint, run};
use dockrev_testkit::{Compose, Mode};

#[test]
fn an_engine_that_is_not_there_is_named_with_what_to_do() {
    let stage = Stage::new(Compose::any().unwrap());
    for arguments in [["check"].as_slice(), &["update", "--all", "--yes"]] {
        let mut command = stage.command(arguments);
        command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
        let ran = run(&mut command).ends_with(1);
        ran.complains("unix:///nowhere/docker.sock")
            .complains("code: engine.unreachable")
            .complains("hint: start the engine");
    }
}

#[test]
fn a_compose_that_is_not_there_is_named_with_what_to_do() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("x/web", "1.0.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "x/web:1.0.0")], &["web"]);
    stage.push("x/web", "1.1.0", Mode::Healthy);
    let before = footprint(&project, "web");
    let mut command = stage.command(&["update", "--stack", project.name(), "--yes"]);
    command.env("DOCKREV_COMPOSE_BIN", "/nowhere/docker-compose");
    run(&mut command).says("/nowhere/docker-compose");
    assert_eq!(footprint(&project, "web"), before);
}

#[test]
fn a_registry_that_is_not_there_is_a_status_and_no_failure() {
    let mut stage = Stage::new(Compose::any().unwrap());
    stage.push("y/web", "1.0.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "y/web:1.0.0")], &["web"]);
    stage.registry.stop().unwrap();
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    let web = entry(&check, "web");
    assert_eq!((&web["status"], &web["code"]), (&"unknown".into(), &"registry.unreachable".into()), "{check:#}");
    let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1);
    ran.says("nothing to update, but of 1 service it is not known");
}

#[test]
fn a_stack_that_is_not_there_is_an_error_that_names_those_that_are() {
    let stage = Stage::new(Compose::any().unwrap());
    let ran = stage.dockrev(&["check", "--stack", "no-such-stack"]).ends_with(1);
    ran.complains("no-such-stack").complains("code: stack.not-found");
}
