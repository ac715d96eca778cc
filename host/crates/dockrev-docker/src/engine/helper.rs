//! Containers that run this very program beside data that it does not see from here.
//!
//! They have no network, only the rights that files ask for, and see nothing but the data that they are for. The engine
//! removes each when it ends; one that never began is removed with the next.

mod image;
mod program;
mod upload;

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use crate::labels;
use crate::lines::LineSplitter;
use async_trait::async_trait;
use bollard::Docker;
use bollard::container::LogOutput;
use bollard::models::{
    ContainerCreateBody, ContainerSummary, ContainerSummaryStateEnum, HostConfig, HostConfigLogConfig, Mount,
    MountType, MountVolumeOptions,
};
use bollard::query_parameters::{
    AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder, StartContainerOptions,
};
use dockrev_core::backup::DataPlace;
use dockrev_core::ids::StackName;
use dockrev_core::ports::{DataMount, Errand, Helper, HostError, More, Output};
use futures::StreamExt;
use image::HelperImage;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Wait for the next sign of life: a helper gives one every second, an engine on a busy disk passes it on later.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(120);
/// Wait for a helper to be made, started or removed.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Age from which on a helper that was never started is nobody's. The engine's clock may be another one than this; and one that
/// is given files waits for them.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);
const ABANDONED_WITH_FILES_AFTER: SignedDuration = SignedDuration::from_hours(6);
/// Longest wait for the end of one that may change data and that nobody hears any more: some hundred gigabytes.
const WRITER_TIMEOUT: Duration = Duration::from_secs(60 * 60);
/// How often it is looked at meanwhile, and how long the engine may be silent.
const WRITER_POLL: Duration = Duration::from_millis(500);
const ENGINE_SILENCE_MAX: Duration = Duration::from_secs(60);
/// What a helper may do as `root`: read, write and make every kind of file. Nothing else.
const CAPABILITIES: [&str; 7] = ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "MKNOD", "SETFCAP"];

/// Helpers on one engine.
#[derive(Debug)]
pub struct EngineHelper {
    engine: DockerEngine,
    /// One at a time looks for the image and brings it.
    image: Arc<Mutex<HelperImage>>,
}

impl EngineHelper {
    /// Helpers on `engine`. Nothing is asked of it yet.
    #[must_use]
    pub fn new(engine: DockerEngine) -> Self {
        Self { engine, image: Arc::default() }
    }

    fn call(&self, action: &'static str, subject: &str) -> Call<'_> {
        Call { engine: &self.engine, action, subject: subject.to_owned() }
    }

    async fn make(&self, client: &Docker, errand: &Errand, name: &str) -> Result<(), HostError> {
        let (engine, image, by) = (self.engine.clone(), Arc::clone(&self.image), client.clone());
        // Whoever waits for it may have little time: it is brought all the same, for the next one.
        let ready = tokio::spawn(async move { image.lock().await.ready(&engine, &by).await });
        let call = self.call("make helper", name);
        let image = ready.await.map_err(|error| call.refused(error.to_string()))??;
        let options = CreateContainerOptionsBuilder::default().name(name).build();
        let body = container(errand, image.name, image.entrypoint);
        call.within(START_TIMEOUT, client.create_container(Some(options), body)).await.map(drop)
    }

    /// Removes the helpers of `owner`, and those that are nobody's.
    async fn sweep(&self, client: &Docker, owner: Option<&StackName>) -> Result<(), HostError> {
        let filters = HashMap::from([("label".to_owned(), vec![labels::HELPER.to_owned()])]);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let call = self.call("list the helpers of", owner.map_or("nobody", StackName::as_str));
        let helpers = call.within(QUERY_TIMEOUT, client.list_containers(Some(options))).await?;
        for helper in &helpers {
            let Some(id) = &helper.id else { continue };
            match left_over(helper, owner, Timestamp::now()) {
                None => {}
                Some(LeftOver::AtWork) => {
                    self.end_of(id).await?;
                    remove(&self.engine, client, id).await?;
                }
                Some(LeftOver::OfOwner) => remove(&self.engine, client, id).await?,
                Some(LeftOver::Nobodys) => {
                    if let Err(error) = remove(&self.engine, client, id).await {
                        tracing::warn!("a helper that is nobody's stays: {error}");
                    }
                }
            }
        }
        Ok(())
    }

    /// Waits until a helper does not run any more.
    async fn end_of(&self, name: &str) -> Result<(), HostError> {
        let call = self.call("come to the end of helper", name);
        let (began, mut last_answer) = (Instant::now(), Instant::now());
        while began.elapsed() < WRITER_TIMEOUT {
            let found = async {
                let client = self.engine.client().await?;
                call.find_within(QUERY_TIMEOUT, client.inspect_container(name, None)).await
            };
            match found.await {
                Ok(found) => {
                    let runs = found.and_then(|found| found.state).and_then(|state| state.running).unwrap_or(false);
                    if !runs {
                        return Ok(());
                    }
                    last_answer = Instant::now();
                }
                Err(error) if last_answer.elapsed() > ENGINE_SILENCE_MAX => return Err(error),
                Err(error) => tracing::debug!("asking again: {error}"),
            }
            tokio::time::sleep(WRITER_POLL).await;
        }
        Err(call.timed_out(WRITER_TIMEOUT))
    }
}

#[async_trait]
impl Helper for EngineHelper {
    async fn run(&self, errand: &Errand, out: &mut dyn Output) -> Result<(), HostError> {
        let client = self.engine.client().await?;
        self.sweep(&client, errand.owner.as_ref()).await?;
        let name = new_name();
        // It may be there even if the engine's answer says otherwise, or never comes.
        let mut removal = Removal { engine: self.engine.clone(), name: Some(name.clone()) };
        let made = async {
            self.make(&client, errand, &name).await?;
            upload::files(&self.call("give files to helper", &name), &client, &name, &errand.files).await
        };
        if let Err(error) = made.await {
            removal.now().await?;
            return Err(error);
        }
        if writes(errand) {
            // Once begun, it is not to be ended half-way, also if nobody waits for it any more.
            removal.name = None;
        }
        out.begins();
        let worked = follow(&self.call("run helper", &name), &client, &name, out).await;
        let is_heard_out = worked.as_ref().is_ok_and(|ended| *ended == Heard::Enough);
        if !is_heard_out && writes(errand) {
            self.end_of(&name).await?;
        }
        // Whether or not it worked: what it mounted is let go before somebody else needs it.
        removal.name = Some(name);
        removal.now().await?;
        worked.map(drop)
    }

    async fn clear(&self, owner: Option<&StackName>) -> Result<(), HostError> {
        self.sweep(&self.engine.client().await?, owner).await
    }
}

fn writes(errand: &Errand) -> bool {
    errand.mounts.iter().any(|mount| mount.is_writable)
}

/// A name that no other container has.
fn new_name() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("dockrev-helper-{:x}-{:x}-{count:x}", Timestamp::now().as_nanosecond(), std::process::id())
}

/// What an earlier process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LeftOver {
    /// It may be changing data.
    AtWork,
    /// It changes nothing, or not any more.
    OfOwner,
    /// It does not run and has waited long.
    Nobodys,
}

fn left_over(helper: &ContainerSummary, owner: Option<&StackName>, now: Timestamp) -> Option<LeftOver> {
    let labels = helper.labels.as_ref();
    let of = labels.and_then(|labels| labels.get(labels::HELPER)).filter(|of| !of.is_empty());
    let writes = labels.is_some_and(|labels| labels.contains_key(labels::HELPER_WRITES));
    let created = helper.created.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let patience = if of.is_some() { ABANDONED_WITH_FILES_AFTER } else { ABANDONED_AFTER };
    let is_old = created.is_none_or(|created| now.duration_since(created) > patience);
    let runs = helper.state == Some(ContainerSummaryStateEnum::RUNNING);
    let is_of_owner = owner.is_some_and(|owner| of.is_some_and(|of| of == owner.as_str()));
    match (is_of_owner, runs) {
        (true, true) if writes => Some(LeftOver::AtWork),
        (true, _) => Some(LeftOver::OfOwner),
        (false, false) if is_old => Some(LeftOver::Nobodys),
        (false, _) => None,
    }
}

fn container(errand: &Errand, image: String, entrypoint: Vec<String>) -> ContainerCreateBody {
    let owner = errand.owner.as_ref().map(StackName::to_string).unwrap_or_default();
    let mut labels = HashMap::from([(labels::HELPER.to_owned(), owner)]);
    if writes(errand) {
        labels.insert(labels::HELPER_WRITES.to_owned(), String::new());
    }
    ContainerCreateBody {
        image: Some(image),
        entrypoint: Some(entrypoint),
        cmd: Some(errand.arguments.clone()),
        user: Some("0:0".to_owned()),
        labels: Some(labels),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(HostConfig {
            auto_remove: Some(true),
            network_mode: Some("none".to_owned()),
            // Files that it is given are put there.
            readonly_rootfs: Some(errand.files.is_empty()),
            mounts: Some(errand.mounts.iter().map(mount).collect()),
            // What it prints is data, and nothing to keep.
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            cap_drop: Some(vec!["ALL".to_owned()]),
            cap_add: Some(CAPABILITIES.map(str::to_owned).to_vec()),
            // The data has labels and owners of others, and is to keep them.
            security_opt: Some(vec!["no-new-privileges".to_owned(), "label=disable".to_owned()]),
            userns_mode: Some("host".to_owned()),
            ..HostConfig::default()
        }),
        ..ContainerCreateBody::default()
    }
}

fn mount(mount: &DataMount) -> Mount {
    let (typ, source, volume_options) = match &mount.place {
        DataPlace::Volume { name, .. } => {
            let options = MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() };
            (MountType::VOLUME, name.clone(), Some(options))
        }
        DataPlace::Bind { path } => (MountType::BIND, path.display().to_string(), None),
    };
    Mount {
        typ: Some(typ),
        source: Some(source),
        target: Some(mount.at.display().to_string()),
        read_only: Some(!mount.is_writable),
        volume_options,
        ..Mount::default()
    }
}

/// How much of a helper was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    /// All that was wanted.
    Enough,
    /// What came before the connection was closed.
    ToTheEnd,
}

/// Starts the helper and passes on what it prints, until nobody wants more or there is no more.
async fn follow(call: &Call<'_>, client: &Docker, name: &str, out: &mut dyn Output) -> Result<Heard, HostError> {
    let options = AttachContainerOptionsBuilder::default().stdout(true).stderr(true).stream(true).build();
    let attached = call.within(QUERY_TIMEOUT, client.attach_container(name, Some(options))).await?;
    call.within(START_TIMEOUT, client.start_container(name, None::<StartContainerOptions>)).await?;
    let (mut output, mut lines) = (attached.output, LineSplitter::default());
    loop {
        let Ok(next) = tokio::time::timeout(SILENCE_TIMEOUT, output.next()).await else {
            return Err(call.timed_out(SILENCE_TIMEOUT));
        };
        let mut more = More::Wanted;
        let mut line = |text: String| {
            if out.line(&text) == More::Unwanted {
                more = More::Unwanted;
            }
        };
        match next {
            None => {
                lines.finish(&mut line);
                return Ok(if more == More::Unwanted { Heard::Enough } else { Heard::ToTheEnd });
            }
            Some(Err(error)) => return Err(call.failed(&error)),
            Some(Ok(LogOutput::StdOut { message })) => more = out.data(&message).await,
            Some(Ok(LogOutput::StdErr { message })) => lines.push(&message, &mut line),
            Some(Ok(LogOutput::StdIn { .. } | LogOutput::Console { .. })) => {
                return Err(call.refused("it printed what no helper prints"));
            }
        }
        if more == More::Unwanted {
            return Ok(Heard::Enough);
        }
    }
}

async fn remove(engine: &DockerEngine, client: &Docker, id: &str) -> Result<(), HostError> {
    let call = Call { engine, action: "remove helper", subject: id.to_owned() };
    let options = RemoveContainerOptionsBuilder::default().force(true).build();
    match call.find_within(START_TIMEOUT, client.remove_container(id, Some(options))).await {
        // It is being removed already, for it has ended.
        Err(HostError::EngineRefused { reason, .. }) if reason.contains("already in progress") => Ok(()),
        removed => removed.map(drop),
    }
}

/// Removes a helper, also when nobody waits for it any more.
struct Removal {
    engine: DockerEngine,
    name: Option<String>,
}

impl Removal {
    async fn now(mut self) -> Result<(), HostError> {
        let Some(name) = self.name.take() else { return Ok(()) };
        remove(&self.engine, &self.engine.client().await?, &name).await
    }
}

impl Drop for Removal {
    fn drop(&mut self) {
        let (Some(name), Ok(runtime)) = (self.name.take(), tokio::runtime::Handle::try_current()) else { return };
        let later = Self { engine: self.engine.clone(), name: Some(name) };
        runtime.spawn(async move {
            if let Err(error) = later.now().await {
                tracing::warn!("a helper is left over: {error}");
            }
        });
    }
}

#[cfg(test)]
mod tests;
