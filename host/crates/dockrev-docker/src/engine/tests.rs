//! Against an engine of canned answers: what a real one does only when something breaks.

use super::*;
use crate::credentials::UserPassword;
use dockrev_core::job::LogSource;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Mutex;
use tempfile::TempDir;

/// A part of the request line, the status and the body of the answer. No body: the connection is cut.
type Answer = (&'static str, u16, Option<&'static str>);

/// As a proxy answers that keeps the header with the version to itself.
const PING: Answer = ("/_ping ", 200, Some("OK"));
const VERSION: Answer = ("/version ", 200, Some(r#"{"ApiVersion": "1.41"}"#));

struct CannedEngine {
    engine: DockerEngine,
    requests: Arc<Mutex<Vec<String>>>,
    _folder: TempDir,
}

struct Secret;

impl PullCredentials for Secret {
    fn for_registry(&self, registry: &str) -> Option<UserPassword> {
        (registry == "localhost:5000")
            .then(|| UserPassword { user: "tester".to_owned(), password: "?>~?>~?>~?>~".to_owned() })
    }
}

fn canned(answers: &'static [Answer]) -> CannedEngine {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&requests);
    // It ends with the test's process.
    std::thread::spawn(move || listener.incoming().flatten().for_each(|stream| answer(stream, answers, &seen)));
    let engine = DockerEngine::new(EngineAddress::Unix(socket), Overrides::new("/none"), Arc::new(Secret));
    CannedEngine { engine, requests, _folder: folder }
}

fn answer(mut stream: UnixStream, answers: &[Answer], requests: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length == 1) {
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    requests.lock().unwrap().push(head.clone());
    let line = head.lines().next().unwrap_or_default();
    let found = answers.iter().chain([&PING, &VERSION]).find(|(part, ..)| line.contains(part));
    if let Some((_, status, Some(body))) = found {
        let length = body.len();
        let text = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        stream.write_all(text.as_bytes()).unwrap();
    }
}

#[derive(Default)]
struct Lines(Mutex<Vec<LogLine>>);

impl LogSink for Lines {
    fn line(&self, line: LogLine) {
        self.0.lock().unwrap().push(line);
    }
}

fn pinned() -> PinnedImage {
    let image: ImageRef = format!("localhost:5000/app:1.0@sha256:{}", "a".repeat(64)).parse().unwrap();
    PinnedImage {
        repository: image.repository().clone(),
        tag: image.tag().unwrap().clone(),
        digest: image.digest().unwrap().clone(),
    }
}

#[tokio::test]
async fn a_pull_that_fails_in_the_middle_of_a_good_answer_is_an_error() {
    let canned = canned(&[(
        "/images/create",
        200,
        Some(concat!(
            r#"{"status": "Downloading", "id": "1a2b"}"#,
            "\r\n",
            r#"{"errorDetail": {"message": "no space left on device"}, "error": "no space left on device"}"#,
            "\r\n"
        )),
    )]);
    let lines = Lines::default();
    let error = canned.engine.pull(&pinned(), None, &lines).await.unwrap_err();
    assert!(
        matches!(&error, HostError::EngineRefused { reason, .. } if reason == "no space left on device"),
        "{error:?}"
    );
    let expected = LogLine::new(LogSource::Engine, "1a2b: Downloading");
    assert_eq!(lines.0.into_inner().unwrap(), [expected]);
}

#[tokio::test]
async fn a_pull_that_leaves_no_image_is_an_error() {
    let canned = canned(&[("/images/create", 200, Some("")), ("/json ", 404, Some(r#"{"message": "No such image"}"#))]);
    let error = canned.engine.pull(&pinned(), None, &Lines::default()).await.unwrap_err();
    assert!(error.to_string().contains("does not have the image"), "{error}");
}

#[tokio::test]
async fn the_engine_is_told_of_a_platform_if_there_is_one() {
    let canned = canned(&[("/images/create", 500, Some(r#"{"message": "no"}"#))]);
    let other = Platform::new("linux", "arm", Some("v7"));
    for platform in [None, Some(&other)] {
        canned.engine.pull(&pinned(), platform, &Lines::default()).await.unwrap_err();
    }
    let requests = canned.requests.lock().unwrap();
    let asked: Vec<&str> = requests
        .iter()
        .filter_map(|head| head.lines().next()?.split_once("platform=").map(|(_, rest)| rest))
        .map(|rest| rest.split(['&', ' ']).next().unwrap())
        .collect();
    assert_eq!(asked, ["", "linux%2Farm%2Fv7"]);
}

#[tokio::test]
async fn credentials_go_to_their_registry_in_the_alphabet_that_the_engine_reads() {
    let canned = canned(&[("/images/create", 500, Some(r#"{"message": "unauthorized"}"#))]);
    canned.engine.pull(&pinned(), None, &Lines::default()).await.unwrap_err();
    let mut elsewhere = pinned();
    elsewhere.repository.registry = "localhost:5001".to_owned();
    canned.engine.pull(&elsewhere, None, &Lines::default()).await.unwrap_err();
    let requests = canned.requests.lock().unwrap();
    let headers: Vec<Option<&str>> = requests
        .iter()
        .filter(|head| head.contains("/images/create"))
        .map(|head| head.lines().find_map(|line| line.strip_prefix("x-registry-auth: ")))
        .collect();
    let [Some(sent), None] = headers[..] else { panic!("{headers:?}") };
    assert!(!sent.contains(['+', '/']) && sent.contains(['-', '_']), "{sent}");
}

#[tokio::test]
async fn speaks_the_engines_own_api_version() {
    let canned = canned(&[("/json ", 404, Some(r#"{"message": "No such image"}"#))]);
    assert_eq!(canned.engine.image_by_id(&ImageId::new("sha256:1")).await, Ok(None));
    assert_eq!(canned.engine.api_version().await, Ok((1, 41)));
    let requests = canned.requests.lock().unwrap();
    assert!(requests.iter().any(|head| head.starts_with("GET /v1.41/images/sha256:1/json ")), "{requests:?}");
}

#[tokio::test]
async fn tells_a_refusal_from_an_engine_that_is_gone() {
    const REFUSING: &[Answer] = &[("/json ", 500, Some(r#"{"message": "out of disk"}"#))];
    const DYING: &[Answer] = &[("/json ", 200, None)];
    const GARBLED: &[Answer] = &[("/json ", 200, Some("<html>"))];
    let check = async |answers: &'static [Answer], code: &str, word: &str| {
        let error = canned(answers).engine.image_by_id(&ImageId::new("sha256:1")).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains(word), "{error}");
    };
    check(REFUSING, "engine.refused", "could not inspect image `sha256:1`: out of disk").await;
    check(DYING, "engine.unreachable", "does not answer").await;
    check(GARBLED, "engine.refused", "sha256:1").await;
    let nowhere = EngineAddress::Unix("/nonexistent/socket".into());
    let engine = DockerEngine::new(nowhere, Overrides::new("/none"), Arc::new(Secret));
    let error = engine.inventory().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the Docker Engine at `unix:///nonexistent/socket` does not answer: there is no such socket"
    );
}

#[tokio::test]
async fn a_reference_without_a_tag_is_no_local_tag() {
    let error = canned(&[]).engine.tag(&ImageId::new("sha256:1"), &pinned().by_digest()).await.unwrap_err();
    assert!(error.to_string().contains("it has no tag"), "{error}");
}
