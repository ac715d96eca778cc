//! Credentials for pulling.

use std::fmt;

/// A user and a password for one registry.
#[derive(Clone, PartialEq, Eq)]
pub struct UserPassword {
    /// The user's name.
    pub user: String,
    /// The password or access token.
    pub password: String,
}

impl fmt::Debug for UserPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserPassword").field("user", &self.user).field("password", &"***").finish()
    }
}

/// Knows which credentials a registry takes.
pub trait PullCredentials: Send + Sync {
    /// The credentials for `registry` (`docker.io`, `localhost:5000`). Absent: it is asked anonymously.
    fn for_registry(&self, registry: &str) -> Option<UserPassword>;
}

/// No credentials for any registry.
#[derive(Clone, Copy, Debug, Default)]
pub struct Anonymous;

impl PullCredentials for Anonymous {
    fn for_registry(&self, _registry: &str) -> Option<UserPassword> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        let credentials = UserPassword { user: "tester".to_owned(), password: "s3cret".to_owned() };
        assert_eq!(format!("{credentials:?}"), r#"UserPassword { user: "tester", password: "***" }"#);
    }
}
