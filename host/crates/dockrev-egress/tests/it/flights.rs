//! Identical questions at the same time.

use crate::server::{Reply, Server, ok};
use crate::support::{about, egress, send_with, with_limits};
use dockrev_core::image::Repository;
use dockrev_egress::{BudgetLimits, CallScope, Egress, EgressError, EgressLimits, Grant, RetryLimits};
use http::HeaderName;
use http::header::ACCEPT;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

const TAGS: &str = "/v2/team/app/tags/list";

type Answer = Result<(u16, String), EgressError>;

/// A registry that answers each request when it is let to.
async fn registry(reply: impl Fn() -> Reply + Send + Sync + 'static) -> (Server, Arc<Semaphore>) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    (Server::start(move |_| Reply::Held(Arc::clone(&held), Box::new(reply()))).await, gate)
}

fn ask(egress: &Arc<Egress>, url: String, scope: Arc<CallScope>) -> JoinHandle<Answer> {
    ask_with(egress, url, &[], scope)
}

fn ask_with(
    egress: &Arc<Egress>,
    url: String,
    fields: &'static [(HeaderName, &str)],
    scope: Arc<CallScope>,
) -> JoinHandle<Answer> {
    let egress = Arc::clone(egress);
    tokio::spawn(async move {
        let (parts, body) = send_with(&egress, &url, fields, &scope).await?;
        Ok((parts.status.as_u16(), body))
    })
}

/// Waits until the registry has been asked this often.
async fn until_asked(server: &Server, count: usize) {
    while server.seen().len() < count {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Has everything that is ready run until it waits for something.
async fn until_all_wait() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

fn about_repository(egress: &Egress, server: &Server, name: &str, limits: BudgetLimits) -> Arc<CallScope> {
    let repository = Repository { registry: server.address.to_string(), name: name.to_owned() };
    let registry = egress.registry(&repository.registry).unwrap().grant(&repository);
    CallScope::new(Grant { registry: Some(registry), ..Grant::default() }, limits)
}

#[tokio::test]
async fn the_same_question_is_asked_once() {
    let (server, gate) = registry(|| ok("tags")).await;
    let egress = egress(None);
    let scopes: Vec<_> = (0..10).map(|_| about(&egress, &server)).collect();
    let asked: Vec<_> = scopes.iter().map(|scope| ask(&egress, server.url(TAGS), Arc::clone(scope))).collect();
    until_asked(&server, 1).await;
    until_all_wait().await;
    gate.add_permits(100);
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap(), (200, "tags".to_owned()));
    }
    assert_eq!((server.seen().len(), egress.requests_sent(), egress.answered_with_another()), (1, 1, 9));
    // It counts in each call's own budget.
    assert!(scopes.iter().all(|scope| scope.budget.requests() == 1));
    // What is asked afterwards is another question.
    ask(&egress, server.url(TAGS), about(&egress, &server)).await.unwrap().unwrap();
    assert_eq!((server.seen().len(), egress.answered_with_another()), (2, 9));
}

#[tokio::test]
async fn what_differs_is_asked_for_itself() {
    let (server, gate) = registry(|| ok("tags")).await;
    let egress = egress(None);
    let limits = BudgetLimits::default();
    let own = || about(&egress, &server);
    let named = Grant { hosts: vec!["other.test".parse().unwrap()], ..own().grant.clone() };
    let asked = [
        ask(&egress, server.url(TAGS), own()),
        ask(&egress, server.url("/v2/team/app/tags/list?n=1"), own()),
        ask_with(&egress, server.url(TAGS), &[(ACCEPT, "application/json")], own()),
        ask(&egress, server.url(TAGS), about_repository(&egress, &server, "team/other", limits)),
        ask(&egress, server.url(TAGS), CallScope::new(named, limits)),
    ];
    until_asked(&server, asked.len()).await;
    gate.add_permits(100);
    for answer in asked {
        assert_eq!(answer.await.unwrap().unwrap().0, 200);
    }
    assert_eq!((server.seen().len(), egress.answered_with_another()), (5, 0));
}

#[tokio::test]
async fn whoever_waits_goes_on_without_the_first() {
    let (server, gate) = registry(|| ok("tags")).await;
    let egress = egress(None);
    let first = ask(&egress, server.url(TAGS), about(&egress, &server));
    until_asked(&server, 1).await;
    let others: Vec<_> = (0..5).map(|_| ask(&egress, server.url(TAGS), about(&egress, &server))).collect();
    until_all_wait().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    until_asked(&server, 2).await;
    gate.add_permits(100);
    for answer in others {
        assert_eq!(answer.await.unwrap().unwrap(), (200, "tags".to_owned()));
    }
    assert_eq!((server.seen().len(), egress.answered_with_another()), (2, 4));
}

#[tokio::test]
async fn a_failure_of_the_registry_is_everybodys() {
    for reply in ["", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\nhalf"] {
        let (server, gate) = registry(move || Reply::Whole(reply.to_owned())).await;
        let retry = RetryLimits { max_tries: 2, first_wait: Duration::from_millis(1), ..RetryLimits::default() };
        let egress = with_limits(None, EgressLimits { retry, ..EgressLimits::default() });
        let scopes: Vec<_> = (0..5).map(|_| about(&egress, &server)).collect();
        let asked: Vec<_> = scopes.iter().map(|scope| ask(&egress, server.url(TAGS), Arc::clone(scope))).collect();
        until_asked(&server, 1).await;
        until_all_wait().await;
        gate.add_permits(100);
        for (answer, scope) in asked.into_iter().zip(&scopes) {
            let error = answer.await.unwrap().unwrap_err();
            assert!(matches!(error, EgressError::Broken { .. }), "{error:?}");
            assert_eq!(scope.last_error(), Some(error), "each call knows why");
        }
        // No answer at all is tried twice; half of one is not.
        assert_eq!(server.seen().len(), if reply.is_empty() { 2 } else { 1 });
    }
}

#[tokio::test]
async fn what_stops_one_call_stops_no_other() {
    let (server, gate) = registry(|| ok(&"x".repeat(1000))).await;
    let egress = egress(None);
    let small = BudgetLimits { max_body_bytes: 100, ..BudgetLimits::default() };
    let first = ask(&egress, server.url(TAGS), about_repository(&egress, &server, "team/app", small));
    until_asked(&server, 1).await;
    let others: Vec<_> = (0..3).map(|_| ask(&egress, server.url(TAGS), about(&egress, &server))).collect();
    until_all_wait().await;
    gate.add_permits(1);
    assert!(matches!(first.await.unwrap(), Err(EgressError::OverBudget(_))));
    until_asked(&server, 2).await;
    let last = ask(&egress, server.url(TAGS), about_repository(&egress, &server, "team/app", small));
    until_all_wait().await;
    gate.add_permits(100);
    for answer in others {
        assert_eq!(answer.await.unwrap().unwrap().1.len(), 1000);
    }
    assert!(matches!(last.await.unwrap(), Err(EgressError::OverBudget(_))), "another's answer counts as its own");
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_large_answer_is_read_by_each() {
    let body = format!("[{}1]", "1,".repeat(800_000));
    let length = body.len();
    let (server, gate) = registry(move || ok(&body)).await;
    let egress = egress(None);
    let asked: Vec<_> = (0..3).map(|_| ask(&egress, server.url(TAGS), about(&egress, &server))).collect();
    until_asked(&server, 1).await;
    until_all_wait().await;
    gate.add_permits(100);
    for answer in asked {
        let (status, read) = answer.await.unwrap().unwrap();
        assert!(status == 200 && read.len() == length && read.starts_with("[1,1") && read.ends_with(",1]"));
    }
    assert_eq!((server.seen().len(), egress.answered_with_another()), (3, 0));
}
