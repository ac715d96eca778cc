//! How a caller of a webhook proves that it knows the secret, in the way that its kind can.

use crate::config::WebhookKind;
use axum::http::{HeaderMap, Uri, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The header in which GitHub signs what it sends: `sha256=` and an HMAC of the body in hexadecimal.
const GITHUB_SIGNATURE: &str = "x-hub-signature-256";
/// The parameter of the address in which Docker Hub, which can neither sign nor send a header, brings the secret.
const TOKEN_PARAMETER: &str = "token";

/// Whether what came is from somebody who knows `secret`.
pub(super) fn is_good(kind: WebhookKind, secret: &str, headers: &HeaderMap, uri: &Uri, body: &[u8]) -> bool {
    match kind {
        WebhookKind::DockerHub => {
            let pairs = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            let tokens: Vec<_> = pairs.filter(|(name, _)| name == TOKEN_PARAMETER).collect();
            matches!(tokens.as_slice(), [(_, token)] if are_same(token, secret))
        }
        WebhookKind::Ghcr => {
            let shown = headers.get(GITHUB_SIGNATURE).and_then(|value| value.to_str().ok());
            let signature = shown.and_then(|shown| unhex(shown.strip_prefix("sha256=")?));
            signature.is_some_and(|signature| is_signed(secret, body, &signature))
        }
        WebhookKind::Harbor | WebhookKind::Distribution => {
            let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
            shown.is_some_and(|shown| are_same(shown.strip_prefix("Bearer ").unwrap_or(shown), secret))
        }
    }
}

fn is_signed(secret: &str, body: &[u8], signature: &[u8]) -> bool {
    // It takes keys of any length.
    Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .is_ok_and(|mac| mac.chain_update(body).verify_slice(signature).is_ok())
}

/// Compares hashes, so that how long it takes tells nothing of the secret.
fn are_same(shown: &str, secret: &str) -> bool {
    Sha256::digest(shown) == Sha256::digest(secret)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect::<Option<_>>()?;
    digits.len().is_multiple_of(2).then(|| digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(kind: WebhookKind, header: (&'static str, &str), uri: &'static str, expected: bool) {
        let headers: HeaderMap = [(header.0.parse().unwrap(), header.1.parse().unwrap())].into_iter().collect();
        let is_good = is_good(kind, "It's a Secret to Everybody", &headers, &Uri::from_static(uri), b"Hello, World!");
        assert_eq!(is_good, expected, "{kind:?} {header:?} {uri}");
    }

    #[test]
    fn each_kind_proves_itself_in_its_own_way() {
        // The example of GitHub's manual.
        let signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        check(WebhookKind::Ghcr, (GITHUB_SIGNATURE, signature), "/", true);
        check(WebhookKind::Ghcr, (GITHUB_SIGNATURE, &signature.replace('7', "8")), "/", false);
        check(WebhookKind::Ghcr, (GITHUB_SIGNATURE, "sha256="), "/", false);
        check(WebhookKind::Ghcr, ("authorization", "It's a Secret to Everybody"), "/", false);
        for kind in [WebhookKind::Harbor, WebhookKind::Distribution] {
            check(kind, ("authorization", "It's a Secret to Everybody"), "/", true);
            check(kind, ("authorization", "Bearer It's a Secret to Everybody"), "/", true);
            check(kind, ("authorization", "Bearer It's a Secret"), "/", false);
            check(kind, ("x-other", "It's a Secret to Everybody"), "/", false);
        }
        let other = ("x-other", "x");
        check(WebhookKind::DockerHub, other, "/?token=It%27s+a+Secret+to+Everybody", true);
        check(WebhookKind::DockerHub, other, "/?token=It%27s+a+Secret", false);
        check(WebhookKind::DockerHub, other, "/?token=x&token=It%27s+a+Secret+to+Everybody", false);
        check(WebhookKind::DockerHub, other, "/", false);
    }
}
