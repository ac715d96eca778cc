use super::*;
use dockrev_plugin_sdk::http::Method;
use dockrev_plugin_sdk::testing::{Answer, Host};

const TOKEN: &str = "https://ghcr.io/token?service=ghcr.io&scope=repository:team/app:pull";
const DIGEST: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

fn repository(registry: &str, endpoint: Option<&str>) -> Repository {
    Repository { registry: registry.to_owned(), name: "team/app".to_owned(), endpoint: endpoint.map(str::to_owned) }
}

/// What is asked when the tags are listed.
#[track_caller]
fn check(registry: &str, endpoint: Option<&str>, url: &str, authorization: Option<&str>) {
    let host = Host::new();
    host.answer(Method::Get, TOKEN, Answer::status(200).body(r#"{"token": "for-all"}"#));
    host.answer(Method::Get, url, Answer::status(200).body(r#"{"name": "team/app", "tags": ["1.0"]}"#));
    let list = Ghcr::list_tags(repository(registry, endpoint), ListHint { current_tag: None, max_tags: 100 });
    assert!(list.is_ok_and(|list| list.tags.len() == 1), "asked for {:?}", host.request_lines());
    let sent = host.requests().pop().map(|request| request.headers).unwrap_or_default();
    let sent = sent.iter().find(|(name, _)| name == "Authorization").map(|(_, value)| value.as_str());
    assert_eq!(sent, authorization, "{registry} {endpoint:?}");
}

#[test]
fn asks_the_registry_or_its_configured_endpoint() {
    check("ghcr.io", None, "https://ghcr.io/v2/team/app/tags/list?n=100", None);
    check("ghcr.io", Some("http://mirror:5000"), "http://mirror:5000/v2/team/app/tags/list?n=100", None);
    check("lscr.io", None, "https://ghcr.io/v2/team/app/tags/list?n=100", Some("Bearer for-all"));
    check("lscr.io", Some("http://mirror:5000"), "http://mirror:5000/v2/team/app/tags/list?n=100", None);
}

#[test]
fn the_public_token_goes_to_the_registry_alone() {
    let host = Host::new();
    let elsewhere = "https://pkg-containers.githubusercontent.com/blob";
    let manifest = format!(
        r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": {{"digest": "{DIGEST}"}}}}"#
    );
    host.answer(Method::Get, TOKEN, Answer::status(200).body(r#"{"token": "for-all"}"#));
    host.answer(Method::Get, "https://ghcr.io/v2/team/app/manifests/1.0", Answer::status(200).body(manifest));
    let blob = format!("https://ghcr.io/v2/team/app/blobs/{DIGEST}");
    host.answer(Method::Get, &blob, Answer::status(307).header("Location", elsewhere));
    host.answer(Method::Get, elsewhere, Answer::status(200).body("{}"));
    // The content is not what the digest says: only who is asked for it, and with what, is of interest here.
    drop(Ghcr::resolve(repository("lscr.io", None), "1.0".to_owned(), Detail::Platforms));
    let sent: Vec<(String, bool)> = host
        .requests()
        .into_iter()
        .map(|request| (request.url, request.headers.iter().any(|(name, _)| name == "Authorization")))
        .collect();
    let expected =
        [(TOKEN, false), ("https://ghcr.io/v2/team/app/manifests/1.0", true), (&blob, true), (elsewhere, false)];
    assert_eq!(sent, expected.map(|(url, has)| (url.to_owned(), has)));
}

#[test]
fn a_missing_package_is_not_blamed_on_the_credentials_alone() {
    let resolve = |registry: &str| Ghcr::resolve(repository(registry, None), DIGEST.to_owned(), Detail::Digest);
    let host = Host::new();
    host.answer(Method::Head, &format!("https://ghcr.io/v2/team/app/manifests/{DIGEST}"), Answer::status(401));
    host.answer(Method::Get, TOKEN, Answer::status(403));
    let why = "`ghcr.io` has no package `team/app`, or it is private and wants other credentials";
    assert_eq!(resolve("ghcr.io"), Err(RegistryError::Unauthorized(why.to_owned())));
    assert!(matches!(resolve("lscr.io"), Err(RegistryError::Denied(why)) if why.contains("`lscr.io` has no package")));
}

#[test]
fn a_token_answer_without_a_token_is_unexpected() {
    let host = Host::new();
    for body in ["<html>", "{}", r#"{"token": 3}"#] {
        host.answer(Method::Get, TOKEN, Answer::status(200).body(body));
    }
    for _ in 0..3 {
        let list = Ghcr::list_tags(repository("lscr.io", None), ListHint { current_tag: None, max_tags: 100 });
        assert!(matches!(list, Err(RegistryError::UnexpectedAnswer(_))), "{list:?}");
    }
}
