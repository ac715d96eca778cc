use crate::server::{Reply, Server, ok, response};
use crate::support::{egress, get, granted, short_timeouts, with_limits};
use bytes::Bytes;
use dockrev_egress::{BudgetLimits, ConnectFailure, EgressError, EgressLimits, OverBudget};
use http_body_util::BodyExt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

#[tokio::test]
async fn only_granted_hosts_are_reached() {
    let server = Server::start(|_| ok("hello")).await;
    let egress = egress(None);
    let address = server.address.to_string();
    let scope = granted(&[&address], BudgetLimits::default());
    assert_eq!(get(&egress, &server.url("/"), &scope).await.unwrap(), (200, "hello".to_owned()));
    let other_name = format!("http://localhost:{}/", server.address.port());
    for url in [other_name.as_str(), "http://127.0.0.1/", "https://example.org/", "http://[::1]:1/"] {
        let refused = get(&egress, url, &scope).await;
        assert!(matches!(refused, Err(EgressError::HostNotGranted { .. })), "{url}: {refused:?}");
    }
    let with_user = format!("http://user:word@{address}/");
    assert!(matches!(get(&egress, &with_user, &scope).await, Err(EgressError::InvalidUrl)));
    assert_eq!((server.seen().len(), egress.requests_sent()), (1, 1));
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    let egress = egress(None);
    let scope = granted(&["example.org", "10.0.0.1:5000"], BudgetLimits::default());
    for url in ["http://example.org/", "http://10.0.0.1:5000/v2/"] {
        let refused = get(&egress, url, &scope).await;
        assert!(matches!(refused, Err(EgressError::PlainHttpRefused { .. })), "{url}: {refused:?}");
    }
    assert_eq!(egress.requests_sent(), 0);
}

#[tokio::test]
async fn redirects_are_handed_back() {
    let server = Server::start(|_| response("307 Temporary Redirect", "Location: http://127.0.0.1:9/\r\n", "")).await;
    let scope = granted(&[&server.address.to_string(), "127.0.0.1:9"], BudgetLimits::default());
    assert_eq!(get(&egress(None), &server.url("/"), &scope).await.unwrap().0, 307);
    assert_eq!(server.seen().len(), 1);
}

/// `hello ` 200 times, as `gzip` writes it.
const HELLOS_COMPRESSED: [u8; 36] = [
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 200, 24, 37, 71, 201, 81, 114, 148, 28, 244, 36, 0,
    69, 68, 159, 104, 176, 4, 0, 0,
];

#[tokio::test]
async fn a_compressed_answer_counts_with_its_full_size() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            let asks_for_it = String::from_utf8_lossy(&request[..read]).contains("accept-encoding: gzip");
            let encoding = if asks_for_it { "Content-Encoding: gzip\r\n" } else { "" };
            let length = HELLOS_COMPRESSED.len();
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\n{encoding}Content-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&HELLOS_COMPRESSED).await.unwrap();
        }
    });
    let (egress, url) = (egress(None), format!("http://{address}/"));
    let read = get(&egress, &url, &granted(&[&address], BudgetLimits::default())).await;
    assert_eq!(read.unwrap(), (200, "hello ".repeat(200)));
    // A small answer that becomes a large one is a large one.
    let limits = BudgetLimits { max_body_bytes: 1000, ..BudgetLimits::default() };
    let read = get(&egress, &url, &granted(&[&address], limits)).await;
    assert!(matches!(read, Err(EgressError::OverBudget(OverBudget::BodyBytes(1000)))), "{read:?}");
}

#[tokio::test]
async fn requests_are_counted() {
    let server = Server::start(|_| ok("")).await;
    let egress = egress(None);
    let limits = BudgetLimits { max_requests: 2, ..BudgetLimits::default() };
    let scope = granted(&[&server.address.to_string()], limits);
    get(&egress, &server.url("/1"), &scope).await.unwrap();
    assert!(get(&egress, "https://not.granted.example/", &scope).await.is_err());
    assert_eq!(scope.budget.over(), None);
    let third = get(&egress, &server.url("/3"), &scope).await;
    assert!(matches!(third, Err(EgressError::OverBudget(OverBudget::Requests(2)))), "{third:?}");
    assert_eq!(scope.budget.exceeded().await, OverBudget::Requests(2));
    assert_eq!((server.seen().len(), scope.budget.requests()), (1, 2));
}

#[tokio::test]
async fn bytes_are_counted_over_all_answers() {
    let server = Server::start(|_| ok(&"x".repeat(600))).await;
    let egress = egress(None);
    let limits = BudgetLimits { max_body_bytes: 1000, ..BudgetLimits::default() };
    let scope = granted(&[&server.address.to_string()], limits);
    get(&egress, &server.url("/"), &scope).await.unwrap();
    let second = get(&egress, &server.url("/"), &scope).await;
    assert!(matches!(second, Err(EgressError::OverBudget(OverBudget::BodyBytes(1000)))), "{second:?}");
}

#[tokio::test]
async fn what_is_sent_counts_too() {
    let server = Server::start(|_| ok(&"x".repeat(300))).await;
    let egress = egress(None);
    let limits = BudgetLimits { max_body_bytes: 1000, ..BudgetLimits::default() };
    let scope = granted(&[&server.address.to_string()], limits);
    let post = async || {
        let request = http::Request::post(server.url("/")).body(Bytes::from(vec![b'x'; 400])).unwrap();
        egress.send(request, &scope).await?.into_body().collect().await.map(|body| body.to_bytes().len())
    };
    assert_eq!(post().await, Ok(300));
    let second = post().await;
    assert!(matches!(second, Err(EgressError::OverBudget(OverBudget::BodyBytes(1000)))), "{second:?}");
    assert_eq!(server.seen().len(), 1, "what cannot be paid for is not sent");
}

#[tokio::test]
async fn a_large_request_is_not_sent() {
    let egress = egress(None);
    let scope = granted(&["127.0.0.1:9"], BudgetLimits::default());
    let body = Bytes::from(vec![0; egress.request_body_max_bytes() + 1]);
    let request = http::Request::post("http://127.0.0.1:9/").body(body).unwrap();
    let refused = egress.send(request, &scope).await.map(|response| response.status());
    assert!(matches!(refused, Err(EgressError::RequestTooLarge { .. })), "{refused:?}");
}

#[tokio::test]
async fn a_slow_server_is_given_up() {
    let egress = with_limits(None, short_timeouts());
    let silent = Server::start(|_| Reply::Stalled(String::new())).await;
    let stalls = Server::start(|_| Reply::Stalled("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf".to_owned())).await;
    for server in [silent, stalls] {
        let scope = granted(&[&server.address.to_string()], BudgetLimits::default());
        let started = Instant::now();
        let given_up = get(&egress, &server.url("/"), &scope).await;
        assert!(matches!(given_up, Err(EgressError::TimedOut { .. })), "{given_up:?}");
        assert!(started.elapsed() < Duration::from_secs(10));
    }
}

#[tokio::test]
async fn a_server_that_trickles_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await.unwrap();
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    // It never stands still for long.
    let limits = EgressLimits { body_timeout: Duration::from_millis(300), ..EgressLimits::default() };
    let scope = granted(&[&address], BudgetLimits::default());
    let given_up = get(&with_limits(None, limits), &format!("http://{address}/"), &scope).await;
    assert!(matches!(given_up, Err(EgressError::TooSlow { .. })), "{given_up:?}");
    let error = scope.last_error().unwrap();
    assert!(matches!(error, EgressError::TooSlow { .. }) && error.to_string().contains(&address), "{error:?}");
}

#[tokio::test]
async fn failures_to_connect_are_told_apart() {
    let egress = egress(None);
    // Bound for a moment, so that nobody listens there afterwards.
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let without_tls = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = without_tls.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = without_tls.accept().await.unwrap();
        stream.write_all(b"220 this is no TLS at all").await.unwrap();
    });
    let cases = [
        (format!("http://{address}/"), ConnectFailure::Refused),
        (format!("https://{plain}/"), ConnectFailure::Tls),
        ("https://no-such-host.invalid/".to_owned(), ConnectFailure::Name),
    ];
    let hosts = [address.to_string(), plain.to_string(), "no-such-host.invalid".to_owned()];
    let scope = granted(&hosts.each_ref().map(String::as_str), BudgetLimits::default());
    for (url, expected) in cases {
        match get(&egress, &url, &scope).await {
            Err(EgressError::Connect { failure, .. }) => assert_eq!(failure, expected, "{url}"),
            other => panic!("{url}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_does_not_keep_its_place() {
    let unread_timeout = Duration::from_millis(100);
    let egress = with_limits(None, EgressLimits { concurrency_per_host: 1, unread_timeout, ..EgressLimits::default() });
    let server = Server::start(|_| ok("hello")).await;
    let scope = granted(&[&server.address.to_string()], BudgetLimits::default());
    let request = http::Request::get(server.url("/held")).body(Bytes::new()).unwrap();
    let held = egress.send(request, &scope).await.unwrap();
    assert_eq!(get(&egress, &server.url("/waiting"), &scope).await.unwrap().0, 200);
    let given_up = held.into_body().collect().await.map(|body| body.to_bytes());
    assert!(matches!(given_up, Err(EgressError::Unread { .. })), "{given_up:?}");
}

/// One that waits for the network reads.
#[tokio::test]
async fn an_answer_that_is_waited_for_is_not_unread() {
    let gate = Arc::new(Semaphore::new(0));
    let (held, length) = (Arc::clone(&gate), 4);
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(head.as_bytes()).await.unwrap();
        drop(held.acquire().await);
        stream.write_all(b"late").await.unwrap();
    });
    let unread_timeout = Duration::from_millis(50);
    let egress = with_limits(None, EgressLimits { unread_timeout, ..EgressLimits::default() });
    let (scope, url) = (granted(&[&address], BudgetLimits::default()), format!("http://{address}/"));
    let answer = get(&egress, &url, &scope);
    tokio::pin!(answer);
    assert!(tokio::time::timeout(4 * unread_timeout, &mut answer).await.is_err());
    gate.add_permits(1);
    assert_eq!(answer.await.unwrap(), (200, "late".to_owned()));
}

#[tokio::test]
async fn a_host_gets_few_requests_at_a_time() {
    let limits = dockrev_egress::EgressLimits { concurrency_per_host: 1, ..short_timeouts() };
    let egress = with_limits(None, limits);
    let server = Server::start(|_| ok("hello")).await;
    let scope = granted(&[&server.address.to_string()], BudgetLimits::default());
    let request = http::Request::get(server.url("/held")).body(Bytes::new()).unwrap();
    let held = egress.send(request, &scope).await.unwrap();
    let url = server.url("/waiting");
    let waiting = get(&egress, &url, &scope);
    tokio::pin!(waiting);
    // The first one's body is not read yet, so the second one is not even sent.
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err() && server.count("GET /waiting") == 0);
    drop(held);
    assert_eq!(waiting.await.unwrap().0, 200);
}
