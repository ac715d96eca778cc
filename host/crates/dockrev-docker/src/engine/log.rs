//! What the containers of a service wrote.

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use crate::lines::LineSplitter;
use bollard::Docker;
use bollard::errors::Error;
use bollard::query_parameters::LogsOptionsBuilder;
use dockrev_core::ids::ServiceId;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::HostError;
use futures::StreamExt;

pub(super) async fn of_service(
    engine: &DockerEngine,
    client: &Docker,
    service: &ServiceId,
    max_lines: usize,
) -> Result<Vec<LogLine>, HostError> {
    let call = Call { engine, action: "read the log of", subject: service.to_string() };
    let containers = call.containers(client, Some(service)).await?;
    let mut lines = Vec::new();
    for container in &containers {
        let tail = read_tail(client, &container.id, max_lines);
        let texts = call.find_within(QUERY_TIMEOUT, tail).await?.unwrap_or_default();
        let prefix = if containers.len() > 1 { format!("{} | ", container.name) } else { String::new() };
        lines.extend(
            texts.into_iter().map(|text| LogLine { source: LogSource::Service, text: format!("{prefix}{text}") }),
        );
    }
    Ok(lines.split_off(lines.len().saturating_sub(max_lines)))
}

pub(super) async fn of_container(
    engine: &DockerEngine,
    client: &Docker,
    name: &str,
    max_lines: usize,
) -> Result<Vec<LogLine>, HostError> {
    let call = Call { engine, action: "read the log of", subject: name.to_owned() };
    let texts = call.find_within(QUERY_TIMEOUT, read_tail(client, name, max_lines)).await?.unwrap_or_default();
    Ok(texts.into_iter().map(|text| LogLine { source: LogSource::Service, text }).collect())
}

async fn read_tail(client: &Docker, container: &str, max_lines: usize) -> Result<Vec<String>, Error> {
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).tail(&max_lines.to_string()).build();
    let mut stream = std::pin::pin!(client.logs(container, Some(options)));
    let mut lines = Vec::new();
    let mut splitter = LineSplitter::default();
    while let Some(chunk) = stream.next().await {
        splitter.push(&chunk?.into_bytes(), |line| lines.push(line));
    }
    splitter.finish(|line| lines.push(line));
    Ok(lines.split_off(lines.len().saturating_sub(max_lines)))
}
