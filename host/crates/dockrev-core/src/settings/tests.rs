use super::*;
use serde_json::json;

fn of(book: &SettingsBook, labels: &[(&str, &str)]) -> Result<ServiceSettings, InvalidLabel> {
    let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    book.of("shop/web", &labels)
}

#[test]
fn nothing_set_is_on_and_left_to_the_policy() {
    let settings = of(&SettingsBook::default(), &[("other.label", "x")]).unwrap();
    assert_eq!((settings.watch, settings.update, settings.policy), (Switch::On, Switch::On, json!({})));
}

#[test]
fn later_layers_win() {
    let mut book = SettingsBook::default();
    book.defaults.watch = Some(false);
    book.defaults.levels = Some(vec![Level::Patch]);
    let settings = of(&book, &[]).unwrap();
    assert_eq!(settings.watch, Switch::Off("`[defaults]`".to_owned()));
    assert_eq!(settings.policy, json!({"levels": ["patch"]}));
    let labels = [("wud.watch", "false"), ("dockrev.watch", "true"), ("dockrev.levels", "minor, patch")];
    let settings = of(&book, &labels).unwrap();
    assert_eq!((settings.watch, settings.policy), (Switch::On, json!({"levels": ["minor", "patch"]})));
    let own = SettingsLayer { watch: Some(false), prereleases: Some(true), ..SettingsLayer::default() };
    book.services.insert("shop/web".to_owned(), own);
    let settings = of(&book, &labels).unwrap();
    assert_eq!(settings.watch, Switch::Off("`[services.\"shop/web\"]`".to_owned()));
    assert_eq!(settings.policy, json!({"levels": ["minor", "patch"], "prereleases": true}));
}

#[test]
fn labels_of_other_updaters_mean_what_they_meant() {
    let check = |name: &str, value: &str, watch: bool, update: bool| {
        let settings = of(&SettingsBook::default(), &[(name, value)]).unwrap();
        assert_eq!((settings.watch == Switch::On, settings.update == Switch::On), (watch, update), "{name}={value}");
    };
    check("com.centurylinklabs.watchtower.enable", "false", false, true);
    check("com.centurylinklabs.watchtower.monitor-only", "true", true, false);
    check("wud.watch", "False", false, true);
    check("diun.enable", "0", false, true);
    check("dockrev.monitor-only", "yes", true, false);
    let include = of(&SettingsBook::default(), &[("wud.tag.include", "^1[.]")]).unwrap();
    assert_eq!(include.policy, json!({"include": "^1[.]"}));
}

#[test]
fn a_wrong_label_is_named() {
    let check = |name: &str, value: &str, part: &str| {
        let message = of(&SettingsBook::default(), &[(name, value)]).unwrap_err().to_string();
        assert!(message.contains(name) && message.contains(part), "{message}");
    };
    check("dockrev.watch", "maybe", "expected `true` or `false`");
    check("dockrev.levels", "minor,tiny", "same-level");
}
