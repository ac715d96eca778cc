use crate::engine;
use crate::load::{self, COMPONENT_FILE, LoadError, MANIFEST_FILE};
use crate::manifest::Manifest;
use sha2::{Digest, Sha256};
use std::path::Path;

/// What a plugin's file or folder is.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspection {
    /// Its manifest. Absent for a component that stands alone.
    pub manifest: Option<Manifest>,
    /// Size of the component, in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the component, as lower-case hexadecimal.
    pub sha256: String,
    /// Interfaces that the component imports, by name.
    pub imports: Vec<String>,
    /// Interfaces that the component exports, by name.
    pub exports: Vec<String>,
    /// Whether the component fits the manifest's world; what is wrong with it if not. Absent without a manifest.
    pub fits_world: Option<Result<(), String>>,
}

/// The plugin cannot be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// A file is broken or cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The WebAssembly engine does not start.
    #[error("could not start the WebAssembly engine: {0}")]
    Engine(String),
}

/// Looks at a plugin without running it: `path` is its folder or its component. A manifest beside a component is read
/// as well.
///
/// # Errors
///
/// When a file cannot be read, the manifest is wrong, or the component is none.
pub fn inspect(path: &Path) -> Result<Inspection, InspectError> {
    let (folder, component_path) = match path.parent() {
        Some(parent) if !path.is_dir() => (parent.to_owned(), path.to_owned()),
        _ => (path.to_owned(), path.join(COMPONENT_FILE)),
    };
    let wanted = path.is_dir() || folder.join(MANIFEST_FILE).exists();
    let manifest = wanted.then(|| load::read_manifest(&folder)).transpose()?;
    let bytes = load::read_component(&component_path)?;
    let engine = engine::for_inspection().map_err(|error| InspectError::Engine(format!("{error:#}")))?;
    let component = load::compile(&engine, &bytes)?;
    let kind = component.component_type();
    let fits_world = manifest
        .as_ref()
        .map(|manifest| load::link(&engine, &component, manifest.world).map(drop).map_err(|error| error.to_string()));
    Ok(Inspection {
        size_bytes: bytes.len() as u64,
        sha256: Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect(),
        imports: kind.imports(&engine).map(|(name, _)| name.to_owned()).collect(),
        exports: kind.exports(&engine).map(|(name, _)| name.to_owned()).collect(),
        fits_world,
        manifest,
    })
}
