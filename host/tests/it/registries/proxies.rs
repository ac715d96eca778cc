//! Registries behind a proxy, named by the variables that every program reads.

use super::desk::Desk;
use super::{is_newer, is_unknown, open_registry, publish};
use crate::stage::run;
use dockrev_testkit::Credentials;
use dockrev_testkit::forward::ForwardProxy;

/// The registry's name, which the proxy alone knows.
const NAME: &str = "registry.test:5000";

#[test]
fn registries_are_asked_through_the_proxy_that_the_environment_names() {
    let registry = open_registry();
    let pushed = publish(&registry, "team/app");
    let keeper = Credentials { user: "keeper".to_owned(), password: "s3cret".to_owned() };
    let address = registry.host().parse().unwrap();
    let proxy = ForwardProxy::start(Some(keeper), &[(NAME, address)]).unwrap();
    let (url, wrong) = (proxy.url(), proxy.url().replace("s3cret", "wrong-s3cret"));
    let (inside, here) = (format!("{NAME}/team/app:1.0"), format!("{}/team/app:1.0", registry.host()));
    let images = [inside.as_str(), here.as_str()];
    let desk = Desk::new().config(&format!("registries.\"{NAME}\".insecure = true\n"));

    let desk = desk.environment(&[("HTTP_PROXY", &url), ("HTTPS_PROXY", &url)]);
    let checked = desk.check(&images);
    is_newer(checked.entry(&inside), "1.1", &pushed);
    is_newer(checked.entry(&here), "1.1", &pushed);
    let passed = proxy.passed();
    assert!(!passed.is_empty() && passed.iter().all(|passed| passed.target.contains(NAME)), "{passed:?}");

    let desk = desk.environment(&[("http_proxy", &url), ("no_proxy", "lan, .test")]);
    let checked = desk.check(&[&inside]);
    assert_eq!(proxy.passed().len(), passed.len(), "what is left out is not asked through it");
    // What it said before is shown, with the reason for which it is not known now.
    assert!(checked.entry(&inside).to_string().contains("no address for this name"), "{:#}", checked.entry(&inside));

    let desk = Desk::new().config(&format!("registries.\"{NAME}\".insecure = true\n"));
    let desk = desk.environment(&[("HTTP_PROXY", &wrong)]);
    let checked = desk.check(&images);
    is_unknown(checked.entry(&inside), "registry.unreachable", "it wants a login");
    is_newer(checked.entry(&here), "1.1", &pushed);
    for text in [&checked.out, &checked.err] {
        assert!(!text.contains("s3cret") && !text.contains("keeper"), "{text}");
    }
}

#[test]
fn the_doctor_names_proxies_without_their_logins() {
    let desk = Desk::new().environment(&[
        ("HTTPS_PROXY", "http://keeper:s3cret@proxy.test:3128"),
        ("NO_PROXY", "lan,10.0.0.0/8"),
        ("DOCKREV_LOG", "trace"),
    ]);
    let ran = run(&mut desk.command(&["doctor", "--json"]));
    let report = ran.json();
    let found = report["findings"].as_array().unwrap().iter().find(|one| one["area"] == "proxy").unwrap();
    assert_eq!((&found["subject"], &found["state"]), (&"https".into(), &"ok".into()), "{found}");
    let message = found["message"].as_str().unwrap();
    assert_eq!(message, "`http://proxy.test:3128`, with a login; not asked for: lan, 10.0.0.0/8");
    for text in [&ran.out, &ran.err] {
        assert!(!text.contains("s3cret") && !text.contains("keeper"), "{text}");
    }

    let desk = desk.environment(&[("HTTPS_PROXY", "socks5://keeper:s3cret@proxy.test:1080")]);
    let ran = run(&mut desk.command(&["check", "--image", "localhost:1/a"]));
    let said = format!("{}{}", ran.out, ran.err);
    assert!(said.contains("`HTTPS_PROXY`") && said.contains("config.invalid-proxy"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}
