//! Answers the `401` of a registry, so that no plugin ever sees credentials or tokens.
//!
//! Tokens follow the Distribution project's token specification: the registry names realm, service and scope, the token
//! server gives a token for them.

mod token;

use crate::body::ResponseBody;
use crate::challenge::{self, BearerChallenge, Challenge};
use crate::client::{Answer, Egress, Outgoing, is_of_repository};
use crate::docker_config::Login;
use crate::error::EgressError;
use crate::grant::{CallScope, RegistryGrant};
use crate::harbor;
use crate::origin::Origin;
use crate::realm::{self, Realm};
use crate::retry;
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use token::{Token, understand};
use url::Url;

/// Largest answer of a token server that is read, in bytes. A hostile one must not fill our memory.
const TOKEN_BODY_MAX_BYTES: usize = 64 * 1024;
/// How much of a `401`'s body is kept for the plugin, in bytes: error messages are short.
const REFUSAL_BODY_MAX_BYTES: usize = 16 * 1024;
/// Tokens and challenges that are kept before old ones are thrown away.
const CACHE_MAX_ENTRIES: usize = 4096;

/// How this client is called where a token server wants a name.
const TOKEN_CLIENT_ID: &str = "dockrev";
/// Media type of an OAuth 2.0 request.
const FORM_MEDIA_TYPE: &str = "application/x-www-form-urlencoded";

/// Tokens, and what registries were seen to want.
#[derive(Debug, Default)]
pub(crate) struct Authentication {
    /// Per repository, so that its next request carries what it needs at once.
    challenges: Mutex<HashMap<(Origin, String), Challenge>>,
    /// The inner lock is held while a token is asked for: whoever comes meanwhile waits for the same one.
    tokens: Mutex<HashMap<TokenKey, Arc<tokio::sync::Mutex<Option<Token>>>>>,
    /// Of this process alone, so that a fingerprint says nothing to anybody else.
    fingerprints: RandomState,
}

impl Authentication {
    /// Throws away the token behind `header`, if it is one: a registry refused it.
    fn forget(&self, header: &HeaderValue) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, slot| match slot.try_lock() {
            Ok(token) => token.as_ref().is_none_or(|token| token.header != *header),
            // Somebody is asking for a new one.
            Err(_) => true,
        });
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TokenKey {
    /// A token of one registry is not shown to another that names the same token server.
    registry: Origin,
    realm: Url,
    service: Option<String>,
    scope: String,
    user: Option<String>,
    /// Of the password or identity token: a new one under the same name does not get what the old one got.
    fingerprint: Option<u64>,
}

impl Egress {
    /// Sends to the registry that a call is about.
    pub(crate) async fn send_to_registry(
        &self,
        outgoing: &Outgoing,
        registry: &RegistryGrant,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let seen = (registry.origin.clone(), registry.repository.clone());
        let remembered = get(&self.authentication.challenges, &seen);
        let first = match &remembered {
            Some(challenge) => match self.authorization(challenge, registry, scope, None).await {
                Ok(Authorization::Send(header)) => Some(header),
                Ok(Authorization::NoneBetter) => None,
                Ok(Authorization::Later(wait)) => return Ok(self.token_server_closed(wait, outgoing, scope)),
                // The registry may have another token server by now: it is asked anew.
                Err(_) => None,
            },
            None => None,
        };
        let answer = self.exchange(outgoing, first.as_ref(), scope).await?;
        if answer.response.status() != StatusCode::UNAUTHORIZED {
            return Ok(self.hand_over(answer, &outgoing.origin, scope));
        }
        let of_harbor = harbor::unspoken_challenge(outgoing.url.path(), &registry.repository);
        let is_of_harbor = of_harbor.is_some();
        let unspoken = || self.unspoken_challenge(outgoing, registry, answer.response.headers());
        let challenge = challenge::choose(answer.response.headers()).or(of_harbor).or_else(unspoken);
        // Read now: nothing may hold a place while it waits for a token.
        let refusal = Refusal::read(answer).await;
        let Some(challenge) = challenge else {
            return Ok(refusal.into_response(scope));
        };
        let second = match self.authorization(&challenge, registry, scope, first.as_ref()).await? {
            Authorization::Send(header) => header,
            Authorization::NoneBetter => return Ok(refusal.into_response(scope)),
            Authorization::Later(wait) => return Ok(self.token_server_closed(wait, outgoing, scope)),
        };
        let answer = self.exchange(outgoing, Some(&second), scope).await?;
        if answer.response.status() == StatusCode::UNAUTHORIZED {
            self.authentication.forget(&second);
        } else if remembered.as_ref() != Some(&challenge) && !is_of_harbor {
            put(&self.authentication.challenges, seen, challenge);
        }
        Ok(self.hand_over(answer, &outgoing.origin, scope))
    }

    /// What a registry is taken to want that refuses without any challenge, as some do behind a proxy of their own: a
    /// password, and only where nobody on the way reads it but whom the admin allowed to.
    fn unspoken_challenge(
        &self,
        outgoing: &Outgoing,
        registry: &RegistryGrant,
        headers: &HeaderMap,
    ) -> Option<Challenge> {
        let is_safe = !outgoing.origin.is_plain() || self.may_be_plain(&outgoing.origin);
        let is_silent = !headers.contains_key(WWW_AUTHENTICATE);
        (is_silent && is_safe && is_of_repository(outgoing, registry)).then_some(Challenge::Basic)
    }

    /// The token server wants to be left alone, and without it the registry says nothing either.
    fn token_server_closed(
        &self,
        wait: Duration,
        outgoing: &Outgoing,
        scope: &Arc<CallScope>,
    ) -> http::Response<ResponseBody> {
        let answer = retry::left_alone(&format!("the token server of {}", outgoing.origin.authority()), wait);
        self.hand_over(answer, &outgoing.origin, scope)
    }

    /// What to send for `challenge`, after `refused` was refused.
    async fn authorization(
        &self,
        challenge: &Challenge,
        registry: &RegistryGrant,
        scope: &CallScope,
        refused: Option<&HeaderValue>,
    ) -> Result<Authorization, EgressError> {
        let login = self.credentials.login(&registry.credentials_name).await?;
        match challenge {
            Challenge::Basic => {
                let basic = login.as_ref().and_then(basic);
                Ok(Authorization::of(basic.filter(|basic| Some(basic) != refused)))
            }
            Challenge::Bearer(bearer) => self.bearer(bearer, registry, scope, login.as_ref(), refused).await,
        }
    }

    async fn bearer(
        &self,
        challenge: &BearerChallenge,
        registry: &RegistryGrant,
        scope: &CallScope,
        login: Option<&Login>,
        refused: Option<&HeaderValue>,
    ) -> Result<Authorization, EgressError> {
        let realm = realm::accept(&challenge.realm, registry, &scope.grant)
            .map_err(|realm| EgressError::RealmRefused { registry: registry.origin.authority(), realm })?;
        let (realm, login) = match realm {
            Realm::Trusted(url) => (url, login),
            Realm::Public(url) => (url, None),
        };
        let key = TokenKey {
            realm,
            service: challenge.service.clone(),
            // Whatever the challenge asks for: a call reads its repository, and its token is good for nothing else.
            scope: format!("repository:{}:pull", registry.repository),
            registry: registry.origin.clone(),
            user: login.map(|login| login.user().to_owned()),
            fingerprint: login.map(|login| self.authentication.fingerprints.hash_one(login.secret().expose())),
        };
        let slot = get_or_default(&self.authentication.tokens, &key);
        let mut slot = slot.lock().await;
        let usable = |token: &&Token| Instant::now() < token.good_until && Some(&token.header) != refused;
        if let Some(token) = slot.as_ref().filter(usable) {
            return Ok(Authorization::Send(token.header.clone()));
        }
        *slot = None;
        match self.ask_for_token(&key, registry, login, scope).await? {
            Asked::Given(token) => Ok(Authorization::Send(slot.insert(token).header.clone())),
            Asked::Refused => Ok(Authorization::NoneBetter),
            Asked::Later(wait) => Ok(Authorization::Later(wait)),
        }
    }

    /// Asks the token server. If it refuses, the registry's own refusal says it best.
    async fn ask_for_token(
        &self,
        key: &TokenKey,
        registry: &RegistryGrant,
        login: Option<&Login>,
        scope: &CallScope,
    ) -> Result<Asked, EgressError> {
        let outgoing = match login {
            Some(Login::IdentityToken(token)) => token_post(key, registry, token),
            Some(Login::Password(credentials)) => token_get(key, registry, Some(&credentials.user)),
            None => token_get(key, registry, None),
        };
        let asked_at = Instant::now();
        let answer = self.exchange(&outgoing, login.and_then(basic).as_ref(), scope).await?;
        let host = outgoing.origin.authority();
        let problem = |problem: String| EgressError::TokenServer {
            registry: registry.origin.authority(),
            host: host.clone(),
            problem,
        };
        let status = answer.response.status();
        if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::warn!(registry.host = %registry.origin.authority(), "token server `{host}` gives no token: {status}");
            return Ok(Asked::Refused);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = retry::wait_of(answer.response.headers(), SystemTime::now());
            return Ok(Asked::Later(wait.unwrap_or(self.limits.retry.closed_by_default)));
        }
        if status != StatusCode::OK {
            return Err(problem(format!("answered {status}")));
        }
        let (body, complete) = read_up_to(answer, TOKEN_BODY_MAX_BYTES)
            .await
            .map_err(|error| EgressError::of_transport(&host, self.idle_timeout(), &error))?;
        if !complete {
            return Err(problem(format!("answered with more than {TOKEN_BODY_MAX_BYTES} bytes")));
        }
        let token = understand(&body, asked_at).map_err(|what| problem(what.to_owned()))?;
        Ok(Asked::Given(token))
    }
}

/// What to send to a registry that wants to know who asks.
enum Authorization {
    Send(HeaderValue),
    /// There is nothing better than what was refused.
    NoneBetter,
    /// The token server is left alone for that long.
    Later(Duration),
}

impl Authorization {
    fn of(header: Option<HeaderValue>) -> Self {
        header.map_or(Self::NoneBetter, Self::Send)
    }
}

/// What a token server answered.
enum Asked {
    Given(Token),
    Refused,
    Later(Duration),
}

/// The usual question: everything in the query, credentials in a header field.
fn token_get(key: &TokenKey, registry: &RegistryGrant, user: Option<&str>) -> Outgoing {
    let mut url = key.realm.clone();
    {
        let mut query = url.query_pairs_mut();
        query.extend_pairs(key.service.iter().map(|service| ("service", service)));
        // Several scopes in one challenge are several parameters.
        query.extend_pairs(key.scope.split_ascii_whitespace().map(|scope| ("scope", scope)));
        query.extend_pairs(user.map(|user| ("account", user)));
    }
    token_request(Method::GET, url, registry, HeaderMap::new(), Bytes::new())
}

/// The question with an identity token, which is an OAuth 2.0 refresh token (RFC 6749, section 6).
fn token_post(key: &TokenKey, registry: &RegistryGrant, token: &Secret) -> Outgoing {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "refresh_token");
    form.extend_pairs(key.service.iter().map(|service| ("service", service)));
    form.append_pair("client_id", TOKEN_CLIENT_ID);
    form.append_pair("scope", &key.scope);
    form.append_pair("refresh_token", token.expose());
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(FORM_MEDIA_TYPE))]);
    token_request(Method::POST, key.realm.clone(), registry, headers, form.finish().into())
}

fn token_request(method: Method, url: Url, registry: &RegistryGrant, headers: HeaderMap, body: Bytes) -> Outgoing {
    let Some(origin) = Origin::of(&url) else {
        unreachable!("a realm that was accepted has an origin");
    };
    Outgoing { method, url, origin, on_behalf_of: Some(registry.origin.clone()), headers, body }
}

fn basic(login: &Login) -> Option<HeaderValue> {
    let credentials = match login {
        Login::Password(credentials) => credentials,
        Login::IdentityToken(_) => return None,
    };
    let text = Secret::new(format!("{}:{}", credentials.user, credentials.password.expose()));
    secret_header(&format!("Basic {}", STANDARD.encode(text.expose())))
}

/// A `401` that was read, in case there is nothing to answer it with.
struct Refusal {
    parts: http::response::Parts,
    body: Bytes,
}

impl Refusal {
    async fn read(answer: Answer) -> Self {
        let mut head = http::Response::new(());
        *head.status_mut() = answer.response.status();
        *head.version_mut() = answer.response.version();
        *head.headers_mut() = answer.response.headers().clone();
        let (mut parts, ()) = head.into_parts();
        // What was read may be less than what was announced.
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.remove(TRANSFER_ENCODING);
        let body = read_up_to(answer, REFUSAL_BODY_MAX_BYTES).await.map(|(body, _)| body).unwrap_or_default();
        Self { parts, body }
    }

    fn into_response(self, scope: &Arc<CallScope>) -> http::Response<ResponseBody> {
        http::Response::from_parts(self.parts, ResponseBody::buffered(self.body, None, Arc::clone(scope)))
    }
}

/// Reads at most `max_bytes`, and says whether that was all.
async fn read_up_to(answer: Answer, max_bytes: usize) -> Result<(Bytes, bool), reqwest::Error> {
    let Answer { mut response, permits: _permits } = answer;
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        let room = max_bytes - body.len();
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return Ok((body.freeze(), false));
        }
    }
    Ok((body.freeze(), true))
}

fn get<K: Eq + Hash, V: Clone>(map: &Mutex<HashMap<K, V>>, key: &K) -> Option<V> {
    map.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn put<K: Eq + Hash, V>(map: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= CACHE_MAX_ENTRIES {
        // Everything in it can be found out again.
        map.clear();
    }
    map.insert(key, value);
}

fn get_or_default<K: Eq + Hash + Clone, V: Clone + Default>(map: &Mutex<HashMap<K, V>>, key: &K) -> V {
    let mut map = map.lock().unwrap_or_else(PoisonError::into_inner);
    if map.len() >= CACHE_MAX_ENTRIES && !map.contains_key(key) {
        map.clear();
    }
    map.entry(key.clone()).or_default().clone()
}

fn secret_header(text: &str) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}
