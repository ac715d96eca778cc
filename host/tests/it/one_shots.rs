//! Services that run to their end before an updated one starts: run once more, and with its image where it is theirs too.

use crate::stage::{Ran, Stage, footprint};
use dockrev_testkit::{Mode, Project};
use std::path::PathBuf;

/// Writes down each start of the app.
const APP: &str =
    r#"entrypoint: ["sh", "-c", "(echo -n 'app '; cat /app/version; echo) >> /data/log; exec /app/start"]"#;
/// Writes down each run, and fails where the data says so.
const MIGRATE: &str = r#"entrypoint: ["sh", "-c", "(echo -n 'migrate '; cat /app/version; echo) >> /data/log; if grep -qxf /app/version /data/bad; then echo no such table; exit 5; fi"]"#;
/// Writes down that it ran.
const ASSETS: &str = r#"entrypoint: ["sh", "-c", "echo assets >> /data/log"]"#;

/// A project of `services`, each of which waits for `migrate`, which is made from their image, and for `assets`, which has
/// one of its own. All of them have the same data.
fn project(stage: &Stage, repository: &str, tag: &str, services: &[&str]) -> Project {
    let image = format!("{}/{repository}/app:{tag}", stage.registry.host());
    stage.push(&format!("{repository}/assets"), "3.0", Mode::Healthy);
    let common = "    stop_grace_period: 1s\n    volumes: ['data:/data']\n";
    let mut text = format!(
        "services:\n  migrate:\n    image: {image}\n    {MIGRATE}\n{common}  assets:\n    image: {}/{repository}/assets:3.0\n    \
         {ASSETS}\n{common}",
        stage.registry.host()
    );
    for service in services {
        text += &format!(
            "  {service}:\n    image: {image}\n    {APP}\n{common}    depends_on:\n      migrate: {{condition: \
             service_completed_successfully}}\n      assets: {{condition: service_completed_successfully}}\n"
        );
    }
    let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &(text + "volumes:\n  data:\n"));
    let project = project.expect("a project");
    std::fs::write(data(stage, &project).join("bad"), "none\n").expect("a file");
    project.up().expect("the project starts");
    for service in services {
        project.wait_healthy(service).expect("a healthy service");
    }
    project
}

/// The folder of its volume, which is made before Compose needs it.
fn data(stage: &Stage, project: &Project) -> PathBuf {
    let name = format!("{}_data", project.name());
    let labels =
        [format!("com.docker.compose.project={}", project.name()), "com.docker.compose.volume=data".to_owned()];
    let create = ["volume", "create", "--label", &labels[0], "--label", &labels[1], &name];
    stage.engine.run(&create).expect("a volume");
    let path = stage.engine.run(&["volume", "inspect", "--format", "{{.Mountpoint}}", &name]).expect("a volume");
    PathBuf::from(path.trim())
}

/// What ran with the data as it is, in order; what may run at once sorted.
fn log(stage: &Stage, project: &Project) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(data(stage, project).join("log")).expect("a log");
    let mut groups: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        let begins = line.starts_with("app") != groups.last().is_some_and(|group| group[0].starts_with("app"));
        match groups.last_mut().filter(|_| !begins) {
            Some(group) => group.push(line.to_owned()),
            None => groups.push(vec![line.to_owned()]),
        }
    }
    groups.iter_mut().for_each(|group| group.sort());
    groups
}

fn update(stage: &Stage, project: &Project) -> Ran {
    stage.dockrev(&["update", "--stack", project.name(), "--yes"])
}

#[track_caller]
fn same_image(project: &Project, one: &str, other: &str) {
    let image = |service: &str| project.service(service).expect("a container").image_id;
    assert_eq!(image(one), image(other), "{one} and {other} are made from different images");
}

#[test]
fn they_run_before_the_new_version_and_before_the_old_one_again() {
    for stage in Stage::with_each_compose() {
        stage.push("oa/app", "1.0", Mode::Healthy);
        let project = project(&stage, "oa", "1.0", &["web"]);
        let first = [vec!["assets", "migrate 1.0"], vec!["app 1.0"]];
        assert_eq!(log(&stage, &project), first);
        stage.push("oa/app", "1.1", Mode::Healthy);
        let web = format!("{}/web", project.name());
        let plan = stage.dockrev(&["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
        plan.says(&format!("assets, migrate run once more before {web} starts"));

        update(&stage, &project).ends_with(0).says("updated");
        let second = [vec!["assets", "migrate 1.1"], vec!["app 1.1"]];
        assert_eq!(log(&stage, &project), [first.clone(), second].concat());
        same_image(&project, "web", "migrate");
        let job = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
        let shown = stage.dockrev(&["jobs", "show", &job]).ends_with(0).says("for migrate, which runs before it");
        assert!(!shown.out.contains("although nothing changed"), "{}", shown.out);

        // The data goes back to before the migration, and the old one runs on it.
        stage.dockrev(&["rollback", &job, "--yes", "--restore-data"]).ends_with(0);
        assert_eq!(log(&stage, &project), [first.clone(), first.clone()].concat());
        same_image(&project, "web", "migrate");
        assert!(!stage.override_file(&project).exists(), "a pin was left");

        stage.push("oa/app", "1.2", Mode::Unhealthy);
        update(&stage, &project).ends_with(1).says("rolled back");
        assert_eq!(log(&stage, &project), [first.clone(), first.clone(), first].concat());
        same_image(&project, "web", "migrate");
    }
}

#[test]
fn one_that_fails_keeps_the_new_version_from_starting() {
    for stage in Stage::with_each_compose() {
        stage.push("ob/app", "1.0", Mode::Healthy);
        let project = project(&stage, "ob", "1.0", &["web"]);
        stage.push("ob/app", "1.1", Mode::Healthy);
        std::fs::write(data(&stage, &project).join("bad"), "1.1\n").expect("a file");
        let ran = update(&stage, &project).ends_with(1).says("rolled back");
        ran.says("migrate`, which has to succeed before").says("ended with exit code 5");
        let first = [vec!["assets", "migrate 1.0"], vec!["app 1.0"]];
        assert_eq!(log(&stage, &project), [first.clone(), first].concat());
        same_image(&project, "web", "migrate");
        project.wait_healthy("web").expect("the old version");
        let job = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
        stage.dockrev(&["jobs", "show", &job]).ends_with(0).says("no such table").says("apply.one-shot-failed");
    }
}

/// A moved tag is moved for both; and whoever tidied up the one-shot's container meanwhile loses nothing.
#[test]
fn the_users_own_compose_up_changes_nothing_afterwards() {
    for stage in Stage::with_each_compose() {
        stage.push_as("oc/app", "latest", "1", Mode::Healthy);
        let project = project(&stage, "oc", "latest", &["web"]);
        let container = project.service("migrate").expect("a container").container_id;
        stage.engine.run(&["rm", &container]).expect("it has ended");
        stage.push_as("oc/app", "latest", "2", Mode::Healthy);
        update(&stage, &project).ends_with(0).says("updated");
        let updated = log(&stage, &project);
        assert_eq!(updated[2..], [vec!["assets", "migrate 2"], vec!["app 2"]]);
        assert!(!stage.override_file(&project).exists(), "a tag of its own needs no pin");
        let web = footprint(&project, "web");
        project.up().expect("compose up");
        assert_eq!(footprint(&project, "web"), web, "the user's own `up` made it anew");
        same_image(&project, "web", "migrate");
    }
}

#[test]
fn two_services_that_wait_for_the_same_one_are_both_updated() {
    for stage in Stage::with_each_compose() {
        stage.push("od/app", "1.0", Mode::Healthy);
        let project = project(&stage, "od", "1.0", &["web", "worker"]);
        stage.push("od/app", "1.1", Mode::Healthy);
        update(&stage, &project).ends_with(0);
        same_image(&project, "web", "migrate");
        same_image(&project, "worker", "migrate");
        let log = log(&stage, &project);
        let last = &log[log.len() - 2..];
        assert_eq!(last, [vec!["assets", "migrate 1.1"], vec!["app 1.1"]]);
    }
}
