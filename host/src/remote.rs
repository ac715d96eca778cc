//! Another Dockrev, which runs as a server, asked over its API.

use crate::operations::{Failure, Problem};
use dockrev_egress::Secret;
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::{Host, Url};
use uuid::Uuid;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest wait for an answer: the server gives up earlier, and says why. To put data back takes as long as it takes.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30 * 60);
/// Longest wait for whether it is ready.
const READY_TIMEOUT: Duration = Duration::from_secs(4);
/// How much is repeated of why it is not ready, in characters.
const REASON_MAX_CHARS: usize = 200;
/// Largest answer, in bytes: the services of some hundred stacks.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;
/// What every path of the API begins with.
const BASE: [&str; 2] = ["api", "v1"];
/// Items that are asked for at once.
const PAGE: &str = "500";

/// A server, and what it knows us by.
#[derive(Debug)]
pub struct Remote {
    address: Url,
    token: Option<Secret>,
    client: reqwest::Client,
}

/// A page of a list.
#[derive(serde::Deserialize)]
struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl Remote {
    /// The server at `address`, such as `https://dockrev.example.net`. Nothing is asked yet.
    ///
    /// # Errors
    ///
    /// The text is no such address, or TLS cannot be set up.
    pub fn new(address: &str, token: Option<Secret>) -> Result<Self, Failure> {
        let invalid = |why: &str| {
            Failure::new("server.invalid-address", format!("`{address}` is no address of a server: {why}"))
                .hint("give it as `https://HOST` or `http://HOST:PORT`")
        };
        let url = Url::parse(address).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid("it begins with neither `https://` nor `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Not repeated: it may hold a password.
            return Err(Failure::new("server.invalid-address", "the address of a server holds no login")
                .hint("put a token into DOCKREV_TOKEN or DOCKREV_TOKEN_FILE"));
        }
        dockrev_egress::set_up_tls();
        let client = reqwest::Client::builder()
            .user_agent(concat!("dockrev/", env!("CARGO_PKG_VERSION")))
            // A token is shown to whom it is for.
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            .build()
            .map_err(|error| Failure::new("server.no-tls", error.to_string()))?;
        Ok(Self { address: url, token, client })
    }

    /// Whether what is said can be read on the way.
    #[must_use]
    pub fn is_readable_on_the_way(&self) -> bool {
        let is_here = match self.address.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        self.address.scheme() == "http" && !is_here
    }

    /// Whether it can do its work.
    ///
    /// # Errors
    ///
    /// It does not answer, or says why it is not ready.
    pub async fn is_ready(&self) -> Result<(), Failure> {
        let mut url = self.address.clone();
        url.set_path("/readyz");
        let (status, body) = self.answer(self.client.get(url).timeout(READY_TIMEOUT)).await?;
        if status.is_success() {
            return Ok(());
        }
        let why = String::from_utf8_lossy(&body).chars().take(REASON_MAX_CHARS).collect::<String>();
        Err(Failure::new("server.not-ready", format!("{} is not ready: {}", self.address, why.trim())))
    }

    /// Reads one thing.
    pub async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Failure> {
        self.read(self.request(Method::GET, path, query)).await
    }

    /// Reads a list, page by page, until there are `most` of it.
    pub async fn list<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        most: usize,
    ) -> Result<Vec<T>, Failure> {
        self.list_after(path, query, (None, most)).await
    }

    /// The same after a page that ended with this cursor.
    pub async fn list_after<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        (after, most): (Option<String>, usize),
    ) -> Result<Vec<T>, Failure> {
        let (mut items, mut cursor): (Vec<T>, Option<String>) = (Vec::new(), after);
        loop {
            let place = [("limit", PAGE), ("cursor", cursor.as_deref().unwrap_or_default())];
            let place = if cursor.is_some() { &place[..] } else { &place[..1] };
            let page: Page<T> = self.read(self.request(Method::GET, path, &[query, place].concat())).await?;
            let is_last = page.items.is_empty() || page.next_cursor.is_none();
            items.extend(page.items);
            if is_last || items.len() >= most {
                items.truncate(most);
                return Ok(items);
            }
            cursor = page.next_cursor;
        }
    }

    /// Has something done, once: a request that is sent again does nothing new.
    pub async fn post<T: DeserializeOwned>(&self, path: &[&str], body: &impl Serialize) -> Result<T, Failure> {
        let body = serde_json::to_string(body).map_err(|error| Failure::new("json.failed", error.to_string()))?;
        let request = self
            .request(Method::POST, path, &[])
            .header(header::CONTENT_TYPE, "application/json")
            .header("idempotency-key", Uuid::new_v4().to_string())
            .body(body);
        self.read(request).await
    }

    /// Has something removed.
    pub async fn delete(&self, path: &[&str]) -> Result<(), Failure> {
        self.send(self.request(Method::DELETE, path, &[])).await.map(drop)
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.address.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(BASE).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self.client.request(method, url).header(header::ACCEPT, "application/json");
        match &self.token {
            Some(token) => request.bearer_auth(token.expose()),
            None => request,
        }
    }

    async fn read<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, Failure> {
        let body = self.send(request).await?;
        serde_json::from_slice(&body).map_err(|error| {
            Failure::new("server.unexpected-answer", format!("could not read an answer of {}: {error}", self.address))
                .hint("is it a Dockrev, and of the same version?")
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Vec<u8>, Failure> {
        let (status, body) = self.answer(request).await?;
        if status.is_success() { Ok(body) } else { Err(self.refusal(status, &body)) }
    }

    async fn answer(&self, request: RequestBuilder) -> Result<(StatusCode, Vec<u8>), Failure> {
        let unreachable = |error: &reqwest::Error| {
            let mut message = format!("{} does not answer", self.address);
            let mut cause = std::error::Error::source(error);
            while let Some(error) = cause {
                message.push_str(&format!(": {error}"));
                cause = error.source();
            }
            Failure::new("server.unreachable", message).hint("does `dockrev serve` run there, and is it let through?")
        };
        let response = request.send().await.map_err(|error| unreachable(&error))?;
        let status = response.status();
        let body = whole(response).await.map_err(|error| unreachable(&error))?;
        let body = body.ok_or_else(|| {
            let message = format!("an answer of {} is larger than {ANSWER_MAX_BYTES} bytes", self.address);
            Failure::new("server.unexpected-answer", message)
        })?;
        Ok((status, body))
    }

    fn refusal(&self, status: StatusCode, body: &[u8]) -> Failure {
        let Ok(problem) = serde_json::from_slice::<Problem>(body) else {
            let message = format!("{} answered {status}, and not as Dockrev does", self.address);
            return Failure::new("server.unexpected-answer", message)
                .hint("give the address of Dockrev itself; a proxy before it may ask for a login of its own");
        };
        if status == StatusCode::UNAUTHORIZED {
            let what = if self.token.is_some() { "does not know the token" } else { "asks for a token" };
            return Failure::new(problem.code, format!("{} {what}", self.address))
                .hint("`dockrev token add NAME --scope update` on that machine makes one for DOCKREV_TOKEN");
        }
        problem.into()
    }
}

/// The body; nothing if it is too large.
async fn whole(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > ANSWER_MAX_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(address: &str) -> Result<Remote, Failure> {
        Remote::new(address, Some(Secret::new("dockrev_secret")))
    }

    #[test]
    fn what_is_no_address_is_refused_and_no_password_repeated() {
        for address in ["dockrev:8686", "ftp://dockrev", "https://", "unix:///run/x", ""] {
            let failure = remote(address).unwrap_err();
            assert_eq!(failure.code(), "server.invalid-address", "{address}");
        }
        let failure = remote("https://ann:geheim@dockrev").unwrap_err();
        assert!(!failure.message().contains("geheim"), "{}", failure.message());
        assert!(!format!("{:?}", remote("https://dockrev").unwrap()).contains("secret"));
    }

    #[test]
    fn names_become_parts_of_the_path() {
        let check = |address: &str, expected: &str| {
            let request =
                remote(address).unwrap().request(Method::GET, &["stacks", "a/b ?", "services"], &[("q", "a&b")]);
            assert_eq!(request.build().unwrap().url().as_str(), expected);
        };
        check("http://127.0.0.1:8686", "http://127.0.0.1:8686/api/v1/stacks/a%2Fb%20%3F/services?q=a%26b");
        check(
            "https://home.example/dockrev/",
            "https://home.example/dockrev/api/v1/stacks/a%2Fb%20%3F/services?q=a%26b",
        );
    }

    #[test]
    fn only_what_stays_here_may_go_in_the_open() {
        let readable = |address: &str| remote(address).unwrap().is_readable_on_the_way();
        assert!(readable("http://nas:8686") && readable("http://192.168.0.2"));
        for address in ["https://nas", "http://localhost:8686", "http://127.0.0.1:8686", "http://[::1]:8686"] {
            assert!(!readable(address), "{address}");
        }
    }

    #[test]
    fn a_refusal_says_what_the_server_said() {
        let remote = remote("https://dockrev").unwrap();
        let problem = br#"{"code":"tag.invalid","message":"no","fields":[{"field":"tag","message":"empty"}]}"#;
        let failure = remote.refusal(StatusCode::UNPROCESSABLE_ENTITY, problem);
        assert_eq!((failure.code(), failure.message()), ("tag.invalid", "no; tag: empty"));
        let failure = remote.refusal(StatusCode::UNAUTHORIZED, br#"{"code":"access.unknown","message":"who?"}"#);
        assert!(failure.message().contains("does not know the token"), "{}", failure.message());
        let failure = remote.refusal(StatusCode::BAD_GATEWAY, b"<html>");
        assert_eq!(failure.code(), "server.unexpected-answer");
    }
}
