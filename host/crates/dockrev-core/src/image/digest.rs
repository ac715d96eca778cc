use std::fmt;
use std::str::FromStr;

/// A content digest such as `sha256:<64 hexadecimal digits>`.
///
/// Follows the OCI image specification's descriptor digests, restricted to the registered algorithms that
/// registries use: `sha256`, `sha384` and `sha512`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(String);

/// Why a text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseDigestError {
    /// There is no `:` between algorithm and value.
    #[error("`{0}` is not a digest: expected `algorithm:hex`")]
    Shape(String),
    /// The algorithm is none of those in use.
    #[error("digest algorithm `{0}` is not supported")]
    Algorithm(String),
    /// The value is not lower-case hexadecimal of the algorithm's length.
    #[error("`{digest}` is not a digest: `{algorithm}` takes {expected} lower-case hexadecimal digits")]
    Value {
        /// The text that was read.
        digest: String,
        /// The algorithm it names.
        algorithm: String,
        /// How many digits that algorithm takes.
        expected: usize,
    },
}

/// Digits shown where a digest is shortened for people, as the Docker CLI does.
const SHORT_DIGITS: usize = 12;

impl Digest {
    /// The digest as text, `algorithm:hex`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The algorithm and the first 12 digits, for people.
    #[must_use]
    pub fn short(&self) -> &str {
        let value = self.0.find(':').map_or(0, |colon| colon + 1);
        &self.0[..self.0.len().min(value + SHORT_DIGITS)]
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (algorithm, value) = text.split_once(':').ok_or_else(|| ParseDigestError::Shape(text.to_owned()))?;
        let expected = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => return Err(ParseDigestError::Algorithm(algorithm.to_owned())),
        };
        if value.len() != expected || !value.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ParseDigestError::Value { digest: text.to_owned(), algorithm: algorithm.to_owned(), expected });
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

super::serde_as_text!(Digest);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_registered_algorithms_only() {
        let check = |text: &str, good: bool| assert_eq!(text.parse::<Digest>().is_ok(), good, "{text}");
        check(&format!("sha256:{}", "a".repeat(64)), true);
        check(&format!("sha512:{}", "0".repeat(128)), true);
        check(&format!("sha256:{}", "A".repeat(64)), false);
        check(&format!("sha256:{}", "a".repeat(63)), false);
        check(&format!("md5:{}", "a".repeat(32)), false);
        check("sha256", false);
        check("", false);
    }

    #[test]
    fn shortens_for_people() {
        let digest: Digest = format!("sha256:{}", "ab".repeat(32)).parse().unwrap();
        assert_eq!(digest.short(), "sha256:abababababab");
    }
}
