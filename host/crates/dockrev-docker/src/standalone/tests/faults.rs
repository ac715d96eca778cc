//! Every request that changes something fails once, before and after its effect: the way back leads to the very
//! container that ran.

use super::*;
use dockrev_testkit::proxy::{Call, EngineProxy, Moment, Verdict};

/// More requests than any of this takes.
const REQUESTS_MAX: u32 = 40;

/// Where a request fails.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Refused,
    AnswerLost,
}

/// A proxy that has the `nth` request fail that changes something, and the count of those that came.
fn failing(kit: &Kit, nth: u32, fault: Fault) -> (EngineProxy, Arc<AtomicU32>) {
    let (count, chosen) = (Arc::new(AtomicU32::new(0)), AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let judge = move |call: &Call, moment: Moment| {
        let changes = call.method != "GET";
        if moment == Moment::Asked && changes && counted.fetch_add(1, Ordering::SeqCst) == nth {
            chosen.store(call.number, Ordering::SeqCst);
        }
        match (call.number == chosen.load(Ordering::SeqCst), moment, fault) {
            (true, Moment::Asked, Fault::Refused) => Verdict::Refuse,
            (true, Moment::Answered, Fault::AnswerLost) => Verdict::Cut,
            _ => Verdict::Pass,
        }
    };
    let socket = kit._folder.path().join(format!("{fault:?}-{nth}"));
    let _ = std::fs::remove_file(&socket);
    (EngineProxy::start(kit.real.host(), &socket, judge).unwrap(), count)
}

fn prepared() -> (Kit, String) {
    let kit = Kit::new();
    kit.real.run(&["network", "create", &kit.named("na")]).unwrap();
    let id = kit.run(&["--restart", "on-failure:3", "--network", &kit.named("na")]);
    kit.exec("web", "echo kept > /data/file");
    (kit, id)
}

async fn assert_back(kit: &Kit, id: &str, context: &str) {
    let back = kit.inspect("web").await.unwrap();
    assert_eq!((&back["Id"], &back["State"]["Running"]), (&json!(id), &json!(true)), "{context}");
    let policy = json!({"Name": "on-failure", "MaximumRetryCount": 3});
    assert_eq!(back["HostConfig"]["RestartPolicy"], policy, "{context}");
    assert_eq!(kit.containers(), ["web"], "{context}");
    assert_eq!(kit.exec("web", "cat /data/file"), "kept", "{context}");
}

#[tokio::test]
async fn a_replacement_that_fails_anywhere_is_put_back() {
    let (kit, id) = prepared();
    let replacement = kit.replacement();
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for nth in 0..REQUESTS_MAX {
            let (proxy, count) = failing(&kit, nth, fault);
            let result = engine_at(&proxy.host()).replace(&replacement, &Silent).await;
            let context = format!("{fault:?} {nth}: {result:?}");
            kit.engine.put_back(&replacement, &Silent).await.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_back(&kit, &id, &context).await;
            if count.load(Ordering::SeqCst) <= nth {
                assert!(nth >= 6, "only {nth} requests were tried");
                result.unwrap();
                break;
            }
            result.unwrap_err();
        }
    }
}

#[tokio::test]
async fn a_way_back_that_fails_anywhere_is_gone_again() {
    let (kit, id) = prepared();
    let replacement = kit.replacement();
    for fault in [Fault::Refused, Fault::AnswerLost] {
        for nth in 0..REQUESTS_MAX {
            kit.engine.replace(&replacement, &Silent).await.unwrap();
            let (proxy, count) = failing(&kit, nth, fault);
            let result = engine_at(&proxy.host()).put_back(&replacement, &Silent).await;
            let context = format!("{fault:?} {nth}: {result:?}");
            // A container that is gone was removed, whether the engine could say so or not: that is no failure.
            if result.is_ok() {
                assert_back(&kit, &id, &context).await;
            }
            kit.engine.put_back(&replacement, &Silent).await.unwrap_or_else(|error| panic!("{context}: {error}"));
            assert_back(&kit, &id, &context).await;
            if count.load(Ordering::SeqCst) <= nth {
                assert!(nth >= 4, "only {nth} requests were tried");
                result.unwrap();
                break;
            }
            assert!(matches!(fault, Fault::AnswerLost) || result.is_err(), "{context}");
        }
    }
}
