//! What the admin has set for this plugin.

use serde::de::DeserializeOwned;

/// The settings are not what the plugin's own type describes, although the manifest's schema let them pass.
#[derive(Debug, thiserror::Error)]
#[error("the settings do not fit the plugin: {source}")]
pub struct Error {
    #[from]
    source: serde_json::Error,
}

/// Reads all settings into a type of the plugin's own.
///
/// The host has checked them against the schema in the manifest; a failure here means that schema and type disagree.
pub fn get<T: DeserializeOwned>() -> Result<T, Error> {
    Ok(serde_json::from_str(&crate::host::settings())?)
}
