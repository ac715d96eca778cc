//! What the containers of a service are doing.

use super::{Call, DockerEngine, QUERY_TIMEOUT};
use crate::lines::shorten;
use bollard::Docker;
use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, HealthConfig, HealthStatusEnum,
    HealthcheckResult, HostConfig,
};
use dockrev_core::ids::{ContainerId, ImageId, ServiceId};
use dockrev_core::ports::HostError;
use dockrev_core::stack::{ContainerStatus, Health, HealthStatus, HealthTiming, Probe, RunState};
use jiff::Timestamp;

/// Most of a probe's output that is kept, in bytes. The engine itself keeps as much.
const PROBE_OUTPUT_MAX_BYTES: usize = 4 * 1024;

/// What the engine takes where a healthcheck says nothing or zero (Dockerfile reference, `HEALTHCHECK`).
const DEFAULT_TIMING: HealthTiming =
    HealthTiming { start_period_ms: 0, interval_ms: 30_000, timeout_ms: 30_000, retries: 3 };

pub(super) async fn of_service(
    engine: &DockerEngine,
    client: &Docker,
    service: &ServiceId,
) -> Result<Vec<ContainerStatus>, HostError> {
    let call = Call { engine, action: "inspect the containers of", subject: service.to_string() };
    let mut statuses = Vec::new();
    for listed in call.containers(client, Some(service)).await? {
        // A container may have been replaced since it was listed.
        let found = call.find_within(QUERY_TIMEOUT, client.inspect_container(&listed.id, None)).await?;
        statuses.extend(found.and_then(status));
    }
    statuses.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(statuses)
}

/// The container of this very name.
pub(super) async fn of_container(
    engine: &DockerEngine,
    client: &Docker,
    name: &str,
) -> Result<Option<ContainerStatus>, HostError> {
    let call = Call { engine, action: "inspect container", subject: name.to_owned() };
    let found = call.find_within(QUERY_TIMEOUT, client.inspect_container(name, None)).await?;
    // The engine also looks for an id that begins with these letters.
    Ok(found.and_then(status).filter(|status| status.name == name))
}

fn status(inspect: ContainerInspectResponse) -> Option<ContainerStatus> {
    let state = inspect.state.unwrap_or_default();
    let config = inspect.config.unwrap_or_default();
    let name = inspect.name.unwrap_or_default();
    Some(ContainerStatus {
        id: ContainerId::new(inspect.id?),
        name: name.strip_prefix('/').unwrap_or(&name).to_owned(),
        image_id: ImageId::new(inspect.image?),
        image: config.image.unwrap_or_default(),
        run: run_state(&state),
        started_at: state.started_at.as_deref().and_then(started_at),
        lives_in: lives_in(inspect.host_config.unwrap_or_default()),
        restart_count: inspect.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or_default(),
        health: health(state, &config.healthcheck.unwrap_or_default()),
    })
}

/// The engine writes the year 1 for what was never started.
fn started_at(text: &str) -> Option<Timestamp> {
    text.parse().ok().filter(|at: &Timestamp| *at > Timestamp::UNIX_EPOCH)
}

/// Compose writes whole ids here, whatever the files say.
fn lives_in(config: HostConfig) -> Vec<ContainerId> {
    let modes = [config.network_mode, config.ipc_mode, config.pid_mode];
    let mut containers: Vec<ContainerId> =
        modes.iter().flatten().filter_map(|mode| mode.strip_prefix("container:")).map(ContainerId::new).collect();
    containers.sort();
    containers.dedup();
    containers
}

fn run_state(state: &ContainerState) -> RunState {
    use ContainerStateStatusEnum as Status;
    match state.status {
        Some(Status::RUNNING | Status::STOPPING) => RunState::Running,
        Some(Status::RESTARTING) => RunState::Restarting,
        Some(Status::EXITED | Status::DEAD | Status::REMOVING) => {
            RunState::Exited { code: state.exit_code.unwrap_or_default() }
        }
        Some(Status::PAUSED) => RunState::Paused,
        Some(Status::CREATED | Status::EMPTY) | None => RunState::NotStarted,
    }
}

fn health(state: ContainerState, config: &HealthConfig) -> Health {
    let Some(health) = state.health else {
        return Health::None;
    };
    let status = match health.status {
        None | Some(HealthStatusEnum::EMPTY | HealthStatusEnum::NONE) => return Health::None,
        Some(HealthStatusEnum::STARTING) => HealthStatus::Starting,
        Some(HealthStatusEnum::HEALTHY) => HealthStatus::Healthy,
        Some(HealthStatusEnum::UNHEALTHY) => HealthStatus::Unhealthy,
    };
    let log = health.log.unwrap_or_default();
    let output =
        |probe: &HealthcheckResult| shorten(probe.output.as_deref().unwrap_or_default().trim(), PROBE_OUTPUT_MAX_BYTES);
    let last_output = log.last().map(output).filter(|output| !output.is_empty());
    let probes = log.iter().filter_map(|probe| {
        let (began_at, exit_code) = (probe.start.as_deref()?.parse().ok()?, probe.exit_code?);
        Some(Probe { began_at, exit_code, output: output(probe) })
    });
    Health::Checked { status, timing: timing(config), last_output, probes: probes.collect() }
}

fn timing(config: &HealthConfig) -> HealthTiming {
    HealthTiming {
        start_period_ms: milliseconds(config.start_period).unwrap_or(DEFAULT_TIMING.start_period_ms),
        interval_ms: milliseconds(config.interval).unwrap_or(DEFAULT_TIMING.interval_ms),
        timeout_ms: milliseconds(config.timeout).unwrap_or(DEFAULT_TIMING.timeout_ms),
        retries: config
            .retries
            .and_then(|retries| u64::try_from(retries).ok())
            .filter(|retries| *retries > 0)
            .unwrap_or(DEFAULT_TIMING.retries),
    }
}

/// Nanoseconds as whole milliseconds, rounded up. Absent where the engine takes its default.
fn milliseconds(nanoseconds: Option<i64>) -> Option<u64> {
    const NANOSECONDS: u64 = 1_000_000;
    let nanoseconds = u64::try_from(nanoseconds?).ok().filter(|nanoseconds| *nanoseconds > 0)?;
    Some(nanoseconds.div_ceil(NANOSECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(health: &str, healthcheck: &str) -> ContainerStatus {
        let json = format!(
            r#"{{"Id": "1", "Image": "sha256:2", "Name": "/web_1", "RestartCount": 2,
                "State": {{"Status": "running", "Health": {health}}},
                "Config": {{"Image": "nginx:1.27", "Healthcheck": {healthcheck}}}}}"#
        );
        status(serde_json::from_str(&json).unwrap()).unwrap()
    }

    #[test]
    fn fills_in_the_engines_defaults() {
        let check = |healthcheck: &str, numbers: (u64, u64, u64, u64)| {
            let Health::Checked { timing, .. } = read(r#"{"Status": "starting"}"#, healthcheck).health else {
                panic!("{healthcheck}: not checked");
            };
            let found = (timing.start_period_ms, timing.interval_ms, timing.timeout_ms, timing.retries);
            assert_eq!(found, numbers, "{healthcheck}");
        };
        check("null", (0, 30_000, 30_000, 3));
        check(r#"{"Test": ["CMD", "true"]}"#, (0, 30_000, 30_000, 3));
        check(r#"{"Interval": 0, "Timeout": 0, "Retries": 0, "StartPeriod": 0}"#, (0, 30_000, 30_000, 3));
        check(r#"{"Interval": 1000000000, "Timeout": 1500000, "Retries": 5, "StartPeriod": 1}"#, (1, 1_000, 2, 5));
    }

    #[test]
    fn tells_no_healthcheck_from_one_that_has_not_spoken() {
        assert_eq!(read("null", "null").health, Health::None);
        assert_eq!(read(r#"{"Status": "none"}"#, "null").health, Health::None);
        let spoken = read(
            r#"{"Status": "unhealthy", "Log": [{"Output": "first"}, {"Output": " connection refused\n"}]}"#,
            "null",
        );
        let Health::Checked { status, last_output, .. } = spoken.health else { panic!("not checked") };
        assert_eq!((status, last_output.as_deref()), (HealthStatus::Unhealthy, Some("connection refused")));
        assert_eq!((spoken.name.as_str(), spoken.image.as_str(), spoken.restart_count), ("web_1", "nginx:1.27", 2));
    }

    #[test]
    fn knows_in_whose_namespaces_it_lives_and_since_when_it_runs() {
        let check = |started_at: &str, host_config: &str, expected: (Option<&str>, &[&str])| {
            let json = format!(
                r#"{{"Id": "1", "Image": "2", "State": {{"StartedAt": "{started_at}"}}, "HostConfig": {host_config}}}"#
            );
            let found = status(serde_json::from_str(&json).unwrap()).unwrap();
            let lives_in: Vec<_> = found.lives_in.iter().map(ContainerId::as_str).collect();
            let started_at = found.started_at.map(|at| at.to_string());
            assert_eq!((started_at.as_deref(), lives_in.as_slice()), expected, "{json}");
        };
        let began = "2026-01-31T23:59:58.5Z";
        check(began, r#"{"NetworkMode": "shop_default", "IpcMode": "private", "PidMode": ""}"#, (Some(began), &[]));
        check(began, r#"{"NetworkMode": "container:aa", "PidMode": "container:aa"}"#, (Some(began), &["aa"]));
        check("0001-01-01T00:00:00Z", r#"{"NetworkMode": "host", "IpcMode": "container:bb"}"#, (None, &["bb"]));
    }

    #[test]
    fn keeps_what_each_probe_said() {
        let log = r#"{"Status": "unhealthy", "Log": [
            {"Start": "2026-01-31T23:59:58.5+01:00", "End": "x", "ExitCode": 1, "Output": " no\n"}, {"Output": "odd"}]}"#;
        let Health::Checked { probes, .. } = read(log, "null").health else { panic!("not checked") };
        let began_at = "2026-01-31T22:59:58.5Z".parse().unwrap();
        assert_eq!(probes, [Probe { began_at, exit_code: 1, output: "no".to_owned() }]);
    }

    #[test]
    fn cuts_long_output() {
        let health = format!(r#"{{"Status": "healthy", "Log": [{{"Output": "{}"}}]}}"#, "x".repeat(10_000));
        let Health::Checked { last_output: Some(output), .. } = read(&health, "null").health else {
            panic!("no output")
        };
        assert!(output.len() < PROBE_OUTPUT_MAX_BYTES + 8);
    }
}
