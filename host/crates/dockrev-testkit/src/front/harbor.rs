//! Harbor's own API: the artifacts of a repository.

use serde_json::{Value, json};

use super::answer::Answer;
use super::request::{Received, percent_decoded};
use super::tokens::{Holder, password_of};
use super::{Shared, is_private};

/// When everything was pushed.
const PUSHED: &str = "2026-01-01T00:00:00.000Z";

/// Most artifacts on a page; more may not be asked for.
const PAGE_MAX: usize = 100;

/// Artifacts on a page if nothing else is asked for.
const PAGE_DEFAULT: usize = 10;

/// Answers a request below `/api/v2.0/`. It takes passwords, not tokens, and its refusals name no way to log in.
pub(super) fn answer(shared: &Shared, received: &Received) -> Answer {
    let holder = match password_of(received) {
        Ok(holder) => holder,
        Err(refusal) => return refusal,
    };
    if received.path() == "/api/v2.0/systeminfo" {
        return Answer::json(200, &json!({ "harbor_version": "v2.11.0", "auth_mode": "db_auth" }));
    }
    let Some(repository) = repository(received.path()) else { return Answer::error(404, "NOT_FOUND") };
    if holder == Holder::Anyone && is_private(&repository) {
        return Answer::error(401, "UNAUTHORIZED");
    }
    let Some(artifacts) = artifacts(shared, &repository) else { return Answer::error(404, "NOT_FOUND") };
    let number = |name: &str| received.parameter(name).and_then(|text| text.parse::<usize>().ok());
    let (page, size) = (number("page").unwrap_or(1).max(1), number("page_size").unwrap_or(PAGE_DEFAULT));
    let size = size.clamp(1, PAGE_MAX);
    let shown: Vec<&Value> = artifacts.iter().skip((page - 1) * size).take(size).collect();
    let answer = Answer::json(200, &json!(shown)).header("X-Total-Count", &artifacts.len().to_string());
    if page * size >= artifacts.len() {
        return answer;
    }
    let next = format!(r#"<{}?page={}&page_size={size}>; rel="next""#, received.path(), page + 1);
    answer.header("Link", &next)
}

/// `a/b/c` of `/api/v2.0/projects/a/repositories/b%252Fc/artifacts`: a slash has to be encoded twice.
fn repository(path: &str) -> Option<String> {
    let (project, rest) = path.strip_prefix("/api/v2.0/projects/")?.split_once("/repositories/")?;
    let name = rest.strip_suffix("/artifacts").filter(|name| !name.contains('/'))?;
    let once = percent_decoded(name);
    (!once.contains('/')).then(|| format!("{project}/{}", percent_decoded(&once)))
}

/// One artifact for each digest, with all tags that point to it.
fn artifacts(shared: &Shared, repository: &str) -> Option<Vec<Value>> {
    let mut tags = shared.upstream.tags(repository)?;
    tags.sort();
    let mut artifacts: Vec<Value> = Vec::new();
    for tag in tags {
        let digest = shared.upstream.digest(repository, &tag)?;
        let named = json!({ "name": tag, "push_time": PUSHED, "immutable": false });
        match artifacts.iter_mut().find(|artifact| artifact["digest"] == digest.as_str()) {
            Some(artifact) => artifact["tags"].as_array_mut()?.push(named),
            None => artifacts.push(json!({ "digest": digest, "type": "IMAGE", "push_time": PUSHED, "tags": [named] })),
        }
    }
    Some(artifacts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_are_encoded_twice() {
        let check = |name: &str, expected: Option<&str>| {
            let path = format!("/api/v2.0/projects/team/repositories/{name}/artifacts");
            assert_eq!(repository(&path).as_deref(), expected, "{name}");
        };
        check("app", Some("team/app"));
        check("group%252Fapp", Some("team/group/app"));
        check("group%2Fapp", None);
        check("group/app", None);
        assert_eq!(repository("/api/v2.0/projects/team/repositories/app"), None);
    }
}
