//! From folders to plugins, and to problems where that fails.

use crate::bindings::notifier::NotifierPre;
use crate::bindings::registry_adapter::RegistryAdapterPre;
use crate::bindings::version_policy::VersionPolicyPre;
use crate::linker;
use crate::manifest::{Manifest, ManifestError, World};
use crate::setup::PluginSetup;
use crate::state::{CallState, GrantedValues};
use crate::text;
use dockrev_core::ids::PluginId;
use dockrev_egress::{HostPattern, Origin};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmtime::Engine;
use wasmtime::component::Component;

pub(crate) const MANIFEST_FILE: &str = "plugin.toml";
pub(crate) const COMPONENT_FILE: &str = "plugin.wasm";
/// Largest manifest that is read, in bytes.
const MANIFEST_MAX_BYTES: u64 = 64 * 1024;
/// Largest component that is read, in bytes: compiling takes many times as much memory.
const COMPONENT_MAX_BYTES: u64 = 32 * 1024 * 1024;

/// A plugin that is ready to be called, or would be if it had settings.
pub(crate) struct Plugin {
    pub(crate) manifest: Manifest,
    pub(crate) size_bytes: u64,
    pub(crate) code: Code,
    pub(crate) granted: Arc<GrantedValues>,
    /// Hosts that every call may reach.
    pub(crate) hosts: Vec<HostPattern>,
    /// Origins that its settings name with `http://`.
    pub(crate) plain: Vec<Origin>,
    /// What is missing before it can be called.
    pub(crate) not_configured: Option<String>,
}

/// The component, compiled and linked.
pub(crate) enum Code {
    RegistryAdapter(RegistryAdapterPre<CallState>),
    VersionPolicy(VersionPolicyPre<CallState>),
    Notifier(NotifierPre<CallState>),
}

/// A plugin that was skipped.
#[derive(Debug)]
pub struct PluginProblem {
    /// Where it is.
    pub folder: PathBuf,
    /// What is wrong with it.
    pub error: LoadError,
}

/// Why a plugin cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file or folder cannot be read.
    #[error("could not read `{}`: {reason}", path.display())]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// The manifest is wrong.
    #[error("`plugin.toml`: {0}")]
    Manifest(#[from] ManifestError),
    /// The folder has another name than the plugin.
    #[error("the plugin's id is `{id}`, so its folder must have that name")]
    FolderName {
        /// The id.
        id: PluginId,
    },
    /// There is another plugin with this id.
    #[error("there is another plugin `{id}` in `{}`, which is used", first.display())]
    Duplicate {
        /// The id.
        id: PluginId,
        /// The folder of the one that is used.
        first: PathBuf,
    },
    /// The component is none.
    #[error("`plugin.wasm` is no WebAssembly component: {reason}")]
    NotAComponent {
        /// Why not.
        reason: String,
    },
    /// The component is not what its manifest says.
    #[error("`plugin.wasm` does not fit the world `{world}`: {reason}")]
    WrongWorld {
        /// The world in the manifest.
        world: World,
        /// What is missing, or too much.
        reason: String,
    },
    /// The settings do not fit the manifest's schema.
    #[error("its settings are wrong: {problem}")]
    Settings {
        /// Which setting, and what is wrong with it.
        problem: String,
    },
    /// A secret was set that the manifest does not ask for.
    #[error("it does not ask for a secret `{name}`, so it gets none")]
    UnknownSecret {
        /// The secret's name.
        name: String,
    },
}

/// The subfolders of `folder` that hold a plugin, by name. A folder that does not exist holds none.
pub(crate) fn plugin_folders(folder: &Path) -> Result<Vec<PathBuf>, LoadError> {
    let unreadable =
        |error: std::io::Error| LoadError::Unreadable { path: folder.to_owned(), reason: error.to_string() };
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries: Result<Vec<_>, _> = std::fs::read_dir(folder).map_err(unreadable)?.collect();
    let paths = entries.map_err(unreadable)?.into_iter().map(|entry| entry.path());
    let mut folders: Vec<PathBuf> =
        paths.filter(|path| path.join(MANIFEST_FILE).exists() || path.join(COMPONENT_FILE).exists()).collect();
    folders.sort();
    Ok(folders)
}

/// Reads and checks the manifest in `folder`.
pub(crate) fn read_manifest(folder: &Path) -> Result<Manifest, LoadError> {
    let path = folder.join(MANIFEST_FILE);
    let bytes = read(&path, MANIFEST_MAX_BYTES)?;
    let text =
        String::from_utf8(bytes).map_err(|_| LoadError::Unreadable { path, reason: "it is not UTF-8".to_owned() })?;
    Ok(Manifest::parse(&text)?)
}

/// Reads the component at `path`.
pub(crate) fn read_component(path: &Path) -> Result<Vec<u8>, LoadError> {
    read(path, COMPONENT_MAX_BYTES)
}

/// Compiles a component, or takes it from the cache.
pub(crate) fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, LoadError> {
    Component::from_binary(engine, bytes).map_err(|error| LoadError::NotAComponent { reason: whole_text(&error) })
}

impl Plugin {
    pub(crate) fn load(
        engine: &Engine,
        folder: &Path,
        manifest: Manifest,
        setup: Option<&PluginSetup>,
    ) -> Result<Self, LoadError> {
        if folder.file_name().is_none_or(|name| name != manifest.id.as_str()) {
            return Err(LoadError::FolderName { id: manifest.id });
        }
        let bytes = read_component(&folder.join(COMPONENT_FILE))?;
        let code = link(engine, &compile(engine, &bytes)?, manifest.world)?;
        let empty = PluginSetup::default();
        let given = setup.unwrap_or(&empty);
        let not_configured = match (check_settings(&manifest, &given.settings), setup) {
            (Ok(()), _) => None,
            (Err(problem), Some(_)) => return Err(LoadError::Settings { problem }),
            (Err(problem), None) => Some(problem),
        };
        if let Some(name) = given.secrets.keys().find(|name| !manifest.capabilities.secrets.contains(name)) {
            return Err(LoadError::UnknownSecret { name: text::shown(name) });
        }
        let secrets = manifest.capabilities.secrets.iter().map(|name| (name.clone(), given.secrets.get(name).cloned()));
        let granted = GrantedValues { settings: given.settings.to_string(), secrets: secrets.collect() };
        let of_settings = settings_origins(&manifest, &given.settings);
        let hosts = manifest.capabilities.hosts.iter().cloned().chain(of_settings.iter().map(HostPattern::from));
        let (hosts, size_bytes) = (hosts.collect(), bytes.len() as u64);
        let plain = of_settings.into_iter().filter(Origin::is_plain).collect();
        Ok(Self { hosts, plain, manifest, size_bytes, code, granted: Arc::new(granted), not_configured })
    }
}

/// Links a component, which finds imports that it must not have and exports that it lacks.
pub(crate) fn link(engine: &Engine, component: &Component, world: World) -> Result<Code, LoadError> {
    let wrong = |error: wasmtime::Error| LoadError::WrongWorld { world, reason: whole_text(&error) };
    let pre = linker::for_world(engine, world).and_then(|linker| linker.instantiate_pre(component)).map_err(wrong)?;
    match world {
        World::RegistryAdapter => RegistryAdapterPre::new(pre).map(Code::RegistryAdapter),
        World::VersionPolicy => VersionPolicyPre::new(pre).map(Code::VersionPolicy),
        World::Notifier => NotifierPre::new(pre).map(Code::Notifier),
    }
    .map_err(wrong)
}

fn check_settings(manifest: &Manifest, settings: &serde_json::Value) -> Result<(), String> {
    let validator = jsonschema::draft202012::new(&manifest.settings_schema).map_err(|error| error.to_string())?;
    validator.validate(settings).map_err(|error| {
        let path = error.instance_path().to_string();
        let setting = path.trim_start_matches('/').replace('/', ".");
        let problem = text::shown(&error.to_string());
        if setting.is_empty() { problem } else { format!("`{setting}`: {problem}") }
    })
}

/// Where the URLs in the settings point that the manifest names.
fn settings_origins(manifest: &Manifest, settings: &serde_json::Value) -> Vec<Origin> {
    let names = manifest.capabilities.settings_hosts.iter();
    let urls = names.filter_map(|name| settings.get(name)?.as_str()?.parse().ok());
    urls.filter_map(|url| Origin::of(&url)).collect()
}

fn read(path: &Path, max_bytes: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |reason: String| LoadError::Unreadable { path: path.to_owned(), reason };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut bytes = Vec::new();
    file.take(max_bytes + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > max_bytes {
        return Err(unreadable(format!("it is larger than {max_bytes} bytes")));
    }
    Ok(bytes)
}

fn whole_text(error: &wasmtime::Error) -> String {
    text::shown(&format!("{error:#}"))
}
