//! Stopping, starting, freezing and thawing containers, and running the user's hooks in them.

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use crate::lines::LineSplitter;
use bollard::Docker;
use bollard::exec::{CreateExecOptions, StartExecResults};
use bollard::models::{ContainerState, ContainerStateStatusEnum};
use bollard::query_parameters::{StartContainerOptions, StopContainerOptions};
use dockrev_core::ids::ContainerId;
use dockrev_core::job::{LogLine, LogSource};
use dockrev_core::ports::{ContainerOrder, HostError, LogSink, Ordered};
use futures::StreamExt;
use std::time::Duration;

/// Longest stop: a container's own grace period, which may be minutes for a database.
const STOP_TIMEOUT: Duration = Duration::from_secs(10 * 60);
/// Longest start, freeze or thaw: a busy engine mounts and unmounts slowly.
const START_TIMEOUT: Duration = Duration::from_secs(120);
/// Longest hook: a dump of a database of some ten gigabytes.
const HOOK_TIMEOUT: Duration = Duration::from_secs(60 * 60);

pub(super) async fn give(
    engine: &DockerEngine,
    client: &Docker,
    container: &ContainerId,
    order: ContainerOrder,
) -> Result<Ordered, HostError> {
    let call = Call { engine, action: verb(order), subject: container.to_string() };
    let id = container.as_str();
    let found = call.find_within(QUERY_TIMEOUT, client.inspect_container(id, None)).await?;
    let Some(state) = found.map(|inspect| inspect.state.unwrap_or_default()) else {
        return Ok(Ordered::Gone);
    };
    if is_obeyed(&state, order) {
        return Ok(Ordered::Done);
    }
    let done = match order {
        ContainerOrder::Stop => {
            call.find_within(STOP_TIMEOUT, client.stop_container(id, None::<StopContainerOptions>)).await?
        }
        ContainerOrder::Start => {
            call.find_within(START_TIMEOUT, client.start_container(id, None::<StartContainerOptions>)).await?
        }
        ContainerOrder::Pause => call.find_within(START_TIMEOUT, client.pause_container(id)).await?,
        ContainerOrder::Unpause => call.find_within(START_TIMEOUT, client.unpause_container(id)).await?,
    };
    Ok(done.map_or(Ordered::Gone, |()| Ordered::Done))
}

fn verb(order: ContainerOrder) -> &'static str {
    match order {
        ContainerOrder::Stop => "stop container",
        ContainerOrder::Start => "start container",
        ContainerOrder::Pause => "pause container",
        ContainerOrder::Unpause => "unpause container",
    }
}

/// Whether nothing is left to do. A container that does not run stands still well enough.
fn is_obeyed(state: &ContainerState, order: ContainerOrder) -> bool {
    use ContainerStateStatusEnum as Status;
    let status = state.status.unwrap_or(Status::EMPTY);
    match order {
        ContainerOrder::Stop => matches!(status, Status::EXITED | Status::DEAD | Status::CREATED),
        ContainerOrder::Start => status == Status::RUNNING,
        ContainerOrder::Pause => matches!(status, Status::PAUSED | Status::EXITED | Status::DEAD | Status::CREATED),
        ContainerOrder::Unpause => status != Status::PAUSED,
    }
}

pub(super) async fn run_in(
    engine: &DockerEngine,
    client: &Docker,
    container: &ContainerId,
    command: &[String],
    log: &dyn LogSink,
) -> Result<(), HostError> {
    let call = Call { engine, action: "run the hook in", subject: container.to_string() };
    let options = CreateExecOptions {
        cmd: Some(command.to_vec()),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        ..CreateExecOptions::default()
    };
    let made = call.within(QUERY_TIMEOUT, client.create_exec(container.as_str(), options)).await?;
    let started = call.within(QUERY_TIMEOUT, client.start_exec(&made.id, None)).await?;
    let StartExecResults::Attached { mut output, .. } = started else {
        return Err(call.refused("the engine did not attach to it"));
    };
    let read = async {
        let mut splitter = LineSplitter::default();
        let mut say = |text: String| log.line(LogLine::new(LogSource::Service, text));
        while let Some(chunk) = output.next().await {
            splitter.push(&chunk?.into_bytes(), &mut say);
        }
        splitter.finish(&mut say);
        Ok(())
    };
    call.within(HOOK_TIMEOUT, read).await?;
    let ended = call.within(QUERY_TIMEOUT, client.inspect_exec(&made.id)).await?;
    match ended.exit_code {
        Some(0) => Ok(()),
        Some(code) => Err(call.refused(format!("it ended with exit code {code}"))),
        None => Err(call.refused("the engine does not say how it ended")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_when_nothing_is_left_to_do() {
        let check = |status: &str, order: ContainerOrder, expected: bool| {
            let state: ContainerState = serde_json::from_str(&format!(r#"{{"Status": "{status}"}}"#)).unwrap();
            assert_eq!(is_obeyed(&state, order), expected, "{status} {order:?}");
        };
        check("exited", ContainerOrder::Stop, true);
        check("created", ContainerOrder::Stop, true);
        check("running", ContainerOrder::Stop, false);
        check("paused", ContainerOrder::Stop, false);
        check("restarting", ContainerOrder::Stop, false);
        check("running", ContainerOrder::Start, true);
        check("paused", ContainerOrder::Start, false);
        check("exited", ContainerOrder::Start, false);
        check("paused", ContainerOrder::Pause, true);
        check("exited", ContainerOrder::Pause, true);
        check("running", ContainerOrder::Pause, false);
        check("running", ContainerOrder::Unpause, true);
        check("paused", ContainerOrder::Unpause, false);
    }
}
