//! The proof that an edit changes a service's image for Compose, and nothing else: made on a copy of the project.

use dockrev_core::image::ImageRef;
use dockrev_core::plan::{Obstacle, Wanted};
use dockrev_core::stack::ComposeProject;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// What the names of copies begin with: no stack's folder begins so.
const PREFIX: &str = ".proof-";
/// Copies that are older were left by a process that was killed: Compose reads one in seconds.
const LEFTOVER_AGE: Duration = Duration::from_secs(60 * 60);
/// The copy holds what the project's environment files hold.
const PRIVATE: u32 = 0o700;
/// Top-level keys that mean nothing to Compose.
const EXTENSION: &str = "x-";

/// A copy of a project's files, below a folder that is gone when this is dropped.
pub(super) struct Copy {
    folder: TempDir,
    project: ComposeProject,
}

impl Copy {
    /// Copies `contents` below `parent`, with every path as it is, so that files find each other.
    pub(super) fn of(
        parent: &Path,
        project: &ComposeProject,
        contents: &BTreeMap<PathBuf, Vec<u8>>,
    ) -> io::Result<Self> {
        fs::create_dir_all(parent)?;
        remove_leftovers(parent)?;
        let permissions = fs::Permissions::from_mode(PRIVATE);
        let folder = tempfile::Builder::new().prefix(PREFIX).permissions(permissions).tempdir_in(parent)?;
        let below = |path: &PathBuf| below(folder.path(), path);
        let copied = ComposeProject {
            name: project.name.clone(),
            working_dir: below(&project.working_dir),
            files: project.files.iter().map(below).collect(),
            env_files: project.env_files.iter().map(below).collect(),
        };
        fs::create_dir_all(&copied.working_dir)?;
        let copy = Self { folder, project: copied };
        for (path, content) in contents {
            copy.write(path, content)?;
        }
        Ok(copy)
    }

    /// Makes the folder where the copy of `path` would be. Compose 1 looks whether what services are built from is there.
    pub(super) fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(below(self.folder.path(), path))
    }

    /// The copied project.
    pub(super) fn project(&self) -> &ComposeProject {
        &self.project
    }

    /// Replaces the copy of `path`.
    pub(super) fn write(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let path = below(self.folder.path(), path);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, content)
    }
}

fn remove_leftovers(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        let is_copy = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // One that ends at this moment is gone by itself.
        let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
        if is_copy && age.is_some_and(|age| age > LEFTOVER_AGE) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn below(folder: &Path, path: &Path) -> PathBuf {
    folder.join(path.strip_prefix("/").unwrap_or(path))
}

/// Whether the image of the wanted service, and nothing else, differs in what Compose made of the files.
pub(super) fn compare(before: &Value, after: &Value, wanted: &Wanted) -> Result<(), Obstacle> {
    let service = wanted.service.as_str();
    let image = |config: &Value| config["services"][service]["image"].as_str().unwrap_or_default().to_owned();
    let (old, new) = (image(before), image(after));
    let not_proven = |what: String| Err(Obstacle::NotProven { what });
    if !is(&old, &wanted.file_image.parse().ok()) {
        return not_proven(format!("Compose read `{old}` there instead of `{}`", wanted.file_image));
    }
    if !is(&new, &Some(wanted.to.tagged())) {
        return not_proven(format!("Compose reads `{new}` instead of `{}` then", wanted.to.tagged().familiar()));
    }
    let mut differences = Vec::new();
    let image = format!("services.{service}.image");
    collect("", before, after, &mut differences);
    differences.retain(|place| *place != image && !place.starts_with(EXTENSION));
    match differences.as_slice() {
        [] => Ok(()),
        // Names of keys only: values may be secrets.
        [first, ..] => not_proven(format!("`{first}` would change as well")),
    }
}

fn is(image: &str, wanted: &Option<ImageRef>) -> bool {
    image.parse().ok() == *wanted
}

/// The places at which two values differ.
fn collect(place: &str, before: &Value, after: &Value, differences: &mut Vec<String>) {
    if let (Value::Object(before), Value::Object(after)) = (before, after) {
        let keys = before.keys().chain(after.keys().filter(|key| !before.contains_key(*key)));
        for key in keys {
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            collect(
                &place,
                &before.get(key).cloned().unwrap_or_default(),
                &after.get(key).cloned().unwrap_or_default(),
                differences,
            );
        }
        return;
    }
    if before != after {
        differences.push(place.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ids::ServiceName;
    use serde_json::json;

    #[test]
    fn a_copy_is_private_and_leaves_nothing_behind() {
        let parent = tempfile::tempdir().unwrap();
        let old = parent.path().join(".proof-old");
        fs::create_dir(&old).unwrap();
        let long_ago = std::time::SystemTime::now() - 2 * LEFTOVER_AGE;
        fs::File::open(&old).unwrap().set_modified(long_ago).unwrap();
        let project = ComposeProject {
            name: dockrev_core::ids::StackName::new("shop"),
            working_dir: "/srv/shop".into(),
            files: vec!["/srv/shop/compose.yaml".into()],
            env_files: vec!["/etc/shop.env".into()],
        };
        let contents = BTreeMap::from([
            (PathBuf::from("/srv/shop/compose.yaml"), b"a".to_vec()),
            (PathBuf::from("/etc/shop.env"), b"b".to_vec()),
        ]);
        let copy = Copy::of(parent.path(), &project, &contents).unwrap();
        assert!(!old.exists());
        let mode = fs::metadata(copy.folder.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        assert_eq!(fs::read(&copy.project().files[0]).unwrap(), b"a");
        assert_eq!(fs::read(&copy.project().env_files[0]).unwrap(), b"b");
        drop(copy);
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_the_image_may_differ() {
        let to: ImageRef = "nginx:1.1".parse().unwrap();
        let digest = format!("sha256:{}", "a".repeat(64)).parse().unwrap();
        let to = dockrev_core::image::PinnedImage {
            repository: to.repository().clone(),
            tag: to.tag().unwrap().clone(),
            digest,
        };
        let wanted = Wanted { service: ServiceName::new("web"), file_image: "nginx:1.0".to_owned(), to };
        let config = |web: &str, db: &str, x: &str| json!({"services": {"web": {"image": web, "ports": [1]}, "db": {"image": db}}, "x-image": x});
        let before = config("nginx:1.0", "db:1", "1");
        let check = |after: &Value, expected: Option<&str>| {
            let found = compare(&before, after, &wanted).err().map(|obstacle| obstacle.to_string());
            match (found, expected) {
                (None, None) => {}
                (Some(found), Some(expected)) => assert!(found.contains(expected), "{found}"),
                (found, expected) => panic!("{found:?} and not {expected:?}"),
            }
        };
        check(&config("nginx:1.1", "db:1", "2"), None);
        check(&config("docker.io/library/nginx:1.1", "db:1", "1"), None);
        check(&before, Some("reads `nginx:1.0` instead of `nginx:1.1`"));
        check(&config("nginx:1.1", "db:2", "1"), Some("`services.db.image` would change"));
        check(&json!({"services": {"web": {"image": "nginx:1.1"}, "db": {"image": "db:1"}}}), Some("web.ports"));
    }
}
