//! Newer tags in the user's own files: what is written, that the user's own `compose up` then changes nothing, and the
//! ways back.

use crate::stage::{Ran, Stage, footprint, run, wait_for};
use dockrev_testkit::{Compose, Generation, Mode, Project, Pushed};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Stdio;

/// `dockrev` with the setting on.
fn rewriting(stage: &Stage, arguments: &[&str]) -> Ran {
    run(stage.command(arguments).env("DOCKREV_REWRITE", "true"))
}

#[track_caller]
fn update(stage: &Stage, project: &Project) -> Ran {
    rewriting(stage, &["update", "--stack", project.name(), "--yes"])
}

#[track_caller]
fn runs(project: &Project, service: &str, pushed: &Pushed) {
    let state = project.wait_healthy(service).expect("a healthy container");
    assert!(state.runs(pushed), "{service} runs {} ({:?})", state.image_id, state.repository_digests);
}

/// A project with this compose file, in which `HOST` stands for the registry, and further files.
fn project(stage: &Stage, text: &str, more: &[(&str, &str)], services: &[&str]) -> Project {
    let text = with_host(stage, text);
    let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &text).unwrap();
    for (name, content) in more {
        let path = project.folder().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, with_host(stage, content)).unwrap();
    }
    project.up().expect("the project starts");
    for service in services {
        project.wait_healthy(service).unwrap();
    }
    project
}

fn with_host(stage: &Stage, text: &str) -> String {
    text.replace("HOST", &stage.registry.host())
}

#[track_caller]
fn says(stage: &Stage, path: &Path, expected: &str) {
    assert_eq!(fs::read_to_string(path).unwrap(), with_host(stage, expected), "{}", path.display());
}

/// What the user types, without Dockrev's override, makes nothing anew.
#[track_caller]
fn plain_up_changes_nothing(project: &Project, services: &[&str]) {
    let before: Vec<_> = services.iter().map(|service| footprint(project, service)).collect();
    project.up().unwrap();
    let after: Vec<_> = services.iter().map(|service| footprint(project, service)).collect();
    assert_eq!(before, after);
}

#[test]
fn newer_tags_are_written_into_the_file_and_nothing_else_is() {
    for stage in Stage::with_each_compose() {
        let web_old = stage.push("wa/web", "1.9", Mode::Healthy);
        let api_old = stage.push("wa/api", "2.0", Mode::Healthy);
        let text = |web: &str, api: &str| {
            format!(
                "# HOST/wa/web:1.9 is what we began with\r\nservices:\r\n  web:\r\n    image: \"HOST/wa/web:{web}\" # keep\r\n    \
                 stop_grace_period: 1s\r\n  api: {{image: HOST/wa/api:{api}, stop_grace_period: 1s}}"
            )
        };
        let project = project(&stage, &text("1.9", "2.0"), &[], &["web", "api"]);
        let mode = fs::Permissions::from_mode(0o640);
        fs::set_permissions(project.file(), mode).unwrap();
        std::os::unix::fs::chown(project.file(), Some(1234), Some(4321)).unwrap();
        let web_new = stage.push("wa/web", "1.10", Mode::Healthy);
        let api_new = stage.push("wa/api", "2.1", Mode::Healthy);

        let dry = rewriting(&stage, &["update", "--stack", project.name(), "--dry-run"]).ends_with(0);
        let file = project.file().display().to_string();
        dry.says(&format!("--- {file}"))
            .says("@@ -4 +4 @@")
            .says(&with_host(&stage, "+    image: \"HOST/wa/web:1.10\" # keep"));
        says(&stage, &project.file(), &text("1.9", "2.0"));

        // Two jobs with one file: the second finds the first one's edit.
        update(&stage, &project).ends_with(0);
        says(&stage, &project.file(), &text("1.10", "2.1"));
        let found = fs::metadata(project.file()).unwrap();
        assert_eq!((found.mode() & 0o7777, found.uid(), found.gid()), (0o640, 1234, 4321));
        let left = fs::read_dir(project.folder()).unwrap().count();
        assert_eq!(left, 1, "something is left beside the file");
        assert_eq!(fs::read_dir(stage.data.path().join("overrides")).map_or(0, Iterator::count), left_locks(&stage));
        runs(&project, "web", &web_new);
        runs(&project, "api", &api_new);
        plain_up_changes_nothing(&project, &["web", "api"]);
        assert!(!stage.override_file(&project).exists());
        stage.dockrev(&["check", "--stack", project.name()]).ends_with(0).says("2 up to date");

        // A later rollback of one takes back its text, and no other edit.
        let edited = fs::read_to_string(project.file()).unwrap().replace("# keep", "# kept") + "\r\n# mine\r\n";
        fs::write(project.file(), &edited).unwrap();
        let jobs = stage.jobs();
        let web = jobs.iter().find(|job| job["change"]["service"]["service"] == "web").unwrap();
        stage.dockrev(&["rollback", web["id"].as_str().unwrap(), "--yes"]).ends_with(0).says("rolled back");
        assert_eq!(fs::read_to_string(project.file()).unwrap(), edited.replace("wa/web:1.10", "wa/web:1.9"));
        runs(&project, "web", &web_old);
        runs(&project, "api", &api_new);
        assert!(!project.service("api").unwrap().runs(&api_old));
        plain_up_changes_nothing(&project, &["web", "api"]);
    }
}

/// Folders of stacks below the overrides: they hold the locks of `up`.
fn left_locks(stage: &Stage) -> usize {
    let folders = fs::read_dir(stage.data.path().join("overrides")).unwrap();
    folders.filter(|entry| !entry.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
}

#[test]
fn a_failed_update_leaves_the_file_as_it_was() {
    for stage in Stage::with_each_compose() {
        let old = stage.push("wb/web", "1.0", Mode::Healthy);
        // Compose 1 looks whether what a service is built from is there, and this one was never brought up.
        let built = "  built: {build: {context: built}, profiles: [never]}\n";
        let text = format!("services:\n  web: {{image: 'HOST/wb/web:${{TAG}}', stop_grace_period: 1s}}\n{built}");
        let text = text.as_str();
        let env = "# versions\nOTHER=1\nexport TAG='1.0' # of web\n";
        let project = project(&stage, text, &[(".env", env), ("built/Dockerfile", "FROM scratch\n")], &["web"]);
        stage.push("wb/web", "1.1", Mode::Unhealthy);
        update(&stage, &project).ends_with(1).says("rolled-back").says("+export TAG='1.1' # of web");
        says(&stage, &project.file(), text);
        says(&stage, &project.folder().join(".env"), env);
        runs(&project, "web", &old);
        plain_up_changes_nothing(&project, &["web"]);
        let id = stage.jobs()[0]["id"].as_str().unwrap().to_owned();
        stage
            .dockrev(&["jobs", "show", &id])
            .ends_with(0)
            .says("did: write `'1.1'` for `'1.0'`")
            .says("did: write `'1.0'` for `'1.1'`");

        let new = stage.push("wb/web", "1.2", Mode::Healthy);
        update(&stage, &project).ends_with(0);
        says(&stage, &project.file(), text);
        says(&stage, &project.folder().join(".env"), &env.replace("1.0", "1.2"));
        runs(&project, "web", &new);
        plain_up_changes_nothing(&project, &["web"]);
    }
}

#[test]
fn a_killed_update_takes_its_text_back() {
    for stage in Stage::with_each_compose() {
        let old = stage.push("wc/web", "1.0", Mode::Healthy);
        let text = "services:\n  web:\n    image: HOST/wc/web:1.0\n    stop_grace_period: 1s";
        let project = project(&stage, text, &[], &["web"]);
        let sick = stage.push("wc/web", "1.1", Mode::Unhealthy);
        let mut update = stage.command(&["update", "--stack", project.name(), "--yes"]);
        let update = update.env("DOCKREV_REWRITE", "true").stdout(Stdio::null()).stderr(Stdio::null());
        let mut update = update.spawn().unwrap();
        wait_for("the new container", || {
            project.service_if_there("web").unwrap().is_some_and(|state| state.runs(&sick))
        });
        update.kill().unwrap();
        update.wait().unwrap();
        says(&stage, &project.file(), &text.replace("1.0", "1.1"));
        stage.dockrev(&["recover"]);
        assert_eq!(stage.jobs()[0]["state"]["type"], "rolled-back");
        says(&stage, &project.file(), text);
        runs(&project, "web", &old);
        plain_up_changes_nothing(&project, &["web"]);
    }
}

/// An update that was pinned before becomes the user's own with the next one, and is pinned again after a rollback.
#[test]
fn a_pin_gives_way_to_the_file_and_comes_back() {
    for stage in Stage::with_each_compose() {
        stage.push("wd/web", "1.0", Mode::Healthy);
        let text = "services:\n  web:\n    image: HOST/wd/web:1.0\n    stop_grace_period: 1s\n    labels:\n      dockrev.rewrite: \"true\"\n";
        let project = project(&stage, text, &[], &["web"]);
        let pinned = stage.push("wd/web", "1.1", Mode::Healthy);
        // The file of whoever runs the machine has the last word over labels.
        let table = format!("[services.\"{}/web\"]\nrewrite = false\n", project.name());
        let config = stage.data.path().join("dockrev.toml");
        fs::write(&config, table).unwrap();
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        says(&stage, &project.file(), text);
        assert!(stage.override_file(&project).exists());
        fs::remove_file(config).unwrap();

        let new = stage.push("wd/web", "1.2", Mode::Healthy);
        stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
        says(&stage, &project.file(), &text.replace("1.0", "1.2"));
        assert!(!stage.override_file(&project).exists());
        runs(&project, "web", &new);
        plain_up_changes_nothing(&project, &["web"]);

        let id = stage.jobs()[0]["id"].as_str().unwrap().to_owned();
        stage.dockrev(&["rollback", &id, "--yes"]).ends_with(0);
        says(&stage, &project.file(), text);
        assert!(stage.override_file(&project).exists());
        runs(&project, "web", &pinned);
    }
}

/// What somebody wrote at the same place since is theirs. The service comes back all the same.
#[test]
fn a_text_that_somebody_changed_since_is_left_and_said() {
    let stage = Stage::new(Compose::any().unwrap());
    let old = stage.push("we/web", "1.0", Mode::Healthy);
    let text = "services:\n  web:\n    image: HOST/we/web:1.0\n    stop_grace_period: 1s\n";
    let project = project(&stage, text, &[], &["web"]);
    stage.push("we/web", "1.1", Mode::Healthy);
    update(&stage, &project).ends_with(0);
    let theirs = with_host(&stage, &text.replace("1.0", "1.1-mine"));
    fs::write(project.file(), &theirs).unwrap();
    let id = stage.jobs()[0]["id"].as_str().unwrap().to_owned();
    stage.dockrev(&["rollback", &id, "--yes"]).ends_with(1);
    let shown =
        stage.dockrev(&["jobs", "show", &id]).ends_with(0).says("needs-attention").says("rollback.file-changed");
    shown.says("`services.web.image`");
    assert_eq!(fs::read_to_string(project.file()).unwrap(), theirs);
    runs(&project, "web", &old);
}

#[test]
fn the_text_is_found_in_the_file_that_has_it() {
    for stage in Stage::with_each_compose() {
        stage.push("wf/web", "1.0", Mode::Healthy);
        let base = "x-common: &common\n  stop_grace_period: 1s\nservices:\n  base:\n    <<: *common\n    image: HOST/wf/web:1.0\n";
        let extends = "services:\n  web:\n    extends:\n      file: parts/base.yml\n      service: base\n";
        let merged = "x-web: &web\n  image: ${IMAGE:-HOST/wf/web:1.0}\n  stop_grace_period: 1s\nservices:\n  web:\n    <<: *web\n";
        let included = "include:\n  - parts/base.yml\n";
        let mut cases = vec![("web", extends, Some(("parts/base.yml", base))), ("web", merged, None)];
        if stage.compose.generation() == Generation::V2 {
            cases.push(("base", included, Some(("parts/base.yml", base))));
        }
        for (number, (service, text, more)) in cases.into_iter().enumerate() {
            let project = project(&stage, text, more.as_slice(), &[service]);
            let tag = format!("1.{}", number + 1);
            let new = stage.push("wf/web", &tag, Mode::Healthy);
            update(&stage, &project).ends_with(0);
            let (file, before) = more.unwrap_or(("docker-compose.yml", text));
            says(&stage, &project.folder().join(file), &before.replace("1.0", &tag));
            if file != "docker-compose.yml" {
                says(&stage, &project.file(), text);
            }
            runs(&project, service, &new);
            plain_up_changes_nothing(&project, &[service]);
        }
    }
}

#[test]
fn a_file_of_two_stacks_is_left_alone() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("wh/web", "1.0", Mode::Healthy);
    let common = tempfile::tempdir().unwrap();
    let base = "services:\n  base:\n    image: HOST/wh/web:1.0\n    stop_grace_period: 1s\n";
    let path = common.path().join("base.yml");
    fs::write(&path, with_host(&stage, base)).unwrap();
    let name = common.path().file_name().unwrap().to_str().unwrap();
    let text = format!("services:\n  web:\n    extends:\n      file: ../{name}/base.yml\n      service: base\n");
    let projects = [(); 2].map(|()| project(&stage, &text, &[], &["web"]));
    let new = stage.push("wh/web", "1.1", Mode::Healthy);
    let other = format!("also decides about stack `{}`", projects[1].name());
    update(&stage, &projects[0]).ends_with(0).says("nothing to update").says(&other);
    says(&stage, &path, base);
    drop(projects);
    let alone = project(&stage, &text, &[], &["web"]);
    update(&stage, &alone).ends_with(0);
    says(&stage, &path, &base.replace("1.0", "1.1"));
    runs(&alone, "web", &new);
}

#[test]
fn what_is_not_certain_is_held_and_said() {
    for stage in Stage::with_each_compose() {
        stage.push("wg/web", "1.0", Mode::Healthy);
        stage.push("wg/api", "1.0", Mode::Healthy);
        let text = "services:\n  web:\n    image: HOST/wg/web:${TAG}\n    stop_grace_period: 1s\n  api:\n    image: HOST/wg/api:${TAG}\n    stop_grace_period: 1s\n";
        let shared = project(&stage, text, &[(".env", "TAG=1.0\n")], &["web", "api"]);
        let text = "services:\n  web:\n    image: HOST/wg/web:1.0\n    stop_grace_period: 1s\n";
        let linked = project(&stage, text, &[], &["web"]);
        let real = linked.folder().join("real.yml");
        fs::rename(linked.file(), &real).unwrap();
        std::os::unix::fs::symlink(&real, linked.file()).unwrap();
        stage.push("wg/web", "1.1", Mode::Healthy);
        stage.push("wg/api", "1.1", Mode::Healthy);
        let before = ["web", "api"].map(|service| footprint(&shared, service));
        let ran = update(&stage, &shared).ends_with(0).says("nothing to update").says("also decides about");
        ran.says(".env:1)");
        assert_eq!(["web", "api"].map(|service| footprint(&shared, service)), before);
        says(&stage, &shared.folder().join(".env"), "TAG=1.0\n");
        let before = footprint(&linked, "web");
        update(&stage, &linked).ends_with(0).says("nothing to update").says("the file is a symbolic link");
        assert_eq!(footprint(&linked, "web"), before);
        says(&stage, &real, text);
    }
}
