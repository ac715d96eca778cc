use super::client::send;
use super::document::{Operation, operations};
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::Compose;
use serde_json::json;

/// The scopes, the smallest first.
const SCOPES: [&str; 4] = ["read", "check", "update", "admin"];

#[test]
fn nobody_gets_anything_without_credentials_or_with_too_small_a_scope() {
    let stage = Stage::new(Compose::any().unwrap());
    let tokens = SCOPES.map(|scope| stage.token(scope));
    let served = Served::start(&stage, &[], &[]);
    let all = operations(&served.get(&tokens[0], "/api/v1/openapi.json").is(200).json());
    assert!(all.len() > 25, "{all:#?}");
    for Operation { method, path, scope } in &all {
        let body = json!({});
        let body = (method != "GET").then_some(&body);
        let none = send(served.address, method, path, &[], body).is(401).has_code("access.unknown");
        let Some(scope) = scope else { continue };
        assert!(none.header("www-authenticate").is_some(), "{none:?}");
        if let Some(smaller) = SCOPES.iter().position(|known| known == scope).unwrap().checked_sub(1) {
            served.send(&tokens[smaller], method, path, &[], body).is(403).has_code("access.scope-too-small");
        }
    }
    for path in ["/", "/metrics", "/api/v1/openapi.json", "/api/v1/nowhere", "/nowhere"] {
        send(served.address, "GET", path, &[], None).is(401);
    }
    for path in ["/healthz", "/readyz"] {
        send(served.address, "GET", path, &[], None).is(200);
    }
    served.get(&tokens[0], "/api/v1/nowhere").is(404).has_code("request.not-found");
    served.get("dockrev_wrong", "/api/v1/system").is(401);
    let system = served.get(&tokens[1], "/api/v1/system").is(200);
    assert_eq!(system.json()["caller"], json!({ "who": "token:test-check", "scope": "check" }));
    let policy = system.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    stage.dockrev(&["token", "remove", "test-check"]).ends_with(0);
    served.get(&tokens[1], "/api/v1/system").is(401);
}

#[test]
fn a_header_is_believed_of_trusted_proxies_only() {
    let stage = Stage::new(Compose::any().unwrap());
    let ann = ("X-Forwarded-User", "ann");
    let served = Served::start(&stage, &[("DOCKREV_TRUSTED_PROXIES", "10.0.0.0/8")], &[]);
    send(served.address, "GET", "/api/v1/system", &[ann], None).is(401);
    drop(served);
    let trusted = [("DOCKREV_TRUSTED_PROXIES", "127.0.0.1"), ("DOCKREV_FORWARD_SCOPE", "check")];
    let served = Served::start(&stage, &trusted, &[]);
    let system = send(served.address, "GET", "/api/v1/system", &[ann], None).is(200).json();
    assert_eq!(system["caller"], json!({ "who": "user:ann", "scope": "check" }));
    send(served.address, "GET", "/api/v1/system", &[ann, ("X-Forwarded-User", "root")], None).is(401);
    send(served.address, "GET", "/api/v1/system", &[("X-Forwarded-User", "")], None).is(401);
}

#[test]
fn what_changes_something_comes_from_here_and_is_written_down() {
    let stage = Stage::new(Compose::any().unwrap());
    let (check, admin) = (stage.token("check"), stage.token("admin"));
    let served = Served::start(&stage, &[], &[]);
    let rule = json!({ "workload": { "stack": "shop", "name": "web" }, "kind": "prefix", "matcher": "2." });
    let (path, add) = ("/api/v1/ignore-rules", Some(&rule));
    for other in [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")] {
        served.send(&check, "POST", path, &[other], add).is(403).has_code("access.other-site");
    }
    let origin = format!("http://{}", served.address);
    let added = served.send(&check, "POST", path, &[("Origin", &origin)], add).is(201).json();
    let wrong = json!({ "workload": { "stack": "shop", "name": "web" }, "kind": "regex", "matcher": "(" });
    let answer = served.post(&check, path, &wrong).is(422).has_code("ignore.invalid-rule");
    assert_eq!(answer.json()["fields"][0]["field"], "matcher");
    served.post(&check, path, &json!({ "stack": 1 })).is(422).has_code("request.invalid-body");
    let mine = format!("{path}/{}", added["id"]);
    served.send(&check, "DELETE", &mine, &[], None).is(204);
    served.send(&check, "DELETE", &mine, &[], None).is(404).has_code("ignore.not-found");
    served.get(&check, "/api/v1/audit").is(403);
    let audit = served.get(&admin, "/api/v1/audit?limit=2").is(200).json();
    let newest = &audit["items"][0];
    assert_eq!(
        (&newest["who"], &newest["status"], &newest["code"]),
        (&"token:test-check".into(), &404.into(), &"ignore.not-found".into())
    );
    let cursor = audit["next_cursor"].as_str().unwrap();
    let next = served.get(&admin, &format!("/api/v1/audit?limit=2&cursor={cursor}")).is(200).json();
    assert_eq!(next["items"][0]["id"].as_i64(), audit["items"][1]["id"].as_i64().map(|id| id - 1));
    let lines = stage.dockrev(&["audit", "--json"]).ends_with(0).out;
    let entries: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let added = entries.iter().find(|entry| entry["status"] == 201).unwrap();
    assert!(added["parameters"].as_str().unwrap().contains("prefix") && added["address"] == "127.0.0.1", "{added}");
}

#[test]
fn without_a_login_it_serves_this_machine_only() {
    let stage = Stage::new(Compose::any().unwrap());
    let refused = stage.dockrev(&["serve", "--dev", "--listen", "0.0.0.0:0"]).ends_with(1);
    refused.complains("server.open-to-others");
    let served = Served::start(&stage, &[], &["--dev"]);
    let system = send(served.address, "GET", "/api/v1/system", &[], None).is(200).json();
    assert_eq!(system["caller"], json!({ "who": "dev", "scope": "admin" }));
    let other = [("Host", "dockrev.evil.example")];
    send(served.address, "GET", "/api/v1/system", &other, None).is(403).has_code("access.not-this-machine");
    assert_eq!(served.stop(), Some(0));
}
