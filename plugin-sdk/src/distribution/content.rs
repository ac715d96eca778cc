//! What names, digests and bodies look like.

use crate::http::Response;
use sha2::{Digest, Sha256, Sha512};
use std::fmt::Write as _;

/// Longest tag, by the specification.
const TAG_MAX_BYTES: usize = 128;

/// Whether `text` is a tag: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut bytes = text.bytes();
    text.len() <= TAG_MAX_BYTES
        && bytes.next().is_some_and(is_word)
        && bytes.all(|byte| is_word(byte) || byte == b'.' || byte == b'-')
}

/// Whether `text` is a digest by one of the two algorithms that the specification registers.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = &text["shaNNN:".len()..];
    hex.len() == length && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The SHA-256 digest of `body`.
pub(super) fn digest_of(body: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(body)))
}

/// Whether `body` is what `digest` stands for.
pub(super) fn matches(body: &[u8], digest: &str) -> bool {
    if digest.starts_with("sha512:") {
        return digest == format!("sha512:{}", hex(&Sha512::digest(body)));
    }
    digest == digest_of(body)
}

/// Whether a registry sent a web page: a proxy's login, an error page with status 200.
pub(super) fn is_html(response: &Response) -> bool {
    let says_so = response.header("Content-Type").is_some_and(|kind| media_type(kind) == "text/html");
    let start = response.body.trim_ascii_start();
    says_so || start.starts_with(b"<")
}

/// The media type in a `Content-Type` value, without its parameters and in lower case.
pub(super) fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
