//! One token for several repositories that are read together.

use crate::server::{Seen, Server, ok, response};
use crate::support::{about_repository, egress, get};
use dockrev_egress::Egress;
use std::sync::{Arc, Mutex};

/// What a registry refuses a token with that is not good for the repository.
type Refusal = &'static str;

/// The repositories in the question to the token server, in its order.
fn scopes(seen: &Seen) -> Vec<String> {
    let query = seen.line.split_once('?').and_then(|(_, rest)| rest.split_once(' ')).map_or("", |(query, _)| query);
    let parameters = url::form_urlencoded::parse(query.as_bytes());
    let scopes = parameters.filter(|(name, _)| name == "scope");
    scopes.map(|(_, scope)| scope.trim_start_matches("repository:").trim_end_matches(":pull").to_owned()).collect()
}

/// A registry whose token server gives a token for as many repositories as it `takes` in one question, leaving out what
/// is `denied`. A token is the list of what it is good for.
async fn registry(takes: usize, denied: &'static [&'static str], refusal: Refusal) -> Server {
    Server::start(move |seen| {
        let host = seen.field("host").unwrap();
        if seen.is("GET /token") {
            let asked = scopes(seen);
            if asked.len() > takes {
                return response("400 Bad Request", "", "one scope, please");
            }
            let alone = asked.len() == 1;
            let good: Vec<String> =
                asked.into_iter().filter(|name| alone || !denied.contains(&name.as_str())).collect();
            return ok(&format!(r#"{{"token": "{}", "expires_in": 300}}"#, good.join(",")));
        }
        let repository = seen.line.split("/v2/").nth(1).and_then(|rest| rest.split("/tags/").next()).unwrap();
        match seen.field("authorization").and_then(|field| field.strip_prefix("Bearer ")) {
            Some(token) if token.split(',').any(|name| name == repository) => ok(repository),
            Some(_) if refusal != "401 Unauthorized" => response(refusal, "", "{}"),
            _ => {
                let challenge =
                    format!(r#"Bearer realm="http://{host}/token",service="r",scope="repository:{repository}:pull""#);
                response("401 Unauthorized", &format!("WWW-Authenticate: {challenge}\r\n"), "{}")
            }
        }
    })
    .await
}

/// Reads the tags of each, one after the other.
async fn read_all(egress: &Egress, server: &Server, names: &[&str]) {
    for name in names {
        let scope = about_repository(egress, server, name);
        let answer = get(egress, &server.url(&format!("/v2/{name}/tags/list")), &scope).await.unwrap();
        assert_eq!(answer, (200, (*name).to_owned()));
    }
}

fn announce(egress: &Egress, server: &Server, names: &[&str]) {
    let endpoint = egress.registry(&server.address.to_string()).unwrap();
    egress.announce(&endpoint.origin, names.iter().map(|name| (*name).to_owned()).collect());
}

fn asked(server: &Server) -> Vec<Vec<String>> {
    server.seen().iter().filter(|seen| seen.is("GET /token")).map(scopes).collect()
}

#[tokio::test]
async fn one_token_serves_those_that_were_announced() {
    let server = registry(20, &[], "401 Unauthorized").await;
    let egress = egress(None);
    announce(&egress, &server, &["team/c", "team/a", "team/b"]);
    read_all(&egress, &server, &["team/a", "team/b", "team/c", "team/a"]).await;
    assert_eq!(asked(&server), [["team/a", "team/b", "team/c"]]);
    // Refused once, to learn what it wants, and then everybody is let in at once.
    assert_eq!(server.seen().len(), 6);
    // Who was not announced asks for itself.
    read_all(&egress, &server, &["team/d"]).await;
    assert_eq!(asked(&server)[1], ["team/d"]);
}

#[tokio::test]
async fn who_is_left_out_of_the_token_gets_one_of_its_own() {
    for refusal in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let server = registry(20, &["team/b"], refusal).await;
        let egress = egress(None);
        announce(&egress, &server, &["team/a", "team/b", "team/c"]);
        read_all(&egress, &server, &["team/a", "team/b", "team/c", "team/b"]).await;
        let alone = asked(&server).into_iter().filter(|scopes| *scopes == ["team/b"]).count();
        assert_eq!(alone, 1, "{refusal}: {:?}", asked(&server));
    }
}

#[tokio::test]
async fn a_server_that_takes_one_scope_is_asked_for_one() {
    let server = registry(1, &[], "401 Unauthorized").await;
    let egress = egress(None);
    announce(&egress, &server, &["team/a", "team/b"]);
    read_all(&egress, &server, &["team/a", "team/b", "team/a"]).await;
    assert_eq!(asked(&server), [vec!["team/a", "team/b"], vec!["team/a"], vec!["team/b"]]);
}

/// A plugin that asks beyond its call's repository must not get there with a token that is good for more.
#[tokio::test]
async fn a_shared_token_is_sent_for_the_calls_own_repository_only() {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let tokens = Arc::clone(&sent);
    let server = Server::start(move |seen| {
        let host = seen.field("host").unwrap();
        if seen.is("GET /token") {
            return ok(&format!(r#"{{"token": "for-{}", "expires_in": 300}}"#, scopes(seen).len()));
        }
        match seen.field("authorization") {
            Some(token) => {
                tokens.lock().unwrap().push((seen.line.clone(), token.to_owned()));
                ok("")
            }
            None => {
                let challenge = format!(r#"WWW-Authenticate: Bearer realm="http://{host}/token",service="r""#);
                response("401 Unauthorized", &format!("{challenge}\r\n"), "{}")
            }
        }
    })
    .await;
    let egress = egress(None);
    announce(&egress, &server, &["team/a", "team/b"]);
    let scope = about_repository(&egress, &server, "team/a");
    for path in ["/v2/team/a/tags/list", "/v2/", "/v2/team/b/tags/list"] {
        drop(get(&egress, &server.url(path), &scope).await);
    }
    let sent = sent.lock().unwrap().clone();
    let shared: Vec<&str> =
        sent.iter().filter(|(_, token)| token == "Bearer for-2").map(|(line, _)| line.as_str()).collect();
    assert_eq!(shared, ["GET /v2/team/a/tags/list HTTP/1.1"]);
    assert!(sent.iter().any(|(line, token)| line.starts_with("GET /v2/ ") && token == "Bearer for-1"), "{sent:?}");
}
