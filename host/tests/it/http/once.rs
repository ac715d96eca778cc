use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::Compose;
use serde_json::json;

#[test]
fn a_request_that_names_itself_is_done_once() {
    let stage = Stage::new(Compose::any().unwrap());
    let (check, other) = (stage.token("check"), stage.token("admin"));
    let served = Served::start(&stage, &[], &[]);
    let path = "/api/v1/ignore-rules";
    let rule = |tag: &str| json!({ "workload": { "stack": "shop", "name": "web" }, "kind": "exact", "matcher": tag });
    let key = [("Idempotency-Key", "one")];
    let first = served.send(&check, "POST", path, &key, Some(&rule("1.0"))).is(201);
    let id = first.json()["id"].as_i64().unwrap();
    served.send(&check, "DELETE", &format!("{path}/{id}"), &[], None).is(204);
    let again = served.send(&check, "POST", path, &key, Some(&rule("1.0"))).is(201);
    assert_eq!((again.header("idempotent-replayed"), again.body.as_str()), (Some("true"), first.body.as_str()));
    assert_eq!(served.get(&check, path).json()["items"], json!([]), "it was done again");
    served.send(&check, "POST", path, &key, Some(&rule("2.0"))).is(422).has_code("idempotency.key-reused");
    // Somebody else's names are their own, and what failed may come again.
    served.send(&other, "POST", path, &key, Some(&rule("2.0"))).is(201);
    let failing = [("Idempotency-Key", "two")];
    served.send(&check, "DELETE", &format!("{path}/77"), &failing, None).is(404);
    served.send(&check, "DELETE", &format!("{path}/77"), &failing, None).is(404);
    served.send(&check, "POST", path, &[("Idempotency-Key", "")], Some(&rule("3.0"))).is(400);
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let stage = Stage::new(Compose::any().unwrap());
    let check = stage.token("check");
    let served = Served::start(&stage, &[], &[]);
    let path = "/api/v1/ignore-rules";
    let first = served.get(&check, path).is(200);
    let tag = first.header("etag").unwrap().to_owned();
    let known = [("If-None-Match", tag.as_str())];
    assert_eq!(served.send(&check, "GET", path, &known, None).is(304).body, "");
    served
        .post(&check, path, &json!({ "workload": { "stack": "s", "name": "w" }, "kind": "exact", "matcher": "1" }))
        .is(201);
    let after = served.send(&check, "GET", path, &known, None).is(200);
    assert!(after.header("etag").is_some_and(|fresh| fresh != tag));
}
