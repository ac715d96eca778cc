//! A request as it was received.

use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;
use std::time::Duration;

/// Longest wait for a client that does not finish its request.
const REQUEST_LIMIT: Duration = Duration::from_secs(10);

/// Most that is read of a request's head, and of its body, in bytes.
const PART_MAX_BYTES: u64 = 64 * 1024;

#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Received {
    pub(super) fn read(stream: &TcpStream) -> io::Result<Self> {
        stream.set_read_timeout(Some(REQUEST_LIMIT))?;
        let mut reader = BufReader::new(stream.try_clone()?.take(2 * PART_MAX_BYTES));
        let mut lines = reader.by_ref().lines();
        let first = lines.next().ok_or(io::ErrorKind::UnexpectedEof)??;
        let mut words = first.split(' ').map(str::to_owned);
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        let mut headers = Vec::new();
        for line in lines {
            let line = line?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut received = Self { method, target, headers, body: String::new() };
        let length: u64 = received.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        reader.take(length.min(PART_MAX_BYTES)).read_to_string(&mut received.body)?;
        Ok(received)
    }

    /// The same for another target.
    pub(super) fn at(&self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self.clone() }
    }

    pub(super) fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The first header field with this name, which is in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first parameter of the query with this name.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).next()
    }

    /// Every parameter of the query with this name.
    pub(super) fn parameters(&self, name: &str) -> impl Iterator<Item = String> {
        values(self.target.split_once('?').map_or("", |(_, query)| query), name)
    }

    /// The first field of the form with this name, if the body is one.
    pub(super) fn form_field(&self, name: &str) -> Option<String> {
        values(&self.body, name).next()
    }
}

/// Every value of this name in `a=b&c=d`.
fn values(pairs: &str, name: &str) -> impl Iterator<Item = String> {
    pairs
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .filter(move |(known, _)| *known == name)
        .map(|(_, value)| percent_decoded(&value.replace('+', " ")))
}

/// `text` with `%2F` and its like as what they stand for.
pub(super) fn percent_decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        match part.get(..2).and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&part.as_bytes()[2..]);
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part.as_bytes());
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read() {
        let target = "/token?scope=repository%3Aa%2Fb%3Apull&scope=c+d&account=robot%24demo%2Bci&odd=%2".to_owned();
        let received = Received {
            method: "GET".to_owned(),
            target,
            headers: Vec::new(),
            body: "a=b&refresh_token=x%2By".to_owned(),
        };
        assert_eq!(received.path(), "/token");
        assert_eq!(received.parameters("scope").collect::<Vec<_>>(), ["repository:a/b:pull", "c d"]);
        assert_eq!(received.parameter("account").as_deref(), Some("robot$demo+ci"));
        assert_eq!(received.parameter("odd").as_deref(), Some("%2"));
        assert_eq!(received.form_field("refresh_token").as_deref(), Some("x+y"));
        assert_eq!(percent_decoded(&percent_decoded("a%252Fb")), "a/b");
    }
}
