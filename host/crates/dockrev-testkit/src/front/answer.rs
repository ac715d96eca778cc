//! An answer before it is sent.

use std::io::{self, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::request::Received;

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn json(status: u16, body: &Value) -> Self {
        let answer = Self { status, headers: Vec::new(), body: body.to_string().into_bytes() };
        answer.header("Content-Type", "application/json")
    }

    /// A refusal with this code, as the Distribution specification has them.
    pub(super) fn error(status: u16, code: &str) -> Self {
        Self::json(status, &json!({ "errors": [{ "code": code, "message": code.to_ascii_lowercase() }] }))
    }

    pub(super) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn send(&self, stream: &mut TcpStream, received: &Received) -> io::Result<()> {
        self.send_head(stream, self.body.len())?;
        if received.method == "HEAD" { Ok(()) } else { stream.write_all(&self.body) }
    }

    /// Sends everything before the body, and announces one of this length.
    pub(super) fn send_head(&self, stream: &mut TcpStream, length: usize) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} -\r\ncontent-length: {length}\r\nconnection: close\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        stream.write_all((head + "\r\n").as_bytes())
    }
}
