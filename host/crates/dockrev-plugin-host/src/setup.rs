use dockrev_egress::Secret;
use std::collections::BTreeMap;

/// What the admin set for one plugin.
#[derive(Clone, Debug)]
pub struct PluginSetup {
    /// Its settings, a JSON object.
    pub settings: serde_json::Value,
    /// Values of its secrets.
    pub secrets: BTreeMap<String, Secret>,
}

impl Default for PluginSetup {
    fn default() -> Self {
        Self { settings: serde_json::json!({}), secrets: BTreeMap::new() }
    }
}
