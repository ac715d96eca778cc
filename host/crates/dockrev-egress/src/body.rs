use crate::client::EgressLimits;
use crate::conditional::Recording;
use crate::error::EgressError;
use crate::grant::CallScope;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// The body of an answer. Every byte of it counts against the call's budget.
#[derive(Debug)]
pub struct ResponseBody {
    source: Source,
    scope: Arc<CallScope>,
    host: String,
    waits: Waits,
    keeping: Keeping,
}

/// How long its network is waited for.
#[derive(Debug, Default)]
struct Waits {
    idle_timeout: Duration,
    body_timeout: Duration,
    since: Option<Instant>,
    in_all: Duration,
}

impl Waits {
    /// Something came, or did not: says whether that took too long by now. What a reader does meanwhile does not count.
    fn are_over(&mut self, is_waiting: bool) -> bool {
        let now = Instant::now();
        self.in_all += self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.since = is_waiting.then_some(now);
        self.in_all > self.body_timeout
    }
}

/// Whether what is read is kept for the next time.
#[derive(Debug)]
enum Keeping {
    Nothing,
    Recording(Recording),
    /// The last frame waits for it: whoever has read the whole answer finds it kept.
    Storing(JoinHandle<()>),
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
        limits: &EgressLimits,
    ) -> Self {
        let waits = Waits { idle_timeout: limits.idle_timeout, body_timeout: limits.body_timeout, ..Waits::default() };
        Self { source: Source::Network { body, _permits: permits }, scope, host, waits, keeping: Keeping::Nothing }
    }

    pub(crate) fn buffered(bytes: Bytes, scope: Arc<CallScope>) -> Self {
        let (host, waits) = (String::new(), Waits::default());
        Self { source: Source::Buffered(bytes), scope, host, waits, keeping: Keeping::Nothing }
    }

    /// The same, kept when it was read to its end.
    pub(crate) fn recorded(self, recording: Recording) -> Self {
        Self { keeping: Keeping::Recording(recording), ..self }
    }

    /// What the source has next. An answer that was waited for too long ends with an error.
    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        match &mut self.source {
            Source::Network { body, .. } => {
                let polled = Pin::new(body).poll_frame(context);
                if self.waits.are_over(polled.is_pending()) {
                    let (host, waited) = (self.host.clone(), self.waits.body_timeout);
                    return Poll::Ready(Some(Err(EgressError::TooSlow { host, waited })));
                }
                polled.map_err(|error| EgressError::of_transport(&self.host, self.waits.idle_timeout, &error))
            }
            Source::Buffered(bytes) => {
                let bytes = std::mem::take(bytes);
                self.source = Source::Done;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Source::Done => Poll::Ready(None),
        }
    }

    /// Takes what the source gave: a frame, the end or an error.
    fn record(&mut self, frame: Option<&Result<Frame<Bytes>, EgressError>>) {
        self.keeping = match (std::mem::replace(&mut self.keeping, Keeping::Nothing), frame) {
            (Keeping::Recording(mut recording), Some(Ok(frame))) => {
                let fits = frame.data_ref().is_none_or(|data| recording.add(data));
                if fits { Keeping::Recording(recording) } else { Keeping::Nothing }
            }
            (Keeping::Recording(recording), None) => {
                Keeping::Storing(tokio::task::spawn_blocking(move || recording.finish()))
            }
            (Keeping::Recording(_), Some(Err(_))) | (Keeping::Nothing, _) => Keeping::Nothing,
            (Keeping::Storing(task), _) => Keeping::Storing(task),
        };
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        if let Keeping::Storing(task) = &mut self.keeping {
            // Whether it worked is of no interest to whoever reads.
            drop(ready!(Pin::new(task).poll(context)));
            self.keeping = Keeping::Nothing;
            return Poll::Ready(None);
        }
        let checked = ready!(self.poll_source(context)).map(|frame| {
            let frame = frame?;
            let size = frame.data_ref().map_or(0, Bytes::len);
            self.scope.budget.take_bytes(size).map_err(EgressError::OverBudget)?;
            Ok(frame)
        });
        if !matches!(checked, Some(Ok(_))) {
            // Ends the connection or gives it back to the pool, and lets the next request have its place.
            self.source = Source::Done;
        }
        if let Some(Err(error)) = &checked {
            self.scope.remember(Some(error));
        }
        self.record(checked.as_ref());
        if let Keeping::Storing(_) = self.keeping {
            return self.poll_frame(context);
        }
        Poll::Ready(checked)
    }

    fn is_end_stream(&self) -> bool {
        if !matches!(self.keeping, Keeping::Nothing) {
            return false;
        }
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
