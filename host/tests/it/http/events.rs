use super::client::{head, open};
use super::served::Served;
use crate::stage::Stage;
use dockrev_testkit::Compose;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;

/// A stream of events.
pub(super) struct Stream(BufReader<TcpStream>);

/// One event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) data: String,
}

impl Stream {
    pub(super) fn open(served: &Served, token: &str, last: Option<&str>) -> Self {
        let bearer = format!("Bearer {token}");
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(last.map(|id| ("Last-Event-ID", id)));
        let mut reader = open(served.address, "GET", "/api/v1/events", &headers, None);
        let (status, headers) = head(&mut reader);
        assert_eq!(status, 200, "{headers:?}");
        let mut stream = Self(reader);
        // The stream says at once that it listens.
        stream.block();
        stream
    }

    /// The lines up to an empty one.
    fn block(&mut self) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a line");
            match line.trim_end() {
                "" => return lines,
                text => lines.push(text.to_owned()),
            }
        }
    }

    pub(super) fn next(&mut self) -> Event {
        loop {
            let lines = self.block();
            let field = |name: &str| lines.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            let (id, kind, data) = (field("id: ").to_owned(), field("event: ").to_owned(), field("data: ").to_owned());
            if !kind.is_empty() {
                return Event { id, kind, data };
            }
        }
    }

    /// The next event of this kind.
    pub(super) fn next_of(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next();
            if event.kind == kind {
                return event;
            }
        }
    }
}

#[test]
fn who_comes_back_hears_what_was_missed() {
    let stage = Stage::new(Compose::any().unwrap());
    let check = stage.token("check");
    let served = Served::start(&stage, &[], &[]);
    let add = |tag: &str| {
        let rule = json!({ "workload": { "stack": "nowhere", "name": "web" }, "kind": "exact", "matcher": tag });
        served.post(&check, "/api/v1/ignore-rules", &rule).is(201);
    };
    let mut stream = Stream::open(&served, &check, None);
    add("1");
    let first = stream.next_of("ignore-rules");
    drop(stream);
    add("2");
    add("3");
    let mut stream = Stream::open(&served, &check, Some(&first.id));
    let (second, third) = (stream.next_of("ignore-rules"), stream.next_of("ignore-rules"));
    assert!(first.id != second.id && second.id != third.id);
    for unknown in ["1-1", "nonsense"] {
        assert_eq!(Stream::open(&served, &check, Some(unknown)).next().kind, "reset", "{unknown}");
    }
    assert_eq!(served.stop(), Some(0), "a listener holds nothing up");
}
