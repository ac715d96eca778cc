//! Reading settings of services: from labels, the environment and the configuration file.

use super::catalog::{self, Kind, Label, Place, Sense, Setting};
use super::{SettingsError, SettingsLayer, Written};
use crate::policy::Level;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;

/// What every label of Dockrev begins with.
const OWN_LABELS: &str = "dockrev.";

/// One layer for each known label that is there; labels of Dockrev come after those of others.
pub(super) fn label_layers(labels: &BTreeMap<String, String>) -> Result<Vec<(String, SettingsLayer)>, SettingsError> {
    if let Some(unknown) = labels.keys().find(|name| name.starts_with(OWN_LABELS) && !is_known(name)) {
        let own = catalog::labels().map(|(label, _)| label.name).filter(|name| name.starts_with(OWN_LABELS));
        return Err(SettingsError::UnknownLabel { name: unknown.clone(), nearest: catalog::nearest(unknown, own) });
    }
    let present =
        |(label, setting): (&'static Label, &'static Setting)| Some((label, setting, labels.get(label.name)?));
    let mut layers = Vec::new();
    for own in [false, true] {
        for (label, setting, value) in catalog::labels().filter_map(present) {
            if label.name.starts_with(OWN_LABELS) == own {
                let source = format!("label `{}`", label.name);
                layers.push((source.clone(), layer(setting, label.sense, value, source)?));
            }
        }
    }
    Ok(layers)
}

fn is_known(name: &str) -> bool {
    catalog::labels().any(|(label, _)| label.name == name)
}

/// One layer for each variable that is set.
pub(super) fn environment_layers(
    read: impl Fn(&'static str) -> Option<String>,
) -> Result<Vec<(String, SettingsLayer)>, SettingsError> {
    let set = |setting: &'static Setting| setting.environment.and_then(|name| Some((setting, name, read(name)?)));
    let layers = catalog::at(Place::Service).filter_map(set).map(|(setting, name, value)| {
        let source = format!("environment variable `{name}`");
        Ok((source.clone(), layer(setting, Sense::Same, &value, source)?))
    });
    layers.collect()
}

fn layer(setting: &'static Setting, sense: Sense, value: &str, source: String) -> Result<SettingsLayer, SettingsError> {
    let mut layer = SettingsLayer::default();
    set(&mut layer, setting, sense, value).map_err(|expected| SettingsError::Invalid {
        source_of: source,
        value: value.to_owned(),
        expected,
    })?;
    Ok(layer)
}

/// Sets `setting` to what `value` says, or says what it should have been.
fn set(layer: &mut SettingsLayer, setting: &Setting, sense: Sense, value: &str) -> Result<(), String> {
    let mut written = Written::Value(value.to_owned());
    match setting.kind {
        Some(Kind::Switch(set)) => {
            let on = boolean(value)? == (sense == Sense::Same);
            set(layer, on);
            written = Written::Value(on.to_string());
        }
        Some(Kind::Levels(set)) => set(layer, levels(value)?),
        Some(Kind::Text(set)) => set(layer, value.to_owned()),
        Some(Kind::Age(set)) => {
            set(layer, value.parse().map_err(|error: crate::age::ParseMinAgeError| error.to_string())?)
        }
        Some(Kind::Backup(set)) => set(&mut layer.backup, value)?,
        Some(Kind::Command(set)) => {
            set(&mut layer.backup, value)?;
            written = Written::Command;
        }
        None => return Ok(()),
    }
    layer.written.insert(setting.key, written);
    Ok(())
}

fn boolean(value: &str) -> Result<bool, String> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("expected `true` or `false`".to_owned()),
    }
}

fn levels(value: &str) -> Result<Vec<Level>, String> {
    let level = |text: &str| match text {
        "major" => Ok(Level::Major),
        "minor" => Ok(Level::Minor),
        "patch" => Ok(Level::Patch),
        "same-level" => Ok(Level::SameLevel),
        _ => Err("expected some of `major,minor,patch,same-level`".to_owned()),
    };
    value.split(',').map(str::trim).map(level).collect()
}

impl<'de> de::Deserialize<'de> for SettingsLayer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(LayerVisitor)
    }
}

struct LayerVisitor;

impl<'de> Visitor<'de> for LayerVisitor {
    type Value = SettingsLayer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings of a service")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SettingsLayer, A::Error> {
        let mut layer = SettingsLayer::default();
        while let Some(key) = map.next_key::<String>()? {
            let setting = catalog::at(Place::Service).find(|setting| setting.key == key);
            map.next_value_seed(ValueSeed { layer: &mut layer, key: &key, setting })?;
        }
        Ok(layer)
    }
}

/// Reads one value into its place, so that what is wrong with it is where it is.
struct ValueSeed<'a> {
    layer: &'a mut SettingsLayer,
    key: &'a str,
    setting: Option<&'static Setting>,
}

impl<'de> DeserializeSeed<'de> for ValueSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        use serde::Deserialize as _;
        let Some((setting, kind)) = self.setting.and_then(|setting| Some((setting, setting.kind?))) else {
            let nearest = catalog::nearest(self.key, catalog::at(Place::Service).map(|setting| setting.key));
            let meant = catalog::did_you_mean(nearest);
            return Err(de::Error::custom(format!("unknown setting `{}`{meant}", self.key)));
        };
        if let Kind::Switch(set) = kind {
            let on = bool::deserialize(deserializer)?;
            set(self.layer, on);
            self.layer.written.insert(setting.key, Written::Value(on.to_string()));
            return Ok(());
        }
        if let Kind::Levels(set) = kind {
            let levels = Vec::<Level>::deserialize(deserializer)?;
            let names: Vec<String> = levels.iter().map(ToString::to_string).collect();
            set(self.layer, levels);
            self.layer.written.insert(setting.key, Written::Value(names.join(",")));
            return Ok(());
        }
        // Everything else is a text here, too.
        let text = String::deserialize(deserializer)?;
        set(self.layer, setting, Sense::Same, &text).map_err(de::Error::custom)
    }
}
