//! The Engine API as it is on the wire: one request on a connection of its own.

use crate::address::EngineAddress;
use http::header::{CONNECTION, HOST};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

/// Longest answer that is read, in bytes: a list of a thousand containers has about three million.
const ANSWER_MAX_BYTES: usize = 64 * 1024 * 1024;

/// What went wrong on the way.
pub(crate) type WireError = Box<dyn std::error::Error + Send + Sync>;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Sends `request`, its address a path, to the engine at `address`.
pub(crate) async fn send(address: &EngineAddress, mut request: Request<Full<Bytes>>) -> Result<Answer, WireError> {
    let host = match address {
        EngineAddress::Unix(_) => "docker",
        EngineAddress::Tcp(authority) => authority,
    };
    request.headers_mut().insert(HOST, HeaderValue::from_str(host)?);
    request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    match address {
        EngineAddress::Unix(path) => over(UnixStream::connect(path).await?, request).await,
        EngineAddress::Tcp(authority) => over(TcpStream::connect(authority).await?, request).await,
    }
}

async fn over(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, WireError> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let exchange = async {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await?.to_bytes();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    };
    tokio::pin!(exchange);
    // The connection is done once the answer is read: what went wrong with it, the exchange says.
    tokio::select! {
        answer = &mut exchange => answer,
        _ = connection => exchange.await,
    }
}
