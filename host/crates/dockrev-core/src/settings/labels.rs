//! Settings on containers: Dockrev's own labels, and those of other updaters where they mean the same.

use super::{InvalidLabel, SettingsLayer};
use crate::policy::Level;
use std::collections::BTreeMap;

/// Every label that is read, and the setting that it sets. Labels of Dockrev come after those of others, and win.
pub const KNOWN_LABELS: [(&str, &str); 14] = [
    ("com.centurylinklabs.watchtower.enable", "watch"),
    ("com.centurylinklabs.watchtower.monitor-only", "update, the other way round"),
    ("wud.watch", "watch"),
    ("wud.tag.include", "include"),
    ("wud.tag.exclude", "exclude"),
    ("diun.enable", "watch"),
    ("dockrev.watch", "watch"),
    ("dockrev.update", "update"),
    ("dockrev.levels", "levels"),
    ("dockrev.prereleases", "prereleases"),
    ("dockrev.include", "include"),
    ("dockrev.exclude", "exclude"),
    ("dockrev.pattern", "pattern"),
    ("dockrev.monitor-only", "update, the other way round"),
];

/// One layer for each known label that is there, in the order of [`KNOWN_LABELS`].
pub(super) fn layers(labels: &BTreeMap<String, String>) -> Result<Vec<(String, SettingsLayer)>, InvalidLabel> {
    let present = KNOWN_LABELS.iter().filter_map(|(name, _)| Some((*name, labels.get(*name)?)));
    present.map(|(name, value)| Ok((format!("label `{name}`"), layer(name, value)?))).collect()
}

fn layer(name: &'static str, value: &str) -> Result<SettingsLayer, InvalidLabel> {
    let nothing = SettingsLayer::default();
    let text = Some(value.to_owned());
    Ok(match name {
        "com.centurylinklabs.watchtower.enable" | "wud.watch" | "diun.enable" | "dockrev.watch" => {
            SettingsLayer { watch: Some(boolean(name, value)?), ..nothing }
        }
        "com.centurylinklabs.watchtower.monitor-only" | "dockrev.monitor-only" => {
            SettingsLayer { update: Some(!boolean(name, value)?), ..nothing }
        }
        "dockrev.update" => SettingsLayer { update: Some(boolean(name, value)?), ..nothing },
        "dockrev.levels" => SettingsLayer { levels: Some(levels(name, value)?), ..nothing },
        "dockrev.prereleases" => SettingsLayer { prereleases: Some(boolean(name, value)?), ..nothing },
        "wud.tag.include" | "dockrev.include" => SettingsLayer { include: text, ..nothing },
        "wud.tag.exclude" | "dockrev.exclude" => SettingsLayer { exclude: text, ..nothing },
        "dockrev.pattern" => SettingsLayer { pattern: text, ..nothing },
        _ => nothing,
    })
}

fn wrong(name: &'static str, value: &str, expected: &'static str) -> InvalidLabel {
    InvalidLabel { name, value: value.to_owned(), expected }
}

fn boolean(name: &'static str, value: &str) -> Result<bool, InvalidLabel> {
    match value.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err(wrong(name, value, "`true` or `false`")),
    }
}

fn levels(name: &'static str, value: &str) -> Result<Vec<Level>, InvalidLabel> {
    let level = |text: &str| match text {
        "major" => Ok(Level::Major),
        "minor" => Ok(Level::Minor),
        "patch" => Ok(Level::Patch),
        "same-level" => Ok(Level::SameLevel),
        _ => Err(wrong(name, value, "some of `major,minor,patch,same-level`")),
    };
    value.split(',').map(str::trim).map(level).collect()
}
