//! Secrets that the manifest asks for by name and that the admin granted.

use std::fmt;

/// A secret's value. It prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub(crate) fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself. Never log it: the host cannot take it back out of a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why a secret cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The manifest does not ask for this name, or the admin did not grant it.
    #[error("the secret is not granted to this plugin")]
    NotGranted,
    /// It is granted, but has no value.
    #[error("the secret is not set")]
    NotSet,
}

/// The value of the secret `name`.
pub fn get(name: &str) -> Result<Secret, Error> {
    crate::host::secret(name)
}

/// The value of the secret `name`, or nothing if the admin left it out: for secrets that a plugin can do without.
#[must_use]
pub fn find(name: &str) -> Option<Secret> {
    get(name).ok()
}
