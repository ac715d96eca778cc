//! Settings of a service, and where they come from.
//!
//! Later layers win: what is built in, `[defaults]` of the configuration file, the environment, the labels of other
//! updaters, Dockrev's own labels, and the service's own table in the configuration file. The file of whoever runs the
//! machine has the last word, since labels may come with an image.

use crate::age::MinAge;
use crate::backup::{BackupLayer, BackupSettings};
use crate::detection::Exclusion;
use crate::image::{ImageRef, Tag};
use crate::policy::Level;
use catalog::{Place, Setting};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

pub mod catalog;
mod filter;
mod read;
pub mod table;

pub use filter::{FilterError, LabelFilter, LabelFilters};

/// What one layer says; what it does not say is left to the layers below.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsLayer {
    /// Whether the service is looked at at all.
    pub watch: Option<bool>,
    /// Whether it is looked at even where a filter or a skip leaves it out.
    pub force: Option<bool>,
    /// Whether updates are applied; if not, they are shown only.
    pub update: Option<bool>,
    /// Whether the server applies updates by itself.
    pub auto_update: Option<bool>,
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
    /// How long an image has to be out before it is taken.
    pub min_age: Option<MinAge>,
    /// Whether what is written with a tag and a digest is left out.
    pub skip_pinned: Option<bool>,
    /// Whether full versions are left out.
    pub skip_exact: Option<bool>,
    /// Whether a newer tag is written into the user's own file.
    pub rewrite: Option<bool>,
    /// What is copied before an update, and what goes back.
    pub backup: BackupLayer,
    /// What was read, by the setting's key, as people write it. Commands are not kept: they may hold a password.
    pub written: BTreeMap<&'static str, Written>,
}

/// A value that was read, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// As it is written in the configuration file.
    Value(String),
    /// A command: that there is one is all that is kept.
    Command,
}

/// One setting, and what holds for a service.
#[derive(Clone, Debug)]
pub struct SettingInForce {
    /// The setting.
    pub setting: &'static Setting,
    /// What is written, and what says so. Absent: nothing does, and the setting's default holds.
    pub set: Option<(Written, String)>,
}

/// Settings of all services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsBook {
    /// For every service.
    pub defaults: SettingsLayer,
    /// For every service, from the environment: what says so, and what it says.
    pub environment: Vec<(String, SettingsLayer)>,
    /// For single services, by `STACK/SERVICE`, or the name of a container without a stack.
    pub services: BTreeMap<String, SettingsLayer>,
    /// Which containers are looked at.
    pub filters: LabelFilters,
}

/// What holds for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceSettings {
    /// What leaves it out before anything is known of its image.
    pub left_out: Option<Exclusion>,
    /// What says that it is left out if it is written with a tag and a digest.
    pub skip_pinned: Option<String>,
    /// What says that it is left out if its tag is a full version.
    pub skip_exact: Option<String>,
    /// Whether updates are applied, and what says so if not.
    pub update: Switch,
    /// How long an image has to be out before it is taken.
    pub min_age: Option<MinAge>,
    /// What the version policy is told: a JSON object.
    pub policy: Value,
}

/// A label or variable cannot be read. A service is then not judged at all: a limit that is misread is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Its value is wrong.
    #[error("{source_of} is `{value}`: {expected}")]
    Invalid {
        /// What it is: a label or a variable.
        source_of: String,
        /// Its value.
        value: String,
        /// What it may be.
        expected: String,
    },
    /// There is no such label of Dockrev.
    #[error("label `{name}` is not known{}", catalog::did_you_mean(*.nearest))]
    UnknownLabel {
        /// Its name.
        name: String,
        /// The known name that is most like it.
        nearest: Option<&'static str>,
    },
}

impl SettingsError {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "settings.invalid-label",
            Self::UnknownLabel { .. } => "settings.unknown-label",
        }
    }
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
    /// What the environment says, by `read`, which gives the value of a variable.
    pub fn of_environment(
        read: impl Fn(&'static str) -> Option<String>,
    ) -> Result<Vec<(String, SettingsLayer)>, SettingsError> {
        read::environment_layers(read)
    }

    /// What holds for the service or container `name`, whose container has these labels.
    pub fn of(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<ServiceSettings, SettingsError> {
        let settings = self.of_layers(&self.layers(name, labels)?);
        let filtered = self.filters.leaving_out(labels).map(|by| Exclusion::FilteredOut { by });
        let left_out = if settings.is_forced { None } else { filtered.or(settings.settings.left_out) };
        Ok(ServiceSettings { left_out, ..settings.settings })
    }

    /// What holds for the backups of the service `name`, whose container has these labels.
    pub fn backup_of(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<BackupSettings, SettingsError> {
        let mut settings = BackupSettings::default();
        for (_, layer) in self.layers(name, labels)? {
            layer.backup.lay_over(&mut settings);
        }
        Ok(settings)
    }

    /// Whether a newer tag of the service `name`, whose container has these labels, is written into the user's own file.
    pub fn rewrites(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<bool, SettingsError> {
        Ok(last(&self.layers(name, labels)?, |layer| layer.rewrite).is_some_and(|(_, on)| on))
    }

    /// Whether the server updates the service or container `name`, whose container has these labels, by itself.
    pub fn updates_by_itself(&self, name: &str, labels: &BTreeMap<String, String>) -> Result<bool, SettingsError> {
        Ok(last(&self.layers(name, labels)?, |layer| layer.auto_update).is_some_and(|(_, on)| on))
    }

    /// Every setting of the service or container `name`, whose container has these labels, with what says so.
    pub fn in_force(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<Vec<SettingInForce>, SettingsError> {
        let layers = self.layers(name, labels)?;
        let in_force = |setting: &'static Setting| {
            let written = last(&layers, |layer| layer.written.get(setting.key).cloned());
            SettingInForce { setting, set: written.map(|(by, written)| (written, by.clone())) }
        };
        Ok(catalog::at(Place::Service).map(in_force).collect())
    }

    /// What holds for an image that was asked for by `name`: filters are for containers.
    pub fn of_image(&self, name: &str) -> Result<ServiceSettings, SettingsError> {
        Ok(self.of_layers(&self.layers(name, &BTreeMap::new())?).settings)
    }

    fn layers(
        &self,
        name: &str,
        labels: &BTreeMap<String, String>,
    ) -> Result<Vec<(String, SettingsLayer)>, SettingsError> {
        let mut layers = vec![("`[defaults]`".to_owned(), self.defaults.clone())];
        layers.extend(self.environment.iter().cloned());
        layers.extend(read::label_layers(labels)?);
        if let Some(own) = self.services.get(name) {
            layers.push((format!("`[services.\"{name}\"]`"), own.clone()));
        }
        Ok(layers)
    }

    fn of_layers(&self, layers: &[(String, SettingsLayer)]) -> Resolved {
        let on = |setting: fn(&SettingsLayer) -> Option<bool>| {
            last(layers, setting).filter(|(_, on)| *on).map(|(by, _)| by.clone())
        };
        let off = |setting: fn(&SettingsLayer) -> Option<bool>| {
            last(layers, setting).filter(|(_, on)| !*on).map(|(by, _)| by.clone())
        };
        let is_forced = on(|layer| layer.force).is_some();
        let unless_forced = |by: Option<String>| by.filter(|_| !is_forced);
        let settings = ServiceSettings {
            left_out: unless_forced(off(|layer| layer.watch)).map(|by| Exclusion::SwitchedOff { by }),
            skip_pinned: unless_forced(on(|layer| layer.skip_pinned)),
            skip_exact: unless_forced(on(|layer| layer.skip_exact)),
            update: off(|layer| layer.update).map_or(Switch::On, Switch::Off),
            min_age: last(layers, |layer| layer.min_age.clone()).map(|(_, age)| age),
            policy: policy(layers),
        };
        Resolved { is_forced, settings }
    }
}

/// What the layers come to.
struct Resolved {
    is_forced: bool,
    settings: ServiceSettings,
}

impl ServiceSettings {
    /// What leaves the image out that is written as `reference`, if anything. `own_pin`: whether its digest was written by
    /// Dockrev and not by whoever runs the service.
    #[must_use]
    pub fn leaves_out(&self, reference: &ImageRef, own_pin: OwnPin) -> Option<Exclusion> {
        if let (Some(by), Some(_), OwnPin::No) = (&self.skip_pinned, reference.digest(), own_pin) {
            return Some(Exclusion::SkippedPinned { by: by.clone() });
        }
        let by = self.skip_exact.as_ref()?;
        let tag = reference.effective_tag().filter(is_full_version)?;
        Some(Exclusion::SkippedExact { tag, by: by.clone() })
    }
}

/// Whether the digest in a reference was written by Dockrev's own override file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnPin {
    /// It was.
    Yes,
    /// It was not, or there is none.
    No,
}

/// Numbers that make a version a full one: `major.minor.patch`.
const FULL_VERSION_NUMBERS: usize = 3;

/// Whether the first numbers of `tag` are at least three, with dots between them.
fn is_full_version(tag: &Tag) -> bool {
    let text = tag.as_str();
    let Some(begin) = text.find(|c: char| c.is_ascii_digit()) else { return false };
    let end = text[begin..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |end| begin + end);
    text[begin..end].split('.').filter(|number| !number.is_empty()).count() >= FULL_VERSION_NUMBERS
}

/// What the last layer says that says something, and which one that is.
fn last<T>(layers: &[(String, SettingsLayer)], setting: impl Fn(&SettingsLayer) -> Option<T>) -> Option<(&String, T)> {
    layers.iter().rev().find_map(|(source, layer)| setting(layer).map(|value| (source, value)))
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
