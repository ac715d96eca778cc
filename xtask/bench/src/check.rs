//! `dockrev check` beside a bare program that does the same work.
//!
//! Both look at the same containers of a real engine and ask the same registry, which waits before each answer, in turns
//! and in one run: whatever slows the machine slows both. What they find out is compared with each other and with what the
//! registry knows to be true, so that none can be fast by doing less.

pub(crate) mod floor;

mod figures;
mod found;
mod options;
mod subject;

use std::process::ExitCode;
use std::time::Duration;

use crate::failure::Failure;
use crate::host::Host;
use crate::registry::Registry;
use figures::Figures;
pub(crate) use options::Options;
use subject::{Answers, Bench};

/// Runs the bench and prints its report.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let registry = Registry::start(options.images, options.auth)?;
    let host = Host::with_images_of(&registry)?;
    registry.publish_news();
    registry.set_latency(Duration::from_millis(options.latency_ms));
    let bench = Bench::new(&registry, &host, options)?;
    let figures = Figures {
        idle: bench.idle()?,
        first: bench.first()?,
        runs: (0..options.runs).map(|number| round(&bench, number)).collect::<Result<_, _>>()?,
    };
    let report = figures.report(options, &host);
    Ok(report.give(options.manner))
}

/// One run of each program, and that they found the same.
fn round(bench: &Bench<'_>, number: usize) -> Result<figures::Round, Failure> {
    eprintln!("run {}: the bare program, dockrev, dockrev again", number + 1);
    let floor = bench.floor()?;
    let cold = bench.check(Answers::Forgotten)?;
    let warm = bench.check(Answers::Kept)?;
    Ok(figures::Round { floor, cold, warm })
}
