//! Answers the `401` of a registry, so that no plugin ever sees credentials or tokens.
//!
//! Tokens follow the Distribution project's token specification: the registry names realm, service and scope, the token
//! server gives a token for them. Where it is known which repositories will be read, one token is asked for several of
//! them, and a repository that is refused with it gets one of its own.

mod companions;
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
use companions::{Announced, Companions, scope_of};
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
    announced: Mutex<Announced>,
    /// Of this process alone, so that a fingerprint says nothing to anybody else.
    fingerprints: RandomState,
}

impl Authentication {
    fn companions<T>(&self, registry: &RegistryGrant, look: impl FnOnce(&mut Companions) -> T) -> Option<T> {
        let mut announced = self.announced.lock().unwrap_or_else(PoisonError::into_inner);
        announced.get_mut(&registry.origin).map(look)
    }

    /// What the registry was seen to want of this repository, or else of one that was announced with it.
    fn remembered(&self, registry: &RegistryGrant, reach: Reach) -> Option<Challenge> {
        let seen = (registry.origin.clone(), registry.repository.clone());
        get(&self.challenges, &seen).or_else(|| match reach {
            Reach::Repository => self.companions(registry, |them| them.challenge(&registry.repository)).flatten(),
            Reach::Beyond => None,
        })
    }

    fn remember(&self, registry: &RegistryGrant, challenge: Challenge) {
        self.companions(registry, |them| them.told(&challenge));
        put(&self.challenges, (registry.origin.clone(), registry.repository.clone()), challenge);
    }

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
    /// One scope or several, with a space between them.
    scope: Arc<str>,
    user: Option<String>,
    /// Of the password or identity token: a new one under the same name does not get what the old one got.
    fingerprint: Option<u64>,
}

/// How far a request reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// It is about the repository of the call, so that a token may be good for more than that.
    Repository,
    /// It may be about others, so that its token must not be.
    Beyond,
}

impl Reach {
    fn of(outgoing: &Outgoing, registry: &RegistryGrant) -> Self {
        if is_of_repository(outgoing, registry) { Self::Repository } else { Self::Beyond }
    }
}

impl Egress {
    /// Says which repositories of the registry at `origin` will be read soon, so that one token can be asked for several of
    /// them. Takes the place of what was said of it before.
    pub fn announce(&self, origin: &Origin, repositories: Vec<String>) {
        let mut announced = self.authentication.announced.lock().unwrap_or_else(PoisonError::into_inner);
        if announced.len() >= CACHE_MAX_ENTRIES && !announced.contains_key(origin) {
            announced.clear();
        }
        announced.insert(origin.clone(), Companions::of(repositories));
    }

    /// Sends to the registry that a call is about.
    pub(crate) async fn send_to_registry(
        &self,
        outgoing: &Outgoing,
        registry: &RegistryGrant,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let (response, sent_with) = self.send_once_or_twice(outgoing, registry, scope).await?;
        // Registries say in three ways that a token is not good for something.
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
        if sent_with != SentWith::SharedToken || !refused.contains(&response.status()) {
            return Ok(response);
        }
        drop(response);
        self.authentication.companions(registry, |them| them.leave(&registry.repository));
        Ok(self.send_once_or_twice(outgoing, registry, scope).await?.0)
    }

    /// Sends, and again if the registry wants to know who asks.
    async fn send_once_or_twice(
        &self,
        outgoing: &Outgoing,
        registry: &RegistryGrant,
        scope: &Arc<CallScope>,
    ) -> Result<(http::Response<ResponseBody>, SentWith), EgressError> {
        let reach = Reach::of(outgoing, registry);
        let remembered = self.authentication.remembered(registry, reach);
        let mut sent_with = SentWith::NothingShared;
        let first = match &remembered {
            Some(challenge) => match self.authorization(challenge, registry, reach, scope, None).await {
                Ok(Authorization::Send(header, with)) => {
                    sent_with = with;
                    Some(header)
                }
                Ok(Authorization::NoneBetter) => None,
                Ok(Authorization::Later(wait)) => return Ok(self.token_server_closed(wait, outgoing, scope)),
                // The registry may have another token server by now: it is asked anew.
                Err(_) => None,
            },
            None => None,
        };
        let answer = self.exchange(outgoing, first.as_ref(), scope).await?;
        if answer.response.status() != StatusCode::UNAUTHORIZED {
            return Ok((self.hand_over(answer, &outgoing.origin, scope), sent_with));
        }
        let of_harbor = harbor::unspoken_challenge(outgoing.url.path(), &registry.repository);
        let is_of_harbor = of_harbor.is_some();
        let unspoken = || self.unspoken_challenge(outgoing, registry, answer.response.headers());
        let challenge = challenge::choose(answer.response.headers()).or(of_harbor).or_else(unspoken);
        // Read now: nothing may hold a place while it waits for a token.
        let refusal = Refusal::read(answer).await;
        let Some(challenge) = challenge else {
            return Ok((refusal.into_response(scope), sent_with));
        };
        let (second, sent_with) = match self.authorization(&challenge, registry, reach, scope, first.as_ref()).await? {
            Authorization::Send(header, with) => (header, with),
            Authorization::NoneBetter => return Ok((refusal.into_response(scope), sent_with)),
            Authorization::Later(wait) => return Ok(self.token_server_closed(wait, outgoing, scope)),
        };
        let answer = self.exchange(outgoing, Some(&second), scope).await?;
        if answer.response.status() == StatusCode::UNAUTHORIZED {
            self.authentication.forget(&second);
        } else if remembered.as_ref() != Some(&challenge) && !is_of_harbor {
            self.authentication.remember(registry, challenge);
        }
        Ok((self.hand_over(answer, &outgoing.origin, scope), sent_with))
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
    ) -> (http::Response<ResponseBody>, SentWith) {
        let answer = retry::left_alone(&format!("the token server of {}", outgoing.origin.authority()), wait);
        (self.hand_over(answer, &outgoing.origin, scope), SentWith::NothingShared)
    }

    /// What to send for `challenge`, after `refused` was refused.
    async fn authorization(
        &self,
        challenge: &Challenge,
        registry: &RegistryGrant,
        reach: Reach,
        scope: &CallScope,
        refused: Option<&HeaderValue>,
    ) -> Result<Authorization, EgressError> {
        let login = self.credentials.login(&registry.credentials_name).await?;
        match challenge {
            Challenge::Basic => {
                let basic = login.as_ref().and_then(basic);
                Ok(Authorization::of(basic.filter(|basic| Some(basic) != refused)))
            }
            Challenge::Bearer(bearer) => self.bearer(bearer, registry, reach, scope, login.as_ref(), refused).await,
        }
    }

    async fn bearer(
        &self,
        challenge: &BearerChallenge,
        registry: &RegistryGrant,
        reach: Reach,
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
        let mut key = TokenKey {
            realm,
            service: challenge.service.clone(),
            // Whatever the challenge asks for: a call reads its repository, and its own token is good for nothing else.
            scope: scope_of(&registry.repository).into(),
            registry: registry.origin.clone(),
            user: login.map(|login| login.user().to_owned()),
            fingerprint: login.map(|login| self.authentication.fingerprints.hash_one(login.secret().expose())),
        };
        if let Some(shared) = self.shared_scope(registry, reach) {
            let own = std::mem::replace(&mut key.scope, shared);
            match self.token(&key, registry, login, scope, refused).await {
                Ok(Asked::Given(token)) => return Ok(Authorization::Send(token.header, SentWith::SharedToken)),
                Ok(Asked::Later(wait)) => return Ok(Authorization::Later(wait)),
                // Not every token server takes several scopes, and one repository may spoil it for the others.
                Ok(Asked::Refused) | Err(EgressError::TokenServer { .. }) => {
                    self.authentication.companions(registry, |them| them.part(&key.scope));
                }
                Err(error) => return Err(error),
            }
            key.scope = own;
        }
        Ok(match self.token(&key, registry, login, scope, refused).await? {
            Asked::Given(token) => Authorization::Send(token.header, SentWith::NothingShared),
            Asked::Refused => Authorization::NoneBetter,
            Asked::Later(wait) => Authorization::Later(wait),
        })
    }

    /// What a token is asked for that several repositories share.
    fn shared_scope(&self, registry: &RegistryGrant, reach: Reach) -> Option<Arc<str>> {
        match reach {
            Reach::Repository => {
                self.authentication.companions(registry, |them| them.scope(&registry.repository)).flatten()
            }
            Reach::Beyond => None,
        }
    }

    /// The token for `key`: the one that is known, unless it was refused, or a new one.
    async fn token(
        &self,
        key: &TokenKey,
        registry: &RegistryGrant,
        login: Option<&Login>,
        scope: &CallScope,
        refused: Option<&HeaderValue>,
    ) -> Result<Asked, EgressError> {
        let slot = get_or_default(&self.authentication.tokens, key);
        let mut slot = slot.lock().await;
        let usable = |token: &&Token| Instant::now() < token.good_until && Some(&token.header) != refused;
        if let Some(token) = slot.as_ref().filter(usable) {
            return Ok(Asked::Given(token.clone()));
        }
        *slot = None;
        let asked = self.ask_for_token(key, registry, login, scope).await?;
        if let Asked::Given(token) = &asked {
            *slot = Some(token.clone());
        }
        Ok(asked)
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
    Send(HeaderValue, SentWith),
    /// There is nothing better than what was refused.
    NoneBetter,
    /// The token server is left alone for that long.
    Later(Duration),
}

impl Authorization {
    fn of(header: Option<HeaderValue>) -> Self {
        header.map_or(Self::NoneBetter, |header| Self::Send(header, SentWith::NothingShared))
    }
}

/// Whether what was sent is for this repository alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SentWith {
    /// No token, or one for this repository.
    NothingShared,
    /// A token for several repositories, which need not be good for this one.
    SharedToken,
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
