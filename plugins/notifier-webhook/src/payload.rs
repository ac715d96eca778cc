//! The JSON that is posted. Fields may be added; none is ever renamed or removed within one `schema`.

use dockrev_plugin_sdk::notifier::Event;
use serde::Serialize;

/// Says what the rest looks like.
const SCHEMA: &str = "dockrev.event.v1";

#[derive(Serialize)]
pub(crate) struct Payload<'a> {
    schema: &'static str,
    id: &'a str,
    kind: &'static str,
    severity: &'static str,
    occurred_at_unix_s: i64,
    sent_at_unix_s: u64,
    title: &'a str,
    body: &'a str,
    links: Vec<Link<'a>>,
    facts: Vec<Fact<'a>>,
}

#[derive(Serialize)]
struct Link<'a> {
    title: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct Fact<'a> {
    name: &'a str,
    value: &'a str,
}

pub(crate) fn of(event: &Event, sent_at_unix_s: u64) -> Payload<'_> {
    Payload {
        schema: SCHEMA,
        id: &event.id,
        kind: event.kind.name(),
        severity: event.severity.name(),
        occurred_at_unix_s: event.occurred_at_unix_s,
        sent_at_unix_s,
        title: &event.title,
        body: &event.body,
        links: event.links.iter().map(|link| Link { title: &link.title, url: &link.url }).collect(),
        facts: event.facts.iter().map(|fact| Fact { name: &fact.name, value: &fact.value }).collect(),
    }
}
