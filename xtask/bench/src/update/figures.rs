//! From runs to figures and targets.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::options::Options;
use super::scene::{Run, Scene, Way};
use crate::report::{Report, Row, Target};

/// Silence of an update, in that of bare Compose.
const SILENCE_AT_MOST: f64 = 1.0;
/// Length of an update, in that of bare Compose.
const TOTAL_AT_MOST: f64 = 1.2;

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Figures(BTreeMap<Way, Vec<Run>>);

impl Figures {
    pub(super) fn add(&mut self, way: Way, run: Run) {
        self.0.entry(way).or_default().push(run);
    }

    pub(super) fn report(&self, options: &Options, scene: &Scene<'_>) -> Report {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let (engine, compose) = scene.versions();
        let runs = options.runs;
        let (total, silent) = (|run: &Run| run.total, |run: &Run| run.silent);
        let ratio =
            |figure: fn(&Run) -> Duration| self.middle(Way::Dockrev, figure) / self.middle(Way::Compose, figure);
        let target = |name: &str, figure, at_most| Target { name: name.to_owned(), figure, at_most, unit: "" };
        Report {
            bench: "update",
            title: format!(
                "one service to a newer tag; {cores} cores, engine {engine}, Compose {compose}; the middle of {runs} runs"
            ),
            conditions: json!({ "runs": runs, "cores": cores, "engine": engine, "compose": compose }),
            columns: Way::ALL.map(|way| way.to_string()).to_vec(),
            rows: vec![self.row("command to healthy", total), self.row("without an answer", silent)],
            targets: vec![
                target("without an answer, to bare Compose", ratio(silent), SILENCE_AT_MOST),
                target("command to healthy, to bare Compose", ratio(total), TOTAL_AT_MOST),
            ],
        }
    }

    fn row(&self, name: &'static str, figure: fn(&Run) -> Duration) -> Row {
        let figures = Way::ALL.map(|way| Some(self.middle(way, figure) * 1000.0)).to_vec();
        Row { name, unit: "ms", figures }
    }

    /// The middle of all runs, in seconds.
    fn middle(&self, way: Way, figure: fn(&Run) -> Duration) -> f64 {
        let mut figures: Vec<Duration> = self.0.get(&way).into_iter().flatten().map(figure).collect();
        figures.sort_unstable();
        figures.get(figures.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
    }
}
