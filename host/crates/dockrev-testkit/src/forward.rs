//! A proxy on the way to registries, as companies have them: it passes plain HTTP on, makes tunnels for TLS, and is the
//! only one to know where some names are.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Credentials, Error};

/// Longest head of a request, in bytes.
const HEAD_MAX_BYTES: usize = 64 * 1024;

/// The proxy, on a loopback port; ends when dropped.
#[derive(Debug)]
pub struct ForwardProxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    login: Option<Credentials>,
    /// Names with their ports, and where they are.
    names: Vec<(String, SocketAddr)>,
    passed: Mutex<Vec<Passed>>,
    ended: AtomicBool,
}

/// A request to the proxy itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// `GET`, or `CONNECT` for a tunnel.
    pub method: String,
    /// The URL, or host and port of a tunnel.
    pub target: String,
    /// What the proxy itself answered, 200 if it passed the request on.
    pub status: u16,
}

impl ForwardProxy {
    /// Starts one that knows these hosts, by `host:port`, and no others. With a login, it lets nobody else through.
    pub fn start(login: Option<Credentials>, names: &[(&str, SocketAddr)]) -> Result<Self, Error> {
        let taken = || Error::io("listen on", "127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(taken())?;
        let port = listener.local_addr().map_err(taken())?.port();
        let names = names.iter().map(|(name, address)| ((*name).to_owned(), *address)).collect();
        let shared = Arc::new(Shared { login, names, passed: Mutex::default(), ended: AtomicBool::new(false) });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if accepting.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // A client that goes away in the middle is none of our business.
                std::thread::spawn(move || shared.serve(stream).unwrap_or_default());
            }
        });
        Ok(Self { port, shared })
    }

    /// Host and port.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its address, as `HTTPS_PROXY` has it, with the login if it wants one.
    pub fn url(&self) -> String {
        match &self.shared.login {
            Some(Credentials { user, password }) => format!("http://{user}:{password}@{}", self.host()),
            None => format!("http://{}", self.host()),
        }
    }

    /// Every request so far, oldest first.
    pub fn passed(&self) -> Vec<Passed> {
        self.shared.passed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for ForwardProxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) -> io::Result<()> {
        let head = read_head(&mut client)?;
        let mut words = head.split_ascii_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let is_tunnel = method == "CONNECT";
        let host = if is_tunnel { target } else { host_of(target) };
        let status = match (self.lets_through(&head), self.address(host)) {
            (false, _) => 407,
            (true, None) => 502,
            (true, Some(_)) => 200,
        };
        let passed = Passed { method: method.to_owned(), target: target.to_owned(), status };
        self.passed.lock().unwrap_or_else(PoisonError::into_inner).push(passed);
        let Some(address) = self.address(host).filter(|_| status == 200) else {
            let close = "Connection: close\r\nContent-Length: 0\r\n\r\n";
            let challenge = "Proxy-Authenticate: Basic realm=\"proxy\"\r\n";
            return client.write_all(format!("HTTP/1.1 {status} No\r\n{challenge}{close}").as_bytes());
        };
        let mut server = TcpStream::connect(address)?;
        if is_tunnel {
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
        } else {
            server.write_all(as_for_the_origin(&head, target).as_bytes())?;
        }
        both_ways(client, server)
    }

    fn lets_through(&self, head: &str) -> bool {
        let Some(Credentials { user, password }) = &self.login else { return true };
        let expected = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
        field(head, "proxy-authorization") == Some(expected.as_str())
    }

    fn address(&self, host: &str) -> Option<SocketAddr> {
        self.names.iter().find(|(name, _)| name == host).map(|(_, address)| *address)
    }
}

/// Up to the empty line, that included.
fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
        if head.len() > HEAD_MAX_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Host and port of `http://host:port/path`.
fn host_of(target: &str) -> &str {
    let rest = target.strip_prefix("http://").unwrap_or(target);
    rest.split('/').next().unwrap_or_default()
}

/// The head as the server expects it: a path instead of the whole URL, nothing that was for the proxy, and no further
/// request on this connection.
fn as_for_the_origin(head: &str, target: &str) -> String {
    let path = target.strip_prefix("http://").and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or("/");
    let mut lines = head.lines().filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default().replacen(target, path, 1);
    let is_kept = |line: &&str| {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        !name.starts_with("proxy-") && name != "connection"
    };
    let kept: String = lines.filter(is_kept).map(|line| format!("{line}\r\n")).collect();
    format!("{first}\r\n{kept}Connection: close\r\n\r\n")
}

/// Copies until both sides have said all that they had to say.
fn both_ways(client: TcpStream, server: TcpStream) -> io::Result<()> {
    let (mut from_client, mut to_server) = (client.try_clone()?, server.try_clone()?);
    let there = std::thread::spawn(move || {
        let copied = io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
        copied
    });
    let (mut from_server, mut to_client) = (server, client);
    io::copy(&mut from_server, &mut to_client)?;
    to_client.shutdown(Shutdown::Both)?;
    drop(there.join());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_sees_no_sign_of_the_proxy() {
        let target = "http://nas.lan:5000/v2/?n=1";
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: nas.lan:5000\r\nProxy-Authorization: Basic eDp5\r\nAccept: a\r\n\r\n"
        );
        assert_eq!(host_of(target), "nas.lan:5000");
        assert_eq!(field(&head, "proxy-authorization"), Some("Basic eDp5"));
        assert_eq!(
            as_for_the_origin(&head, target),
            "GET /v2/?n=1 HTTP/1.1\r\nHost: nas.lan:5000\r\nAccept: a\r\nConnection: close\r\n\r\n"
        );
    }
}
