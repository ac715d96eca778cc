//! A server that knows much: how long its lists take, what it has in memory, and how soon its page can be used.

mod options;
mod seed;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use dockrev_testkit::{PrivateEngine, program};
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::report::{Report, Row, Target, megabytes};
use crate::served::Served;
pub(crate) use options::Options;
pub(crate) use seed::run as seed;

/// Name of the engine's folder; one bench runs on a machine at a time.
const ENGINE: &str = "bench";
/// What is read, by the names of the table.
const LISTS: [(&str, &str); 10] = [
    ("stacks", "/api/v1/stacks"),
    ("services", "/api/v1/services?limit=500"),
    ("candidates", "/api/v1/candidates?limit=500"),
    ("jobs", "/api/v1/jobs"),
    ("jobs of a service", "/api/v1/jobs?stack=stack-007&service=service-3"),
    ("jobs in a state", "/api/v1/jobs?state=needs-attention"),
    ("ignore rules", "/api/v1/ignore-rules"),
    ("backups", "/api/v1/backups"),
    ("audit", "/api/v1/audit"),
    ("audit, searched", "/api/v1/audit?q=rollback"),
];
/// The floor: an answer without any content.
const FLOOR: (&str, &str) = ("/healthz", "/healthz");
/// The server lets an address ask 50 times a second in the long run.
const PACE: Duration = Duration::from_millis(21);
/// Longest that 95 of 100 answers may take, in ms.
const P95_AT_MOST_MS: f64 = 25.0;
/// Memory of the server after all of it, in MB.
const MEMORY_AT_MOST_MB: f64 = 120.0;
/// How soon the page can be used, in ms.
const PAGE_AT_MOST_MS: f64 = 1000.0;

/// Runs the bench and prints its report.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let data = tempfile::tempdir().map_err(Failure::of("could not make a folder"))?;
    eprintln!("writing down {} services and {} jobs", options.services, options.jobs);
    seed::fill(data.path(), options.services, options.jobs)?;
    // One that an interrupted bench left behind.
    PrivateEngine::named(ENGINE)?.wipe()?;
    let engine = PrivateEngine::named(ENGINE)?.wipe_on_drop().start()?;
    let served = Served::start(&options.program, engine.host(), data.path())?;
    let before = served.memory_bytes()?;
    let mut rows = Vec::new();
    let mut targets = Vec::new();
    let floor = Times::of(&served, FLOOR.1, options.requests)?;
    rows.push(floor.row(FLOOR.0, 0));
    for (name, path) in LISTS {
        eprintln!("{options_requests} times {path}", options_requests = options.requests);
        let bytes = served.get(path)?.len();
        let times = Times::of(&served, path, options.requests)?;
        rows.push(times.row(name, bytes));
        targets.push(Target {
            name: format!("95 of 100 answers: {name}"),
            figure: times.p95(),
            at_most: P95_AT_MOST_MS,
            unit: "ms",
        });
    }
    if let Some(script) = &options.page {
        eprintln!("opening the page");
        let page = page(script, served.address())?;
        rows.push(Row { name: "page, first content", unit: "ms", figures: vec![page["first_content_ms"].as_f64()] });
        rows.push(Row { name: "page, usable", unit: "ms", figures: vec![page["usable_ms"].as_f64()] });
        let figure = page["usable_ms"].as_f64().unwrap_or(f64::INFINITY);
        let name = "the page can be used".to_owned();
        targets.push(Target { name, figure, at_most: PAGE_AT_MOST_MS, unit: "ms" });
    }
    let after = served.memory_bytes()?;
    for (name, bytes) in [("memory, after the start", before), ("memory, at the end", after)] {
        rows.push(Row { name, unit: "MB", figures: vec![Some(megabytes(bytes))] });
    }
    let (figure, at_most) = (megabytes(after), MEMORY_AT_MOST_MB);
    targets.push(Target { name: "memory".to_owned(), figure, at_most, unit: "MB" });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let Options { services, jobs, requests, .. } = options;
    let report = Report {
        bench: "server",
        title: format!(
            "{services} services, {jobs} past jobs; {requests} requests each, one after the other; {cores} cores"
        ),
        conditions: json!({ "services": services, "jobs": jobs, "requests": requests, "cores": cores }),
        columns: ["middle", "95 of 100", "longest", "kB"].map(str::to_owned).to_vec(),
        rows,
        targets,
    };
    Ok(report.give(options.manner))
}

/// How long answers took, in ms, the shortest first.
struct Times(Vec<f64>);

impl Times {
    fn of(served: &Served, path: &str, requests: usize) -> Result<Self, Failure> {
        let mut times = Vec::with_capacity(requests);
        for _ in 0..requests {
            let began = Instant::now();
            served.get(path)?;
            let took = began.elapsed();
            times.push(took.as_secs_f64() * 1000.0);
            std::thread::sleep(PACE.saturating_sub(took));
        }
        times.sort_by(f64::total_cmp);
        Ok(Self(times))
    }

    /// The one that this part of all is not above.
    fn at(&self, percent: usize) -> f64 {
        let place = (self.0.len() * percent).div_ceil(100).max(1) - 1;
        self.0.get(place).copied().unwrap_or_default()
    }

    fn p95(&self) -> f64 {
        self.at(95)
    }

    fn row(&self, name: &'static str, bytes: usize) -> Row {
        let kilobytes = (bytes > 0).then(|| megabytes(bytes as u64) * 1000.0);
        Row { name, unit: "ms", figures: vec![Some(self.at(50)), Some(self.p95()), Some(self.at(100)), kilobytes] }
    }
}

/// What the script says of the page.
fn page(script: &std::path::Path, address: &str) -> Result<Value, Failure> {
    let mut command = Command::new("node");
    command.arg(script).env("DOCKREV_URL", address);
    let text = program::output(&mut command)?;
    serde_json::from_str(&text).map_err(Failure::of("could not read what the script says of the page"))
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn the_rank_is_the_smallest_that_covers_it() {
        let times = Times((1..=20).map(f64::from).collect());
        assert_eq!((times.at(50), times.p95(), times.at(100)), (10.0, 19.0, 20.0));
        assert_eq!(Times(vec![7.0]).p95(), 7.0);
        assert_eq!(Times(Vec::new()).p95(), 0.0);
    }
}
