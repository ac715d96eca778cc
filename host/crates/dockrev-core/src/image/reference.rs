use super::{Digest, ParseDigestError, ParseTagError, Tag};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Registry that a reference without one means.
const DEFAULT_REGISTRY: &str = "docker.io";
/// Older name of the default registry, still found in the wild.
const LEGACY_DEFAULT_REGISTRY: &str = "index.docker.io";
/// Prefix of Docker Hub repositories that are written as one word.
const OFFICIAL_PREFIX: &str = "library/";
/// Longest repository name, in characters, as the reference implementation has it.
const REPOSITORY_MAX_CHARS: usize = 255;
/// Digits of an image id; a bare one is refused as a reference because it could be either.
const IMAGE_ID_DIGITS: usize = 64;

/// A repository: a registry and a name there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Repository {
    /// The registry's host, with its port if it has one: `docker.io`, `localhost:5000`.
    pub registry: String,
    /// The name there: `library/nginx`.
    pub name: String,
}

impl Repository {
    /// The name as people write it: without `docker.io/` and `library/`, unless it would then be another one's.
    #[must_use]
    pub fn familiar(&self) -> String {
        // `docker.io/a.b/c` without its registry would be that of another one.
        if self.registry != DEFAULT_REGISTRY || split_registry(&self.name).0.is_some() {
            return self.to_string();
        }
        match self.name.strip_prefix(OFFICIAL_PREFIX) {
            Some(word) if !word.contains('/') && !looks_like_id(word) => word.to_owned(),
            _ => self.name.clone(),
        }
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.name)
    }
}

/// A normalised image reference: `registry/name[:tag][@digest]`.
///
/// Parsed and normalised as the `distribution/reference` project does, which Docker and Compose use: a first part
/// without a dot, a colon or an upper-case letter that is not `localhost` belongs to the name and the registry is
/// `docker.io`; there, one word means `library/word`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImageRef {
    repository: Repository,
    tag: Option<Tag>,
    digest: Option<Digest>,
}

/// Why a text is no image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseImageRefError {
    /// Nothing was given.
    #[error("an image reference must not be empty")]
    Empty,
    /// 64 hexadecimal digits could be an image id as well.
    #[error("`{0}` is an image id, not an image reference")]
    LooksLikeId(String),
    /// The name has an upper-case letter.
    #[error("repository name `{0}` must be lower case")]
    UpperCase(String),
    /// The name is too long.
    #[error("repository name is longer than {REPOSITORY_MAX_CHARS} characters")]
    TooLong,
    /// The registry's host or port is malformed.
    #[error("`{0}` is not a registry: expected `host` or `host:port`")]
    Registry(String),
    /// The repository's name is malformed.
    #[error(
        "`{0}` is not a repository name: expected lower-case parts of `a-z 0-9` joined by `.`, `_`, `__`, `-` or `/`"
    )]
    Name(String),
    /// The tag is malformed.
    #[error(transparent)]
    Tag(#[from] ParseTagError),
    /// The digest is malformed.
    #[error(transparent)]
    Digest(#[from] ParseDigestError),
}

impl ImageRef {
    /// Joins the parts.
    #[must_use]
    pub fn new(repository: Repository, tag: Option<Tag>, digest: Option<Digest>) -> Self {
        Self { repository, tag, digest }
    }

    /// The repository it names.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The tag, if it has one.
    #[must_use]
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// The digest, if it has one.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The tag that is followed: the one that is written, or `latest` where neither tag nor digest is.
    #[must_use]
    pub fn effective_tag(&self) -> Option<Tag> {
        match (&self.tag, &self.digest) {
            (Some(tag), _) => Some(tag.clone()),
            (None, None) => Some(Tag::latest()),
            (None, Some(_)) => None,
        }
    }

    /// As people write it: without `docker.io/` and `library/`.
    #[must_use]
    pub fn familiar(&self) -> String {
        format!("{}{}", self.repository.familiar(), self.suffix())
    }

    fn suffix(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!(":{tag}")).unwrap_or_default();
        let digest = self.digest.as_ref().map(|digest| format!("@{digest}")).unwrap_or_default();
        tag + &digest
    }
}

impl FromStr for ImageRef {
    type Err = ParseImageRefError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(ParseImageRefError::Empty);
        }
        if looks_like_id(text) {
            return Err(ParseImageRefError::LooksLikeId(text.to_owned()));
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest.parse()?)),
            None => (text, None),
        };
        let (registry, remote) = split_registry(rest);
        let (name, tag) = match remote.split_once(':') {
            Some((name, tag)) => (name, Some(tag.parse()?)),
            None => (remote, None),
        };
        if name.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(ParseImageRefError::UpperCase(name.to_owned()));
        }
        let repository = normalise(registry, name);
        if !is_registry(&repository.registry) {
            return Err(ParseImageRefError::Registry(repository.registry));
        }
        if !repository.name.split('/').all(is_name_part) {
            return Err(ParseImageRefError::Name(name.to_owned()));
        }
        if repository.name.len() > REPOSITORY_MAX_CHARS {
            return Err(ParseImageRefError::TooLong);
        }
        Ok(Self { repository, tag, digest })
    }
}

fn looks_like_id(text: &str) -> bool {
    text.len() == IMAGE_ID_DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Splits a registry off the front, if the first part is one.
fn split_registry(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if names_a_registry(first) => (Some(first), rest),
        _ => (None, text),
    }
}

fn names_a_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.bytes().any(|b| b.is_ascii_uppercase())
}

fn normalise(registry: Option<&str>, name: &str) -> Repository {
    let registry = match registry {
        None | Some(LEGACY_DEFAULT_REGISTRY) => DEFAULT_REGISTRY,
        Some(registry) => registry,
    };
    let official = registry == DEFAULT_REGISTRY && !name.contains('/');
    let name = if official { format!("{OFFICIAL_PREFIX}{name}") } else { name.to_owned() };
    Repository { registry: registry.to_owned(), name }
}

fn is_registry(text: &str) -> bool {
    let (host, port) = match text.rfind(':') {
        Some(colon) if !text.ends_with(']') => (&text[..colon], Some(&text[colon + 1..])),
        _ => (text, None),
    };
    let port_good = port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()));
    port_good && (is_ipv6_literal(host) || host.split('.').all(is_host_part))
}

fn is_ipv6_literal(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .is_some_and(|inner| !inner.is_empty() && inner.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'))
}

fn is_host_part(part: &str) -> bool {
    !part.is_empty()
        && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !part.starts_with('-')
        && !part.ends_with('-')
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_name_part(part: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let mut separator = String::new();
    let mut seen_word = false;
    for b in part.bytes() {
        if alphanumeric(b) {
            let separator_good = separator.is_empty()
                || matches!(separator.as_str(), "." | "_" | "__")
                || separator.bytes().all(|b| b == b'-');
            if !separator_good || (!separator.is_empty() && !seen_word) {
                return false;
            }
            separator.clear();
            seen_word = true;
        } else if matches!(b, b'.' | b'_' | b'-') {
            separator.push(char::from(b));
        } else {
            return false;
        }
    }
    seen_word && separator.is_empty()
}

impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.repository, self.suffix())
    }
}

super::serde_as_text!(ImageRef);

#[cfg(test)]
mod tests;
