//! What `check --json` prints is what its schema says.

use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = serde_json::from_str(include_str!("../../../docs/schemas/check-1.schema.json")).expect("JSON");
    jsonschema::draft202012::new(&schema).expect("a schema")
});

/// Fails if `check` is not as the schema says: a field that is not in it included.
#[track_caller]
pub(crate) fn holds(check: &Value) {
    let wrong: Vec<String> =
        SCHEMA.iter_errors(check).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?} in {check:#}");
}

#[test]
fn a_document_that_is_not_as_it_should_be_is_noticed() {
    let good = serde_json::json!({
        "format": "dockrev.check/1", "platform": "linux/amd64", "counts": {}, "registries": {}, "entries": [],
        "effort": { "elapsed_ms": 1, "requests": {}, "limits": {}, "answered_from_cache": 0, "answered_with_another": 0,
            "plugin_cpu_us": 0 },
    });
    holds(&good);
    for (field, value) in [("format", "dockrev.check/2".into()), ("surprise", Value::Null), ("counts", Value::Null)] {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!SCHEMA.is_valid(&bad), "{field}");
    }
}
