mod held;

use crate::client::EgressLimits;
use crate::conditional::Recording;
use crate::error::EgressError;
use crate::grant::CallScope;
use bytes::Bytes;
use held::{Connection, Held};
use http_body::{Body, Frame, SizeHint};
use std::future::poll_fn;
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
    unread_timeout: Duration,
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
    Network(Held),
    Known { bytes: Bytes, passed: Passed, then: Then },
    Done,
}

/// Whether bytes were counted and kept already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passed {
    Yes,
    No,
}

/// What comes after bytes that are known.
#[derive(Debug)]
enum Then {
    End,
    Error(EgressError),
    More(Box<Source>),
}

impl From<Option<EgressError>> for Then {
    fn from(broken: Option<EgressError>) -> Self {
        broken.map_or(Self::End, Self::Error)
    }
}

type Piece = Option<Result<Frame<Bytes>, EgressError>>;

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
        let EgressLimits { idle_timeout, body_timeout, unread_timeout, .. } = *limits;
        let waits = Waits { idle_timeout, body_timeout, unread_timeout, ..Waits::default() };
        let held = Held::new(Connection { body, _permits: permits }, unread_timeout);
        Self { source: Source::Network(held), scope, host, waits, keeping: Keeping::Nothing }
    }

    /// One that is known to its end, or to where it is broken off.
    pub(crate) fn buffered(bytes: Bytes, broken: Option<EgressError>, scope: Arc<CallScope>) -> Self {
        Self::known(bytes, Passed::No, broken.into(), scope)
    }

    /// The same, of bytes that count in this call's budget already.
    pub(crate) fn read(bytes: Bytes, broken: Option<EgressError>, scope: Arc<CallScope>) -> Self {
        Self::known(bytes, Passed::Yes, broken.into(), scope)
    }

    fn known(bytes: Bytes, passed: Passed, then: Then, scope: Arc<CallScope>) -> Self {
        let (host, waits) = (String::new(), Waits::default());
        Self { source: Source::Known { bytes, passed, then }, scope, host, waits, keeping: Keeping::Nothing }
    }

    /// The same body once more from its beginning, of which `bytes` were read.
    pub(crate) fn after(self, bytes: Bytes) -> Self {
        let Self { source, scope, host, waits, keeping } = self;
        let source = Source::Known { bytes, passed: Passed::Yes, then: Then::More(Box::new(source)) };
        Self { source, scope, host, waits, keeping }
    }

    /// The next bytes, or the error with which it ends.
    pub(crate) async fn next_chunk(&mut self) -> Option<Result<Bytes, EgressError>> {
        loop {
            match poll_fn(|context| Pin::new(&mut *self).poll_frame(context)).await? {
                // Trailers say nothing that anybody here reads.
                Ok(frame) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Some(Ok(bytes));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// The same, kept when it was read to its end.
    pub(crate) fn recorded(self, recording: Recording) -> Self {
        Self { keeping: Keeping::Recording(recording), ..self }
    }

    /// What the source has next, and whether it passed here before. An answer that was waited for too long ends with an
    /// error.
    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<(Piece, Passed)> {
        match &mut self.source {
            Source::Network(held) => {
                let read = |body: &mut reqwest::Body| Pin::new(body).poll_frame(context);
                let Some(polled) = held.read(read, Poll::is_pending) else {
                    let (host, unread) = (self.host.clone(), self.waits.unread_timeout);
                    return Poll::Ready((Some(Err(EgressError::Unread { host, unread })), Passed::No));
                };
                if self.waits.are_over(polled.is_pending()) {
                    let (host, waited) = (self.host.clone(), self.waits.body_timeout);
                    return Poll::Ready((Some(Err(EgressError::TooSlow { host, waited })), Passed::No));
                }
                let piece = ready!(polled);
                let broken = |error| EgressError::of_transport(&self.host, self.waits.idle_timeout, &error);
                Poll::Ready((piece.map(|piece| piece.map_err(broken)), Passed::No))
            }
            Source::Known { bytes, passed, .. } if !bytes.is_empty() => {
                let (bytes, passed) = (std::mem::take(bytes), *passed);
                Poll::Ready((Some(Ok(Frame::data(bytes))), passed))
            }
            Source::Known { then, .. } => match std::mem::replace(then, Then::End) {
                Then::End => Poll::Ready((None, Passed::No)),
                Then::Error(error) => Poll::Ready((Some(Err(error)), Passed::No)),
                Then::More(source) => {
                    self.source = *source;
                    self.poll_source(context)
                }
            },
            Source::Done => Poll::Ready((None, Passed::No)),
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
        let (piece, passed) = ready!(self.poll_source(context));
        if passed == Passed::Yes {
            return Poll::Ready(piece);
        }
        let checked = piece.map(|frame| {
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
        self.source.is_at_its_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.source.size_hint()
    }
}

impl Source {
    fn is_at_its_end(&self) -> bool {
        match self {
            Self::Network(held) => held.look(Body::is_end_stream).unwrap_or(false),
            Self::Known { bytes, then: Then::End, .. } => bytes.is_empty(),
            Self::Known { then: Then::Error(_) | Then::More(_), .. } => false,
            Self::Done => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Network(held) => held.look(Body::size_hint).unwrap_or_default(),
            Self::Known { bytes, then: Then::End, .. } => SizeHint::with_exact(bytes.len() as u64),
            Self::Known { then: Then::Error(_) | Then::More(_), .. } => SizeHint::default(),
            Self::Done => SizeHint::with_exact(0),
        }
    }
}
