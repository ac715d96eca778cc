//! What is known of each host: how much it was asked, how much it still allows, and until when it is left alone.

use http::HeaderMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use tokio::sync::Semaphore;

/// Hosts that are remembered before those of which nothing has to be are forgotten.
const HOSTS_MAX: usize = 256;

/// How many requests a registry still allows, in its own words.
///
/// Docker Hub sends it with every answer about a manifest, and counts `GET` but not `HEAD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateBudget {
    /// Requests in one window.
    pub limit: Option<u64>,
    /// What is left of them.
    pub remaining: u64,
    /// How long a window is.
    pub window: Option<Duration>,
    /// When the registry said so.
    pub seen_at: SystemTime,
}

/// Everything that is known of hosts, by `host` or `host:port`.
#[derive(Debug)]
pub(crate) struct Hosts {
    places_per_host: usize,
    records: Mutex<HashMap<String, Record>>,
}

#[derive(Debug)]
struct Record {
    places: Arc<Semaphore>,
    requests: u64,
    budget: Option<RateBudget>,
    closed_until: Option<Instant>,
}

impl Hosts {
    pub(crate) fn new(places_per_host: usize) -> Self {
        Self { places_per_host, records: Mutex::default() }
    }

    /// The places for requests to `host` at the same time.
    pub(crate) fn places(&self, host: &str) -> Arc<Semaphore> {
        self.with(host, |record| Arc::clone(&record.places))
    }

    pub(crate) fn count_request(&self, host: &str) {
        self.with(host, |record| record.requests += 1);
    }

    /// Remembers what the answer says of the budget, if it says anything.
    pub(crate) fn note_budget(&self, host: &str, headers: &HeaderMap, now: SystemTime) {
        if let Some(budget) = budget_of(headers, now) {
            self.with(host, |record| record.budget = Some(budget));
        }
    }

    /// Leaves `host` alone until then, or longer if that was said before.
    pub(crate) fn close(&self, host: &str, until: Instant) {
        self.with(host, |record| record.closed_until = record.closed_until.max(Some(until)));
    }

    /// For how long `host` is left alone. Absent if it is not.
    pub(crate) fn closed_for(&self, host: &str) -> Option<Duration> {
        self.lock().get(host)?.closed_for(Instant::now())
    }

    pub(crate) fn closed_until(&self) -> BTreeMap<String, SystemTime> {
        let (now, wall_clock) = (Instant::now(), SystemTime::now());
        let records = self.lock();
        let closed = records.iter().filter_map(|(host, record)| Some((host, record.closed_for(now)?)));
        closed.map(|(host, wait)| (host.clone(), wall_clock + wait)).collect()
    }

    pub(crate) fn requests(&self) -> BTreeMap<String, u64> {
        let records = self.lock();
        let asked = records.iter().filter(|(_, record)| record.requests > 0);
        asked.map(|(host, record)| (host.clone(), record.requests)).collect()
    }

    pub(crate) fn budgets(&self) -> BTreeMap<String, RateBudget> {
        self.lock().iter().filter_map(|(host, record)| Some((host.clone(), record.budget?))).collect()
    }

    fn with<R>(&self, host: &str, change: impl FnOnce(&mut Record) -> R) -> R {
        let mut records = self.lock();
        if records.len() >= HOSTS_MAX && !records.contains_key(host) {
            let now = Instant::now();
            records.retain(|_, record| Arc::strong_count(&record.places) > 1 || record.closed_for(now).is_some());
        }
        let new = || Record {
            places: Arc::new(Semaphore::new(self.places_per_host)),
            requests: 0,
            budget: None,
            closed_until: None,
        };
        change(records.entry(host.to_owned()).or_insert_with(new))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Record>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn closed_for(&self, now: Instant) -> Option<Duration> {
        self.closed_until?.checked_duration_since(now).filter(|wait| !wait.is_zero())
    }
}

/// Reads `ratelimit-limit: 100;w=21600` and `ratelimit-remaining: 76;w=21600`.
fn budget_of(headers: &HeaderMap, now: SystemTime) -> Option<RateBudget> {
    let read = |name: &str| headers.get(name)?.to_str().ok().and_then(parse);
    let (remaining, window) = read("ratelimit-remaining")?;
    let limit = read("ratelimit-limit");
    let window = window.or(limit.and_then(|(_, window)| window));
    Some(RateBudget { limit: limit.map(|(limit, _)| limit), remaining, window, seen_at: now })
}

fn parse(text: &str) -> Option<(u64, Option<Duration>)> {
    let mut parts = text.split(';').map(str::trim);
    let count = parts.next()?.parse().ok()?;
    let window = parts.find_map(|part| part.strip_prefix("w=")?.trim().parse().ok());
    Some((count, window.map(Duration::from_secs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_budgets() {
        let now = SystemTime::UNIX_EPOCH;
        let check = |limit: &str, remaining: &str, expected: Option<(Option<u64>, u64, Option<u64>)>| {
            let mut headers = HeaderMap::new();
            headers.insert("ratelimit-limit", limit.parse().unwrap());
            headers.insert("ratelimit-remaining", remaining.parse().unwrap());
            let found = budget_of(&headers, now);
            let found = found.map(|found| (found.limit, found.remaining, found.window.map(|window| window.as_secs())));
            assert_eq!(found, expected, "{limit} {remaining}");
        };
        check("100;w=21600", "76;w=21600", Some((Some(100), 76, Some(21_600))));
        check("100; w=21600", "0", Some((Some(100), 0, Some(21_600))));
        check("200;burst=3;w=60", "7;w=60", Some((Some(200), 7, Some(60))));
        check("unlimited", "7", Some((None, 7, None)));
        check("100;w=x", "7;w=", Some((Some(100), 7, None)));
        check("100;w=21600", "-1;w=21600", None);
        check("100;w=21600", "", None);
        assert_eq!(budget_of(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_longer_wait_is_not_shortened() {
        let hosts = Hosts::new(1);
        let now = Instant::now();
        hosts.close("a", now + Duration::from_secs(60));
        hosts.close("a", now + Duration::from_secs(1));
        assert!(hosts.closed_for("a").unwrap() > Duration::from_secs(30));
        assert_eq!(hosts.closed_for("b"), None);
        hosts.close("c", now);
        assert_eq!((hosts.closed_for("c"), hosts.closed_until().len()), (None, 1));
    }

    #[test]
    fn remembers_a_bounded_number() {
        let hosts = Hosts::new(1);
        hosts.close("closed", Instant::now() + Duration::from_secs(60));
        let held = hosts.places("held");
        for number in 0..10 * HOSTS_MAX {
            hosts.count_request(&number.to_string());
        }
        assert!(hosts.lock().len() <= HOSTS_MAX);
        assert!(hosts.closed_for("closed").is_some());
        assert!(Arc::ptr_eq(&held, &hosts.places("held")));
    }
}
