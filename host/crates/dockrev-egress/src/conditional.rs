//! Asks registries only for what is not known yet.
//!
//! What is under a digest never changes: if it is kept, nobody is asked. For tags and tag lists the registry is asked,
//! whatever it says of caches; if it answers that nothing has changed, the kept answer stands. Only where the admin gave
//! answers a time to live, and nothing is done with them but to show them, a young one stands without asking.

use crate::body::ResponseBody;
use crate::client::{Egress, Outgoing};
use crate::error::EgressError;
use crate::grant::{CallScope, Recency, RegistryGrant};
use crate::response_cache::{KeptAnswer, Key, ResponseCache, hex};
use bytes::{Bytes, BytesMut};
use http::header::{
    ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, LINK, RANGE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::SystemTime;
use url::Url;

/// The digest of a manifest, in the registry's words.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// Header fields that are kept.
const KEPT_FIELDS: [HeaderName; 4] = [CONTENT_TYPE, CONTENT_DIGEST, ETAG, LINK];
/// With one of these, a request asks for something else than the whole answer.
const SPECIAL_FIELDS: [HeaderName; 5] = [IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE];

/// What is under a URL of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    /// Always the same: what has this SHA-256.
    Fixed(String),
    /// What a tag stands for, or a list of tags.
    Changing,
    /// The digest that a tag stands for: the head of an answer, and no body.
    ChangingDigest,
}

/// An answer that is kept if it turns out to be worth it.
#[derive(Debug)]
pub(crate) struct Recording {
    cache: Arc<ResponseCache>,
    key: Key,
    content: Content,
    headers: HeaderMap,
    body: BytesMut,
}

impl Egress {
    /// Sends to the registry that a call is about, unless the answer is known.
    pub(crate) async fn ask_registry(
        &self,
        mut outgoing: Outgoing,
        registry: &RegistryGrant,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let (Some(cache), Some(content)) = (&self.cache, content_of(&outgoing)) else {
            return self.send_to_registry(&outgoing, registry, scope).await;
        };
        let key = key_of(&outgoing, registry);
        let kept = read(cache, &key).await.filter(|kept| is_as_it_should_be(&content, &kept.headers, &kept.body));
        if let Some(kept) = kept.as_ref().filter(|kept| stands(cache, &content, kept, registry)) {
            return Ok(self.answer_with(kept, scope));
        }
        let tag = kept.as_ref().and_then(|kept| entity_tag(&kept.headers));
        outgoing.headers.extend(tag.map(|tag| (IF_NONE_MATCH, tag)));
        let response = self.send_to_registry(&outgoing, registry, scope).await?;
        match (response.status(), kept) {
            (StatusCode::NOT_MODIFIED, Some(kept)) => {
                let answer = self.answer_with(&kept, scope);
                if cache.has_ttl() {
                    write(cache, key, KeptAnswer { said_at_unix_s: now_unix_s(), ..kept }).await;
                }
                Ok(answer)
            }
            (StatusCode::OK, _) if content == Content::ChangingDigest => {
                keep_head(cache, key, response.headers()).await;
                Ok(response)
            }
            (StatusCode::OK, _) if is_worth_keeping(cache, &content, response.headers()) => {
                let headers = kept_fields(response.headers());
                let cache = Arc::clone(cache);
                let recording = Recording { cache, key, content, headers, body: BytesMut::new() };
                Ok(response.map(|body| body.recorded(recording)))
            }
            _ => Ok(response),
        }
    }

    fn answer_with(&self, kept: &KeptAnswer, scope: &Arc<CallScope>) -> http::Response<ResponseBody> {
        self.from_cache.fetch_add(1, Ordering::Relaxed);
        let mut response = http::Response::new(ResponseBody::buffered(kept.body.clone(), None, Arc::clone(scope)));
        *response.headers_mut() = kept.headers.clone();
        response
    }
}

impl Recording {
    /// Whether there is room for `chunk`.
    pub(crate) fn add(&mut self, chunk: &[u8]) -> bool {
        let fits = self.body.len() + chunk.len() <= self.cache.body_max_bytes();
        if fits {
            self.body.extend_from_slice(chunk);
        }
        fits
    }

    /// Keeps the answer, which was read to its end. Blocks.
    pub(crate) fn finish(self) {
        if is_as_it_should_be(&self.content, &self.headers, &self.body) {
            let said_at_unix_s = now_unix_s();
            let answer = KeptAnswer { said_at_unix_s, headers: self.headers, body: self.body.freeze() };
            self.cache.write(&self.key, &answer);
        }
    }
}

/// Keeps the head of an answer that has no body, if it says a digest. Whoever asked need not read to its end.
async fn keep_head(cache: &Arc<ResponseCache>, key: Key, headers: &HeaderMap) {
    let answer = KeptAnswer { said_at_unix_s: now_unix_s(), headers: kept_fields(headers), body: Bytes::new() };
    if is_as_it_should_be(&Content::ChangingDigest, &answer.headers, &answer.body) {
        write(cache, key, answer).await;
    }
}

/// Whether `kept` is the answer, and the registry need not be asked.
fn stands(cache: &ResponseCache, content: &Content, kept: &KeptAnswer, registry: &RegistryGrant) -> bool {
    match (content, registry.recency) {
        (Content::Fixed(_), Recency::Now | Recency::WithinTtl) => true,
        (Content::Changing | Content::ChangingDigest, Recency::WithinTtl) => cache.is_young(kept, now_unix_s()),
        (Content::Changing | Content::ChangingDigest, Recency::Now) => false,
    }
}

fn now_unix_s() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

async fn write(cache: &Arc<ResponseCache>, key: Key, answer: KeptAnswer) {
    let cache = Arc::clone(cache);
    // Whether it worked is of no interest to whoever asked.
    drop(tokio::task::spawn_blocking(move || cache.write(&key, &answer)).await);
}

async fn read(cache: &Arc<ResponseCache>, key: &Key) -> Option<KeptAnswer> {
    let (cache, key) = (Arc::clone(cache), key.clone());
    tokio::task::spawn_blocking(move || cache.read(&key)).await.ok().flatten()
}

/// What a request asks for. Absent if its answer is not kept.
fn content_of(outgoing: &Outgoing) -> Option<Content> {
    let whole = outgoing.body.is_empty() && !SPECIAL_FIELDS.iter().any(|name| outgoing.headers.contains_key(name));
    if !whole {
        return None;
    }
    let content = content_under(&outgoing.url)?;
    if outgoing.method == Method::GET {
        return Some(content);
    }
    let is_digest = outgoing.method == Method::HEAD && content == Content::Changing;
    (is_digest && !outgoing.url.path().ends_with("/tags/list")).then_some(Content::ChangingDigest)
}

fn content_under(url: &Url) -> Option<Content> {
    let segments: Vec<&str> = url.path_segments()?.collect();
    let Some((["v2", name @ ..], [kind, last])) = segments
        .iter()
        .position(|segment| *segment == "v2")
        .and_then(|start| segments[start..].split_last_chunk::<2>())
    else {
        return None;
    };
    let fixed = last.strip_prefix("sha256:").filter(|digits| is_sha256(digits));
    match (*kind, fixed) {
        _ if name.is_empty() => None,
        ("manifests" | "blobs", Some(digits)) => Some(Content::Fixed(digits.to_owned())),
        ("manifests", None) => Some(Content::Changing),
        ("tags", None) if *last == "list" => Some(Content::Changing),
        _ => None,
    }
}

fn is_sha256(digits: &str) -> bool {
    digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn key_of(outgoing: &Outgoing, registry: &RegistryGrant) -> Key {
    let accept: Vec<&[u8]> = outgoing.headers.get_all(ACCEPT).iter().map(HeaderValue::as_bytes).collect();
    let accept = accept.join(&b","[..]);
    let method = outgoing.method.as_str().as_bytes();
    Key::of(&[method, outgoing.url.as_str().as_bytes(), &accept, registry.credentials_name.as_bytes()])
}

/// With what the registry is asked whether anything has changed (RFC 9110, section 13.1.2).
fn entity_tag(headers: &HeaderMap) -> Option<HeaderValue> {
    if let Some(tag) = headers.get(ETAG) {
        return Some(tag.clone());
    }
    // Registries take the digest for one, even those that send none.
    let digest = headers.get(CONTENT_DIGEST)?.to_str().ok()?;
    format!("\"{digest}\"").parse().ok()
}

fn is_worth_keeping(cache: &ResponseCache, content: &Content, headers: &HeaderMap) -> bool {
    let can_be_asked_for = match content {
        Content::Fixed(_) => true,
        Content::Changing | Content::ChangingDigest => cache.has_ttl() || entity_tag(headers).is_some(),
    };
    can_be_asked_for && !headers.contains_key(CONTENT_ENCODING)
}

fn kept_fields(headers: &HeaderMap) -> HeaderMap {
    let mut kept = HeaderMap::new();
    for name in KEPT_FIELDS {
        for value in headers.get_all(&name) {
            kept.append(&name, value.clone());
        }
    }
    kept
}

/// Whether `body` is what it is said to be. An answer that was cut off, or an error page with status 200, is not.
fn is_as_it_should_be(content: &Content, headers: &HeaderMap, body: &[u8]) -> bool {
    let sha256 = || hex(&Sha256::digest(body));
    if let Content::Fixed(digits) = content {
        return sha256() == *digits;
    }
    if *content == Content::ChangingDigest {
        return body.is_empty() && headers.contains_key(CONTENT_DIGEST);
    }
    let announced = headers.get(CONTENT_DIGEST).and_then(|digest| digest.to_str().ok()?.strip_prefix("sha256:"));
    match announced {
        Some(digits) => sha256() == digits,
        None => serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_what_never_changes() {
        let digits = "0123456789abcdef".repeat(4);
        let check = |path: &str, expected: Option<Content>| {
            let path = path.replace("DIGITS", &digits);
            let url = format!("https://registry.example{path}").parse().unwrap();
            assert_eq!(content_under(&url), expected, "{path}");
        };
        let fixed = || Some(Content::Fixed(digits.clone()));
        check("/v2/library/nginx/manifests/sha256:DIGITS", fixed());
        check("/v2/nginx/blobs/sha256:DIGITS", fixed());
        check("/base/v2/nginx/manifests/sha256:DIGITS", fixed());
        check("/v2/nginx/manifests/1.27", Some(Content::Changing));
        check("/v2/nginx/manifests/sha256:DIGIT", Some(Content::Changing));
        check("/v2/nginx/manifests/sha512:DIGITSDIGITS", Some(Content::Changing));
        check("/v2/nginx/tags/list?n=100&last=a", Some(Content::Changing));
        check("/v2/nginx/blobs/latest", None);
        check("/v2/nginx/tags/other", None);
        check("/v2/manifests/1.27", None);
        check("/v2/nginx/referrers/sha256:DIGITS", None);
        check("/v2/", None);
        check("/api/v2.0/projects/a/manifests/b", None);
        check("/nginx/manifests/sha256:DIGITS", None);
    }
}
