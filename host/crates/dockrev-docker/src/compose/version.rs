//! Compose 1 and 2 are two programs that share a name.

/// Which Compose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComposeVersion {
    /// The Python program, 1.x.
    V1,
    /// The Go program, 2.x and later.
    V2,
}

impl ComposeVersion {
    /// Reads what `version --short` prints: `1.29.2`, `2.26.1-4`, `v2.3.3`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let number = text.lines().last()?.trim();
        let number = number.strip_prefix('v').unwrap_or(number);
        let (major, _) = number.split_once('.')?;
        match major.parse::<u32>().ok()? {
            0 => None,
            1 => Some(Self::V1),
            2.. => Some(Self::V2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_two_apart() {
        let check = |text: &str, expected: Option<ComposeVersion>| {
            assert_eq!(ComposeVersion::parse(text), expected, "{text}");
        };
        check("1.29.2", Some(ComposeVersion::V1));
        check("2.26.1-4", Some(ComposeVersion::V2));
        check("v2.3.3", Some(ComposeVersion::V2));
        check("5.0.0", Some(ComposeVersion::V2));
        check("a warning\n2.26.1", Some(ComposeVersion::V2));
        check("", None);
        check("Docker version 28.2.2, build e6534b4", None);
    }
}
