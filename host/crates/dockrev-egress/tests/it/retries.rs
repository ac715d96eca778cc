use crate::server::{Reply, Seen, Server, ok, response};
use crate::support::{about, egress, get, send, with_limits};
use dockrev_core::image::Repository;
use dockrev_egress::{BudgetLimits, CallScope, Egress, EgressError, EgressLimits, Grant, RetryLimits};
use http::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

fn hasty() -> EgressLimits {
    let retry = RetryLimits {
        max_tries: 3,
        first_wait: Duration::from_millis(2),
        longest_wait: Duration::from_millis(20),
        closed_by_default: Duration::from_secs(60),
    };
    EgressLimits { retry, ..EgressLimits::default() }
}

/// A server whose first answers are `first`, and whose further ones are 200.
async fn recovers(first: Vec<Reply>) -> Server {
    let first = std::sync::Mutex::new(first.into_iter());
    Server::start(move |_| first.lock().unwrap().next().unwrap_or_else(|| ok("tags"))).await
}

async fn always(reply: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> (Server, Arc<Egress>) {
    (Server::start(reply).await, with_limits(None, hasty()))
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let status = |status: &'static str| response(status, "", "");
    let check = async |method: Method, first: Vec<Reply>, expected: Result<u16, ()>, requests: usize| {
        let server = recovers(first).await;
        let egress = with_limits(None, hasty());
        let answer = send(&egress, method.clone(), &server.url("/v2/"), &about(&egress, &server)).await;
        assert_eq!(answer.as_ref().map(|(status, _, _)| *status).map_err(|_| ()), expected, "{method} {answer:?}");
        assert_eq!(server.seen().len(), requests, "{method} {answer:?}");
        assert_eq!(egress.requests_by_host(), [(server.address.to_string(), requests as u64)].into());
    };
    for unavailable in ["429 Slow Down", "502 Bad Gateway", "503 Unavailable", "504 Gateway Timeout"] {
        check(Method::GET, vec![status(unavailable)], Ok(200), 2).await;
        check(Method::HEAD, vec![status(unavailable), status(unavailable)], Ok(200), 3).await;
        let code = unavailable[..3].parse().unwrap();
        check(Method::POST, vec![status(unavailable)], Ok(code), 1).await;
        check(Method::GET, (0..3).map(|_| status(unavailable)).collect(), Ok(code), 3).await;
    }
    check(Method::GET, vec![status("500 Oh")], Ok(200), 2).await;
    check(Method::HEAD, vec![status("500 Oh")], Ok(500), 1).await;
    check(Method::GET, vec![Reply::Whole(String::new())], Ok(200), 2).await;
    check(Method::POST, vec![Reply::Whole(String::new())], Err(()), 1).await;
    check(Method::GET, vec![status("404 Not Found")], Ok(404), 1).await;
    check(Method::GET, vec![response("503 Unavailable", "Retry-After: 0\r\n", "")], Ok(200), 2).await;
}

#[tokio::test]
async fn a_refused_connection_is_tried_again() {
    let egress = with_limits(None, hasty());
    // Bound for a moment, so that nobody listens there afterwards.
    let address = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let scope = crate::support::granted(&[&address.to_string()], BudgetLimits::default());
    let failed = get(&egress, &format!("http://{address}/"), &scope).await;
    assert!(matches!(failed, Err(EgressError::Connect { .. })), "{failed:?}");
    assert_eq!((egress.requests_sent(), scope.budget.requests()), (3, 1));
}

#[tokio::test]
async fn a_call_waits_no_longer_than_it_may() {
    let (server, egress) = always(|_| response("503 Unavailable", "Retry-After: 0\r\n", "")).await;
    let registry = about(&egress, &server).grant.clone();
    let scope = CallScope::new(registry, BudgetLimits { max_wait: Duration::ZERO, ..BudgetLimits::default() });
    assert_eq!(get(&egress, &server.url("/v2/"), &scope).await.unwrap().0, 503);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_host_that_wants_to_be_left_alone_is() {
    let in_an_hour = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
    for (status, field) in [
        ("429 Slow Down", "Retry-After: 3600\r\n".to_owned()),
        ("503 Unavailable", format!("Retry-After: {in_an_hour}\r\n")),
    ] {
        let (server, egress) = always(move |_| response(status, &field, "")).await;
        let scope = about(&egress, &server);
        let started = Instant::now();
        let (first, wait, _) = send(&egress, Method::GET, &server.url("/v2/"), &scope).await.unwrap();
        assert_eq!(first.to_string(), status[..3]);
        assert!((3500..=3600).contains(&wait.unwrap()), "{wait:?}");
        for method in [Method::GET, Method::HEAD] {
            let (status, wait, body) = send(&egress, method, &server.url("/v2/a"), &scope).await.unwrap();
            assert_eq!(status, 429);
            assert!((3500..=3600).contains(&wait.unwrap()), "{wait:?} {body}");
        }
        assert!(started.elapsed() < Duration::from_secs(5));
        assert_eq!((server.seen().len(), egress.requests_sent()), (1, 1));
        let until = egress.closed_until()[&server.address.to_string()];
        assert!(until > SystemTime::now() + Duration::from_secs(3500));
        // Others are not concerned.
        let other = Server::start(|_| ok("")).await;
        assert_eq!(get(&egress, &other.url("/v2/"), &about(&egress, &other)).await.unwrap().0, 200);
    }
}

#[tokio::test]
async fn a_host_is_asked_again_when_the_wait_is_over() {
    let limits = EgressLimits {
        retry: RetryLimits { max_tries: 1, closed_by_default: Duration::from_millis(50), ..hasty().retry },
        ..EgressLimits::default()
    };
    let egress = with_limits(None, limits);
    let server = recovers(vec![response("429 Slow Down", "", "")]).await;
    let ask = async || get(&egress, &server.url("/v2/"), &about(&egress, &server)).await.unwrap().0;
    assert_eq!(ask().await, 429);
    assert!(!egress.closed_until().is_empty());
    let over = async {
        while ask().await == 429 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), over).await.unwrap();
    assert!(egress.closed_until().is_empty());
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_token_server_that_says_wait_is_left_alone() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let tokens = Server::start(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        response("429 Slow Down", "Retry-After: 3600\r\n", "")
    })
    .await;
    let realm = tokens.url("/token");
    let challenge = format!("WWW-Authenticate: Bearer realm=\"{realm}\"\r\n");
    let (server, egress) = always(move |_| response("401 Unauthorized", &challenge, "")).await;
    for _ in 0..3 {
        let (status, wait, _) =
            send(&egress, Method::GET, &server.url("/v2/"), &about(&egress, &server)).await.unwrap();
        assert_eq!(status, 429);
        assert!(wait.is_some_and(|wait| wait > 3500), "{wait:?}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    assert_eq!(egress.closed_until().into_keys().collect::<Vec<_>>(), [tokens.address.to_string()]);
}

#[tokio::test]
async fn budgets_are_remembered() {
    let left = AtomicUsize::new(100);
    let server = Server::start(move |_| {
        let left = left.fetch_sub(1, Ordering::Relaxed) - 1;
        response("200 OK", &format!("ratelimit-limit: 100;w=21600\r\nRateLimit-Remaining: {left};w=21600\r\n"), "")
    })
    .await;
    let silent = Server::start(|_| ok("")).await;
    let egress = egress(None);
    for server in [&server, &server, &silent] {
        get(&egress, &server.url("/v2/"), &about(&egress, server)).await.unwrap();
    }
    let budgets = egress.budgets();
    let budget = budgets[&server.address.to_string()];
    assert_eq!((budgets.len(), budget.limit, budget.remaining), (1, Some(100), 98));
    assert_eq!(budget.window, Some(Duration::from_secs(21_600)));
    let requests = egress.requests_by_host();
    assert_eq!((requests[&server.address.to_string()], requests[&silent.address.to_string()]), (2, 1));
}

#[tokio::test]
async fn other_hosts_of_a_plugin_are_tried_again_as_well() {
    let server = recovers(vec![response("503 Unavailable", "", "")]).await;
    let egress = with_limits(None, hasty());
    let repository = Repository { registry: "registry.example".to_owned(), name: "team/app".to_owned() };
    let registry = egress.registry(&repository.registry).unwrap().grant(&repository);
    let hosts = vec![server.address.to_string().parse().unwrap()];
    let grant = Grant { hosts, registry: Some(registry), ..Grant::default() };
    let scope = CallScope::new(grant, BudgetLimits::default());
    assert_eq!(get(&egress, &server.url("/"), &scope).await.unwrap().0, 200);
}
