use std::sync::PoisonError;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ureq::http::Method;

use super::Client;
use crate::Error;

/// A user and their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password.
    pub password: String,
}

impl Credentials {
    /// As the `auth` field of Docker's `config.json` has them.
    pub(crate) fn encoded(&self) -> String {
        BASE64_STANDARD.encode(format!("{}:{}", self.user, self.password))
    }
}

impl Client {
    /// The `Authorization` header that answers `challenge`: the password itself, or a token fetched for it.
    pub(super) fn authenticate(&self, challenge: &str) -> Result<String, Error> {
        let basic = self.credentials.as_ref().map(|known| format!("Basic {}", known.encoded())).unwrap_or_default();
        let Some(parameters) = challenge.strip_prefix("Bearer ") else { return Ok(basic) };
        let parameter = |name: &str| {
            let start = format!("{name}=\"");
            let (_, rest) = parameters.split_once(&start)?;
            rest.split_once('"').map(|(value, _)| value)
        };
        let url = format!(
            "{}?service={}&scope={}",
            parameter("realm").unwrap_or_default(),
            parameter("service").unwrap_or_default(),
            parameter("scope").unwrap_or_default(),
        );
        let answer = self.send_once(&Method::GET, &url, &[], None, Some(&basic))?.expect(200)?;
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        Ok(format!("Bearer {}", answer["token"].as_str().unwrap_or_default()))
    }

    pub(super) fn remembered(&self) -> Option<String> {
        self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn remember(&self, authorization: String) {
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(authorization);
    }
}
