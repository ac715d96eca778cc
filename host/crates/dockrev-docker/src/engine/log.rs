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
use jiff::Timestamp;

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
        let own = call.find_within(QUERY_TIMEOUT, tail).await?.unwrap_or_default();
        if containers.len() > 1 {
            let name = &container.name;
            lines.extend(own.into_iter().map(|line| LogLine { text: format!("{name} | {}", line.text), ..line }));
        } else {
            lines = own;
        }
    }
    // Stable: lines of one container stay in their order, whatever its clock says.
    lines.sort_by_key(|line| line.at);
    Ok(lines.split_off(lines.len().saturating_sub(max_lines)))
}

pub(super) async fn of_container(
    engine: &DockerEngine,
    client: &Docker,
    name: &str,
    max_lines: usize,
) -> Result<Vec<LogLine>, HostError> {
    let call = Call { engine, action: "read the log of", subject: name.to_owned() };
    Ok(call.find_within(QUERY_TIMEOUT, read_tail(client, name, max_lines)).await?.unwrap_or_default())
}

async fn read_tail(client: &Docker, container: &str, max_lines: usize) -> Result<Vec<LogLine>, Error> {
    let tail = max_lines.to_string();
    let options = LogsOptionsBuilder::default().stdout(true).stderr(true).timestamps(true).tail(&tail).build();
    let mut stream = std::pin::pin!(client.logs(container, Some(options)));
    let mut lines = Vec::new();
    let mut splitter = LineSplitter::default();
    while let Some(chunk) = stream.next().await {
        splitter.push(&chunk?.into_bytes(), |line| lines.push(stamped(line)));
    }
    splitter.finish(|line| lines.push(stamped(line)));
    Ok(lines.split_off(lines.len().saturating_sub(max_lines)))
}

/// Each line begins with when the engine took it, in the form of RFC 3339, and a space.
fn stamped(line: String) -> LogLine {
    let parts = line.split_once(' ').unwrap_or((&line, ""));
    match parts.0.parse::<Timestamp>() {
        Ok(at) => LogLine { at: Some(at), ..LogLine::new(LogSource::Service, parts.1) },
        Err(_) => LogLine::new(LogSource::Service, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_from_its_time() {
        let check = |line: &str, at: Option<&str>, text: &str| {
            let at = at.map(|at| at.parse().unwrap());
            assert_eq!(stamped(line.to_owned()), LogLine { at, ..LogLine::new(LogSource::Service, text) }, "{line}");
        };
        let at = "2026-01-02T03:04:05.678901234Z";
        check(&format!("{at} GET / 200"), Some(at), "GET / 200");
        check(&format!("{at} "), Some(at), "");
        check(at, Some(at), "");
        check("the end of a long line", None, "the end of a long line");
    }
}
