//! A way in for the fuzz targets below `fuzz/`, and for nobody else: it may change at any time.

use crate::challenge::{self, BearerChallenge};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue};

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// User and password.
    Basic,
    /// A token from a token server.
    Bearer {
        /// Where the token server is.
        realm: String,
        /// The service that the token is for.
        service: Option<String>,
        /// What it is to allow.
        scope: Option<String>,
    },
}

/// The challenge that is answered of these values of `WWW-Authenticate`. Those that cannot be one are left out.
#[must_use]
pub fn challenge(values: &[&[u8]]) -> Option<Challenge> {
    let values = values.iter().filter_map(|value| HeaderValue::from_bytes(value).ok());
    let headers: HeaderMap = values.map(|value| (WWW_AUTHENTICATE, value)).collect();
    Some(match challenge::choose(&headers)? {
        challenge::Challenge::Basic => Challenge::Basic,
        challenge::Challenge::Bearer(BearerChallenge { realm, service, scope }) => {
            Challenge::Bearer { realm, service, scope }
        }
    })
}
