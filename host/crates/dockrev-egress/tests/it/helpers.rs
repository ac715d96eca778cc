//! Credentials from helper programs, and identity tokens.

use crate::server::{Reply, Server, ok, response};
use crate::support::{BASIC, about, get};
use dockrev_egress::{DockerConfig, Egress, EgressConfig, EgressError, HelperSettings, Login};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// A folder with Docker's configuration, and helpers that write down what they are asked.
struct Setup {
    folder: TempDir,
    config: Arc<DockerConfig>,
}

impl Setup {
    fn new(config: &str, helpers: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, config).unwrap();
        for (name, answer) in helpers {
            install(folder.path(), name, answer);
        }
        let search_path = format!("{}:/usr/bin:/bin", folder.path().display());
        let settings = HelperSettings { timeout: Duration::from_secs(5), search_path: Some(search_path.into()) };
        let config = Arc::new(DockerConfig::at(path).with_helpers(settings));
        Self { folder, config }
    }

    fn egress(&self) -> Egress {
        Egress::new(EgressConfig { credentials: Arc::clone(&self.config), ..EgressConfig::default() }).unwrap()
    }

    /// What helpers were asked so far.
    fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("asked")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn install(folder: &Path, name: &str, answer: &str) {
    let program = folder.join(format!("docker-credential-{name}"));
    let asked = folder.join("asked");
    let script = format!("#!/bin/sh\nread server\necho \"{name} $1 $server\" >>{}\n{answer}\n", asked.display());
    let text = folder.join("text");
    std::fs::write(&text, script).unwrap();
    // Copied by a process of its own: what any of ours has open for writing cannot be run.
    assert!(Command::new("install").arg("-m755").args([&text, &program]).status().unwrap().success());
}

fn says(user: &str, secret: &str) -> String {
    format!(r#"echo '{{"ServerURL": "x", "Username": "{user}", "Secret": "{secret}"}}'"#)
}

const NOTHING: &str = "echo 'credentials not found in native keychain'; exit 1";

#[test]
fn helpers_come_in_dockers_order() {
    let config = r#"{
        "auths": {"a.example": {"auth": "YTphdXRocw=="}, "c.example": {}, "https://index.docker.io/v1/": {}},
        "credHelpers": {"a.example": "special", "e.example": "missing"},
        "credsStore": "store"
    }"#;
    let setup = Setup::new(config, &[("special", NOTHING), ("store", &says("u", "kept"))]);
    let check = |registry: &str, expected: Option<&str>| {
        let found = setup.config.credentials_for(registry).unwrap();
        assert_eq!(found.as_ref().map(|found| found.password.expose()), expected, "{registry}");
    };
    // The helper has the last word, although it has nothing.
    check("a.example", None);
    check("b.example", Some("kept"));
    check("docker.io", Some("kept"));
    check("index.docker.io", Some("kept"));
    check("e.example", None);
    assert_eq!(
        setup.asked(),
        ["special get a.example", "store get b.example", "store get https://index.docker.io/v1/"]
    );
    // What was logged in since is found at once.
    let path = setup.folder.path().join("config.json");
    std::fs::write(path, r#"{"auths": {"a.example": {"auth": "YTphdXRocw=="}}}"#).unwrap();
    check("a.example", Some("auths"));
}

#[test]
fn a_helper_that_fails_is_named_and_not_shown() {
    let setup = Setup::new(r#"{"credsStore": "broken"}"#, &[("broken", "echo s3cret; exit 3")]);
    for _ in 0..2 {
        let text = setup.config.login_for("a.example").unwrap_err().to_string();
        assert!(text.contains("`docker-credential-broken`, asked for `a.example`, failed: exit status: 3"), "{text}");
        assert!(text.contains("config.json") && !text.contains("s3cret"), "{text}");
    }
    assert_eq!(setup.asked().len(), 1);
    let setup = Setup::new(r#"{"credsStore": "tokens"}"#, &[("tokens", &says("<token>", "s3cret"))]);
    let login = setup.config.login_for("a.example").unwrap().unwrap();
    assert!(matches!(login, Login::IdentityToken(_)));
    assert_eq!(format!("{login:?}"), "IdentityToken(***)");
    assert_eq!(setup.config.credentials_for("a.example"), Ok(None));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_registry_gets_what_its_helper_keeps_and_asks_it_once() {
    let server = Server::start(|seen| match seen.field("authorization") {
        Some(BASIC) => ok("tags"),
        _ => response("401 Unauthorized", "WWW-Authenticate: Basic realm=\"test\"\r\n", ""),
    })
    .await;
    let setup = Setup::new(r#"{"credsStore": "store"}"#, &[("store", &says("tester", "s3cret"))]);
    let egress = Arc::new(setup.egress());
    let requests: Vec<_> = (0..10)
        .map(|number| {
            let (egress, server) = (Arc::clone(&egress), server.clone());
            tokio::spawn(async move {
                get(&egress, &server.url(&format!("/v2/team/app/{number}")), &about(&egress, &server)).await.unwrap().0
            })
        })
        .collect();
    for request in requests {
        assert_eq!(request.await.unwrap(), 200);
    }
    assert_eq!(setup.asked(), [format!("store get {}", server.address)]);
}

/// A registry that gives tokens under `/token` for the identity token `eyJ`.
async fn oauth_registry(answer: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |seen| {
        if seen.is("POST /token ") {
            return answer();
        }
        match seen.field("authorization") {
            Some("Bearer good") => ok("tags"),
            _ => {
                let host = seen.field("host").unwrap();
                let challenge = format!(
                    r#"Bearer realm="http://{host}/token",service="the registry",scope="repository:team/app:pull""#
                );
                response("401 Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n"), "")
            }
        }
    })
    .await
}

#[tokio::test]
async fn an_identity_token_is_exchanged_for_a_token() {
    let server = oauth_registry(|| ok(r#"{"access_token": "good", "refresh_token": "new", "expires_in": 300}"#)).await;
    let address = server.address.to_string();
    let in_auths = format!(r#"{{"auths": {{"{address}": {{"auth": "PHRva2VuPjo=", "identitytoken": "eyJ"}}}}}}"#);
    let in_helper = format!(r#"{{"credHelpers": {{"{address}": "cloud"}}}}"#);
    for config in [in_auths, in_helper] {
        let setup = Setup::new(&config, &[("cloud", &says("<token>", "eyJ"))]);
        let egress = setup.egress();
        let before = server.seen().len();
        let scope = about(&egress, &server);
        assert_eq!(get(&egress, &server.url("/v2/team/app/a"), &scope).await.unwrap(), (200, "tags".to_owned()));
        assert_eq!(get(&egress, &server.url("/v2/team/app/b"), &scope).await.unwrap().0, 200);
        let seen = server.seen().split_off(before);
        assert_eq!(seen.len(), 4, "{seen:?}");
        let asked = &seen[1];
        assert!(asked.is("POST /token "), "{asked:?}");
        assert_eq!(asked.field("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(asked.field("authorization"), None);
        assert_eq!(
            asked.body,
            "grant_type=refresh_token&service=the+registry&client_id=dockrev&\
             scope=repository%3Ateam%2Fapp%3Apull&refresh_token=eyJ"
        );
    }
}

#[tokio::test]
async fn a_refused_identity_token_is_the_plugins_to_report() {
    for (status, expected) in [("401 Unauthorized", Ok(401)), ("400 Bad Request", Err("answered 400"))] {
        let server = oauth_registry(move || response(status, "", "")).await;
        let config = format!(r#"{{"auths": {{"{}": {{"identitytoken": "eyJ"}}}}}}"#, server.address);
        let setup = Setup::new(&config, &[]);
        let egress = setup.egress();
        match (get(&egress, &server.url("/v2/"), &about(&egress, &server)).await, expected) {
            (Ok((status, _)), Ok(expected)) => assert_eq!(status, expected),
            (Err(error @ EgressError::TokenServer { .. }), Err(expected)) => {
                assert!(error.to_string().contains(expected) && !error.to_string().contains("eyJ"), "{error}");
            }
            other => panic!("{other:?}"),
        }
    }
}
