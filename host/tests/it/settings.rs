//! What people decide beforehand: ignore rules, labels, the configuration file.

use crate::cli::receive_one;
use crate::schema;
use crate::stage::{Ran, Stage, entry, run, wait_for};
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

/// A stack with a service of each label, all with something newer.
fn labelled(stage: &Stage, repository: &str, labels: &[(&str, &str)]) -> dockrev_testkit::Project {
    stage.push(repository, "1.0.0", Mode::Healthy);
    let image = format!("{repository}:1.0.0");
    let service = |(name, label): &(&str, &str)| stage.service(name, &image).line(&format!("labels: ['{label}']"));
    let services: Vec<_> = labels.iter().map(service).collect();
    let project = stage.project(&services, &[]);
    stage.push(repository, "1.1.0", Mode::Healthy);
    project
}

fn configure(stage: &Stage, text: &str) {
    std::fs::write(stage.data.path().join("dockrev.toml"), text).unwrap();
}

#[track_caller]
fn says(check: &serde_json::Value, name: &str, status: &str, part: &str) {
    let entry = entry(check, name);
    let reason = entry["reason"].as_str().unwrap();
    assert!(entry["status"] == status && reason.contains(part), "{name}, {status}, {part}: {entry:#}");
}

#[test]
fn filters_by_label_leave_out_and_force_overrides_them() {
    let stage = Stage::new(Compose::any().unwrap());
    let labels = [
        ("wanted", "tier=test"),
        ("other", "tier=live"),
        ("forced", "dockrev.force=true"),
        ("skipped", "dockrev.skip=true"),
    ];
    let project = labelled(&stage, "fd/web", &labels);
    let check = |arguments: &[&str], variables: &[(&str, &str)]| {
        let base: [&str; 4] = ["check", "--stack", project.name(), "--json"];
        let mut command = stage.command(&[&base, arguments].concat());
        let check = run(command.envs(variables.iter().copied())).ends_with(0).json();
        schema::holds(&check);
        check
    };
    let plain = check(&[], &[]);
    says(&plain, "other", "update", "");
    says(&plain, "skipped", "skipped", "switched off by label `dockrev.skip`");
    configure(&stage, "only-labels = [\"tier=test\"]\n");
    let filtered = check(&[], &[]);
    says(&filtered, "wanted", "update", "");
    says(&filtered, "other", "skipped", "left out by `only-labels`: it does not have `tier=test`");
    says(&filtered, "forced", "update", "");
    let by_variable =
        check(&[], &[("DOCKREV_ONLY_LABELS", "tier=live, backup"), ("DOCKREV_EXCLUDE_LABELS", "tier=test")]);
    says(&by_variable, "wanted", "skipped", "left out by `exclude-labels`: it has `tier=test`");
    says(&by_variable, "other", "update", "");
    let by_hand = check(&["--only-label", "tier", "--exclude-label", "tier=live"], &[]);
    says(&by_hand, "wanted", "update", "");
    says(&by_hand, "other", "skipped", "`exclude-labels`: it has `tier=live`");
    let dry =
        stage.dockrev(&["update", "--stack", project.name(), "--only-label", "tier=live", "--dry-run"]).ends_with(0);
    assert!(dry.out.contains("1.1.0") && dry.out.contains("skipped: left out by `only-labels`"), "{}", dry.out);
    stage.dockrev(&["check", "--only-label", "=x"]).ends_with(1).complains("code: config.invalid-filter");
}

#[test]
fn pinned_digests_and_full_versions_are_left_out_where_that_is_wanted() {
    let stage = Stage::new(Compose::any().unwrap());
    let old = stage.push("fe/web", "1.0", Mode::Healthy);
    stage.registry.client().copy_tag("fe/web", "1.0", "1.0.0").unwrap();
    let services = [
        stage.service("pinned", &format!("fe/web:1.0@{}", old.digest)),
        stage.service("exact", "fe/web:1.0.0"),
        stage.service("plain", "fe/web:1.0"),
    ];
    let project = stage.project(&services, &["plain"]);
    stage.push("fe/web", "1.1", Mode::Healthy);
    stage.registry.client().copy_tag("fe/web", "1.1", "1.0.1").unwrap();
    let check = || stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    let all = check();
    assert_eq!(all["counts"]["update"], 3, "{all:#}");
    configure(&stage, "[defaults]\nskip-pinned = true\nskip-exact = true\n");
    let some = check();
    says(&some, "pinned", "skipped", "pinned to a digest, and left out by `[defaults]`");
    says(&some, "exact", "skipped", "`1.0.0` is a full version, and left out by `[defaults]`");
    says(&some, "plain", "update", "");
    // A digest that Dockrev pinned itself is none of the user's.
    stage.dockrev(&["update", "--stack", project.name(), "--yes"]).ends_with(0);
    says(&check(), "plain", "up-to-date", "");
}

#[test]
fn something_newer_is_taken_when_it_has_been_out_for_long_enough() {
    let stage = Stage::new(Compose::any().unwrap());
    let project = labelled(&stage, "ff/web", &[("web", "other=1")]);
    let check = |min_age: &str| {
        let mut command = stage.command(&["check", "--stack", project.name(), "--json"]);
        let check = run(command.env("DOCKREV_MIN_AGE", min_age)).ends_with(0).json();
        schema::holds(&check);
        check
    };
    let first = check("3d");
    says(&first, "web", "held", "first seen 0 s ago, wanted 3d: eligible from ");
    let web = entry(&first, "web");
    assert_eq!((&web["hold"]["type"], &web["candidate"]["tag"]), (&"too-young".into(), &"1.1.0".into()), "{web:#}");
    let considered = web["considered"].as_array().unwrap().iter().find(|tag| tag["tag"] == "1.1.0").unwrap();
    assert!(considered["eligible"] == false && considered["reason"].as_str().unwrap().contains("wanted 3d"), "{web:#}");
    let mut update = stage.command(&["update", "--stack", project.name(), "--yes"]);
    run(update.env("DOCKREV_MIN_AGE", "3d")).ends_with(0).says("nothing to update");
    // What was seen is remembered from check to check.
    wait_for("the age", || entry(&check("2s"), "web")["status"] == "update");
    assert_eq!(entry(&check("2s"), "web")["candidate"]["since"]["source"], "first-seen");
    let service = format!("{}/web", project.name());
    let mut update = stage.command(&["update", "--service", &service, "--to", "1.1.0", "--dry-run"]);
    run(update.env("DOCKREV_MIN_AGE", "3d")).ends_with(0).says("dry run");
}

#[test]
fn what_is_misspelled_is_named_with_what_was_meant() {
    let stage = Stage::new(Compose::any().unwrap());
    let image = format!("{}/fg/none:1", stage.registry.host());
    let check = |text: &str| -> Ran {
        configure(&stage, text);
        stage.dockrev(&["check", "--image", &image])
    };
    check("[defaults]\nlevels = [\"minor\"]\nmin-aeg = \"3d\"\n")
        .ends_with(1)
        .complains("line 3: `min-aeg` is not known: did you mean `min-age`?");
    check("[servces.\"a/b\"]\n").ends_with(1).complains("did you mean `services`?");
    check("[registries.\"a:5000\"]\ninsecur = true\n")
        .ends_with(1)
        .complains("line 2: `insecur` is not known: did you mean `insecure`?");
    check("[defaults]\nmin-age = \"3\"\n").ends_with(1).complains("line 2: expected a duration");
    configure(&stage, "");
    let mut command = stage.command(&["check", "--image", &image]);
    run(command.env("DOCKREV_MIN_AEG", "3d"))
        .ends_with(0)
        .complains("`DOCKREV_MIN_AEG` is not known: did you mean `DOCKREV_MIN_AGE`?");
    let mut command = stage.command(&["check", "--image", &image]);
    run(command.env("DOCKREV_MIN_AGE", "soon"))
        .ends_with(1)
        .complains("environment variable `DOCKREV_MIN_AGE` is `soon`");
    let project = labelled(&stage, "fg/web", &[("web", "dockrev.min-aeg=3d")]);
    let check = stage.dockrev(&["check", "--stack", project.name(), "--json"]).ends_with(0).json();
    says(&check, "web", "unknown", "label `dockrev.min-aeg` is not known: did you mean `dockrev.min-age`?");
    assert_eq!(entry(&check, "web")["code"], "settings.unknown-label");
}
