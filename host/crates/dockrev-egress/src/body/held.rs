//! The connection behind an answer. Whoever does not read it cannot keep its place from others.

use super::Permits;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;
use tokio::time::Instant;

/// A connection, for as long as somebody reads from it.
#[derive(Debug)]
pub(super) struct Held {
    slot: Arc<Slot>,
    watching: AbortHandle,
}

#[derive(Debug)]
struct Slot(Mutex<State>);

#[derive(Debug)]
struct State {
    connection: Option<Connection>,
    /// Since when its reader does something else. Absent while it waits for the network.
    unread_since: Option<Instant>,
}

/// What a body is read from, and the places that it takes.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) body: reqwest::Body,
    pub(super) _permits: Option<Permits>,
}

impl Held {
    /// Gives the connection up when it lies unread for longer than `unread_timeout`.
    pub(super) fn new(connection: Connection, unread_timeout: Duration) -> Self {
        let state = State { connection: Some(connection), unread_since: Some(Instant::now()) };
        let slot = Arc::new(Slot(Mutex::new(state)));
        let watching = tokio::spawn(watch(Arc::clone(&slot), unread_timeout)).abort_handle();
        Self { slot, watching }
    }

    /// Reads. Absent if it was given up.
    pub(super) fn read<R>(&self, read: impl FnOnce(&mut reqwest::Body) -> R, is_waiting: fn(&R) -> bool) -> Option<R> {
        let mut state = self.slot.lock();
        let result = read(&mut state.connection.as_mut()?.body);
        state.unread_since = (!is_waiting(&result)).then(Instant::now);
        Some(result)
    }

    /// Looks at the body. Absent if it was given up.
    pub(super) fn look<R>(&self, look: impl FnOnce(&reqwest::Body) -> R) -> Option<R> {
        self.slot.lock().connection.as_ref().map(|connection| look(&connection.body))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.watching.abort();
        // The task may hold on to the slot for a moment; the connection is let go now.
        drop(self.slot.lock().connection.take());
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the connection up once nobody has read from it for too long.
async fn watch(slot: Arc<Slot>, unread_timeout: Duration) {
    loop {
        let left = {
            let mut state = slot.lock();
            // A reader that waits for the network has the network's own limits.
            let unread = state.unread_since.map_or(Duration::ZERO, |since| since.elapsed());
            if unread >= unread_timeout {
                state.connection = None;
                return;
            }
            unread_timeout - unread
        };
        tokio::time::sleep(left).await;
    }
}
