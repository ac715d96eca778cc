use super::*;
use dockrev_plugin_sdk::http::Method;
use dockrev_plugin_sdk::testing::{Answer, Host};
use std::fmt::Write as _;

const ONE: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

fn repository(name: &str) -> Repository {
    Repository { registry: "harbor.example".to_owned(), name: name.to_owned(), endpoint: None }
}

fn api(project: &str, repository: &str, page: usize) -> String {
    format!(
        "https://harbor.example/api/v2.0/projects/{project}/repositories/{repository}/artifacts\
         ?with_tag=true&q=tags%3D%2A&page_size=100&page={page}"
    )
}

fn list(name: &str, max_tags: u32) -> Result<TagList, RegistryError> {
    Harbor::list_tags(repository(name), ListHint { current_tag: None, max_tags })
}

fn artifact(tags: &str) -> String {
    format!(r#"{{"digest": "{ONE}", "push_time": "2026-01-01T00:00:00.000Z", "tags": {tags}}}"#)
}

/// A page of so many artifacts with one tag each, `1.<first>` and following.
fn page(first: usize, count: usize) -> String {
    let mut text = "[".to_owned();
    for number in first..first + count {
        let comma = if number == first { "" } else { "," };
        let _ = write!(text, "{comma}{}", artifact(&format!(r#"[{{"name": "1.{number}"}}]"#)));
    }
    text + "]"
}

fn names(list: &TagList) -> Vec<&str> {
    list.tags.iter().map(|tag| tag.name.as_str()).collect()
}

#[test]
fn digests_and_push_times_come_with_the_names() {
    let host = Host::new();
    let body = format!(
        r#"[{}, {}, {{"digest": "none", "tags": [{{"name": "odd"}}, {{"name": "no tag"}}]}}]"#,
        artifact(r#"[{"name": "1.1", "push_time": "2026-01-02T00:00:00.000Z"}, {"name": "latest"}]"#),
        artifact("null"),
    );
    host.answer(Method::Get, &api("team", "group%252Fapp", 1), Answer::status(200).body(body));
    let list = list("team/group/app", 100).expect("a list");
    let found: Vec<_> =
        list.tags.iter().map(|tag| (tag.name.as_str(), tag.digest.as_deref(), tag.pushed_at_unix_s)).collect();
    let expected =
        [("1.1", Some(ONE), Some(1_767_312_000)), ("latest", Some(ONE), Some(1_767_225_600)), ("odd", None, None)];
    assert_eq!(found, expected);
    assert_eq!(list.truncated, None);
}

#[test]
fn pages_are_read_to_the_last() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "app", 1), Answer::status(200).body(page(0, 100)));
    host.answer(Method::Get, &api("team", "app", 2), Answer::status(200).body(page(99, 30)));
    let list = list("team/app", 5000).expect("a list");
    assert_eq!((list.tags.len(), list.truncated), (129, None));
}

#[test]
fn a_full_last_page_is_known_by_the_total() {
    let host = Host::new();
    let answer = Answer::status(200).header("X-Total-Count", "100").body(page(0, 100));
    host.answer(Method::Get, &api("team", "app", 1), answer);
    assert_eq!(list("team/app", 5000).map(|list| list.tags.len()), Ok(100));
    assert_eq!(host.requests().len(), 1);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "app", 1), Answer::status(200).body(page(0, 20)));
    let list = list("team/app", 15).expect("a list");
    assert_eq!((list.tags.len(), list.truncated.as_deref()), (15, Some("only the first 15 tags were read")));
}

/// What Harbor's own API does not answer, the registry API is asked for.
#[track_caller]
fn check_falls_back(name: &str, answers: &[(String, Answer)], requests: usize) {
    let host = Host::new();
    for (url, answer) in answers {
        host.answer(Method::Get, url, answer.clone());
    }
    let url = format!("https://harbor.example/v2/{name}/tags/list?n=1000");
    host.answer(Method::Get, &url, Answer::status(200).body(r#"{"tags": ["1.0"]}"#));
    let list = list(name, 1000).unwrap_or_else(|error| panic!("{error:?}: {:?}", host.request_lines()));
    assert_eq!((names(&list), host.requests().len()), (vec!["1.0"], requests));
}

#[test]
fn whatever_is_no_list_of_artifacts_is_asked_of_the_registry() {
    let first = || api("team", "app", 1);
    for status in [401, 403, 404, 405, 500, 302] {
        check_falls_back("team/app", &[(first(), Answer::status(status))], 2);
    }
    for body in ["<html>sign in</html>", "{}", "[{\"tags\": 3}]", ""] {
        check_falls_back("team/app", &[(first(), Answer::status(200).body(body))], 2);
    }
    let many = Answer::status(200).header("X-Total-Count", "4001").body(page(0, 100));
    check_falls_back("team/app", &[(first(), many)], 2);
    check_falls_back("app", &[], 1);
}

#[test]
fn a_list_without_an_end_is_given_up() {
    let answers: Vec<(String, Answer)> =
        (1..50).map(|number| (api("team", "app", number), Answer::status(200).body(page(0, 100)))).collect();
    check_falls_back("team/app", &answers, 41);
}

#[test]
fn a_busy_registry_is_left_alone() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "app", 1), Answer::status(429).header("Retry-After", "7"));
    assert_eq!(list("team/app", 100), Err(RegistryError::RateLimited(Some(7))));
    assert_eq!(host.requests().len(), 1);
}
