//! Settings of a service, and where they come from.
//!
//! Later layers win: what is built in, `[defaults]` of the configuration file, the labels of other updaters, Dockrev's own
//! labels, and the service's own table in the configuration file.

use crate::policy::Level;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

mod labels;

pub use labels::KNOWN_LABELS;

/// What one layer says; what it does not say is left to the layers below.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SettingsLayer {
    /// Whether the service is looked at at all.
    pub watch: Option<bool>,
    /// Whether updates are applied; if not, they are shown only.
    pub update: Option<bool>,
    /// Levels that may be chosen.
    pub levels: Option<Vec<Level>>,
    /// Whether pre-releases may be chosen for a service that runs none.
    pub prereleases: Option<bool>,
    /// Regular expression that a tag must match.
    pub include: Option<String>,
    /// Regular expression that a tag must not match.
    pub exclude: Option<String>,
    /// Regular expression that names the numbers of tags of no known shape.
    pub pattern: Option<String>,
}

/// Settings of all services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsBook {
    /// For every service.
    pub defaults: SettingsLayer,
    /// For single services, by `STACK/SERVICE`, or the name of a container without a stack.
    pub services: BTreeMap<String, SettingsLayer>,
}

/// What holds for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSettings {
    /// Whether it is looked at, and what says so if not.
    pub watch: Switch,
    /// Whether updates are applied, and what says so if not.
    pub update: Switch,
    /// What the version policy is told: a JSON object.
    pub policy: Value,
}

/// A label cannot be read. The service is then not judged at all: a limit that is misread is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("label `{name}` is `{value}`: expected {expected}")]
pub struct InvalidLabel {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it may be.
    pub expected: &'static str,
}

/// On, or off because of something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switch {
    /// On.
    On,
    /// Off, and what says so: a label, or a table of the configuration file.
    Off(String),
}

impl SettingsBook {
    /// What holds for the service or container `name`, whose container has these labels.
    pub fn of(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<ServiceSettings, InvalidLabel> {
        let mut layers = vec![("`[defaults]`".to_owned(), self.defaults.clone())];
        layers.extend(labels::layers(labels)?);
        if let Some(own) = self.services.get(name) {
            layers.push((format!("`[services.\"{name}\"]`"), own.clone()));
        }
        Ok(ServiceSettings {
            watch: switch(&layers, |layer| layer.watch),
            update: switch(&layers, |layer| layer.update),
            policy: policy(&layers),
        })
    }
}

fn switch(layers: &[(String, SettingsLayer)], setting: impl Fn(&SettingsLayer) -> Option<bool>) -> Switch {
    let last = layers.iter().rev().find_map(|(source, layer)| setting(layer).map(|value| (source, value)));
    match last {
        Some((source, false)) => Switch::Off(source.clone()),
        Some((_, true)) | None => Switch::On,
    }
}

/// Only what some layer sets: a policy has defaults of its own.
fn policy(layers: &[(String, SettingsLayer)]) -> Value {
    let mut settings = Map::new();
    for (_, layer) in layers {
        let levels =
            layer.levels.as_ref().map(|levels| levels.iter().map(|level| Value::from(level.to_string())).collect());
        let texts = [("include", &layer.include), ("exclude", &layer.exclude), ("pattern", &layer.pattern)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text.clone()?))));
        let others = [("levels", levels), ("prereleases", layer.prereleases.map(Value::from))];
        let others = others.into_iter().filter_map(|(name, value)| Some((name, value?)));
        settings.extend(texts.chain(others).map(|(name, value)| (name.to_owned(), value)));
    }
    Value::Object(settings)
}

#[cfg(test)]
mod tests;
