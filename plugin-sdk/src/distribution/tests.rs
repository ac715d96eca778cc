//! Listing and everything that is common to both questions; `resolve` has its tests beside it.

use super::*;
use crate::testing::{Answer, Host};

mod resolve;

const TAGS: &str = "https://registry.example/v2/team/app/tags/list?n=1000";

fn repository(name: &str, endpoint: Option<&str>) -> Repository {
    Repository { registry: "registry.example".to_owned(), name: name.to_owned(), endpoint: endpoint.map(str::to_owned) }
}

fn client() -> Client {
    Client::new(&repository("team/app", None)).expect("the repository is one")
}

fn hint(max_tags: u32) -> ListHint {
    ListHint { current_tag: None, max_tags }
}

fn page(tags: &[&str]) -> Answer {
    Answer::status(200)
        .header("Content-Type", "application/json; charset=utf-8")
        .body(serde_json::json!({"name": "team/app", "tags": tags}).to_string())
}

fn linked(tags: &[&str], next: &str) -> Answer {
    page(tags).header("Link", &format!("<{next}>; rel=\"next\""))
}

/// Lists the tags of a registry with these answers: the names, and why there are no more.
#[track_caller]
fn check_list(max_tags: u32, answers: &[(&str, Answer)], names: &[&str], truncated: Option<&str>) {
    let host = Host::new();
    for (url, answer) in answers {
        host.answer(Method::Get, url, answer.clone());
    }
    let list = client().list_tags(&hint(max_tags)).expect("there is a list");
    assert_eq!(list.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), names);
    assert_eq!(list.truncated.as_deref(), truncated);
}

#[test]
fn pages_are_followed_to_the_last() {
    let answers = [
        (TAGS, linked(&["1.0", "1.1"], "/v2/team/app/tags/list?n=1000&last=1.1")),
        ("https://registry.example/v2/team/app/tags/list?n=1000&last=1.1", linked(&["1.2"], "?last=1.2")),
        ("https://registry.example/v2/team/app/tags/list?last=1.2", page(&["1.3"])),
    ];
    check_list(5000, &answers, &["1.0", "1.1", "1.2", "1.3"], None);
}

/// A page that is exactly as long as was asked for, without a link: `0` to `999`.
#[test]
fn a_full_page_without_a_link_is_not_believed_to_be_the_last() {
    let names: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
    let full: Vec<&str> = names.iter().map(String::as_str).collect();
    let next = "https://registry.example/v2/team/app/tags/list?n=1000&last=999";
    let mut all = full.clone();
    all.push("x");
    check_list(5000, &[(TAGS, page(&full)), (next, page(&["x"]))], &all, None);
    // Nothing follows, or it does not know the question.
    for answer in [page(&[]), page(&full), page(&["1", "2"]), Answer::status(404), Answer::status(400)] {
        check_list(5000, &[(TAGS, page(&full)), (next, answer)], &full, None);
    }
    // All at once, whatever was asked for.
    check_list(5000, &[(TAGS, page(&all))], &all, None);
    check_list(1000, &[(TAGS, page(&full))], &full, Some("only the first 1000 tags were read"));
}

#[test]
fn what_is_too_large_or_cut_off_is_said_of_the_registry() {
    let check = |answer: Answer, expected: RegistryError| {
        let host = Host::new();
        host.answer(Method::Get, TAGS, answer);
        assert_eq!(client().list_tags(&hint(5000)).map(|list| list.tags.len()), Err(expected));
    };
    let what = "when asked for the tags of repository `team/app`";
    let large = format!("`registry.example` answered with more than 6291456 bytes {what}");
    check(page(&["x"]).body("x".repeat(6 * 1024 * 1024 + 1)), RegistryError::UnexpectedAnswer(large));
    let cut_off = http::Error::CutOff { host: "registry.example".to_owned() };
    let why = "`registry.example` broke off its answer".to_owned();
    check(Answer::error(cut_off), RegistryError::Unavailable(why));
}

#[test]
fn names_come_once_and_are_tags() {
    let answers = [
        (TAGS, linked(&["1.0", "a/b", "", "-x", "1.0"], "?page=2")),
        ("https://registry.example/v2/team/app/tags/list?page=2", page(&["1.0", "_1", &"x".repeat(129)])),
    ];
    check_list(5000, &answers, &["1.0", "_1"], None);
}

#[test]
fn an_empty_repository_has_no_tags() {
    check_list(5000, &[(TAGS, page(&[]))], &[], None);
    check_list(5000, &[(TAGS, Answer::status(200).body(r#"{"name": "team/app", "tags": null}"#))], &[], None);
}

#[test]
fn no_more_tags_are_read_than_wanted() {
    const THREE: &str = "https://registry.example/v2/team/app/tags/list?n=3";
    let why = Some("only the first 3 tags were read");
    check_list(3, &[(THREE, page(&["1", "2", "3", "4"]))], &["1", "2", "3"], why);
    check_list(3, &[(THREE, linked(&["1", "2", "3"], "?page=2"))], &["1", "2", "3"], why);
    // Whether there is a fourth one is not known.
    check_list(3, &[(THREE, page(&["1", "2", "3"]))], &["1", "2", "3"], why);
    check_list(3, &[(THREE, page(&["1", "2", "3", "3"]))], &["1", "2", "3"], None);
}

#[test]
fn a_registry_without_an_end_is_left() {
    let host = Host::new();
    let url = |page: usize| format!("https://registry.example/v2/team/app/tags/list?page={page}");
    host.answer(Method::Get, TAGS, linked(&["0"], "?page=1"));
    for number in 1..200 {
        host.answer(Method::Get, &url(number), linked(&[&number.to_string()], &format!("?page={}", number + 1)));
    }
    let list = client().list_tags(&hint(5000)).expect("there is a list");
    assert_eq!((list.tags.len(), host.requests().len()), (pages::PAGES_MAX, pages::PAGES_MAX));
    assert_eq!(list.truncated.as_deref(), Some("only the first 100 pages were read"));
}

#[test]
fn a_registry_that_does_not_know_n_is_asked_without_it() {
    let answers = [
        (TAGS, Answer::status(400).body(r#"{"errors": [{"code": "PAGINATION_NUMBER_INVALID"}]}"#)),
        ("https://registry.example/v2/team/app/tags/list", page(&["1.0"])),
    ];
    check_list(5000, &answers, &["1.0"], None);
}

#[test]
fn large_pages_end_a_list_before_the_call_ends() {
    let host = Host::new();
    let large = |tag: &str, next: &str| {
        let body = format!("{{\"tags\": [\"{tag}\"]}}{}", " ".repeat(5 * 1024 * 1024));
        Answer::status(200).header("Link", &format!("<{next}>; rel=next")).body(body)
    };
    host.answer(Method::Get, TAGS, large("0", "?page=1"));
    for number in 1..9 {
        let url = format!("https://registry.example/v2/team/app/tags/list?page={number}");
        host.answer(Method::Get, &url, large(&number.to_string(), &format!("?page={}", number + 1)));
    }
    let list = client().list_tags(&hint(5000)).expect("there is a list");
    assert_eq!((list.tags.len(), list.truncated.as_deref()), (4, Some("only the first 20 MiB were read")));
}

/// What listing fails with when a registry answers its first question so.
#[track_caller]
fn check_error(answer: Answer, expected: &RegistryError) {
    let host = Host::new();
    host.answer(Method::Get, TAGS, answer);
    let error = client().list_tags(&hint(5000)).expect_err("there is no list");
    assert_eq!(error, *expected);
    assert_eq!(host.log_lines(), [""; 0]);
}

#[test]
fn statuses_are_errors_of_their_own() {
    let body = |status| Answer::status(status).body(r#"{"errors": [{"code": "X", "message": "secret"}]}"#);
    let what = "the tags of repository `team/app`";
    let why = "`registry.example` has no repository `team/app`";
    check_error(body(404), &RegistryError::NotFound(why.to_owned()));
    let why = format!("`registry.example` wants other credentials for {what}");
    check_error(body(401), &RegistryError::Unauthorized(why));
    let why = format!("`registry.example` does not let these credentials read {what}");
    check_error(body(403), &RegistryError::Denied(why));
    check_error(body(429), &RegistryError::RateLimited(None));
    check_error(body(429).header("Retry-After", "120"), &RegistryError::RateLimited(Some(120)));
    for status in [408, 500, 502, 503, 504] {
        let why = format!("`registry.example` answered {status} when asked for {what}");
        check_error(body(status), &RegistryError::Unavailable(why));
    }
    let why = format!("`registry.example` answered 418 when asked for {what}");
    check_error(body(418), &RegistryError::UnexpectedAnswer(why));
}

#[test]
fn redirects_are_not_followed_and_say_where_they_lead() {
    let moved = Answer::status(307).header("Location", "https://ghcr.io/v2/team/app/tags/list?secret=1");
    let why = "`registry.example` redirects to `ghcr.io` when asked for the tags of repository `team/app`; \
               set that as its endpoint";
    check_error(moved, &RegistryError::UnexpectedAnswer(why.to_owned()));
}

#[test]
fn answers_that_are_no_list_are_told() {
    let unexpected = |why: &str| {
        let what = "when asked for the tags of repository `team/app`";
        RegistryError::UnexpectedAnswer(format!("`registry.example` answered with {why} {what}"))
    };
    let page = |body: &str| Answer::status(200).body(body);
    let web_page = RegistryError::UnexpectedAnswer(
        "`registry.example` answered with a web page when asked for the tags of repository `team/app`".to_owned(),
    );
    check_error(page("<!DOCTYPE html><p>Log in"), &web_page);
    check_error(page(r#"{"tags": []}"#).header("Content-Type", "text/html; charset=utf-8"), &web_page);
    let no_list = unexpected("something else than a list of tags");
    for body in ["", "{", "null", "[]", r#"{"tags": "1.0"}"#, r#"{"tags": [1]}"#] {
        check_error(page(body), &no_list);
    }
    check_error(
        linked(&["1"], "https://evil.invalid/v2/team/app/tags/list"),
        &unexpected("a next page on another host"),
    );
    check_error(linked(&["1"], "/a b"), &unexpected("a next page that is no link"));
    check_error(linked(&["1"], TAGS), &unexpected("a loop of pages"));
}

#[test]
fn a_longer_loop_of_pages_is_seen_too() {
    let host = Host::new();
    host.answer(Method::Get, TAGS, linked(&["1"], "?page=2"));
    host.answer(Method::Get, "https://registry.example/v2/team/app/tags/list?page=2", linked(&["2"], "?n=1000"));
    assert!(matches!(client().list_tags(&hint(5000)), Err(RegistryError::UnexpectedAnswer(_))));
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn a_page_has_a_limit() {
    let host = Host::new();
    host.answer(Method::Get, TAGS, Answer::status(200).body(vec![b' '; 7 * 1024 * 1024]));
    assert!(matches!(client().list_tags(&hint(5000)), Err(RegistryError::UnexpectedAnswer(_))));
}

#[test]
fn failures_below_http_are_told_apart() {
    let host = || "registry.example".to_owned();
    let unreachable = http::Error::Unreachable { host: host(), why: "the connection was refused" };
    let why = "`registry.example` cannot be reached: the connection was refused";
    check_error(Answer::error(unreachable), &RegistryError::Unreachable(why.to_owned()));
    let why = "this plugin may not reach `registry.example`";
    check_error(Answer::error(http::Error::Refused { host: host() }), &RegistryError::Unreachable(why.to_owned()));
}

#[test]
fn names_and_endpoints_that_cannot_be_are_refused_without_a_request() {
    let host = Host::new();
    for name in ["", "/", "a//b", "../a", "a/..", "a?b", "a#b", "a b", "a%2fb", "a\n", "ä", &"a".repeat(256)] {
        let client = Client::new(&repository(name, None));
        assert!(matches!(client, Err(RegistryError::NotFound(_))), "{name}");
    }
    for endpoint in ["registry.example", "ftp://registry.example", "https://a:b@registry.example", "https://a/?b=c"] {
        let client = Client::new(&repository("team/app", Some(endpoint)));
        assert!(matches!(client, Err(RegistryError::Unsupported(_))), "{endpoint}");
    }
    for reference in ["", "a b", "../1", "a?b", "sha256:1", "latest@sha256:1", &"a".repeat(129)] {
        let resolved = client().resolve(reference, Detail::Digest);
        assert!(matches!(resolved, Err(RegistryError::NotFound(_))), "{reference}");
    }
    assert_eq!(host.requests().len(), 0);
}
