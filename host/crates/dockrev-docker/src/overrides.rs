//! The override files that Dockrev keeps: one per stack, pinning the services that it updated to a newer tag.
//!
//! `<folder>/<stack>/override.yaml` is passed to Compose as the last `-f`. It has no `version`: Compose 1.29 merges it
//! with main files of any version, and Compose 2 looks at none. Pins are written as `repository:tag@digest`: the
//! digest decides, the tag is for people.

use dockrev_core::ids::{ServiceName, StackName};
use dockrev_core::image::{ImageRef, PinnedImage};
use dockrev_core::ports::HostError;
use dockrev_core::stack::Pins;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{self, Component, Path, PathBuf};

const FILE_NAME: &str = "override.yaml";
const LOCK_NAME: &str = "up.lock";
const TEMPORARY_NAME: &str = ".override.yaml.new";
/// Longest stack name that becomes a folder, in bytes: the limit of common file systems.
const STACK_NAME_MAX_BYTES: usize = 255;
/// Largest override file that is read, in bytes. One of ours takes some 200 bytes per service.
const FILE_MAX_BYTES: u64 = 1024 * 1024;

/// The folder of the override files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overrides {
    folder: PathBuf,
}

impl Overrides {
    /// Keeps the files below `folder`, which is made when it is needed.
    ///
    /// A relative one is below the current folder: Compose runs in others.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self { folder: path::absolute(&folder).unwrap_or(folder) }
    }

    /// The folder that they are kept in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of `stack` is, or would be.
    ///
    /// # Errors
    ///
    /// The stack's name cannot be the name of a folder.
    pub fn path(&self, stack: &StackName) -> Result<PathBuf, HostError> {
        let name = stack.as_str();
        let is_good = (1..=STACK_NAME_MAX_BYTES).contains(&name.len())
            && !name.starts_with('.')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
        if !is_good {
            return Err(HostError::File {
                action: "use",
                path: self.folder.display().to_string(),
                reason: format!("stack name `{}` cannot be the name of a folder", name.escape_debug()),
            });
        }
        Ok(self.folder.join(name).join(FILE_NAME))
    }

    /// Where the file is that is locked while Compose brings `stack` up.
    pub(crate) fn lock_path(&self, stack: &StackName) -> Result<PathBuf, HostError> {
        Ok(self.path(stack)?.with_file_name(LOCK_NAME))
    }

    /// Where the file of `stack` is, if there is one.
    ///
    /// That it cannot be seen is an error: `up` without it would silently go back to the older tags.
    pub(crate) fn existing(&self, stack: &StackName) -> Result<Option<PathBuf>, HostError> {
        let path = self.path(stack)?;
        match path.try_exists() {
            Ok(exists) => Ok(exists.then_some(path)),
            Err(error) => {
                Err(HostError::File { action: "look for", path: path.display().to_string(), reason: error.to_string() })
            }
        }
    }

    /// Whether `path` is, or was, one of these files.
    ///
    /// By that, Dockrev's files are told from the user's among those that Compose wrote on its containers. It may have
    /// been called with another spelling of the folder, through a link or `..`.
    pub(crate) fn contains(&self, path: &Path) -> bool {
        let folder = &self.folder;
        normalised(path).starts_with(normalised(folder)) || resolved(path).starts_with(resolved(folder))
    }

    /// The pins of `stack`. None if it has no file.
    pub(crate) fn read(&self, stack: &StackName) -> Result<Pins, HostError> {
        let path = self.path(stack)?;
        let failed = |reason: String| HostError::File { action: "read", path: path.display().to_string(), reason };
        match fs::metadata(&path) {
            Ok(metadata) if metadata.len() > FILE_MAX_BYTES => {
                return Err(failed(format!("it is larger than {FILE_MAX_BYTES} bytes")));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Pins::new()),
            Err(error) => return Err(failed(error.to_string())),
        }
        let text = fs::read_to_string(&path).map_err(|error| failed(error.to_string()))?;
        parse(&text).map_err(|reason| failed(format!("{reason}; repair the file, or remove it to drop its pins")))
    }

    /// Replaces the file of `stack` so that either the old or the new one is there whatever happens. No pins: no file.
    pub(crate) fn write(&self, stack: &StackName, pins: &Pins) -> Result<(), HostError> {
        let path = self.path(stack)?;
        let written = if pins.is_empty() { remove(&path) } else { replace(&path, &render(&path, stack, pins)) };
        written.map_err(|error| HostError::File {
            action: if pins.is_empty() { "remove" } else { "write" },
            path: path.display().to_string(),
            reason: error.to_string(),
        })
    }
}

/// The path without links and `..`, as far as it exists; the rest by its text alone.
fn resolved(path: &Path) -> PathBuf {
    let absolute = path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let existing = absolute.ancestors().find_map(|folder| Some((folder, folder.canonicalize().ok()?)));
    match existing {
        Some((folder, real)) => normalised(&real.join(absolute.strip_prefix(folder).unwrap_or(&absolute))),
        None => normalised(&absolute),
    }
}

/// The path without `.` and `..`, by its text alone.
pub(crate) fn normalised(path: &Path) -> PathBuf {
    let mut normalised = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normalised.pop();
            }
            Component::CurDir => {}
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => normalised.push(component),
        }
    }
    normalised
}

fn remove(path: &Path) -> io::Result<()> {
    // One that a killed write left goes, too.
    let _ = fs::remove_file(path.with_file_name(TEMPORARY_NAME));
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    let temporary = folder.join(TEMPORARY_NAME);
    let written = write_whole(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // Half of one is of no use, and a full disk can use the room.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    sync_folder_of(path)?;
    sync_folder_of(folder)
}

fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A rename survives a power cut only when its folder is on the disk too.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn render(path: &Path, stack: &StackName, pins: &Pins) -> String {
    let path = path.display().to_string().replace(['\n', '\r'], " ");
    let mut text = format!(
        "# Written by Dockrev: the images that it updated services of stack `{stack}` to.\n\
         # Dockrev replaces this file; do not edit it.\n\
         #\n\
         # Your own compose files keep their older tags. To bring the stack up with the updated images, pass this\n\
         # file last, after your own files:\n\
         #\n\
         #   docker compose -f compose.yaml -f {path} up -d\n\
         #\n\
         # To make an update your own, write its tag into your compose file; to drop them all, remove this file.\n\
         services:\n"
    );
    for (service, image) in pins {
        // A JSON string is a YAML string, whatever the name holds.
        let service = serde_json::Value::from(service.as_str());
        let image = serde_json::Value::from(image.pinned().familiar());
        // Writing to a string cannot fail.
        let _ = write!(text, "  {service}:\n    image: {image}\n");
    }
    text
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideFile {
    services: Option<BTreeMap<String, OverrideService>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideService {
    image: String,
}

fn parse(text: &str) -> Result<Pins, String> {
    let file: OverrideFile = serde_saphyr::from_str(text).map_err(|error| {
        let at = error.location().map(|at| format!(" at line {}", at.line())).unwrap_or_default();
        format!("it is not an override file of Dockrev{at}: expected `services: {{name: {{image: ...}}}}` and no more")
    })?;
    let pin = |(service, entry): (String, OverrideService)| {
        let pinned = entry.image.parse::<ImageRef>().ok().and_then(|image| {
            Some(PinnedImage {
                repository: image.repository().clone(),
                tag: image.tag()?.clone(),
                digest: image.digest()?.clone(),
            })
        });
        match pinned {
            Some(pinned) => Ok((ServiceName::new(service), pinned)),
            None => Err(format!("image `{}` of service `{service}` is not `repository:tag@digest`", entry.image)),
        }
    };
    file.services.unwrap_or_default().into_iter().map(pin).collect()
}

#[cfg(test)]
mod tests;
