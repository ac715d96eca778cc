use super::client::send;
use super::events::Stream;
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::{Compose, Mode, Project};
use serde_json::{Value, json};

/// A stage with one service, and a server that is called by its registry.
fn staged(repository: &str) -> (Stage, Project, Served, String) {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push(repository, "1.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", &format!("{repository}:1.0"))], &["web"]);
    let secret = stage.data.path().join("hook");
    std::fs::write(&secret, "open sesame\n").unwrap();
    let config = format!(
        "[webhooks.mine]\nkind = \"distribution\"\nsecret.file = \"{}\"\nregistry = \"{}\"\n[webhooks.bare]\nkind = \"harbor\"\n\
         secret.env = \"NOBODY_SETS_THIS\"\n",
        secret.display(),
        stage.registry.host()
    );
    std::fs::write(stage.data.path().join("dockrev.toml"), config).unwrap();
    let token = stage.token("update");
    let served = Served::start(&stage, &[], &[]);
    (stage, project, served, token)
}

fn pushed(repository: &str, tag: &str) -> Value {
    let target = json!({ "repository": repository, "tag": tag });
    json!({ "events": [{ "id": tag, "action": "push", "target": target, "request": { "host": "inside:5000" } }] })
}

#[test]
fn a_registry_that_tells_of_a_push_has_its_services_checked() {
    let (stage, project, served, token) = staged("wa/web");
    let mut stream = Stream::open(&served, &token, None);
    served.post(&token, "/api/v1/checks", &json!({})).is(202);
    stream.next_of("candidates-changed");
    stage.push("wa/web", "1.1", Mode::Healthy);
    let call = |name: &str, secret: &str, body: &Value| {
        let path = format!("/api/v1/webhooks/registry/{name}");
        send(served.address, "POST", &path, &[("Authorization", secret)], Some(body))
    };
    let event = pushed("wa/web", "1.1");
    for (name, secret) in [("mine", "open"), ("bare", ""), ("bare", "NOBODY_SETS_THIS"), ("nobody", "open sesame")] {
        call(name, secret, &event).is(401).has_code("access.unknown");
    }
    let taken = call("mine", "Bearer open sesame", &event).is(202).json();
    let web = json!([{ "stack": project.name(), "name": "web" }]);
    assert_eq!((&taken["was_seen"], &taken["checked"]), (&json!(false), &web), "{taken:#}");
    stream.next_of("candidates-changed");
    let path = format!("/api/v1/services?stack={}", project.name());
    let page = served.get(&token, &path).is(200).json();
    assert_eq!(page["items"][0]["candidate"]["tag"], "1.1", "{page:#}");

    let again = call("mine", "open sesame", &event).is(202).json();
    assert_eq!((&again["was_seen"], &again["checked"]), (&json!(true), &json!([])), "{again:#}");
    let other = call("mine", "open sesame", &pushed("wa/other", "1.0")).is(202).json();
    assert_eq!(other["checked"], json!([]), "{other:#}");
    call("mine", "open sesame", &json!({ "events": 1 })).is(422).has_code("webhook.invalid-event");

    let lines = stage.dockrev(&["audit", "--json"]).ends_with(0).out;
    assert!(lines.contains("\"webhook:mine\"") && !lines.contains("sesame"), "{lines}");
    let check = stage.dockrev(&["config", "check"]).ends_with(1);
    check.complains("webhook `bare` has no secret");
}

#[test]
fn a_trigger_checks_or_updates_in_one_request() {
    let (stage, project, served, token) = staged("wb/web");
    let checker = stage.token("check");
    let new = stage.push("wb/web", "1.1", Mode::Healthy);
    let trigger = |token: &str, action: &str| {
        let body = json!({ "action": action, "what": { "stack": project.name() } });
        served.post(token, "/api/v1/webhooks/trigger", &body)
    };
    let mut stream = Stream::open(&served, &token, None);
    trigger(&checker, "check").is(202);
    stream.next_of("candidates-changed");
    trigger(&checker, "update").is(403).has_code("access.scope-too-small");
    let begun = trigger(&token, "update").is(202).json();
    assert!(begun["plan"].is_string() && begun["run"]["items"][0]["job"].is_string(), "{begun:#}");
    loop {
        let told: Value = serde_json::from_str(&stream.next_of("plan").data).unwrap();
        if told["run"]["state"] == "ended" {
            break;
        }
    }
    assert!(project.service("web").unwrap().runs(&new));
    let nothing = trigger(&token, "update").is(202).json();
    assert_eq!(nothing, json!({ "asked": null, "plan": null, "run": null }));

    let metrics = served.get(&token, "/metrics").is(200);
    let host = stage.registry.host();
    for line in [
        "dockrev_jobs_total{state=\"updated\"} 1",
        "dockrev_checks_total{outcome=\"done\"} ",
        "dockrev_update_duration_seconds_count 1",
        "dockrev_plugin_faults_total{plugin=\"policy-same-level\"} 0",
        &format!("dockrev_registry_requests_total{{registry=\"{host}\"}} "),
    ] {
        assert!(metrics.body.contains(line), "`{line}` is not in\n{}", metrics.body);
    }
}
