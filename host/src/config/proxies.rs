//! Through which proxies registries and channels are reached: the variables that every program reads.

use super::{ConfigError, Environment};
use dockrev_egress::{NoProxy, Proxies, Proxy};

/// The names of one variable. As in Docker, upper case comes first.
type Names = [&'static str; 2];

const HTTPS: Names = ["HTTPS_PROXY", "https_proxy"];
const HTTP: Names = ["HTTP_PROXY", "http_proxy"];
const EXCEPT: Names = ["NO_PROXY", "no_proxy"];

pub(super) fn read(environment: &Environment) -> Result<Proxies, ConfigError> {
    let (https, http) = (proxy(environment, HTTPS)?, proxy(environment, HTTP)?);
    // Whatever it holds, without a proxy it means nothing.
    let except = if https.is_some() || http.is_some() { except(environment)? } else { NoProxy::default() };
    Ok(Proxies { https, http, except })
}

fn proxy(environment: &Environment, names: Names) -> Result<Option<Proxy>, ConfigError> {
    let Some((variable, text)) = first(environment, names)? else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|problem| ConfigError::Proxy { variable, problem })
}

fn except(environment: &Environment) -> Result<NoProxy, ConfigError> {
    let Some((variable, text)) = first(environment, EXCEPT)? else {
        return Ok(NoProxy::default());
    };
    text.parse().map_err(|problem| ConfigError::NoProxy { variable, problem })
}

/// The first of the variables that has more than blanks, and what it has.
fn first(environment: &Environment, names: Names) -> Result<Option<(&'static str, String)>, ConfigError> {
    for name in names {
        if let Some(text) = environment.text(name)?.filter(|text| !text.trim().is_empty()) {
            return Ok(Some((name, text)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(proxies: &Proxies) -> String {
        let one = |proxy: &Option<Proxy>| proxy.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        format!("{} {} {}", one(&proxies.https), one(&proxies.http), proxies.except)
    }

    #[test]
    fn reads_both_spellings() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let read = read(&Environment::of(variables)).unwrap();
            assert_eq!(shown(&read), expected, "{variables:?}");
        };
        check(&[], "- - ");
        check(
            &[("HTTPS_PROXY", "http://a:1"), ("HTTP_PROXY", "b:2"), ("NO_PROXY", "lan")],
            "http://a:1 http://b:2 lan",
        );
        check(
            &[("https_proxy", "http://a:1"), ("http_proxy", "b:2"), ("no_proxy", "lan")],
            "http://a:1 http://b:2 lan",
        );
        check(&[("HTTPS_PROXY", "upper"), ("https_proxy", "lower")], "http://upper - ");
        check(&[("HTTPS_PROXY", " "), ("https_proxy", "lower")], "http://lower - ");
        check(&[("NO_PROXY", "10.0.0.0/33")], "- - ");
        check(&[("ALL_PROXY", "http://a:1")], "- - ");
    }

    #[test]
    fn says_which_variable_is_wrong_and_shows_no_login() {
        let check = |variables: &[(&str, &str)], part: &str| {
            let error = read(&Environment::of(variables)).unwrap_err();
            let text = format!("{error} {error:?} {:?}", error.hint());
            assert!(text.contains(part) && !text.contains("s3cret"), "{text}");
            assert_eq!(error.code(), "config.invalid-proxy");
        };
        check(&[("HTTPS_PROXY", "socks5://keeper:s3cret@a:1")], "`HTTPS_PROXY`: it names a proxy of another kind");
        check(&[("http_proxy", "http://keeper:s3cret@a:99999")], "`http_proxy`: it is not the address of a proxy");
        check(&[("HTTP_PROXY", "a/s3cret")], "`HTTP_PROXY`: it has something after host and port");
        check(&[("HTTP_PROXY", "a"), ("NO_PROXY", "lan,10.0.0.0/33")], "`NO_PROXY`: `10.0.0.0/33` in it is no host");
    }
}
