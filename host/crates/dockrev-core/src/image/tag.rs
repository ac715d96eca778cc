use std::fmt;
use std::str::FromStr;

/// A tag: a word character, then up to 127 of `[A-Za-z0-9_.-]` (OCI Distribution Specification 1.1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Tag(String);

/// The text is no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a tag: expected up to 128 of `A-Z a-z 0-9 _ . -`, not starting with `.` or `-`")]
pub struct ParseTagError(String);

/// Longest tag, in characters.
const TAG_MAX_CHARS: usize = 128;

impl Tag {
    /// The tag that an image reference without a tag stands for.
    #[must_use]
    pub fn latest() -> Self {
        Self("latest".to_owned())
    }

    /// The tag as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = ParseTagError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        let good = text.len() <= TAG_MAX_CHARS
            && text.bytes().next().is_some_and(word)
            && text.bytes().all(|b| word(b) || b == b'.' || b == b'-');
        if good { Ok(Self(text.to_owned())) } else { Err(ParseTagError(text.chars().take(TAG_MAX_CHARS).collect())) }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(Tag);
