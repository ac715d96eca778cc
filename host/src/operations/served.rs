//! Which adapter served a registry, and why, in words and as JSON.

use dockrev_plugin_host::{Served, Why};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::SystemTime;
use utoipa::ToSchema;

/// Which adapter serves a registry, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ServedBy {
    /// The adapter's id.
    adapter: String,
    /// `configured`, `manifest`, `recognised` or `generic`.
    why: String,
    /// The path that the registry was recognised by.
    path: Option<String>,
    /// When the registry was asked what it is.
    #[schema(value_type = Option<String>, format = DateTime)]
    asked_at: Option<Timestamp>,
    /// Why it could not be asked properly.
    problem: Option<String>,
}

impl From<&Served> for ServedBy {
    fn from(served: &Served) -> Self {
        let (why, path, asked_at, problem) = match &served.why {
            Why::Configured => ("configured", None, None, None),
            Why::MadeForIt => ("manifest", None, None, None),
            Why::Recognised { path, at } => ("recognised", Some(path.clone()), Some(*at), None),
            Why::Generic { asked_at, problem } => ("generic", None, *asked_at, problem.clone()),
        };
        Self {
            adapter: served.adapter.to_string(),
            why: why.to_owned(),
            path,
            asked_at: asked_at.and_then(timestamp),
            problem,
        }
    }
}

/// For people.
#[must_use]
pub(crate) fn words(served: &Served) -> String {
    let on = |at: SystemTime| {
        timestamp(at).map(|at| format!(" on {}", at.strftime("%Y-%m-%d %H:%M UTC"))).unwrap_or_default()
    };
    let why = match &served.why {
        Why::Configured => "the configuration says so".to_owned(),
        Why::MadeForIt => "it is made for this registry".to_owned(),
        Why::Recognised { path, at } => format!("it recognised the registry by `{path}`{}", on(*at)),
        Why::Generic { asked_at: Some(at), problem: Some(problem) } => {
            format!("none recognised the registry{}: {problem}", on(*at))
        }
        Why::Generic { asked_at: Some(at), problem: None } => format!("none recognised the registry{}", on(*at)),
        Why::Generic { asked_at: None, .. } => "no other one serves the registry".to_owned(),
    };
    format!("`{}`: {why}", served.adapter)
}

fn timestamp(time: SystemTime) -> Option<Timestamp> {
    Timestamp::try_from(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dockrev_core::ids::PluginId;
    use std::time::Duration;

    #[track_caller]
    fn check(why: Why, text: &str, json: &serde_json::Value) {
        let served = Served { adapter: PluginId::new("registry-x"), why };
        assert_eq!(words(&served), text);
        assert_eq!(serde_json::to_value(ServedBy::from(&served)).unwrap(), *json);
    }

    #[test]
    fn says_which_one_and_why() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        let entry = |why: &str| serde_json::json!({ "adapter": "registry-x", "why": why, "path": null, "asked_at": null, "problem": null });
        let with = |why: &str, more: &[(&str, &str)]| {
            let mut entry = entry(why);
            for (name, value) in more {
                entry[*name] = (*value).into();
            }
            entry
        };
        let asked = ("asked_at", "2026-01-01T00:00:00Z");
        check(Why::Configured, "`registry-x`: the configuration says so", &entry("configured"));
        check(Why::MadeForIt, "`registry-x`: it is made for this registry", &entry("manifest"));
        check(
            Why::Recognised { path: "/api".to_owned(), at },
            "`registry-x`: it recognised the registry by `/api` on 2026-01-01 00:00 UTC",
            &with("recognised", &[("path", "/api"), asked]),
        );
        let generic = |asked_at, problem: Option<&str>| Why::Generic { asked_at, problem: problem.map(str::to_owned) };
        check(generic(None, None), "`registry-x`: no other one serves the registry", &entry("generic"));
        check(
            generic(Some(at), None),
            "`registry-x`: none recognised the registry on 2026-01-01 00:00 UTC",
            &with("generic", &[asked]),
        );
        check(
            generic(Some(at), Some("it is away")),
            "`registry-x`: none recognised the registry on 2026-01-01 00:00 UTC: it is away",
            &with("generic", &[asked, ("problem", "it is away")]),
        );
    }
}
