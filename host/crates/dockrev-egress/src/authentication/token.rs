//! What token servers answer, odd answers included.

use super::secret_header;
use http::HeaderValue;
use serde_json::{Map, Value};
use std::time::{Duration, Instant};

/// How long a token is good for if its server does not say, in seconds, from the token specification.
const TOKEN_LIFETIME_DEFAULT_S: u64 = 60;
/// Longest lifetime that is believed, in seconds.
const TOKEN_LIFETIME_MAX_S: u64 = 24 * 60 * 60;
/// A token is not used in the last moments of its life, or of the last tenth of a short one: it has to arrive in time.
const TOKEN_MARGIN: Duration = Duration::from_secs(10);
/// A token, as it is sent.
#[derive(Clone)]
pub(super) struct Token {
    pub(super) header: HeaderValue,
    pub(super) good_until: Instant,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// The token in the answer, or what is wrong with it.
pub(super) fn understand(body: &[u8], asked_at: Instant) -> Result<Token, &'static str> {
    if body.trim_ascii_start().starts_with(b"<") {
        return Err("answered with a web page instead of a token");
    }
    let answer: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| "answered with something else than a JSON object")?;
    // Some fill both, some leave one of them empty.
    let mut texts = ["token", "access_token"].into_iter().filter_map(|name| answer.get(name)?.as_str()).peekable();
    texts.peek().ok_or("answered without a token")?;
    let text = texts.find(|text| !text.is_empty()).ok_or("answered with an empty token")?;
    let is_sendable = text.bytes().all(|byte| byte.is_ascii_graphic());
    let header = secret_header(&format!("Bearer {text}")).filter(|_| is_sendable);
    let header = header.ok_or("answered with a token that cannot be sent: there are blanks or other signs in it")?;
    let lifetime = Duration::from_secs(lifetime_s(answer.get("expires_in")));
    Ok(Token { header, good_until: asked_at + lifetime - TOKEN_MARGIN.min(lifetime / 10) })
}

/// For how long a token is good. One that ends at once, or has ended, is used for the request that it was asked for.
fn lifetime_s(expires_in: Option<&Value>) -> u64 {
    let said = match expires_in {
        Some(Value::Number(number)) => number.as_f64(),
        Some(Value::String(text)) => text.trim().parse().ok(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    };
    let longest = Duration::from_secs(TOKEN_LIFETIME_MAX_S);
    let believed = |said: f64| Duration::try_from_secs_f64(said.max(0.0)).map_or(longest, |said| said.min(longest));
    said.filter(|said| !said.is_nan()).map_or(TOKEN_LIFETIME_DEFAULT_S, |said| believed(said).as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_lifetimes_are_read_with_care() {
        let check = |text: &str, expected: u64| {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(lifetime_s(Some(&value)), expected, "{text}");
        };
        check("300", 300);
        check("300.9", 300);
        check("\"300\"", 300);
        check("\" 300 \"", 300);
        check("0", 0);
        check("-1", 0);
        check("\"-300\"", 0);
        check("1e300", TOKEN_LIFETIME_MAX_S);
        check("\"inf\"", TOKEN_LIFETIME_MAX_S);
        check("99999999999999999999999", TOKEN_LIFETIME_MAX_S);
        for nothing in ["null", "\"soon\"", "\"NaN\"", "\"\"", "true", "[300]", "{}"] {
            check(nothing, TOKEN_LIFETIME_DEFAULT_S);
        }
        assert_eq!(lifetime_s(None), TOKEN_LIFETIME_DEFAULT_S);
    }

    #[test]
    fn tokens_are_found_or_it_is_said_why_not() {
        let check = |body: &str, expected: Result<&str, &str>| {
            let token = understand(body.as_bytes(), Instant::now()).map(|token| token.header);
            let found = token.as_ref().map(|header| header.to_str().unwrap()).map_err(|problem| *problem);
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{body}"),
                (Err(found), Err(expected)) => assert!(found.contains(expected), "{body}: {found}"),
                (found, expected) => panic!("{body}: {found:?} instead of {expected:?}"),
            }
        };
        check(r#"{"token": "a"}"#, Ok("Bearer a"));
        check(r#"{"access_token": "b", "expires_in": "x"}"#, Ok("Bearer b"));
        check(r#"{"token": "", "access_token": "b"}"#, Ok("Bearer b"));
        check(r#"{"token": null, "access_token": "b", "expires_in": -5}"#, Ok("Bearer b"));
        check(r#"{"token": "a", "access_token": "b"}"#, Ok("Bearer a"));
        check(r#"{"token": ""}"#, Err("an empty token"));
        check(r#"{"token": "", "access_token": ""}"#, Err("an empty token"));
        check(r#"{"token": 5}"#, Err("without a token"));
        check("{}", Err("without a token"));
        check("[]", Err("something else than a JSON object"));
        check("", Err("something else than a JSON object"));
        check("token", Err("something else than a JSON object"));
        check("\n <!DOCTYPE html><title>Sign in</title>", Err("a web page"));
        check(r#"{"token": "a\nb"}"#, Err("cannot be sent"));
        check(r#"{"token": "a b"}"#, Err("cannot be sent"));
        check(r#"{"token": "ä"}"#, Err("cannot be sent"));
    }
}
