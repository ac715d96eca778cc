//! A small blocking HTTP client over `wasi:http/outgoing-handler`.
//!
//! ```
//! use dockrev_plugin_sdk::{http::{Method, Request}, testing::{Answer, Host}};
//!
//! let host = Host::new();
//! host.answer(Method::Get, "https://example.com/status", Answer::status(200).body("fine"));
//!
//! let response = Request::get("https://example.com/status").header("Accept", "text/plain").send()?;
//! assert!(response.is_success());
//! assert_eq!(response.body, b"fine");
//! # Ok::<(), dockrev_plugin_sdk::http::Error>(())
//! ```
//!
//! It follows no redirects and keeps nothing between requests. The host outside the sandbox speaks TLS, answers the
//! `401` of registries, and refuses hosts that were not granted.

mod url;

pub(crate) use url::{Scheme, Url};

use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// Largest body of a successful response that is read unless [`Request::max_body_bytes`] says otherwise: enough for
/// any JSON answer of a service, and a sixteenth of the memory that a call has.
pub const BODY_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Of the body of an unsuccessful response only this much is read; the rest is dropped without an error, since the
/// status says what matters.
pub const ERROR_BODY_MAX_BYTES: usize = 64 * 1024;

/// What is asked of the other side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`.
    Get,
    /// `HEAD`.
    Head,
    /// `POST`.
    Post,
    /// `PUT`.
    Put,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        })
    }
}

/// A request to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// An absolute `http` or `https` URL.
    pub url: String,
    /// Header fields in order.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    max_body_bytes: usize,
}

impl Request {
    /// A request without header fields and body.
    #[must_use]
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: Vec::new(), max_body_bytes: BODY_MAX_BYTES }
    }

    /// A `GET` request.
    #[must_use]
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    /// A `HEAD` request.
    #[must_use]
    pub fn head(url: impl Into<String>) -> Self {
        Self::new(Method::Head, url)
    }

    /// A `POST` request.
    #[must_use]
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::Post, url)
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets the body to `value` as JSON, with the `Content-Type` that belongs to it.
    pub fn json(self, value: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(value).map_err(|source| Error::InvalidRequest { why: source.to_string() })?;
        Ok(self.header("Content-Type", "application/json").body(body))
    }

    /// Reads at most `limit` bytes of a successful response's body; a longer one is [`Error::BodyTooLarge`].
    #[must_use]
    pub fn max_body_bytes(mut self, limit: usize) -> Self {
        self.max_body_bytes = limit;
        self
    }

    /// Sends the request and waits for the whole answer, whatever its status.
    pub fn send(&self) -> Result<Response, Error> {
        let url = Url::parse(&self.url)?;
        crate::host::send(self, &url)
    }

    /// How much of the body of an answer with this status is read.
    pub(crate) fn body_limit(&self, status: u16) -> BodyLimit {
        if is_success(status) { BodyLimit::Whole(self.max_body_bytes) } else { BodyLimit::Start(ERROR_BODY_MAX_BYTES) }
    }
}

/// How much of a body is read.
#[derive(Clone, Copy)]
pub(crate) enum BodyLimit {
    /// All of it; one that is longer than this is an error.
    Whole(usize),
    /// The first bytes; the rest is dropped.
    Start(usize),
}

impl BodyLimit {
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Whole(limit) | Self::Start(limit) => limit,
        }
    }

    /// What becomes of a body that is longer than the limit, of which `read` holds at least that much.
    pub(crate) fn cut(self, mut read: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Whole(limit_bytes) => Err(Error::BodyTooLarge { limit_bytes }),
            Self::Start(limit) => {
                read.truncate(limit);
                Ok(read)
            }
        }
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Header fields in order; bytes that are not UTF-8 are replaced.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        is_success(self.status)
    }

    /// The first value of the header field `name`, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of the header field `name`, whatever its case.
    pub fn header_values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|_| Error::NotJson)
    }

    /// Seconds to wait from `Retry-After`. A date there is not read, since a guest's clock is not to be relied on.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u32> {
        self.header("Retry-After")?.trim().parse().ok()
    }
}

/// Why there is no answer, or no usable one. Never holds a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The URL is not one that can be asked. The URL itself is left out: it may hold a secret.
    #[error("not an absolute http or https URL: {why}")]
    InvalidUrl {
        /// What is wrong with it.
        why: &'static str,
    },
    /// The request cannot be sent as it is.
    #[error("the request is not valid: {why}")]
    InvalidRequest {
        /// What is wrong with it.
        why: String,
    },
    /// The plugin may not reach this host, or it has sent as many requests as one call may.
    #[error("this plugin may not reach `{host}`")]
    Refused {
        /// Host and port.
        host: String,
    },
    /// No connection, no name, no TLS, no answer in time. Trying again later may help.
    #[error("`{host}` cannot be reached: {why}")]
    Unreachable {
        /// Host and port.
        host: String,
        /// What went wrong.
        why: &'static str,
    },
    /// The answer ended early, or stood still for too long. Trying again later may help.
    #[error("`{host}` broke off its answer")]
    CutOff {
        /// Host and port.
        host: String,
    },
    /// The answer is not HTTP as it should be.
    #[error("`{host}` gave a broken answer: {why}")]
    Broken {
        /// Host and port.
        host: String,
        /// What went wrong.
        why: &'static str,
    },
    /// The body of a successful response is longer than the request allows.
    #[error("the answer is larger than {limit_bytes} bytes")]
    BodyTooLarge {
        /// The limit that was passed.
        limit_bytes: usize,
    },
    /// The body is not the JSON that was expected.
    #[error("the answer is not the JSON that was expected")]
    NotJson,
}

impl Error {
    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::CutOff { .. } | Self::Broken { .. } => true,
            Self::InvalidUrl { .. }
            | Self::InvalidRequest { .. }
            | Self::Refused { .. }
            | Self::BodyTooLarge { .. }
            | Self::NotJson => false,
        }
    }
}

fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

#[cfg(test)]
mod tests;
