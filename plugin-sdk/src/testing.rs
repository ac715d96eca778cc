//! A made-up host, so that a plugin's logic is tested natively, without components and without Dockrev.
//!
//! On every target but `wasm32`, [`log`](crate::log), [`settings`](crate::settings), [`secrets`](crate::secrets) and
//! [`http`](crate::http) talk to the [`Host`] of the current thread. Tests run on threads of their own, so they do not
//! disturb each other.
//!
//! ```
//! use dockrev_plugin_sdk::{log, settings, testing::Host};
//!
//! let host = Host::new();
//! host.settings(r#"{"greeting": "hello"}"#);
//!
//! let all: std::collections::BTreeMap<String, String> = settings::get()?;
//! log::info(&all["greeting"]);
//!
//! assert_eq!(host.log_lines(), ["info: hello"]);
//! # Ok::<(), settings::Error>(())
//! ```

use crate::http::{Error, Method, Request, Response, Url};
use crate::log::Level;
use crate::secrets::{Error as SecretError, Secret};
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};

/// The host of the current thread, from its creation until it is dropped.
#[derive(Debug)]
#[must_use = "the host is gone as soon as this is dropped"]
pub struct Host {
    not_send: std::marker::PhantomData<*const ()>,
}

/// What the other side answers.
#[derive(Clone, Debug)]
pub struct Answer(Result<Response, Error>);

#[derive(Default)]
struct State {
    settings: Option<String>,
    secrets: BTreeMap<String, Option<String>>,
    answers: Vec<(Method, String, VecDeque<Answer>)>,
    requests: Vec<Request>,
    log: Vec<(Level, String)>,
}

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

impl Host {
    /// A host without settings, secrets and network.
    pub fn new() -> Self {
        STATE.take();
        Self { not_send: std::marker::PhantomData }
    }

    /// Sets the plugin's settings, a JSON object.
    pub fn settings(&self, json: &str) {
        STATE.with_borrow_mut(|state| state.settings = Some(json.to_owned()));
    }

    /// Grants the secret `name` and gives it a value.
    pub fn secret(&self, name: &str, value: &str) {
        STATE.with_borrow_mut(|state| state.secrets.insert(name.to_owned(), Some(value.to_owned())));
    }

    /// Grants the secret `name`, which has no value.
    pub fn secret_without_value(&self, name: &str) {
        STATE.with_borrow_mut(|state| state.secrets.insert(name.to_owned(), None));
    }

    /// Answers `method url`. Several answers for the same question are given one after the other; the last one stays.
    /// A question without an answer is [`Error::Refused`], as it is for a host that was not granted.
    pub fn answer(&self, method: Method, url: &str, answer: Answer) {
        STATE.with_borrow_mut(|state| {
            match state.answers.iter_mut().find(|(known, at, _)| *known == method && at == url) {
                Some((_, _, answers)) => answers.push_back(answer),
                None => state.answers.push((method, url.to_owned(), VecDeque::from([answer]))),
            }
        });
    }

    /// The requests that were sent so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        STATE.with_borrow(|state| state.requests.clone())
    }

    /// The requests that were sent so far as `GET https://example.com/`, in order.
    #[must_use]
    pub fn request_lines(&self) -> Vec<String> {
        self.requests().iter().map(|request| format!("{} {}", request.method, request.url)).collect()
    }

    /// The log as `info: message`, in order.
    #[must_use]
    pub fn log_lines(&self) -> Vec<String> {
        STATE.with_borrow(|state| state.log.iter().map(|(level, line)| format!("{}: {line}", name(*level))).collect())
    }
}

impl Default for Host {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        STATE.take();
    }
}

impl Answer {
    /// An answer with this status, without header fields and body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self(Ok(Response { status, headers: Vec::new(), body: Vec::new() }))
    }

    /// No answer.
    #[must_use]
    pub fn error(error: Error) -> Self {
        Self(Err(error))
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.0 {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        if let Ok(response) = &mut self.0 {
            response.body = body.into();
        }
        self
    }
}

fn name(level: Level) -> &'static str {
    match level {
        Level::Trace => "trace",
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

pub(crate) fn write_log(level: Level, message: &str) {
    STATE.with_borrow_mut(|state| state.log.push((level, message.to_owned())));
}

pub(crate) fn settings() -> String {
    STATE.with_borrow(|state| state.settings.clone().unwrap_or_else(|| "{}".to_owned()))
}

pub(crate) fn secret(name: &str) -> Result<Secret, SecretError> {
    STATE.with_borrow(|state| match state.secrets.get(name) {
        None => Err(SecretError::NotGranted),
        Some(None) => Err(SecretError::NotSet),
        Some(Some(value)) => Ok(Secret::new(value.clone())),
    })
}

pub(crate) fn send(request: &Request, url: &Url) -> Result<Response, Error> {
    let answer = STATE.with_borrow_mut(|state| {
        state.requests.push(request.clone());
        let (_, _, answers) =
            state.answers.iter_mut().find(|(method, at, _)| *method == request.method && *at == request.url)?;
        if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() }
    });
    let Some(Answer(answer)) = answer else { return Err(Error::Refused { host: url.authority.clone() }) };
    let mut response = answer?;
    if request.method == Method::Head {
        response.body.clear();
    }
    let limit = request.body_limit(response.status);
    if response.body.len() > limit.bytes() {
        response.body = limit.cut(response.body)?;
    }
    Ok(response)
}
