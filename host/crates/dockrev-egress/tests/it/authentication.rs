use crate::server::{Reply, Seen, Server, ok, response};
use crate::support::{BASIC, about, credentials_for, egress, get, granted};
use dockrev_core::image::Repository;
use dockrev_egress::{BudgetLimits, CallScope, DockerConfig, Egress, EgressConfig, EgressError, Grant};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn unauthorized(challenge: &str) -> Reply {
    response("401 Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n"), r#"{"errors":[]}"#)
}

/// A registry that is its own token server, under `/token`. `answer` is what the token server says.
async fn bearer_registry(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Server {
    Server::start(move |seen| {
        if seen.is("GET /token") {
            return answer(seen);
        }
        match seen.field("authorization") {
            Some("Bearer good") => ok("tags"),
            _ => {
                let host = seen.field("host").unwrap();
                unauthorized(&format!(
                    r#"Bearer realm="http://{host}/token",service="the registry",scope="repository:team/app:pull""#
                ))
            }
        }
    })
    .await
}

#[tokio::test]
async fn basic_credentials_are_sent_when_asked_for() {
    let server = Server::start(|seen| match seen.field("authorization") {
        Some(BASIC) => ok("tags"),
        _ => unauthorized("Basic realm=\"test\""),
    })
    .await;
    let credentials = credentials_for(&server.address.to_string());
    let egress = egress(Some(&credentials));
    let scope = about(&egress, &server);
    assert_eq!(get(&egress, &server.url("/v2/team/app/a"), &scope).await.unwrap(), (200, "tags".to_owned()));
    // From now on it is known what this registry wants.
    assert_eq!(get(&egress, &server.url("/v2/team/app/b"), &scope).await.unwrap().0, 200);
    let seen: Vec<bool> = server.seen().iter().map(|seen| seen.field("authorization").is_some()).collect();
    assert_eq!(seen, [false, true, true]);
    assert_eq!(scope.budget.requests(), 2);
}

#[tokio::test]
async fn wrong_or_missing_credentials_are_the_plugins_to_report() {
    let server = Server::start(|_| unauthorized("Basic realm=\"test\"")).await;
    let credentials = credentials_for(&server.address.to_string());
    for (egress, requests) in [(egress(None), 1), (egress(Some(&credentials)), 3)] {
        let (status, body) = get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap();
        assert_eq!((status, body.as_str()), (401, r#"{"errors":[]}"#));
        assert_eq!(server.seen().len(), requests);
    }
}

#[tokio::test]
async fn a_token_is_had_without_credentials() {
    let server = bearer_registry(|_| ok(r#"{"token": "good"}"#)).await;
    let egress = egress(None);
    let answer = get(&egress, &server.url("/v2/team/app/tags/list"), &about(&egress, &server)).await.unwrap();
    assert_eq!(answer, (200, "tags".to_owned()));
    let asked = server.seen().into_iter().find(|seen| seen.is("GET /token")).unwrap();
    assert!(asked.is("GET /token?service=the+registry&scope=repository%3Ateam%2Fapp%3Apull "), "{asked:?}");
    assert_eq!(asked.field("authorization"), None);
}

#[tokio::test]
async fn a_token_is_had_with_credentials() {
    let server = bearer_registry(|seen| match seen.field("authorization") {
        Some(BASIC) if seen.line.contains("account=tester") => ok(r#"{"access_token": "good", "expires_in": 300}"#),
        _ => response("401 Unauthorized", "", ""),
    })
    .await;
    let credentials = credentials_for(&server.address.to_string());
    let known = egress(Some(&credentials));
    assert_eq!(get(&known, &server.url("/v2/"), &about(&known, &server)).await.unwrap().0, 200);
    // Without them the token server refuses, and the registry's own answer is handed on.
    let unknown = egress(None);
    assert_eq!(get(&unknown, &server.url("/v2/"), &about(&unknown, &server)).await.unwrap().0, 401);
}

#[tokio::test]
async fn a_new_password_does_not_get_the_token_of_the_old_one() {
    let server = bearer_registry(|seen| match seen.field("authorization") {
        Some(BASIC) => ok(r#"{"token": "good", "expires_in": 300}"#),
        _ => response("401 Unauthorized", "", ""),
    })
    .await;
    let registry = server.address.to_string();
    let credentials = credentials_for(&registry);
    let egress = egress(Some(&credentials));
    assert_eq!(get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap().0, 200);
    credentials.log_in_again(&registry);
    assert_eq!(get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap().0, 401);
    assert!(server.count("GET /token") > 1, "the new password was tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_ask_for_one_token() {
    let server = bearer_registry(|_| ok(r#"{"token": "good", "expires_in": 300}"#)).await;
    let egress = egress(None);
    let requests: Vec<_> = (0..20)
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
    assert_eq!(server.count("GET /token"), 1);
    let before = server.seen().len();
    assert_eq!(get(&egress, &server.url("/v2/team/app/again"), &about(&egress, &server)).await.unwrap().0, 200);
    assert_eq!(server.seen().len(), before + 1);
}

#[tokio::test]
async fn a_token_that_ends_is_replaced() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    // The first token is refused from the start, as one is that was revoked.
    let server = bearer_registry(move |_| match counted.fetch_add(1, Ordering::Relaxed) {
        0 => ok(r#"{"token": "bad", "expires_in": 300}"#),
        1 => ok(r#"{"token": "good", "expires_in": 0}"#),
        _ => ok(r#"{"token": "good", "expires_in": 300}"#),
    })
    .await;
    let egress = egress(None);
    let scope = about(&egress, &server);
    let statuses = async || {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(get(&egress, &server.url("/v2/"), &scope).await.unwrap().0);
        }
        statuses
    };
    // Refused, then refused with the cached one and asked for anew; expired at once; good from then on.
    let statuses = statuses().await;
    assert_eq!(statuses.last(), Some(&200), "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 1, "{statuses:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_token_without_a_sound_lifetime_is_used_all_the_same() {
    for (expires_in, asked) in [("0", 3), ("-60", 3), ("\"-1\"", 3), ("\"300\"", 1), ("\"soon\"", 1), ("null", 1)] {
        let server = bearer_registry(move |_| ok(&format!(r#"{{"token": "good", "expires_in": {expires_in}}}"#))).await;
        let egress = egress(None);
        let scope = about(&egress, &server);
        for number in 0..3 {
            let url = server.url(&format!("/v2/team/app/{number}"));
            assert_eq!(get(&egress, &url, &scope).await.unwrap().0, 200, "{expires_in}");
        }
        assert_eq!(server.count("GET /token"), asked, "{expires_in}");
    }
}

/// Some registries refuse without saying what they want, as a proxy before them does.
#[tokio::test]
async fn a_refusal_without_a_challenge_is_answered_once_with_a_password() {
    let refused = || response("401 Unauthorized", "", "who are you?");
    let server = Server::start(move |seen| match seen.field("authorization") {
        Some(BASIC) if seen.is("GET /v2/team/app/") => ok("tags"),
        _ => refused(),
    })
    .await;
    let credentials = credentials_for(&server.address.to_string());
    let known = egress(Some(&credentials));
    let scope = about(&known, &server);
    assert_eq!(get(&known, &server.url("/v2/team/app/a"), &scope).await.unwrap(), (200, "tags".to_owned()));
    assert_eq!(get(&known, &server.url("/v2/team/app/b"), &scope).await.unwrap().0, 200);
    let sent = || server.seen().iter().map(|seen| seen.field("authorization").is_some()).collect::<Vec<_>>();
    assert_eq!(sent(), [false, true, true]);
    // Nothing to answer with.
    let unknown = egress(None);
    let answer = get(&unknown, &server.url("/v2/team/app/a"), &about(&unknown, &server)).await.unwrap();
    assert_eq!((answer, server.seen().len()), ((401, "who are you?".to_owned()), 4));
    // Elsewhere than in the repository of the call, the login is nobody's.
    let known = egress(Some(&credentials));
    for path in ["/v2/", "/v2/team/other/a", "/api/v1/users"] {
        assert_eq!(get(&known, &server.url(path), &about(&known, &server)).await.unwrap().0, 401, "{path}");
    }
    assert_eq!((sent()[4..].iter().any(|sent| *sent), sent().len()), (false, 7));
}

#[tokio::test]
async fn a_password_that_is_refused_without_a_challenge_is_not_sent_twice() {
    for fields in ["", "WWW-Authenticate: Negotiate\r\n"] {
        let server = Server::start(move |_| response("401 Unauthorized", fields, "no")).await;
        let credentials = credentials_for(&server.address.to_string());
        let egress = egress(Some(&credentials));
        let answer = get(&egress, &server.url("/v2/team/app/a"), &about(&egress, &server)).await.unwrap();
        assert_eq!(answer, (401, "no".to_owned()));
        // Whoever wants something else by name does not get a password.
        assert_eq!(server.seen().len(), if fields.is_empty() { 2 } else { 1 });
    }
}

#[tokio::test]
async fn a_token_server_that_fails_is_named() {
    let large = format!(r#"{{"token": "{}"}}"#, "x".repeat(70_000));
    for (body, status, expected) in [
        ("<html>".to_owned(), "200 OK", "answered with a web page"),
        (r#"{"token": ""}"#.to_owned(), "200 OK", "answered with an empty token"),
        (r#"{"token": "a\nb"}"#.to_owned(), "200 OK", "a token that cannot be sent"),
        (large, "200 OK", "more than 65536 bytes"),
        (String::new(), "503 Service Unavailable", "answered 503"),
        (String::new(), "302 Found", "answered 302"),
    ] {
        let server = bearer_registry(move |_| response(status, "Location: /elsewhere\r\n", &body)).await;
        let egress = egress(None);
        let error = get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap_err();
        assert!(matches!(error, EgressError::TokenServer { .. }), "{error:?}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_realm_elsewhere_gets_nothing() {
    let credentials_elsewhere = ["http://10.0.0.1/token", "https://evil.example/token", "file:///etc/passwd", "/token"];
    for realm in credentials_elsewhere {
        let server = Server::start(move |_| unauthorized(&format!(r#"Bearer realm="{realm}",service="x""#))).await;
        let credentials = credentials_for(&server.address.to_string());
        let egress = egress(Some(&credentials));
        let scope = about(&egress, &server);
        let error = get(&egress, &server.url("/v2/"), &scope).await.unwrap_err();
        assert!(matches!(error, EgressError::RealmRefused { .. }), "{realm}: {error:?}");
        assert_eq!(scope.last_error().unwrap(), error, "{realm}");
        assert_eq!(egress.requests_sent(), 1, "{realm}");
    }
}

#[tokio::test]
async fn credentials_go_to_their_registry_only() {
    let registry = Server::start(|seen| match seen.field("authorization") {
        Some(BASIC) => ok("tags"),
        _ => unauthorized("Basic realm=\"test\""),
    })
    .await;
    let other = Server::start(|_| unauthorized("Basic realm=\"test\"")).await;
    let credentials = credentials_for(&registry.address.to_string());
    let egress = egress(Some(&credentials));
    // Granted as a host, but the call is about another registry.
    let repository = Repository { registry: registry.address.to_string(), name: "team/app".to_owned() };
    let about_registry = egress.registry(&repository.registry).unwrap().grant(&repository);
    let hosts = vec![other.address.to_string().parse().unwrap()];
    let scope =
        CallScope::new(Grant { hosts, registry: Some(about_registry), ..Grant::default() }, BudgetLimits::default());
    assert_eq!(get(&egress, &registry.url("/v2/"), &scope).await.unwrap().0, 200);
    assert_eq!(get(&egress, &other.url("/v2/"), &scope).await.unwrap().0, 401);
    // A call that is about the other one.
    assert_eq!(get(&egress, &other.url("/v2/"), &about(&egress, &other)).await.unwrap().0, 401);
    // A call that is about no registry at all.
    let scope = granted(&[&registry.address.to_string()], BudgetLimits::default());
    assert_eq!(get(&egress, &registry.url("/v2/"), &scope).await.unwrap().0, 401);
    assert!(other.seen().iter().all(|seen| seen.field("authorization").is_none()));
}

#[tokio::test]
async fn a_broken_docker_config_is_named() {
    let server = Server::start(|_| unauthorized("Basic realm=\"test\"")).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    std::fs::write(&path, "{").unwrap();
    let credentials = Arc::new(DockerConfig::at(&path));
    let egress = Egress::new(EgressConfig { credentials, ..EgressConfig::default() }).unwrap();
    let error = get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}

/// A plugin reads what its call is about. It does not push with the admin's login, and gets no answer of a token server.
#[tokio::test]
async fn only_reading_the_repository_is_answered_for() {
    let server = Server::start(|seen| match seen.field("authorization") {
        Some(_) => ok("in"),
        None => unauthorized("Basic realm=\"test\""),
    })
    .await;
    let credentials = credentials_for(&server.address.to_string());
    let egress = egress(Some(&credentials));
    let scope = about(&egress, &server);
    let send = async |method: &str, path: &str| {
        let request = http::Request::builder().method(method).uri(server.url(path)).body(bytes::Bytes::new()).unwrap();
        egress.send(request, &scope).await.unwrap().status().as_u16()
    };
    assert_eq!(send("GET", "/v2/team/app/tags/list").await, 200);
    assert_eq!(send("HEAD", "/v2/team/app/manifests/1").await, 200);
    for (method, path) in [
        ("PUT", "/v2/team/app/manifests/latest"),
        ("DELETE", "/v2/team/app/manifests/latest"),
        ("TRACE", "/v2/team/app/tags/list"),
        ("GET", "/v2/other/app/tags/list"),
        ("GET", "/v2/auth"),
        ("GET", "/token"),
        ("POST", "/api/v1/users/admin/tokens"),
    ] {
        assert_eq!(send(method, path).await, 401, "{method} {path}");
    }
}

/// Harbor's own API refuses without naming a way to log in, and takes a password all the same; its registry takes tokens.
#[tokio::test]
async fn harbors_own_api_gets_the_login_for_the_repository_alone() {
    const ARTIFACTS: &str = "/api/v2.0/projects/team/repositories/app/artifacts";
    let server = Server::start(|seen| {
        if seen.is("GET /token") {
            return ok(r#"{"token": "good"}"#);
        }
        match (seen.is("GET /api/"), seen.field("authorization")) {
            (true, Some(BASIC)) | (false, Some("Bearer good")) => ok("[]"),
            (true, _) => response("401 Unauthorized", "", r#"{"errors":[]}"#),
            (false, _) => {
                let host = seen.field("host").unwrap();
                unauthorized(&format!(r#"Bearer realm="http://{host}/token",service="harbor-registry""#))
            }
        }
    })
    .await;
    let credentials = credentials_for(&server.address.to_string());
    let egress = egress(Some(&credentials));
    let scope = about(&egress, &server);
    for path in [ARTIFACTS, "/v2/team/app/tags/list", ARTIFACTS, "/v2/team/app/manifests/1.0"] {
        assert_eq!(get(&egress, &server.url(path), &scope).await.unwrap(), (200, "[]".to_owned()), "{path}");
    }
    for path in ["/api/v2.0/projects/team/repositories/other/artifacts", "/api/v2.0/users/current"] {
        assert_eq!(get(&egress, &server.url(path), &scope).await.unwrap().0, 401, "{path}");
    }
    let with_password = server.seen().iter().filter(|seen| seen.field("authorization") == Some(BASIC)).count();
    assert_eq!(with_password, 3, "two for the artifacts, one for the token");
}
