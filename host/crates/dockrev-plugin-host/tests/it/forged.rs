//! Components that no compiler would make: what they hand over is nothing that their interface allows, or far more.

use crate::support::{POLICY, config, host, id, manifest, plugins_dir, question, repository, wit_dir, write_plugin};
use dockrev_core::event::{Event, EventKind, Severity};
use dockrev_core::ports::{Notifier, Registry, VersionPolicy};
use dockrev_core::registry::{Freshness, PluginError, PluginFault, RegistryError};
use dockrev_plugin_host::{CallLimits, Notifiers, PluginHost, Policies, RegistryAdapters};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const DEADLINE: Duration = Duration::from_millis(1500);

/// Where an answer is written. Below it is nothing, above it are strings, from 4096 on what the host hands over, and from
/// the second page on lists.
const ANSWER: u32 = 16;
/// `1.0`.
const GOOD_NAME: u32 = 1024;
/// Where lists begin.
const LIST: u32 = 65536;
/// Size of a `tag`: a name, an optional digest, an optional time.
const TAG_BYTES: u32 = 40;

/// A component of `world` whose code is this.
fn component(world: &str, code: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_path(wit_dir()).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut module = wat::parse_str(format!("(module {code})")).unwrap();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
    ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
}

/// What every module has: a memory of so many pages, and a function by which the host asks for room.
fn runtime(pages: u32) -> String {
    format!(
        r#"(memory (export "memory") {pages})
        (global $next (mut i32) (i32.const 4096))
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
        (data (i32.const {GOOD_NAME}) "1.0\ff\fe")"#
    )
}

/// An adapter that answers `list-tags` with what `answer` leaves, the place of a result.
fn adapter(pages: u32, answer: &str) -> Vec<u8> {
    adapter_with("", &runtime(pages), answer, "")
}

fn adapter_with(imports: &str, runtime: &str, answer: &str, more: &str) -> Vec<u8> {
    let eleven = "i32 ".repeat(11);
    let ten = "i32 ".repeat(10);
    let code = format!(
        r#"{imports} {runtime}
        (func (export "dockrev:plugin/registry@0.1.0#list-tags") (param {eleven}) (result i32) (local $at i32) {answer})
        (func (export "dockrev:plugin/registry@0.1.0#resolve") (param {ten}) (result i32) unreachable)
        {more}"#
    );
    component("registry-adapter", &code)
}

/// Leaves a good answer whose list is at `at` and has `count` tags.
fn list(at: u32, count: u32) -> String {
    format!(
        "(i32.store (i32.const {}) (i32.const {at})) (i32.store (i32.const {}) (i32.const {count})) (i32.const {ANSWER})",
        ANSWER + 4,
        ANSWER + 8
    )
}

/// Writes `count` tags to the list, all with the same name of `length` bytes at `name`.
fn fill(count: u32, name: u32, length: u32) -> String {
    format!(
        "(local.set $at (i32.const {LIST}))
        (loop $next
            (i32.store (local.get $at) (i32.const {name}))
            (i32.store offset=4 (local.get $at) (i32.const {length}))
            (local.set $at (i32.add (local.get $at) (i32.const {TAG_BYTES})))
            (br_if $next (i32.lt_u (local.get $at) (i32.const {}))))",
        LIST + count * TAG_BYTES
    )
}

fn one_tag(name: u32, length: u32) -> String {
    fill(1, name, length) + &list(LIST, 1)
}

/// Plugins in a folder of their own, beside those that come with Dockrev.
struct Bench {
    _folder: tempfile::TempDir,
    host: Arc<PluginHost>,
}

impl Bench {
    fn new(world: &str, plugins: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, component) in plugins {
            add(folder.path(), world, name, component);
        }
        let mut config = config(vec![folder.path().to_owned(), plugins_dir()]);
        config.limits = CallLimits { deadline: DEADLINE, ..CallLimits::default() };
        Self { host: host(config), _folder: folder }
    }

    /// Every plugin is there.
    fn whole(self) -> Self {
        assert!(self.host.problems().is_empty(), "{:?}", self.host.problems());
        self
    }

    /// What is wrong with the answer of this adapter, while the others go on.
    async fn fault(&self, plugin: &str) -> PluginFault {
        let adapters = RegistryAdapters::new(Arc::clone(&self.host));
        let answer = adapters.tags(&repository(&format!("{plugin}.invalid"), "app"), None, Freshness::Now).await;
        self.others_go_on().await;
        match answer {
            Err(RegistryError::Plugin(PluginError { plugin: named, fault })) => {
                assert_eq!(named, id(plugin));
                fault
            }
            other => panic!("{plugin}: {other:?}"),
        }
    }

    async fn others_go_on(&self) {
        let policies = Policies::new(Arc::clone(&self.host), id(POLICY));
        let verdict = policies.assess(&question("5.2", &["5.2", "5.3"])).await.unwrap();
        assert!(verdict.choice.is_some());
    }
}

fn add(folder: &Path, world: &str, name: &str, component: &[u8]) {
    let text = manifest(name, world).replace("hosts = []", &format!("hosts = [\"{name}.invalid\"]"));
    write_plugin(folder, name, &text, component);
}

#[tokio::test]
async fn what_no_interface_allows_is_refused() {
    let cases = [
        ("not-utf8", adapter(2, &one_tag(GOOD_NAME, 5)), "invalid utf-8"),
        ("string-beyond", adapter(2, &one_tag(u32::MAX - 15, 3)), "of bounds"),
        ("string-endless", adapter(2, &one_tag(GOOD_NAME, i32::MAX as u32)), "of bounds"),
        ("list-beyond", adapter(2, &list(LIST, 100_000)), "of bounds"),
        ("list-endless", adapter(2, &list(LIST, u32::MAX)), "of bounds"),
        ("list-askew", adapter(2, &list(LIST + 1, 1)), "aligned"),
        ("answer-beyond", adapter(2, "(i32.const -16)"), "of bounds"),
        ("answer-askew", adapter(2, "(i32.const 17)"), "aligned"),
        (
            "no-such-case",
            adapter(2, &format!("(i32.store8 (i32.const {ANSWER}) (i32.const 9)) {}", list(LIST, 0))),
            "discriminant",
        ),
        (
            "no-such-option",
            adapter(2, &format!("(i32.store8 (i32.const {}) (i32.const 7)) {}", ANSWER + 12, list(LIST, 0))),
            "discriminant",
        ),
    ];
    let plugins: Vec<(&str, Vec<u8>)> = cases.iter().map(|(name, component, _)| (*name, component.clone())).collect();
    let bench = Bench::new("registry-adapter", &plugins).whole();
    for (name, _, expected) in cases {
        let fault = bench.fault(name).await;
        assert!(matches!(&fault, PluginFault::Trapped(reason) if reason.contains(expected)), "{name}: {fault:?}");
    }
}

#[tokio::test]
async fn a_good_answer_of_such_a_component_is_taken() {
    let bench = Bench::new("registry-adapter", &[("good", adapter(2, &one_tag(GOOD_NAME, 3)))]).whole();
    let tags = RegistryAdapters::new(Arc::clone(&bench.host))
        .tags(&repository("good.invalid", "app"), None, Freshness::Now)
        .await;
    let names: Vec<String> = tags.unwrap().answer.tags.iter().map(|tag| tag.name.to_string()).collect();
    assert_eq!(names, ["1.0"]);
}

#[tokio::test]
async fn a_million_results_are_refused() {
    let bench = Bench::new("registry-adapter", &[("million", adapter(640, &list(LIST, 1_000_000)))]).whole();
    let many = "1000000 tags, more than 20000".to_owned();
    assert_eq!(bench.fault("million").await, PluginFault::InvalidAnswer(many));
}

/// 20000 names that are the same 32 MiB: 640 GB on the host's side, were they taken.
#[tokio::test]
async fn what_becomes_larger_outside_is_refused() {
    let answer = fill(20_000, LIST + (1 << 20), 32 << 20) + &list(LIST, 20_000);
    let bench = Bench::new("registry-adapter", &[("larger", adapter(900, &answer))]).whole();
    let fault = bench.fault("larger").await;
    assert!(matches!(&fault, PluginFault::Trapped(reason) if reason.contains("fuel")), "{fault:?}");
}

#[tokio::test]
async fn a_component_that_gives_the_host_no_room_is_stopped() {
    let with = |realloc: &str| {
        let runtime = format!(
            r#"(memory (export "memory") 2)
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) {realloc})"#
        );
        adapter_with("", &runtime, "unreachable", "")
    };
    let plugins = [
        ("room-beyond", with("(i32.const -64)")),
        ("room-never", with("(loop $again (br $again)) unreachable")),
        ("room-refused", with("unreachable")),
    ];
    let bench = Bench::new("registry-adapter", &plugins).whole();
    assert!(matches!(bench.fault("room-beyond").await, PluginFault::Trapped(_)));
    assert_eq!(bench.fault("room-never").await, PluginFault::TimedOut(DEADLINE));
    assert!(matches!(bench.fault("room-refused").await, PluginFault::Trapped(_)));
}

#[tokio::test]
async fn what_is_wrong_with_a_log_line_stops_the_call() {
    let imports = r#"(import "dockrev:plugin/log@0.1.0" "write" (func $write (param i32 i32 i32)))"#;
    let with =
        |pages: u32, code: &str| adapter_with(imports, &runtime(pages), &format!("{code} {}", list(LIST, 0)), "");
    let write = |level: u32, at: u32, length: u32| {
        format!("(call $write (i32.const {level}) (i32.const {at}) (i32.const {length}))")
    };
    let plugins = [
        ("line-not-utf8", with(2, &write(2, GOOD_NAME, 5))),
        ("line-beyond", with(2, &write(2, u32::MAX, 5))),
        ("no-such-level", with(2, &write(77, GOOD_NAME, 3))),
        // 48 MiB each: what is kept of a line is bounded, and so is the time.
        ("endless-lines", with(900, &format!("(loop $again {} (br $again))", write(2, LIST, 48 << 20)))),
    ];
    let bench = Bench::new("registry-adapter", &plugins).whole();
    for name in ["line-not-utf8", "line-beyond", "no-such-level"] {
        let fault = bench.fault(name).await;
        assert!(matches!(&fault, PluginFault::Trapped(reason) if !reason.is_empty()), "{name}: {fault:?}");
    }
    assert_eq!(bench.fault("endless-lines").await, PluginFault::TimedOut(DEADLINE));
}

/// The host asks for nothing after it has an answer, but a component may want to be told when it was read.
#[tokio::test]
async fn whoever_does_not_let_go_of_an_answer_is_stopped() {
    let with = |code: &str| {
        let more = format!(r#"(func (export "cabi_post_dockrev:plugin/registry@0.1.0#list-tags") (param i32) {code})"#);
        adapter_with("", &runtime(2), &one_tag(GOOD_NAME, 3), &more)
    };
    let plugins = [("post-loop", with("(loop $again (br $again))")), ("post-trap", with("unreachable"))];
    let bench = Bench::new("registry-adapter", &plugins).whole();
    assert_eq!(bench.fault("post-loop").await, PluginFault::TimedOut(DEADLINE));
    assert!(matches!(bench.fault("post-trap").await, PluginFault::Trapped(_)));
}

#[tokio::test]
async fn a_component_that_never_starts_is_reported() {
    let start = r#"(func $start (loop $again (br $again))) (start $start)"#;
    let bench = Bench::new(
        "registry-adapter",
        &[("good", adapter(2, &one_tag(GOOD_NAME, 3))), ("late", adapter_with("", &runtime(2), "unreachable", start))],
    );
    let problems: Vec<String> = bench.host.problems().iter().map(|problem| problem.error.to_string()).collect();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("did not answer within"), "{problems:?}");
    assert!(bench.host.plugins().iter().any(|plugin| plugin.id == id("good")));
    bench.others_go_on().await;
}

#[tokio::test]
async fn policies_and_notifiers_are_held_to_the_same() {
    let eight = "i32 ".repeat(8);
    // A verdict: how it is followed, the assessments, no choice, no reason. An assessment has 32 bytes.
    let policy = |pages: u32, at: u32, count: u32| {
        let code = format!(
            r#"{} (func (export "dockrev:plugin/policy@0.1.0#assess") (param {eight}) (result i32)
                (i32.store (i32.const {}) (i32.const {at})) (i32.store (i32.const {}) (i32.const {count}))
                (i32.const {ANSWER}))"#,
            runtime(pages),
            ANSWER + 8,
            ANSWER + 12,
        );
        component("version-policy", &code)
    };
    let bench = Bench::new(
        "version-policy",
        &[("million", policy(640, LIST, 1_000_000)), ("beyond", policy(2, LIST, 9_999_999))],
    )
    .whole();
    let policies = Policies::new(Arc::clone(&bench.host), id(POLICY));
    for plugin in ["million", "beyond"] {
        let answer = policies.assess_with(&id(plugin), &question("5.2", &["5.2"])).await;
        assert!(format!("{answer:?}").contains("Plugin(PluginError"), "{answer:?}");
        bench.others_go_on().await;
    }

    let notifier = |code: &str| {
        let parameters = format!("i32 i32 i32 i32 i64 {eight}");
        let code = format!(
            r#"{} (func (export "dockrev:plugin/channel@0.1.0#notify") (param {parameters}) (result i32) {code})"#,
            runtime(900)
        );
        component("notifier", &code)
    };
    // Refused, for a reason of 48 MiB that is no line of text.
    let long = format!(
        "(i32.store8 (i32.const {ANSWER}) (i32.const 2)) (i32.store (i32.const {}) (i32.const {LIST}))
        (i32.store (i32.const {}) (i32.const {})) (i32.const {ANSWER})",
        ANSWER + 4,
        ANSWER + 8,
        48 << 20
    );
    let bench = Bench::new("notifier", &[("long", notifier(&long)), ("beyond", notifier("(i32.const -4)"))]);
    let notifiers = Notifiers::new(Arc::clone(&bench.host));
    let event = Event {
        id: "1".to_owned(),
        kind: EventKind::Test,
        severity: Severity::Info,
        occurred_at_unix_s: 0,
        title: "t".repeat(10_000),
        body: String::new(),
        links: Vec::new(),
        facts: Vec::new(),
    };
    let told = format!("{:?}", notifiers.notify(&id("long"), &event).await);
    assert!(told.starts_with("Ok(Refused(") && told.len() < 1000, "{told}");
    assert!(format!("{:?}", notifiers.notify(&id("beyond"), &event).await).contains("Trapped"));
    bench.others_go_on().await;
}
