use super::url::Scheme;
use super::*;
use crate::testing::{Answer, Host};

#[track_caller]
fn check_url(text: &str, expected: Option<(Scheme, &str, &str)>) {
    let parts = Url::parse(text).ok();
    let parts = parts.as_ref().map(|url| (url.scheme, url.authority.as_str(), url.path_and_query.as_str()));
    assert_eq!(parts, expected, "{text}");
}

#[test]
fn urls_are_taken_apart() {
    check_url("https://example.com", Some((Scheme::Https, "example.com", "/")));
    check_url("HTTP://Example.com:8080/a?b=c#d", Some((Scheme::Http, "example.com:8080", "/a?b=c")));
    check_url("https://example.com?n=1", Some((Scheme::Https, "example.com", "/?n=1")));
    check_url("http://[::1]:5000/v2/", Some((Scheme::Http, "[::1]:5000", "/v2/")));
    for not_one in [
        "",
        "example.com/a",
        "//example.com/a",
        "ftp://example.com",
        "file:///etc/passwd",
        "https://",
        "https:///a",
        "https://:80/",
        "https://user:secret@example.com/",
        "https://example.com@evil.invalid/",
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://münchen.example/",
        "https://evil.invalid\\.example.com/",
    ] {
        check_url(not_one, None);
    }
}

#[test]
fn an_invalid_url_is_not_repeated_in_the_error() {
    let Err(error) = Request::get("https://bot:token@example.com/").send() else { panic!("it was sent") };
    assert!(!error.to_string().contains("token"), "{error}");
}

#[test]
fn a_long_body_is_an_error_when_it_matters_and_cut_when_it_does_not() {
    let host = Host::new();
    host.answer(Method::Get, "https://example.com/good", Answer::status(200).body("123456"));
    host.answer(Method::Get, "https://example.com/bad", Answer::status(500).body(vec![b'x'; ERROR_BODY_MAX_BYTES + 1]));

    let good = Request::get("https://example.com/good");
    assert_eq!(good.clone().max_body_bytes(6).send().map(|response| response.body), Ok(b"123456".to_vec()));
    assert_eq!(good.max_body_bytes(5).send(), Err(Error::BodyTooLarge { limit_bytes: 5 }));
    let bad = Request::get("https://example.com/bad").send();
    assert_eq!(bad.map(|response| response.body.len()), Ok(ERROR_BODY_MAX_BYTES));
}

#[test]
fn header_fields_are_found_whatever_their_case() {
    let response = Response {
        status: 429,
        headers: vec![("retry-after".into(), " 30 ".into()), ("Link".into(), "a".into()), ("link".into(), "b".into())],
        body: Vec::new(),
    };
    assert_eq!(response.retry_after_s(), Some(30));
    assert_eq!(response.header_values("LINK").collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(response.header("Location"), None);
}

#[test]
fn only_seconds_count_in_retry_after() {
    for (value, expected) in
        [("0", Some(0)), ("120", Some(120)), ("-1", None), ("Wed, 21 Oct 2026 07:28:00 GMT", None), ("", None)]
    {
        let headers = vec![("Retry-After".to_owned(), value.to_owned())];
        assert_eq!(Response { status: 503, headers, body: Vec::new() }.retry_after_s(), expected, "{value}");
    }
}
