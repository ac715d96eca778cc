use crate::support::{
    HOSTILE, config, host, id, manifest, plugins_dir, question, setup, testing_dir, write_plugin as write,
};
use dockrev_core::ports::VersionPolicy;
use dockrev_plugin_host::{PluginHost, Policies};
use std::sync::Arc;

const WRONG_TYPES: &str = r#"(component
    (core module $m (func (export "assess") (result i32) i32.const 1))
    (core instance $i (instantiate $m))
    (func $assess (result u32) (canon lift (core func $i "assess")))
    (instance $policy (export "assess" (func $assess)))
    (export "dockrev:plugin/policy@0.1.0" (instance $policy))
)"#;

const STARTS_WITH_A_TRAP: &str = r#"(component
    (core module $m (func $start unreachable) (start $start))
    (core instance (instantiate $m))
)"#;

const HUGE_MEMORY: &str = "(component (core module $m (memory 2000)) (core instance (instantiate $m)))";

fn problem(host: &PluginHost, plugin: &str) -> String {
    let problem = host.problems().iter().find(|problem| problem.folder.ends_with(plugin));
    problem.unwrap_or_else(|| panic!("no problem with `{plugin}`: {:?}", host.problems())).error.to_string()
}

#[tokio::test]
async fn broken_plugins_are_reported_and_the_others_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let good = std::fs::read(plugins_dir().join("policy-same-level/plugin.wasm")).unwrap();
    let empty = wat::parse_str("(component)").unwrap();
    let policy = |plugin: &str| manifest(plugin, "version-policy");
    let add = |plugin: &str, manifest: &str, component: &[u8]| write(folder.path(), plugin, manifest, component);
    add("good", &policy("good"), &good);
    add("unknown-field", &format!("{}colour = 1", policy("unknown-field")), &good);
    add("unknown-world", &manifest("unknown-world", "theme"), &good);
    add("other-wit", &policy("other-wit").replace("wit = \"0.1.0\"", "wit = \"1.0.0\""), &good);
    add("other-folder", &policy("good"), &good);
    add("other-world", &manifest("other-world", "notifier"), &good);
    add("exports-nothing", &policy("exports-nothing"), &empty);
    add("wrong-types", &policy("wrong-types"), &wat::parse_str(WRONG_TYPES).unwrap());
    add("trap", &policy("trap"), &wat::parse_str(STARTS_WITH_A_TRAP).unwrap());
    add("huge", &policy("huge"), &wat::parse_str(HUGE_MEMORY).unwrap());
    add("core-module", &policy("core-module"), &wat::parse_str("(module)").unwrap());
    add("garbage", &policy("garbage"), b"\0asm and then nothing");
    add("empty", &policy("empty"), b"");
    std::fs::remove_file(folder.path().join("empty/plugin.wasm")).unwrap();
    std::fs::create_dir(folder.path().join("no-plugin")).unwrap();
    let hostile = std::fs::read(testing_dir().join(HOSTILE).join("plugin.wasm")).unwrap();
    add("wants-network", &policy("wants-network"), &hostile);

    let host = host(config(vec![folder.path().to_owned(), folder.path().join("nowhere")]));

    let check = |plugin: &str, expected: &str| {
        let text = problem(&host, plugin);
        assert!(text.contains(expected), "{plugin}: `{text}` should contain `{expected}`");
    };
    check("unknown-field", "`colour`");
    check("unknown-world", "theme");
    check("other-wit", "`wit` is 1.0.0");
    check("other-folder", "another plugin `good`");
    check("other-world", "does not fit the world `notifier`");
    check("exports-nothing", "does not fit the world `version-policy`");
    check("wrong-types", "does not fit the world `version-policy`");
    check("trap", "does not fit the world `version-policy`");
    check("huge", "memory");
    check("core-module", "no WebAssembly component");
    check("garbage", "no WebAssembly component");
    check("empty", "could not read");
    check("wants-network", "does not fit the world `version-policy`");
    let plugins = host.plugins();
    assert_eq!(plugins.iter().map(|plugin| plugin.id.as_str()).collect::<Vec<_>>(), ["good"]);
    assert_eq!(plugins[0].size_bytes, good.len() as u64);
    assert_eq!(host.problems().len(), 13, "{:?}", host.problems());
    let verdict = Policies::new(host, id("good")).assess(&question("5.2", &["5.2", "5.3"])).await.unwrap();
    assert!(verdict.choice.is_some());
}

#[test]
fn a_folder_has_the_name_of_its_plugin() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "elsewhere", &manifest("good", "version-policy"), b"");
    assert!(problem(&host(config(vec![folder.path().to_owned()])), "elsewhere").contains("`good`"));
}

#[test]
fn of_two_plugins_the_first_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let original = plugins_dir().join("policy-same-level");
    let manifest = std::fs::read_to_string(original.join("plugin.toml")).unwrap();
    write(folder.path(), "policy-same-level", &manifest, &std::fs::read(original.join("plugin.wasm")).unwrap());
    let host = host(config(vec![plugins_dir(), folder.path().to_owned()]));
    assert_eq!(host.problems().len(), 1);
    assert!(host.problems()[0].folder.starts_with(folder.path()));
    assert_eq!(host.plugins().iter().filter(|plugin| plugin.id == id("policy-same-level")).count(), 1);
}

#[test]
fn wrong_settings_are_a_problem() {
    let check = |settings: serde_json::Value, expected: &str| {
        let mut config = config(vec![plugins_dir()]);
        config.plugins.insert(id("notifier-webhook"), setup(settings.clone()));
        let host: Arc<PluginHost> = host(config);
        let text = problem(&host, "notifier-webhook");
        assert!(text.contains(expected), "{settings}: `{text}` should contain `{expected}`");
    };
    check(serde_json::json!({}), "url");
    check(serde_json::json!({"url": 5}), "`url`");
    check(serde_json::json!({"url": "ftp://example.org"}), "`url`");
    check(serde_json::json!({"url": "https://example.org", "colour": "red"}), "colour");
}
