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
         ?with_tag=true&q=tags%3D%2A&sort=-push_time&page_size=100&page={page}"
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

/// Answers the registry API with these names.
fn answer_names(host: &Host, name: &str, size: u32, names: &[&str]) {
    let url = format!("https://harbor.example/v2/{name}/tags/list?n={size}");
    host.answer(Method::Get, &url, Answer::status(200).body(format!(r#"{{"tags": {names:?}}}"#)));
}

/// Each name with its digest and push time.
fn words(list: &TagList) -> Vec<(&str, Option<&str>, Option<i64>)> {
    list.tags.iter().map(|tag| (tag.name.as_str(), tag.digest.as_deref(), tag.pushed_at_unix_s)).collect()
}

#[test]
fn digests_and_push_times_are_added_to_the_names() {
    let host = Host::new();
    let body = format!(
        r#"[{}, {}, {{"digest": "none", "tags": [{{"name": "odd"}}, {{"name": "no tag"}}]}}]"#,
        artifact(r#"[{"name": "1.1", "push_time": "2026-01-02T00:00:00.000Z"}, {"name": "latest"}]"#),
        artifact("null"),
    );
    host.answer(Method::Get, &api("team", "group%252Fapp", 1), Answer::status(200).body(body));
    answer_names(&host, "team/group/app", 100, &["1.1", "latest", "odd"]);
    let list = list("team/group/app", 100).expect("a list");
    let expected =
        [("1.1", Some(ONE), Some(1_767_312_000)), ("latest", Some(ONE), Some(1_767_225_600)), ("odd", None, None)];
    assert_eq!(words(&list), expected);
    assert_eq!(list.truncated, None);
}

/// A proxy cache lists in its own API what somebody pulled, and in its registry API what there is. What was deleted in
/// between is gone.
#[test]
fn the_registry_says_which_tags_there_are() {
    let host = Host::new();
    let body = format!("[{}]", artifact(r#"[{"name": "1.0"}, {"name": "deleted"}]"#));
    host.answer(Method::Get, &api("proxy", "app", 1), Answer::status(200).body(body));
    answer_names(&host, "proxy/app", 100, &["1.0", "1.1"]);
    let list = list("proxy/app", 100).expect("a list");
    assert_eq!(words(&list), [("1.0", Some(ONE), Some(1_767_225_600)), ("1.1", None, None)]);
}

/// How many pages of artifacts are asked for if these are the answers, and of how many of 600 tags the digest is known.
#[track_caller]
fn check_pages(answers: &[Answer], pages: usize, known: usize) {
    let host = Host::new();
    for (number, answer) in answers.iter().enumerate() {
        host.answer(Method::Get, &api("team", "app", number + 1), answer.clone());
    }
    let names: Vec<String> = (0..600).map(|number| format!("1.{number}")).collect();
    answer_names(&host, "team/app", 1000, &names.iter().map(String::as_str).collect::<Vec<_>>());
    let list = list("team/app", 5000).unwrap_or_else(|error| panic!("{error:?}: {:?}", host.request_lines()));
    let with_digest = list.tags.iter().filter(|tag| tag.digest.is_some()).count();
    let asked = host.request_lines().iter().filter(|line| line.contains("/artifacts?")).count();
    assert_eq!((asked, with_digest, list.tags.len(), list.truncated), (pages, known, 600, None));
}

#[test]
fn pages_are_read_to_the_last_or_to_the_limit() {
    let whole = |number: usize| Answer::status(200).body(page(number * 100, 100));
    check_pages(&[Answer::status(200).body("[]")], 1, 0);
    check_pages(&[Answer::status(200).body(page(0, 30))], 1, 30);
    // Pages overlap when somebody pushes while they are read.
    check_pages(&[whole(0), Answer::status(200).body(page(99, 30))], 2, 129);
    check_pages(&[whole(0).header("X-Total-Count", "100")], 1, 100);
    check_pages(&[whole(0).header("X-Total-Count", "101"), Answer::status(200).body(page(100, 1))], 2, 101);
    check_pages(&[whole(0).header("X-Total-Count", "lots"), whole(1), Answer::status(200).body("[]")], 3, 200);
    check_pages(&(0..6).map(whole).collect::<Vec<_>>(), 5, 500);
}

#[test]
fn a_list_that_is_cut_says_so() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "app", 1), Answer::status(200).body(page(0, 20)));
    answer_names(&host, "team/app", 2, &["1.0", "1.1", "1.2"]);
    let list = list("team/app", 2).expect("a list");
    assert_eq!((list.tags.len(), list.truncated.as_deref()), (2, Some("only the first 2 tags were read")));
}

/// What Harbor's own API does not answer is not known, and the names are listed all the same.
#[track_caller]
fn check_names_alone(name: &str, answer: Option<Answer>, requests: usize) {
    let host = Host::new();
    if let Some(answer) = answer {
        host.answer(Method::Get, &api("team", "app", 1), answer);
    }
    answer_names(&host, name, 1000, &["1.0"]);
    let list = list(name, 1000).unwrap_or_else(|error| panic!("{error:?}: {:?}", host.request_lines()));
    assert_eq!((words(&list), host.requests().len()), (vec![("1.0", None, None)], requests));
}

#[test]
fn whatever_is_no_list_of_artifacts_is_passed_over() {
    for status in [401, 403, 404, 405, 500, 302] {
        check_names_alone("team/app", Some(Answer::status(status)), 2);
    }
    for body in ["<html>sign in</html>", "{}", "[{\"tags\": 3}]", ""] {
        check_names_alone("team/app", Some(Answer::status(200).body(body)), 2);
    }
    check_names_alone("app", None, 1);
}

#[test]
fn a_busy_registry_is_left_alone() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "app", 1), Answer::status(429).header("Retry-After", "7"));
    assert_eq!(list("team/app", 100), Err(RegistryError::RateLimited(Some(7))));
    assert_eq!(host.requests().len(), 1);
}

#[test]
fn a_repository_that_is_not_there_is_not_found() {
    let host = Host::new();
    host.answer(Method::Get, &api("team", "none", 1), Answer::status(404));
    host.answer(Method::Get, "https://harbor.example/v2/team/none/tags/list?n=100", Answer::status(404));
    assert!(matches!(list("team/none", 100), Err(RegistryError::NotFound(_))));
}
