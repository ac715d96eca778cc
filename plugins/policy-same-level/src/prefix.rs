//! Where a tag's version begins.

/// Names of architectures, whose digits are no version.
const ARCHITECTURES: &str = "aarch64 amd64 arm64 arm64v8 arm32v5 arm32v6 arm32v7 armv5 armv6 armv7 armv8 i386 i686 \
    mips64le ppc64 ppc64le riscv64 s390x win64 x64 x86";

/// An architecture with a separator in it.
const ARCHITECTURE_IN_PIECES: &str = "x86_64-";

/// What a service may depend on, written with a number attached: `pg16`, `php8.3-fpm`, `jdk21`, `alpine3.20`. The number
/// is not the version of what is in the image.
const FOUNDATIONS: &str = "almalinux alpine amazonlinux bionic bookworm bullseye buster centos cuda cudnn debian dotnet el \
    fedora focal go golang graalvm jammy java jdk jp jre ltsc mariner nanoserver net node nodejs noble openjdk \
    oraclelinux perl pg php photon postgres postgresql py python rhel rocky rocm ruby scala torch trixie ubi ubuntu \
    windows windowsservercore";

/// Words of tags that name a piece of work in progress: the next number is another piece, not a newer version.
const WORK: &str = "branch bug bugfix feat feature fix gh issue mr pr pull renovate";

/// Where the first number of the version is; nothing if there is none.
pub(crate) fn end(text: &str) -> Option<usize> {
    let mut at = if text.starts_with(ARCHITECTURE_IN_PIECES) { ARCHITECTURE_IN_PIECES.len() } else { 0 };
    loop {
        let rest = &text[at..];
        let token = &rest[..rest.find(['-', '_']).unwrap_or(rest.len())];
        let after = &rest[token.len()..];
        if let Some(digit) = token.find(|char: char| char.is_ascii_digit())
            && !is_foundation(&token[..digit])
            && !is_one_of(ARCHITECTURES, token)
            && !is_part_of_name(token, digit, after)
        {
            return Some(at + digit);
        }
        if after.is_empty() {
            return None;
        }
        at += token.len() + 1;
    }
}

/// Whether a prefix says that the number after it names a piece of work.
pub(crate) fn is_work(prefix: &str) -> bool {
    prefix.split(['-', '_', '.']).any(|word| is_one_of(WORK, word))
}

fn is_foundation(word: &str) -> bool {
    is_one_of(FOUNDATIONS, word)
}

/// Whether a token such as `libtorrentv1` is a name, because a version with a dot follows it: `-5.1.4`.
fn is_part_of_name(token: &str, digit: usize, after: &str) -> bool {
    let (word, number) = token.split_at(digit);
    let next = after.get(1..).unwrap_or_default();
    let next = next.strip_prefix('v').unwrap_or(next);
    let digits = next.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(next.len());
    let has_dot = digits > 0
        && next[digits..].starts_with('.')
        && next[digits + 1..].starts_with(|char: char| char.is_ascii_digit());
    word.len() > 1
        && word.bytes().all(|byte| byte.is_ascii_alphabetic())
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && has_dot
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|one| one.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, prefix: Option<&str>) {
        assert_eq!(end(text).map(|at| &text[..at]), prefix, "{text}");
    }

    #[test]
    fn the_version_begins_after_the_prefix() {
        check("5.2", Some(""));
        check("v5.2", Some("v"));
        check("release-1.2", Some("release-"));
        check("RELEASE.2024-01-15T10-20-30Z", Some("RELEASE."));
        check("amd64-5.2", Some("amd64-"));
        check("x86_64-5.2", Some("x86_64-"));
        check("linux-amd64-2.20.3", Some("linux-amd64-"));
        check("windows1809-amd64-2.20.3", Some("windows1809-amd64-"));
        check("pg16-v0.2.0", Some("pg16-v"));
        check("pg16.3-ts2.15.2-all", Some("pg16.3-ts"));
        check("java21-2024.7.1", Some("java21-"));
        check("libtorrentv1-5.1.4-ls85", Some("libtorrentv1-"));
        check("jdk-21.0.1", Some("jdk-"));
        check("b4000", Some("b"));
        check("b4000-1.2", Some("b"));
    }

    #[test]
    fn a_foundation_alone_is_no_version() {
        for text in
            ["latest", "pg16", "latest-pg16", "php8.3-fpm-alpine3.20", "stable-alpine3.20", "lts-jdk21", "amd64"]
        {
            check(text, None);
        }
    }

    #[test]
    fn work_in_progress_is_recognised() {
        for prefix in ["pr-", "pr", "PR-", "github-pr-", "pull_", "feature-x-", "mr-"] {
            assert!(is_work(prefix), "{prefix}");
        }
        for prefix in ["", "v", "release-", "prod-", "hotfix-"] {
            assert!(!is_work(prefix), "{prefix}");
        }
    }
}
