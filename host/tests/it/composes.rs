//! The ways in which users call Compose: an update calls it as they did, and their own next `up` changes nothing.

use crate::stage::{Stage, footprint};
use dockrev_testkit::{Compose, Generation, Mode, Project};
use std::fs;

/// A project that its user brings up with these words between Compose's name and `up`.
struct Called<'a> {
    stage: &'a Stage,
    project: Project,
    words: &'a [&'a str],
}

impl<'a> Called<'a> {
    /// Brings it up: `files` by name, the first one the compose file; `HOST` in them stands for the registry.
    fn up_with(stage: &'a Stage, files: &[(&str, &str)], words: &'a [&'a str]) -> Self {
        let text = |content: &str| content.replace("HOST", &stage.registry.host());
        let main = text(files[0].1);
        let project = Project::from_text(&stage.engine, &stage.compose, "dockrev-test", &main).expect("a project");
        for (name, content) in &files[1..] {
            fs::write(project.folder().join(name), text(content)).expect("a file");
        }
        let called = Self { stage, project, words };
        called.up();
        called.project.wait_healthy("app").expect("a healthy service");
        called
    }

    /// What the user types.
    fn up(&self) {
        let mut command = self.stage.compose.command(&self.stage.engine).expect("a command");
        command.current_dir(self.project.folder()).args(["-p", self.project.name()]).args(self.words);
        let output = command.args(["up", "-d"]).output().expect("Compose starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// Updates it, and looks whether the user's own next `up` would have something to do.
    fn is_updated(&self) {
        let before = footprint(&self.project, "app");
        self.stage.dockrev(&["update", "--stack", self.project.name(), "--yes"]).ends_with(0).says("updated");
        let after = footprint(&self.project, "app");
        assert_ne!(after, before);
        self.project.wait_healthy("app").expect("a healthy service");
        self.up();
        assert_eq!(footprint(&self.project, "app"), after, "the user's own `up` made it anew");
    }

    fn in_it(&self, script: &str) -> String {
        let container = self.project.service("app").expect("a container").container_id;
        self.stage.engine.run(&["exec", &container, "sh", "-c", script]).expect("it runs").trim().to_owned()
    }
}

#[test]
fn several_files_and_an_environment_file() {
    for stage in Stage::with_each_compose() {
        stage.push_as("ca/app", "latest", "1", Mode::Healthy);
        let files = [
            ("docker-compose.yml", "services:\n  app:\n    image: HOST/ca/app:${TAG}\n    stop_grace_period: 1s\n"),
            ("more.yml", "services:\n  app:\n    environment:\n      SAID: ${WORD}\n"),
            ("prod.env", "TAG=latest\nWORD=hello\n"),
        ];
        let words = ["--env-file", "prod.env", "-f", "docker-compose.yml", "-f", "more.yml"];
        let called = Called::up_with(&stage, &files, &words);
        stage.push_as("ca/app", "latest", "2", Mode::Healthy);
        called.is_updated();
        assert_eq!(called.in_it("echo $SAID; cat /app/version"), "hello\n2");
    }
}

#[test]
fn volumes_without_a_name_come_along() {
    for stage in Stage::with_each_compose() {
        stage.push_as("cb/app", "latest", "1", Mode::Healthy);
        let text = "services:\n  app:\n    image: HOST/cb/app:latest\n    stop_grace_period: 1s\n\
                    \x20   volumes:\n      - /cache\n";
        let called = Called::up_with(&stage, &[("docker-compose.yml", text)], &[]);
        called.in_it("echo kept > /cache/file");
        stage.push_as("cb/app", "latest", "2", Mode::Healthy);
        called.is_updated();
        assert_eq!(called.in_it("cat /cache/file /app/version"), "kept\n2");
    }
}

#[test]
fn configs_that_are_written_inline() {
    let stage = Stage::new(Compose::v2().expect("Compose 2: Compose 1 does not know them"));
    assert_eq!(stage.compose.generation(), Generation::V2);
    stage.push_as("cc/app", "latest", "1", Mode::Healthy);
    let text = "services:\n  app:\n    image: HOST/cc/app:latest\n    stop_grace_period: 1s\n\
                \x20   configs:\n      - greeting\n\
                configs:\n  greeting:\n    content: hello\n";
    let called = Called::up_with(&stage, &[("docker-compose.yml", text)], &[]);
    assert_eq!(called.in_it("cat /greeting"), "hello");
    stage.push_as("cc/app", "latest", "2", Mode::Healthy);
    called.is_updated();
    assert_eq!(called.in_it("cat /greeting; echo; cat /app/version").replace("\n\n", "\n"), "hello\n2");
}

#[test]
fn a_file_in_another_folder_and_a_project_of_another_name() {
    for stage in Stage::with_each_compose() {
        stage.push_as("cd/app", "latest", "1", Mode::Healthy);
        let text = "services:\n  app:\n    image: HOST/cd/app:latest\n    stop_grace_period: 1s\n\
                    \x20   env_file: deploy/own.env\n";
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("deploy")).expect("a folder");
        fs::write(folder.path().join("deploy/own.env"), "SAID=hello\n").expect("a file");
        let file = folder.path().join("app.yml");
        fs::write(&file, text.replace("HOST", &stage.registry.host())).expect("a file");
        let words = ["-f", file.to_str().expect("text")];
        let called = Called::up_with(&stage, &[("docker-compose.yml", "services: {}\n")], &words);
        stage.push_as("cd/app", "latest", "2", Mode::Healthy);
        called.is_updated();
        assert_eq!(called.in_it("echo $SAID; cat /app/version"), "hello\n2");
    }
}
