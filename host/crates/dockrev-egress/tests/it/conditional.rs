//! What is asked again, and what is not.

use crate::server::{Reply, Seen, Server, ok, response};
use crate::support::{about, credentials_for, send_with};
use dockrev_core::image::Repository;
use dockrev_egress::{BudgetLimits, CallScope, Egress, EgressConfig, Grant, Recency, ResponseCacheConfig};
use http::header::{ACCEPT, IF_NONE_MATCH, RANGE};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const MANIFEST: &str = r#"{"schemaVersion": 2}"#;
const TAGS: &str = r#"{"name": "team/app", "tags": ["1.0"]}"#;

fn digest(body: &str) -> String {
    let digits: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{digits}")
}

fn caching(folder: &TempDir) -> Egress {
    let cache = Some(ResponseCacheConfig::at(folder.path().join("http")));
    Egress::new(EgressConfig { cache, ..EgressConfig::default() }).unwrap()
}

/// Status and body of a `GET`, asked by a new process every time.
async fn get(folder: &TempDir, server: &Server, path: &str) -> (u16, String) {
    ask(&caching(folder), server, path, &[]).await
}

async fn ask(egress: &Egress, server: &Server, path: &str, fields: &[(http::HeaderName, &str)]) -> (u16, String) {
    let (parts, body) = send_with(egress, &server.url(path), fields, &about(egress, server)).await.unwrap();
    (parts.status.as_u16(), body)
}

/// A registry whose tag and tag list have this `ETag`, or none, and which answers 304 where it may.
async fn registry(tag: &'static str, digested: bool) -> Server {
    Server::start(move |seen| {
        let body = if seen.is("GET /v2/team/app/tags/list") { TAGS } else { MANIFEST };
        let digest = digest(body);
        let mut fields = String::new();
        if !tag.is_empty() {
            fields.push_str(&format!("ETag: {tag}\r\n"));
        }
        if digested {
            fields.push_str(&format!("Docker-Content-Digest: {digest}\r\n"));
        }
        let known = seen.field("if-none-match").is_some_and(|known| known == tag || known == format!("\"{digest}\""));
        if known {
            // A 304 has no body, and no length of one.
            return Reply::Whole(format!("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n{fields}\r\n"));
        }
        response("200 OK", &format!("Content-Type: application/json\r\nLink: </next>; rel=next\r\n{fields}"), body)
    })
    .await
}

fn conditions(server: &Server) -> Vec<Option<String>> {
    server.seen().iter().map(|seen| seen.field("if-none-match").map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_did_not_change_is_not_sent_again() {
    let by_digest = format!("\"{}\"", digest(MANIFEST));
    for (path, body, tag, digested, asked_with) in [
        ("/v2/team/app/tags/list?n=100", TAGS, "\"one\"", false, Some("\"one\"")),
        ("/v2/team/app/tags/list?n=100", TAGS, "W/\"one\"", false, Some("W/\"one\"")),
        ("/v2/team/app/manifests/1.0", MANIFEST, "\"one\"", true, Some("\"one\"")),
        ("/v2/team/app/manifests/1.0", MANIFEST, "", true, Some(by_digest.as_str())),
        ("/v2/team/app/manifests/1.0", MANIFEST, "", false, None),
        ("/v2/team/app/other", MANIFEST, "\"one\"", true, None),
        ("/elsewhere", MANIFEST, "\"one\"", true, None),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let server = registry(tag, digested).await;
        assert_eq!(get(&folder, &server, path).await, (200, body.to_owned()), "{path}");
        let egress = caching(&folder);
        let (parts, again) = send_with(&egress, &server.url(path), &[], &about(&egress, &server)).await.unwrap();
        assert_eq!((parts.status.as_u16(), again.as_str()), (200, body), "{path}");
        assert_eq!(parts.headers["content-type"], "application/json");
        assert_eq!(parts.headers["link"], "</next>; rel=next");
        assert_eq!(conditions(&server), [None, asked_with.map(str::to_owned)], "{path}");
        assert_eq!(egress.answered_from_cache(), u64::from(asked_with.is_some()));
    }
}

/// How often a registry with and without `ETag` is asked when the same is read three times, an answer living for `ttl`.
async fn asked_in_three_times(path: &str, tag: &'static str, ttl: Duration, recency: Recency) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let server = registry(tag, false).await;
    for _ in 0..3 {
        let cache = ResponseCacheConfig { ttl, ..ResponseCacheConfig::at(folder.path().join("http")) };
        let egress = Egress::new(EgressConfig { cache: Some(cache), ..EgressConfig::default() }).unwrap();
        let repository = Repository { registry: server.address.to_string(), name: "team/app".to_owned() };
        let grant = egress.registry(&repository.registry).unwrap().grant(&repository).with_recency(recency);
        let scope = CallScope::new(Grant { registry: Some(grant), ..Grant::default() }, BudgetLimits::default());
        let (parts, _) = send_with(&egress, &server.url(path), &[], &scope).await.unwrap();
        assert_eq!(parts.status, 200);
    }
    server.seen().len()
}

#[tokio::test]
async fn an_answer_stands_for_its_time_to_live_where_it_is_only_shown() {
    let (none, hour) = (Duration::ZERO, Duration::from_secs(3600));
    for path in ["/v2/team/app/tags/list", "/v2/team/app/manifests/1.0"] {
        for tag in ["\"one\"", ""] {
            assert_eq!(asked_in_three_times(path, tag, none, Recency::WithinTtl).await, 3, "{path} {tag}");
            assert_eq!(asked_in_three_times(path, tag, hour, Recency::WithinTtl).await, 1, "{path} {tag}");
            assert_eq!(asked_in_three_times(path, tag, hour, Recency::Now).await, 3, "{path} {tag}");
        }
    }
    assert_eq!(asked_in_three_times("/v2/team/app/other", "", hour, Recency::WithinTtl).await, 3);
}

/// Whether an answer that is `age_s` old, or so far in the future, is still taken, with 300 s to live; and whether a
/// registry that confirmed it is asked again.
async fn is_asked_again(age_s: i64) -> (bool, bool) {
    let folder = tempfile::tempdir().unwrap();
    let server = registry("\"one\"", false).await;
    let ask = async || {
        let ttl = Duration::from_secs(300);
        let cache = ResponseCacheConfig { ttl, ..ResponseCacheConfig::at(folder.path().join("http")) };
        let egress = Egress::new(EgressConfig { cache: Some(cache), ..EgressConfig::default() }).unwrap();
        let repository = Repository { registry: server.address.to_string(), name: "team/app".to_owned() };
        let grant = egress.registry(&repository.registry).unwrap().grant(&repository);
        let grant = grant.with_recency(Recency::WithinTtl);
        let scope = CallScope::new(Grant { registry: Some(grant), ..Grant::default() }, BudgetLimits::default());
        send_with(&egress, &server.url("/v2/team/app/tags/list"), &[], &scope).await.unwrap();
        server.seen().len()
    };
    ask().await;
    // The file is as old as it says in its first line.
    let path = std::fs::read_dir(folder.path().join("http")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("\"said_at_unix_s\":").unwrap();
    let digits = rest.find(|sign: char| !sign.is_ascii_digit()).unwrap();
    let said_at: i64 = rest[..digits].parse().unwrap();
    std::fs::write(&path, format!("{before}\"said_at_unix_s\":{}{}", said_at - age_s, &rest[digits..])).unwrap();
    let after = ask().await;
    (after > 1, ask().await > after)
}

#[tokio::test]
async fn an_old_answer_is_confirmed_and_then_young_again() {
    assert_eq!(is_asked_again(0).await, (false, false));
    assert_eq!(is_asked_again(200).await, (false, false));
    assert_eq!(is_asked_again(301).await, (true, false));
    assert_eq!(is_asked_again(-3600).await, (true, false));
}

#[tokio::test]
async fn what_changed_is_kept_anew() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed);
        response("200 OK", &format!("ETag: \"{number}\"\r\n"), &format!("[{number}]"))
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3 {
        assert_eq!(get(&folder, &server, "/v2/team/app/tags/list").await, (200, format!("[{number}]")));
    }
    assert_eq!(conditions(&server), [None, Some("\"0\"".to_owned()), Some("\"1\"".to_owned())]);
}

#[tokio::test]
async fn what_is_under_a_digest_is_asked_for_once() {
    let server = registry("", false).await;
    let folder = tempfile::tempdir().unwrap();
    let path = format!("/v2/team/app/manifests/{}", digest(MANIFEST));
    for _ in 0..3 {
        assert_eq!(get(&folder, &server, &path).await, (200, MANIFEST.to_owned()));
    }
    assert_eq!(server.seen().len(), 1);
    // Another form of it, or a part, is another question.
    let egress = caching(&folder);
    ask(&egress, &server, &path, &[(ACCEPT, "application/json")]).await;
    ask(&egress, &server, &path, &[(RANGE, "bytes=0-3")]).await;
    ask(&egress, &server, &path, &[(IF_NONE_MATCH, "\"x\"")]).await;
    assert_eq!(server.seen().len(), 4);
    // It counts against the call's budget all the same.
    let scope = about(&egress, &server);
    send_with(&egress, &server.url(&path), &[], &scope).await.unwrap();
    assert_eq!((scope.budget.requests(), server.seen().len()), (1, 4));
    // Under another name of credentials it may be something else.
    let other = Server::start(|_| ok("other")).await;
    assert_eq!(get(&folder, &other, &path).await, (200, "other".to_owned()));
}

#[tokio::test]
async fn broken_files_and_answers_are_not_used() {
    let server = registry("\"one\"", true).await;
    let folder = tempfile::tempdir().unwrap();
    let fixed = format!("/v2/team/app/manifests/{}", digest(MANIFEST));
    for path in [fixed.as_str(), "/v2/team/app/manifests/1.0"] {
        get(&folder, &server, path).await;
        for file in std::fs::read_dir(folder.path().join("http")).unwrap() {
            std::fs::write(file.unwrap().path(), "rubbish").unwrap();
        }
        let before = server.seen().len();
        assert_eq!(get(&folder, &server, path).await, (200, MANIFEST.to_owned()));
        assert_eq!(conditions(&server)[before..], [None], "{path}");
    }
    let wrong = |fields: &'static str, body: &'static str| {
        move |_: &Seen| response("200 OK", &format!("ETag: \"one\"\r\n{fields}"), body)
    };
    let digest = format!("Docker-Content-Digest: sha256:{}\r\n", "0".repeat(64)).leak();
    for (fields, body, path) in [
        ("", "<html>", "/v2/team/app/tags/list"),
        ("", "<html>", &format!("/v2/team/app/manifests/sha256:{}", "0".repeat(64))),
        (digest, MANIFEST, "/v2/team/app/manifests/1.0"),
    ] {
        let server = Server::start(wrong(fields, body)).await;
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            assert_eq!(get(&folder, &server, path).await, (200, body.to_owned()));
        }
        assert_eq!(conditions(&server), [None, None], "{path}");
    }
    // Cut off in the middle.
    let cut = "HTTP/1.1 200 OK\r\nConnection: close\r\nETag: \"one\"\r\nContent-Length: 9\r\n\r\n[1]";
    let server = Server::start(move |_| Reply::Whole(cut.to_owned())).await;
    let egress = caching(&folder);
    for _ in 0..2 {
        let scope = about(&egress, &server);
        assert!(send_with(&egress, &server.url("/v2/team/app/tags/list"), &[], &scope).await.is_err());
    }
    assert_eq!(conditions(&server), [None, None]);
}

#[tokio::test]
async fn large_answers_pass_and_are_not_kept() {
    let server =
        Server::start(|_| response("200 OK", "ETag: \"one\"\r\n", &format!("[{}1]", "1,".repeat(800_000)))).await;
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        assert_eq!(get(&folder, &server, "/v2/team/app/tags/list").await.1.len(), 1_600_003);
    }
    assert_eq!(conditions(&server), [None, None]);
}

#[tokio::test]
async fn only_the_calls_own_registry_and_its_credentials_get_it() {
    let server = Server::start(|seen| match (seen.field("authorization"), seen.field("if-none-match")) {
        (None, _) => response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"test\"\r\n", ""),
        (Some(_), None) => response("200 OK", "ETag: \"one\"\r\n", TAGS),
        (Some(_), Some(_)) => Reply::Whole("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n".to_owned()),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let credentials = credentials_for(&server.address.to_string());
    let known = || {
        let cache = Some(ResponseCacheConfig::at(folder.path().join("http")));
        let credentials = Arc::clone(&credentials.config);
        Egress::new(EgressConfig { cache, credentials, ..EgressConfig::default() }).unwrap()
    };
    for _ in 0..2 {
        assert_eq!(ask(&known(), &server, "/v2/team/app/tags/list", &[]).await, (200, TAGS.to_owned()));
    }
    // Without credentials the registry refuses, and so what is kept is not shown.
    assert_eq!(get(&folder, &server, "/v2/team/app/tags/list").await.0, 401);
    let scope = crate::support::granted(&[&server.address.to_string()], dockrev_egress::BudgetLimits::default());
    let url = server.url("/v2/team/app/tags/list");
    assert_eq!(send_with(&known(), &url, &[], &scope).await.unwrap().0.status, 401);
    assert_eq!(server.seen().last().unwrap().field("if-none-match"), None);
}
