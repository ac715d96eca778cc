//! Containers that belong to no stack: made anew with every setting, put back, and rolled back later.

use crate::stage::{Ran, Stage, entry};
use dockrev_testkit::{Compose, Mode};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Writes down each start of the app in its data, as a migration would change it.
const REMEMBERS: &str = "(cat /app/version; echo) >> /data/starts; exec /app/start";

/// A container that is removed with everything of its own when the test ends.
struct Lone<'a> {
    stage: &'a Stage,
    name: String,
}

impl<'a> Lone<'a> {
    /// Runs `image` of the test's registry as `name`, with an environment, a named and a nameless volume of its own.
    fn run(stage: &'a Stage, name: &str, image: &str, more: &[&str]) -> Self {
        let name = format!("dockrev-test-{name}-{}", std::process::id());
        let image = format!("{}/{image}", stage.registry.host());
        let data = format!("{name}-data:/data");
        let mut arguments = vec!["run", "--detach", "--name", &name, "--volume", &data, "--volume", "/cache"];
        arguments.extend(["--env", "GREETING=hello", "--stop-timeout", "1", "--entrypoint", "sh"]);
        arguments.extend(more);
        arguments.extend([image.as_str(), "-c", REMEMBERS]);
        stage.engine.run(&arguments).expect("a container");
        let lone = Self { stage, name };
        lone.wait_healthy();
        lone
    }

    fn inspect(&self) -> Value {
        let text = self.stage.engine.run(&["inspect", &self.name]).expect("it is there");
        serde_json::from_str::<Value>(&text).expect("JSON")[0].take()
    }

    fn id(&self) -> String {
        self.inspect()["Id"].as_str().expect("an id").to_owned()
    }

    /// Where `place` in the container is kept.
    fn volume_at(&self, place: &str) -> String {
        let inspect = self.inspect();
        let mounts = inspect["Mounts"].as_array().expect("mounts");
        let mount = mounts.iter().find(|mount| mount["Destination"] == place).expect("a mount");
        mount["Name"].as_str().expect("a name").to_owned()
    }

    fn starts(&self) -> Vec<String> {
        let volume = format!("{}-data", self.name);
        let format = ["volume", "inspect", "--format", "{{.Mountpoint}}", &volume];
        let path = self.stage.engine.run(&format).expect("a volume");
        let text = std::fs::read_to_string(format!("{}/starts", path.trim())).expect("it has started");
        text.lines().map(str::to_owned).collect()
    }

    fn wait_healthy(&self) {
        let began = Instant::now();
        while self.inspect()["State"]["Health"]["Status"] != "healthy" {
            assert!(began.elapsed() < Duration::from_secs(60), "{:#}", self.inspect()["State"]);
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Containers whose name begins with this one's.
    fn all_of_it(&self) -> Vec<String> {
        let filter = format!("name={}", self.name);
        let names = self.stage.engine.run(&["ps", "--all", "--format", "{{.Names}}", "--filter", &filter]);
        names.expect("a list").lines().map(str::to_owned).collect()
    }

    fn update(&self) -> Ran {
        self.stage.dockrev(&["update", "--container", &self.name, "--yes"])
    }
}

impl Drop for Lone<'_> {
    fn drop(&mut self) {
        for name in self.all_of_it() {
            drop(self.stage.engine.run(&["rm", "--force", "--volumes", &name]));
        }
        drop(self.stage.engine.run(&["volume", "rm", &format!("{}-data", self.name)]));
    }
}

fn stage() -> Stage {
    Stage::new(Compose::any().expect("Compose"))
}

#[test]
fn a_container_is_made_anew_with_its_settings_and_rolled_back_later() {
    let stage = stage();
    stage.push("sa/app", "1.0", Mode::Healthy);
    let lone = Lone::run(&stage, "newer", "sa/app:1.0", &["--restart", "always", "--label", "mine=yes"]);
    stage.push("sa/app", "1.1", Mode::Healthy);
    let (before, cache) = (lone.inspect(), lone.volume_at("/cache"));
    let check = stage.dockrev(&["check", "--json"]).json();
    assert_eq!(entry(&check, &lone.name)["status"], "update", "{check:#}");
    stage.dockrev(&["update", "--container", &lone.name, "--dry-run"]).ends_with(0).says("a newer minor version");
    assert_eq!(lone.inspect()["Id"], before["Id"], "a dry run touches nothing");
    lone.update().ends_with(0).says("updated");
    let after = lone.inspect();
    assert_eq!(after["Config"]["Image"], format!("{}/sa/app:1.1", stage.registry.host()));
    assert_ne!(after["Id"], before["Id"]);
    for field in
        ["/HostConfig/RestartPolicy", "/Config/Labels/mine", "/Config/Env", "/Config/Cmd", "/Config/Entrypoint"]
    {
        assert_eq!(after.pointer(field), before.pointer(field), "{field}");
    }
    assert_eq!(lone.volume_at("/cache"), cache, "the nameless volume came along");
    assert_eq!(lone.starts(), ["1.0", "1.1"]);
    let job = stage.jobs().remove(0);
    let targets = job["change"]["backup"]["targets"].as_array().expect("targets");
    let nameless = targets.iter().find(|planned| planned["target"]["name"] == format!("volume:{cache}"));
    assert_eq!(nameless.expect("it is planned")["choice"]["type"], "taken", "data without a name is copied as well");
    assert_eq!(lone.all_of_it().len(), 2, "the old one is kept: {:?}", lone.all_of_it());
    let check = stage.dockrev(&["check", "--json"]).json();
    assert_eq!(entry(&check, &lone.name)["status"], "up-to-date", "{check:#}");

    let id = stage.jobs()[0]["id"].as_str().expect("an id").to_owned();
    stage.dockrev(&["rollback", &id, "--restore-data", "--yes"]).ends_with(0);
    assert_eq!(lone.id(), before["Id"].as_str().expect("an id"), "the very same container runs again");
    assert_eq!(lone.inspect()["HostConfig"]["RestartPolicy"], before["HostConfig"]["RestartPolicy"]);
    assert_eq!(lone.starts(), ["1.0", "1.0"], "what 1.1 wrote is gone");
    assert_eq!(lone.all_of_it(), std::slice::from_ref(&lone.name), "nothing is left over");
}

#[test]
fn a_container_whose_new_image_is_sick_is_put_back_with_its_data() {
    let stage = stage();
    stage.push("sb/app", "latest", Mode::Healthy);
    let lone = Lone::run(&stage, "sick", "sb/app:latest", &[]);
    let (before, image) = (lone.id(), lone.inspect()["Image"].clone());
    stage.push_as("sb/app", "latest", "2.0", Mode::Unhealthy);
    lone.update().ends_with(1).says("rolled back");
    assert_eq!((lone.id(), lone.inspect()["Image"].clone()), (before, image.clone()));
    lone.wait_healthy();
    assert_eq!(lone.starts(), ["latest", "latest"]);
    assert_eq!(lone.all_of_it(), std::slice::from_ref(&lone.name));
    let name = format!("{}/sb/app:latest", stage.registry.host());
    let tag = stage.engine.run(&["image", "inspect", "--format", "{{.Id}}", &name]).expect("the tag is there");
    assert_eq!(tag.trim(), image, "the local tag is back as well");
    // It was tried and taken back: not again by itself.
    lone.update().ends_with(0).says("took it back");
}

/// The engine removes it when it stops: it is frozen for the copy, and made anew on the way back.
#[test]
fn a_container_that_goes_when_it_stops_comes_back_all_the_same() {
    let stage = stage();
    stage.push("sc/app", "1.0", Mode::Healthy);
    let lone = Lone::run(&stage, "rm", "sc/app:1.0", &["--rm"]);
    stage.push("sc/app", "1.1", Mode::Unhealthy);
    lone.update().ends_with(1).says("rolled back");
    lone.wait_healthy();
    let now = lone.inspect();
    assert_eq!(now["Config"]["Image"], format!("{}/sc/app:1.0", stage.registry.host()));
    assert_eq!(now["HostConfig"]["AutoRemove"], true);
    assert_eq!(lone.starts(), ["1.0", "1.0"]);
    assert_eq!(lone.all_of_it(), std::slice::from_ref(&lone.name));
}

#[test]
fn others_that_live_on_a_container_are_not_cut_off() {
    let stage = stage();
    stage.push("sd/app", "1.0", Mode::Healthy);
    let host = Lone::run(&stage, "host", "sd/app:1.0", &[]);
    // Not the app itself: two of them cannot listen on one port.
    let guest = Lone { stage: &stage, name: format!("{}-guest", host.name) };
    let (network, image) = (format!("container:{}", host.name), format!("{}/sd/app:1.0", stage.registry.host()));
    let guesting = ["run", "--detach", "--no-healthcheck", "--network", &network, "--name", &guest.name];
    stage.engine.run(&[guesting.as_slice(), &["--entrypoint", "sleep", &image, "3600"]].concat()).expect("a guest");
    stage.push("sd/app", "1.1", Mode::Healthy);
    let before = (host.id(), guest.id());
    host.update().ends_with(0).says(&format!("{} would be cut off", guest.name));
    assert_eq!((host.id(), guest.id()), before);
    guest.update().ends_with(0).says("updated");
    let inspect = guest.inspect();
    assert_eq!(inspect["HostConfig"]["NetworkMode"], format!("container:{}", before.0));
}

#[test]
fn a_container_is_stopped_and_started_by_name() {
    let stage = stage();
    stage.push("se/app", "1.0", Mode::Healthy);
    let lone = Lone::run(&stage, "orders", "se/app:1.0", &[]);
    stage.dockrev(&["stop", "--container", &lone.name]).ends_with(0).says("stopped");
    assert_eq!(lone.inspect()["State"]["Running"], false);
    lone.update().ends_with(0).says("nothing to update");
    stage.dockrev(&["start", "--container", &lone.name]).ends_with(0).says("started");
    lone.wait_healthy();
    for command in [["stop", "--container", "nobody"].as_slice(), &["update", "--container", "nobody", "--yes"]] {
        stage.dockrev(command).ends_with(1).complains("container.not-found");
    }
}
