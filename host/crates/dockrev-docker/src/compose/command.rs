//! Compose's command line and environment.

use super::along::Along;
use super::version::ComposeVersion;
use crate::address::EngineAddress;
use dockrev_core::ids::ServiceName;
use dockrev_core::ports::HostError;
use dockrev_core::stack::ComposeProject;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Which files Compose is given.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Files<'a> {
    /// The project's own.
    Own,
    /// The project's own, and Dockrev's override after them.
    WithOverride(&'a Path),
}

/// Whether Compose is given one more file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MoreFiles {
    /// No.
    None,
    /// After all others, on its standard input.
    OnInput,
}

/// Which containers `up` makes anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Those that differ from what the files say.
    AsNeeded,
    /// All of the service.
    Anew,
}

/// Variables that Compose or the Docker client would take another project, other files or another engine from.
const DROPPED_PREFIXES: [&str; 2] = ["COMPOSE_", "DOCKREV_"];
const DROPPED: [&str; 6] =
    ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"];
/// Containers of services that a later file no longer has are not what an update of another service is about.
const IGNORE_ORPHANS: (&str, &str) = ("COMPOSE_IGNORE_ORPHANS", "true");

/// The environment that Compose gets.
pub(super) fn environment(own: Vec<(OsString, OsString)>, engine: &EngineAddress) -> Vec<(OsString, OsString)> {
    let is_dropped = |name: &OsStr| {
        let name = name.to_string_lossy();
        DROPPED.contains(&name.as_ref()) || DROPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut environment: Vec<_> = own.into_iter().filter(|(name, _)| !is_dropped(name)).collect();
    environment.push((OsString::from(IGNORE_ORPHANS.0), OsString::from(IGNORE_ORPHANS.1)));
    environment.push(engine.variable());
    environment
}

/// Newest API that Compose 1 can recreate containers with. It relies on a field of images (`ContainerConfig`) that
/// the engine leaves out of newer ones, and dies half way, with the old container stopped and renamed.
const V1_NEWEST_API: (usize, usize) = (1, 44);

/// The variable that Compose 1 needs for an engine that speaks `engine_api`, if any. It asks for the newest API else.
pub(super) fn api_version(engine_api: (usize, usize)) -> Option<(OsString, OsString)> {
    let (major, minor) = V1_NEWEST_API;
    (engine_api > V1_NEWEST_API)
        .then(|| (OsString::from("COMPOSE_API_VERSION"), OsString::from(format!("{major}.{minor}"))))
}

/// `config`: what the files come to, as YAML (Compose 1) or JSON (Compose 2).
pub(super) fn config(
    version: ComposeVersion,
    project: &ComposeProject,
    files: Files<'_>,
) -> Result<Vec<OsString>, HostError> {
    let mut arguments = project_arguments(version, project, files)?;
    push(&mut arguments, &["config"]);
    match version {
        ComposeVersion::V1 => {}
        ComposeVersion::V2 => push(&mut arguments, &["--format", "json"]),
    }
    Ok(arguments)
}

/// `config --hash`: one line for each service, its name and the hash that Compose writes on its containers.
pub(super) fn hashes(
    version: ComposeVersion,
    project: &ComposeProject,
    files: Files<'_>,
    more: MoreFiles,
) -> Result<Vec<OsString>, HostError> {
    let mut arguments = project_arguments(version, project, files)?;
    match more {
        MoreFiles::None => {}
        MoreFiles::OnInput => push(&mut arguments, &["-f", "-"]),
    }
    push(&mut arguments, &["config", "--hash", "*"]);
    Ok(arguments)
}

/// What a person types in the working folder to see what [`config`] sees: `program`, the project and its files.
pub(super) fn config_by_hand(
    version: ComposeVersion,
    program: &str,
    project: &ComposeProject,
    files: Files<'_>,
) -> String {
    let mut words = vec![program.to_owned(), "-p".to_owned(), project.name.to_string()];
    let path = |path: &Path| quoted(path.strip_prefix(&project.working_dir).unwrap_or(path));
    // Compose takes the first file's folder else.
    if project.files.first().and_then(|file| file.parent()) != Some(&project.working_dir) {
        words.extend(["--project-directory".to_owned(), ".".to_owned()]);
    }
    words.extend(project.env_files.iter().flat_map(|file| ["--env-file".to_owned(), path(file)]));
    words.extend(all_files(&project.files, files).flat_map(|file| ["-f".to_owned(), path(file)]));
    match version {
        ComposeVersion::V1 => {}
        ComposeVersion::V2 => words.extend(["--profile".to_owned(), "'*'".to_owned()]),
    }
    words.push("config".to_owned());
    words.join(" ")
}

/// The path as a shell takes it for one word.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-'));
    if is_plain { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}

/// `up` of one service, detached, without pulling or building, with so many containers.
pub(super) fn up(
    version: ComposeVersion,
    project: &ComposeProject,
    files: Files<'_>,
    (service, containers, manner): (&ServiceName, u32, Manner),
    along: &Along,
) -> Result<Vec<OsString>, HostError> {
    let mut arguments = project_arguments(version, project, files)?;
    push(&mut arguments, &["up", "-d", "--no-build"]);
    match along {
        Along::Nobody => push(&mut arguments, &["--no-deps"]),
        Along::Dependencies(dependencies) => {
            for (name, containers) in dependencies {
                push(&mut arguments, &["--scale", &format!("{name}={containers}")]);
            }
        }
    }
    match version {
        ComposeVersion::V1 => {}
        ComposeVersion::V2 => push(&mut arguments, &["--pull", "never"]),
    }
    match manner {
        Manner::AsNeeded => {}
        Manner::Anew => push(&mut arguments, &["--force-recreate"]),
    }
    push(&mut arguments, &["--scale", &format!("{service}={containers}"), "--", service.as_str()]);
    Ok(arguments)
}

fn project_arguments(
    version: ComposeVersion,
    project: &ComposeProject,
    files: Files<'_>,
) -> Result<Vec<OsString>, HostError> {
    if version == ComposeVersion::V1 && project.env_files.len() > 1 {
        return Err(HostError::ComposeUnreadable {
            stack: project.name.clone(),
            reason: format!(
                "it has {} environment files, and Compose 1 takes only one: use Compose 2 for it",
                project.env_files.len()
            ),
        });
    }
    let own = own_files(project)?;
    let mut arguments = Vec::new();
    push(&mut arguments, &["--ansi", "never", "-p", project.name.as_str()]);
    push(&mut arguments, &["--project-directory"]);
    arguments.push(project.working_dir.clone().into());
    for env_file in &project.env_files {
        push(&mut arguments, &["--env-file"]);
        arguments.push(env_file.into());
    }
    for file in all_files(own, files) {
        push(&mut arguments, &["-f"]);
        arguments.push(file.into());
    }
    match version {
        // Compose 1 knows the services of all profiles.
        ComposeVersion::V1 => {}
        // Without it, a service that depends on one of an inactive profile depends on an undefined service.
        ComposeVersion::V2 => push(&mut arguments, &["--profile", "*"]),
    }
    Ok(arguments)
}

fn all_files<'a>(own: &'a [PathBuf], files: Files<'a>) -> impl Iterator<Item = &'a Path> {
    let override_file = match files {
        Files::Own => None,
        Files::WithOverride(path) => Some(path),
    };
    own.iter().map(PathBuf::as_path).chain(override_file)
}

/// The project's compose files; at least one. With none given, Compose would take Dockrev's override alone and make
/// the service anew without its volumes and ports.
pub(super) fn own_files(project: &ComposeProject) -> Result<&[PathBuf], HostError> {
    if project.files.is_empty() {
        return Err(HostError::ComposeUnreadable {
            stack: project.name.clone(),
            reason: "its containers' labels do not say which compose files it has".to_owned(),
        });
    }
    Ok(&project.files)
}

fn push(arguments: &mut Vec<OsString>, words: &[&str]) {
    arguments.extend(words.iter().map(OsString::from));
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ids::StackName;
    use std::collections::BTreeMap;

    fn project(env_files: &[&str]) -> ComposeProject {
        ComposeProject {
            name: StackName::new("shop"),
            working_dir: PathBuf::from("/srv/my shop"),
            files: vec![PathBuf::from("/srv/a.yml"), PathBuf::from("/srv/b.yml")],
            env_files: env_files.iter().map(PathBuf::from).collect(),
        }
    }

    fn joined(arguments: Vec<OsString>) -> String {
        arguments.into_iter().map(|word| word.into_string().unwrap()).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn asks_both_versions_for_the_files_meaning() {
        let check = |version, env_files: &[&str], expected: &str| {
            assert_eq!(joined(config(version, &project(env_files), Files::Own).unwrap()), expected);
        };
        check(
            ComposeVersion::V1,
            &["/srv/prod.env"],
            "--ansi|never|-p|shop|--project-directory|/srv/my shop|--env-file|/srv/prod.env|-f|/srv/a.yml|-f|/srv/b.yml\
             |config",
        );
        check(
            ComposeVersion::V2,
            &["/x.env", "/y.env"],
            "--ansi|never|-p|shop|--project-directory|/srv/my shop|--env-file|/x.env|--env-file|/y.env|-f|/srv/a.yml|-f\
             |/srv/b.yml|--profile|*|config|--format|json",
        );
    }

    #[test]
    fn brings_one_service_up_without_pulling() {
        let files = Files::WithOverride(Path::new("/data/shop/override.yaml"));
        let check = |version, (containers, manner): (u32, Manner), along: &Along, expected: &str| {
            let web = ServiceName::new("web");
            let arguments = up(version, &project(&[]), files, (&web, containers, manner), along).unwrap();
            let common = "--ansi|never|-p|shop|--project-directory|/srv/my shop|-f|/srv/a.yml|-f|/srv/b.yml|-f\
                          |/data/shop/override.yaml";
            assert_eq!(joined(arguments), format!("{common}{expected}"));
        };
        let one = (1, Manner::AsNeeded);
        check(ComposeVersion::V1, one, &Along::Nobody, "|up|-d|--no-build|--no-deps|--scale|web=1|--|web");
        check(
            ComposeVersion::V1,
            (1, Manner::Anew),
            &Along::Nobody,
            "|up|-d|--no-build|--no-deps|--force-recreate|--scale|web=1|--|web",
        );
        check(
            ComposeVersion::V2,
            (3, Manner::AsNeeded),
            &Along::Nobody,
            "|--profile|*|up|-d|--no-build|--no-deps|--pull|never|--scale|web=3|--|web",
        );
        check(
            ComposeVersion::V2,
            one,
            &Along::Dependencies(BTreeMap::from([(ServiceName::new("db"), 2)])),
            "|--profile|*|up|-d|--no-build|--scale|db=2|--pull|never|--scale|web=1|--|web",
        );
    }

    #[test]
    fn a_project_without_known_files_is_left_alone() {
        let override_file = Files::WithOverride(Path::new("/data/shop/override.yaml"));
        let unknown = ComposeProject { files: Vec::new(), ..project(&[]) };
        for version in [ComposeVersion::V1, ComposeVersion::V2] {
            for error in [
                config(version, &unknown, Files::Own).unwrap_err(),
                up(version, &unknown, override_file, (&ServiceName::new("web"), 1, Manner::AsNeeded), &Along::Nobody)
                    .unwrap_err(),
            ] {
                assert_eq!(error.code(), "compose.unreadable");
                assert!(error.to_string().contains("do not say which compose files"), "{error}");
            }
        }
    }

    #[test]
    fn says_how_to_see_the_files_meaning_by_hand() {
        let mut project = project(&["/srv/my shop/prod.env"]);
        project.files = vec![PathBuf::from("/srv/my shop/compose.yaml"), PathBuf::from("/srv/it's.yml")];
        let check = |version, program: &str, files, expected: &str| {
            assert_eq!(config_by_hand(version, program, &project, files), expected);
        };
        check(
            ComposeVersion::V1,
            "docker-compose",
            Files::Own,
            r"docker-compose -p shop --env-file prod.env -f compose.yaml -f '/srv/it'\''s.yml' config",
        );
        check(
            ComposeVersion::V2,
            "docker compose",
            Files::WithOverride(Path::new("/data/o.yaml")),
            r"docker compose -p shop --env-file prod.env -f compose.yaml -f '/srv/it'\''s.yml' -f /data/o.yaml --profile '*' config",
        );
        let elsewhere = ComposeProject { files: vec![PathBuf::from("/etc/c.yml")], ..project.clone() };
        assert_eq!(
            config_by_hand(ComposeVersion::V1, "docker-compose", &elsewhere, Files::Own),
            "docker-compose -p shop --project-directory . --env-file prod.env -f /etc/c.yml config"
        );
    }

    #[test]
    fn compose_1_is_kept_from_apis_that_it_cannot_use() {
        let check = |engine_api, expected: Option<&str>| {
            let value = api_version(engine_api).map(|(_, value)| value.into_string().unwrap());
            assert_eq!(value.as_deref(), expected, "{engine_api:?}");
        };
        check((1, 41), None);
        check((1, 44), None);
        check((1, 45), Some("1.44"));
        check((1, 53), Some("1.44"));
    }

    #[test]
    fn compose_1_takes_one_environment_file() {
        let error = config(ComposeVersion::V1, &project(&["/x.env", "/y.env"]), Files::Own).unwrap_err();
        assert!(error.to_string().contains("2 environment files, and Compose 1 takes only one"), "{error}");
    }

    #[test]
    fn passes_the_environment_on_but_for_what_changes_the_project() {
        let own = [
            ("PATH", "/bin"),
            ("HOME", "/root"),
            ("DOCKER_CONFIG", "/root/.docker"),
            ("DOCKER_HOST", "tcp://elsewhere:1"),
            ("DOCKER_CONTEXT", "other"),
            ("COMPOSE_FILE", "other.yml"),
            ("COMPOSE_PROJECT_NAME", "other"),
            ("DOCKREV_COMPOSE_BIN", "docker compose"),
            ("TAG", "1.2"),
        ];
        let own = own.iter().map(|(name, value)| (OsString::from(name), OsString::from(value))).collect();
        let found: Vec<_> = environment(own, &EngineAddress::default())
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        assert_eq!(
            found,
            [
                "PATH=/bin",
                "HOME=/root",
                "DOCKER_CONFIG=/root/.docker",
                "TAG=1.2",
                "COMPOSE_IGNORE_ORPHANS=true",
                "DOCKER_HOST=unix:///var/run/docker.sock"
            ]
        );
    }
}
