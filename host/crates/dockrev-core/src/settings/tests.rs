use super::*;
use serde_json::json;

fn of(book: &SettingsBook, labels: &[(&str, &str)]) -> Result<ServiceSettings, SettingsError> {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    book.of("shop/web", &labels)
}

fn switched_off(by: &str) -> Option<Exclusion> {
    Some(Exclusion::SwitchedOff { by: by.to_owned() })
}

#[test]
fn nothing_set_is_on_and_left_to_the_policy() {
    let settings = of(&SettingsBook::default(), &[("other.label", "x")]).unwrap();
    assert_eq!((settings.left_out, settings.update, settings.policy), (None, Switch::On, json!({})));
    assert_eq!((settings.min_age, settings.skip_pinned, settings.skip_exact), (None, None, None));
}

#[test]
fn later_layers_win() {
    let mut book = SettingsBook::default();
    book.defaults.watch = Some(false);
    book.defaults.levels = Some(vec![Level::Patch]);
    let settings = of(&book, &[]).unwrap();
    assert_eq!(settings.left_out, switched_off("`[defaults]`"));
    assert_eq!(settings.policy, json!({"levels": ["patch"]}));
    let read = |name: &str| (name == "DOCKREV_LEVELS").then(|| "minor".to_owned());
    book.environment = SettingsBook::of_environment(read).unwrap();
    assert_eq!(of(&book, &[]).unwrap().policy, json!({"levels": ["minor"]}));
    let labels = [("wud.watch", "false"), ("dockrev.watch", "true"), ("dockrev.levels", "minor, patch")];
    let settings = of(&book, &labels).unwrap();
    assert_eq!((settings.left_out, settings.policy), (None, json!({"levels": ["minor", "patch"]})));
    let own = SettingsLayer { watch: Some(false), prereleases: Some(true), ..SettingsLayer::default() };
    book.services.insert("shop/web".to_owned(), own);
    let settings = of(&book, &labels).unwrap();
    assert_eq!(settings.left_out, switched_off("`[services.\"shop/web\"]`"));
    assert_eq!(settings.policy, json!({"levels": ["minor", "patch"], "prereleases": true}));
}

#[test]
fn labels_of_other_updaters_mean_what_they_meant() {
    let check = |name: &str, value: &str, watch: bool, update: bool| {
        let settings = of(&SettingsBook::default(), &[(name, value)]).unwrap();
        assert_eq!((settings.left_out.is_none(), settings.update == Switch::On), (watch, update), "{name}={value}");
    };
    check("com.centurylinklabs.watchtower.enable", "false", false, true);
    check("com.centurylinklabs.watchtower.monitor-only", "true", true, false);
    check("wud.watch", "False", false, true);
    check("diun.enable", "0", false, true);
    check("dockrev.monitor-only", "yes", true, false);
    check("dockrev.skip", "true", false, true);
    check("dockrev.skip", "false", true, true);
    let include = of(&SettingsBook::default(), &[("wud.tag.include", "^1[.]")]).unwrap();
    assert_eq!(include.policy, json!({"include": "^1[.]"}));
}

#[test]
fn force_looks_at_what_filters_and_skips_leave_out() {
    let mut book = SettingsBook::default();
    book.filters.only = LabelFilter::parse_all(["backup"]).unwrap();
    book.defaults.skip_exact = Some(true);
    book.defaults.skip_pinned = Some(true);
    let left = of(&book, &[]).unwrap();
    assert_eq!(left.left_out.unwrap().to_string(), "left out by `only-labels`: it does not have `backup`");
    assert_eq!((left.skip_exact.as_deref(), left.skip_pinned.as_deref()), (Some("`[defaults]`"), Some("`[defaults]`")));
    let forced =
        of(&book, &[("dockrev.force", "true"), ("dockrev.skip", "true"), ("dockrev.update", "false")]).unwrap();
    assert_eq!((forced.left_out, forced.skip_exact, forced.skip_pinned), (None, None, None));
    assert_eq!(forced.update, Switch::Off("label `dockrev.update`".to_owned()), "what protects stays");
    assert_eq!(book.of_image("nginx:1").unwrap().left_out, None, "filters are for containers");
}

#[test]
fn pinned_digests_and_full_versions_are_left_out_where_that_is_wanted() {
    let labels = [("dockrev.skip-pinned", "true"), ("dockrev.skip-exact", "true")];
    let settings = of(&SettingsBook::default(), &labels).unwrap();
    let digest = format!("@sha256:{}", "a".repeat(64));
    let check = |reference: &str, own_pin: OwnPin, expected: Option<&str>| {
        let found = settings.leaves_out(&reference.parse().unwrap(), own_pin).map(|exclusion| exclusion.to_string());
        assert_eq!(found.as_deref(), expected, "{reference}");
    };
    let pinned = Some("pinned to a digest, and left out by label `dockrev.skip-pinned`");
    check(&format!("app:5.2{digest}"), OwnPin::No, pinned);
    check(&format!("app:5.2{digest}"), OwnPin::Yes, None);
    let exact = Some("`1.2.3` is a full version, and left out by label `dockrev.skip-exact`");
    check("app:1.2.3", OwnPin::No, exact);
    check(&format!("app:1.2.3{digest}"), OwnPin::Yes, exact);
    for full in ["v1.2.3", "1.2.3-alpine3.19", "release-2024.1.0", "1.2.3.4", "1.2.3-rc1"] {
        assert!(settings.leaves_out(&format!("app:{full}").parse().unwrap(), OwnPin::No).is_some(), "{full}");
    }
    for other in ["5.2", "latest", "16-alpine3.19.1", "20240115", "5.2-alpine3.20.1", "1..2", "app"] {
        check(&format!("app:{other}"), OwnPin::No, None);
    }
}

#[test]
fn a_wrong_label_or_variable_is_named() {
    let check = |name: &str, value: &str, code: &str, part: &str| {
        let error = of(&SettingsBook::default(), &[(name, value)]).unwrap_err();
        assert_eq!(error.code(), code);
        let message = error.to_string();
        assert!(message.contains(name) && message.contains(part), "{message}");
    };
    check("dockrev.watch", "maybe", "settings.invalid-label", "expected `true` or `false`");
    check("dockrev.levels", "minor,tiny", "settings.invalid-label", "same-level");
    check("dockrev.min-age", "3", "settings.invalid-label", "such as `3d`");
    check("dockrev.wach", "false", "settings.unknown-label", "did you mean `dockrev.watch`?");
    check("dockrev.holiday", "x", "settings.unknown-label", "is not known");
    let wrong = |name: &str| (name == "DOCKREV_MIN_AGE").then(|| "soon".to_owned());
    let error = SettingsBook::of_environment(wrong).unwrap_err().to_string();
    assert!(error.starts_with("environment variable `DOCKREV_MIN_AGE` is `soon`: expected a duration"), "{error}");
}

#[test]
fn what_holds_is_said_with_what_says_so_and_no_command() {
    let mut book = SettingsBook::default();
    let defaults = json!({"levels": ["minor", "patch"], "backup-keep": "3", "backup-before": "dump --password=x"});
    book.defaults = serde_json::from_value(defaults).unwrap();
    let labels = [("dockrev.monitor-only", "yes"), ("dockrev.backup-keep", "5")];
    let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let in_force = book.in_force("shop/web", &labels).unwrap();
    let set = |key: &str| in_force.iter().find(|one| one.setting.key == key).unwrap().set.clone();
    let value = |text: &str, by: &str| Some((Written::Value(text.to_owned()), by.to_owned()));
    assert_eq!(set("levels"), value("minor,patch", "`[defaults]`"));
    assert_eq!(set("update"), value("false", "label `dockrev.monitor-only`"));
    assert_eq!(set("backup-keep"), value("5", "label `dockrev.backup-keep`"));
    assert_eq!(set("backup-before"), Some((Written::Command, "`[defaults]`".to_owned())));
    assert_eq!(set("min-age"), None);
}
