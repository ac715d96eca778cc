use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, StatusCode, Uri};

/// What a registry was asked during one run of a program.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// All requests, those for tokens and those that were answered with `401` included.
    pub(crate) requests: u64,
    /// Requests that had been answered before with anything but `401`.
    pub(crate) repeated: u64,
    /// Answers that said that nothing has changed.
    pub(crate) not_modified: u64,
    /// Bytes that the registry sent, heads of answers included.
    pub(crate) sent_bytes: u64,
    /// Bytes that it was sent.
    pub(crate) received_bytes: u64,
    /// Most requests that waited for their answers at once.
    pub(crate) most_at_once: u64,
}

/// Counts while the registry runs.
#[derive(Debug, Default)]
pub(super) struct Counters {
    sent_bytes: AtomicU64,
    received_bytes: AtomicU64,
    requests: Mutex<Requests>,
}

#[derive(Debug, Default)]
struct Requests {
    tally: Tally,
    waiting: u64,
    answered: HashMap<(Method, Uri), u64>,
}

impl Counters {
    pub(super) fn add_sent(&self, bytes: usize) {
        self.sent_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(super) fn add_received(&self, bytes: usize) {
        self.received_bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A request came.
    pub(super) fn begin(&self) {
        let mut requests = self.lock();
        requests.waiting += 1;
        requests.tally.most_at_once = requests.tally.most_at_once.max(requests.waiting);
    }

    /// It has its answer.
    pub(super) fn end(&self, method: &Method, uri: &Uri, status: StatusCode) {
        let mut requests = self.lock();
        requests.waiting = requests.waiting.saturating_sub(1);
        requests.tally.requests += 1;
        requests.tally.not_modified += u64::from(status == StatusCode::NOT_MODIFIED);
        if status != StatusCode::UNAUTHORIZED {
            let times = requests.answered.entry((method.clone(), uri.clone())).or_default();
            *times += 1;
            requests.tally.repeated += u64::from(*times > 1);
        }
    }

    /// What was counted since the last time.
    pub(super) fn take(&self) -> Tally {
        let requests = std::mem::take(&mut *self.lock());
        Tally {
            sent_bytes: self.sent_bytes.swap(0, Ordering::Relaxed),
            received_bytes: self.received_bytes.swap(0, Ordering::Relaxed),
            ..requests.tally
        }
    }

    fn lock(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_was_answered_before() {
        let counters = Counters::default();
        let ask = |path: &'static str, status| {
            counters.begin();
            counters.end(&Method::GET, &Uri::from_static(path), status);
        };
        ask("/a", StatusCode::UNAUTHORIZED);
        ask("/a", StatusCode::OK);
        ask("/b", StatusCode::OK);
        ask("/a", StatusCode::NOT_MODIFIED);
        counters.begin();
        counters.begin();
        let tally = counters.take();
        assert_eq!((tally.requests, tally.repeated, tally.not_modified, tally.most_at_once), (4, 1, 1, 2));
        assert_eq!(counters.take().requests, 0);
    }
}
