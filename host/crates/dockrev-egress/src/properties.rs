//! What holds for everything that comes from outside: reading never panics, shows no secret, and finds what was written.

use crate::challenge::{self, BearerChallenge, Challenge};
use crate::docker_config::{Credentials, DockerConfig, Login};
use crate::grant::{Grant, Recency, RegistryGrant};
use crate::origin::{HostPattern, Origin};
use crate::realm::{self, Realm};
use crate::secret::Secret;
use crate::{HelperSettings, RegistryEndpoint};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use serde_json::json;

/// What no error may hold.
const PASSWORD: &str = "s3cret-Pa55word";

fn config() -> ProptestConfig {
    ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() }
}

fn chosen(fields: &[impl AsRef<[u8]>]) -> Option<Challenge> {
    let values = fields.iter().filter_map(|field| HeaderValue::from_bytes(field.as_ref()).ok());
    challenge::choose(&values.map(|value| (WWW_AUTHENTICATE, value)).collect::<HeaderMap>())
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The login for `registry` in a file with `contents`; no helper is found.
fn login(contents: &[u8], registry: &str) -> Result<Option<Login>, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, contents).unwrap();
    let helpers = HelperSettings { search_path: Some("/nowhere".into()), ..HelperSettings::default() };
    DockerConfig::at(path).with_helpers(helpers).login_for(registry).map_err(|error| format!("{error} {error:?}"))
}

fn hosts() -> impl Strategy<Value = String> {
    let port = "(:[1-9][0-9]{0,3})?";
    (prop_oneof!["[a-z]{1,5}([.][a-z]{2,5}){0,2}", Just("localhost".to_owned()), Just("[::1]".to_owned())], port)
        .prop_map(|(host, port)| format!("{host}{port}"))
}

fn urls() -> impl Strategy<Value = String> {
    ("https?", hosts(), "(/[a-z]{0,5}){0,2}").prop_map(|(scheme, host, path)| format!("{scheme}://{host}{path}"))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_challenge_is_read_or_passed_over(fields in proptest::collection::vec(any::<Vec<u8>>(), 0..4)) {
        chosen(&fields);
    }

    #[test]
    fn what_is_nearly_a_challenge_holds_no_more_than_it_was_given(field in "(Bearer|Basic|,| |=|\"|\\\\|realm|scope|[a-c]){0,20}") {
        if let Some(Challenge::Bearer(bearer)) = chosen(&[&field]) {
            let parts = [Some(bearer.realm), bearer.service, bearer.scope];
            prop_assert!(parts.iter().flatten().map(String::len).sum::<usize>() < field.len());
        }
    }

    #[test]
    fn challenges_are_read_as_they_were_written(
        realm in "[ -~]{1,40}",
        service in proptest::option::of("[ -~]{0,40}"),
        scope in proptest::option::of("[ -~]{1,40}"),
        before in "((Basic|Digest) realm=\"[a-z,= ]{0,9}\", ?){0,2}",
    ) {
        let mut field = format!("{before}Bearer realm={}", quoted(&realm));
        for (name, value) in [("service", &service), ("scope", &scope)] {
            if let Some(value) = value {
                field.push_str(&format!(", {name}={}", quoted(value)));
            }
        }
        prop_assert_eq!(chosen(&[field]), Some(Challenge::Bearer(BearerChallenge { realm, service, scope })));
    }

    #[test]
    fn any_realm_is_asked_for_the_registry_only(registry in urls(), realm in prop_oneof![urls(), any::<String>()]) {
        let Some(origin) = registry.parse().ok().as_ref().and_then(Origin::of) else { return Ok(()) };
        let grant = RegistryGrant {
            origin: origin.clone(),
            credentials_name: "-".to_owned(),
            repository: "-".to_owned(),
            recency: Recency::Now,
        };
        if let Ok(Realm::Trusted(url)) = realm::accept(&realm, &grant, &Grant::default()) {
            let asked = Origin::of(&url).unwrap();
            prop_assert!(!asked.is_plain() || origin.is_plain(), "{} for {}", asked, origin);
            let shares_a_name = asked.host().to_string().rsplit('.').next() == origin.host().to_string().rsplit('.').next();
            prop_assert!(shares_a_name || (asked.is_loopback() && origin.is_loopback()), "{} for {}", asked, origin);
        }
    }

    #[test]
    fn any_pattern_of_hosts_prints_back(text in prop_oneof![hosts(), hosts().prop_map(|host| format!("*.{host}")), any::<String>()]) {
        if let Ok(pattern) = text.parse::<HostPattern>() {
            prop_assert_eq!(pattern.to_string().parse::<HostPattern>(), Ok(pattern));
        }
    }

    #[test]
    fn an_origin_is_matched_by_its_own_pattern_and_no_other(one in urls(), other in urls()) {
        let origins = [&one, &other].map(|url| url.parse().ok().as_ref().and_then(Origin::of));
        let [Some(one), Some(other)] = origins else { return Ok(()) };
        prop_assert!(HostPattern::from(&one).matches(&one));
        if one.host() != other.host() {
            prop_assert!(!HostPattern::from(&one).matches(&other), "{} {}", one, other);
        }
    }

    #[test]
    fn any_registry_is_located_or_refused(registry in prop_oneof![hosts(), any::<String>()]) {
        if let Ok(RegistryEndpoint { origin, credentials_name, .. }) = crate::endpoint::locate(&registry, &Default::default()) {
            prop_assert_eq!(credentials_name, registry);
            prop_assert!(!origin.is_plain() || origin.is_loopback());
        }
    }

    #[test]
    fn any_file_is_read_or_refused(contents in any::<Vec<u8>>(), registry in any::<String>()) {
        drop(login(&contents, &registry));
    }

    #[test]
    fn logins_are_found_as_they_were_written(
        registry in hosts(),
        around in proptest::sample::select(&[("", ""), ("https://", ""), ("https://", "/v1/"), ("http://", "/v2")][..]),
        user in "[^:\0]{1,12}",
        password in "[^\0]{1,20}",
        encoded in any::<bool>(),
    ) {
        let entry = match encoded {
            true => json!({"auth": STANDARD.encode(format!("{user}:{password}"))}),
            false => json!({"username": user, "password": password}),
        };
        let contents = json!({"auths": {format!("{}{registry}{}", around.0, around.1): entry}}).to_string();
        let expected = Login::Password(Credentials { user, password: Secret::new(password) });
        prop_assert_eq!(login(contents.as_bytes(), &registry), Ok(Some(expected)));
    }

    #[test]
    fn no_error_shows_a_secret(before in "[{}\":,a-z]{0,30}", after in "[{}\":,a-z]{0,30}") {
        let entries = [
            format!(r#"{{"auths": {{"a.example": {{"auth": "{before}{PASSWORD}{after}"}}}}}}"#),
            format!(r#"{{"auths": {{"a.example": {before}"{PASSWORD}"{after}}}}}"#),
            format!(r#"{before}{{"auths": "{PASSWORD}"}}"#),
        ];
        for contents in entries {
            let found = login(contents.as_bytes(), "a.example");
            prop_assert!(!format!("{found:?}").contains(PASSWORD), "{}", contents);
        }
    }
}
