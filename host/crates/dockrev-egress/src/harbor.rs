//! Harbor's own API, which takes the registry's login too.
//!
//! It is as public as its projects are, and refuses the others with a `401` that names no way to log in, so that browsers
//! do not ask their users. It takes passwords, and not the tokens of its registry.

use crate::challenge::Challenge;

/// What a Harbor wants to see under this path if it refuses without saying what.
pub(crate) fn unspoken_challenge(path: &str, repository: &str) -> Option<Challenge> {
    is_about(path, repository).then_some(Challenge::Basic)
}

/// Whether the path is that of the artifacts of `repository`. Everything before the first slash of the name is the project;
/// other slashes are encoded twice.
pub(crate) fn is_about(path: &str, repository: &str) -> bool {
    let Some((project, name)) = repository.split_once('/') else {
        return false;
    };
    let name = name.replace('/', "%252F");
    let artifacts = format!("/api/v2.0/projects/{project}/repositories/{name}/artifacts");
    path.find(&artifacts).is_some_and(|at| matches!(path.as_bytes().get(at + artifacts.len()), None | Some(b'/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_repository_itself_is_meant() {
        let check = |path: &str, repository: &str, expected: bool| {
            assert_eq!(is_about(path, repository), expected, "{path} {repository}");
        };
        let path = "/api/v2.0/projects/team/repositories/group%252Fapp/artifacts";
        check(path, "team/group/app", true);
        check(&format!("{path}/latest/tags"), "team/group/app", true);
        check(&format!("/base{path}"), "team/group/app", true);
        check(&format!("{path}s"), "team/group/app", false);
        check(path, "team/app", false);
        check(path, "team", false);
        check(&path.replace("%252F", "%2F"), "team/group/app", false);
        check(&path.replace("%252F", "/"), "team/group/app", false);
        check("/api/v2.0/projects/team", "team/group/app", false);
        check("/api/v2.0/users/current", "team/group/app", false);
    }
}
