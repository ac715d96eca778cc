//! What people are shown of checks, plans and jobs, whether they are this process's own or another's.

pub(super) mod entries;
pub(super) mod job;
pub(super) mod plan;

/// A digest as people read it: the algorithm and the first digits.
pub(super) fn short(digest: &str) -> &str {
    const DIGITS: usize = 12;
    let value = digest.find(':').map_or(0, |colon| colon + 1);
    digest.get(..value + DIGITS).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn a_digest_is_shortened_and_anything_else_is_left() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for (text, expected) in [(digest.as_str(), "sha256:abababababab"), ("sha256:ab", "sha256:ab"), ("-", "-")] {
            assert_eq!(short(text), expected);
        }
    }
}
