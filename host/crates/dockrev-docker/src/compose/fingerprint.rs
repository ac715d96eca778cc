//! Digests of a project's files, those that its compose files name included.

use super::command;
use crate::overrides::normalised;
use dockrev_core::image::Digest;
use dockrev_core::ports::HostError;
use dockrev_core::stack::{ComposeProject, FileHash};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The environment file that Compose reads if it is told of none.
const DEFAULT_ENV_FILE: &str = ".env";
/// Largest file that is read, in bytes. Compose and environment files are written by people.
const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Files of one project that are hashed: far more than a person writes, far fewer than a circle would give.
const FILES_MAX: usize = 500;

/// A file of a project.
pub(crate) struct ProjectFile {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What is in it.
    pub(crate) content: Vec<u8>,
    /// Whether it is a compose file.
    pub(crate) is_compose: bool,
}

/// Hashes the files of `project`, as [`read_all`] finds them.
pub(super) async fn take(project: &ComposeProject) -> Result<Vec<FileHash>, HostError> {
    read_all(project).await?.iter().map(hash).collect()
}

/// The hash of a file.
pub(crate) fn hash(file: &ProjectFile) -> Result<FileHash, HostError> {
    let failed = |reason| HostError::File { action: "read", path: file.path.display().to_string(), reason };
    Ok(FileHash { digest: digest_of(&file.content).map_err(failed)?, path: file.path.clone() })
}

/// Reads the compose files and environment files of `project`, and the files that these name: included and extended
/// ones, environment files of services, files of configs and secrets. A named file that is not there is left out, and so
/// is one whose name is made from variables.
pub(crate) async fn read_all(project: &ComposeProject) -> Result<Vec<ProjectFile>, HostError> {
    let files = command::own_files(project)?;
    let mut waiting: VecDeque<(PathBuf, Role)> =
        files.iter().map(|path| (path.clone(), Role { is_compose: true, is_required: true })).collect();
    let given = |path: PathBuf| (path, Role { is_compose: false, is_required: true });
    waiting.extend(project.env_files.iter().cloned().map(given));
    let default = project.working_dir.join(DEFAULT_ENV_FILE);
    if project.env_files.is_empty() && default.exists() {
        waiting.push_back(given(default));
    }
    let mut known: Vec<ProjectFile> = Vec::new();
    while let Some((path, role)) = waiting.pop_front() {
        if known.iter().any(|known| known.path == path) {
            continue;
        }
        let failed = |reason: String| HostError::File { action: "read", path: path.display().to_string(), reason };
        if known.len() >= FILES_MAX {
            return Err(failed(format!("the stack has more than {FILES_MAX} files")));
        }
        let content = match read(&path).await {
            Ok(content) => content,
            Err(_) if !role.is_required => continue,
            Err(reason) => return Err(failed(reason)),
        };
        if role.is_compose {
            let folders = Folders { of_file: path.parent().unwrap_or(&path), of_project: &project.working_dir };
            waiting.extend(named_in(&content, &folders));
        }
        known.push(ProjectFile { path, content, is_compose: role.is_compose });
    }
    Ok(known)
}

/// What is to be done with a file.
#[derive(Clone, Copy)]
struct Role {
    /// Whether it names others.
    is_compose: bool,
    /// Whether there is no project without it.
    is_required: bool,
}

async fn read(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = tokio::fs::metadata(path).await.map_err(|error| error.to_string())?;
    if metadata.len() > FILE_MAX_BYTES {
        return Err(format!("it is larger than {FILE_MAX_BYTES} bytes"));
    }
    tokio::fs::read(path).await.map_err(|error| error.to_string())
}

fn digest_of(content: &[u8]) -> Result<Digest, String> {
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(content) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.parse().map_err(|error: dockrev_core::image::ParseDigestError| error.to_string())
}

/// What relative paths in a compose file are relative to.
struct Folders<'a> {
    /// Those of other compose files.
    of_file: &'a Path,
    /// All others.
    of_project: &'a Path,
}

/// The files that a compose file names. What cannot be read as one names none: Compose itself will say so.
fn named_in(content: &[u8], folders: &Folders<'_>) -> Vec<(PathBuf, Role)> {
    let Ok(file) = serde_saphyr::from_slice::<Value>(content) else { return Vec::new() };
    let entries = |key: &str| file.get(key).and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    let mut compose: Vec<&str> =
        entries("services").filter_map(|service| service["extends"]["file"].as_str()).collect();
    let mut others: Vec<&str> = entries("services").flat_map(|service| paths(&service["env_file"])).collect();
    others
        .extend(["configs", "secrets"].iter().flat_map(|key| entries(key)).filter_map(|entry| entry["file"].as_str()));
    let mut included_env: Vec<PathBuf> = Vec::new();
    for include in file.get("include").and_then(Value::as_array).into_iter().flatten() {
        let files: Vec<&str> = include.as_str().into_iter().chain(paths(&include["path"])).collect();
        others.extend(paths(&include["env_file"]));
        // An included project has a default environment file of its own.
        let folder = include["project_directory"].as_str().map(PathBuf::from);
        let of_first = files.first().and_then(|file| Path::new(file).parent()).map(Path::to_owned);
        included_env.extend(folder.or(of_first).map(|folder| folder.join(DEFAULT_ENV_FILE)));
        compose.extend(files);
    }
    let known = |path: &&str| !path.contains('$');
    let named = |folder: &Path, path: &str, is_compose| {
        (normalised(&folder.join(path)), Role { is_compose, is_required: false })
    };
    let compose = compose.into_iter().filter(known).map(|path| named(folders.of_file, path, true));
    let included_env = included_env.iter().filter_map(|path| path.to_str()).filter(known);
    let included_env = included_env.map(|path| named(folders.of_file, path, false));
    compose
        .chain(included_env)
        .chain(others.into_iter().filter(known).map(|path| named(folders.of_project, path, false)))
        .collect()
}

/// The folders that the services of a compose file are built from, as far as they are folders of the project.
pub(crate) fn build_folders(file: &ProjectFile, project: &ComposeProject) -> Vec<PathBuf> {
    let Ok(content) = serde_saphyr::from_slice::<Value>(&file.content) else { return Vec::new() };
    let services = content.get("services").and_then(Value::as_object).into_iter().flat_map(|map| map.values());
    let contexts = services.filter_map(|service| {
        let build = &service["build"];
        build.as_str().or(build["context"].as_str()).filter(|path| !path.contains('$') && !path.contains("://"))
    });
    let folders = [file.path.parent().unwrap_or(&file.path), project.working_dir.as_path()];
    contexts.flat_map(|context| folders.map(|folder| normalised(&folder.join(context)))).collect()
}

/// `a`, `[a, b]` or `[{path: a}]`.
fn paths(value: &Value) -> Vec<&str> {
    match value {
        Value::String(path) => vec![path],
        Value::Array(list) => list.iter().filter_map(|entry| entry.as_str().or(entry["path"].as_str())).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ids::StackName;

    fn project(folder: &Path, files: &[&str], env_files: &[&str]) -> ComposeProject {
        ComposeProject {
            name: StackName::new("shop"),
            working_dir: folder.to_owned(),
            files: files.iter().map(|file| folder.join(file)).collect(),
            env_files: env_files.iter().map(|file| folder.join(file)).collect(),
        }
    }

    #[tokio::test]
    async fn covers_the_default_environment_file_only_where_compose_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in [("compose.yaml", ""), (".env", "TAG=1"), ("prod.env", "TAG=2")] {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let names = async |env_files: &[&str]| -> Vec<String> {
            let hashes = take(&project(folder.path(), &["compose.yaml"], env_files)).await.unwrap();
            hashes.iter().map(|hash| hash.path.file_name().unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(names(&[]).await, ["compose.yaml", ".env"]);
        assert_eq!(names(&["prod.env"]).await, ["compose.yaml", "prod.env"]);
        let hashes = take(&project(folder.path(), &["compose.yaml"], &[])).await.unwrap();
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hashes[0].digest.as_str(), empty);
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = take(&project(folder.path(), &["gone.yaml"], &[])).await.unwrap_err();
        assert!(error.to_string().contains("gone.yaml"), "{error}");
        assert_eq!(error.code(), "file.failed");
    }

    #[tokio::test]
    async fn unknown_files_are_not_no_files() {
        let folder = tempfile::tempdir().unwrap();
        let error = take(&project(folder.path(), &[], &[])).await.unwrap_err();
        assert_eq!(error.code(), "compose.unreadable");
    }

    #[tokio::test]
    async fn covers_what_the_files_name() {
        let folder = tempfile::tempdir().unwrap();
        let compose = "include: [part.yaml, {path: [more/a.yaml], env_file: inc.env}]\n\
                       services:\n  \
                         web: {image: a, extends: {file: base.yaml, service: web}, env_file: [web.env, {path: opt.env}]}\n  \
                         db: {image: b, env_file: db.env}\n  \
                         odd: {image: c, env_file: \"${NAME}.env\"}\n\
                       configs: {c: {file: c.conf}}\n\
                       secrets: {s: {file: s.txt}, e: {environment: E}}\n";
        std::fs::create_dir(folder.path().join("more")).unwrap();
        let files = [
            ("compose.yaml", compose),
            ("part.yaml", "services: {x: {image: x, env_file: x.env}}"),
            ("more/a.yaml", "include: [b.yaml, ../compose.yaml]"),
            ("more/b.yaml", "services: {y: {image: y}}"),
            ("base.yaml", ": no yaml"),
        ];
        let plain = ["inc.env", "web.env", "db.env", "x.env", "c.conf", "s.txt"];
        for (name, content) in files.into_iter().chain(plain.map(|name| (name, ""))) {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        let hashes = take(&project(folder.path(), &["compose.yaml"], &[])).await.unwrap();
        let mut names: Vec<_> = hashes
            .iter()
            .map(|hash| hash.path.canonicalize().unwrap().strip_prefix(folder.path()).unwrap().display().to_string())
            .collect();
        names.sort();
        names.dedup();
        let mut expected: Vec<_> = files.map(|(name, _)| name).into_iter().chain(plain).map(str::to_owned).collect();
        expected.sort();
        assert_eq!(names, expected);
    }
}
