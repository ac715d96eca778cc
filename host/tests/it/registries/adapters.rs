//! Which adapter serves a registry that nobody named, and for how long that is remembered.

use super::desk::{Checked, Desk};
use super::{asked, is_newer, open_registry, publish};
use dockrev_testkit::front::{Fault, Front, Manners};
use serde_json::{Value, json};

/// How often the registry was asked what it is: at its root, and at the path of Harbor's probe.
fn probed(front: &Front) -> (usize, usize) {
    let requests = front.requests();
    let count = |path: &str| requests.iter().filter(|request| request.path == path).count();
    (count("/v2/"), count("/api/v2.0/systeminfo"))
}

/// Lets everything that is remembered be so much older.
fn age(desk: &Desk, by_s: u64) {
    let text = std::fs::read_to_string(desk.adapters_file()).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    for (_, entry) in document["registries"].as_object_mut().unwrap() {
        for field in ["found_at_unix_s", "asked_at_unix_s"] {
            entry[field] = (entry[field].as_u64().unwrap() - by_s).into();
        }
    }
    std::fs::write(desk.adapters_file(), document.to_string()).unwrap();
}

#[track_caller]
fn is_served_by(checked: &Checked, front: &Front, adapter: &str, why: &str) {
    let served = checked.served(&front.host());
    assert_eq!((&served["adapter"], &served["why"]), (&json!(adapter), &json!(why)), "{served:#}");
}

#[test]
fn a_harbor_is_recognised_once_and_for_all_of_its_images() {
    let registry = open_registry();
    let harbor = Front::start(Manners::Harbor, &registry).unwrap();
    let pushed = ["team/app", "team/group/web", "shop/api"].map(|name| (name, publish(&registry, name)));
    let images = pushed.each_ref().map(|(name, _)| format!("{}/{name}:1.0", harbor.host()));
    let images = images.each_ref().map(String::as_str);
    let desk = Desk::new();

    let first = desk.check(&images);
    for (image, (_, pushed)) in images.iter().zip(&pushed) {
        is_newer(first.entry(image), "1.1", pushed);
    }
    is_served_by(&first, &harbor, "registry-harbor", "recognised");
    assert_eq!(first.served(&harbor.host())["path"], "/api/v2.0/systeminfo");
    assert_eq!(probed(&harbor), (1, 1), "{:?}", harbor.requests());
    assert_eq!(asked(&harbor, "/artifacts?"), 3);

    let second = desk.check(&images);
    is_served_by(&second, &harbor, "registry-harbor", "recognised");
    assert_eq!(second.served(&harbor.host()), first.served(&harbor.host()), "it was recognised then, not now");
    assert_eq!(probed(&harbor), (1, 1), "it is remembered");

    age(&desk, 8 * 24 * 60 * 60);
    is_served_by(&desk.check(&images), &harbor, "registry-harbor", "recognised");
    assert_eq!(probed(&harbor), (2, 2), "not for ever");
}

#[test]
fn what_nobody_recognises_is_served_by_the_generic_adapter() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let other = Front::start(Manners::Ghcr, &registry).unwrap();
    let image = format!("{}/team/app:1.0", other.host());
    let desk = Desk::new();
    for _ in 0..2 {
        let checked = desk.check(&[&image]);
        is_newer(checked.entry(&image), "1.1", &pushed);
        is_served_by(&checked, &other, "registry-oci", "generic");
        assert_eq!(checked.served(&other.host())["problem"], Value::Null);
    }
    assert_eq!(probed(&other), (1, 1));
}

#[test]
fn who_is_named_is_not_asked() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let [configured, named] = [(); 2].map(|()| Front::start(Manners::Harbor, &registry).unwrap());
    let config = format!(
        "registries.\"{}\".adapter = \"registry-oci\"\nregistries.\"demo.goharbor.io\".endpoint = \"{}\"\n",
        configured.host(),
        named.url()
    );
    let images = [format!("{}/team/app:1.0", configured.host()), "demo.goharbor.io/team/app:1.0".to_owned()];
    let checked = Desk::new().config(&config).check(&images.each_ref().map(String::as_str));
    for image in &images {
        is_newer(checked.entry(image), "1.1", &pushed);
    }
    is_served_by(&checked, &configured, "registry-oci", "configured");
    let served = checked.served("demo.goharbor.io");
    assert_eq!((&served["adapter"], &served["why"]), (&json!("registry-harbor"), &json!("manifest")));
    assert_eq!((probed(&configured), probed(&named)), ((0, 0), (0, 0)));
}

#[test]
fn a_registry_that_fails_is_asked_again_soon() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let harbor = Front::start(Manners::Harbor, &registry).unwrap();
    harbor.fail(Fault::Unavailable);
    let image = format!("{}/team/app:1.0", harbor.host());
    let desk = Desk::new();
    for _ in 0..2 {
        let checked = desk.check(&[&image]);
        is_served_by(&checked, &harbor, "registry-oci", "generic");
        let problem = checked.served(&harbor.host())["problem"].as_str().unwrap().to_owned();
        assert!(problem.contains("503"), "{problem}");
    }
    let before = probed(&harbor);
    assert_eq!(before, (1, 1), "a failure is remembered for a while");
    harbor.mend();
    age(&desk, 11 * 60);
    let checked = desk.check(&[&image]);
    is_newer(checked.entry(&image), "1.1", &pushed);
    is_served_by(&checked, &harbor, "registry-harbor", "recognised");

    // What it was recognised as is not undone by its being away.
    harbor.fail(Fault::Unavailable);
    age(&desk, 8 * 24 * 60 * 60);
    is_served_by(&desk.check(&[&image]), &harbor, "registry-harbor", "recognised");
}

#[test]
fn an_adapter_that_is_gone_is_forgotten_and_one_that_comes_is_asked() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let harbor = Front::start(Manners::Harbor, &registry).unwrap();
    let image = format!("{}/team/app:1.0", harbor.host());
    let with = ["policy-same-level", "registry-oci", "registry-harbor"];
    let mut desk = Desk::new();
    for (plugins, adapter) in [(&with[..], "registry-harbor"), (&with[..2], "registry-oci"), (&with, "registry-harbor")]
    {
        desk = desk.plugins(plugins);
        let checked = desk.check(&[&image]);
        is_newer(checked.entry(&image), "1.1", &pushed);
        assert_eq!(checked.served(&harbor.host())["adapter"], adapter);
    }
    assert_eq!(probed(&harbor), (1, 1), "without a probe nobody is asked, and the first answer still holds");
}

#[test]
fn an_adapter_that_cannot_read_the_registry_any_more_is_doubted() {
    let registry = open_registry();
    publish(&registry, "team/app");
    let harbor = Front::start(Manners::Harbor, &registry).unwrap();
    let image = format!("{}/team/app:1.0", harbor.host());
    let desk = Desk::new();
    desk.check(&[&image]);
    harbor.fail(Fault::ManifestIs("application/vnd.unheard-of", "{}"));
    desk.check(&[&image]);
    desk.check(&[&image]);
    assert_eq!(probed(&harbor), (1, 1), "what was just recognised is not in doubt");
    age(&desk, 2 * 60 * 60);
    desk.check(&[&image]);
    assert_eq!(probed(&harbor), (1, 1));
    is_served_by(&desk.check(&[&image]), &harbor, "registry-harbor", "recognised");
    assert_eq!(probed(&harbor), (2, 2), "it was asked anew");
}
