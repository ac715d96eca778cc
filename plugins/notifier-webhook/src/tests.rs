use super::*;
use dockrev_plugin_sdk::http::{self, Method};
use dockrev_plugin_sdk::notifier::{EventKind, Fact, Link, Retry, Severity};
use dockrev_plugin_sdk::testing::{Answer, Host};

const URL: &str = "https://hooks.example/dockrev?team=1";

fn event() -> Event {
    Event {
        id: "0198c0de".to_owned(),
        kind: EventKind::UpdateRolledBack,
        severity: Severity::Warning,
        occurred_at_unix_s: 1_760_000_000,
        title: "media: rolled back".to_owned(),
        body: "jellyfin 10.9 was unhealthy.\nIt runs 10.8 again.".to_owned(),
        links: vec![Link { title: "Job".to_owned(), url: "https://dockrev.example/jobs/1".to_owned() }],
        facts: vec![Fact { name: "stack.name".to_owned(), value: "media \"1\"".to_owned() }],
    }
}

fn host(settings: &str, answer: Answer) -> Host {
    let host = Host::new();
    host.settings(settings);
    host.answer(Method::Post, URL, answer);
    host
}

fn sent(host: &Host) -> Request {
    host.requests().pop().expect("a request was sent")
}

fn field<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

#[test]
fn the_whole_event_is_posted() {
    let host = host(&format!(r#"{{"url": "{URL}", "headers": {{"X-Team": "ops"}}}}"#), Answer::status(202));
    assert_eq!(Webhook::notify(event()), Ok(Receipt { reference: Some("202".to_owned()) }));

    let request = sent(&host);
    let mut body: serde_json::Value = serde_json::from_slice(&request.body).expect("the body is JSON");
    assert!(body["sent_at_unix_s"].take().as_u64().is_some_and(|sent_at| sent_at > 1_700_000_000));
    let expected = serde_json::json!({
        "schema": "dockrev.event.v1",
        "id": "0198c0de",
        "kind": "update-rolled-back",
        "severity": "warning",
        "occurred_at_unix_s": 1_760_000_000,
        "sent_at_unix_s": null,
        "title": "media: rolled back",
        "body": "jellyfin 10.9 was unhealthy.\nIt runs 10.8 again.",
        "links": [{"title": "Job", "url": "https://dockrev.example/jobs/1"}],
        "facts": [{"name": "stack.name", "value": "media \"1\""}],
    });
    assert_eq!(body, expected);
    assert_eq!(field(&request, "Content-Type"), Some("application/json"));
    assert_eq!(field(&request, "X-Team"), Some("ops"));
    assert_eq!(field(&request, "X-Dockrev-Signature"), None);
    assert_eq!(field(&request, "X-Dockrev-Timestamp"), None);
}

#[test]
fn the_signature_is_that_of_the_body_and_its_time() {
    let host = host(&format!(r#"{{"url": "{URL}"}}"#), Answer::status(200));
    host.secret("signing-key", "Jefe");
    assert!(Webhook::notify(event()).is_ok());

    let request = sent(&host);
    let signature = format!("sha256={}", sign("Jefe", &request.body).expect("the key is one"));
    assert_eq!(field(&request, "X-Dockrev-Signature"), Some(signature.as_str()));
    let body: serde_json::Value = serde_json::from_slice(&request.body).expect("the body is JSON");
    let sent_at = body["sent_at_unix_s"].to_string();
    assert_eq!(field(&request, "X-Dockrev-Timestamp"), Some(sent_at.as_str()));
}

/// Test case 2 of RFC 4231.
#[test]
fn signatures_are_hmac_sha256() {
    let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(sign("Jefe", b"what do ya want for nothing?"), Ok(expected.to_owned()));
}

#[track_caller]
fn check(answer: Answer, expected: &Result<Receipt, Undelivered>) {
    let _host = host(&format!(r#"{{"url": "{URL}"}}"#), answer);
    assert_eq!(Webhook::notify(event()), *expected);
}

#[test]
fn answers_are_judged() {
    let wait = |after_s, status| {
        Err(Undelivered::TryAgain(Retry { after_s, reason: format!("the service answered {status}") }))
    };
    check(Answer::status(204), &Ok(Receipt { reference: Some("204".to_owned()) }));
    check(Answer::status(429).header("Retry-After", "15").body("slow down"), &wait(Some(15), 429));
    check(Answer::status(408), &wait(None, 408));
    check(Answer::status(500), &wait(None, 500));
    check(Answer::status(410), &Err(Undelivered::Refused("the service answered 410".to_owned())));
    let unreachable = http::Error::Unreachable { host: "hooks.example".to_owned(), why: "no answer in time" };
    check(
        Answer::error(unreachable),
        &Err(Undelivered::try_again("`hooks.example` cannot be reached: no answer in time")),
    );
}

#[track_caller]
fn check_refused(settings: &str, key: Option<&str>, expected: &str) {
    let host = host(settings, Answer::status(200));
    if let Some(key) = key {
        host.secret("signing-key", key);
    }
    assert_eq!(Webhook::notify(event()), Err(Undelivered::Refused(expected.to_owned())));
    assert_eq!(host.requests().len(), 0);
}

#[test]
fn nothing_is_sent_with_wrong_settings() {
    let with_field = format!(r#"{{"url": "{URL}", "headers": {{"x-dockrev-SIGNATURE": "sha256=00"}}}}"#);
    check_refused(&with_field, None, "the header field `x-dockrev-SIGNATURE` cannot be set");
    check_refused(&format!(r#"{{"url": "{URL}"}}"#), Some(""), "the secret `signing-key` is empty");
    check_refused(r#"{"url": "hooks.example"}"#, None, "not an absolute http or https URL: it has no scheme");
}
