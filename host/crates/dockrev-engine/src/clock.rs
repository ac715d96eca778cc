//! The time, so that tests need not wait for it.

use async_trait::async_trait;
use jiff::Timestamp;
use std::time::{Duration, Instant};

/// Tells the time and waits.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time of day, for what is written down.
    fn timestamp(&self) -> Timestamp;

    /// A time that only ever goes forward, since some moment.
    fn monotonic(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, duration: Duration);
}

/// The machine's own clock.
pub struct SystemClock {
    since: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self { since: Instant::now() }
    }
}

#[async_trait]
impl Clock for SystemClock {
    fn timestamp(&self) -> Timestamp {
        Timestamp::now()
    }

    fn monotonic(&self) -> Duration {
        self.since.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}
