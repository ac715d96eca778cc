use crate::stage::{Stage, entry, footprint};
use std::collections::BTreeSet;

use dockrev_testkit::{App, Architecture, Attestation, Health, Mode, Project, Pushed};

/// The image that the engine has under a name now.
fn local(stage: &Stage, reference: &str) -> String {
    let image = format!("{}/{reference}", stage.registry.host());
    stage.engine.run(&["image", "inspect", "--format", "{{.Id}}", &image]).expect("an image").trim().to_owned()
}

#[track_caller]
fn runs(project: &Project, service: &str, pushed: &Pushed) {
    let state = project.service(service).expect("a container");
    assert!(state.runs(pushed), "{service} runs {} ({:?})", state.image_id, state.repository_digests);
    assert!(state.running, "{service} does not run");
}

/// The five services of the demo, with both generations of Compose.
#[test]
fn every_kind_of_news_ends_as_it_should() {
    for stage in Stage::with_each_compose() {
        let web_old = stage.push("t/web", "1.0.0", Mode::Healthy);
        let api_old = stage.push("t/api", "2.4.0", Mode::Healthy);
        stage.push_as("t/cache", "stable", "7.2.1", Mode::Healthy);
        let docs = stage.push("t/docs", "3.1.0", Mode::Healthy);
        let report = stage.push("t/report", "1.8.0", Mode::Healthy);
        let services = [
            stage.service("web", "t/web:1.0.0"),
            stage.service("api", "t/api:2.4.0"),
            stage.service("cache", "t/cache:stable"),
            stage.service("docs", "t/docs:3.1.0"),
            stage.service("report", "t/report:1.8.0"),
        ];
        let names = ["web", "api", "cache", "docs", "report"];
        let project = stage.project(&services, &names);
        let web_new = stage.push("t/web", "1.1.0", Mode::Healthy);
        let api_new = stage.push("t/api", "2.5.0", Mode::Unhealthy);
        let cache_new = stage.push_as("t/cache", "stable", "7.2.2", Mode::Healthy);
        let foreign = App::new("1.9.0", Mode::Healthy).architecture(Architecture::foreign()).build().unwrap();
        let client = stage.registry.client();
        let member = client.push_untagged("t/report", &foreign).unwrap();
        client.push_index("t/report", "1.9.0", &[member], Attestation::With).unwrap();
        let untouched = ["docs", "report"].map(|name| project.service(name).unwrap().container_id);

        let only = project.name();
        let check = stage.dockrev(&["check", "--stack", only, "--json"]).ends_with(0).json();
        let status = |name| entry(&check, name)["status"].as_str().unwrap().to_owned();
        assert_eq!(names.map(status), ["update", "update", "update", "up-to-date", "held"], "{check:#}");
        assert_eq!(entry(&check, "web")["candidate"]["digest"], web_new.digest.as_str());
        assert_eq!(entry(&check, "cache")["candidate"]["level"], "digest");
        assert_eq!(entry(&check, "report")["candidate"]["architecture"], "mismatch");

        stage.dockrev(&["update", "--stack", only, "--yes"]).ends_with(1).says("rolled-back").says("updated");
        runs(&project, "web", &web_new);
        runs(&project, "cache", &cache_new);
        runs(&project, "api", &api_old);
        runs(&project, "docs", &docs);
        runs(&project, "report", &report);
        assert!(!project.service("api").unwrap().runs(&api_new));
        assert_eq!(project.wait_healthy("api").unwrap().health, Health::Healthy);
        assert_eq!(["docs", "report"].map(|name| project.service(name).unwrap().container_id), untouched);
        assert!(local(&stage, "t/web:1.0.0") != local(&stage, "t/cache:stable"));
        assert!(!project.service("web").unwrap().runs(&web_old));
    }
}

/// After an update, the user's own Compose has nothing to do: with the override for a newer tag, without it for a
/// moved one.
#[test]
fn the_users_own_compose_up_changes_nothing_afterwards() {
    for stage in Stage::with_each_compose() {
        stage.push("u/web", "1.0.0", Mode::Healthy);
        stage.push_as("u/cache", "stable", "1", Mode::Healthy);
        let services = [stage.service("web", "u/web:1.0.0"), stage.service("cache", "u/cache:stable")];
        let project = stage.project(&services, &["web", "cache"]);
        let web_new = stage.push("u/web", "1.1.0", Mode::Healthy);
        let cache_new = stage.push_as("u/cache", "stable", "2", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);

        let before = ["web", "cache"].map(|name| project.service(name).unwrap().container_id);
        let (own, pins) = (project.file().display().to_string(), stage.override_file(&project).display().to_string());
        project.compose(&["-f", &own, "-f", &pins, "up", "-d"]).unwrap();
        assert_eq!(["web", "cache"].map(|name| project.service(name).unwrap().container_id), before);
        project.compose(&["-f", &own, "up", "-d", "--no-deps", "cache"]).unwrap();
        assert_eq!(project.service("cache").unwrap().container_id, before[1]);
        runs(&project, "web", &web_new);
        runs(&project, "cache", &cache_new);
        let check = stage.dockrev(&["check", "--stack", project.name()]).ends_with(0);
        check.says("2 up to date").says("the compose file of").says("u/web:1.0.0");
    }
}

#[test]
fn an_update_is_rolled_back_by_its_job() {
    for stage in Stage::with_each_compose() {
        let web_old = stage.push("r/web", "1.0.0", Mode::Healthy);
        let cache_old = stage.push_as("r/cache", "stable", "1", Mode::Healthy);
        let services = [stage.service("web", "r/web:1.0.0"), stage.service("cache", "r/cache:stable")];
        let project = stage.project(&services, &["web", "cache"]);
        stage.push("r/web", "1.1.0", Mode::Healthy);
        let cache_new = stage.push_as("r/cache", "stable", "2", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        runs(&project, "cache", &cache_new);
        // The registry is of no use any more: the way back needs nobody.
        let mut stage = stage;
        stage.registry.stop().unwrap();
        for job in stage.jobs() {
            let id = job["id"].as_str().unwrap();
            stage.dockrev(&["rollback", id, "--yes"]).ends_with(0).says("rolled back");
            stage.dockrev(&["jobs", "show", id]).ends_with(0).says("rolled-back").says("rollback.requested");
            stage.dockrev(&["rollback", id, "--yes"]).ends_with(1).complains("rollback.nothing-to-undo");
        }
        runs(&project, "web", &web_old);
        runs(&project, "cache", &cache_old);
        assert_eq!(project.service("web").unwrap().health, Health::Healthy);
        assert!(!stage.override_file(&project).exists(), "an override without pins stays behind");
        let cache = local(&stage, "r/cache:stable");
        assert_eq!(cache, project.service("cache").unwrap().image_id);
    }
}

#[test]
fn the_first_service_stays_updated_when_the_second_fails() {
    for stage in Stage::with_each_compose() {
        stage.push("s/a", "1.0", Mode::Healthy);
        let old = stage.push("s/b", "1.0", Mode::Healthy);
        let services = [
            stage.service("a", "s/a:1.0"),
            stage.service("b", "s/b:1.0").line("depends_on: [a]"),
            stage.service("c", "s/a:1.0").line("depends_on: [b]"),
        ];
        let project = stage.project(&services, &["a", "b", "c"]);
        let new = stage.push("s/a", "1.1", Mode::Healthy);
        stage.push("s/b", "1.1", Mode::Exit);
        let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(1);
        ran.says("skipped: it waits for").says("ended with exit code 3");
        runs(&project, "a", &new);
        runs(&project, "b", &old);
        assert!(!project.service("c").unwrap().runs(&new));
        assert_eq!(project.wait_healthy("b").unwrap().health, Health::Healthy);
    }
}

#[test]
fn a_service_without_a_healthcheck_is_updated_with_a_warning() {
    let stage = Stage::new(dockrev_testkit::Compose::any().unwrap());
    stage.push("n/good", "1.0", Mode::NoHealthcheck);
    stage.push("n/bad", "1.0", Mode::NoHealthcheck);
    let services = [stage.service("good", "n/good:1.0"), stage.service("bad", "n/bad:1.0")];
    let project = stage.project(&services, &[]);
    let good = stage.push("n/good", "1.1", Mode::NoHealthcheck);
    let bad = App::new("1.1", Mode::Exit).label(dockrev_testkit::LABEL, "test").build().unwrap();
    stage.registry.client().push("n/bad", "1.1", &bad).unwrap();
    let name = format!("{}/good", project.name());
    stage.dockrev(&["update", "--service", &name, "--yes"]).ends_with(0).says("no healthcheck");
    runs(&project, "good", &good);
    let id = stage.jobs()[0]["id"].as_str().unwrap().to_owned();
    stage.dockrev(&["jobs", "show", &id]).ends_with(0).says("no healthcheck: success means running");
}

#[test]
fn nothing_to_do_does_nothing() {
    for stage in Stage::with_each_compose() {
        stage.push("o/docs", "3.1.0", Mode::Healthy);
        let project = stage.project(&[stage.service("docs", "o/docs:3.1.0")], &["docs"]);
        let before = footprint(&project, "docs");
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0).says("nothing to update");
        assert_eq!(footprint(&project, "docs"), before);
        assert_eq!(stage.jobs().len(), 0);
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    for stage in Stage::with_each_compose() {
        stage.push("d/web", "1.0.0", Mode::Healthy);
        stage.push_as("d/cache", "stable", "1", Mode::Healthy);
        let services = [stage.service("web", "d/web:1.0.0"), stage.service("cache", "d/cache:stable")];
        let project = stage.project(&services, &["web", "cache"]);
        stage.push("d/web", "1.1.0", Mode::Healthy);
        stage.push_as("d/cache", "stable", "2", Mode::Healthy);
        // In a table, the width of a column would depend on what others have.
        let columns = "{{.Repository}} {{.Tag}} {{.Digest}} {{.ID}} {{.CreatedAt}} {{.Size}}";
        let images = || stage.engine.run(&["images", "--all", "--no-trunc", "--digests", "--format", columns]).unwrap();
        let seen = || (["web", "cache"].map(|name| footprint(&project, name)), local(&stage, "d/cache:stable"));
        let (before, images_before) = (seen(), images());
        let ran = stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
        ran.says("1.1.0").says("dry run: nothing was changed");
        assert_eq!(seen(), before);
        // Other tests use the engine at the same time.
        let ours = |text: &str| -> BTreeSet<String> {
            text.lines().filter(|line| line.contains(&stage.registry.host())).map(str::to_owned).collect()
        };
        assert_eq!(ours(&images()), ours(&images_before));
        assert_eq!(stage.jobs().len(), 0);
        assert!(!stage.override_file(&project).exists());
        stage.dockrev(&["update", "--stack", project.name()]).ends_with(1).complains("consent.missing");
        assert_eq!(seen(), before);
    }
}

#[test]
fn a_service_goes_to_the_tag_that_is_asked_for() {
    let stage = Stage::new(dockrev_testkit::Compose::any().unwrap());
    stage.push("g/web", "1.0.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "g/web:1.0.0")], &["web"]);
    stage.push("g/web", "1.2.0", Mode::Healthy);
    let asked = stage.push("g/web", "1.1.0", Mode::Healthy);
    let name = format!("{}/web", project.name());
    stage.dockrev(&["update", "--service", &name, "--to", "7.7", "--yes"]).ends_with(1).says("not found");
    stage.dockrev(&["update", "--service", &name, "--to", "1.1.0", "--yes"]).ends_with(0).says("updated");
    runs(&project, "web", &asked);
    let nowhere = format!("{}/wbe", project.name());
    stage.dockrev(&["update", "--service", &nowhere, "--yes"]).ends_with(1).complains("service.not-found");
}
