//! What people decide beforehand: ignore rules, labels, the configuration file.

use crate::cli::receive_one;
use crate::stage::{Stage, entry};
use dockrev_testkit::{Compose, Mode};

#[test]
fn an_ignored_tag_stays_visible_and_is_not_taken() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("fa/web", "5.2", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "fa/web:5.2")], &["web"]);
    let next = stage.push("fa/web", "5.3", Mode::Healthy);
    stage.push("fa/web", "6.0", Mode::Healthy);
    let service = format!("{}/web", project.name());
    let add = |rule: &[&str]| stage.dockrev(&[["ignore", "add", &service].as_slice(), rule].concat());
    add(&["--range", ">=6", "--note", "breaks the theme"]).ends_with(0).says("now ignores range `>=6`");
    stage.dockrev(&["ignore", "list"]).ends_with(0).says("breaks the theme");
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    assert!(project.service("web").unwrap().runs(&next));

    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    let web = entry(&check, "web");
    assert_eq!((&web["status"], &web["candidate"]["tag"]), (&"held".into(), &"6.0".into()), "{check:#}");
    assert_eq!(web["reason"], "ignored by rule 1: range `>=6`");
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0).says("nothing to update");
    stage.dockrev(&["ignore", "remove", "1"]).ends_with(0);
    stage.dockrev(&["check", "--stack", project.name()]).ends_with(0).says("1 update");
    add(&["--regex", "("]).ends_with(1).complains("code: ignore.invalid-rule");
    stage.dockrev(&["ignore", "add", "web", "--exact", "1"]).ends_with(1).complains("STACK/SERVICE");
    stage.dockrev(&["ignore", "remove", "9"]).ends_with(1).complains("ignore.not-found");
}

#[test]
fn labels_and_the_file_say_what_is_watched_and_what_is_applied() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("fb/app", "1.0.0", Mode::Healthy);
    let service = |name: &str, label: &str| stage.service(name, "fb/app:1.0.0").line(&format!("labels: ['{label}']"));
    let services = [
        service("muted", "com.centurylinklabs.watchtower.enable=false"),
        service("shown", "dockrev.monitor-only=true"),
        service("patches", "dockrev.levels=patch"),
        service("wrong", "dockrev.levels=tiny"),
        stage.service("filed", "fb/app:1.0.0"),
        stage.service("plain", "fb/app:1.0.0"),
    ];
    let project = stage.project(&services, &["plain"]);
    stage.push("fb/app", "1.0.1", Mode::Healthy);
    stage.push("fb/app", "1.1.0", Mode::Healthy);
    let config = format!("[services.\"{}/filed\"]\nwatch = false\n", project.name());
    std::fs::write(stage.data.path().join("dockrev.toml"), config).unwrap();
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    let says = |name: &str, status: &str, part: &str| {
        let entry = entry(&check, name);
        assert_eq!(entry["status"], status, "{entry:#}");
        assert!(entry["reason"].as_str().unwrap().contains(part), "{entry:#}");
    };
    says("muted", "skipped", "label `com.centurylinklabs.watchtower.enable`");
    says("shown", "held", "shown only, because of label `dockrev.monitor-only`");
    says("wrong", "unknown", "label `dockrev.levels` is `tiny`");
    says("filed", "skipped", "[services.");
    assert_eq!(entry(&check, "patches")["candidate"]["tag"], "1.0.1");
    assert_eq!(entry(&check, "plain")["candidate"]["tag"], "1.1.0");
}

#[test]
fn a_channel_is_told_how_an_update_ended() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("fc/web", "1.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "fc/web:1.0")], &["web"]);
    let new = stage.push("fc/web", "1.1", Mode::Healthy);
    let (port, received) = receive_one();
    let config = format!(
        "notify = [\"notifier-webhook\"]\n[plugins.notifier-webhook]\nsettings.url = \"http://127.0.0.1:{port}/x\"\n"
    );
    std::fs::write(stage.data.path().join("dockrev.toml"), config).unwrap();
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    let got = received.join().unwrap();
    assert!(got.contains("update-succeeded") && got.contains(&new.digest), "{got}");
    stage.push("fc/web", "1.2", Mode::Healthy);
    // Nobody listens any more: the update is none the worse for it.
    let ran = stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    ran.complains("notifier-webhook did not get word of");
}
