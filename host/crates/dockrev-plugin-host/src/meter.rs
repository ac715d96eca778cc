//! How long calls keep the processor busy, waiting left out.

use rustix::time::{ClockId, clock_gettime};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time on the processor of all calls so far.
#[derive(Debug, Default)]
pub(crate) struct Meter(AtomicU64);

impl Meter {
    /// Runs `call`, and counts the time for which it has the processor: the guest, what lies between it and the host, and
    /// the host's side of its requests.
    pub(crate) async fn measure<F: Future>(&self, call: F) -> F::Output {
        let mut call = pin!(call);
        poll_fn(|context| {
            let before = thread_time();
            let polled = call.as_mut().poll(context);
            let spent = thread_time().saturating_sub(before);
            self.0.fetch_add(u64::try_from(spent.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
            polled
        })
        .await
    }

    pub(crate) fn total(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Time for which this thread had the processor so far. A call does not change threads while it runs.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn counts_work_and_no_waits() {
        let meter = Meter::default();
        let work = Duration::from_millis(5);
        meter
            .measure(async {
                tokio::time::sleep(Duration::from_millis(200)).await;
                let start = thread_time();
                while thread_time() - start < work {}
            })
            .await;
        let total = meter.total();
        assert!(work <= total && total < Duration::from_millis(100), "{total:?}");
    }
}
