//! Stand-ins for the public registries: their manners in front of a real registry, and failures on demand.
//!
//! Names, manifests and digests are always those of the real registry behind; what is added is how the service talks:
//! paging, tokens, rate limits, Harbor's own API.

mod answer;
mod fault;
mod harbor;
mod manners;
mod request;
mod tokens;
mod upstream;

pub use fault::Fault;
pub use manners::Manners;

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

/// Repositories below this name are for users only.
const PRIVATE: &str = "private/";

/// A stand-in on a loopback port; ends when dropped.
///
/// Users are `tester` with `s3cret`, the robot account `robot$demo+ci` with `robot-s3cret`, and `AWS` with `ecr-s3cret`, whose
/// password `old-ecr-s3cret` was good once. The identity token `identity-s3cret` stands for a user too.
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
    /// A path below which there is a registry of its own, and the name before all of its repositories.
    below: Mutex<Option<(String, String)>>,
    /// Names that are listed beside those that the registry has.
    made_up: Mutex<HashMap<String, Vec<String>>>,
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
            below: Mutex::default(),
            made_up: Mutex::default(),
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

    /// From now on there is another registry below `path`: its repositories are those whose names begin with `name`.
    pub fn serve_below(&self, path: &str, name: &str) {
        *lock(&self.shared.below) = Some((path.to_owned(), name.to_owned()));
    }

    /// Lists these names among the tags of `repository`: there is nothing behind them, and a list is long at once.
    pub fn make_up_tags(&self, repository: &str, names: impl IntoIterator<Item = String>) {
        lock(&self.shared.made_up).insert(repository.to_owned(), names.into_iter().collect());
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
        let answer = self.answer(&self.moved(&received));
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

    /// What is asked of a registry below a path, as it would be asked of the whole.
    fn moved(&self, received: &Received) -> Received {
        let below = lock(&self.below).clone();
        let rest = below.as_ref().and_then(|(path, name)| Some((received.target.strip_prefix(path)?, name)));
        match rest.and_then(|(rest, name)| Some((rest.strip_prefix("/v2/")?, name))) {
            Some(("", _)) => received.at("/v2/"),
            Some((rest, name)) => received.at(&format!("/v2/{name}/{rest}")),
            None => received.clone(),
        }
    }

    fn answer(&self, received: &Received) -> Answer {
        if self.manners.token_path() == Some(received.path()) {
            return self.tokens.give(self.manners, received);
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

    /// Wants a token that is good for the repository, or a password where there are no tokens.
    fn refuse(&self, received: &Received, question: Option<&Question<'_>>) -> Option<Answer> {
        let repository = question.map(|question| question.repository);
        let holder = match self.manners {
            Manners::Ecr => match tokens::password_of(received) {
                Ok(Holder::User) => Some(Holder::User),
                Ok(Holder::Anyone) => None,
                Err(refusal) => return Some(refusal),
            },
            Manners::Ghcr | Manners::Hub | Manners::Harbor | Manners::GitLab | Manners::Quay | Manners::Acr => {
                self.tokens.holder(received, repository)
            }
            Manners::Nexus => self.tokens.holder(received, None),
        };
        match holder {
            Some(Holder::User) => None,
            Some(Holder::Anyone) if !repository.is_some_and(is_private) => None,
            Some(Holder::Anyone) => Some(Answer::error(403, "DENIED")),
            None => {
                let scope = repository.filter(|_| self.manners != Manners::Nexus);
                let scope = scope.map(|name| format!("repository:{name}:pull"));
                let challenge = self.manners.challenge(&self.host, scope.as_deref());
                Some(Answer::error(401, "UNAUTHORIZED").header("WWW-Authenticate", &challenge))
            }
        }
    }

    /// One page, and where the next one is, as the service says it.
    fn tags(&self, received: &Received, repository: &str) -> Answer {
        let after = self.manners.page_begins_after(received);
        if after.is_none() {
            let Some(mut tags) = self.upstream.tags(repository) else { return Answer::error(404, "NAME_UNKNOWN") };
            tags.extend(lock(&self.made_up).get(repository).into_iter().flatten().cloned());
            tags.sort();
            lock(&self.listings).insert(repository.to_owned(), tags);
        }
        let listings = lock(&self.listings);
        let tags = listings.get(repository).map_or(&[][..], Vec::as_slice);
        let size = self.manners.page_size(received.parameter("n").and_then(|n| n.parse().ok()));
        let rest: Vec<&String> = tags.iter().filter(|tag| after.as_ref().is_none_or(|after| *tag > after)).collect();
        let page = &rest[..rest.len().min(size)];
        let answer = Answer::json(200, &json!({ "name": repository, "tags": page }));
        match page.last() {
            Some(end) if page.len() < rest.len() => {
                let next = self.manners.next_page(&self.host, repository, end, size);
                answer.header("Link", &format!(r#"<{next}>; rel="next""#))
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
