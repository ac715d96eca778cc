use crate::server::Server;
use bytes::Bytes;
use dockrev_core::image::Repository;
use dockrev_egress::{
    BudgetLimits, CallScope, DockerConfig, Egress, EgressConfig, EgressError, EgressLimits, Grant, HostPattern,
};
use http_body_util::BodyExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

/// Docker's configuration with one entry, in a folder that lives as long as it.
pub(crate) struct Credentials {
    folder: TempDir,
    pub(crate) config: Arc<DockerConfig>,
}

impl Credentials {
    /// As a new `docker login` of the same user does it, with another password.
    pub(crate) fn log_in_again(&self, registry: &str) {
        log_in(&self.folder, registry, "dGVzdGVyOmNoYW5nZWQ=");
    }
}

/// Writes Docker's configuration, as `docker login` does.
fn log_in(folder: &TempDir, registry: &str, auth: &str) -> PathBuf {
    let path = folder.path().join("config.json");
    let text = format!(r#"{{"auths": {{"{registry}": {{"auth": "{auth}"}}}}}}"#);
    std::fs::write(&path, text).unwrap();
    path
}

/// `tester` and `s3cret` for `registry`.
pub(crate) fn credentials_for(registry: &str) -> Credentials {
    let folder = tempfile::tempdir().unwrap();
    let path = log_in(&folder, registry, "dGVzdGVyOnMzY3JldA==");
    Credentials { folder, config: Arc::new(DockerConfig::at(path)) }
}

pub(crate) const BASIC: &str = "Basic dGVzdGVyOnMzY3JldA==";

pub(crate) fn egress(credentials: Option<&Credentials>) -> Arc<Egress> {
    with_limits(credentials, EgressLimits::default())
}

pub(crate) fn with_limits(credentials: Option<&Credentials>, limits: EgressLimits) -> Arc<Egress> {
    let credentials = credentials.map(|credentials| Arc::clone(&credentials.config)).unwrap_or_default();
    Arc::new(Egress::new(EgressConfig { credentials, limits, ..EgressConfig::default() }).unwrap())
}

pub(crate) fn short_timeouts() -> EgressLimits {
    let timeout = Duration::from_millis(200);
    EgressLimits {
        connect_timeout: timeout,
        response_timeout: timeout,
        idle_timeout: timeout,
        ..EgressLimits::default()
    }
}

/// The grant of a call about repository `team/app` of the registry `server`.
pub(crate) fn about(egress: &Egress, server: &Server) -> Arc<CallScope> {
    about_repository(egress, server, "team/app")
}

/// The grant of a call about another repository of it.
pub(crate) fn about_repository(egress: &Egress, server: &Server, name: &str) -> Arc<CallScope> {
    let registry = server.address.to_string();
    let repository = Repository { registry: registry.clone(), name: name.to_owned() };
    let registry = egress.registry(&registry).unwrap().grant(&repository);
    CallScope::new(Grant { registry: Some(registry), ..Grant::default() }, BudgetLimits::default())
}

pub(crate) fn granted(hosts: &[&str], limits: BudgetLimits) -> Arc<CallScope> {
    let hosts: Vec<HostPattern> = hosts.iter().map(|host| host.parse().unwrap()).collect();
    CallScope::new(Grant { hosts, ..Grant::default() }, limits)
}

/// Status and body of a `GET`.
pub(crate) async fn get(egress: &Egress, url: &str, scope: &Arc<CallScope>) -> Result<(u16, String), EgressError> {
    let request = http::Request::get(url).body(Bytes::new()).unwrap();
    let response = egress.send(request, scope).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

/// Status, seconds in `Retry-After` and body of what answers a request without a body.
pub(crate) async fn send(
    egress: &Egress,
    method: http::Method,
    url: &str,
    scope: &Arc<CallScope>,
) -> Result<(u16, Option<u64>, String), EgressError> {
    let request = http::Request::builder().method(method).uri(url).body(Bytes::new()).unwrap();
    let response = egress.send(request, scope).await?;
    let wait = response.headers().get("retry-after").map(|wait| wait.to_str().unwrap().parse().unwrap());
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok((status, wait, String::from_utf8_lossy(&body).into_owned()))
}

/// Head and body of what answers a `GET` with these header fields.
pub(crate) async fn send_with(
    egress: &Egress,
    url: &str,
    fields: &[(http::HeaderName, &str)],
    scope: &Arc<CallScope>,
) -> Result<(http::response::Parts, String), EgressError> {
    let request = fields.iter().fold(http::Request::get(url), |request, (name, value)| request.header(name, *value));
    let (parts, body) = egress.send(request.body(Bytes::new()).unwrap(), scope).await?.into_parts();
    let body = body.collect().await?.to_bytes();
    Ok((parts, String::from_utf8_lossy(&body).into_owned()))
}
