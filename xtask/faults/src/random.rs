//! Many updates in a row of one stack, each hit by faults that a seed decides on.

use dockrev_faults::{Blow, Ended, Failure, Fault, Ground, Keeps, Moment, Stage, Store, Trick, Version};
use dockrev_testkit::{Compose, Mode};

use crate::options::Options;

/// Most lines that a job writes.
const LINES_MAX: u32 = 45;
/// Calls that are hit, and the most of each.
const CALLS: [(&str, u32); 10] = [
    ("GET /containers/json", 40),
    ("GET /containers/{}/json", 40),
    ("GET /images/{}/json", 20),
    ("POST /containers/create", 2),
    ("POST /containers/{}/start", 3),
    ("POST /containers/{}/stop", 4),
    ("POST /containers/{}/pause", 1),
    ("POST /containers/{}/unpause", 1),
    ("POST /images/create", 1),
    ("DELETE /containers/{}", 2),
];

/// What came of all of them.
#[derive(Debug, Default)]
pub(crate) struct Row {
    pub(crate) jobs: u32,
    /// Of these, how many met all their faults.
    pub(crate) hit: u32,
    pub(crate) faults: u32,
    pub(crate) ended: Vec<Ended>,
    pub(crate) problems: Vec<String>,
}

/// Runs `options.random` updates in a row.
pub(crate) fn run(options: &Options, store: &Store) -> Result<Row, Failure> {
    let compose = Compose::v2().map_or_else(Compose::any, Ok)?;
    let ground = Ground::prepare(&options.program, &options.plugins, compose)?;
    let mut random = fastrand::Rng::with_seed(options.seed);
    let first = store.push(1, Mode::Healthy)?;
    let mut stage = Stage::set(&ground, store, &first, Keeps::InSight)?;
    let mut row = Row::default();
    for number in 1..=options.random {
        let mode = if random.bool() { Mode::Healthy } else { Mode::Unhealthy };
        let new: Version = store.push(number + 1, mode)?;
        let faults: Vec<Fault> = (0..random.u32(1..=3)).map(|_| fault(&mut random)).collect();
        let what: Vec<String> = faults.iter().map(Fault::to_string).collect();
        let attempt = stage.attempt(&new, &faults)?;
        eprintln!("{number}/{} {mode}, {}: {}", options.random, what.join(" + "), attempt.ended);
        row.jobs += 1;
        row.hit += u32::from(attempt.hit);
        row.faults += u32::try_from(faults.len()).unwrap_or(0);
        row.ended.push(attempt.ended);
        if !attempt.problems.is_empty() {
            let problems = attempt.problems.join("; ");
            eprintln!("WRONG job {number}: {problems}\n{}", attempt.output);
            row.problems.push(format!("job {number} ({}): {problems}", what.join(" + ")));
            // What is wrong now would be wrong with all that follow.
            return Ok(row);
        }
    }
    Ok(row)
}

fn fault(random: &mut fastrand::Rng) -> Fault {
    if random.bool() {
        let moment = if random.bool() { Moment::Before } else { Moment::After };
        let blow = Blow::ALL[random.usize(..Blow::ALL.len())];
        return Fault::Line { moment, number: random.u32(1..=LINES_MAX), blow };
    }
    let (what, most) = CALLS[random.usize(..CALLS.len())];
    let trick = Trick::ALL[random.usize(..Trick::ALL.len())];
    Fault::Call { what: what.to_owned(), nth: random.u32(1..=most), trick }
}
