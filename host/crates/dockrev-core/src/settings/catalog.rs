//! Every setting there is, declared once: what reads them, what knows their names and what documents them goes by this.

use super::SettingsLayer;
use crate::age::MinAge;
use crate::backup::ReadSetting;
use crate::policy::Level;

mod list;

pub use list::SETTINGS;

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// Its key in the configuration file. Empty for one that is only in the environment.
    pub key: &'static str,
    /// Where in the configuration file it is.
    pub place: Place,
    /// The environment variable that sets it.
    pub environment: Option<&'static str>,
    /// The labels that set it, those of other updaters first: later ones win.
    pub labels: &'static [Label],
    /// What holds if nothing sets it, in words.
    pub default: &'static str,
    /// What it means, as Markdown without line ends.
    pub meaning: &'static str,
    /// How a service's layer takes it; none where it is no setting of services.
    pub(super) kind: Option<Kind>,
}

/// Where in the configuration file a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Not at all: only in the environment.
    Nowhere,
    /// At the top.
    Top,
    /// In the table of a registry.
    Registry,
    /// In the table of a plugin.
    Plugin,
    /// In the table of a webhook.
    Webhook,
    /// In `[defaults]` and in the table of a service.
    Service,
}

/// A label that sets a setting.
#[derive(Debug)]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// Which way it is meant.
    pub sense: Sense,
}

/// Which way a label is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sense {
    /// As the setting.
    Same,
    /// The other way round: `true` switches the setting off.
    Opposite,
}

/// What kind of value a service's setting has, and where it goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Switch(fn(&mut SettingsLayer, bool)),
    Levels(fn(&mut SettingsLayer, Vec<Level>)),
    Text(fn(&mut SettingsLayer, String)),
    Age(fn(&mut SettingsLayer, MinAge)),
    Backup(ReadSetting),
    /// A command, which may hold a password: nobody is shown it.
    Command(ReadSetting),
}

/// The settings at one place of the configuration file.
pub fn at(place: Place) -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().filter(move |setting| setting.place == place)
}

/// Every environment variable that sets something.
pub fn variables() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(|setting| setting.environment)
}

/// Every label that sets something, and what it sets: labels of Dockrev after those of others.
pub fn labels() -> impl Iterator<Item = (&'static Label, &'static Setting)> {
    SETTINGS.iter().flat_map(|setting| setting.labels.iter().map(move |label| (label, setting)))
}

/// How alike two names have to be for one to be taken for a misspelling of the other, from 0 to 1.
const LIKENESS_MIN: f64 = 0.6;

/// The name that `unknown` was probably meant to be.
pub fn nearest(unknown: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let likeness = |name: &'static str| (strsim::normalized_damerau_levenshtein(unknown, name), name);
    let nearest = known.map(likeness).filter(|(alike, _)| *alike >= LIKENESS_MIN).max_by(|a, b| a.0.total_cmp(&b.0));
    nearest.map(|(_, name)| name)
}

/// `nearest` as the end of a sentence.
#[must_use]
pub fn did_you_mean(nearest: Option<&'static str>) -> String {
    nearest.map(|name| format!(": did you mean `{name}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_is_declared_once() {
        let keys: Vec<_> =
            SETTINGS.iter().filter(|setting| !setting.key.is_empty()).map(|setting| setting.key).collect();
        let labels: Vec<_> = labels().map(|(label, _)| label.name).collect();
        for names in [keys, labels, variables().collect()] {
            assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        }
    }

    #[test]
    fn what_a_service_has_is_in_all_places() {
        for setting in at(Place::Service) {
            let upper = setting.key.to_ascii_uppercase().replace('-', "_");
            assert_eq!(setting.environment, Some(format!("DOCKREV_{upper}").as_str()));
            let own = format!("dockrev.{}", setting.key);
            assert!(setting.labels.iter().any(|label| label.name == own && label.sense == Sense::Same), "{own}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_no_farfetched_one() {
        let check = |unknown: &str, expected: Option<&str>| {
            assert_eq!(nearest(unknown, at(Place::Service).map(|setting| setting.key)), expected, "{unknown}");
        };
        check("wach", Some("watch"));
        check("min_age", Some("min-age"));
        check("levles", Some("levels"));
        check("schedule", None);
    }
}
