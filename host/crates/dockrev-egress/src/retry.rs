//! When a request is sent again, and when a host is left alone instead.

use crate::client::{Answer, Egress, Outgoing};
use crate::error::{ConnectFailure, EgressError, ProxyFailure};
use crate::grant::CallScope;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::time::{Duration, Instant, SystemTime};

/// Longest time that a host is left alone, whatever it says: the longest window of a known pull limit is six hours.
const CLOSED_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// How often a request is sent, and how long is waited in between.
///
/// This is for `GET` and `HEAD` only: anything else may have been done already. How much of it one call may use is in
/// [`crate::BudgetLimits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryLimits {
    /// Tries altogether, the first one included.
    pub max_tries: u32,
    /// About how long is waited before the second try. It doubles with every further one.
    pub first_wait: Duration,
    /// Longest wait before a try. A host that wants more is left alone until then.
    pub longest_wait: Duration,
    /// How long a host is left alone that answered `429` to every try and did not say for how long.
    pub closed_by_default: Duration,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            max_tries: 3,
            first_wait: Duration::from_millis(250),
            longest_wait: Duration::from_secs(5),
            closed_by_default: Duration::from_secs(60),
        }
    }
}

/// What follows from a try that failed for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Again { after: Duration },
    GiveUp,
    LeaveAlone { for_the_next: Duration },
}

/// A failure that may be over soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passing {
    NoAnswer,
    TooManyRequests { wait: Option<Duration> },
    Unavailable { wait: Option<Duration> },
}

impl Egress {
    /// Sends, again if need be, and waits for the head of the answer.
    ///
    /// For a host that is left alone, that is a `429` of our own which says for how long.
    pub(crate) async fn exchange(
        &self,
        outgoing: &Outgoing,
        authorization: Option<&HeaderValue>,
        scope: &CallScope,
    ) -> Result<Answer, EgressError> {
        if !matches!(outgoing.method, Method::GET | Method::HEAD) {
            return self.exchange_once(outgoing, authorization).await;
        }
        let host = outgoing.origin.authority();
        let limits = &self.limits.retry;
        let mut tries = 0;
        loop {
            if let Some(wait) = self.hosts.closed_for(&host) {
                return Ok(left_alone(&host, wait));
            }
            let tried = self.exchange_once(outgoing, authorization).await;
            tries += 1;
            let Some(passing) = passing(&outgoing.method, &tried) else {
                return tried;
            };
            match next(passing, tries, limits, fastrand::f64()) {
                Next::Again { after } if scope.budget.take_wait(after) => {
                    // The place is free for others meanwhile.
                    drop(tried);
                    tracing::debug!("asking `{host}` again in {} ms", after.as_millis());
                    tokio::time::sleep(after).await;
                }
                Next::Again { .. } => match next(passing, limits.max_tries, limits, 0.0) {
                    Next::LeaveAlone { for_the_next } => return self.leave_alone(&host, for_the_next, tried),
                    Next::Again { .. } | Next::GiveUp => return tried,
                },
                Next::GiveUp => return tried,
                Next::LeaveAlone { for_the_next } => return self.leave_alone(&host, for_the_next, tried),
            }
        }
    }

    /// Hands on the answer that asked for it, with its wait in seconds: a plugin reads no dates.
    fn leave_alone(
        &self,
        host: &str,
        wait: Duration,
        tried: Result<Answer, EgressError>,
    ) -> Result<Answer, EgressError> {
        self.hosts.close(host, Instant::now() + wait);
        tracing::warn!("`{host}` wants no requests now: it is left alone for {} s", whole_seconds(wait));
        let mut answer = tried?;
        answer.response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
        Ok(answer)
    }
}

/// Our own answer for a host that is left alone for `wait`.
pub(crate) fn left_alone(host: &str, wait: Duration) -> Answer {
    let seconds = whole_seconds(wait);
    let message = format!("{host} is left alone for {seconds} s, as it asked for");
    let body = serde_json::json!({ "errors": [{ "code": "TOOMANYREQUESTS", "message": message }] });
    let mut response = http::Response::new(body.to_string());
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Answer { response: response.into(), permits: None }
}

/// How long the answer asks to wait (RFC 9110, section 10.2.3), in seconds or until a date.
pub(crate) fn wait_of(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    // A date that is over asks for no wait.
    httpdate::parse_http_date(text).ok().map(|date| date.duration_since(now).unwrap_or_default())
}

fn passing(method: &Method, tried: &Result<Answer, EgressError>) -> Option<Passing> {
    let answer = match tried {
        Ok(answer) => answer,
        // A certificate does not become better, and whoever was too slow had time enough.
        Err(EgressError::Connect { failure: ConnectFailure::Tls, .. }) => return None,
        // Nor does a login.
        Err(EgressError::Proxy { failure: ProxyFailure::Login, .. }) => return None,
        Err(EgressError::Connect { .. } | EgressError::Proxy { .. } | EgressError::Broken { .. }) => {
            return Some(Passing::NoAnswer);
        }
        Err(_) => return None,
    };
    let wait = wait_of(answer.response.headers(), SystemTime::now());
    match answer.response.status() {
        StatusCode::TOO_MANY_REQUESTS => Some(Passing::TooManyRequests { wait }),
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Some(Passing::Unavailable { wait })
        }
        StatusCode::INTERNAL_SERVER_ERROR if *method == Method::GET => Some(Passing::Unavailable { wait }),
        _ => None,
    }
}

/// Decides after try number `tries`. `chance` is from 0 to 1, so that those who failed together do not return together.
fn next(passing: Passing, tries: u32, limits: &RetryLimits, chance: f64) -> Next {
    let wait = match passing {
        Passing::NoAnswer => None,
        Passing::TooManyRequests { wait } | Passing::Unavailable { wait } => wait,
    };
    if let Some(wait) = wait.filter(|wait| *wait > limits.longest_wait) {
        return Next::LeaveAlone { for_the_next: wait.min(CLOSED_MAX) };
    }
    if tries < limits.max_tries {
        return Next::Again { after: backoff(tries, limits, chance).max(wait.unwrap_or_default()) };
    }
    match passing {
        Passing::TooManyRequests { wait } => {
            Next::LeaveAlone { for_the_next: wait.filter(|wait| !wait.is_zero()).unwrap_or(limits.closed_by_default) }
        }
        Passing::NoAnswer | Passing::Unavailable { .. } => Next::GiveUp,
    }
}

/// From half to the whole of a wait that doubles with every try.
fn backoff(tries: u32, limits: &RetryLimits, chance: f64) -> Duration {
    let doubled = limits.first_wait.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)));
    doubled.min(limits.longest_wait).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0)
}

/// Rounded up: whoever waits that long does not come too early.
pub(crate) fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_longer_each_time_and_then_gives_up() {
        let limits = RetryLimits { max_tries: 4, ..RetryLimits::default() };
        let seconds = |seconds: u64| Some(Duration::from_secs(seconds));
        let check = |passing: Passing, tries: u32, chance: f64, expected: Next| {
            assert_eq!(next(passing, tries, &limits, chance), expected, "{passing:?} {tries}");
        };
        let again = |millis: u64| Next::Again { after: Duration::from_millis(millis) };
        let alone = |seconds: u64| Next::LeaveAlone { for_the_next: Duration::from_secs(seconds) };
        check(Passing::NoAnswer, 1, 1.0, again(250));
        check(Passing::NoAnswer, 1, 0.0, again(125));
        check(Passing::NoAnswer, 2, 1.0, again(500));
        check(Passing::NoAnswer, 3, 1.0, again(1000));
        check(Passing::NoAnswer, 4, 1.0, Next::GiveUp);
        check(Passing::Unavailable { wait: None }, 4, 1.0, Next::GiveUp);
        check(Passing::Unavailable { wait: seconds(2) }, 1, 1.0, again(2000));
        check(Passing::Unavailable { wait: seconds(6) }, 1, 1.0, alone(6));
        check(Passing::TooManyRequests { wait: seconds(5) }, 1, 1.0, again(5000));
        check(Passing::TooManyRequests { wait: seconds(5) }, 4, 1.0, alone(5));
        check(Passing::TooManyRequests { wait: seconds(0) }, 4, 1.0, alone(60));
        check(Passing::TooManyRequests { wait: None }, 4, 1.0, alone(60));
        check(Passing::TooManyRequests { wait: seconds(3600) }, 1, 1.0, alone(3600));
        check(Passing::TooManyRequests { wait: seconds(u64::MAX) }, 1, 1.0, alone(24 * 60 * 60));
        assert_eq!(backoff(u32::MAX, &limits, 1.0), limits.longest_wait);
    }

    #[test]
    fn reads_both_forms_of_retry_after() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let check = |text: &str, expected: Option<u64>| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            assert_eq!(wait_of(&headers, now), expected.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Sun, 06 Nov 1994 08:50:37 GMT", Some(60));
        check("Sunday, 06-Nov-94 08:50:37 GMT", Some(60));
        check("Sun Nov  6 08:50:37 1994", Some(60));
        check("Sun, 06 Nov 1994 08:00:00 GMT", Some(0));
        check("-1", None);
        check("1.5", None);
        check("soon", None);
        check("99999999999999999999999", None);
        assert_eq!(wait_of(&HeaderMap::new(), now), None);
    }
}
