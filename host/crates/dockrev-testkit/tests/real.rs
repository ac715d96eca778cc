//! The kit on real parts: an engine, registries, Compose.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::process::Command;
use std::time::Duration;

use dockrev_testkit::{
    App, Architecture, Attestation, Auth, Compose, Engine, Format, Health, LABEL, Mode, PrivateEngine, Project,
    Registry, Service, Watch, free_port,
};

fn app(version: &str, mode: Mode) -> dockrev_testkit::Image {
    App::new(version, mode).build().unwrap()
}

#[test]
fn an_app_runs_is_watched_and_is_gone_afterwards() {
    let engine = Engine::found_or_private().unwrap();
    let registry = Registry::start(Auth::Plain).unwrap();
    let client = registry.client();
    let pushed = client.push("kit/web", "1.0.0", &app("1.0.0", Mode::Healthy)).unwrap();
    client
        .push("kit/bad", "1.0.0", &App::new("1.0.0", Mode::Unhealthy).format(Format::Docker).build().unwrap())
        .unwrap();
    for compose in Compose::all() {
        let port = free_port().unwrap();
        let services = [
            Service::new("web", format!("{}/kit/web:1.0.0", registry.host())).port(port),
            Service::new("bad", format!("{}/kit/bad:1.0.0", registry.host())),
        ];
        let project = Project::create(&engine, &compose, "kit", &services).unwrap();
        project.up().unwrap();
        let web = project.wait_healthy("web").unwrap();
        assert!(web.running && web.runs(&pushed) && web.restart_count == 0, "{web:?}");
        project.wait_for("bad", "unhealthy", |state| state.health == Health::Unhealthy).unwrap();

        let watch = Watch::start(&[("web", port)]).unwrap();
        std::thread::sleep(Duration::from_millis(200));
        project.compose(&["up", "-d", "--force-recreate", "--no-deps", "web"]).unwrap();
        project.wait_healthy("web").unwrap();
        let seen = watch.stop().remove(0);
        assert!(seen.longest_gap > Duration::ZERO && seen.versions == ["1.0.0"], "{seen:?}");

        let label = format!("label={LABEL}={}", project.name());
        drop(project);
        assert_eq!(engine.run(&["ps", "--all", "--quiet", "--filter", &label]).unwrap(), "");
        assert_eq!(engine.run(&["network", "ls", "--quiet", "--filter", &label]).unwrap(), "");
    }
}

#[test]
fn registries_ask_who_you_are() {
    for (auth, refused) in [(Auth::Plain, 200), (Auth::Basic, 401), (Auth::Token, 401)] {
        let mut registry = Registry::start(auth).unwrap();
        let pushed = registry.client().push("kit/web", "1.0.0", &app("1.0.0", Mode::Healthy)).unwrap();
        registry.restart().unwrap();
        assert_eq!(registry.client().digest("kit/web", "1.0.0").unwrap(), pushed.digest, "{auth:?}");
        let stranger = dockrev_testkit::Client::new(&registry.url(), None);
        assert_eq!(stranger.digest("kit/web", "1.0.0").is_ok(), refused == 200, "{auth:?}");
        let last = registry.requests().pop().unwrap();
        assert_eq!((last.path.as_str(), last.status), ("/v2/kit/web/manifests/1.0.0", refused));
        registry.stop().unwrap();
        assert!(registry.client().digest("kit/web", "1.0.0").is_err());
    }
}

#[test]
fn the_engine_pulls_with_a_login() {
    let engine = Engine::found_or_private().unwrap();
    for auth in [Auth::Basic, Auth::Token] {
        let registry = Registry::start(auth).unwrap();
        registry.client().push("kit/web", "1.0.0", &app("1.0.0", Mode::Healthy)).unwrap();
        let config = tempfile::tempdir().unwrap();
        std::fs::write(config.path().join("config.json"), registry.docker_config()).unwrap();
        let image = format!("{}/kit/web:1.0.0", registry.host());
        let with_login =
            engine.docker().env("DOCKER_CONFIG", config.path()).args(["pull", "-q", &image]).status().unwrap();
        engine.run(&["rmi", &image]).unwrap();
        let without = engine.docker().env("DOCKER_CONFIG", "/nowhere").args(["pull", "-q", &image]).output().unwrap();
        assert!(with_login.success() && !without.status.success(), "{auth:?}");
    }
}

#[test]
fn tags_move_and_indexes_have_members() {
    let registry = Registry::start(Auth::Plain).unwrap();
    let client = registry.client();
    let old = client.push("kit/web", "1.0.0", &app("1.0.0", Mode::Healthy)).unwrap();
    let new = client.push("kit/web", "1.1.0", &app("1.1.0", Mode::Healthy)).unwrap();
    assert_eq!(client.copy_tag("kit/web", "1.0.0", "stable").unwrap(), old.digest);
    assert_eq!(client.copy_tag("kit/web", "1.1.0", "stable").unwrap(), new.digest);
    assert_eq!(client.digest("kit/web", "stable").unwrap(), new.digest);
    client.add_many_tags("kit/web", "1.0.0", 120).unwrap();

    let members = [Architecture::Amd64, Architecture::Arm64].map(|architecture| {
        let image = App::new("2.0.0", Mode::Healthy).architecture(architecture).build().unwrap();
        client.push_untagged("kit/multi", &image).unwrap()
    });
    let plain = client.push_index("kit/multi", "2.0.0", &members, Attestation::Without).unwrap();
    let attested = client.push_index("kit/multi", "2.0.1", &members, Attestation::With).unwrap();
    assert_ne!(plain.digest, attested.digest);
    assert_eq!(client.digest("kit/multi", "2.0.1").unwrap(), attested.digest);
}

#[test]
fn private_engines_survive_a_crash_and_leave_nothing() {
    let newer = dockrev_testkit::suite_prefix("engine");
    let prefixes = [std::path::PathBuf::from("/"), newer];
    for (number, prefix) in prefixes.iter().enumerate().filter(|(_, prefix)| prefix.join("usr/sbin/dockerd").is_file())
    {
        let name = format!("k{number}{}", std::process::id());
        crash_and_wipe(PrivateEngine::named(&name).unwrap().prefix(prefix).wipe_on_drop().start().unwrap());
    }
}

fn crash_and_wipe(engine: Engine) {
    let home = std::path::PathBuf::from(engine.host().trim_start_matches("unix://")).with_file_name("");
    let registry = Registry::start(Auth::Plain).unwrap();
    registry.client().push("kit/web", "1.0.0", &app("1.0.0", Mode::Healthy)).unwrap();
    let image = format!("{}/kit/web:1.0.0", registry.host());
    engine.run(&["run", "--detach", "--name", "web", &image]).unwrap();
    engine.freeze().unwrap();
    engine.thaw().unwrap();
    assert!(engine.answers());
    // A crash, then a stale pid file that names a living process.
    engine.kill().unwrap();
    assert!(!engine.answers());
    std::fs::write(home.join("pid"), std::process::id().to_string()).unwrap();
    engine.restart().unwrap();
    assert!(engine.run(&["ps", "--all", "--format", "{{.Names}}"]).unwrap().contains("web"));
    engine.kill().unwrap();
    let bridge = format!("drtk{}", std::fs::read_to_string(home.join("net")).unwrap());
    engine.wipe().unwrap();
    drop(engine);
    assert!(!home.exists());
    assert!(!Command::new("ip").args(["link", "show", &bridge]).output().unwrap().status.success());
    assert!(!std::fs::read_to_string("/proc/mounts").unwrap().contains(home.to_str().unwrap()));
}

#[test]
fn two_at_once_get_the_same_engine() {
    let name = format!("t{}", std::process::id());
    let start = || Engine::private(&name).unwrap().run(&["info", "--format", "{{.ID}}"]).unwrap();
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(start), scope.spawn(start));
        (one.join().unwrap(), two.join().unwrap())
    });
    Engine::private(&name).unwrap().wipe().unwrap();
    assert_eq!(one, two);
}
