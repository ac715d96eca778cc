//! The token server of a stand-in, and the tokens that it gave.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::answer::Answer;
use super::request::Received;
use super::{errors, lock};

/// Who is known, with their passwords.
const USERS: [(&str, &str); 2] = [("tester", "s3cret"), ("robot$demo+ci", "robot-s3cret")];

/// For how long a token is said to be good.
const LIFETIME_S: u64 = 300;

/// Who a token was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// Somebody without a password.
    Anyone,
    /// One of the users.
    User,
}

#[derive(Debug, Default)]
pub(super) struct Tokens {
    given: Mutex<HashMap<String, (Holder, Vec<String>)>>,
}

/// Whose password a request has: nobody's, a user's, or a wrong one.
pub(super) fn password_of(received: &Received) -> Result<Holder, Answer> {
    let Some(encoded) = received.header("authorization").and_then(|value| value.strip_prefix("Basic ")) else {
        return Ok(Holder::Anyone);
    };
    let known = USERS.iter().any(|(user, password)| BASE64_STANDARD.encode(format!("{user}:{password}")) == encoded);
    if known { Ok(Holder::User) } else { Err(Answer::json(401, &errors("UNAUTHORIZED"))) }
}

impl Tokens {
    /// Gives a token for what the query asks.
    pub(super) fn give(&self, received: &Received) -> Answer {
        let holder = match password_of(received) {
            Ok(holder) => holder,
            Err(refusal) => return refusal,
        };
        let mut given = lock(&self.given);
        let token = format!("token-{}", given.len());
        given.insert(token.clone(), (holder, received.parameters("scope").collect()));
        Answer::json(200, &json!({ "token": token, "expires_in": LIFETIME_S }))
    }

    /// Whose token a request has, if it is good for `repository`.
    pub(super) fn holder(&self, received: &Received, repository: Option<&str>) -> Option<Holder> {
        let token = received.header("authorization")?.strip_prefix("Bearer ")?;
        let given = lock(&self.given);
        let (holder, scopes) = given.get(token)?;
        let good = |name: &str| scopes.iter().any(|scope| *scope == format!("repository:{name}:pull"));
        repository.is_none_or(good).then_some(*holder)
    }
}
