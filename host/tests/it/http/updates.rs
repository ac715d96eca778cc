use super::events::Stream;
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::{Compose, Mode, Project};
use serde_json::{Value, json};

/// Waits until the check that is asked for has ended.
fn check(served: &Served, token: &str, stream: &mut Stream) {
    served.post(token, "/api/v1/checks", &json!({})).is(202);
    stream.next_of("candidates-changed");
}

/// The entry of a service in the last check.
fn entry(served: &Served, token: &str, project: &Project, service: &str) -> Value {
    let page = served.get(token, &format!("/api/v1/services?stack={}&limit=1000", project.name())).is(200).json();
    let items = page["items"].as_array().unwrap().clone();
    items.into_iter().find(|entry| entry["name"] == service).unwrap_or_else(|| panic!("no {service} in {page:#}"))
}

/// Waits until what these events tell has come so far, and gives the last of them.
fn heard(stream: &mut Stream, kind: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    loop {
        let told: Value = serde_json::from_str(&stream.next_of(kind).data).unwrap();
        if is_it(&told) {
            return told;
        }
    }
}

/// The whole way: news, a plan, jobs; a good one, and a bad one that goes back.
#[test]
fn news_become_a_plan_and_jobs() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("h/web", "1.0.0", Mode::Healthy);
    let api_old = stage.push("h/api", "1.0.0", Mode::Healthy);
    let services = [stage.service("web", "h/web:1.0.0"), stage.service("api", "h/api:1.0.0")];
    let project = stage.project(&services, &["web", "api"]);
    let web_new = stage.push("h/web", "1.1.0", Mode::Healthy);
    stage.push("h/api", "1.1.0", Mode::Unhealthy);
    let (token, reader) = (stage.token("update"), stage.token("read"));
    let served = Served::start(&stage, &[], &[]);
    let mut stream = Stream::open(&served, &token, None);

    check(&served, &token, &mut stream);
    let web = entry(&served, &reader, &project, "web");
    assert_eq!((&web["status"], &web["candidate"]["tag"]), (&"update".into(), &"1.1.0".into()), "{web:#}");

    let asked = json!({ "what": { "stack": project.name() } });
    let plan = served.post(&token, "/api/v1/plans", &asked).is(201).json();
    assert_eq!(plan["changes"].as_array().unwrap().len(), 2, "{plan:#}");
    let id = plan["id"].as_str().unwrap();
    let start = json!({ "plan": id });
    served.post(&reader, "/api/v1/jobs", &start).is(403);
    let started = served.post(&token, "/api/v1/jobs", &start).is(202).json();
    assert!(started["run"]["items"].as_array().unwrap().iter().any(|item| item["job"].is_string()), "{started:#}");
    served.post(&token, "/api/v1/jobs", &start).is(409).has_code("plan.already-started");
    let seen = heard(&mut stream, "job", |_| true);
    assert_eq!(seen["requested_by"], "token:test-update");
    let run = heard(&mut stream, "plan", |told| told["plan"] == id && told["run"]["state"] == "ended")["run"].clone();
    assert_eq!(served.get(&reader, &format!("/api/v1/plans/{id}")).is(200).json()["run"], run);
    let state = |service: &str| {
        let items = run["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["workload"]["name"] == service).unwrap();
        let job = item["job"].as_str().unwrap();
        served.get(&reader, &format!("/api/v1/jobs/{job}")).is(200).json()
    };
    let (web, api) = (state("web"), state("api"));
    assert_eq!((&web["job"]["state"], &api["job"]["state"]), (&"updated".into(), &"rolled-back".into()), "{api:#}");
    assert!(api["journal"].as_array().unwrap().iter().any(|step| step["probe"]["exit_code"].is_i64()), "{api:#}");
    assert!(project.service("web").unwrap().runs(&web_new) && project.service("api").unwrap().runs(&api_old));

    let log = served.get(&reader, &format!("/api/v1/jobs/{}/log?limit=2", web["job"]["id"].as_str().unwrap()));
    let log = log.is(200).json();
    assert_eq!((log["items"].as_array().unwrap().len(), &log["next_cursor"]), (2, &"2".into()));
    let page = served.get(&reader, "/api/v1/jobs?limit=1").is(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = served.get(&reader, &format!("/api/v1/jobs?cursor={cursor}")).is(200).json();
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (1, &Value::Null));

    // Put back by hand, and shown as it is then.
    let job = web["job"]["id"].as_str().unwrap();
    served.post(&token, &format!("/api/v1/jobs/{job}/cancel"), &json!({})).is(409).has_code("job.ended");
    served.post(&token, &format!("/api/v1/jobs/{job}/rollback"), &json!({})).is(202);
    heard(&mut stream, "job", |told| told["id"] == job && told["state"] == "rolled-back");
    stream.next_of("candidates-changed");
    let again = served.post(&token, &format!("/api/v1/jobs/{job}/rollback"), &json!({}));
    again.is(409).has_code("rollback.nothing-to-undo");
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn containers_are_stopped_and_started_and_a_restart_remembers_the_check() {
    let stage = Stage::new(Compose::any().unwrap());
    stage.push("o/web", "1.0.0", Mode::Healthy);
    let project = stage.project(&[stage.service("web", "o/web:1.0.0")], &["web"]);
    let token = stage.token("update");
    let served = Served::start(&stage, &[], &[]);
    let mut stream = Stream::open(&served, &token, None);
    check(&served, &token, &mut stream);
    let path = format!("/api/v1/stacks/{}/services/web", project.name());
    let run = |served: &Served| served.get(&token, &path).is(200).json()["containers"][0]["run"].clone();
    assert_eq!(run(&served), "running");
    served.post(&token, &format!("{path}/order"), &json!({ "wish": "stop" })).is(200);
    assert_eq!(run(&served), "exited");
    served.post(&token, &format!("{path}/order"), &json!({ "wish": "start" })).is(200);
    assert_eq!(run(&served), "running");
    let nowhere = "/api/v1/stacks/nowhere/services/web";
    served.get(&token, nowhere).is(404).has_code("service.not-found");
    served.post(&token, &format!("{nowhere}/order"), &json!({ "wish": "stop" })).is(404).has_code("stack.not-found");
    let checked_at = served.get(&token, "/api/v1/check").is(200).json()["checked_at"].clone();
    assert!(checked_at.is_string());
    assert_eq!(served.stop(), Some(0));
    let served = Served::start(&stage, &[], &[]);
    assert_eq!(served.get(&token, "/api/v1/check").is(200).json()["checked_at"], checked_at);
    assert_eq!(entry(&served, &token, &project, "web")["status"], "up-to-date");
}
