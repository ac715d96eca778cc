use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// One request as the server got it: the head's first line, and its header fields in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) line: String,
    fields: Vec<(String, String)>,
    /// As many bytes as were announced.
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is(&self, start: &str) -> bool {
        self.line.starts_with(start)
    }
}

/// What the server does with a request.
pub(crate) enum Reply {
    /// Sends this response.
    Whole(String),
    /// Sends this much and then nothing more.
    Stalled(String),
    /// Does this once it gets a permit.
    Held(Arc<Semaphore>, Box<Reply>),
}

type Answering = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server on loopback that remembers what it was asked.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        let reply: Arc<Answering> = Arc::new(reply);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&reply)));
            }
        });
        server
    }

    /// The same with TLS.
    pub(crate) async fn start_tls(
        settings: rustls::ServerConfig,
        reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let seen = Arc::clone(&server.seen);
        let reply: Arc<Answering> = Arc::new(reply);
        let acceptor = TlsAcceptor::from(Arc::new(settings));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen, reply) = (acceptor.clone(), Arc::clone(&seen), Arc::clone(&reply));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, seen, reply).await;
                    }
                });
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, start: &str) -> usize {
        self.seen().iter().filter(|seen| seen.is(start)).count()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: Arc<Mutex<Vec<Seen>>>, reply: Arc<Answering>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let text = String::from_utf8_lossy(&head);
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let fields = lines.filter_map(|line| line.split_once(": "));
    let fields = fields.map(|(key, value)| (key.to_ascii_lowercase(), value.to_owned())).collect();
    let mut request = Seen { line, fields, body: String::new() };
    let mut body = vec![0; request.field("content-length").map_or(0, |length| length.parse().unwrap())];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    request.body = String::from_utf8(body).unwrap();
    seen.lock().unwrap().push(request.clone());
    let mut reply = reply(&request);
    while let Reply::Held(gate, then) = reply {
        gate.acquire().await.unwrap().forget();
        reply = *then;
    }
    match reply {
        Reply::Held(..) => unreachable!("it was waited for"),
        Reply::Whole(response) => drop(stream.write_all(response.as_bytes()).await),
        Reply::Stalled(start) => {
            drop(stream.write_all(start.as_bytes()).await);
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
    drop(stream.shutdown().await);
}

pub(crate) fn response(status: &str, fields: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Whole(format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{fields}\r\n{body}"))
}

pub(crate) fn ok(body: &str) -> Reply {
    response("200 OK", "", body)
}
