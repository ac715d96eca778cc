//! Plugins that reach for what is outside the sandbox: connections, handles, outputs, time, the machine.

use crate::support::{HOSTILE, POLICY, config, host, id, plugins_dir, question, repository, setup, testing_dir};
use dockrev_core::ports::{Registry, Target, VersionPolicy};
use dockrev_core::registry::{Detail, Freshness, PluginError, PluginFault, RegistryError, TagList};
use dockrev_plugin_host::{CallLimits, Policies, RegistryAdapters};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

const DEADLINE: Duration = Duration::from_millis(1500);
/// How long a test waits for an event that always comes.
const PATIENCE: Duration = Duration::from_secs(20);
/// How many connections one host gets at the same time.
const CONNECTIONS_OF_A_HOST: usize = 8;

#[derive(Clone, Copy, Debug, Default)]
struct Connections {
    made: usize,
    closed: usize,
}

/// A server that answers with `start` and then with a byte a second, for as long as somebody listens.
struct SlowServer {
    address: std::net::SocketAddr,
    connections: watch::Receiver<Connections>,
}

impl SlowServer {
    async fn start(start: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, connections) = watch::channel(Connections::default());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                sender.send_modify(|connections| connections.made += 1);
                let sender = sender.clone();
                tokio::spawn(async move {
                    drop(drip(stream, start).await);
                    sender.send_modify(|connections| connections.closed += 1);
                });
            }
        });
        Self { address, connections }
    }

    async fn wait_for(&self, what: &str, reached: impl FnMut(&Connections) -> bool) {
        let mut connections = self.connections.clone();
        let waited = tokio::time::timeout(PATIENCE, connections.wait_for(reached)).await;
        assert!(waited.is_ok_and(|seen| seen.is_ok()), "{what}: {:?}", *self.connections.borrow());
    }

    async fn all_closed(&self) {
        self.wait_for("all are closed", |connections| connections.made == connections.closed).await;
    }
}

async fn drip(mut stream: TcpStream, start: &str) -> std::io::Result<()> {
    let mut request = [0; 4096];
    while stream.read(&mut request).await? > 0 {
        stream.write_all(start.as_bytes()).await?;
        while !start.is_empty() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stream.write_all(b"x").await?;
        }
    }
    Ok(())
}

/// The hostile plugin, which has `target` to ask, beside a good one.
struct Bench {
    adapters: RegistryAdapters,
    policies: Policies,
}

impl Bench {
    fn new(target: &str) -> Arc<Self> {
        let mut config = config(vec![testing_dir(), plugins_dir()]);
        config.limits = CallLimits { deadline: DEADLINE, ..CallLimits::default() };
        config.plugins.insert(id(HOSTILE), setup(serde_json::json!({"target": target})));
        let host = host(config);
        assert!(host.problems().is_empty(), "{:?}", host.problems());
        let adapters = RegistryAdapters::new(Arc::clone(&host));
        Arc::new(Self { adapters, policies: Policies::new(host, id(POLICY)) })
    }

    async fn ask(&self, how: &str) -> Result<TagList, RegistryError> {
        self.adapters.tags(&repository("hostile.invalid", how), None, Freshness::Now).await.map(|tags| tags.answer)
    }

    /// Lets the plugin misbehave, then sees whether it and the other one still answer.
    async fn misbehave(&self, how: &str) -> Result<TagList, RegistryError> {
        let outcome = self.ask(how).await;
        assert_eq!(self.ask("polite").await.unwrap().tags.len(), 1);
        self.others_go_on().await;
        outcome
    }

    async fn others_go_on(&self) {
        let verdict = self.policies.assess(&question("5.2", &["5.2", "5.3"])).await.unwrap();
        assert!(verdict.choice.is_some());
    }

    async fn fault(&self, how: &str) -> PluginFault {
        fault_in(how, self.misbehave(how).await)
    }
}

fn fault_in<T: std::fmt::Debug>(how: &str, outcome: Result<T, RegistryError>) -> PluginFault {
    match outcome {
        Err(RegistryError::Plugin(PluginError { plugin, fault })) if plugin == id(HOSTILE) => fault,
        other => panic!("{how}: {other:?}"),
    }
}

fn url(server: &SlowServer) -> String {
    format!("http://{}/", server.address)
}

/// Far more calls than there are places, each with a server that never answers.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_connections_holds_up_nobody_else() {
    let server = SlowServer::start("").await;
    let bench = Bench::new(&url(&server));
    let hold = |count: usize| {
        let mut holding = JoinSet::new();
        for _ in 0..count {
            let bench = Arc::clone(&bench);
            holding.spawn(async move { bench.ask("hold").await });
        }
        holding
    };
    let mut holding = hold(40);
    server.wait_for("all connections are held", |connections| connections.made >= CONNECTIONS_OF_A_HOST).await;
    bench.others_go_on().await;
    // Nobody of the forty made room for the others.
    assert!(holding.try_join_next().is_none());
    while let Some(outcome) = holding.join_next().await {
        assert_eq!(fault_in("hold", outcome.unwrap()), PluginFault::TimedOut(DEADLINE));
    }
    server.all_closed().await;
    let before = server.connections.borrow().made;
    let mut again = hold(CONNECTIONS_OF_A_HOST);
    server
        .wait_for("the host's places are free", |connections| connections.made >= before + CONNECTIONS_OF_A_HOST)
        .await;
    again.abort_all();
    while again.join_next().await.is_some() {}
    server.all_closed().await;
}

#[tokio::test]
async fn a_byte_a_second_is_too_slow() {
    for start in ["H", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nx", "HTTP/1.1 200 OK\r\nX: "] {
        let server = SlowServer::start(start).await;
        assert_eq!(Bench::new(&url(&server)).fault("hold").await, PluginFault::TimedOut(DEADLINE), "{start}");
        server.all_closed().await;
    }
}

#[tokio::test]
async fn a_connection_that_is_left_behind_is_closed() {
    let server = SlowServer::start("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n").await;
    let bench = Bench::new(&url(&server));
    for how in ["leave", "forget"] {
        assert_eq!(bench.misbehave(how).await.unwrap().tags.len(), 1, "{how}");
        server.all_closed().await;
    }
    assert!(server.connections.borrow().made > 0);
}

#[tokio::test]
async fn requests_that_nobody_waits_for_count_too() {
    let server = SlowServer::start("").await;
    let fault = Bench::new(&url(&server)).fault("burst").await;
    // It depends on the threads whether it runs out of requests first, or of handles.
    let over = matches!(&fault, PluginFault::OverLimit(what) if what == "more than 200 requests in one call");
    let full = matches!(&fault, PluginFault::Trapped(reason) if reason.contains("no free keys"));
    assert!(over || full, "{fault:?}");
    assert!(server.connections.borrow().made <= CONNECTIONS_OF_A_HOST);
    server.all_closed().await;
}

#[tokio::test]
async fn other_floods_end_where_they_are_paid_for() {
    let bench = Bench::new("http://127.0.0.1:9/");
    let fault = bench.fault("handles").await;
    assert!(matches!(&fault, PluginFault::Trapped(reason) if !reason.is_empty()), "{fault:?}");
    assert_eq!(bench.misbehave("output-flood").await.unwrap().tags.len(), 1);
    match bench.misbehave("long-error").await {
        Err(RegistryError::NotFound(text)) => {
            assert!(text.len() < 1000 && !text.contains(|c: char| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn sleeping_is_no_way_out() {
    assert_eq!(Bench::new("http://127.0.0.1:9/").fault("sleep").await, PluginFault::TimedOut(DEADLINE));
}

#[tokio::test]
async fn nothing_of_the_machine_is_there() {
    match Bench::new("http://127.0.0.1:9/").misbehave("machine").await {
        Err(RegistryError::Unsupported(found)) => {
            assert_eq!(found, "0 folders, 0 files, written: false, 0 variables, 0 arguments");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_image_is_checked_like_a_list() {
    let bench = Bench::new("http://127.0.0.1:9/");
    let tag = Target::Tag("1.0".parse().unwrap());
    let other = Target::Digest(format!("sha256:{}", "a".repeat(64)).parse().unwrap());
    for (how, target, expected) in [
        ("platforms", &tag, "50000 platforms"),
        ("bad-digest", &tag, "`sha256:0`"),
        ("polite", &other, "`sha256:000000000000` for `sha256:aaaaaaaaaaaa`"),
    ] {
        let repository = repository("hostile.invalid", how);
        let resolved = bench.adapters.resolve(&repository, target, Detail::Platforms, Freshness::Now).await;
        let fault = fault_in(how, resolved.map(|resolved| resolved.answer));
        let problem = matches!(&fault, PluginFault::InvalidAnswer(problem) if problem.contains(expected));
        assert!(problem, "{how}: {fault:?}");
        bench.others_go_on().await;
    }
}
