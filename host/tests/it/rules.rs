//! Who may depend on whom, read from `cargo metadata`. ARCHITECTURE.md says why.

use cargo_metadata::{DependencyKind, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};

/// The packages of this workspace, each with what it depends on outside of its tests.
fn packages() -> BTreeMap<String, BTreeSet<String>> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("cargo metadata");
    let normal = |package: &Package| {
        let normal = package.dependencies.iter().filter(|dependency| dependency.kind == DependencyKind::Normal);
        normal.map(|dependency| dependency.name.clone()).collect()
    };
    metadata.packages.iter().map(|package| (package.name.to_string(), normal(package))).collect()
}

/// Libraries that only one of our crates may use.
const OWNED: [(&str, &[&str]); 12] = [
    ("wasmtime", &["dockrev-plugin-host"]),
    ("wasmtime-wasi", &["dockrev-plugin-host"]),
    ("wasmtime-wasi-http", &["dockrev-plugin-host"]),
    ("bollard", &["dockrev-docker", "dockrev-bench"]),
    ("sqlx", &["dockrev-store"]),
    // The program itself asks another Dockrev, and nobody else.
    ("reqwest", &["dockrev-egress", "dockrev", "dockrev-bench"]),
    ("rustls", &["dockrev-egress", "dockrev-bench"]),
    ("axum", &["dockrev"]),
    ("clap", &["dockrev"]),
    ("wit-bindgen", &["dockrev-plugin-sdk"]),
    ("ureq", &["dockrev-testkit", "dockrev-bench"]),
    ("tracing-subscriber", &["dockrev"]),
];

/// Our crates that a crate of ours may use.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("dockrev-core", &[]),
    ("dockrev-backup", &["dockrev-core"]),
    ("dockrev-engine", &["dockrev-core"]),
    ("dockrev-docker", &["dockrev-core"]),
    ("dockrev-store", &["dockrev-core"]),
    ("dockrev-egress", &["dockrev-core"]),
    ("dockrev-plugin-host", &["dockrev-core", "dockrev-egress"]),
    ("dockrev-testkit", &[]),
    ("dockrev-plugin-sdk", &[]),
    ("xtask", &["dockrev-core", "dockrev-testkit"]),
    // It measures backups without the program around them, and writes down what a server is to know.
    ("dockrev-bench", &["dockrev-backup", "dockrev-core", "dockrev-store", "dockrev-testkit"]),
    ("dockrev-faults", &["dockrev-testkit"]),
    (
        "dockrev",
        &[
            "dockrev-core",
            "dockrev-backup",
            "dockrev-docker",
            "dockrev-egress",
            "dockrev-engine",
            "dockrev-plugin-host",
            "dockrev-store",
        ],
    ),
];

#[test]
fn our_crates_depend_only_on_whom_they_may() {
    let packages = packages();
    for (package, dependencies) in &packages {
        let allowed = ALLOWED.iter().find(|(name, _)| name == package).map(|(_, allowed)| *allowed);
        // What is not named is a plugin.
        let allowed = allowed.unwrap_or(&["dockrev-plugin-sdk"]);
        let ours: Vec<&String> = dependencies.iter().filter(|name| packages.contains_key(*name)).collect();
        for dependency in ours {
            assert!(allowed.contains(&dependency.as_str()), "`{package}` must not depend on `{dependency}`");
        }
    }
    for (name, _) in ALLOWED {
        assert!(packages.contains_key(name), "`{name}` is no longer there: take it out of the list");
    }
}

#[test]
fn a_library_is_used_by_its_owner_only() {
    for (package, dependencies) in packages() {
        for (library, owners) in OWNED {
            if dependencies.contains(library) {
                assert!(owners.contains(&package.as_str()), "`{package}` must not depend on `{library}`");
            }
        }
    }
}

#[test]
fn the_core_has_no_runtime_and_no_way_out() {
    let core = &packages()["dockrev-core"];
    for forbidden in ["tokio", "axum", "bollard", "reqwest", "hyper", "sqlx", "wasmtime", "rand", "uuid"] {
        assert!(!core.contains(forbidden), "`dockrev-core` must not depend on `{forbidden}`");
    }
}
