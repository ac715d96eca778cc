//! The token server of a stand-in, and the tokens that it gave.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use super::answer::Answer;
use super::lock;
use super::manners::Manners;
use super::request::Received;

/// Who is known, with their passwords.
const USERS: [(&str, &str); 3] = [("tester", "s3cret"), ("robot$demo+ci", "robot-s3cret"), ("AWS", "ecr-s3cret")];

/// A user with a password that was good once.
const EXPIRED: (&str, &str) = ("AWS", "old-ecr-s3cret");

/// What stands for a user where there are no passwords.
const IDENTITY_TOKEN: &str = "identity-s3cret";

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

#[derive(Debug)]
pub(super) struct Tokens {
    given: Mutex<HashMap<String, Given>>,
    uses: AtomicU32,
}

#[derive(Debug)]
struct Given {
    holder: Holder,
    scopes: Vec<String>,
    uses_left: u32,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { given: Mutex::default(), uses: AtomicU32::new(u32::MAX) }
    }
}

/// Whose password a request has: nobody's, a user's, or a wrong one.
pub(super) fn password_of(received: &Received) -> Result<Holder, Answer> {
    let Some(encoded) = received.header("authorization").and_then(|value| value.strip_prefix("Basic ")) else {
        return Ok(Holder::Anyone);
    };
    let is = |(user, password): &(&str, &str)| BASE64_STANDARD.encode(format!("{user}:{password}")) == encoded;
    if is(&EXPIRED) {
        return Err(Answer::error(403, "DENIED"));
    }
    if USERS.iter().any(is) { Ok(Holder::User) } else { Err(Answer::error(401, "UNAUTHORIZED")) }
}

impl Tokens {
    /// From now on a token is good for so many requests.
    pub(super) fn set_uses(&self, count: u32) {
        self.uses.store(count, Ordering::Relaxed);
    }

    /// Gives a token for what is asked: in the query, or in a form with an identity token.
    pub(super) fn give(&self, manners: Manners, received: &Received) -> Answer {
        let holder = match (manners, received.method.as_str()) {
            (Manners::Acr, "POST") => match received.form_field("refresh_token").as_deref() {
                Some(IDENTITY_TOKEN) => Ok(Holder::User),
                Some(_) | None => Err(Answer::error(401, "UNAUTHORIZED")),
            },
            _ => password_of(received),
        };
        let holder = match holder {
            Ok(holder) => holder,
            Err(refusal) => return refusal,
        };
        let mut given = lock(&self.given);
        let token = format!("token-{}", given.len());
        let scopes = received.parameters("scope").chain(received.form_field("scope")).collect();
        let uses_left = self.uses.load(Ordering::Relaxed);
        given.insert(token.clone(), Given { holder, scopes, uses_left });
        Answer::json(
            200,
            &match manners {
                Manners::Acr => json!({ "access_token": token }),
                Manners::GitLab | Manners::Quay | Manners::Nexus => json!({ "token": token }),
                Manners::Ghcr | Manners::Hub | Manners::Harbor | Manners::Ecr => {
                    json!({ "token": token, "expires_in": LIFETIME_S })
                }
            },
        )
    }

    /// Whose token a request has, if it is good for `repository`.
    pub(super) fn holder(&self, received: &Received, repository: Option<&str>) -> Option<Holder> {
        let token = received.header("authorization")?.strip_prefix("Bearer ")?;
        let mut given = lock(&self.given);
        let Given { holder, scopes, uses_left } = given.get_mut(token)?;
        *uses_left = uses_left.checked_sub(1)?;
        let good = |name: &str| scopes.iter().any(|scope| *scope == format!("repository:{name}:pull"));
        repository.is_none_or(good).then_some(*holder)
    }
}
