use super::{ManifestError, field};
use crate::text;
use serde::Deserialize;

/// Most probes of one plugin: each is a request to every registry that nobody named.
const PROBES_MAX: usize = 4;
/// Longest path of a probe, in characters.
const PATH_MAX_CHARS: usize = 128;
/// Longest name of a field, in characters.
const FIELD_MAX_CHARS: usize = 64;

/// How an adapter recognises a registry that neither the configuration nor a manifest names: asked for `path`, it answers
/// with a JSON object that has `json_field`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Probe {
    /// The path below the registry's base URL, with a slash at the beginning and without a query.
    pub path: String,
    /// The field of the object that has to be there and not `null`.
    pub json_field: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ProbeTable {
    path: String,
    json_field: String,
}

/// Checks the probes of a registry adapter.
pub(super) fn probes(may_reach_registry: bool, tables: Vec<ProbeTable>) -> Result<Vec<Probe>, ManifestError> {
    let wrong = |problem: String| Err(field("registry.probes", problem));
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    if tables.len() > PROBES_MAX {
        return wrong(format!("has more than {PROBES_MAX} entries"));
    }
    if !may_reach_registry {
        return wrong("needs `capabilities.registry`, which the calls that follow take".to_owned());
    }
    if let Some(table) = tables.iter().find(|table| !is_path(&table.path)) {
        let path = text::shown(&table.path);
        return wrong(format!(
            "has the path `{path}`, which is no plain path: `/` and segments of `A-Z a-z 0-9 . _ ~ -`, at most {PATH_MAX_CHARS} characters"
        ));
    }
    if let Some(table) = tables.iter().find(|table| !is_field(&table.json_field)) {
        let name = text::shown(&table.json_field);
        return wrong(format!("has the json-field `{name}`, which is no name of `A-Z a-z 0-9 _ -`"));
    }
    Ok(tables.into_iter().map(|table| Probe { path: table.path, json_field: table.json_field }).collect())
}

/// Nothing that leads out of where the registry is, and nothing that could be an order: what is asked is fixed.
fn is_path(path: &str) -> bool {
    let is_segment = |segment: &str| {
        segment != "."
            && segment != ".."
            && !segment.is_empty()
            && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte))
    };
    let segments = path.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    path.len() <= PATH_MAX_CHARS && segments.is_some_and(|segments| segments.split('/').all(is_segment))
}

fn is_field(name: &str) -> bool {
    (1..=FIELD_MAX_CHARS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}
