//! From runs to figures and targets.

use std::collections::BTreeMap;

use serde_json::json;

use super::options::Options;
use super::subject::{Run, Way};
use super::tree::Tree;
use crate::report::{Report, Row, Target, count};

/// Wall time of a backup, in that of `tar | zstd`: 1.2 times as fast.
const BACKUP_AT_MOST: f64 = 1.0 / 1.2;
/// Wall time of a restore, in that of `zstd -d | tar -x`.
const RESTORE_AT_MOST: f64 = 1.0;
/// Peak memory of either, in MB.
const MEMORY_AT_MOST_MB: f64 = 120.0;

const MB: f64 = 1_000_000.0;

/// All that was measured.
#[derive(Debug, Default)]
pub(super) struct Figures(BTreeMap<Way, Vec<Run>>);

impl Figures {
    pub(super) fn add(&mut self, way: Way, run: Run) {
        self.0.entry(way).or_default().push(run);
    }

    pub(super) fn report(&self, options: &Options, tree: &Tree) -> Report {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let (size_mib, runs) = (options.size_mib, options.runs);
        Report {
            bench: "backup",
            title: format!(
                "a mixed tree of {size_mib} MiB in {} files; {cores} cores; the middle of {runs} runs",
                tree.files
            ),
            conditions: json!({ "size_mib": size_mib, "files": tree.files, "runs": runs, "cores": cores }),
            columns: [
                "tar | zstd -T0 -3",
                "+ sync, sum, test",
                "dockrev",
                "zstd -d | tar -x",
                "+ sum, test, sync",
                "dockrev restore",
            ]
            .map(str::to_owned)
            .to_vec(),
            rows: vec![
                self.row("wall", "ms", |run| run.usage.wall().as_secs_f64() * 1000.0),
                self.row("throughput", "MB/s", |run| count(tree.bytes) / MB / run.usage.wall().as_secs_f64()),
                self.row("cpu", "ms", |run| count(run.usage.cpu_us) / 1000.0),
                self.row("peak memory of one process", "MB", |run| count(run.usage.peak_memory_kib) * 1024.0 / MB),
                self.row("archive", "MB", |run| count(run.archive_bytes) / MB),
            ],
            targets: self.targets(),
        }
    }

    fn targets(&self) -> Vec<Target> {
        let wall = |way| self.middle(way, |run| run.usage.wall().as_secs_f64());
        let ratio = |ours, bare| wall(ours) / wall(bare);
        let memory = |way| self.middle(way, |run| count(run.usage.peak_memory_kib) * 1024.0 / MB);
        let target = |name: &str, figure, at_most, unit| Target { name: name.to_owned(), figure, at_most, unit };
        vec![
            target("backup: wall, to tar | zstd", ratio(Way::Backup, Way::BareBackup), BACKUP_AT_MOST, ""),
            target("restore: wall, to zstd -d | tar -x", ratio(Way::Restore, Way::BareRestore), RESTORE_AT_MOST, ""),
            target("backup: peak memory", memory(Way::Backup), MEMORY_AT_MOST_MB, "MB"),
            target("restore: peak memory", memory(Way::Restore), MEMORY_AT_MOST_MB, "MB"),
        ]
    }

    fn row(&self, name: &'static str, unit: &'static str, figure: impl Fn(&Run) -> f64) -> Row {
        let figures = Way::ALL.map(|way| Some(self.middle(way, &figure))).to_vec();
        Row { name, unit, figures }
    }

    /// The middle of all runs.
    fn middle(&self, way: Way, figure: impl Fn(&Run) -> f64) -> f64 {
        let mut figures: Vec<f64> = self.0.get(&way).into_iter().flatten().map(figure).collect();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
    }
}
