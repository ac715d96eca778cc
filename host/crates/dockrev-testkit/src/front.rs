//! Stand-ins for the public registries: their manners in front of a real registry, and failures on demand.
//!
//! Names, manifests and digests are always those of the real registry behind; what is added is how the service talks:
//! paging, tokens, rate limits, Harbor's own API.

mod answer;
mod fault;
mod harbor;
mod request;
mod tokens;
mod upstream;

pub use fault::Fault;

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use crate::{Error, Registry, Request};
use answer::Answer;
use request::Received;
use tokens::{Holder, Tokens};
use upstream::Upstream;

/// Most tags on one page, whatever was asked for.
const PAGE_MAX: usize = 100;

/// Repositories below this name are for users only.
const PRIVATE: &str = "private/";

/// Whose manners a stand-in has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manners {
    /// The GitHub container registry: everything wants a token, which everybody gets for public repositories.
    Ghcr,
    /// Docker Hub: as above, and the manifests that are read are counted (`ratelimit-*`).
    Hub,
    /// Harbor: as above, and an API of its own with all artifacts of a repository.
    Harbor,
}

/// A stand-in on a loopback port; ends when dropped.
///
/// Users are `tester` with `s3cret` and the robot account `robot$demo+ci` with `robot-s3cret`.
#[derive(Debug)]
pub struct Front {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    manners: Manners,
    upstream: Upstream,
    host: String,
    tokens: Tokens,
    fault: Mutex<Option<Fault>>,
    pulls_left: AtomicU32,
    /// The sorted tags of the repositories whose first page was read: the registry itself always reads all of them.
    listings: Mutex<HashMap<String, Vec<String>>>,
    requests: Mutex<Vec<Request>>,
    ended: AtomicBool,
}

impl Front {
    /// Starts one before `registry`, which has to be open to everyone.
    pub fn start(manners: Manners, registry: &Registry) -> Result<Self, Error> {
        let taken = || Error::io("listen on", "127.0.0.1");
        let listener = TcpListener::bind("127.0.0.1:0").map_err(taken())?;
        let port = listener.local_addr().map_err(taken())?.port();
        let shared = Arc::new(Shared {
            manners,
            upstream: Upstream::new(&registry.url()),
            host: format!("127.0.0.1:{port}"),
            tokens: Tokens::default(),
            fault: Mutex::default(),
            pulls_left: AtomicU32::new(100),
            listings: Mutex::default(),
            requests: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let accepting = Arc::clone(&shared);
        std::thread::spawn(move || accepting.accept(&listener));
        Ok(Self { port, shared })
    }

    /// Host and port, as image references have them.
    pub fn host(&self) -> String {
        self.shared.host.clone()
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.host())
    }

    /// From now on every question about repositories ends like this.
    pub fn fail(&self, fault: Fault) {
        *lock(&self.shared.fault) = Some(fault);
    }

    /// From now on it works again.
    pub fn mend(&self) {
        *lock(&self.shared.fault) = None;
    }

    /// How many manifests may still be read before it says that the limit is reached; for [`Manners::Hub`].
    pub fn set_pulls_left(&self, count: u32) {
        self.shared.pulls_left.store(count, Ordering::Relaxed);
    }

    /// From now on a token is good for so many requests and has to be asked for again then.
    pub fn set_token_uses(&self, count: u32) {
        self.shared.tokens.set_uses(count);
    }

    /// Every request so far, oldest first, those for tokens included. The status is what would have been answered
    /// without a fault.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared.requests).clone()
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        // Wakes the thread, which waits for a connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            if self.ended.load(Ordering::Relaxed) {
                return;
            }
            let shared = Arc::clone(self);
            std::thread::spawn(move || shared.serve(stream));
        }
    }

    fn serve(&self, mut stream: TcpStream) {
        let Ok(received) = Received::read(&stream) else { return };
        let answer = self.answer(&received);
        lock(&self.requests).push(Request {
            method: received.method.clone(),
            path: received.target.clone(),
            status: answer.status,
        });
        let fault = lock(&self.fault).clone().filter(|fault| fault.concerns(&received, answer.status));
        // A client that goes away in the middle is none of our business.
        let _ = match fault {
            Some(fault) => fault.play(&mut stream, &received, answer),
            None => answer.send(&mut stream, &received),
        };
    }

    fn answer(&self, received: &Received) -> Answer {
        if received.path() == self.token_path() {
            return self.tokens.give(received);
        }
        if self.manners == Manners::Harbor && received.path().starts_with("/api/v2.0/") {
            return harbor::answer(self, received);
        }
        let question = Question::of(received);
        if let Some(refusal) = self.refuse(received, question.as_ref()) {
            return refusal;
        }
        match question {
            None if received.path() == "/v2/" => Answer::json(200, &json!({})),
            None => Answer::error(404, "NOT_FOUND"),
            Some(Question { repository, kind: Kind::Tags, .. }) => self.tags(received, repository),
            Some(Question { kind: Kind::Manifest, .. }) => self.manifest(received),
            Some(Question { kind: Kind::Blob, .. }) => self.upstream.pass_on(received),
        }
    }

    /// Wants a token that is good for the repository.
    fn refuse(&self, received: &Received, question: Option<&Question<'_>>) -> Option<Answer> {
        let repository = question.map(|question| question.repository);
        match self.tokens.holder(received, repository) {
            Some(Holder::User) => None,
            Some(Holder::Anyone) if !repository.is_some_and(is_private) => None,
            Some(Holder::Anyone) => Some(Answer::error(403, "DENIED")),
            None => {
                let scope = repository.map_or(String::new(), |name| format!(r#",scope="repository:{name}:pull""#));
                let (service, path) = (self.service(), self.token_path());
                let challenge = format!(r#"Bearer realm="http://{}{path}",service="{service}"{scope}"#, self.host);
                Some(Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", &challenge))
            }
        }
    }

    /// One page, and where the next one is: relative, as the services say it.
    fn tags(&self, received: &Received, repository: &str) -> Answer {
        if received.parameter("last").is_none() {
            let Some(mut tags) = self.upstream.tags(repository) else { return Answer::error(404, "NAME_UNKNOWN") };
            tags.sort();
            lock(&self.listings).insert(repository.to_owned(), tags);
        }
        let listings = lock(&self.listings);
        let tags = listings.get(repository).map_or(&[][..], Vec::as_slice);
        let (last, asked) = (received.parameter("last"), received.parameter("n").and_then(|n| n.parse().ok()));
        let size = asked.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX);
        let rest: Vec<&String> = tags.iter().filter(|tag| last.as_ref().is_none_or(|last| *tag > last)).collect();
        let page = &rest[..rest.len().min(size)];
        let answer = Answer::json(200, &json!({ "name": repository, "tags": page }));
        match page.last() {
            Some(end) if page.len() < rest.len() => {
                let next = format!(r#"</v2/{repository}/tags/list?last={end}&n={size}>; rel="next""#);
                answer.header("Link", &next)
            }
            Some(_) | None => answer,
        }
    }

    fn manifest(&self, received: &Received) -> Answer {
        if self.manners != Manners::Hub {
            return self.upstream.pass_on(received);
        }
        let counts = received.method == "GET";
        let take = |left: u32| if counts { left.checked_sub(1) } else { Some(left) };
        let Ok(left) = self.pulls_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take) else {
            return Answer::error(429, "TOOMANYREQUESTS").header("Retry-After", "60");
        };
        let left = left.saturating_sub(u32::from(counts));
        let answer = self.upstream.pass_on(received);
        answer.header("ratelimit-limit", "100;w=21600").header("ratelimit-remaining", &format!("{left};w=21600"))
    }

    fn service(&self) -> &'static str {
        match self.manners {
            Manners::Ghcr => "ghcr.io",
            Manners::Hub => "registry.docker.io",
            Manners::Harbor => "harbor-registry",
        }
    }

    fn token_path(&self) -> &'static str {
        match self.manners {
            Manners::Ghcr | Manners::Hub => "/token",
            Manners::Harbor => "/service/token",
        }
    }
}

fn is_private(repository: &str) -> bool {
    repository.starts_with(PRIVATE)
}

/// What is asked about which repository.
struct Question<'a> {
    repository: &'a str,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tags,
    Manifest,
    Blob,
}

impl<'a> Question<'a> {
    fn of(received: &'a Received) -> Option<Self> {
        let rest = received.path().strip_prefix("/v2/")?;
        if let Some(repository) = rest.strip_suffix("/tags/list") {
            return Some(Self { repository, kind: Kind::Tags });
        }
        let part = |name: &str| rest.rsplit_once(name).map(|(repository, _)| repository);
        if let Some(repository) = part("/manifests/") {
            return Some(Self { repository, kind: Kind::Manifest });
        }
        part("/blobs/").map(|repository| Self { repository, kind: Kind::Blob })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
