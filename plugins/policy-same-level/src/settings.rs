//! What can be set for a service.

use dockrev_plugin_sdk::policy::{Level, PolicyError};
use serde_json::{Map, Value};

/// The settings of one service.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    /// How far a version may be from the current one.
    pub(crate) levels: Vec<Level>,
    /// Whether pre-releases may be chosen although the current version is none.
    pub(crate) prereleases: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { levels: vec![Level::Major, Level::Minor, Level::Patch, Level::SameLevel], prereleases: false }
    }
}

/// Reads the settings of a service. An unknown name is an error, so that a misspelt one does not go unnoticed.
pub(crate) fn parse(json: &str) -> Result<Settings, PolicyError> {
    let Ok(object) = serde_json::from_str::<Map<String, Value>>(json) else {
        return Err(invalid("service-settings", "is not a JSON object"));
    };
    let mut settings = Settings::default();
    for (name, value) in &object {
        match name.as_str() {
            "levels" => settings.levels = levels(value)?,
            "prereleases" => {
                settings.prereleases = value.as_bool().ok_or_else(|| invalid(name, "is neither true nor false"))?;
            }
            "include" | "exclude" if value.is_null() => {}
            "include" | "exclude" => return Err(invalid(name, "is not supported yet")),
            _ => return Err(invalid(name, "is unknown")),
        }
    }
    Ok(settings)
}

/// A level by its name in settings.
pub(crate) fn name(level: Level) -> &'static str {
    match level {
        Level::Major => "major",
        Level::Minor => "minor",
        Level::Patch => "patch",
        Level::SameLevel => "same-level",
    }
}

fn levels(value: &Value) -> Result<Vec<Level>, PolicyError> {
    let wrong = || invalid("levels", "is not a list of `major`, `minor`, `patch` and `same-level`");
    value.as_array().ok_or_else(wrong)?.iter().map(|item| item.as_str().and_then(level).ok_or_else(wrong)).collect()
}

fn level(text: &str) -> Option<Level> {
    [Level::Major, Level::Minor, Level::Patch, Level::SameLevel].into_iter().find(|level| name(*level) == text)
}

fn invalid(setting: &str, why: &str) -> PolicyError {
    PolicyError::InvalidSettings((setting.to_owned(), why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_invalid(json: &str, setting: &str) {
        match parse(json) {
            Err(PolicyError::InvalidSettings((name, _))) => assert_eq!(name, setting, "{json}"),
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn settings_are_read() {
        assert_eq!(parse("{}"), Ok(Settings::default()));
        let all = r#"{"levels": ["major", "minor", "patch", "same-level"], "include": null, "exclude": null, "prereleases": false}"#;
        assert_eq!(parse(all), Ok(Settings::default()));
        let some = Settings { levels: vec![Level::Patch], prereleases: true };
        assert_eq!(parse(r#"{"levels": ["patch"], "prereleases": true}"#), Ok(some));
        assert_eq!(parse(r#"{"levels": []}"#).map(|settings| settings.levels.len()), Ok(0));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        check_invalid(r#"{"level": ["patch"]}"#, "level");
        check_invalid(r#"{"levels": "patch"}"#, "levels");
        check_invalid(r#"{"levels": ["patches"]}"#, "levels");
        check_invalid(r#"{"levels": null}"#, "levels");
        check_invalid(r#"{"prereleases": "yes"}"#, "prereleases");
        check_invalid(r#"{"include": "^v"}"#, "include");
        check_invalid(r#"{"exclude": []}"#, "exclude");
        check_invalid("[]", "service-settings");
        check_invalid("", "service-settings");
        check_invalid("null", "service-settings");
    }
}
