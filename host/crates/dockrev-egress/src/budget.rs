use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

const MIB: u64 = 1024 * 1024;

/// How much one call of a plugin may send and receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// Requests. Those that answer a registry's `401` are not counted: the plugin knows nothing of them.
    pub max_requests: u32,
    /// Bytes of all bodies together, those that it sends and those of the answers, after decompression.
    pub max_body_bytes: u64,
    /// Time that all its requests together may wait to be sent again.
    pub max_wait: Duration,
}

impl Default for BudgetLimits {
    fn default() -> Self {
        Self { max_requests: 200, max_body_bytes: 32 * MIB, max_wait: Duration::from_secs(10) }
    }
}

/// Counts what one call sends and receives.
#[derive(Debug)]
pub struct CallBudget {
    limits: BudgetLimits,
    requests: AtomicU32,
    body_bytes: AtomicU64,
    waited_ms: AtomicU64,
    over: OnceLock<OverBudget>,
    went_over: Notify,
}

/// Which limit a call went over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OverBudget {
    /// It wanted to send more requests than this.
    Requests(u32),
    /// It sent and was sent more bytes than this.
    BodyBytes(u64),
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requests(max) => write!(f, "more than {max} requests in one call"),
            Self::BodyBytes(max) if max % MIB == 0 => {
                write!(f, "more than {} MiB of requests and answers in one call", max / MIB)
            }
            Self::BodyBytes(max) => write!(f, "more than {max} bytes of requests and answers in one call"),
        }
    }
}

impl CallBudget {
    /// A budget of which nothing is used.
    #[must_use]
    pub fn new(limits: BudgetLimits) -> Self {
        Self {
            limits,
            requests: AtomicU32::new(0),
            body_bytes: AtomicU64::new(0),
            waited_ms: AtomicU64::new(0),
            over: OnceLock::new(),
            went_over: Notify::new(),
        }
    }

    /// Waits until a limit is passed; never returns if none is.
    pub async fn exceeded(&self) -> OverBudget {
        loop {
            // Asked for before looking, so that what happens in between is not missed.
            let went_over = self.went_over.notified();
            if let Some(over) = self.over() {
                return over;
            }
            went_over.await;
        }
    }

    /// Which limit was passed first, if one was.
    #[must_use]
    pub fn over(&self) -> Option<OverBudget> {
        self.over.get().copied()
    }

    /// How many requests were counted.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed).min(self.limits.max_requests)
    }

    pub(crate) fn take_request(&self) -> Result<(), OverBudget> {
        // A call cannot send 2^32 requests before its deadline, so this does not wrap.
        if self.requests.fetch_add(1, Ordering::Relaxed) < self.limits.max_requests {
            return Ok(());
        }
        Err(self.stop(OverBudget::Requests(self.limits.max_requests)))
    }

    pub(crate) fn take_bytes(&self, count: usize) -> Result<(), OverBudget> {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        let before = self.body_bytes.fetch_add(count, Ordering::Relaxed);
        if before.saturating_add(count) <= self.limits.max_body_bytes {
            return Ok(());
        }
        Err(self.stop(OverBudget::BodyBytes(self.limits.max_body_bytes)))
    }

    /// Takes time to wait, if that much is left. Waiting too long is no fault of the call's: it stops nothing.
    pub(crate) fn take_wait(&self, wait: Duration) -> bool {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let (wait, max) = (millis(wait), millis(self.limits.max_wait));
        let added = |waited: u64| waited.checked_add(wait).filter(|sum| *sum <= max);
        self.waited_ms.fetch_update(Ordering::Relaxed, Ordering::Relaxed, added).is_ok()
    }

    fn stop(&self, over: OverBudget) -> OverBudget {
        let first = *self.over.get_or_init(|| over);
        self.went_over.notify_waiters();
        first
    }
}
