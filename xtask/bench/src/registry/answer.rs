//! From a request to its answer.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH, LINK, WWW_AUTHENTICATE,
};
use http::{HeaderMap, Method, Response, StatusCode, Uri};
use http_body_util::Full;
use serde_json::json;

use super::catalogue::Repository;
use super::image::{self, Blob};
use super::{Auth, Shared};

const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Most tags on a page, as with the large registries.
const PAGE_MAX_TAGS: usize = 1000;
/// How the registry is called by its token server.
const SERVICE: &str = "bench";

type Answer = Response<Full<Bytes>>;

pub(super) fn to(shared: &Shared, method: &Method, uri: &Uri, headers: &HeaderMap) -> Answer {
    let answer = found(shared, uri, headers);
    let answer = if is_known(&answer, headers) { not_modified(answer) } else { answer };
    if method == Method::HEAD { without_body(answer) } else { answer }
}

fn found(shared: &Shared, uri: &Uri, headers: &HeaderMap) -> Answer {
    if uri.path() == "/token" {
        return token(uri);
    }
    let Some(path) = uri.path().strip_prefix("/v2/") else { return refusal(StatusCode::NOT_FOUND, "NOT_FOUND") };
    let segments: Vec<&str> = path.split('/').collect();
    let (name, kind, last) = match segments.as_slice() {
        [name @ .., kind, last] => (name.join("/"), *kind, *last),
        _ => (String::new(), "", ""),
    };
    if shared.auth == Auth::Token && headers.get(AUTHORIZATION).is_none_or(|given| *given != bearer(&name)) {
        return challenge(shared, &name);
    }
    if path.is_empty() {
        return answer(StatusCode::OK, "application/json", "{}".into());
    }
    let Some(repository) = shared.catalogue.repository(&name) else {
        return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
    };
    match (kind, last) {
        ("tags", "list") => tag_list(repository, uri),
        ("manifests", reference) if !reference.contains(':') => {
            let image = repository.image(reference, shared.is_news_out.load(Ordering::Relaxed));
            image.map_or_else(|| refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"), |image| blob(&image.index))
        }
        ("manifests" | "blobs", digest) => {
            let found = shared.catalogue.blob(digest);
            found.map_or_else(|| refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"), blob)
        }
        _ => refusal(StatusCode::NOT_FOUND, "NOT_FOUND"),
    }
}

/// A page of the tags, with where the next one is.
fn tag_list(repository: &Repository, uri: &Uri) -> Answer {
    let value = |name: &str| query(uri).find(|(key, _)| key == name).map(|(_, value)| value);
    let size = value("n").and_then(|n| n.parse().ok()).unwrap_or(PAGE_MAX_TAGS).clamp(1, PAGE_MAX_TAGS);
    let start = value("last").map_or(0, |last| repository.tags.partition_point(|tag| *tag <= last));
    let page: Vec<&String> = repository.tags[start..].iter().take(size).collect();
    let body = json!({ "name": repository.name, "tags": page }).to_string();
    let etag = header(&format!("\"{}\"", image::digest(body.as_bytes())));
    let mut response = answer(StatusCode::OK, "application/json; charset=utf-8", body.into());
    response.headers_mut().insert(ETAG, etag);
    if let Some(last) = page.last().filter(|_| start + page.len() < repository.tags.len()) {
        let next = format!("</v2/{}/tags/list?last={last}&n={size}>; rel=\"next\"", repository.name);
        response.headers_mut().insert(LINK, header(&next));
    }
    response
}

fn blob(blob: &Blob) -> Answer {
    let mut response = answer(StatusCode::OK, blob.media_type, blob.bytes.clone());
    response.headers_mut().insert(CONTENT_DIGEST, header(&blob.digest));
    response.headers_mut().insert(ETAG, header(&format!("\"{}\"", blob.digest)));
    response
}

/// Tells where a token for `name` is to be had.
fn challenge(shared: &Shared, name: &str) -> Answer {
    let mut response = refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
    let scope = if name.is_empty() { String::new() } else { format!(",scope=\"repository:{name}:pull\"") };
    let challenge = format!("Bearer realm=\"http://{}/token\",service=\"{SERVICE}\"{scope}", shared.address);
    response.headers_mut().insert(WWW_AUTHENTICATE, header(&challenge));
    response
}

/// A token for what was asked for; everybody gets one.
fn token(uri: &Uri) -> Answer {
    let scope = query(uri).find(|(key, _)| key == "scope").map(|(_, scope)| scope).unwrap_or_default();
    let name = scope.strip_prefix("repository:").and_then(|rest| rest.strip_suffix(":pull")).unwrap_or_default();
    let token = json!({ "token": token_of(name), "expires_in": 300 });
    answer(StatusCode::OK, "application/json", token.to_string().into())
}

fn token_of(name: &str) -> String {
    image::digest(name.as_bytes()).replace(':', "-")
}

fn bearer(name: &str) -> String {
    format!("Bearer {}", token_of(name))
}

fn query(uri: &Uri) -> impl Iterator<Item = (String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned()
}

fn refusal(status: StatusCode, code: &str) -> Answer {
    let body = json!({ "errors": [{ "code": code, "message": code.to_lowercase().replace('_', " ") }] });
    answer(status, "application/json", body.to_string().into())
}

fn answer(status: StatusCode, content_type: &str, body: Bytes) -> Answer {
    let length = body.len();
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(API_VERSION, HeaderValue::from_static("registry/2.0"));
    headers.insert(CONTENT_TYPE, header(content_type));
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// Whether whoever asks has it already.
fn is_known(answer: &Answer, headers: &HeaderMap) -> bool {
    answer.headers().get(ETAG).is_some_and(|tag| headers.get(IF_NONE_MATCH) == Some(tag))
}

/// As Distribution's own registry says it: nothing of a manifest is repeated.
fn not_modified(mut answer: Answer) -> Answer {
    *answer.status_mut() = StatusCode::NOT_MODIFIED;
    let headers = answer.headers_mut();
    headers.remove(CONTENT_LENGTH);
    headers.remove(CONTENT_TYPE);
    if headers.remove(CONTENT_DIGEST).is_some() {
        headers.remove(ETAG);
    }
    without_body(answer)
}

fn without_body(answer: Answer) -> Answer {
    answer.map(|_| Full::default())
}

/// All of them are made of names and digests.
fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}
