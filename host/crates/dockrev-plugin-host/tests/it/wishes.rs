//! Packages that ask for everything, or are not whole.

use crate::support::{
    HOSTILE, POLICY, config, host, id, manifest, plugins_dir, question, setup, testing_dir, write_plugin,
};
use dockrev_core::ports::VersionPolicy;
use dockrev_plugin_host::{Manifest, PluginHost, Policies};
use proptest::prelude::*;
use serde_json::json;
use std::path::Path;
use std::sync::Arc;

/// Loads what was written to `folder` beside the plugins that come with Dockrev, which go on.
async fn load(folder: &Path) -> Arc<PluginHost> {
    let host = host(config(vec![folder.to_owned(), plugins_dir()]));
    let policies = Policies::new(Arc::clone(&host), id(POLICY));
    assert!(policies.assess(&question("5.2", &["5.2", "5.3"])).await.unwrap().choice.is_some());
    host
}

fn problem(host: &PluginHost, plugin: &str) -> String {
    let problem = host.problems().iter().find(|problem| problem.folder.ends_with(plugin));
    problem.unwrap_or_else(|| panic!("no problem with `{plugin}`: {:?}", host.problems())).error.to_string()
}

fn hostile_component() -> Vec<u8> {
    std::fs::read(testing_dir().join(HOSTILE).join("plugin.wasm")).unwrap()
}

#[tokio::test]
async fn what_nobody_may_have_is_refused_by_name() {
    let many = |word: &str| (0..65).map(|number| format!("\"{word}{number}.example\"")).collect::<Vec<_>>().join(", ");
    let cases = [
        ("every-host", "hosts = [\"*\"]".to_owned(), "`capabilities.hosts` is wrong: `*` is not a host"),
        ("every-domain", "hosts = [\"*.com\"]".to_owned(), "`*.com` is not a host"),
        ("host-and-path", "hosts = [\"a.example/*\"]".to_owned(), "`a.example/*` is not a host"),
        ("many-hosts", format!("hosts = [{}]", many("host")), "more than 64 entries"),
        ("every-secret", "secrets = [\"*\"]".to_owned(), "`capabilities.secrets` has `*`"),
        ("secret-path", "secrets = [\"../token\"]".to_owned(), "`capabilities.secrets` has `../token`"),
        ("many-secrets", format!("secrets = [{}]", many("s")), "more than 64 entries"),
        ("many-settings", format!("settings-hosts = [{}]", many("s")), "more than 64 entries"),
        ("files", "files = [\"/\"]".to_owned(), "`files`"),
        ("docker", "docker-socket = true".to_owned(), "`docker-socket`"),
        ("everything", "everything = true".to_owned(), "`everything`"),
        ("not-a-list", "hosts = \"*\"".to_owned(), "line"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let component = hostile_component();
    for (name, wish, _) in &cases {
        let text = format!("{}\n[capabilities]\n{wish}\n", manifest(name, "registry-adapter"));
        write_plugin(folder.path(), name, &text, &component);
    }
    let host = load(folder.path()).await;
    for (name, _, expected) in &cases {
        let text = problem(&host, name);
        assert!(text.contains(expected), "{name}: {text}");
        assert!(text.len() < 1000 && !text.contains('\n'), "{name}: {text}");
    }
    assert_eq!(host.problems().len(), cases.len());
}

#[tokio::test]
async fn what_may_be_asked_for_is_shown_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let wishes = "hosts = [\"169.254.169.254\", \"localhost:2375\", \"*.example.org\"]\nsecrets = [\"root-password\"]\n\
                  settings-hosts = [\"url\"]\nregistry = true";
    let text = format!("{}\n[capabilities]\n{wishes}\n", manifest("greedy", "registry-adapter"));
    write_plugin(folder.path(), "greedy", &text, &hostile_component());
    let host = load(folder.path()).await;
    assert!(host.problems().is_empty(), "{:?}", host.problems());
    let greedy = host.plugins().into_iter().find(|plugin| plugin.id == id("greedy")).unwrap().capabilities;
    let hosts: Vec<String> = greedy.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["169.254.169.254", "localhost:2375", "*.example.org"]);
    assert_eq!((greedy.secrets, greedy.settings_hosts), (vec!["root-password".to_owned()], vec!["url".to_owned()]));
    assert!(greedy.registry);
}

#[test]
fn a_secret_that_was_not_asked_for_cannot_be_set() {
    let mut config = config(vec![testing_dir()]);
    let mut setup = setup(json!({}));
    setup.secrets.insert("root-password".to_owned(), dockrev_egress::Secret::new("s3cret"));
    config.plugins.insert(id(HOSTILE), setup);
    let text = problem(&host(config), HOSTILE);
    assert!(text.contains("`root-password`") && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn imports_that_no_world_has_are_refused_by_name() {
    let imports = [
        ("sockets", "wasi:sockets/tcp-create-socket@0.2.12"),
        ("server", "wasi:http/incoming-handler@0.2.12"),
        ("docker", "docker:engine/containers@1.0.0"),
        ("later", "dockrev:plugin/log@0.9.0"),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (name, import) in imports {
        let text = format!(r#"(component (import "{import}" (instance (export "f" (func)))))"#);
        write_plugin(folder.path(), name, &manifest(name, "notifier"), &wat::parse_str(text).unwrap());
    }
    let host = load(folder.path()).await;
    for (name, import) in imports {
        let text = problem(&host, name);
        assert!(text.contains("does not fit the world `notifier`") && text.contains(import), "{name}: {text}");
    }
}

/// A file that was cut off anywhere is no component, wherever the cut is.
#[tokio::test]
async fn a_truncated_file_is_no_component() {
    let folder = tempfile::tempdir().unwrap();
    let whole = hostile_component();
    let lengths = [0, 1, 4, 7, 8, 9, 100, 4096, whole.len() / 2, whole.len() - 100, whole.len() - 1];
    let name = |length: usize| format!("cut-{length}");
    for length in lengths {
        let name = name(length);
        write_plugin(folder.path(), &name, &manifest(&name, "registry-adapter"), &whole[..length]);
    }
    let host = load(folder.path()).await;
    for length in lengths {
        let text = problem(&host, &name(length));
        let expected = ["is no WebAssembly component", "does not fit the world"];
        assert!(expected.iter().any(|part| text.contains(part)) && text.len() < 1000, "{length}: {text}");
    }
}

#[tokio::test]
async fn a_huge_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    write_plugin(folder.path(), "huge", &manifest("huge", "notifier"), b"");
    write_plugin(folder.path(), "wordy", &manifest("wordy", "notifier"), b"");
    // Holes: they take no room.
    for (file, size_bytes) in [("huge/plugin.wasm", 1_u64 << 40), ("wordy/plugin.toml", 1 << 40)] {
        std::fs::File::options().write(true).open(folder.path().join(file)).unwrap().set_len(size_bytes).unwrap();
    }
    let host = load(folder.path()).await;
    assert!(problem(&host, "huge").contains("larger than"));
    assert!(problem(&host, "wordy").contains("larger than"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_manifest_is_read_or_refused(text in any::<String>()) {
        drop(Manifest::parse(&text));
    }

    #[test]
    fn any_wish_is_shown_or_refused(
        key in "(hosts|secrets|settings-hosts|registry|[a-z-]{1,9})",
        wishes in proptest::collection::vec("[a-z0-9-]{1,9}([.:*/][a-z0-9]{1,4}){0,2}|[ -~]{0,20}", 0..4),
    ) {
        let text = format!("{}\n[capabilities]\n{key} = {}\n", manifest("greedy", "notifier"), json!(wishes));
        match Manifest::parse(&text) {
            Ok(manifest) => {
                let capabilities = manifest.capabilities;
                let hosts: Vec<String> = capabilities.hosts.iter().map(ToString::to_string).collect();
                prop_assert_eq!(hosts.len() + capabilities.secrets.len() + capabilities.settings_hosts.len(), wishes.len());
                prop_assert!(capabilities.secrets.iter().chain(&capabilities.settings_hosts).all(|name| wishes.contains(name)));
                prop_assert!(hosts.iter().all(|host| host != "*" && !host.ends_with("*")));
            }
            Err(error) => prop_assert!(error.to_string().len() < 1000, "{}", error),
        }
    }
}

proptest! {
    // Each starts a host of its own.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes of a component that were changed somewhere: it is another one, or none.
    #[test]
    fn a_damaged_component_harms_nobody(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut component = wat::parse_str(SMALL).unwrap();
        let at = at.index(component.len());
        component[at] = byte;
        let folder = tempfile::tempdir().unwrap();
        write_plugin(folder.path(), "damaged", &manifest("damaged", "notifier"), &component);
        let mut config = config(vec![folder.path().to_owned()]);
        // Each is compiled once and never again.
        config.cache_dir = None;
        prop_assert_eq!(host(config).problems().len(), 1);
    }
}

/// A component that exports a function of its own, and so fits no world.
const SMALL: &str = r#"(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "f") (param i32) (result i32) local.get 0 i32.const 1 i32.add)
        (data (i32.const 0) "text"))
    (core instance $i (instantiate $m))
    (func (export "f") (param "a" u32) (result u32) (canon lift (core func $i "f")))
)"#;
