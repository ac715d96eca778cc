//! A proxy before an engine's socket that shows every request to a function and does to it what that says: let it
//! pass, hold it up, refuse it, or cut the connection before or after the engine has done it.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::Error;

/// Longest head of a request, in bytes.
const HEAD_MAX_BYTES: usize = 64 * 1024;
/// How much is copied at once, in bytes.
const CHUNK_BYTES: usize = 16 * 1024;
/// What a refused request is told.
const REFUSAL: &[u8] =
    b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\nContent-Length: 34\r\n\
Connection: close\r\n\r\n{\"message\":\"the engine is unwell\"}";

/// A request to the engine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Call {
    /// The how manieth since the proxy was started, from 1.
    pub number: u32,
    /// `GET`.
    pub method: String,
    /// The path without the API's version and query, with `{}` for ids and names: `/containers/{}/start`.
    pub path: String,
}

/// When the function is asked about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It has come, and the engine does not know of it yet.
    Asked,
    /// The engine has begun to answer it, and the client does not know that yet.
    Answered,
}

/// What becomes of a request, or of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It goes on its way.
    Pass,
    /// The connection is cut.
    Cut,
    /// It is answered with status 500, and the engine never sees it. An answer passes.
    Refuse,
    /// It goes on its way later.
    Delay(Duration),
}

type Judge = dyn Fn(&Call, Moment) -> Verdict + Send + Sync;

/// The proxy. Ends, with its socket, when it is dropped.
pub struct EngineProxy {
    socket: PathBuf,
    shared: Arc<Shared>,
}

struct Shared {
    target: PathBuf,
    judge: Box<Judge>,
    count: AtomicU32,
    ended: AtomicBool,
}

impl EngineProxy {
    /// Listens at `socket` for the engine at `host`, a `unix://` address. `judge` is asked about each request, from
    /// several threads; what it does delays that request only.
    pub fn start(
        host: &str,
        socket: &Path,
        judge: impl Fn(&Call, Moment) -> Verdict + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        let target = host.strip_prefix("unix://").map(PathBuf::from);
        let target = target.ok_or_else(|| Error::Unusable(format!("`{host}` is not a unix socket")))?;
        let listener = UnixListener::bind(socket).map_err(Error::io("listen at", socket))?;
        let (judge, count, ended) = (Box::new(judge), AtomicU32::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { target, judge, count, ended });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.ended.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&accepting);
                // An engine that is not there hangs up on its clients, as its own socket would.
                std::thread::spawn(move || serve(&shared, client).unwrap_or_default());
            }
        });
        Ok(Self { socket: socket.to_owned(), shared })
    }

    /// Its address as `DOCKER_HOST` takes it.
    pub fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }

    /// How many requests it has seen.
    pub fn count(&self) -> u32 {
        self.shared.count.load(Ordering::SeqCst)
    }
}

impl Drop for EngineProxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::SeqCst);
        // Wakes the listener up.
        let _ = UnixStream::connect(&self.socket);
        let _ = std::fs::remove_file(&self.socket);
    }
}

/// One client's connection, with one of its own to the engine. A client asks again only when it has been answered.
fn serve(shared: &Arc<Shared>, mut client: UnixStream) -> io::Result<()> {
    let mut engine = UnixStream::connect(&shared.target)?;
    let open: Arc<Mutex<Option<Call>>> = Arc::default();
    let back = {
        let (shared, open) = (Arc::clone(shared), Arc::clone(&open));
        let (client, engine) = (client.try_clone()?, engine.try_clone()?);
        std::thread::spawn(move || answers(&shared, &open, engine, client).unwrap_or_default())
    };
    let result = requests(shared, &open, &mut client, &mut engine);
    // What the engine still has to say is passed on; a client that is gone does not want it.
    let _ = engine.shutdown(if result.is_ok() { Shutdown::Write } else { Shutdown::Both });
    let _ = back.join();
    let _ = client.shutdown(Shutdown::Both);
    Ok(())
}

fn requests(
    shared: &Shared,
    open: &Mutex<Option<Call>>,
    client: &mut UnixStream,
    engine: &mut UnixStream,
) -> io::Result<()> {
    while let Some(head) = read_head(client)? {
        let call = Call { number: shared.count.fetch_add(1, Ordering::SeqCst) + 1, ..call(&head) };
        match (shared.judge)(&call, Moment::Asked) {
            Verdict::Pass => {}
            Verdict::Delay(time) => std::thread::sleep(time),
            Verdict::Cut => {
                client.shutdown(Shutdown::Both)?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            Verdict::Refuse => {
                client.write_all(REFUSAL)?;
                client.shutdown(Shutdown::Write)?;
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
        }
        *open.lock().unwrap_or_else(PoisonError::into_inner) = Some(call);
        engine.write_all(head.as_bytes())?;
        match Body::of(&head) {
            Body::Bytes(length) => drop(io::copy(&mut client.take(length), engine)?),
            Body::Chunks => copy_chunks(client, engine)?,
            // From here on it is no longer HTTP.
            Body::Rest => drop(io::copy(client, engine)?),
        }
    }
    Ok(())
}

fn answers(
    shared: &Shared,
    open: &Mutex<Option<Call>>,
    mut engine: UnixStream,
    mut client: UnixStream,
) -> io::Result<()> {
    let mut chunk = [0; CHUNK_BYTES];
    loop {
        let read = engine.read(&mut chunk)?;
        if read == 0 {
            // A hijacked stream's other half may still be needed.
            return client.shutdown(Shutdown::Write);
        }
        let begun = open.lock().unwrap_or_else(PoisonError::into_inner).take();
        match begun.map_or(Verdict::Pass, |call| (shared.judge)(&call, Moment::Answered)) {
            Verdict::Pass | Verdict::Refuse => {}
            Verdict::Delay(time) => std::thread::sleep(time),
            Verdict::Cut => {
                client.shutdown(Shutdown::Both)?;
                return engine.shutdown(Shutdown::Both);
            }
        }
        client.write_all(&chunk[..read])?;
    }
}

/// Up to the empty line, that included. Absent when the client has nothing more to ask.
fn read_head(client: &mut UnixStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte)? == 0 {
            return if head.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        head.push(byte[0]);
        if head.len() > HEAD_MAX_BYTES {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    String::from_utf8(head).map(Some).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// What follows a request's head.
#[derive(Debug, PartialEq, Eq)]
enum Body {
    Bytes(u64),
    Chunks,
    Rest,
}

impl Body {
    fn of(head: &str) -> Self {
        let field = |name: &str| {
            let found = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(field, _)| field.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.trim().to_ascii_lowercase())
        };
        if field("upgrade").is_some() {
            return Self::Rest;
        }
        if field("transfer-encoding").is_some_and(|encoding| encoding.contains("chunked")) {
            return Self::Chunks;
        }
        Self::Bytes(field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0))
    }
}

/// A chunked body with its trailing empty line; nobody sends trailers to an engine.
fn copy_chunks(client: &mut UnixStream, engine: &mut UnixStream) -> io::Result<()> {
    loop {
        let mut line = Vec::new();
        while !line.ends_with(b"\r\n") {
            let mut byte = [0];
            client.read_exact(&mut byte)?;
            line.push(byte[0]);
        }
        engine.write_all(&line)?;
        let text = String::from_utf8_lossy(&line);
        let size = u64::from_str_radix(text.trim().split(';').next().unwrap_or_default(), 16);
        let size = size.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        io::copy(&mut client.take(size + 2), engine)?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn call(head: &str) -> Call {
    let mut words = head.split_ascii_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    Call { number: 0, method, path: template(words.next().unwrap_or_default()) }
}

/// Last parts of paths that are no names.
const VERBS: [&str; 24] = [
    "json",
    "create",
    "start",
    "stop",
    "kill",
    "pause",
    "unpause",
    "restart",
    "rename",
    "wait",
    "logs",
    "tag",
    "push",
    "connect",
    "disconnect",
    "prune",
    "exec",
    "attach",
    "archive",
    "resize",
    "top",
    "stats",
    "update",
    "changes",
];

/// `/v1.41/containers/3fa9/start?t=1` is `/containers/{}/start`.
fn template(target: &str) -> String {
    let path = target.split('?').next().unwrap_or_default();
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.first().is_some_and(|first| first.starts_with('v') && first[1..].starts_with(|c: char| c.is_ascii_digit()))
    {
        parts.remove(0);
    }
    let Some((kind, rest)) = parts.split_first() else { return "/".to_owned() };
    let template = match rest {
        [] => (*kind).to_owned(),
        [verb] if VERBS.contains(verb) => format!("{kind}/{verb}"),
        [_] => format!("{kind}/{{}}"),
        [_, .., verb] if VERBS.contains(verb) => format!("{kind}/{{}}/{verb}"),
        [_, ..] => format!("{kind}/{{}}"),
    };
    format!("/{template}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_without_names() {
        for (target, expected) in [
            ("/v1.41/containers/3fa9/start?t=1", "/containers/{}/start"),
            ("/v1.41/containers/json?all=1", "/containers/json"),
            ("/v1.41/containers/create?name=web", "/containers/create"),
            ("/v1.41/containers/3fa9?force=1", "/containers/{}"),
            ("/images/127.0.0.1:5000/shop/web:1.0/json", "/images/{}/json"),
            ("/v1.41/images/create?fromImage=x", "/images/create"),
            ("/v1.41/volumes", "/volumes"),
            ("/_ping", "/_ping"),
            ("/", "/"),
        ] {
            assert_eq!(template(target), expected, "{target}");
        }
    }

    #[test]
    fn knows_where_a_request_ends() {
        let head = |fields: &str| format!("POST / HTTP/1.1\r\n{fields}\r\n");
        assert_eq!(Body::of(&head("")), Body::Bytes(0));
        assert_eq!(Body::of(&head("content-length: 12\r\n")), Body::Bytes(12));
        assert_eq!(Body::of(&head("Transfer-Encoding: chunked\r\n")), Body::Chunks);
        assert_eq!(Body::of(&head("Content-Length: 2\r\nUpgrade: tcp\r\n")), Body::Rest);
    }

    /// An engine that repeats each request's first line as the body of its answer.
    fn echo(socket: &Path) {
        let listener = UnixListener::bind(socket).unwrap();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                std::thread::spawn(move || {
                    while let Ok(Some(head)) = read_head(&mut client) {
                        if let Body::Bytes(length) = Body::of(&head) {
                            io::copy(&mut (&mut client).take(length), &mut io::sink()).unwrap();
                        }
                        let line = head.lines().next().unwrap();
                        write!(client, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{line}", line.len()).unwrap();
                    }
                });
            }
        });
    }

    /// Head and body of the answer; nothing if the connection ends before it.
    fn ask(stream: &mut UnixStream, path: &str) -> String {
        write!(stream, "POST {path} HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc").unwrap();
        // It may come in pieces.
        let Ok(Some(mut answer)) = read_head(stream) else { return String::new() };
        if let Body::Bytes(length) = Body::of(&answer) {
            stream.take(length).read_to_string(&mut answer).unwrap();
        }
        answer
    }

    #[test]
    fn does_to_a_request_what_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (engine, socket) = (folder.path().join("engine"), folder.path().join("proxy"));
        echo(&engine);
        let seen: Arc<Mutex<Vec<(u32, Moment)>>> = Arc::default();
        let log = Arc::clone(&seen);
        let host = format!("unix://{}", engine.display());
        let proxy = EngineProxy::start(&host, &socket, move |call, moment| {
            log.lock().unwrap().push((call.number, moment));
            match (call.number, moment) {
                (3, Moment::Asked) => Verdict::Refuse,
                (4, Moment::Asked) | (5, Moment::Answered) => Verdict::Cut,
                _ => Verdict::Pass,
            }
        })
        .unwrap();
        let connect = || UnixStream::connect(&socket).unwrap();
        let mut first = connect();
        assert!(ask(&mut first, "/one").ends_with("POST /one HTTP/1.1"));
        assert!(ask(&mut first, "/two").ends_with("POST /two HTTP/1.1"), "the connection is kept");
        assert!(ask(&mut first, "/three").starts_with("HTTP/1.1 500"));
        assert_eq!(ask(&mut connect(), "/four"), "");
        assert_eq!(ask(&mut connect(), "/five"), "");
        assert!(ask(&mut connect(), "/six").ends_with("POST /six HTTP/1.1"));
        assert_eq!(proxy.count(), 6);
        use Moment::{Answered, Asked};
        let expected =
            [(1, Asked), (1, Answered), (2, Asked), (2, Answered), (3, Asked), (4, Asked), (5, Asked), (5, Answered)];
        assert_eq!(seen.lock().unwrap()[..8], expected);
    }
}
