//! Who is let in, and what for. Refused unless it is known who it is.

use super::Shared;
use super::error::ApiError;
use crate::operations::tokens::{Scope, hash};
use crate::server::{Mode, Server};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{self, HeaderMap};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dockrev_store::Store;
use jiff::{SignedDuration, Timestamp};
use std::net::{IpAddr, SocketAddr};

/// Longest name that a proxy may give, in bytes.
const USER_MAX_BYTES: usize = 128;
/// How exactly it is kept when a token was last used: a write for every request would be too many.
const USE_KEPT_EVERY: SignedDuration = SignedDuration::from_mins(5);
/// What is asked for where nothing was shown. Basic authentication, with a token as the password, is what browsers can do
/// by themselves.
const CHALLENGE: &str = "Basic realm=\"Dockrev: any name, and a token as the password\", charset=\"UTF-8\"";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Caller {
    /// `user:ann`, `token:ci`, or `dev`.
    pub(super) who: String,
    /// What they may do.
    pub(super) scope: Scope,
    /// Where from.
    pub(super) address: IpAddr,
}

/// Lets in whoever is known, and knows from then on who it is.
pub(super) async fn guard(
    State(server): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if is_changing(request.method()) {
        same_site(request.headers(), request.uri())?;
    }
    let caller = match server.mode {
        Mode::Open => open(&server, peer.ip(), request.headers(), request.uri())?,
        Mode::Guarded => match known(&server, peer.ip(), request.headers()).await? {
            Some(caller) => caller,
            None => return Ok(challenge()),
        },
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// Lets on whoever has at least this scope.
pub(super) async fn require(scope: Scope, request: Request, next: Next) -> Result<Response, ApiError> {
    let Some(caller) = request.extensions().get::<Caller>() else {
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "access.unknown", "it is not known who asks"));
    };
    has_scope(scope, caller)?;
    Ok(next.run(request).await)
}

/// Whether `caller` has at least this scope.
pub(super) fn has_scope(scope: Scope, caller: &Caller) -> Result<(), ApiError> {
    if caller.scope >= scope {
        return Ok(());
    }
    let message = format!("this takes the scope `{scope}`, and {} has `{}`", caller.who, caller.scope);
    Err(ApiError::new(StatusCode::FORBIDDEN, "access.scope-too-small", message)
        .hint(format!("`dockrev token add NAME --scope {scope}` makes a token that may do it")))
}

/// Whether credentials from `address` are looked at at all.
pub(super) fn may_try(server: &Server, address: IpAddr) -> Result<(), ApiError> {
    server.limits.may_try(address).map_err(|seconds| {
        let message = format!("too many wrong credentials came from {address}");
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, "access.too-many-tries", message).retry_after(seconds)
    })
}

/// Whether a request of this method is to change something.
pub(super) fn is_changing(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

fn challenge() -> Response {
    let error = ApiError::new(StatusCode::UNAUTHORIZED, "access.unknown", "it is not known who asks")
        .hint("show a token (`Authorization: Bearer ...`), or come through a trusted proxy");
    let mut response = error.into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
    response
}

/// In development everybody is let in who is on this machine. The name that was asked for has to be this machine's, too:
/// another site's name that points here is another site.
fn open(server: &Server, peer: IpAddr, headers: &HeaderMap, uri: &Uri) -> Result<Caller, ApiError> {
    let host = host(headers, uri);
    let name = host.map(|host| host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(n, _)| n));
    let is_here = name.is_some_and(|name| {
        let address = name.trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    if is_here && peer.to_canonical().is_loopback() {
        return Ok(Caller { who: "dev".to_owned(), scope: Scope::Admin, address: peer });
    }
    let message = format!("this server runs without a login, for this machine only: open http://{}", server.address);
    Err(ApiError::new(StatusCode::FORBIDDEN, "access.not-this-machine", message))
}

/// Who it is: by a token if one is shown, else by the word of a trusted proxy.
async fn known(server: &Server, peer: IpAddr, headers: &HeaderMap) -> Result<Option<Caller>, ApiError> {
    let address = address(server, peer, headers);
    if let Some(shown) = shown(headers) {
        may_try(server, address)?;
        let caller = match &shown {
            Some(token) => of_token(&*server.app.store().await?, token, address).await?,
            None => None,
        };
        if caller.is_none() {
            server.limits.was_wrong(address);
            tracing::warn!("wrong credentials from {address}");
        }
        return Ok(caller);
    }
    let config = &server.app.config().server;
    if !config.trusts(peer) {
        return Ok(None);
    }
    let mut names = headers.get_all(config.forward_header.as_str()).iter();
    // Two names are nobody: one of them may be the client's own.
    let (Some(name), None) = (names.next(), names.next()) else { return Ok(None) };
    let name = name.to_str().ok().map(str::trim).filter(|name| !name.is_empty() && name.len() <= USER_MAX_BYTES);
    Ok(name.map(|name| Caller { who: format!("user:{name}"), scope: config.forward_scope, address }))
}

/// What is shown as a token, if anything is; absent within if it cannot be read.
fn shown(headers: &HeaderMap) -> Option<Option<String>> {
    let value = headers.get(header::AUTHORIZATION)?;
    let (kind, rest) = value.to_str().ok().and_then(|text| text.split_once(' ')).unwrap_or_default();
    let token = match kind.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().to_owned()),
        "basic" => {
            let decoded = STANDARD.decode(rest.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.and_then(|text| text.split_once(':').map(|(_, password)| password.to_owned()))
        }
        _ => None,
    };
    Some(token)
}

async fn of_token(store: &Store, token: &str, address: IpAddr) -> Result<Option<Caller>, ApiError> {
    let Some(stored) = store.token(&hash(token)).await? else { return Ok(None) };
    let now = Timestamp::now();
    if stored.last_used_at.is_none_or(|at| now.duration_since(at) >= USE_KEPT_EVERY) {
        store.token_was_used(&stored.id, now).await?;
    }
    // The database knows no other scopes.
    let scope = stored.scope.parse().unwrap_or(Scope::Read);
    Ok(Some(Caller { who: format!("token:{}", stored.name), scope, address }))
}

/// Where a request comes from: what trusted proxies say, as far as each of them is one.
pub(super) fn address(server: &Server, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let config = &server.app.config().server;
    let mut address = peer.to_canonical();
    let hops = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        if !config.trusts(address) {
            break;
        }
        let Ok(before) = hop.parse::<IpAddr>() else { break };
        address = before.to_canonical();
    }
    address
}

/// What changes something has to come from here: browsers say where a request comes from, and send credentials whoever
/// asks them to.
fn same_site(headers: &HeaderMap, uri: &Uri) -> Result<(), ApiError> {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let refused = |what: String| Err(ApiError::new(StatusCode::FORBIDDEN, "access.other-site", what));
    match text("sec-fetch-site") {
        None | Some("same-origin" | "none") => {}
        Some(site) => return refused(format!("a browser sent this for another site (`{site}`)")),
    }
    let Some(origin) = text("origin") else { return Ok(()) };
    let of_origin = origin.split_once("://").map(|(_, host)| host);
    if of_origin.is_some() && of_origin == host(headers, uri) {
        return Ok(());
    }
    refused(format!("a browser sent this for another site (`{origin}`)"))
}

fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let of_uri = uri.authority().map(axum::http::uri::Authority::as_str);
    of_uri.or_else(|| headers.get(header::HOST).and_then(|host| host.to_str().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(of: &[(&'static str, &str)]) -> HeaderMap {
        of.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn tokens_are_shown_in_two_ways() {
        let check = |value: &str, expected: Option<&str>| {
            assert_eq!(shown(&headers(&[("authorization", value)])), Some(expected.map(str::to_owned)), "{value}");
        };
        check("Bearer dockrev_x", Some("dockrev_x"));
        check("bearer  dockrev_x ", Some("dockrev_x"));
        check("Basic YW5uOmRvY2tyZXZfeA==", Some("dockrev_x"));
        check("Basic !!", None);
        check("Digest x", None);
        check("dockrev_x", None);
        assert_eq!(shown(&headers(&[])), None);
    }

    #[test]
    fn another_site_is_refused() {
        let check = |of: &[(&'static str, &str)], is_good: bool| {
            assert_eq!(same_site(&headers(of), &Uri::from_static("/api")).is_ok(), is_good, "{of:?}");
        };
        check(&[("host", "dockrev.lan")], true);
        check(&[("host", "dockrev.lan"), ("origin", "https://dockrev.lan")], true);
        check(&[("host", "dockrev.lan"), ("origin", "https://evil.example")], false);
        check(&[("host", "dockrev.lan"), ("origin", "null")], false);
        check(&[("host", "dockrev.lan"), ("origin", "https://dockrev.lan:444")], false);
        check(&[("host", "dockrev.lan"), ("sec-fetch-site", "same-origin")], true);
        check(&[("host", "dockrev.lan"), ("sec-fetch-site", "cross-site")], false);
        check(&[("host", "dockrev.lan"), ("sec-fetch-site", "same-site")], false);
    }
}
