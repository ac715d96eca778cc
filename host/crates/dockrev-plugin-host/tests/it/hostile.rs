use crate::support::{
    HOSTILE, POLICY, config, host, id, plugins_dir, question, repository, response, serve, testing_dir,
};
use dockrev_core::image::Tag;
use dockrev_core::ports::{Registry, VersionPolicy};
use dockrev_core::registry::{Freshness, PluginError, PluginFault, RegistryError, TagList};
use dockrev_egress::BudgetLimits;
use dockrev_plugin_host::{CallLimits, Policies, RegistryAdapters};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

const DEADLINE: Duration = Duration::from_millis(1500);

/// The hostile plugin beside a good one, with a deadline that tests can wait for.
struct Bench {
    adapters: RegistryAdapters,
    policies: Policies,
}

impl Bench {
    fn new() -> Self {
        Self::with(CallLimits { deadline: DEADLINE, ..CallLimits::default() })
    }

    fn with(limits: CallLimits) -> Self {
        let mut config = config(vec![testing_dir(), plugins_dir()]);
        config.limits = limits;
        let host = host(config);
        assert!(host.problems().is_empty(), "{:?}", host.problems());
        Self { adapters: RegistryAdapters::new(Arc::clone(&host)), policies: Policies::new(host, id(POLICY)) }
    }

    /// Lets the plugin misbehave, then sees whether it and the other one still answer.
    async fn misbehave(&self, how: &str, current: Option<&str>) -> Result<TagList, RegistryError> {
        let current = current.map(|tag| tag.parse::<Tag>().unwrap());
        let outcome = self.adapters.tags(&repository("hostile.invalid", how), current.as_ref(), Freshness::Now).await;
        let outcome = outcome.map(|answered| answered.answer);
        let polite =
            self.adapters.tags(&repository("hostile.invalid", "polite"), None, Freshness::Now).await.unwrap().answer;
        assert_eq!(polite.tags.len(), 1);
        let verdict = self.policies.assess(&question("5.2", &["5.2", "5.3", "5.3.1"])).await.unwrap();
        assert_eq!(verdict.choice.map(|tag| tag.to_string()).as_deref(), Some("5.3"));
        outcome
    }

    async fn fault(&self, how: &str) -> PluginFault {
        match self.misbehave(how, None).await {
            Err(RegistryError::Plugin(PluginError { plugin, fault })) => {
                assert_eq!(plugin.as_str(), HOSTILE);
                fault
            }
            other => panic!("{how}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_endless_loop_is_stopped() {
    let started = Instant::now();
    assert_eq!(Bench::new().fault("loop").await, PluginFault::TimedOut(DEADLINE));
    assert!(started.elapsed() >= DEADLINE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endless_loop_leaves_room_for_others() {
    let bench = Arc::new(Bench::new());
    let looping: Vec<_> = (0..4)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move {
                bench.adapters.tags(&repository("hostile.invalid", "loop"), None, Freshness::Now).await
            })
        })
        .collect();
    // More loops than threads: they have to give way.
    for _ in 0..5 {
        bench.policies.assess(&question("5.2", &["5.2", "5.3"])).await.unwrap();
    }
    assert!(looping.iter().all(|task| !task.is_finished()));
    for task in looping {
        assert!(matches!(task.await.unwrap(), Err(RegistryError::Plugin(_))));
    }
}

#[tokio::test]
async fn a_memory_bomb_is_stopped() {
    assert_eq!(Bench::new().fault("memory").await, PluginFault::OutOfMemory(64 * 1024 * 1024));
}

#[tokio::test]
async fn an_endless_recursion_is_stopped() {
    let fault = Bench::new().fault("stack").await;
    assert!(matches!(&fault, PluginFault::Trapped(reason) if !reason.is_empty()), "{fault:?}");
}

#[tokio::test]
async fn a_panic_is_told_in_its_own_words() {
    let fault = Bench::new().fault("trap").await;
    assert!(matches!(&fault, PluginFault::Trapped(reason) if reason.contains("asked to fail")), "{fault:?}");
}

#[tokio::test]
async fn bad_answers_are_refused() {
    let bench = Bench::new();
    let invalid = |fault: PluginFault| {
        let PluginFault::InvalidAnswer(problem) = fault else { panic!("{fault:?}") };
        problem
    };
    assert_eq!(invalid(bench.fault("oversized").await), "250000 tags, more than 20000");
    assert!(invalid(bench.fault("oversized-names").await).len() < 200);
    assert_eq!(invalid(bench.fault("bad-names").await), "`` is not a tag");
}

#[tokio::test]
async fn a_host_that_was_not_granted_is_refused() {
    match Bench::new().misbehave("forbidden-host", None).await {
        Err(RegistryError::Unreachable(reason)) => assert!(reason.contains("127.0.0.1:9"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_that_was_not_asked_for_is_not_given() {
    assert!(matches!(Bench::new().misbehave("secret", None).await, Err(RegistryError::Unauthorized(_))));
}

#[tokio::test]
async fn a_flooded_log_is_cut() {
    assert_eq!(Bench::new().misbehave("log-flood", None).await.unwrap().tags.len(), 1);
}

#[tokio::test]
async fn a_flood_of_requests_is_stopped() {
    let bench = Bench::with(CallLimits {
        budget: BudgetLimits { max_requests: 5, ..BudgetLimits::default() },
        ..CallLimits::default()
    });
    // Nothing answers there, and requests that fail count as well.
    let what = "more than 5 requests in one call".to_owned();
    assert_eq!(bench.fault("request-flood").await, PluginFault::OverLimit(what));
}

#[tokio::test]
async fn calls_wait_for_a_place() {
    let bench = Arc::new(Bench::with(CallLimits::default()));
    let answered = Arc::new(AtomicU32::new(0));
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let (bench, answered) = (Arc::clone(&bench), Arc::clone(&answered));
            tokio::spawn(async move {
                bench.adapters.tags(&repository("hostile.invalid", "polite"), None, Freshness::Now).await.unwrap();
                answered.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(answered.load(Ordering::Relaxed), 100);
}

#[tokio::test]
async fn a_server_that_sends_without_end_is_cut_off() {
    let address = serve(|_| response("200 OK", "Content-Type: application/json\r\n", &"x".repeat(100_000))).await;
    let mut config = config(vec![plugins_dir()]);
    config.limits.budget.max_body_bytes = 50_000;
    let adapters = RegistryAdapters::new(host(config));
    match adapters.tags(&repository(&address.to_string(), "app"), None, Freshness::Now).await {
        Err(RegistryError::Plugin(PluginError { fault: PluginFault::OverLimit(what), .. })) => {
            assert_eq!(what, "more than 50000 bytes of requests and answers in one call");
        }
        other => panic!("{other:?}"),
    }
}
