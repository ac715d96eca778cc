use crate::authentication::Authentication;
use crate::authorities::{Authorities, Clients};
use crate::body::{Permits, ResponseBody};
use crate::docker_config::DockerConfig;
use crate::endpoint::{self, ParseRegistryError, RegistryEndpoint, RegistryOverride};
use crate::error::{ConnectFailure, EgressBuildError, EgressError, ProxyFailure};
use crate::flights::Flights;
use crate::grant::{CallScope, RegistryGrant};
use crate::harbor;
use crate::hosts::{Hosts, RateBudget};
use crate::origin::Origin;
use crate::proxies::{Proxies, Proxy};
use crate::response_cache::{ResponseCache, ResponseCacheConfig};
use crate::retry::RetryLimits;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    PROXY_AUTHORIZATION, RANGE, USER_AGENT,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};
use tokio::sync::Semaphore;
use url::Url;

/// What [`Egress`] is made of.
#[derive(Debug, Default)]
pub struct EgressConfig {
    /// What the admin configured for registries, by their names in image references.
    pub registries: BTreeMap<String, RegistryOverride>,
    /// Credentials for registries.
    pub credentials: Arc<DockerConfig>,
    /// Certificate authorities that are trusted beside the system's own.
    pub authorities: Authorities,
    /// Through which proxies hosts are asked.
    pub proxies: Proxies,
    /// Where answers are kept. Absent: nowhere.
    pub cache: Option<ResponseCacheConfig>,
    /// Timeouts and sizes.
    pub limits: EgressLimits,
}

/// Limits that hold for every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EgressLimits {
    /// How long a connection may take to be made.
    pub connect_timeout: Duration,
    /// How long an answer's head may take.
    pub response_timeout: Duration,
    /// How long an answer's body may stand still.
    pub idle_timeout: Duration,
    /// How long an answer's body is waited for in all. A registry that sends a byte now and then is given up before the call
    /// of the plugin that reads it comes to its deadline.
    pub body_timeout: Duration,
    /// How long an answer's body may lie unread before its connection is given up: others wait for its place.
    pub unread_timeout: Duration,
    /// Requests to one host at the same time; more wait.
    pub concurrency_per_host: usize,
    /// Requests to all hosts at the same time; more wait.
    pub concurrency: usize,
    /// Largest body of a request, in bytes: it is kept until a registry's `401` is answered.
    pub request_body_max_bytes: usize,
    /// When a request is sent again.
    pub retry: RetryLimits,
}

impl Default for EgressLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            response_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(15),
            body_timeout: Duration::from_secs(20),
            unread_timeout: Duration::from_secs(10),
            concurrency_per_host: 8,
            concurrency: 64,
            request_body_max_bytes: 1024 * 1024,
            retry: RetryLimits::default(),
        }
    }
}

/// Sends requests for plugins.
#[derive(Debug)]
pub struct Egress {
    pub(crate) authentication: Authentication,
    pub(crate) credentials: Arc<DockerConfig>,
    clients: Arc<Clients>,
    proxies: Arc<Proxies>,
    registries: BTreeMap<String, RegistryOverride>,
    insecure: Vec<Origin>,
    pub(crate) limits: EgressLimits,
    pub(crate) hosts: Hosts,
    pub(crate) cache: Option<Arc<ResponseCache>>,
    pub(crate) from_cache: AtomicU64,
    pub(crate) flights: Arc<Flights>,
    shared: AtomicU64,
    of_all: Arc<Semaphore>,
    sent: AtomicU64,
}

/// A request that may be sent more than once.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    /// The registry for which a token server is asked.
    pub(crate) on_behalf_of: Option<Origin>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// An answer whose body is still to be read.
pub(crate) struct Answer {
    pub(crate) response: reqwest::Response,
    /// Absent if there is no connection behind it.
    pub(crate) permits: Option<Permits>,
}

/// Chooses the cryptography for every TLS connection of this process, if nobody has yet.
pub fn set_up_tls() {
    // Fails if there is a provider already, which will do as well.
    drop(rustls::crypto::ring::default_provider().install_default());
}

impl Egress {
    /// Sets up the connection pool.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up: the system has no root certificates.
    pub fn new(config: EgressConfig) -> Result<Self, EgressBuildError> {
        set_up_tls();
        let limits = config.limits;
        let builder = move || {
            reqwest::Client::builder()
                .user_agent(concat!("dockrev/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(limits.connect_timeout)
                .read_timeout(limits.idle_timeout)
        };
        let build_error = |error: reqwest::Error| EgressBuildError { reason: whole_chain(&error) };
        let located = |name: &String| endpoint::locate(name, &config.registries).ok();
        let files = config.authorities.files.iter();
        let files = files.filter_map(|(name, path)| Some((located(name)?.origin, path.clone()))).collect();
        let proxies = Arc::new(config.proxies);
        let clients = Clients::new(builder, &proxies, config.authorities.folders, files).map_err(build_error)?;
        Ok(Self {
            clients: Arc::new(clients),
            proxies,
            authentication: Authentication::default(),
            credentials: config.credentials,
            insecure: endpoint::insecure_origins(&config.registries),
            registries: config.registries,
            limits,
            of_all: Arc::new(Semaphore::new(limits.concurrency)),
            hosts: Hosts::new(limits.concurrency_per_host),
            cache: config.cache.map(|cache| Arc::new(ResponseCache::new(cache))),
            from_cache: AtomicU64::new(0),
            flights: Arc::default(),
            shared: AtomicU64::new(0),
            sent: AtomicU64::new(0),
        })
    }

    /// Where `registry` is reached.
    ///
    /// # Errors
    ///
    /// When `registry` is no registry.
    pub fn registry(&self, registry: &str) -> Result<RegistryEndpoint, ParseRegistryError> {
        endpoint::locate(registry, &self.registries)
    }

    /// Largest body of a request, in bytes.
    #[must_use]
    pub fn request_body_max_bytes(&self) -> usize {
        self.limits.request_body_max_bytes
    }

    /// How many requests were sent so far, those to token servers included.
    #[must_use]
    pub fn requests_sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// How many answers came from the cache so far, some of them without any request.
    #[must_use]
    pub fn answered_from_cache(&self) -> u64 {
        self.from_cache.load(Ordering::Relaxed)
    }

    /// How many questions were answered so far with the answer to an identical one that was on its way.
    #[must_use]
    pub fn answered_with_another(&self) -> u64 {
        self.shared.load(Ordering::Relaxed)
    }

    pub(crate) fn count_shared(&self) {
        self.shared.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests were sent to each host so far, by `host` or `host:port`.
    #[must_use]
    pub fn requests_by_host(&self) -> BTreeMap<String, u64> {
        self.hosts.requests()
    }

    /// How many requests each host still allows, as far as it says so.
    #[must_use]
    pub fn budgets(&self) -> BTreeMap<String, RateBudget> {
        self.hosts.budgets()
    }

    /// The hosts that asked to be left alone, and until when. Their requests are answered with a `429` at once.
    #[must_use]
    pub fn closed_until(&self) -> BTreeMap<String, SystemTime> {
        self.hosts.closed_until()
    }

    /// Sends `request` if `scope` allows it, and answers a `401` of the registry that the call is about.
    ///
    /// A redirect is an answer like any other: the plugin asks for the next hop itself.
    ///
    /// # Errors
    ///
    /// When it was not sent, or has no answer.
    pub async fn send(
        &self,
        request: http::Request<Bytes>,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let sent = self.send_unnoted(request, scope).await;
        scope.remember(sent.as_ref().err());
        sent
    }

    async fn send_unnoted(
        &self,
        request: http::Request<Bytes>,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        scope.budget.take_request().map_err(EgressError::OverBudget)?;
        let mut outgoing = self.check(request, scope)?;
        if scope.grant.registry_at(&outgoing.origin).is_none() {
            return self.ask(outgoing, scope).await;
        }
        outgoing.headers = only_harmless(&outgoing.headers);
        self.ask_once(outgoing, scope).await
    }

    /// Asks, whoever else asks the same.
    pub(crate) async fn ask(
        &self,
        outgoing: Outgoing,
        scope: &Arc<CallScope>,
    ) -> Result<http::Response<ResponseBody>, EgressError> {
        let registry = scope.grant.registry_at(&outgoing.origin).cloned();
        match registry.filter(|registry| may_be_answered_for(&outgoing, registry)) {
            Some(registry) => self.ask_registry(outgoing, &registry, scope).await,
            None => {
                let answer = self.exchange(&outgoing, None, scope).await?;
                Ok(self.hand_over(answer, &outgoing.origin, scope))
            }
        }
    }

    fn check(&self, request: http::Request<Bytes>, scope: &CallScope) -> Result<Outgoing, EgressError> {
        let (parts, body) = request.into_parts();
        let url: Url = parts.uri.to_string().parse().map_err(|_| EgressError::InvalidUrl)?;
        let origin = Origin::of(&url).ok_or(EgressError::InvalidUrl)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EgressError::InvalidUrl);
        }
        if !scope.grant.allows(&origin) {
            return Err(EgressError::HostNotGranted { host: origin.authority() });
        }
        if origin.is_plain() && !self.may_be_plain(&origin) && !scope.grant.plain.contains(&origin) {
            return Err(EgressError::PlainHttpRefused { host: origin.authority() });
        }
        let max_bytes = self.limits.request_body_max_bytes;
        if body.len() > max_bytes {
            return Err(EgressError::RequestTooLarge { host: origin.authority(), max_bytes });
        }
        scope.budget.take_bytes(body.len()).map_err(EgressError::OverBudget)?;
        let mut headers = parts.headers;
        // Both follow from the URL and the body.
        headers.remove(HOST);
        headers.remove(CONTENT_LENGTH);
        // Who asks a proxy is no plugin's business.
        headers.remove(PROXY_AUTHORIZATION);
        Ok(Outgoing { method: parts.method, url, origin, on_behalf_of: None, headers, body })
    }

    /// Whether the admin allowed plain HTTP there, or it stays on this machine.
    pub(crate) fn may_be_plain(&self, origin: &Origin) -> bool {
        origin.is_loopback() || self.insecure.contains(origin)
    }

    /// Sends once and waits for the head of the answer.
    pub(crate) async fn exchange_once(
        &self,
        outgoing: &Outgoing,
        authorization: Option<&HeaderValue>,
    ) -> Result<Answer, EgressError> {
        let host = outgoing.origin.authority();
        let permits = self.permits(&host).await;
        let mut headers = outgoing.headers.clone();
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let client = self.clients.client_for(&outgoing.origin, outgoing.on_behalf_of.as_ref()).await;
        let tls_failed = |reason| EgressError::Connect { host: host.clone(), failure: ConnectFailure::Tls, reason };
        let client = client.map_err(tls_failed)?;
        let mut request = client.request(outgoing.method.clone(), outgoing.url.clone()).headers(headers);
        if !outgoing.body.is_empty() {
            request = request.body(outgoing.body.clone());
        }
        self.sent.fetch_add(1, Ordering::Relaxed);
        self.hosts.count_request(&host);
        let timeout = self.limits.response_timeout;
        let proxy = self.proxies.on_the_way_to(&outgoing.origin);
        match tokio::time::timeout(timeout, request.send()).await {
            Ok(Ok(response)) => {
                if let Some(proxy) = proxy.filter(|_| response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED) {
                    return Err(EgressError::of_proxy(&host, proxy, ProxyFailure::Login));
                }
                self.hosts.note_budget(&host, response.headers(), SystemTime::now());
                Ok(Answer { response, permits: Some(permits) })
            }
            Ok(Err(error)) => Err(self.unsent(outgoing, proxy, &error)),
            Err(_) => Err(EgressError::TimedOut { host, timeout }),
        }
    }

    pub(crate) fn hand_over(
        &self,
        answer: Answer,
        origin: &Origin,
        scope: &Arc<CallScope>,
    ) -> http::Response<ResponseBody> {
        let (parts, body) = http::Response::<reqwest::Body>::from(answer.response).into_parts();
        let scope = Arc::clone(scope);
        let body = ResponseBody::streamed(body, answer.permits, scope, origin.authority(), &self.limits);
        http::Response::from_parts(parts, body)
    }

    pub(crate) fn idle_timeout(&self) -> Duration {
        self.limits.idle_timeout
    }

    fn unsent(&self, outgoing: &Outgoing, proxy: Option<&Proxy>, error: &reqwest::Error) -> EgressError {
        let host = outgoing.origin.authority();
        match proxy.and_then(|proxy| Some((proxy, ProxyFailure::of(error, &outgoing.origin)?))) {
            Some((proxy, failure)) => EgressError::of_proxy(&host, proxy, failure),
            None => EgressError::of_transport(&host, self.timeout_of(error), error),
        }
    }

    fn timeout_of(&self, error: &reqwest::Error) -> Duration {
        if error.is_connect() { self.limits.connect_timeout } else { self.limits.idle_timeout }
    }

    /// Waits for a place. First the host's, so that one slow host cannot take the places of all others.
    async fn permits(&self, host: &str) -> Permits {
        let of_host = self.hosts.places(host);
        Permits { _of_host: acquire(of_host).await, _of_all: acquire(Arc::clone(&self.of_all)).await }
    }
}

async fn acquire(semaphore: Arc<Semaphore>) -> tokio::sync::OwnedSemaphorePermit {
    match semaphore.acquire_owned().await {
        Ok(permit) => permit,
        Err(_) => unreachable!("nobody closes these semaphores"),
    }
}

fn whole_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// Fields that a plugin may send to a registry. Others could make the registry, or a proxy before it, name a token server
/// of the plugin's choice in its challenge.
fn only_harmless(headers: &HeaderMap) -> HeaderMap {
    const HARMLESS: [HeaderName; 6] = [ACCEPT, ACCEPT_ENCODING, IF_MODIFIED_SINCE, IF_NONE_MATCH, RANGE, USER_AGENT];
    let kept = headers.iter().filter(|(name, _)| HARMLESS.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether a `401` to this request is answered: only to reading what the call is about. A plugin must not push with the
/// admin's login, nor have a token server's answer, which is a secret itself.
fn may_be_answered_for(outgoing: &Outgoing, registry: &RegistryGrant) -> bool {
    let path = outgoing.url.path();
    let is_read = outgoing.method == Method::GET || outgoing.method == Method::HEAD;
    is_read
        && (is_of_repository(outgoing, registry)
            || path.ends_with("/v2/")
            || harbor::is_about(path, &registry.repository))
}

/// Whether it is about something in the repository of the call.
pub(crate) fn is_of_repository(outgoing: &Outgoing, registry: &RegistryGrant) -> bool {
    outgoing.url.path().contains(&format!("/v2/{}/", registry.repository))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::BudgetLimits;
    use crate::grant::Grant;

    /// Whether a request to `url` would be sent, for a plugin whose settings name `named`.
    fn may_send(url: &str, named: &str) -> bool {
        let origin = Origin::of(&named.parse().unwrap()).unwrap();
        let plain = if origin.is_plain() { vec![origin] } else { Vec::new() };
        let grant = Grant { hosts: vec!["hooks.lan".parse().unwrap()], plain, registry: None };
        let request = http::Request::builder().uri(url).body(Bytes::new()).unwrap();
        let egress = Egress::new(EgressConfig::default()).unwrap();
        egress.check(request, &CallScope::new(grant, BudgetLimits::default())).is_ok()
    }

    #[test]
    fn plain_http_is_spoken_where_the_admin_wrote_it() {
        assert!(may_send("http://hooks.lan/x", "http://hooks.lan/x"));
        assert!(may_send("https://hooks.lan/x", "https://hooks.lan/x"));
        assert!(!may_send("http://hooks.lan/x", "https://hooks.lan/x"));
        assert!(!may_send("http://hooks.lan:8080/x", "http://hooks.lan/x"));
    }
}
