//! What can be set for a service.

use crate::expression::{Filter, Pattern};
use dockrev_plugin_sdk::policy::{Level, PolicyError};
use serde_json::{Map, Value};

/// The settings of one service.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// How far a version may be from the current one.
    pub(crate) levels: Vec<Level>,
    /// Whether pre-releases may be chosen although the current version is none.
    pub(crate) prereleases: bool,
    /// What a tag must match to be chosen.
    pub(crate) include: Option<Filter>,
    /// What a tag must not match to be chosen.
    pub(crate) exclude: Option<Filter>,
    /// How tags are read, if not by their shape.
    pub(crate) pattern: Option<Pattern>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            levels: vec![Level::Major, Level::Minor, Level::Patch, Level::SameLevel],
            prereleases: false,
            include: None,
            exclude: None,
            pattern: None,
        }
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
            "include" => settings.include = expression(name, value, Filter::parse)?,
            "exclude" => settings.exclude = expression(name, value, Filter::parse)?,
            "pattern" => settings.pattern = expression(name, value, Pattern::parse)?,
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

/// A regular expression; `null` is as good as none.
fn expression<T>(
    name: &str,
    value: &Value,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, PolicyError> {
    if value.is_null() {
        return Ok(None);
    }
    let text = value.as_str().ok_or_else(|| invalid(name, "is no text with a regular expression"))?;
    parse(text).map(Some).map_err(|why| invalid(name, &why))
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
            Err(PolicyError::InvalidSettings((name, why))) => {
                assert_eq!(name, setting, "{json}");
                assert!(!why.is_empty() && !why.ends_with('.'), "{why}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }

    #[test]
    fn settings_are_read() {
        let all = r#"{"levels": ["major", "minor", "patch", "same-level"], "include": null, "exclude": null, "pattern": null, "prereleases": false}"#;
        for json in ["{}", all] {
            let Settings { levels, prereleases, include, exclude, pattern } = parse(json).expect("they are right");
            assert_eq!((levels.len(), prereleases), (4, false));
            assert!(include.is_none() && exclude.is_none() && pattern.is_none());
        }
        let some = r#"{"levels": ["patch"], "prereleases": true, "include": "^v", "exclude": "x$", "pattern": "v(?<major>[0-9]+)"}"#;
        let Settings { levels, prereleases, include, exclude, pattern } = parse(some).expect("they are right");
        assert_eq!((levels, prereleases), (vec![Level::Patch], true));
        assert!(include.is_some() && exclude.is_some() && pattern.is_some());
        assert_eq!(parse(r#"{"levels": []}"#).map(|settings| settings.levels.len()), Ok(0));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        check_invalid(r#"{"level": ["patch"]}"#, "level");
        check_invalid(r#"{"levels": "patch"}"#, "levels");
        check_invalid(r#"{"levels": ["patches"]}"#, "levels");
        check_invalid(r#"{"levels": null}"#, "levels");
        check_invalid(r#"{"prereleases": "yes"}"#, "prereleases");
        check_invalid(r#"{"include": "("}"#, "include");
        check_invalid(r#"{"include": ""}"#, "include");
        check_invalid(r#"{"exclude": []}"#, "exclude");
        check_invalid(r#"{"exclude": "[z-a]"}"#, "exclude");
        check_invalid(r#"{"pattern": "v[0-9]+"}"#, "pattern");
        check_invalid(r#"{"pattern": "(?<year>[0-9]+)"}"#, "pattern");
        check_invalid("[]", "service-settings");
        check_invalid("", "service-settings");
        check_invalid("null", "service-settings");
    }
}
