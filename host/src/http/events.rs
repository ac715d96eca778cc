//! The stream of what happens, as server-sent events.

use super::Shared;
use super::error::ApiError;
use crate::events::{Event, EventId, Events, Listening};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::watch;

/// How often a silent stream shows that it lives: proxies cut what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// After what time a browser comes back.
const RETRY: Duration = Duration::from_secs(2);

/// Tells what happens: `check-progress`, `candidates-changed`, `job` (the job), `job-log` (`job`, `workload`, `at`, `source`, `text`),
/// `plan` (`plan`, `run`), `ignore-rules`, `backups`, `containers`, and `reset`, after which everything is to be read again.
/// `Last-Event-ID` brings what was missed.
#[utoipa::path(
    get, path = "/api/v1/events", tag = "events",
    params(("Last-Event-ID" = Option<String>, Header, description = "Id of the last event that was heard")),
    responses((status = 200, description = "Events without end", body = String, content_type = "text/event-stream"))
)]
pub(super) async fn listen(
    State(server): State<Shared>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<SseEvent, Infallible>>>, ApiError> {
    let place = Arc::clone(&server.listeners).try_acquire_owned().map_err(|_| {
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "events.too-many-listeners", "too many listen already")
            .hint("close a tab, or ask again later")
            .retry_after(RETRY.as_secs())
    })?;
    let last = headers.get("last-event-id").filter(|id| !id.is_empty());
    let last = last.map(|id| id.to_str().ok().and_then(|id| id.parse::<EventId>().ok()));
    let mut listening = server.events.listen(last.flatten());
    if last == Some(None) {
        // It heard something, and it is not known what.
        listening.missed = vec![server.events.reset_now()];
    }
    let ear = Ear::new(server.events.clone(), listening, server.stopping(), place);
    let hello = SseEvent::default().retry(RETRY).comment("listening");
    let heard = futures::stream::unfold(ear, async |mut ear| ear.next().await.map(|event| (event, ear)));
    let events = futures::stream::once(async move { hello }).chain(heard.map(|event| written(&event)));
    Ok(Sse::new(events.map(Ok)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn written(event: &Event) -> SseEvent {
    SseEvent::default().id(event.id.to_string()).event(event.kind.name()).data(&*event.data)
}

/// One listener.
struct Ear {
    events: Events,
    missed: VecDeque<Event>,
    receiver: broadcast::Receiver<Event>,
    stopping: watch::Receiver<bool>,
    /// Held as long as it listens.
    _place: OwnedSemaphorePermit,
}

impl Ear {
    fn new(events: Events, listening: Listening, stopping: watch::Receiver<bool>, place: OwnedSemaphorePermit) -> Self {
        Self { events, missed: listening.missed.into(), receiver: listening.receiver, stopping, _place: place }
    }

    /// What comes next; nothing when the server ends.
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.missed.pop_front() {
            return Some(event);
        }
        tokio::select! {
            heard = self.receiver.recv() => match heard {
                Ok(event) => Some(event),
                Err(RecvError::Lagged(_)) => {
                    self.receiver = self.receiver.resubscribe();
                    Some(self.events.reset_now())
                }
                Err(RecvError::Closed) => None,
            },
            _ = self.stopping.wait_for(|stopping| *stopping) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventKind;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn a_listener_hears_what_it_missed_first_and_ends_with_the_server() {
        let events = Events::new(1);
        events.tell(EventKind::Job, &1);
        let (stop, stopping) = watch::channel(false);
        let last = "1-0".parse().unwrap();
        let place = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        let mut ear = Ear::new(events.clone(), events.listen(Some(last)), stopping, place);
        events.tell(EventKind::Job, &2);
        for data in ["1", "2"] {
            assert_eq!(&*ear.next().await.unwrap().data, data);
        }
        stop.send_replace(true);
        assert!(ear.next().await.is_none());
    }
}
