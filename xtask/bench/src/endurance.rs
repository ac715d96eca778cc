//! A server that checks again and again: whether its memory and its open files grow.
//!
//! The registry and the containers are those of `check`; every check asks all of them anew.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::arguments::{Manner, Program, number, value};
use crate::failure::Failure;
use crate::host::Host;
use crate::registry::{Auth, Registry};
use crate::report::{Report, Row, Target, count, megabytes};
use crate::served::Served;

/// Part of the run after which it counts as warm: plugins are compiled, caches are full.
const WARM_AFTER: f64 = 0.2;
/// How often it is asked whether a check has ended.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// Longest check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(120);
/// Memory at the end, in that of when it was warm.
const MEMORY_AT_MOST: f64 = 1.1;
/// Open files more than when it was warm.
const HANDLES_AT_MOST: f64 = 8.0;

/// What `endurance` was asked for.
#[derive(Debug)]
pub(crate) struct Options {
    minutes: u64,
    images: usize,
    every_s: u64,
    manner: Manner,
    program: Program,
}

impl Options {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, Failure> {
        let (manner, program) = (Manner::default(), Program::default());
        let mut options = Self { minutes: 30, images: 100, every_s: 5, manner, program };
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--minutes" => options.minutes = number(argument, &mut rest)?,
                "--images" => options.images = number(argument, &mut rest)?,
                "--every-s" => options.every_s = number(argument, &mut rest)?,
                "--dockrev" => options.program.dockrev = value(argument, &mut rest)?.into(),
                "--plugins" => options.program.plugins = value(argument, &mut rest)?.into(),
                other if options.manner.takes(other) => {}
                unknown => return Err(Failure::new(format!("`endurance` does not know `{unknown}`"))),
            }
        }
        if options.minutes == 0 || options.images == 0 {
            return Err(Failure::new("`endurance` takes at least one minute and one image"));
        }
        options.program.check()?;
        Ok(options)
    }
}

/// How it was at one moment.
#[derive(Clone, Copy, Debug)]
struct Sample {
    memory_bytes: u64,
    handles: u64,
}

/// Runs the bench and prints its report.
pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    let registry = Registry::start(options.images, Auth::Open)?;
    let host = Host::with_images_of(&registry)?;
    registry.publish_news();
    let data = tempfile::tempdir().map_err(Failure::of("could not make a folder"))?;
    let served = Served::start(&options.program, host.address(), data.path())?;
    let (began, whole) = (Instant::now(), Duration::from_secs(options.minutes * 60));
    let mut samples: Vec<Sample> = Vec::new();
    while began.elapsed() < whole {
        let next = Instant::now() + Duration::from_secs(options.every_s);
        check(&served, options.images)?;
        samples.push(Sample { memory_bytes: served.memory_bytes()?, handles: served.handles()? });
        if samples.len() % 60 == 1 {
            let (last, at) = (samples[samples.len() - 1], began.elapsed().as_secs());
            eprintln!(
                "{at} s, check {}: {:.1} MB, {} open files",
                samples.len(),
                megabytes(last.memory_bytes),
                last.handles
            );
        }
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    Ok(report(options, &host, &samples)?.give(options.manner))
}

/// Has everything checked, and waits until it is.
fn check(served: &Served, images: usize) -> Result<(), Failure> {
    let number = served.post("/api/v1/checks", &json!({}))?["number"].as_u64();
    let began = Instant::now();
    while began.elapsed() < CHECK_TIMEOUT {
        let state: Value = serde_json::from_slice(&served.get("/api/v1/check")?)
            .map_err(Failure::of("could not read how far a check has come"))?;
        let is_unfinished =
            state["unfinished"].as_array().is_some_and(|open| open.iter().any(|one| one.as_u64() == number));
        if !is_unfinished {
            let counted: u64 = state["counts"].as_object().into_iter().flatten().filter_map(|(_, n)| n.as_u64()).sum();
            let is_whole = usize::try_from(counted) == Ok(images) && state["problem"].is_null();
            let wrong = || Failure::new(format!("a check of {images} images came to {state}"));
            return is_whole.then_some(()).ok_or_else(wrong);
        }
        std::thread::sleep(LOOK_AGAIN_AFTER);
    }
    Err(Failure::new(format!("a check took more than {} s", CHECK_TIMEOUT.as_secs())))
}

fn report(options: &Options, host: &Host, samples: &[Sample]) -> Result<Report, Failure> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place")]
    let warm = (samples.len() as f64 * WARM_AFTER) as usize;
    let (Some(first), Some(warm), Some(last)) = (samples.first(), samples.get(warm), samples.last()) else {
        return Err(Failure::new("there was no check"));
    };
    let most = |of: fn(&Sample) -> u64| samples.iter().map(of).max().unwrap_or_default();
    let memory = |bytes: u64| Some(megabytes(bytes));
    let handles = |number: u64| Some(count(number));
    let Options { minutes, images, every_s, .. } = options;
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let checks = samples.len();
    Ok(Report {
        bench: "endurance",
        title: format!("{checks} checks of {images} images in {minutes} minutes, one every {every_s} s; {cores} cores"),
        conditions: json!({
            "minutes": minutes, "images": images, "every_s": every_s, "checks": checks, "cores": cores,
            "engine": host.engine_version(),
        }),
        columns: ["first", "warm", "last", "most"].map(str::to_owned).to_vec(),
        rows: vec![
            Row {
                name: "memory",
                unit: "MB",
                figures: vec![
                    memory(first.memory_bytes),
                    memory(warm.memory_bytes),
                    memory(last.memory_bytes),
                    memory(most(|sample| sample.memory_bytes)),
                ],
            },
            Row {
                name: "open files",
                unit: "",
                figures: vec![
                    handles(first.handles),
                    handles(warm.handles),
                    handles(last.handles),
                    handles(most(|sample| sample.handles)),
                ],
            },
        ],
        targets: vec![
            Target {
                name: "memory at the end, to when it was warm".to_owned(),
                figure: megabytes(last.memory_bytes) / megabytes(warm.memory_bytes),
                at_most: MEMORY_AT_MOST,
                unit: "",
            },
            Target {
                name: "open files more than when it was warm".to_owned(),
                figure: count(last.handles) - count(warm.handles),
                at_most: HANDLES_AT_MOST,
                unit: "",
            },
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::words;

    #[test]
    fn arguments_are_checked() {
        let parse = |line: &str| Options::parse(&words(line));
        let good = parse("--dockrev /d --plugins /p --minutes 1 --every-s 0").unwrap();
        assert_eq!((good.minutes, good.images, good.every_s), (1, 100, 0));
        for bad in ["", "--dockrev /d --plugins /p --minutes 0", "--dockrev /d --plugins /p --images 0", "--what"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
