//! One update beside bare Compose, and beside the least that the engine needs.
//!
//! The same service goes from the same old image to the same new one on an engine of the bench's own, in turns, and a
//! client asks it for its version all the while. It is over once the new one is healthy: what the healthcheck takes is in
//! every figure.

mod figures;
mod options;
mod scene;

use std::process::ExitCode;

use crate::failure::Failure;
use figures::Figures;
pub(crate) use options::Options;
use scene::{Scene, Way};

/// Runs the bench and prints its report.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let scene = Scene::set(options)?;
    let mut figures = Figures::default();
    for number in 1..=options.runs {
        for way in Way::ALL {
            let run = scene.update(way)?;
            eprintln!("run {number} of {}, {way}: {:?}, silent {:?}", options.runs, run.total, run.silent);
            figures.add(way, run);
        }
    }
    let report = figures.report(options, &scene);
    Ok(report.give(options.manner))
}
