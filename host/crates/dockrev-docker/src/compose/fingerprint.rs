//! Digests of a project's files.

use super::command;
use dockrev_core::image::Digest;
use dockrev_core::ports::HostError;
use dockrev_core::stack::{ComposeProject, FileHash};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The environment file that Compose reads if it is told of none.
const DEFAULT_ENV_FILE: &str = ".env";
/// Largest file that is read, in bytes. Compose and environment files are written by people.
const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// Hashes the compose files and environment files of `project`, in this order.
pub(super) async fn take(project: &ComposeProject) -> Result<Vec<FileHash>, HostError> {
    let files = command::own_files(project)?;
    let mut paths: Vec<PathBuf> = files.iter().chain(&project.env_files).cloned().collect();
    let default = project.working_dir.join(DEFAULT_ENV_FILE);
    if project.env_files.is_empty() && default.exists() {
        paths.push(default);
    }
    let mut hashes = Vec::new();
    for path in paths {
        let digest = hash(&path).await.map_err(|reason| HostError::File {
            action: "read",
            path: path.display().to_string(),
            reason,
        })?;
        hashes.push(FileHash { path, digest });
    }
    Ok(hashes)
}

async fn hash(path: &Path) -> Result<Digest, String> {
    let metadata = tokio::fs::metadata(path).await.map_err(|error| error.to_string())?;
    if metadata.len() > FILE_MAX_BYTES {
        return Err(format!("it is larger than {FILE_MAX_BYTES} bytes"));
    }
    let content = tokio::fs::read(path).await.map_err(|error| error.to_string())?;
    let mut text = String::from("sha256:");
    for byte in Sha256::digest(&content) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text.parse().map_err(|error: dockrev_core::image::ParseDigestError| error.to_string())
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
}
