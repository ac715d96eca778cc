//! From runs to figures and targets.

use serde_json::json;

use super::options::Options;
use super::subject::Run;
use crate::host::Host;
use crate::measure::Usage;
use crate::registry::Auth;
use crate::report::{Report, Row, Target};

/// Wall time of a check, in that of the bare program.
const WALL_AT_MOST: f64 = 1.25;
/// Bytes of a second check, in those of the first.
const SECOND_BYTES_AT_MOST: f64 = 0.1;
/// What a check takes beyond the bare program, in percent of its wall time: the most that plugins can add to a wait. Their
/// processor time is a row of its own, most of it spent while registries are waited for.
const PLUGINS_AT_MOST_PERCENT: f64 = 5.0;
/// Peak memory of a check, in MB.
const MEMORY_AT_MOST_MB: f64 = 80.0;
/// Memory of a process that has all plugins and does nothing, in MB.
const IDLE_AT_MOST_MB: f64 = 50.0;

/// One run of each program, one after the other.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) floor: Run,
    pub(super) cold: Run,
    pub(super) warm: Run,
}

/// All that was measured.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) idle: Usage,
    pub(super) first: Run,
    pub(super) runs: Vec<Round>,
}

impl Figures {
    pub(super) fn report(&self, options: &Options, host: &Host) -> Report {
        let Options { images, latency_ms, runs, .. } = options;
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let auth = match options.auth {
            Auth::Open => "none",
            Auth::Token => "token",
        };
        Report {
            bench: "check",
            title: format!(
                "{images} images, {latency_ms} ms before each answer, authorization: {auth}; {cores} cores, \
                 engine {}; the middle of {runs} runs",
                host.engine_version()
            ),
            conditions: json!({
                "images": images, "latency_ms": latency_ms, "auth": auth, "runs": runs, "cores": cores,
                "engine": host.engine_version(),
            }),
            columns: ["floor", "dockrev", "again", "very first"].map(str::to_owned).to_vec(),
            rows: self.rows(),
            targets: self.targets(),
        }
    }

    fn rows(&self) -> Vec<Row> {
        let row = |name, unit, figure: &dyn Fn(&Run) -> Option<f64>| Row {
            name,
            unit,
            figures: vec![
                self.middle(|round| figure(&round.floor)),
                self.middle(|round| figure(&round.cold)),
                self.middle(|round| figure(&round.warm)),
                figure(&self.first),
            ],
        };
        vec![
            row("wall", "ms", &|run| Some(wall_ms(run))),
            row("CPU", "ms", &|run| Some(run.usage.cpu_us as f64 / 1000.0)),
            row("CPU in plugins", "ms", &|run| Some(run.plugin_us? as f64 / 1000.0)),
            row("peak memory", "MB", &|run| Some(memory_mb(&run.usage))),
            row("requests", "", &|run| Some(run.tally.requests as f64)),
            row("repeated", "", &|run| Some(run.tally.repeated as f64)),
            row("not modified", "", &|run| Some(run.tally.not_modified as f64)),
            row("received", "kB", &|run| Some(run.tally.sent_bytes as f64 / 1000.0)),
            row("sent", "kB", &|run| Some(run.tally.received_bytes as f64 / 1000.0)),
            row("most requests at once", "", &|run| Some(run.tally.most_at_once as f64)),
        ]
    }

    fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        let mut target = |name: &str, figure: Option<f64>, at_most: f64, unit| {
            // What could not be measured is not met.
            let figure = figure.unwrap_or(f64::INFINITY);
            targets.push(Target { name: name.to_owned(), figure, at_most, unit });
        };
        target(
            "wall time, to the floor's",
            self.middle(|round| Some(wall_ms(&round.cold) / wall_ms(&round.floor))),
            WALL_AT_MOST,
            "",
        );
        target("requests", self.most(|round| round.cold.tally.requests), self.floor_requests(), "");
        target("requests that were repeated", self.most(|round| round.cold.tally.repeated), 0.0, "");
        target("requests of a second check", self.most(|round| round.warm.tally.requests), self.floor_requests(), "");
        target(
            "bytes received by a second check, to the first's",
            self.middle(|round| Some(round.warm.tally.sent_bytes as f64 / round.cold.tally.sent_bytes as f64)),
            SECOND_BYTES_AT_MOST,
            "",
        );
        target(
            "wall time beyond the floor's, plugins and all else",
            self.middle(|round| Some((1.0 - wall_ms(&round.floor) / wall_ms(&round.cold)) * 100.0)),
            PLUGINS_AT_MOST_PERCENT,
            "%",
        );
        target("peak memory", self.middle(|round| Some(memory_mb(&round.cold.usage))), MEMORY_AT_MOST_MB, "MB");
        target("idle memory with all plugins", Some(memory_mb(&self.idle)), IDLE_AT_MOST_MB, "MB");
        targets
    }

    fn floor_requests(&self) -> f64 {
        let fewest = self.runs.iter().map(|round| round.floor.tally.requests).min();
        fewest.unwrap_or_default() as f64
    }

    fn most(&self, figure: impl Fn(&Round) -> u64) -> Option<f64> {
        self.runs.iter().map(figure).max().map(|figure| figure as f64)
    }

    /// The middle one of the runs' figures, so that one bad run decides nothing.
    fn middle(&self, figure: impl Fn(&Round) -> Option<f64>) -> Option<f64> {
        let mut figures: Vec<f64> = self.runs.iter().filter_map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    }
}

fn wall_ms(run: &Run) -> f64 {
    run.usage.wall().as_secs_f64() * 1000.0
}

fn memory_mb(usage: &Usage) -> f64 {
    usage.peak_memory_kib as f64 * 1024.0 / 1_000_000.0
}
