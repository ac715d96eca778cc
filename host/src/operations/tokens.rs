//! Tokens of the API: what programs, and people without single sign-on, show to be let in.

use super::Failure;
use crate::app::App;
use dockrev_store::StoredToken;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::str::FromStr;
use utoipa::ToSchema;
use uuid::Uuid;

/// What every token begins with: so that one that lies around is recognised.
const PREFIX: &str = "dockrev_";
/// Longest name of a token, in characters: it is shown in tables.
const NAME_MAX_CHARS: usize = 64;

/// What somebody may do. Each scope includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Look.
    Read,
    /// Also have registries asked, and say what is ignored.
    Check,
    /// Also update, roll back, start and stop.
    Update,
    /// Everything.
    Admin,
}

/// A text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no scope: expected `read`, `check`, `update` or `admin`")]
pub struct ParseScopeError(String);

impl Scope {
    /// All of them, the smallest first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Check, Self::Update, Self::Admin];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Check => "check",
            Self::Update => "update",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = ParseScopeError;

    fn from_str(text: &str) -> Result<Self, ParseScopeError> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| ParseScopeError(text.chars().take(NAME_MAX_CHARS).collect()))
    }
}

/// A token, as it is shown once. It prints as stars elsewhere.
pub struct NewToken(String);

impl NewToken {
    /// The token itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for NewToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The hash by which a token is kept and found. It has 244 random bits: no salt and no slow hash is needed.
#[must_use]
pub fn hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Makes a token, keeps its hash, and gives what is shown this once.
pub async fn add(app: &App, name: &str, scope: Scope) -> Result<NewToken, Failure> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_MAX_CHARS || !name.chars().all(is_plain) {
        return Err(Failure::new("token.invalid-name", format!("`{}` is no name for a token", shortened(name)))
            .hint(format!("use at most {NAME_MAX_CHARS} letters, digits, `-`, `_` and `.`")));
    }
    let secret = format!("{PREFIX}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
    let token = StoredToken {
        id: Uuid::new_v4().simple().to_string(),
        name: name.to_owned(),
        scope: scope.as_str().to_owned(),
        created_by: app.config().requested_by.clone(),
        created_at: Timestamp::now(),
        last_used_at: None,
    };
    if !app.store().await?.add_token(&token, &hash(&secret)).await? {
        return Err(Failure::new("token.exists", format!("there is a token `{name}` already"))
            .hint(format!("take another name, or `dockrev token remove {name}` first")));
    }
    Ok(NewToken(secret))
}

/// Removes the token of this name: who has it is let in no more.
pub async fn remove(app: &App, name: &str) -> Result<(), Failure> {
    if app.store().await?.remove_token(name).await? {
        return Ok(());
    }
    Err(Failure::new("token.not-found", format!("there is no token `{}`", shortened(name)))
        .hint("`dockrev token list` shows the tokens"))
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_ordered_and_named() {
        for pair in Scope::ALL.windows(2) {
            assert!(pair[0] < pair[1]);
        }
        for scope in Scope::ALL {
            assert_eq!(scope.to_string().parse(), Ok(scope));
        }
        assert_eq!("root".parse::<Scope>().unwrap_err().to_string(), ParseScopeError("root".to_owned()).to_string());
    }

    #[test]
    fn a_token_is_not_shown_by_mistake() {
        assert_eq!(format!("{:?}", NewToken("dockrev_x".to_owned())), "***");
        assert_eq!(hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
