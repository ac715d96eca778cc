//! Who knocks how often: a bucket for each address, of requests and of wrong credentials.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Addresses that are remembered: beyond it, those that have a full bucket are forgotten, then all.
const ADDRESSES_MAX: usize = 10_000;

/// How much may come from one address.
#[derive(Clone, Copy, Debug)]
struct Rate {
    /// At once.
    burst: f64,
    /// In the long run, per second.
    per_second: f64,
}

/// Requests: a page that shows a thousand things at once is well below it.
const REQUESTS: Rate = Rate { burst: 400.0, per_second: 50.0 };
/// Wrong credentials: a person mistypes a few times, a program that guesses is slowed to nothing.
const WRONG_CREDENTIALS: Rate = Rate { burst: 10.0, per_second: 1.0 / 6.0 };

#[derive(Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// Buckets of one kind.
struct Buckets {
    rate: Rate,
    of: Mutex<HashMap<IpAddr, Bucket>>,
}

impl Buckets {
    fn new(rate: Rate) -> Self {
        Self { rate, of: Mutex::default() }
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.left + passed * self.rate.per_second).min(self.rate.burst)
    }

    /// Takes `cost` out of the bucket of `address`. The error is how many seconds it takes to fill up again so far.
    fn take(&self, address: IpAddr, cost: f64, now: Instant) -> Result<(), u64> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if of.len() >= ADDRESSES_MAX && !of.contains_key(&address) {
            of.retain(|_, bucket| self.filled(*bucket, now) < self.rate.burst);
            if of.len() >= ADDRESSES_MAX {
                of.clear();
            }
        }
        let bucket = of.entry(address).or_insert(Bucket { left: self.rate.burst, at: now });
        let left = self.filled(*bucket, now);
        // Whoever has nothing left is told so, and is not pushed further down by asking.
        if left < 1.0 {
            let missing_s = ((1.0 - left) / self.rate.per_second).ceil();
            return Err(Duration::try_from_secs_f64(missing_s).map_or(u64::MAX, |wait| wait.as_secs()));
        }
        *bucket = Bucket { left: left - cost, at: now };
        Ok(())
    }
}

/// How much comes from each address.
pub struct Limits {
    requests: Buckets,
    wrong_credentials: Buckets,
}

impl Default for Limits {
    fn default() -> Self {
        Self { requests: Buckets::new(REQUESTS), wrong_credentials: Buckets::new(WRONG_CREDENTIALS) }
    }
}

impl Limits {
    /// Counts a request. The error is how many seconds to wait.
    pub(super) fn request(&self, address: IpAddr) -> Result<(), u64> {
        self.requests.take(address, 1.0, Instant::now())
    }

    /// Whether credentials from there are looked at at all. The error is how many seconds to wait.
    pub(super) fn may_try(&self, address: IpAddr) -> Result<(), u64> {
        self.wrong_credentials.take(address, 0.0, Instant::now())
    }

    /// Counts wrong credentials.
    pub(super) fn was_wrong(&self, address: IpAddr) {
        // What comes of it is seen at the next try.
        let _ = self.wrong_credentials.take(address, 1.0, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let buckets = Buckets::new(Rate { burst: 2.0, per_second: 0.5 });
        let (here, there): (IpAddr, IpAddr) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
        let now = Instant::now();
        let take = |address, at| buckets.take(address, 1.0, at);
        assert_eq!((take(here, now), take(here, now), take(here, now)), (Ok(()), Ok(()), Err(2)));
        assert_eq!(take(there, now), Ok(()));
        assert_eq!(take(here, now + Duration::from_secs(1)), Err(1));
        assert_eq!(take(here, now + Duration::from_secs(2)), Ok(()));
        assert_eq!(buckets.take(there, 0.0, now), Ok(()));
    }
}
