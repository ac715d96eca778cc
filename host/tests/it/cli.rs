use crate::stage::{Stage, entry};
use dockrev_testkit::{Compose, Mode};
use std::io::Write;

#[test]
fn an_image_is_checked_without_an_engine() {
    let stage = Stage::new(Compose::any().unwrap());
    let newest = stage.push("c/app", "1.3", Mode::Healthy);
    for tag in ["1.2", "1.2.9", "1.3-alpine", "20240115", "latest"] {
        stage.registry.client().copy_tag("c/app", "1.3", tag).unwrap();
    }
    let image = format!("{}/c/app:1.2", stage.registry.host());
    let mut command = stage.command(&["check", "--image", &image, "--json", "--exit-code"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let ran = crate::stage::run(&mut command).ends_with(2);
    let check = ran.json();
    assert_eq!(check["format"], "dockrev.check/1");
    let requests = check["effort"]["requests"][stage.registry.host()].as_u64();
    // What the registry is was asked as well, once.
    assert!(requests.is_some_and(|count| (5..=8).contains(&count)), "{check:#}");
    let entry = entry(&check, &image);
    assert_eq!(entry["status"], "newer");
    assert_eq!(
        (&entry["candidate"]["tag"], &entry["candidate"]["digest"]),
        (&"1.3".into(), &newest.digest.as_str().into())
    );
    stage.dockrev(&["check", "--image", "NOT AN IMAGE"]).ends_with(0).says("unknown");
    let newest = format!("{}/c/app:1.3", stage.registry.host());
    stage.dockrev(&["check", "--image", &newest, "--exit-code"]).ends_with(0).says("1 up to date");
}

#[test]
fn plugins_are_listed_and_inspected() {
    let stage = Stage::new(Compose::any().unwrap());
    let listed = stage.dockrev(&["plugin", "list"]).ends_with(0);
    let listed = listed.says("registry-oci").says("registry-docker-hub").says("policy-same-level");
    listed.says("notifier-webhook");
    let folder = crate::stage::plugin_dir().join("notifier-webhook");
    let inspected = stage.dockrev(&["plugin", "inspect", folder.to_str().unwrap()]).ends_with(0);
    inspected.says("signing-key").says("dockrev:plugin/channel@0.1.0");
    stage.dockrev(&["plugin", "inspect", "/nowhere"]).ends_with(1).complains("/nowhere");
}

#[test]
fn a_broken_plugin_is_reported_and_the_others_go_on() {
    let stage = Stage::new(Compose::any().unwrap());
    let folder = stage.data.path().join("my-plugins");
    std::fs::create_dir_all(folder.join("broken")).unwrap();
    std::fs::write(folder.join("broken/plugin.toml"), "id = \"broken\"\n").unwrap();
    let both = std::env::join_paths([crate::stage::plugin_dir(), folder]).unwrap();
    let mut command = stage.command(&["plugin", "list"]);
    command.env("DOCKREV_PLUGIN_DIR", both);
    crate::stage::run(&mut command).ends_with(0).says("registry-oci").says("broken");
}

#[test]
fn a_policy_explains_itself() {
    let stage = Stage::new(Compose::any().unwrap());
    let list = stage.data.path().join("tags");
    std::fs::write(&list, "5.1\n5.2\n# a comment\n5.3\n5.3.1\n5.3-alpine\n20240115\nlatest\n").unwrap();
    let ran = stage.dockrev(&["policy", "explain", "--current", "5.2", "--tags", list.to_str().unwrap()]).ends_with(0);
    ran.says("move to 5.3").says("other track").says("not a version").says("older");
    std::fs::write(&list, "5.1\nnot a tag\n").unwrap();
    let ran = stage.dockrev(&["policy", "explain", "--current", "5.2", "--tags", list.to_str().unwrap()]).ends_with(1);
    ran.complains("tags:2:").complains("code: tag.invalid");
}

/// A receiver for one webhook, that gives back what it got.
pub(crate) fn receive_one() -> (u16, std::thread::JoinHandle<String>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let received = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = std::io::BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        loop {
            let mut line = String::new();
            std::io::BufRead::read_line(&mut reader, &mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            head.push_str(&lower);
            if line == "\r\n" {
                break;
            }
        }
        assert!(!head.contains("chunked"), "{head}");
        let mut body = vec![0; length];
        std::io::Read::read_exact(&mut reader, &mut body).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        head + &String::from_utf8(body).unwrap()
    });
    (port, received)
}

#[test]
fn a_notifier_is_tried_and_signs_what_it_sends() {
    let stage = Stage::new(Compose::any().unwrap());
    let (port, received) = receive_one();
    let config = format!(
        "[plugins.notifier-webhook]\nsettings.url = \"http://127.0.0.1:{port}/hook\"\nsecrets.signing-key.env = \"HOOK_KEY\"\n"
    );
    std::fs::write(stage.data.path().join("dockrev.toml"), config).unwrap();
    let mut command = stage.command(&["notify", "test", "notifier-webhook"]);
    command.env("HOOK_KEY", "correct horse");
    let ran = crate::stage::run(&mut command).ends_with(0).says("delivered");
    assert!(!format!("{ran:?}").contains("correct horse"));
    let got = received.join().unwrap();
    assert!(got.contains("post /hook http/1.1") && got.contains("x-dockrev-signature: sha256="), "{got}");
    assert!(got.contains("Test from Dockrev"), "{got}");
    stage.dockrev(&["notify", "test", "nobody"]).ends_with(1).complains("notify.not-installed");
}

#[test]
fn settings_that_do_not_fit_are_named() {
    let stage = Stage::new(Compose::any().unwrap());
    std::fs::write(stage.data.path().join("dockrev.toml"), "[plugins.notifier-webhook]\nsettings.ulr = \"x\"\n")
        .unwrap();
    let ran = stage.dockrev(&["plugin", "list"]).ends_with(0);
    ran.says("notifier-webhook").says("ulr");
}

#[test]
fn the_doctor_says_what_works_and_what_does_not() {
    let mut stage = Stage::new(Compose::any().unwrap());
    stage.push("cd/web", "1.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "cd/web:1.0")], &["web"]);
    let registry = stage.registry.host();
    let finding = |stage: &Stage, area: &str, subject: &str| {
        let report = stage.dockrev(&["doctor", "--json"]).json();
        let findings = report["findings"].as_array().unwrap().clone();
        let found = findings.into_iter().find(|one| one["area"] == area && one["subject"] == subject);
        found.unwrap_or_else(|| panic!("nothing on {area} {subject} in {report:#}"))
    };
    assert_eq!(finding(&stage, "stack", project.name())["state"], "ok");
    assert_eq!(finding(&stage, "registry", &registry)["state"], "ok");
    assert_eq!(finding(&stage, "plugin", "registry-oci")["state"], "ok");
    let adapter = finding(&stage, "adapter", &registry);
    let message = adapter["message"].as_str().unwrap();
    assert!(message.starts_with("`registry-oci`: none recognised the registry on "), "{adapter:#}");
    let credentials = finding(&stage, "credentials", &registry);
    assert!(credentials["message"].as_str().unwrap().starts_with("none"), "{credentials:#}");
    assert_eq!(finding(&stage, "engine", stage.engine.host())["state"], "ok");
    stage.registry.stop().unwrap();
    assert_eq!(finding(&stage, "registry", &registry)["state"], "warning");
    let text = std::fs::read_to_string(project.file()).unwrap();
    std::fs::write(project.file(), "services: [").unwrap();
    let broken = finding(&stage, "stack", project.name());
    assert_eq!(broken["state"], "broken", "{broken:#}");
    std::fs::write(project.file(), text).unwrap();
    let mut command = stage.command(&["doctor"]);
    command.env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    crate::stage::run(&mut command).ends_with(1).says("broken").says("start the engine");
}
