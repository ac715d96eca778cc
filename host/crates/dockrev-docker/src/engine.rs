//! The Docker Engine.

use crate::address::EngineAddress;
use crate::credentials::PullCredentials;
use crate::labels;
use crate::overrides::Overrides;
use async_trait::async_trait;
use bollard::errors::Error;
use bollard::models::VolumeCreateRequest;
use bollard::query_parameters::{ListContainersOptionsBuilder, TagImageOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion, Docker};
use dockrev_core::backup::DataPlace;
use dockrev_core::ids::{ContainerId, ImageId, ServiceId};
use dockrev_core::image::{ImageRef, PinnedImage, Repository, Tag};
use dockrev_core::job::LogLine;
use dockrev_core::platform::Platform;
use dockrev_core::ports::{ContainerOrder, Engine, HostError, ImageName, LogSink, Ordered};
use dockrev_core::stack::{ContainerStatus, Inventory, LocalImage, RunState};
use http::{HeaderValue, Uri};
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub(crate) mod helper;
mod image;
mod inventory;
mod log;
mod negotiate;
mod order;
mod pull;
mod status;

/// Wait for the first answer of an engine. A healthy one takes milliseconds; one that is just starting, seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Wait for an answer that the engine has at hand. Lists of hundreds of containers on a busy disk take some seconds.
const QUERY_TIMEOUT: Duration = Duration::from_secs(30);

/// The Docker Engine behind one address.
///
/// Every call connects anew and negotiates the API version, so that an engine may be restarted, upgraded or absent at
/// any time.
#[derive(Clone)]
pub struct DockerEngine {
    address: EngineAddress,
    overrides: Overrides,
    credentials: Arc<dyn PullCredentials>,
}

impl fmt::Debug for DockerEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerEngine").field("address", &self.address).finish_non_exhaustive()
    }
}

impl DockerEngine {
    /// Makes a client for the engine at `address`. Nothing is connected before the first call.
    ///
    /// `overrides` tells Dockrev's own compose files from the user's, `credentials` is asked before every pull.
    #[must_use]
    pub fn new(address: EngineAddress, overrides: Overrides, credentials: Arc<dyn PullCredentials>) -> Self {
        Self { address, overrides, credentials }
    }

    /// Where the engine is.
    #[must_use]
    pub fn address(&self) -> &EngineAddress {
        &self.address
    }

    /// The newest API that the engine and this client speak, as major and minor number.
    pub(crate) async fn api_version(&self) -> Result<(usize, usize), HostError> {
        let version = self.client().await?.client_version();
        Ok((version.major_version, version.minor_version))
    }

    /// What one container is doing. Absent if there is none of this name.
    pub(crate) async fn status_of(&self, container: &str) -> Result<Option<ContainerStatus>, HostError> {
        status::of_container(self, &self.client().await?, container).await
    }

    /// The last lines that one container wrote.
    pub(crate) async fn log_of(&self, container: &str, max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        log::of_container(self, &self.client().await?, container, max_lines).await
    }

    /// The hashes that Compose wrote on the containers of `service` when it made them.
    pub(crate) async fn config_hashes(&self, service: &ServiceId) -> Result<Vec<String>, HostError> {
        let made = self.made(service).await?;
        Ok(made.into_iter().filter_map(|mut made| made.labels.remove(labels::CONFIG_HASH)).collect())
    }

    /// What Compose wrote on the containers of `service`, and whether they run, in the order of their names.
    pub(crate) async fn made(&self, service: &ServiceId) -> Result<Vec<Made>, HostError> {
        let call = Call { engine: self, action: "list the containers of", subject: service.to_string() };
        let containers = call.containers(&self.client().await?, Some(service)).await?;
        Ok(containers
            .into_iter()
            .map(|listed| Made { id: listed.id, labels: listed.labels, run: listed.run })
            .collect())
    }

    /// A connection that speaks the newest API version that both sides know.
    async fn client(&self) -> Result<Docker, HostError> {
        let unreachable = |reason: String| HostError::EngineUnreachable { address: self.address.to_string(), reason };
        // Where there is no socket, this says so.
        let client = self.client_of(API_DEFAULT_VERSION)?;
        let negotiated = async {
            match negotiate::api_version(&self.address).await.map_err(|error| unreachable(innermost(&*error)))? {
                Some(version) => self.client_of(&version),
                None => client.negotiate_version().await.map_err(|error| self.reaching().failed(&error)),
            }
        };
        let Ok(negotiated) = tokio::time::timeout(CONNECT_TIMEOUT, negotiated).await else {
            return Err(unreachable(format!("no answer within {} s", CONNECT_TIMEOUT.as_secs())));
        };
        let client = negotiated?;
        let version = client.client_version();
        let prefix = format!("/v{}.{}", version.major_version, version.minor_version);
        Ok(client.with_request_modifier(move |request| prepare(request, &prefix)))
    }

    fn client_of(&self, version: &ClientVersion) -> Result<Docker, HostError> {
        let timeout_s = pull::IDLE_TIMEOUT.as_secs();
        let client = match &self.address {
            EngineAddress::Unix(path) => Docker::connect_with_unix(&path.to_string_lossy(), timeout_s, version),
            EngineAddress::Tcp(authority) => Docker::connect_with_http(authority, timeout_s, version),
        };
        client.map_err(|error| self.reaching().failed(&error))
    }

    fn reaching(&self) -> Call<'_> {
        Call { engine: self, action: "reach", subject: self.address.to_string() }
    }
}

/// Header that carries pull credentials.
const CREDENTIALS_HEADER: &str = "X-Registry-Auth";

/// Makes up for two things of bollard 0.21.
///
/// It negotiates an API version and then leaves it out of the path, so that the engine would take its newest,
/// whatever that is. And it writes credentials in the standard base64 alphabet, where the engine reads the URL-safe
/// one and takes what it cannot read for none.
fn prepare(mut request: BollardRequest, version_prefix: &str) -> BollardRequest {
    if let Some(uri) = versioned(request.uri(), version_prefix) {
        *request.uri_mut() = uri;
    }
    let credentials = request.headers().get(CREDENTIALS_HEADER).and_then(|value| {
        let text = value.to_str().ok()?.replace('+', "-").replace('/', "_");
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    });
    if let Some(value) = credentials {
        request.headers_mut().insert(CREDENTIALS_HEADER, value);
    }
    request
}

/// The same address below `version_prefix`; absent if it is there already.
fn versioned(uri: &Uri, version_prefix: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let path = parts.path_and_query.as_ref()?.as_str();
    if path.starts_with(&format!("{version_prefix}/")) {
        return None;
    }
    parts.path_and_query = Some(format!("{version_prefix}{path}").parse().ok()?);
    Uri::from_parts(parts).ok()
}

#[async_trait]
impl Engine for DockerEngine {
    async fn version(&self) -> Result<String, HostError> {
        let call = Call { engine: self, action: "ask about itself", subject: self.address.to_string() };
        let version = call.within(QUERY_TIMEOUT, self.client().await?.version()).await?;
        version.version.ok_or_else(|| call.refused("it does not say its version"))
    }

    async fn inventory(&self) -> Result<Inventory, HostError> {
        inventory::take(self, &self.client().await?).await
    }

    async fn image_by_id(&self, id: &ImageId) -> Result<Option<LocalImage>, HostError> {
        image::find(self, &self.client().await?, id.as_str()).await
    }

    async fn image(&self, reference: &ImageRef) -> Result<Option<LocalImage>, HostError> {
        image::find(self, &self.client().await?, &reference.to_string()).await
    }

    async fn images(&self, names: &[ImageName]) -> Result<Vec<Option<LocalImage>>, HostError> {
        image::find_all(self, &self.client().await?, names).await
    }

    async fn pull(
        &self,
        image: &PinnedImage,
        platform: Option<&Platform>,
        log: &dyn LogSink,
    ) -> Result<LocalImage, HostError> {
        pull::by_digest(self, &self.client().await?, image, platform, log).await
    }

    async fn free_bytes(&self) -> Result<Option<u64>, HostError> {
        if !self.address.is_local() {
            return Ok(None);
        }
        let call = Call { engine: self, action: "ask about itself", subject: self.address.to_string() };
        let info = call.within(QUERY_TIMEOUT, self.client().await?.info()).await?;
        // Its folder may be another one here, in a container: what cannot be seen says nothing.
        let free = info.docker_root_dir.and_then(|folder| rustix::fs::statvfs(folder.as_str()).ok());
        Ok(free.map(|stat| stat.f_bavail.saturating_mul(stat.f_frsize)))
    }

    async fn tag(&self, image: &ImageId, reference: &ImageRef) -> Result<(), HostError> {
        let call = Call { engine: self, action: "point the local tag", subject: reference.familiar() };
        let Some(tag) = reference.effective_tag() else {
            return Err(call.refused("it has no tag"));
        };
        let options =
            TagImageOptionsBuilder::default().repo(&reference.repository().to_string()).tag(tag.as_str()).build();
        let client = self.client().await?;
        call.within(QUERY_TIMEOUT, client.tag_image(image.as_str(), Some(options))).await
    }

    async fn service_status(&self, service: &ServiceId) -> Result<Vec<ContainerStatus>, HostError> {
        status::of_service(self, &self.client().await?, service).await
    }

    async fn service_log(&self, service: &ServiceId, max_lines: usize) -> Result<Vec<LogLine>, HostError> {
        log::of_service(self, &self.client().await?, service, max_lines).await
    }

    async fn untag(&self, reference: &ImageRef) -> Result<(), HostError> {
        image::untag(self, &self.client().await?, reference).await
    }

    async fn local_tags(&self, repository: &Repository) -> Result<Vec<Tag>, HostError> {
        image::local_tags(self, &self.client().await?, repository).await
    }

    async fn volume(&self, name: &str) -> Result<DataPlace, HostError> {
        let call = Call { engine: self, action: "make volume", subject: name.to_owned() };
        let request = VolumeCreateRequest { name: Some(name.to_owned()), ..VolumeCreateRequest::default() };
        let client = self.client().await?;
        let made = call.within(QUERY_TIMEOUT, client.create_volume(request)).await?;
        let is_on_demand = inventory::is_on_demand(&made);
        Ok(DataPlace::Volume { name: made.name, path: PathBuf::from(made.mountpoint), is_on_demand })
    }

    async fn order(&self, container: &ContainerId, order: ContainerOrder) -> Result<Ordered, HostError> {
        order::give(self, &self.client().await?, container, order).await
    }

    async fn run_in(&self, container: &ContainerId, command: &[String], log: &dyn LogSink) -> Result<(), HostError> {
        order::run_in(self, &self.client().await?, container, command, log).await
    }
}

/// A container of a service, as Compose made it.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) labels: labels::Labels,
    pub(crate) run: RunState,
}

/// One thing that is asked of the engine, for the words of its failure.
pub(crate) struct Call<'a> {
    pub(crate) engine: &'a DockerEngine,
    /// A verb that goes before the subject.
    pub(crate) action: &'static str,
    pub(crate) subject: String,
}

/// A container of the engine's list.
struct Listed {
    id: String,
    name: String,
    image: String,
    image_id: String,
    created_unix_s: i64,
    run: dockrev_core::stack::RunState,
    /// Name of its network, or `container:` and whose network it uses, by id or name.
    network_mode: String,
    mounts: Vec<dockrev_core::stack::Mount>,
    labels: labels::Labels,
}

impl Call<'_> {
    async fn within<T>(
        &self,
        timeout: Duration,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, HostError> {
        match tokio::time::timeout(timeout, answer).await {
            Ok(answer) => answer.map_err(|error| self.failed(&error)),
            Err(_) => Err(self.timed_out(timeout)),
        }
    }

    /// As [`Self::within`]; absent where the engine does not know the thing.
    async fn find_within<T>(
        &self,
        timeout: Duration,
        answer: impl Future<Output = Result<T, Error>>,
    ) -> Result<Option<T>, HostError> {
        const NOT_FOUND: u16 = 404;
        let found = async {
            match answer.await {
                Ok(answer) => Ok(Some(answer)),
                Err(Error::DockerResponseServerError { status_code: NOT_FOUND, .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.within(timeout, found).await
    }

    /// The containers of `service`, or all, running and stopped; single runs and swarm tasks left out.
    async fn containers(&self, client: &Docker, service: Option<&ServiceId>) -> Result<Vec<Listed>, HostError> {
        let mut options = ListContainersOptionsBuilder::default().all(true);
        if let Some(service) = service {
            let wanted =
                [format!("{}={}", labels::PROJECT, service.stack), format!("{}={}", labels::SERVICE, service.service)];
            options = options.filters(&HashMap::from([("label".to_owned(), wanted.to_vec())]));
        }
        let summaries = self.within(QUERY_TIMEOUT, client.list_containers(Some(options.build()))).await?;
        let mut containers: Vec<_> = summaries
            .into_iter()
            .filter_map(inventory::listed)
            .filter(|container| labels::owner(&container.labels) != labels::Owner::Passing)
            .filter(|container| !crate::standalone::is_of_a_job(&container.name))
            .collect();
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(containers)
    }

    pub(crate) fn refused(&self, reason: impl Into<String>) -> HostError {
        HostError::EngineRefused { action: self.action, subject: self.subject.clone(), reason: reason.into() }
    }

    pub(crate) fn timed_out(&self, timeout: Duration) -> HostError {
        HostError::EngineTimedOut { action: self.action, subject: self.subject.clone(), timeout_s: timeout.as_secs() }
    }

    fn failed(&self, error: &Error) -> HostError {
        if let Error::DockerResponseServerError { message, .. } | Error::DockerStreamError { error: message } = error {
            return self.refused(message.trim());
        }
        if let Error::RequestTimeoutError = error {
            return self.timed_out(pull::IDLE_TIMEOUT);
        }
        let lost = |reason: String| HostError::EngineUnreachable { address: self.engine.address.to_string(), reason };
        if let Error::SocketNotFoundError(_) = error {
            return lost("there is no such socket".to_owned());
        }
        if let Error::HyperLegacyError { .. } | Error::HyperResponseError { .. } | Error::IOError { .. } = error {
            return lost(innermost(error));
        }
        self.refused(error.to_string())
    }
}

/// The innermost cause: `permission denied`, `connection refused`. What is around it only says that a request failed.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests;
