//! What runs, what its tag stands for here, and what it points to in the registry: three things, each told as it is.

use crate::schema;
use crate::stage::{Stage, entry};
use dockrev_testkit::{Compose, Mode, Project};
use serde_json::Value;

fn stage() -> Stage {
    Stage::new(Compose::any().unwrap())
}

/// What `check` says of the project's one service.
#[track_caller]
fn web(stage: &Stage, project: &Project) -> Value {
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    schema::holds(&check);
    entry(&check, "web").clone()
}

#[track_caller]
fn is(entry: &Value, status: &str, reason: &str) {
    let says = entry["reason"].as_str().unwrap();
    assert!(entry["status"] == status && says.contains(reason), "{status}, {reason}: {entry:#}");
}

#[test]
fn what_runs_is_told_from_what_its_tag_stands_for_here() {
    let stage = stage();
    let old = stage.push_as("ta/web", "stable", "1", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "ta/web:stable")], &["web"]);
    let image = format!("{}/ta/web:stable", stage.registry.host());
    let up_to_date = web(&stage, &project);
    is(&up_to_date, "up-to-date", "");
    assert_eq!(
        (&up_to_date["running"]["local_tag"], &up_to_date["tag_now"]["is_what_runs"]),
        (&"same".into(), &true.into())
    );
    assert_eq!(up_to_date["tag_now"]["digest"], old.digest.as_str());
    // Other tests have the same content under other names.
    let own = format!("{}/ta/web@{}", stage.registry.host(), old.digest);
    assert!(up_to_date["running"]["digests"].as_array().unwrap().contains(&own.into()), "{up_to_date:#}");

    // Pulled by somebody, and not brought up: the old one runs, and that is what counts.
    let new = stage.push_as("ta/web", "stable", "2", Mode::Healthy);
    stage.engine.run(&["pull", "--quiet", &image]).unwrap();
    let pulled = web(&stage, &project);
    is(&pulled, "update", "");
    assert_eq!(
        (&pulled["running"]["local_tag"], &pulled["candidate"]["digest"]),
        (&"pulled".into(), &new.digest.as_str().into())
    );
    stage.dockrev(&["check", "--stack", project.name()]).ends_with(0).says("was pulled and not brought up");

    // Somebody's own image under its name: bringing the service up would start that.
    let own = stage.push("ta/own", "own", Mode::Healthy);
    let own_image = format!("{}/ta/own@{}", stage.registry.host(), own.digest);
    stage.engine.run(&["pull", "--quiet", &own_image]).unwrap();
    stage.engine.run(&["tag", &own_image, &image]).unwrap();
    let retagged = web(&stage, &project);
    is(&retagged, "held", "stands for another image by now");
    assert_eq!(retagged["hold"]["type"], "retagged-locally");
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0).says("nothing to update");
    assert!(project.service("web").unwrap().runs(&old));
    stage.engine.run(&["pull", "--quiet", &image]).unwrap();
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    assert!(project.service("web").unwrap().runs(&new));
}

#[test]
fn a_tag_that_goes_back_is_shown_and_not_followed() {
    let stage = stage();
    let old = stage.push_as("tb/web", "stable", "1", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "tb/web:stable")], &["web"]);
    is(&web(&stage, &project), "up-to-date", "");
    let new = stage.push_as("tb/web", "stable", "2", Mode::Healthy);
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    assert!(project.service("web").unwrap().runs(&new));

    stage.push_as("tb/web", "stable", "1", Mode::Healthy);
    let back = web(&stage, &project);
    is(&back, "held", "the tag went back to an older build (seen behind it on ");
    assert_eq!((&back["hold"]["type"], &back["hold"]["back"]["type"]), (&"moved-back".into(), &"seen-before".into()));
    assert_eq!(back["candidate"]["digest"], old.digest.as_str());
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0).says("nothing to update");
    assert!(project.service("web").unwrap().runs(&new));
    let service = format!("{}/web", project.name());
    stage.dockrev(&["update", "--service", &service, "--to", "stable", "--yes"]).ends_with(0);
    assert!(project.service("web").unwrap().runs(&old));
}

#[test]
fn a_tag_or_repository_that_is_gone_is_a_status_of_its_own() {
    let stage = stage();
    stage.push("tc/web", "latest", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "tc/web:latest")], &["web"]);
    stage.registry.client().copy_tag("tc/web", "latest", "other").unwrap();
    stage.registry.remove_tag("tc/web", "latest").unwrap();
    let gone = web(&stage, &project);
    is(&gone, "gone", "tag `latest`");
    assert_eq!(gone["code"], "registry.tag-gone");
    stage.registry.remove_repository("tc/web").unwrap();
    let gone = web(&stage, &project);
    is(&gone, "gone", "repository");
    assert_eq!(gone["code"], "registry.repository-gone");
    let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1);
    ran.says("nothing to update, but of 1 service it is not known");
}

#[test]
fn what_never_came_from_a_registry_is_not_asked_about() {
    let stage = stage();
    let pushed = stage.push("td/web", "1", Mode::Healthy);
    let image = format!("{}/td/web@{}", stage.registry.host(), pushed.digest);
    stage.engine.run(&["pull", "--quiet", &image]).unwrap();
    stage.engine.run(&["tag", &image, "dockrev-test/own:1.0"]).unwrap();
    let services = [
        dockrev_testkit::Service::new("web", "dockrev-test/own:1.0").line("stop_grace_period: 1s"),
        dockrev_testkit::Service::new("pinned", &image).line("stop_grace_period: 1s"),
    ];
    let project = stage.project(&services, &["web", "pinned"]);
    is(&web(&stage, &project), "skipped", "did not come from this repository");
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    is(entry(&check, "pinned"), "skipped", "pinned to a digest");
}
