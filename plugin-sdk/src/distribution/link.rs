//! The `Link` header field of paged answers (RFC 8288), as far as paging goes.

use crate::http::Url;

/// Why the next page is not followed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum LinkError {
    /// It is on another host: following it would carry the question, and its credentials, elsewhere.
    OtherHost,
    /// It is no link.
    Malformed,
}

/// The URL of the page after `current` from the values of its `Link` header fields.
///
/// The next page is asked where the current one was: an absolute link must name the same host and gives only path and
/// query, because registries behind a proxy often get their own scheme or port wrong.
pub(super) fn next<'a>(current: &Url, values: impl Iterator<Item = &'a str>) -> Result<Option<Url>, LinkError> {
    for value in values {
        if let Some(target) = target_of_next(value) {
            return resolve(current, target).map(Some);
        }
    }
    Ok(None)
}

/// The target of the first link with the relation `next` in one field value.
fn target_of_next(value: &str) -> Option<&str> {
    let mut rest = value;
    loop {
        let (_, after) = rest.split_once('<')?;
        let (target, parameters) = after.split_once('>')?;
        let end = end_of_parameters(parameters);
        if parameters[..end].split(';').any(is_rel_next) {
            return Some(target.trim());
        }
        rest = &parameters[end..];
    }
}

/// Where the next link of a list begins: at the first comma outside quotes.
fn end_of_parameters(parameters: &str) -> usize {
    let mut quoted = false;
    for (at, char) in parameters.char_indices() {
        match char {
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    parameters.len()
}

fn is_rel_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel")
            && value.trim().trim_matches('"').split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next"))
    })
}

fn resolve(current: &Url, target: &str) -> Result<Url, LinkError> {
    let path = current.path_and_query.split('?').next().unwrap_or("/");
    let absolute = if target.contains("://") {
        target.to_owned()
    } else if target.starts_with("//") {
        format!("{}:{target}", current.scheme.name())
    } else if target.starts_with('/') {
        format!("{}{target}", current.origin())
    } else if target.starts_with('?') {
        format!("{}{path}{target}", current.origin())
    } else {
        let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
        format!("{}{folder}{target}", current.origin())
    };
    let next = Url::parse(&absolute).map_err(|_| LinkError::Malformed)?;
    if next.host_name() != current.host_name() || (next.port() != current.port() && next.has_other_port()) {
        return Err(LinkError::OtherHost);
    }
    Ok(Url { scheme: current.scheme, authority: current.authority.clone(), path_and_query: next.path_and_query })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = "https://registry.example/v2/team/app/tags/list?n=2";

    #[track_caller]
    fn check_at(current: &str, value: &str, expected: Result<Option<&str>, LinkError>) {
        let next = Url::parse(current).map(|current| next(&current, [value].into_iter()));
        let next = next.map(|next| next.map(|url| url.map(|url| url.to_string())));
        assert_eq!(next, Ok(expected.map(|url| url.map(str::to_owned))), "{value}");
    }

    #[track_caller]
    fn check(value: &str, expected: Result<Option<&str>, LinkError>) {
        check_at(CURRENT, value, expected);
    }

    #[test]
    fn the_next_page_is_found() {
        let next = Ok(Some("https://registry.example/v2/team/app/tags/list?last=b&n=2"));
        check(r#"</v2/team/app/tags/list?last=b&n=2>; rel="next""#, next);
    }

    #[test]
    fn every_form_of_the_target_is_read() {
        let next = || Ok(Some("https://registry.example/v2/team/app/tags/list?last=b"));
        check(r#"</v2/team/app/tags/list?last=b>; rel="next""#, next());
        check("</v2/team/app/tags/list?last=b>;rel=next", next());
        check(r#"<?last=b>; rel="next""#, next());
        check(r#"<list?last=b>; rel="next""#, next());
        check(r#"<https://registry.example/v2/team/app/tags/list?last=b>; rel="next""#, next());
        check(r#"<https://REGISTRY.example:443/v2/team/app/tags/list?last=b>; rel="next""#, next());
        check(r#"<//registry.example/v2/team/app/tags/list?last=b>; rel="next""#, next());
        // Behind a proxy that ends TLS.
        check(r#"<http://registry.example/v2/team/app/tags/list?last=b>; rel="next""#, next());
    }

    #[test]
    fn other_links_and_parameters_are_passed_over() {
        let next = || Ok(Some("https://registry.example/n"));
        check(r#"</p>; rel="prev", </n>; rel="next""#, next());
        check(r#"</p>; title="a, <b>"; rel="prev", </n>; title="x"; rel="last next""#, next());
        check(r#"</n>; REL="NEXT""#, next());
        check(r#"</p>; rel="prev""#, Ok(None));
        check(r#"</p>; rel="nextish""#, Ok(None));
        check("", Ok(None));
        check("rel=next", Ok(None));
        check("</n; rel=next", Ok(None));
    }

    #[test]
    fn another_host_is_not_followed() {
        for target in [
            "https://evil.invalid/v2/team/app/tags/list?last=b",
            "//evil.invalid/v2/team/app/tags/list?last=b",
            "https://registry.example:8443/v2/",
            "https://registry.example.evil.invalid/",
        ] {
            check(&format!(r#"<{target}>; rel="next""#), Err(LinkError::OtherHost));
        }
        check_at(
            "http://localhost:5000/v2/a/tags/list",
            "<http://localhost:5001/x>; rel=next",
            Err(LinkError::OtherHost),
        );
        check_at(
            "http://localhost:5000/v2/a/tags/list",
            "<http://localhost:5000/x>; rel=next",
            Ok(Some("http://localhost:5000/x")),
        );
        check_at("http://[::1]:5000/v2/a/tags/list", "<http://[::2]:5000/x>; rel=next", Err(LinkError::OtherHost));
    }

    #[test]
    fn what_is_no_link_is_malformed() {
        for target in ["https://user:pw@registry.example/", "ftp://registry.example/", "/a b", "/a\u{7}"] {
            check(&format!(r#"<{target}>; rel="next""#), Err(LinkError::Malformed));
        }
    }
}
