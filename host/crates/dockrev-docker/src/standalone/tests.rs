//! On a real engine.

use super::api::OwnVolumes;
use super::*;
use crate::{Anonymous, Overrides};
use dockrev_core::ids::{ImageId, JobId};
use dockrev_core::ports::WrittenImage;
use dockrev_testkit::{Engine, LABEL, busybox};
use serde_json::json;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

mod defaults_move;
mod faults;
mod kitchen_sink;
mod ways;

/// What all images of the tests say.
const INSTRUCTIONS: [&str; 2] = ["ENV PATH=/bin", r#"CMD ["sleep", "1000"]"#];
/// The first process of a container does not hear a gentle signal.
const QUICK: [&str; 2] = ["--stop-signal", "SIGKILL"];

struct Silent;

impl LogSink for Silent {
    fn line(&self, _line: LogLine) {}
}

/// An engine, two images, and names that no other test has. What has such a name is removed at the end.
struct Kit {
    real: Engine,
    engine: DockerEngine,
    name: String,
    old: WrittenImage,
    new: WrittenImage,
    _folder: TempDir,
}

impl Kit {
    fn new() -> Self {
        Self::with(&["VOLUME /data"], &["VOLUME /data"])
    }

    /// The old and the new image with these instructions besides.
    fn with(old: &[&str], new: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("sa{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let real = Engine::found_or_private().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let archive = root_archive(&folder);
        let import = |tag: &str, instructions: &[&str]| {
            let written = format!("{name}:{tag}");
            let label = format!("LABEL {LABEL}=test");
            let mut arguments = vec!["import"];
            for instruction in INSTRUCTIONS.iter().chain(instructions).copied().chain([label.as_str()]) {
                arguments.extend(["--change", instruction]);
            }
            arguments.extend([archive.as_str(), written.as_str()]);
            WrittenImage { id: ImageId::new(real.run(&arguments).unwrap().trim()), written }
        };
        let (old, new) = (import("1", old), import("2", new));
        let engine = engine_at(real.host());
        Self { real, engine, name, old, new, _folder: folder }
    }

    fn api(&self) -> impl Future<Output = Result<Api<'_>, HostError>> {
        Api::open(&self.engine)
    }

    fn named(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// Runs the container `web` from the old image with these arguments and gives its id.
    fn run(&self, arguments: &[&str]) -> String {
        self.run_as("web", arguments)
    }

    fn run_as(&self, part: &str, arguments: &[&str]) -> String {
        let name = self.named(part);
        let words =
            [&["run", "--detach", "--name", &name], &QUICK[..], arguments, &[self.old.written.as_str()]].concat();
        let printed = self.real.run(&words).unwrap();
        printed.lines().last().unwrap().trim().to_owned()
    }

    fn exec(&self, part: &str, command: &str) -> String {
        self.real.run(&["exec", &self.named(part), "sh", "-c", command]).unwrap().trim().to_owned()
    }

    fn replacement(&self) -> Replacement {
        Replacement {
            job: JobId::new("20260131T235959Z-3fa9c1"),
            container: ContainerName::new(self.named("web")),
            from: self.old.clone(),
            to: self.new.clone(),
        }
    }

    async fn inspect(&self, part: &str) -> Option<Value> {
        self.api().await.unwrap().named(&self.named(part)).await.unwrap()
    }

    /// Names of all containers of this test, without what they have in common.
    fn containers(&self) -> Vec<String> {
        let filter = format!("name={}-", self.name);
        let list = self.real.run(&["ps", "--all", "--filter", &filter, "--format", "{{.Names}}"]).unwrap();
        let mut names: Vec<String> =
            list.split_whitespace().map(|name| name.replace(&format!("{}-", self.name), "")).collect();
        names.sort();
        names
    }
}

impl Drop for Kit {
    fn drop(&mut self) {
        for (list, remove) in [
            (&["ps", "--all", "--format", "{{.Names}}"][..], &["rm", "--force", "--volumes"][..]),
            (&["network", "ls", "--format", "{{.Name}}"], &["network", "rm"]),
            (&["volume", "ls", "--format", "{{.Name}}"], &["volume", "rm"]),
            (&["images", "--format", "{{.Repository}}:{{.Tag}}"], &["rmi", "--force"]),
        ] {
            let listed = self.real.run(list).unwrap_or_default();
            let own = |name: &&str| {
                name.starts_with(&format!("{}-", self.name)) || name.starts_with(&format!("{}:", self.name))
            };
            let ours: Vec<&str> = listed.split_whitespace().filter(own).collect();
            if !ours.is_empty() {
                let _ = self.real.run(&[remove, &ours].concat());
            }
        }
    }
}

fn engine_at(host: &str) -> DockerEngine {
    DockerEngine::new(host.parse().unwrap(), Overrides::new("/none"), Arc::new(Anonymous))
}

/// A root file system of busybox, as an archive.
fn root_archive(folder: &TempDir) -> String {
    let root = folder.path().join("root");
    std::fs::create_dir_all(root.join("bin")).unwrap();
    std::fs::create_dir_all(root.join("tmp")).unwrap();
    std::fs::copy(busybox().unwrap(), root.join("bin/busybox")).unwrap();
    for tool in ["sh", "sleep", "cat", "true", "false", "printenv", "ls"] {
        std::os::unix::fs::symlink("busybox", root.join("bin").join(tool)).unwrap();
    }
    let archive = folder.path().join("root.tar").display().to_string();
    let made = Command::new("tar").args(["-C", &root.display().to_string(), "-cf", &archive, "."]).status().unwrap();
    assert!(made.success());
    archive
}

/// The name of the volume that is mounted at `place`.
fn volume_at(inspect: &Value, place: &str) -> String {
    let mounts = inspect["Mounts"].as_array().unwrap();
    mounts.iter().find(|mount| mount["Destination"] == place).unwrap()["Name"].as_str().unwrap().to_owned()
}
