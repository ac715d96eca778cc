//! A backup and its restore beside `tar` and `zstd`.
//!
//! All read and write the same tree on the same disk, in turns. Dockrev's backup is on the disk, has a checksum and was
//! read back before it counts; its restore has read the whole artifact before it writes the first file. The bare pipes do
//! none of that, so beside them stands one that does the same with the same tools.

mod figures;
mod options;
mod subject;
mod tree;

use std::process::ExitCode;

use crate::failure::Failure;
use figures::Figures;
pub(crate) use options::Options;
pub(crate) use subject::{RESTORE, TAKE, restore, take};
use subject::{Subjects, Way};

/// Runs the bench and prints its report.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let scratch = tempfile::tempdir().map_err(Failure::of("could not make a folder"))?;
    eprintln!("writing a mixed tree of {} MiB", options.size_mib);
    let tree = tree::grow(&scratch.path().join("tree"), options.size_mib)?;
    let subjects = Subjects::new(scratch.path(), &tree)?;
    let mut figures = Figures::default();
    for number in 1..=options.runs {
        eprintln!("run {number} of {}", options.runs);
        for way in Way::ALL {
            figures.add(way, subjects.measure(way)?);
        }
    }
    let report = figures.report(options, &tree);
    Ok(report.give(options.manner))
}
