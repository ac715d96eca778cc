//! A registry that answers as real ones do, each time after a wait, and counts what it is asked.
//!
//! It speaks what reading takes of the [OCI Distribution Specification](https://github.com/opencontainers/distribution-spec):
//! tag lists in pages with `Link`, indexes, manifests and blobs, entity tags and `If-None-Match`, and tokens if wanted.

mod answer;
mod catalogue;
mod image;
mod tally;
mod wire;

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::failure::Failure;
use catalogue::Catalogue;
pub(crate) use catalogue::Repository;
use tally::Counters;
pub(crate) use tally::Tally;
use wire::Counted;

/// Who may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// Everyone, as they come.
    Open,
    /// Everyone who asked for a token for the repository before, as with Docker Hub and GHCR.
    Token,
}

/// The registry, running until it is dropped.
#[derive(Debug)]
pub(crate) struct Registry {
    shared: Arc<Shared>,
    // Ends the connections when it is dropped.
    _runtime: tokio::runtime::Runtime,
}

/// What all connections know.
#[derive(Debug)]
struct Shared {
    catalogue: Catalogue,
    auth: Auth,
    address: SocketAddr,
    latency_us: AtomicU64,
    is_news_out: AtomicBool,
    counters: Counters,
}

impl Registry {
    /// Starts one on a free port of this machine. It waits for nothing until [`Registry::set_latency`].
    pub(crate) fn start(repositories: usize, auth: Auth) -> Result<Self, Failure> {
        // One thread: most of the machine is for what is measured.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(Failure::of("could not start the registry"))?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)));
        let listener = listener.map_err(Failure::of("could not open a port for the registry"))?;
        let address = listener.local_addr().map_err(Failure::of("could not read the registry's own address"))?;
        let shared = Arc::new(Shared {
            catalogue: Catalogue::of(repositories)?,
            auth,
            address,
            latency_us: AtomicU64::new(0),
            is_news_out: AtomicBool::new(false),
            counters: Counters::default(),
        });
        runtime.spawn(accept(listener, Arc::clone(&shared)));
        Ok(Self { shared, _runtime: runtime })
    }

    /// Host and port, as image references have them.
    pub(crate) fn host(&self) -> String {
        self.shared.address.to_string()
    }

    pub(crate) fn repositories(&self) -> &[Repository] {
        self.shared.catalogue.repositories()
    }

    /// From now on, every answer waits for so long.
    pub(crate) fn set_latency(&self, latency: Duration) {
        let latency_us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.shared.latency_us.store(latency_us, Ordering::Relaxed);
    }

    /// Moves the floating tags that have something newer.
    pub(crate) fn publish_news(&self) {
        self.shared.is_news_out.store(true, Ordering::Relaxed);
    }

    /// What was counted since the last time.
    pub(crate) fn take_tally(&self) -> Tally {
        self.shared.counters.take()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        // A connection that is gone before it is taken is nothing to end for.
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&shared)));
        }
    }
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    // An answer in two parts would wait for the reader's acknowledgement of the first.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let stream = Counted::new(stream, Arc::clone(&shared));
    let answer = service_fn(move |request: http::Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(answer(&shared, &request).await) }
    });
    // Readers end connections as they like.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(shared: &Shared, request: &http::Request<Incoming>) -> http::Response<Full<Bytes>> {
    shared.counters.begin();
    let latency = Duration::from_micros(shared.latency_us.load(Ordering::Relaxed));
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let response = answer::to(shared, request.method(), request.uri(), request.headers());
    shared.counters.end(request.method(), request.uri(), response.status());
    response
}
