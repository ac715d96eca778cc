//! `Link` headers of a list of tags, one a line. The first line is where the registry is said to be.
#![no_main]

use dockrev_plugin_sdk::distribution::Client;
use dockrev_plugin_sdk::http::{Method, Request};
use dockrev_plugin_sdk::registry::{ListHint, Repository};
use dockrev_plugin_sdk::testing::{Answer, Host};
use libfuzzer_sys::{Corpus, fuzz_target};

fuzz_target!(|text: &str| -> Corpus {
    let mut lines = text.lines();
    let Some(endpoint) = lines.next() else { return Corpus::Reject };
    let repository = Repository {
        registry: "registry.example".to_owned(),
        name: "app".to_owned(),
        endpoint: Some(endpoint.to_owned()),
    };
    let Ok(client) = Client::new(&repository) else { return Corpus::Keep };
    let first = format!("{}/v2/app/tags/list?n=10", client.endpoint());
    let page = |tags: &str| Answer::status(200).body(format!(r#"{{"tags": [{tags}]}}"#));
    let host = Host::new();
    host.answer(Method::Get, &first, lines.fold(page(r#""1.0""#), |answer, line| answer.header("Link", line)));

    let listed = client.list_tags(&ListHint { current_tag: None, max_tags: 10 });

    let requests = host.requests();
    assert!(requests.len() <= 2 && requests.first().is_none_or(|request| request.url == first));
    for next in requests.iter().skip(1) {
        assert_eq!(origin(&next.url), origin(&first), "a page is never asked for elsewhere");
        // The way to the next page is whole: there it can be asked for.
        host.answer(Method::Get, &next.url, page(r#""1.1""#));
        assert!(Request::get(next.url.clone()).send().is_ok());
        let names = client.list_tags(&ListHint { current_tag: None, max_tags: 10 });
        assert!(names.is_ok_and(|list| list.tags.len() == 2));
    }
    assert!(listed.is_err() || requests.len() == 1);
    Corpus::Keep
});

/// Scheme and host.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find(['/', '?', '#']).map_or(url, |end| &url[..host + end])
}
