//! What holds for every answer of a registry: reading it never panics, and leads nowhere else.

use crate::distribution::{Client, is_digest, is_tag};
use crate::http::{Method, Response, Url};
use crate::registry::{Detail, ListHint, RegistryError, Repository, Resolved, TagList};
use crate::testing::{Answer, Host};
use proptest::prelude::*;
use serde_json::{Value, json};

const BASE: &str = "https://registry.example/v2/team/app";

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

fn client(endpoint: Option<&str>) -> Result<Client, RegistryError> {
    let endpoint = endpoint.map(str::to_owned);
    Client::new(&Repository { registry: "registry.example".to_owned(), name: "team/app".to_owned(), endpoint })
}

/// Lists the tags of a registry whose first page has this `Link` header, and gives where the second page was asked for.
fn follow(link: &str) -> (Result<TagList, RegistryError>, Option<String>) {
    let host = Host::new();
    let first = format!("{BASE}/tags/list?n=100");
    let page = Answer::status(200).header("Link", link).body(r#"{"tags": ["1.0"]}"#);
    host.answer(Method::Get, &first, page);
    let listed = client(None).unwrap().list_tags(&ListHint { current_tag: None, max_tags: 100 });
    let next = host.requests().get(1).map(|request| request.url.clone());
    (listed, next)
}

fn resolve(manifest: Vec<u8>, config: &[u8]) -> Result<Resolved, RegistryError> {
    let host = Host::new();
    host.answer(Method::Get, &format!("{BASE}/manifests/1.0"), Answer::status(200).body(manifest));
    host.answer(Method::Get, &format!("{BASE}/blobs/{}", digest()), Answer::status(200).body(config));
    client(None).unwrap().resolve("1.0", Detail::Platforms)
}

/// Of the empty body.
fn digest() -> String {
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned()
}

/// JSON of any shape in which the fields of manifests are as likely as others.
fn manifests() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0..3_u32).prop_map(Value::from),
        "[a-z/+.]{0,12}".prop_map(Value::from),
        Just(Value::from(digest())),
        Just(Value::from("application/vnd.oci.image.index.v1+json")),
        Just(Value::from("application/vnd.docker.distribution.manifest.v2+json")),
    ];
    let fields = ["schemaVersion", "mediaType", "manifests", "config", "digest", "platform", "os", "architecture"];
    let fields = [&fields[..], &["variant", "os.version", "annotations", "vnd.docker.reference.type"]].concat();
    leaf.prop_recursive(4, 40, 6, move |inner| {
        let field = proptest::sample::select(fields.clone()).prop_map(str::to_owned);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(field, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn platforms() -> impl Strategy<Value = Vec<(String, String, Option<String>)>> {
    let platform = ("[a-z]{1,7}", "[a-z0-9]{1,7}", proptest::option::of("v[0-9]"));
    proptest::collection::vec(platform, 1..8)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_url_is_refused_or_prints_back(text in any::<String>()) {
        if let Ok(url) = Url::parse(&text) {
            prop_assert_eq!(Url::parse(&url.to_string()), Ok(url));
        }
    }

    #[test]
    fn urls_are_read_as_their_parts(
        scheme in "https?",
        host in "[a-z0-9.-]{1,20}",
        port in proptest::option::of(1..=u16::MAX),
        path in "(/[!-\"$->@-~]{0,20})?",
    ) {
        let authority = port.map_or(host.clone(), |port| format!("{host}:{port}"));
        let url = Url::parse(&format!("{scheme}://{authority}{path}#fragment")).unwrap();
        prop_assert_eq!(url.origin(), format!("{scheme}://{authority}"));
        prop_assert_eq!(url.host_name(), host);
        prop_assert_eq!(&url.path_and_query, if path.is_empty() { "/" } else { &path });
        prop_assert_eq!(Url::parse(&url.to_string()), Ok(url));
    }

    #[test]
    fn any_link_leads_nowhere_else(link in any::<String>()) {
        let (listed, next) = follow(&link);
        prop_assert!(next.is_none() || listed.is_err(), "nothing answers there");
        prop_assert!(next.is_none_or(|next| next.starts_with("https://registry.example/")));
    }

    #[test]
    fn what_is_nearly_a_link_leads_nowhere_else(link in "[<>;,=\"/?:.@# a-c]{0,12}<[a-z:/.?@\\\\#%-]{0,40}>; ?(rel=\"?next\"?)?") {
        let (_, next) = follow(&link);
        prop_assert!(next.is_none_or(|next| next.starts_with("https://registry.example/")));
    }

    #[test]
    fn links_are_followed_whatever_is_around_them(
        before in "(<[a-z/]{0,9}>; ?(rel=prev|title=\"[a-z<>,; ]{0,9}\"), ?){0,3}",
        parameters in "(; ?[a-m]{1,5}=(\"[a-z<>,=]{0,9}\"|[a-z]{1,5})){0,2}",
        path in "(/[!-\"$-;=?-~]{1,20})",
    ) {
        let (_, next) = follow(&format!("{before}<{path}>{parameters}; rel=\"next\", </other>; rel=last"));
        // A path of two slashes in front names a host.
        if path.starts_with("//") || path.contains("://") {
            prop_assert!(next.is_none_or(|next| next.starts_with("https://registry.example/")));
        } else {
            prop_assert_eq!(next, Some(format!("https://registry.example{path}")));
        }
    }

    #[test]
    fn any_endpoint_is_refused_or_asked(endpoint in any::<String>()) {
        if let Ok(client) = client(Some(&endpoint)) {
            prop_assert!(Url::parse(&client.endpoint()).is_ok());
        }
    }

    #[test]
    fn any_body_is_refused_or_a_manifest(body in any::<Vec<u8>>(), config in any::<Vec<u8>>()) {
        drop(resolve(body, &config));
    }

    #[test]
    fn any_json_is_refused_or_a_manifest(manifest in manifests(), config in manifests()) {
        let resolved = resolve(manifest.to_string().into_bytes(), config.to_string().as_bytes());
        if let Ok(resolved) = resolved {
            prop_assert!(is_digest(&resolved.digest));
            prop_assert!(resolved.platforms.iter().all(|image| is_digest(&image.digest)));
        }
    }

    #[test]
    fn platforms_are_read_as_an_index_has_them(platforms in platforms()) {
        let manifests: Vec<Value> = platforms
            .iter()
            .map(|(os, architecture, variant)| {
                json!({"digest": digest(), "platform": {"os": os, "architecture": architecture, "variant": variant}})
            })
            .collect();
        let index = json!({"schemaVersion": 2, "manifests": manifests}).to_string();
        let read = resolve(index.into_bytes(), b"").unwrap().platforms;
        let mut expected = platforms.clone();
        expected.retain(|(os, architecture, _)| (os.as_str(), architecture.as_str()) != ("unknown", "unknown"));
        let mut seen = std::collections::BTreeSet::new();
        expected.retain(|platform| seen.insert(platform.clone()));
        let read: Vec<_> = read
            .into_iter()
            .map(|image| (image.platform.os, image.platform.architecture, image.platform.variant))
            .collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn any_page_of_tags_has_tags_only(names in proptest::collection::vec(any::<String>(), 0..20), body in any::<Vec<u8>>()) {
        for body in [json!({"tags": names}).to_string().into_bytes(), body] {
            let host = Host::new();
            host.answer(Method::Get, &format!("{BASE}/tags/list?n=100"), Answer::status(200).body(body));
            if let Ok(list) = client(None).unwrap().list_tags(&ListHint { current_tag: None, max_tags: 100 }) {
                prop_assert!(list.tags.iter().all(|tag| is_tag(&tag.name)));
            }
        }
    }

    #[test]
    fn any_wait_is_a_number_or_none(value in any::<String>()) {
        let headers = vec![("Retry-After".to_owned(), value.clone())];
        let wait = Response { status: 429, headers, body: Vec::new() }.retry_after_s();
        prop_assert_eq!(wait, value.trim().parse().ok());
    }
}
