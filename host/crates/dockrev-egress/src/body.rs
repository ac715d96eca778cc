use crate::error::EgressError;
use crate::grant::CallScope;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// The body of an answer. Every byte of it counts against the call's budget.
#[derive(Debug)]
pub struct ResponseBody {
    source: Source,
    scope: Arc<CallScope>,
    host: String,
    idle_timeout: Duration,
}

#[derive(Debug)]
enum Source {
    Network { body: reqwest::Body, _permits: Option<Permits> },
    Buffered(Bytes),
    Done,
}

/// What a request holds for as long as its connection is in use.
#[derive(Debug)]
pub(crate) struct Permits {
    pub(crate) _of_host: OwnedSemaphorePermit,
    pub(crate) _of_all: OwnedSemaphorePermit,
}

impl ResponseBody {
    pub(crate) fn streamed(
        body: reqwest::Body,
        permits: Option<Permits>,
        scope: Arc<CallScope>,
        host: String,
        idle_timeout: Duration,
    ) -> Self {
        Self { source: Source::Network { body, _permits: permits }, scope, host, idle_timeout }
    }

    pub(crate) fn buffered(bytes: Bytes, scope: Arc<CallScope>) -> Self {
        Self { source: Source::Buffered(bytes), scope, host: String::new(), idle_timeout: Duration::ZERO }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let frame = match &mut self.source {
            Source::Network { body, .. } => ready!(Pin::new(body).poll_frame(context)),
            Source::Buffered(bytes) => {
                let bytes = std::mem::take(bytes);
                self.source = Source::Done;
                (!bytes.is_empty()).then(|| Ok(Frame::data(bytes)))
            }
            Source::Done => None,
        };
        let checked = frame.map(|frame| {
            let frame = frame.map_err(|error| EgressError::of_transport(&self.host, self.idle_timeout, &error))?;
            let size = frame.data_ref().map_or(0, Bytes::len);
            self.scope.budget.take_bytes(size).map_err(EgressError::OverBudget)?;
            Ok(frame)
        });
        if !matches!(checked, Some(Ok(_))) {
            // Ends the connection or gives it back to the pool, and lets the next request have its place.
            self.source = Source::Done;
        }
        Poll::Ready(checked)
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Network { body, .. } => body.is_end_stream(),
            Source::Buffered(bytes) => bytes.is_empty(),
            Source::Done => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Network { body, .. } => body.size_hint(),
            Source::Buffered(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Source::Done => SizeHint::with_exact(0),
        }
    }
}
