//! What Compose writes on containers as labels.

use crate::overrides::Overrides;
use dockrev_core::ids::{ServiceId, ServiceName, StackName};
use dockrev_core::stack::ComposeProject;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The project's name.
pub(crate) const PROJECT: &str = "com.docker.compose.project";
/// The service's name.
pub(crate) const SERVICE: &str = "com.docker.compose.service";
/// Hash of the service's part of the compose files.
pub(crate) const CONFIG_HASH: &str = "com.docker.compose.config-hash";
/// Id of the image that Compose 2 made the container from.
pub(crate) const IMAGE: &str = "com.docker.compose.image";
/// Present on containers of Dockrev's own that work on data: the stack that it is done for, if it has to be the only one.
pub(crate) const HELPER: &str = "dockrev.helper";
/// Present on those of them that may change it.
pub(crate) const HELPER_WRITES: &str = "dockrev.helper.writes";
/// Present on the image that they are made from.
pub(crate) const HELPER_IMAGE: &str = "dockrev.helper.image";
/// `True` on containers of `compose run`.
const ONEOFF: &str = "com.docker.compose.oneoff";
const CONFIG_FILES: &str = "com.docker.compose.project.config_files";
const WORKING_DIR: &str = "com.docker.compose.project.working_dir";
const ENVIRONMENT_FILE: &str = "com.docker.compose.project.environment_file";
const DEPENDS_ON: &str = "com.docker.compose.depends_on";
/// Present on containers that a swarm manager made.
const SWARM_SERVICE: &str = "com.docker.swarm.service.id";

/// Labels of a container.
pub(crate) type Labels = BTreeMap<String, String>;

/// Whose a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// A service of a stack.
    Service(ServiceId),
    /// Nobody's that Compose knows.
    Standalone,
    /// A single run of a service, a swarm task, or a helper of Dockrev's: none of our business.
    Passing,
}

/// Whose the container with these labels is.
pub(crate) fn owner(labels: &Labels) -> Owner {
    let is_oneoff = labels.get(ONEOFF).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_oneoff || labels.contains_key(SWARM_SERVICE) || labels.contains_key(HELPER) {
        return Owner::Passing;
    }
    match (labels.get(PROJECT), labels.get(SERVICE)) {
        (Some(project), Some(service)) => Owner::Service(ServiceId {
            stack: StackName::new(project.as_str()),
            service: ServiceName::new(service.as_str()),
        }),
        (Some(_) | None, Some(_) | None) => Owner::Standalone,
    }
}

/// How Compose was called for a container of the stack `name`. `exists` tells whether a file is there.
pub(crate) fn project(
    name: &StackName,
    labels: &Labels,
    overrides: &Overrides,
    exists: impl Fn(&Path) -> bool,
) -> ComposeProject {
    let working_dir = PathBuf::from(labels.get(WORKING_DIR).map_or("", String::as_str));
    let paths = |label: &str| -> Vec<PathBuf> {
        let list = labels.get(label).map_or("", String::as_str);
        list.split(',').map(str::trim).filter(|path| !path.is_empty()).map(PathBuf::from).collect()
    };
    let files = paths(CONFIG_FILES)
        .into_iter()
        .map(|path| absolute(&working_dir, &path, &exists))
        .filter(|path| !overrides.contains(path))
        .collect();
    let env_files = paths(ENVIRONMENT_FILE).into_iter().map(|path| absolute(&working_dir, &path, &exists)).collect();
    ComposeProject { name: name.clone(), working_dir, files, env_files }
}

/// Compose v1 writes paths as it was called with them: relative to the folder it was called in, which for
/// `-f folder/file` is above the working folder.
fn absolute(working_dir: &Path, path: &Path, exists: &impl Fn(&Path) -> bool) -> PathBuf {
    let direct = working_dir.join(path);
    if path.is_absolute() || exists(&direct) {
        return direct;
    }
    let from_above = working_dir
        .ancestors()
        .skip(1)
        .map(|folder| folder.join(path))
        .find(|candidate| candidate.parent() == Some(working_dir) && exists(candidate));
    from_above.unwrap_or(direct)
}

/// The services that the container's service waits for: `db:service_healthy:false,cache:service_started:true`.
pub(crate) fn depends_on(labels: &Labels) -> Vec<ServiceName> {
    let list = labels.get(DEPENDS_ON).map_or("", String::as_str);
    let mut services: Vec<ServiceName> = list
        .split(',')
        .filter_map(|entry| entry.split(':').next())
        .map(str::trim)
        .filter(|service| !service.is_empty())
        .map(ServiceName::new)
        .collect();
    services.sort();
    services.dedup();
    services
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn knows_whose_a_container_is() {
        let service = Owner::Service(ServiceId { stack: StackName::new("shop"), service: ServiceName::new("db") });
        let check =
            |pairs: &[(&str, &str)], expected: &Owner| assert_eq!(owner(&labels(pairs)), *expected, "{pairs:?}");
        check(&[(PROJECT, "shop"), (SERVICE, "db"), (ONEOFF, "False")], &service);
        check(&[(PROJECT, "shop"), (SERVICE, "db")], &service);
        check(&[(PROJECT, "shop"), (SERVICE, "db"), (ONEOFF, "True")], &Owner::Passing);
        check(&[(SWARM_SERVICE, "abc")], &Owner::Passing);
        check(&[(PROJECT, "shop")], &Owner::Standalone);
        check(&[("maintainer", "me")], &Owner::Standalone);
    }

    #[test]
    fn reads_how_compose_was_called() {
        let overrides = Overrides::new("/var/lib/dockrev/overrides");
        let check = |files: &str, env: &str, existing: &[&str], expected_files: &[&str], expected_env: &[&str]| {
            let labels = labels(&[(WORKING_DIR, "/srv/shop"), (CONFIG_FILES, files), (ENVIRONMENT_FILE, env)]);
            let project = project(&StackName::new("shop"), &labels, &overrides, |path| {
                existing.iter().any(|existing| Path::new(existing) == path)
            });
            let expect = |paths: &[&str]| paths.iter().map(PathBuf::from).collect::<Vec<_>>();
            assert_eq!(project.files, expect(expected_files), "{files}");
            assert_eq!(project.env_files, expect(expected_env), "{env}");
            assert_eq!(project.working_dir, Path::new("/srv/shop"));
        };
        check("/srv/shop/compose.yaml", "", &[], &["/srv/shop/compose.yaml"], &[]);
        check("/a.yml,/b.yml", "/x.env,/y.env", &[], &["/a.yml", "/b.yml"], &["/x.env", "/y.env"]);
        check(
            "/srv/shop/compose.yaml,/var/lib/dockrev/overrides/shop/override.yaml",
            "",
            &[],
            &["/srv/shop/compose.yaml"],
            &[],
        );
        check("docker-compose.yml", "prod.env", &[], &["/srv/shop/docker-compose.yml"], &["/srv/shop/prod.env"]);
        check("shop/compose.yml", "", &["/srv/shop/compose.yml"], &["/srv/shop/compose.yml"], &[]);
        check("shop/compose.yml", "", &[], &["/srv/shop/shop/compose.yml"], &[]);
        check("", "", &[], &[], &[]);
    }

    #[test]
    fn reads_what_a_service_waits_for() {
        let check = |label: &str, expected: &[&str]| {
            let found = depends_on(&labels(&[(DEPENDS_ON, label)]));
            assert_eq!(found.iter().map(ServiceName::as_str).collect::<Vec<_>>(), expected, "{label}");
        };
        check("db:service_healthy:false,cache:service_started:true", &["cache", "db"]);
        check("db:service_healthy", &["db"]);
        check("db,db", &["db"]);
        check("", &[]);
        check(" , :x", &[]);
        assert!(depends_on(&labels(&[])).is_empty());
    }
}
