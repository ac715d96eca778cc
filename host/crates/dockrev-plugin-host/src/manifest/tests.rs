use super::*;

const GOOD: &str = r#"
id = "notifier-test"
version = "0.1.0"
world = "notifier"
wit = "0.1.0"
name = "Test"
description = "Says nothing"
license = "MIT"
"#;

const ADAPTER: &str = r#"
id = "registry-test"
version = "1.2.3-rc.1"
world = "registry-adapter"
wit = "0.1.0"
name = "Test"
description = "Reads nothing"
license = "MIT OR Apache-2.0"
[registry]
hosts = ["docker.io", "localhost:5000"]
[capabilities]
hosts = ["registry-1.docker.io", "*.example.org"]
registry = true
"#;

#[test]
fn reads_what_a_plugin_asks_for() {
    let manifest = Manifest::parse(ADAPTER).unwrap();
    assert_eq!(manifest.id.as_str(), "registry-test");
    assert_eq!(manifest.world, World::RegistryAdapter);
    assert_eq!(manifest.registry_hosts, ["docker.io", "localhost:5000"]);
    let hosts: Vec<String> = manifest.capabilities.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["registry-1.docker.io", "*.example.org"]);
    assert!(manifest.capabilities.registry);
    assert_eq!(manifest.settings_schema["additionalProperties"], false);
}

#[test]
fn names_what_is_wrong() {
    let check = |text: &str, expected: &str| {
        let error = Manifest::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "`{error}` should contain `{expected}`");
    };
    let replaced = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replace(from, to)
    };
    check(&replaced("name = \"Test\"", ""), "name");
    check(&format!("{GOOD}colour = \"red\""), "`colour`");
    check(&format!("{GOOD}colour = \"red\""), "line 9");
    check(&format!("{GOOD}[capabilities]\nfiles = true"), "`files`");
    check("id = ", "line 1");
    check(&replaced("\"notifier-test\"", "\"Notifier\""), "`id`");
    check(&replaced("\"notifier-test\"", "\"../up\""), "`id`");
    check(&replaced("\"notifier-test\"", "\"\""), "`id`");
    check(&replaced("version = \"0.1.0\"", "version = \"one\""), "line 3");
    check(&replaced("\"notifier\"", "\"theme\""), "theme");
    check(&replaced("wit = \"0.1.0\"", "wit = \"0.9.0\""), "`wit` is 0.9.0, and this host runs 0.1.0");
    check(&replaced("\"Says nothing\"", "\"two\\nlines\""), "`description`");
    check(&replaced("\"Says nothing\"", "\"\""), "`description`");
    check(&format!("{GOOD}[registry]\nhosts = []"), "`registry` is not for a notifier");
    check(&ADAPTER.replace("[registry]\nhosts = [\"docker.io\", \"localhost:5000\"]", ""), "`registry.hosts`");
    check(&ADAPTER.replace("\"docker.io\"", "\"https://docker.io\""), "`registry.hosts`");
    check(&format!("{GOOD}[capabilities]\nhosts = [\"*\"]"), "`capabilities.hosts`");
    check(&format!("{GOOD}[capabilities]\nregistry = true"), "`capabilities.registry`");
    check(&format!("{GOOD}[capabilities]\nsecrets = [\"API_KEY\"]"), "`capabilities.secrets`");
    check(
        &replaced("\"notifier\"", "\"version-policy\"").replace("license", "[capabilities]\nhosts = [\"a.b\"]\n#"),
        "license",
    );
    let policy = replaced("\"notifier\"", "\"version-policy\"");
    check(&format!("{policy}[capabilities]\nhosts = [\"a.example\"]"), "`capabilities` is not for a version-policy");
    check(&format!("{GOOD}[settings]\ntype = \"nonsense\""), "`settings` is not a JSON Schema");
}

/// The adapter with these probes.
fn adapter_with(probes: &str) -> String {
    ADAPTER.replace("[capabilities]", &format!("probes = [{probes}]\n[capabilities]"))
}

#[test]
fn reads_probes() {
    let text = adapter_with(
        "{ path = \"/api/v2.0/systeminfo\", json-field = \"auth_mode\" }, { path = \"/v2/\", json-field = \"x\" }",
    );
    let probes = Manifest::parse(&text).unwrap().probes;
    let found: Vec<_> = probes.iter().map(|probe| (probe.path.as_str(), probe.json_field.as_str())).collect();
    assert_eq!(found, [("/api/v2.0/systeminfo", "auth_mode"), ("/v2/", "x")]);
    assert_eq!(Manifest::parse(ADAPTER).unwrap().probes, []);
}

#[test]
fn a_probe_asks_for_a_plain_path_of_the_registry_and_nothing_else() {
    let check = |text: &str, expected: &str| {
        let error = Manifest::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "`{error}` should contain `{expected}`");
    };
    let probe = |path: &str, field: &str| adapter_with(&format!("{{ path = '{path}', json-field = '{field}' }}"));
    for path in ["", "/", "api", "//api", "/a//b", "/a?b=c", "/a#b", "/../a", "/a/./b", "/a b", "/%2e%2e", "/a:b", "/ä"]
    {
        check(&probe(path, "x"), "is no plain path");
    }
    check(&probe(&format!("/{}", "a".repeat(128)), "x"), "is no plain path");
    for name in ["", "a.b", "a b", "$x", &"a".repeat(65)] {
        check(&probe("/a", name), "`registry.probes` has the json-field");
    }
    let one = "{ path = \"/a\", json-field = \"x\" }";
    check(&adapter_with(&[one; 5].join(", ")), "`registry.probes` has more than 4 entries");
    check(&adapter_with("{ path = \"/a\" }"), "json-field");
    check(&adapter_with("{ path = \"/a\", json-field = \"x\", method = \"POST\" }"), "`method`");
    check(&adapter_with(one).replace("registry = true", ""), "`registry.probes` needs `capabilities.registry`");
}
