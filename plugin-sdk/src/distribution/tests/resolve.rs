use super::super::content::digest_of;
use super::*;
use crate::registry::{Platform, PlatformImage};
use serde_json::{Value, json};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const SCHEMA_1: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

const AT: &str = "https://registry.example/v2/team/app";

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// An answer with what registries say of a manifest.
fn manifest(media_type: &str, body: &str) -> Answer {
    Answer::status(200)
        .header("Content-Type", media_type)
        .header("Docker-Content-Digest", &digest_of(body.as_bytes()))
        .body(body)
}

fn descriptor(media_type: &str, digest: &str, platform: Value) -> Value {
    let mut descriptor = json!({"mediaType": media_type, "digest": digest, "size": 1});
    descriptor["platform"] = platform;
    descriptor
}

fn index(media_type: &str, manifests: &[Value]) -> String {
    json!({"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}).to_string()
}

fn image(config: &str) -> String {
    let config =
        json!({"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(config.as_bytes())});
    json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": []}).to_string()
}

fn serve(host: &Host, path: &str, answer: Answer) {
    host.answer(Method::Get, &format!("{AT}/{path}"), answer);
}

fn serve_blob(host: &Host, body: &str) {
    serve(host, &format!("blobs/{}", digest_of(body.as_bytes())), Answer::status(200).body(body));
}

/// The platforms as `linux/arm/v7 sha256:...`.
fn words(images: &[PlatformImage]) -> Vec<String> {
    let word =
        |PlatformImage { platform: Platform { os, architecture, variant, os_version }, digest }: &PlatformImage| {
            let more: String = [variant, os_version].into_iter().flatten().map(|more| format!("/{more}")).collect();
            format!("{os}/{architecture}{more} {digest}")
        };
    images.iter().map(word).collect()
}

/// What `resolve` says of the tag `1.0` with all platforms.
#[track_caller]
fn check_platforms(host: &Host, expected: &[String]) {
    let resolved = client().resolve("1.0", Detail::Platforms).expect("it resolves");
    assert_eq!(words(&resolved.platforms), expected, "{:?}", host.log_lines());
}

#[track_caller]
fn check_resolve_error(host: &Host, reference: &str, detail: Detail, expected: &str) {
    let error = client().resolve(reference, detail).expect_err("it does not resolve");
    let (RegistryError::NotFound(why)
    | RegistryError::Unauthorized(why)
    | RegistryError::Denied(why)
    | RegistryError::Unreachable(why)
    | RegistryError::Unavailable(why)
    | RegistryError::UnexpectedAnswer(why)
    | RegistryError::Unsupported(why)) = error
    else {
        panic!("rate limited");
    };
    assert_eq!(why, expected, "{:?}", host.request_lines());
}

#[test]
fn the_digest_costs_one_head() {
    for media_type in [INDEX, LIST, MANIFEST, DOCKER] {
        let host = Host::new();
        let answer =
            Answer::status(200).header("content-type", media_type).header("docker-content-digest", &digest('a'));
        host.answer(Method::Head, &format!("{AT}/manifests/1.0"), answer);
        let resolved = client().resolve("1.0", Detail::Digest);
        let expected = Resolved { digest: digest('a'), media_type: media_type.to_owned(), platforms: Vec::new() };
        assert_eq!(resolved, Ok(expected));
        assert_eq!(host.request_lines(), ["HEAD https://registry.example/v2/team/app/manifests/1.0"]);
        let accept = host.requests().remove(0).headers.remove(0).1;
        assert!([INDEX, LIST, MANIFEST, DOCKER].iter().all(|media_type| accept.contains(media_type)), "{accept}");
    }
}

#[test]
fn without_a_digest_in_the_head_the_manifest_is_read() {
    let body = index(INDEX, &[]);
    for head in [
        Answer::status(200).header("Content-Type", INDEX),
        Answer::status(200).header("Content-Type", "application/json").header("Docker-Content-Digest", &digest('a')),
        Answer::status(405),
        Answer::status(501),
    ] {
        let host = Host::new();
        host.answer(Method::Head, &format!("{AT}/manifests/1.0"), head);
        serve(&host, "manifests/1.0", Answer::status(200).header("Content-Type", INDEX).body(body.clone()));
        let resolved = client().resolve("1.0", Detail::Digest).expect("it resolves");
        assert_eq!((resolved.digest, resolved.media_type.as_str()), (digest_of(body.as_bytes()), INDEX));
        assert_eq!(host.requests().len(), 2);
    }
}

#[test]
fn a_head_is_not_believed_blindly() {
    let head = |answer: Answer| {
        let host = Host::new();
        host.answer(Method::Head, &format!("{AT}/manifests/1.0"), answer.clone());
        host.answer(Method::Head, &format!("{AT}/manifests/{}", digest('a')), answer);
        host
    };
    let good = || Answer::status(200).header("Content-Type", INDEX);
    for not_one in ["", "sha256:", "sha256:xyz", "md5:d41d8cd98f00b204e9800998ecf8427e", &digest('A'), &digest('g')] {
        let host = head(good().header("Docker-Content-Digest", not_one));
        let why = "`registry.example` answered with a digest that is none when asked for `team/app:1.0`";
        check_resolve_error(&host, "1.0", Detail::Digest, why);
    }
    let host = head(good().header("Docker-Content-Digest", &digest('b')));
    let asked = digest('a');
    let why = format!(
        "`registry.example` answered with another digest than the one asked for when asked for `team/app@{asked}`"
    );
    check_resolve_error(&host, &asked, Detail::Digest, &why);
    let host = head(Answer::status(200).header("Content-Type", "text/html"));
    let why = "`registry.example` answered with a web page when asked for `team/app:1.0`";
    check_resolve_error(&host, "1.0", Detail::Digest, why);
    let host = head(Answer::status(404));
    check_resolve_error(&host, "1.0", Detail::Digest, "`registry.example` has no `team/app:1.0`");
}

#[test]
fn the_platforms_of_an_index_are_listed_without_attestations() {
    for media_type in [INDEX, LIST] {
        let host = Host::new();
        let mut named = descriptor(MANIFEST, &digest('e'), json!({"os": "linux", "architecture": "amd64"}));
        named["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest"});
        let body = index(
            media_type,
            &[
                descriptor(MANIFEST, &digest('a'), json!({"os": "linux", "architecture": "amd64"})),
                descriptor(MANIFEST, &digest('b'), json!({"os": "linux", "architecture": "arm", "variant": "v7"})),
                descriptor(
                    MANIFEST,
                    &digest('c'),
                    json!({"os": "windows", "architecture": "amd64", "os.version": "10.0.20348.1", "variant": ""}),
                ),
                descriptor(MANIFEST, &digest('d'), json!({"os": "unknown", "architecture": "unknown"})),
                named,
                descriptor(MANIFEST, &digest('a'), json!({"os": "linux", "architecture": "amd64"})),
            ],
        );
        serve(&host, "manifests/1.0", manifest(media_type, &body));
        let expected = [
            format!("linux/amd64 {}", digest('a')),
            format!("linux/arm/v7 {}", digest('b')),
            format!("windows/amd64/10.0.20348.1 {}", digest('c')),
        ];
        check_platforms(&host, &expected);
        assert_eq!(host.requests().len(), 1);
    }
}

#[test]
fn the_platform_of_a_single_manifest_is_in_its_configuration() {
    let host = Host::new();
    let config = r#"{"os": "linux", "architecture": "arm64", "variant": "v8", "config": {}}"#;
    let body = image(config);
    serve(&host, "manifests/1.0", manifest(MANIFEST, &body));
    serve_blob(&host, config);
    check_platforms(&host, &[format!("linux/arm64/v8 {}", digest_of(body.as_bytes()))]);
}

#[test]
fn an_index_in_an_index_is_read_and_a_third_is_not() {
    let host = Host::new();
    let linux = |letter| descriptor(MANIFEST, &digest(letter), json!({"os": "linux", "architecture": "amd64"}));
    let third = index(INDEX, &[linux('c')]);
    let third_digest = digest_of(third.as_bytes());
    let second = index(INDEX, &[linux('b'), descriptor(INDEX, &third_digest, Value::Null)]);
    let second_digest = digest_of(second.as_bytes());
    // Some builders give a nested index a platform.
    let platform = json!({"os": "linux", "architecture": "amd64"});
    let first = index(INDEX, &[linux('a'), descriptor(INDEX, &second_digest, platform)]);
    serve(&host, "manifests/1.0", manifest(INDEX, &first));
    serve(&host, &format!("manifests/{second_digest}"), manifest(INDEX, &second));
    serve(&host, &format!("manifests/{third_digest}"), manifest(INDEX, &third));
    check_platforms(&host, &[format!("linux/amd64 {}", digest('a')), format!("linux/amd64 {}", digest('b'))]);
}

#[test]
fn a_manifest_whose_index_does_not_say_its_platform_is_read() {
    let host = Host::new();
    let config = r#"{"os": "linux", "architecture": "s390x"}"#;
    let body = image(config);
    let digest = digest_of(body.as_bytes());
    serve(&host, "manifests/1.0", manifest(INDEX, &index(INDEX, &[descriptor(MANIFEST, &digest, Value::Null)])));
    serve(&host, &format!("manifests/{digest}"), manifest(MANIFEST, &body));
    serve_blob(&host, config);
    check_platforms(&host, &[format!("linux/s390x {digest}")]);
}

#[test]
fn an_index_cannot_cost_more_than_some_lookups() {
    let host = Host::new();
    let empty: Vec<String> = (0..40).map(|number| format!("{}{}", index(INDEX, &[]), " ".repeat(number))).collect();
    for body in &empty {
        serve(&host, &format!("manifests/{}", digest_of(body.as_bytes())), manifest(INDEX, body));
    }
    let nested: Vec<_> = empty.iter().map(|body| descriptor(INDEX, &digest_of(body.as_bytes()), Value::Null)).collect();
    serve(&host, "manifests/1.0", manifest(INDEX, &index(INDEX, &nested)));
    let resolved = client().resolve("1.0", Detail::Platforms);
    assert!(matches!(resolved, Err(RegistryError::UnexpectedAnswer(_))), "{resolved:?}");
    assert_eq!(host.requests().len(), 17);
}

#[test]
fn blobs_are_followed_to_where_they_are_kept() {
    let config = r#"{"os": "linux", "architecture": "amd64"}"#;
    let body = image(config);
    let blob = format!("blobs/{}", digest_of(config.as_bytes()));
    let what = format!("the configuration of `team/app@{}`", digest_of(body.as_bytes()));
    let at = |location: &str| {
        let host = Host::new();
        serve(&host, "manifests/1.0", manifest(MANIFEST, &body));
        serve(&host, &blob, Answer::status(307).header("Location", location));
        host
    };

    let host = at("https://storage.example/blob?signed=secret");
    host.answer(Method::Get, "https://storage.example/blob?signed=secret", Answer::status(200).body(config));
    check_platforms(&host, &[format!("linux/amd64 {}", digest_of(body.as_bytes()))]);

    let host = at("https://storage.example/blob?signed=secret");
    host.answer(Method::Get, "https://storage.example/blob?signed=secret", Answer::status(200).body("{}"));
    let why = format!("`registry.example` answered with a blob that does not match its digest when asked for {what}");
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);

    let host = at("https://storage.example/blob?signed=secret");
    let why = format!("{what} is kept at `storage.example`, which is not granted");
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);

    let host = at("http://storage.example/blob");
    let why = format!("`registry.example` answered with a redirect to nowhere when asked for {what}");
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);

    let host = at(&format!("{AT}/{blob}"));
    let why = format!("`registry.example` answered with one redirect after another when asked for {what}");
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);
}

/// What becomes of a manifest that is sent as `media_type`.
#[track_caller]
fn check_manifest(media_type: &str, body: &str, expected: &str) {
    let host = Host::new();
    serve(&host, "manifests/1.0", manifest(media_type, body));
    check_resolve_error(&host, "1.0", Detail::Platforms, expected);
}

#[test]
fn other_manifests_are_unsupported() {
    let schema_1 = "`team/app:1.0` of `registry.example` is a schema 1 manifest, which is not supported";
    check_manifest(SCHEMA_1, "{}", schema_1);
    check_manifest("application/json", r#"{"schemaVersion": 1, "fsLayers": []}"#, schema_1);
    let unknown = "`team/app:1.0` of `registry.example` is of an unknown media type, which is not supported";
    check_manifest("application/json", "{}", unknown);
    check_manifest(MANIFEST, r#"{"mediaType": "application/vnd.example+json"}"#, unknown);
    let empty = "`team/app:1.0` of `registry.example` is an index without images, which is not supported";
    let body = index(INDEX, &[]);
    let why = empty.replace(":1.0", &format!("@{}", digest_of(body.as_bytes())));
    check_manifest(INDEX, &body, &why);
}

#[test]
fn broken_manifests_are_unexpected() {
    let unexpected = |why: &str| format!("`registry.example` answered with {why} when asked for `team/app:1.0`");
    check_manifest(INDEX, "{", &unexpected("something else than a manifest"));
    check_manifest(INDEX, "null", &unexpected("something else than a manifest"));
    check_manifest(INDEX, r#"{"config": {"digest": "sha256:1"}}"#, &unexpected("a manifest without its main part"));
    check_manifest(MANIFEST, r#"{"manifests": []}"#, &unexpected("a manifest without its main part"));
    let nameless = unexpected("a manifest that names something by no digest");
    check_manifest(INDEX, &index(INDEX, &[descriptor(MANIFEST, "sha256:1", Value::Null)]), &nameless);
    check_manifest(MANIFEST, r#"{"config": {"digest": "../../x"}}"#, &nameless);

    let host = Host::new();
    let other = Answer::status(200).header("Content-Type", INDEX).header("Docker-Content-Digest", &digest('a'));
    serve(&host, "manifests/1.0", other.body(index(INDEX, &[])));
    let why = unexpected("a manifest that does not match its digest");
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);
}

#[test]
fn the_media_type_may_be_missing_or_too_general() {
    let linux = descriptor(MANIFEST, &digest('a'), json!({"os": "linux", "architecture": "amd64"}));
    let body = json!({"schemaVersion": 2, "manifests": [linux]}).to_string();
    for media_type in ["application/json", "application/octet-stream", INDEX, ""] {
        let host = Host::new();
        serve(&host, "manifests/1.0", manifest(media_type, &body));
        check_platforms(&host, &[format!("linux/amd64 {}", digest('a'))]);
    }
}

#[test]
fn a_chart_is_no_image() {
    let host = Host::new();
    let config = r#"{"name": "chart", "version": "1.0"}"#;
    let body = image(config);
    serve(&host, "manifests/1.0", manifest(MANIFEST, &body));
    serve_blob(&host, config);
    let why = format!(
        "the configuration of `team/app@{}` of `registry.example` is not that of an image, which is not supported",
        digest_of(body.as_bytes())
    );
    check_resolve_error(&host, "1.0", Detail::Platforms, &why);
}
