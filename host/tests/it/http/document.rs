use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// One operation of the document.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    /// With something in the place of each parameter.
    pub(super) path: String,
    /// The scope that a token has to have. None where a webhook's secret is asked for.
    pub(super) scope: Option<String>,
}

/// All operations of a document.
pub(super) fn operations(document: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let security = &operation["security"][0];
            let scope = security["token"][0].as_str().map(str::to_owned);
            assert!(scope.is_some() != security["webhook"].is_array(), "who may do this? {method} {path}");
            operations.push(Operation { method: method.to_uppercase(), path: filled(path), scope });
        }
    }
    operations
}

fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "1" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn the_committed_document_is_what_the_handlers_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("docs/openapi.json")).unwrap();
    let fresh = serde_json::to_value(dockrev::http::openapi()).unwrap();
    assert!(committed == fresh, "docs/openapi.json is stale: run `cargo xtask gen`");
}

#[test]
fn every_operation_says_what_it_answers() {
    let document = serde_json::to_value(dockrev::http::openapi()).unwrap();
    let mut names = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{method} {path}");
            assert!(["401", "403", "default"].iter().all(|status| answers.contains_key(*status)), "{method} {path}");
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(names.insert(operation["operationId"].as_str().unwrap()), "{method} {path}: two have its name");
        }
    }
}
