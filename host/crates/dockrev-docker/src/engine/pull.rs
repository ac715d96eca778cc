//! Pulling an image by its digest.

use super::{Call, DockerEngine, image};
use crate::lines::clean;
use bollard::Docker;
use bollard::auth::DockerCredentials;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::{CreateImageOptions, CreateImageOptionsBuilder};
use dockrev_core::image::PinnedImage;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::platform::Platform;
use dockrev_core::ports::{HostError, LogSink};
use dockrev_core::stack::LocalImage;
use futures::StreamExt;
use std::collections::HashMap;
use std::time::Duration;

/// Wait for the next sign of life. The engine is silent while it checks a large layer on a slow disk, and while it
/// waits for a registry that does not answer.
pub(super) const IDLE_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest pull: some ten gigabytes over a slow line.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(4 * 60 * 60);
/// Most lines that one pull writes to the log: an image has at most 127 layers with some six changes each.
const LOG_LINES_MAX: usize = 1_000;

pub(super) async fn by_digest(
    engine: &DockerEngine,
    client: &Docker,
    pinned: &PinnedImage,
    platform: Option<&Platform>,
    log: &dyn LogSink,
) -> Result<LocalImage, HostError> {
    let reference = pinned.by_digest();
    let call = Call { engine, action: "pull", subject: reference.familiar() };
    match tokio::time::timeout(
        TOTAL_TIMEOUT,
        stream(&call, client, options(pinned, platform), &pinned.repository.registry, log),
    )
    .await
    {
        Ok(pulled) => pulled?,
        Err(_) => return Err(call.timed_out(TOTAL_TIMEOUT)),
    }
    let found = image::find(engine, client, &reference.to_string()).await?;
    found.ok_or_else(|| call.refused("the engine reported success and does not have the image"))
}

fn options(pinned: &PinnedImage, platform: Option<&Platform>) -> CreateImageOptions {
    let options = CreateImageOptionsBuilder::default().from_image(&pinned.by_digest().to_string());
    match platform {
        Some(platform) => options.platform(&platform.to_string()).build(),
        None => options.build(),
    }
}

async fn stream(
    call: &Call<'_>,
    client: &Docker,
    options: CreateImageOptions,
    registry: &str,
    log: &dyn LogSink,
) -> Result<(), HostError> {
    let credentials = call.engine.credentials.for_registry(registry).map(|known| DockerCredentials {
        username: Some(known.user),
        password: Some(known.password),
        serveraddress: Some(registry.to_owned()),
        ..DockerCredentials::default()
    });
    let mut progress = Progress::default();
    let mut events = std::pin::pin!(client.create_image(Some(options), None, credentials));
    loop {
        match tokio::time::timeout(IDLE_TIMEOUT, events.next()).await {
            // The engine answers 200 at once and tells of failures further down.
            Ok(Some(event)) => {
                let event = event.map_err(|error| call.failed(&error))?;
                if let Some(text) = progress.line(event) {
                    log.line(LogLine::new(LogSource::Engine, text));
                }
            }
            Ok(None) => return Ok(()),
            Err(_) => return Err(call.timed_out(IDLE_TIMEOUT)),
        }
    }
}

/// Remembers what was said of each layer, so that only changes are told.
#[derive(Default)]
struct Progress {
    said: HashMap<String, String>,
    lines: usize,
}

impl Progress {
    fn line(&mut self, event: CreateImageInfo) -> Option<String> {
        let status = event.status?;
        let layer = event.id.unwrap_or_default();
        if self.lines >= LOG_LINES_MAX || self.said.get(&layer) == Some(&status) {
            return None;
        }
        self.lines += 1;
        let line = if layer.is_empty() { clean(&status) } else { clean(&format!("{layer}: {status}")) };
        self.said.insert(layer, status);
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_changes_only() {
        let mut progress = Progress::default();
        let event = |id: Option<&str>, status: &str| CreateImageInfo {
            id: id.map(str::to_owned),
            status: Some(status.to_owned()),
            ..CreateImageInfo::default()
        };
        let events = [
            event(Some("app"), "Pulling from shop/app"),
            event(Some("1a2b"), "Downloading"),
            event(Some("1a2b"), "Downloading"),
            event(Some("3c4d"), "Downloading"),
            event(Some("1a2b"), "Pull complete"),
            CreateImageInfo::default(),
            event(None, "Digest: sha256:ab"),
        ];
        let lines: Vec<_> = events.into_iter().filter_map(|event| progress.line(event)).collect();
        assert_eq!(
            lines,
            [
                "app: Pulling from shop/app",
                "1a2b: Downloading",
                "3c4d: Downloading",
                "1a2b: Pull complete",
                "Digest: sha256:ab"
            ]
        );
    }
}
