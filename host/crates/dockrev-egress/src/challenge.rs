//! Reads `WWW-Authenticate` (RFC 9110, section 11.6.1), as tolerantly as registries need it and within bounds.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// Header fields of this name that are looked at.
const MAX_FIELDS: usize = 8;
/// Longest header field that is looked at, in bytes.
const FIELD_MAX_BYTES: usize = 8 * 1024;
/// Parameters of one challenge that are kept.
const MAX_PARAMETERS: usize = 16;

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User and password.
    Basic,
    /// A token from a token server.
    Bearer(BearerChallenge),
}

/// Where a token is to be had, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BearerChallenge {
    pub(crate) realm: String,
    pub(crate) service: Option<String>,
    pub(crate) scope: Option<String>,
}

/// The challenge to answer: a bearer token where one is offered, else basic.
pub(crate) fn choose(headers: &HeaderMap) -> Option<Challenge> {
    let fields = headers.get_all(WWW_AUTHENTICATE).iter().take(MAX_FIELDS);
    let texts = fields.filter_map(|field| field.to_str().ok()).filter(|text| text.len() <= FIELD_MAX_BYTES);
    let challenges: Vec<Challenge> = texts.flat_map(parse).collect();
    let bearer = challenges.iter().find(|challenge| matches!(challenge, Challenge::Bearer(_)));
    bearer.or_else(|| challenges.first()).cloned()
}

fn parse(text: &str) -> Vec<Challenge> {
    let mut reader = Reader { rest: text };
    let mut challenges = Vec::new();
    let mut current: Option<(String, Vec<(String, String)>)> = None;
    while let Some(word) = reader.word() {
        match (reader.value(), &mut current) {
            (Some(value), Some((_, parameters))) if parameters.len() < MAX_PARAMETERS => {
                parameters.push((word.to_ascii_lowercase(), value));
            }
            (Some(_), _) => {}
            (None, _) => {
                challenges.extend(current.take().and_then(understand));
                current = Some((word.to_ascii_lowercase(), Vec::new()));
            }
        }
    }
    challenges.extend(current.and_then(understand));
    challenges
}

fn understand((scheme, parameters): (String, Vec<(String, String)>)) -> Option<Challenge> {
    let find = |name: &str| parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    match scheme.as_str() {
        "basic" => Some(Challenge::Basic),
        "bearer" => {
            let scope = find("scope").filter(|scope| !scope.is_empty());
            Some(Challenge::Bearer(BearerChallenge { realm: find("realm")?, service: find("service"), scope }))
        }
        _ => None,
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    /// The next scheme or parameter name, whatever separates it from what came before.
    fn word(&mut self) -> Option<&'a str> {
        let separator = |c: char| c == ',' || c == '=' || c == '"' || c.is_ascii_whitespace();
        self.rest = self.rest.trim_start_matches(separator);
        let end = self.rest.find(separator).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    /// The value after `=`, if the word has one.
    fn value(&mut self) -> Option<String> {
        let rest = self.rest.trim_start().strip_prefix('=')?.trim_start();
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find(|c: char| c == ',' || c.is_ascii_whitespace()).unwrap_or(rest.len());
            self.rest = &rest[end..];
            return Some(rest[..end].to_owned());
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((index, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &quoted[index + 1..];
                    return Some(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        self.rest = "";
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(fields: &[&str]) -> Option<Challenge> {
        let mut headers = HeaderMap::new();
        for field in fields {
            headers.append(WWW_AUTHENTICATE, field.parse().unwrap());
        }
        choose(&headers)
    }

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Option<Challenge> {
        let (service, scope) = (service.map(str::to_owned), scope.map(str::to_owned));
        Some(Challenge::Bearer(BearerChallenge { realm: realm.to_owned(), service, scope }))
    }

    #[test]
    fn reads_what_registries_send() {
        let check = |field: &str, expected: Option<Challenge>| assert_eq!(chosen(&[field]), expected, "{field}");
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull""#,
            bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:library/nginx:pull")),
        );
        check(
            r#"Bearer realm="https://x/t",service="a",scope="repository:a:pull,push repository:b:pull",error="invalid_token""#,
            bearer("https://x/t", Some("a"), Some("repository:a:pull,push repository:b:pull")),
        );
        check(r#"BEARER Realm = "https://x/t" , Service = a"#, bearer("https://x/t", Some("a"), None));
        check(r#"Bearer realm=https://x/t,scope="""#, bearer("https://x/t", None, None));
        check(r#"Basic realm="Registry Realm""#, Some(Challenge::Basic));
        check("basic", Some(Challenge::Basic));
        check(r#"Basic realm="x", Bearer realm="https://x/t""#, bearer("https://x/t", None, None));
        check(r#"Digest realm="x", nonce="a,b", Basic realm="y""#, Some(Challenge::Basic));
        check(r#"Bearer realm="a\"b""#, bearer("a\"b", None, None));
        check(r#"Bearer realm="unended"#, bearer("unended", None, None));
        check(r#"Bearer service="no realm""#, None);
        check("Negotiate", None);
        check(",,=\"", None);
        check("", None);
        assert_eq!(chosen(&["Basic realm=x", "Bearer realm=https://x/t"]), bearer("https://x/t", None, None));
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn is_bounded() {
        assert_eq!(chosen(&[&format!("Bearer realm={}", "x".repeat(FIELD_MAX_BYTES))]), None);
        let many = format!("Bearer realm=https://x/t,{}scope=late", "a=b,".repeat(1000));
        assert_eq!(chosen(&[&many]), bearer("https://x/t", None, None));
    }
}
