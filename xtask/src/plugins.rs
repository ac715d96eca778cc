use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::{setup, step, workspace};

/// Crates with this beginning are made for the tests, and hostile.
const TESTING: &str = "testing-";

/// Where the built plugins go.
#[derive(Debug)]
pub(crate) struct Places {
    plugins: PathBuf,
    testing: PathBuf,
}

impl Places {
    /// `target/plugins` and `target/plugins-testing`.
    pub(crate) fn standard() -> Self {
        Self { plugins: workspace::target().join("plugins"), testing: workspace::target().join("plugins-testing") }
    }

    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        match arguments {
            [] => Ok(Self::standard()),
            [out, folder] if out == "--out" => {
                Ok(Self { plugins: folder.into(), testing: format!("{}-testing", folder.trim_end_matches('/')).into() })
            }
            _ => Err(Failure::new("`plugins` takes nothing, or `--out` and a folder")),
        }
    }

    /// The folder of the plugins that people use.
    pub(crate) fn plugins(&self) -> &Path {
        &self.plugins
    }

    /// The folder of the plugins for tests.
    pub(crate) fn testing(&self) -> &Path {
        &self.testing
    }
}

/// A plugin's crate.
struct Plugin {
    package: String,
    library: String,
    manifest: PathBuf,
    id: String,
}

impl Plugin {
    fn is_testing(&self) -> bool {
        self.package.starts_with(TESTING)
    }
}

/// Builds every plugin and lays it out as `<id>/plugin.wasm` and `<id>/plugin.toml`.
pub(crate) fn run(places: &Places) -> Result<(), Failure> {
    let plugins = find()?;
    if plugins.is_empty() {
        println!("No crate below plugins/ has a plugin.toml.");
        return Ok(());
    }
    let mut cargo = workspace::cargo(&["build", "--quiet", "--profile", "plugin", "--target", setup::WASM_TARGET]);
    for plugin in &plugins {
        cargo.args(["--package", &plugin.package]);
    }
    step::command(&mut cargo)?;
    let built = workspace::target().join(setup::WASM_TARGET).join("plugin");
    for plugin in &plugins {
        let place = if plugin.is_testing() { places.testing() } else { places.plugins() };
        let folder = place.join(&plugin.id);
        fs::create_dir_all(&folder)
            .map_err(Failure::of(format!("could not make the folder `{}`", folder.display())))?;
        let component = built.join(format!("{}.wasm", plugin.library));
        let size_bytes = copy_if_changed(&component, &folder.join("plugin.wasm"))?;
        copy_if_changed(&plugin.manifest, &folder.join("plugin.toml"))?;
        println!("{:>7} KiB  {}", size_bytes.div_ceil(1024), folder.display());
    }
    // A folder that somebody named may have plugins of theirs as well.
    let standard = Places::standard();
    if places.plugins() == standard.plugins() {
        remove_others(standard.plugins(), plugins.iter().filter(|plugin| !plugin.is_testing()))?;
        remove_others(standard.testing(), plugins.iter().filter(|plugin| plugin.is_testing()))?;
    }
    Ok(())
}

fn find() -> Result<Vec<Plugin>, Failure> {
    let metadata = workspace::metadata(&["--no-deps"])?;
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut plugins = Vec::new();
    for package in packages {
        let folder = Path::new(package["manifest_path"].as_str().unwrap_or_default()).parent().unwrap_or(Path::new(""));
        let manifest = folder.join("plugin.toml");
        if !folder.starts_with(workspace::root().join("plugins")) || !manifest.is_file() {
            continue;
        }
        let name = package["name"].as_str().unwrap_or_default();
        let text =
            fs::read_to_string(&manifest).map_err(Failure::of(format!("could not read `{}`", manifest.display())))?;
        let id = id(&text).ok_or_else(|| Failure::new(format!("`{}` has no `id = \"...\"`", manifest.display())))?;
        plugins.push(Plugin { package: name.to_owned(), library: name.replace('-', "_"), id: id.to_owned(), manifest });
    }
    Ok(plugins)
}

/// The first `id` of a plugin's manifest. The host reads manifests in earnest; here only the folder's name is wanted.
fn id(manifest: &str) -> Option<&str> {
    manifest
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim() == "id")
        .and_then(|(_, value)| value.split('"').nth(1))
        .filter(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)))
}

/// Copies `from` to `to` unless that has the same content already, and gives the size.
///
/// The host keys compiled plugins by content, and an untouched file does not wake who watches the folder.
fn copy_if_changed(from: &Path, to: &Path) -> Result<usize, Failure> {
    let content = fs::read(from).map_err(Failure::of(format!("could not read `{}`", from.display())))?;
    if fs::read(to).ok().as_ref() != Some(&content) {
        // Moved into place, so that a running host never reads half a plugin.
        let part = to.with_extension("part");
        let write = fs::write(&part, &content).and_then(|()| fs::rename(&part, to));
        write.map_err(Failure::of(format!("could not write `{}`", to.display())))?;
    }
    Ok(content.len())
}

/// Removes plugins that are no longer built.
fn remove_others<'a>(place: &Path, plugins: impl Iterator<Item = &'a Plugin>) -> Result<(), Failure> {
    let ids: Vec<&str> = plugins.map(|plugin| plugin.id.as_str()).collect();
    let Ok(entries) = fs::read_dir(place) else { return Ok(()) };
    for entry in entries.flatten().filter(|entry| !ids.iter().any(|id| entry.file_name() == *id)) {
        let path = entry.path();
        if path.join("plugin.wasm").is_file() {
            fs::remove_dir_all(&path).map_err(Failure::of(format!("could not remove `{}`", path.display())))?;
            println!("  removed  {}", path.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_from_manifests() {
        assert_eq!(id("# a plugin\nid = \"registry-oci\"\nversion = \"1\"\n"), Some("registry-oci"));
        assert_eq!(id("[plugin]\n  id=\"a.b_c\" # what it is called\n"), Some("a.b_c"));
        for bad in ["", "identity = \"x\"", "id = \"../x\"", "id = \"\"", "id = 3"] {
            assert_eq!(id(bad), None, "{bad}");
        }
    }
}
