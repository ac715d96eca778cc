//! Identical questions that are asked at the same time are sent once.
//!
//! Whoever comes first asks and reads the answer to its end; whoever comes meanwhile gets the same one. An answer that is
//! too large to be kept for others, and a failure that is the first one's own, are nobody else's.

use crate::body::ResponseBody;
use crate::client::{Egress, Outgoing};
use crate::error::EgressError;
use crate::grant::{CallScope, Grant};
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use url::Url;

/// Largest body that is read for others, in bytes: a manifest has some kilobytes, a page of a tag list some ten.
const SHARED_BODY_MAX_BYTES: usize = 1024 * 1024;

/// Questions that are on their way.
#[derive(Debug, Default)]
pub(crate) struct Flights(Mutex<HashMap<Arc<Question>, watch::Receiver<Option<Landing>>>>);

/// All that an answer depends on: what is asked, and what whoever asks may reach and with which login.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    method: Method,
    url: Url,
    headers: Vec<(HeaderName, HeaderValue)>,
    grant: Grant,
}

/// How a question ended.
#[derive(Clone, Debug)]
enum Landing {
    Answered(Arc<Shared>),
    Failed(EgressError),
    /// Whoever asked went away, or failed by its own doing.
    Abandoned,
    /// The answer is too large to be kept.
    TooLarge,
}

/// An answer that was read.
#[derive(Debug)]
struct Shared {
    status: StatusCode,
    version: http::Version,
    headers: HeaderMap,
    body: Bytes,
    /// Why it ends there, if that is not its end.
    broken: Option<EgressError>,
}

/// A question that its holder asks. Those who wait learn it if the holder goes away.
#[derive(Debug)]
struct Flight {
    flights: Arc<Flights>,
    question: Arc<Question>,
    landing: watch::Sender<Option<Landing>>,
}

enum Role {
    First(Flight),
    Further(watch::Receiver<Option<Landing>>),
}

impl Question {
    /// Absent for what is never the same twice.
    pub(crate) fn of(outgoing: &Outgoing, grant: &Grant) -> Option<Arc<Self>> {
        let is_read = matches!(outgoing.method, Method::GET | Method::HEAD) && outgoing.body.is_empty();
        let question = || Self {
            method: outgoing.method.clone(),
            url: outgoing.url.clone(),
            headers: outgoing.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            grant: grant.clone(),
        };
        is_read.then(|| Arc::new(question()))
    }
}

impl Egress {
    /// Has `outgoing` asked, unless the same is on its way already.
    pub(crate) async fn ask_once(
        &self,
        outgoing: Outgoing,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let Some(question) = Question::of(&outgoing, &scope.grant) else {
            return self.ask(outgoing, scope).await;
        };
        loop {
            let waiting = match Flights::join(&self.flights, &question) {
                Role::First(flight) => {
                    let answered = self.ask(outgoing, scope).await;
                    return flight.land_with(answered, scope).await;
                }
                Role::Further(waiting) => waiting,
            };
            match end_of(waiting).await {
                Landing::Answered(shared) => {
                    self.count_shared();
                    return Ok(shared.response(scope));
                }
                Landing::Failed(error) => {
                    self.count_shared();
                    return Err(error);
                }
                Landing::Abandoned => {}
                Landing::TooLarge => return self.ask(outgoing, scope).await,
            }
        }
    }
}

impl Flights {
    fn join(self: &Arc<Self>, question: &Arc<Question>) -> Role {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = open.get(question) {
            return Role::Further(waiting.clone());
        }
        let (landing, waiting) = watch::channel(None);
        open.insert(Arc::clone(question), waiting);
        Role::First(Flight { flights: Arc::clone(self), question: Arc::clone(question), landing })
    }
}

async fn end_of(mut waiting: watch::Receiver<Option<Landing>>) -> Landing {
    match waiting.wait_for(Option::is_some).await {
        Ok(landing) => landing.clone().unwrap_or(Landing::Abandoned),
        // Without a word: whoever asked is gone.
        Err(_) => Landing::Abandoned,
    }
}

impl Flight {
    /// Reads the answer, lets those who wait have it, and gives it to whoever asked.
    async fn land_with(
        self,
        answered: Result<http::Response<ResponseBody>, EgressError>,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let (parts, mut body) = match answered {
            Ok(response) => response.into_parts(),
            Err(error) => {
                self.land(if error.is_of_the_host() { Landing::Failed(error.clone()) } else { Landing::Abandoned });
                return Err(error);
            }
        };
        let mut read = BytesMut::new();
        let broken = loop {
            match body.next_chunk().await {
                None => break None,
                Some(Err(error)) => break Some(error),
                Some(Ok(chunk)) => read.extend_from_slice(&chunk),
            }
            if read.len() > SHARED_BODY_MAX_BYTES {
                self.land(Landing::TooLarge);
                return Ok(http::Response::from_parts(parts, body.after(read.freeze())));
            }
        };
        let bytes = read.freeze();
        let own = ResponseBody::read(bytes.clone(), broken.clone(), Arc::clone(scope));
        let headers = parts.headers.clone();
        let (status, version) = (parts.status, parts.version);
        self.land(match broken {
            Some(error) if !error.is_of_the_host() => Landing::Abandoned,
            broken => Landing::Answered(Arc::new(Shared { status, version, headers, body: bytes, broken })),
        });
        Ok(http::Response::from_parts(parts, own))
    }

    fn land(self, landing: Landing) {
        self.landing.send_replace(Some(landing));
    }
}

impl Drop for Flight {
    /// From now on the question is a new one; those who wait keep what they were told.
    fn drop(&mut self) {
        self.flights.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.question);
    }
}

impl Shared {
    fn response(&self, scope: &Arc<CallScope>) -> http::Response<ResponseBody> {
        let body = ResponseBody::buffered(self.body.clone(), self.broken.clone(), Arc::clone(scope));
        let mut response = http::Response::new(body);
        *response.status_mut() = self.status;
        *response.version_mut() = self.version;
        *response.headers_mut() = self.headers.clone();
        response
    }
}
