//! Runs all cases, several engines at a time.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use dockrev_faults::{Attempt, Failure, Fault, Ground, Stage, Store, Version};
use dockrev_testkit::{Compose, Mode};

use crate::case::{Case, Scenario, Tried, all};
use crate::done::Done;
use crate::options::Options;

/// The versions that the cases go between.
#[derive(Debug)]
pub(crate) struct Versions {
    old: Version,
    sick: Version,
    well: Version,
}

impl Versions {
    pub(crate) fn push(store: &Store) -> Result<Self, Failure> {
        Ok(Self {
            old: store.push(1, Mode::Healthy)?,
            sick: store.push(2, Mode::Unhealthy)?,
            well: store.push(2, Mode::Healthy)?,
        })
    }

    fn new_of(&self, scenario: Scenario) -> &Version {
        match scenario {
            Scenario::Sick | Scenario::Unseen => &self.sick,
            Scenario::Well => &self.well,
        }
    }
}

/// Runs every case that `options` ask for.
pub(crate) fn run(options: &Options, store: &Store) -> Result<Vec<Tried>, Failure> {
    let versions = Versions::push(store)?;
    let cases = plain(options, store, &versions)?;
    let known = Done::open(options.done.as_deref())?;
    let total = cases.len();
    let done: Vec<Tried> = cases.iter().filter_map(|case| known.of(case)).collect();
    let left: VecDeque<Case> = cases.into_iter().filter(|case| known.of(case).is_none()).collect();
    let workers = options.jobs.min(left.len());
    let desk = Desk { queue: Mutex::new(left), done: Mutex::new(done), known, total };
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                if let Err(error) = work(options, store, &versions, &desk) {
                    lock(&desk.queue).clear();
                    *lock(&failure) = Some(error);
                }
            });
        }
    });
    match lock(&failure).take() {
        Some(failure) => Err(failure),
        None => Ok(std::mem::take(&mut *lock(&desk.done))),
    }
}

/// What the workers share.
struct Desk {
    queue: Mutex<VecDeque<Case>>,
    done: Mutex<Vec<Tried>>,
    known: Done,
    total: usize,
}

/// The cases, from a run of each scenario without faults.
fn plain(options: &Options, store: &Store, versions: &Versions) -> Result<Vec<Case>, Failure> {
    let ground = ground(options)?;
    let mut cases = Vec::new();
    for scenario in Scenario::ALL {
        let plain = attempt(&ground, store, versions, scenario, &[])?;
        if !plain.problems.is_empty() || plain.ended != scenario.ends() {
            let (ended, problems) = (plain.ended, plain.problems.join("; "));
            return Err(Failure::new(format!("without any fault, {scenario}: {ended} {problems}\n{}", plain.output)));
        }
        eprintln!("{scenario}: {} lines, {} calls, {}", plain.lines.len(), plain.calls.len(), plain.ended);
        cases.extend(all(scenario, &plain));
    }
    if let Some(only) = &options.only {
        cases.retain(|case| only.split(',').any(|part| case.to_string().contains(part)));
    }
    Ok(cases)
}

fn ground(options: &Options) -> Result<Ground, Failure> {
    let compose = Compose::v2().map_or_else(Compose::any, Ok)?;
    Ground::prepare(&options.program, &options.plugins, compose)
}

fn attempt(
    ground: &Ground,
    store: &Store,
    versions: &Versions,
    scenario: Scenario,
    faults: &[Fault],
) -> Result<Attempt, Failure> {
    Stage::set(ground, store, &versions.old, scenario.keeps())?.attempt(versions.new_of(scenario), faults)
}

/// As [`attempt`], on another ground if this one cannot be used any more: an engine that was killed may never let go of a
/// volume.
fn attempt_somewhere(
    options: &Options,
    ground: &mut Ground,
    store: &Store,
    versions: &Versions,
    case: &Case,
) -> Result<Attempt, Failure> {
    if let Err(error) = ground.clear() {
        eprintln!("another engine is needed: {error}");
        *ground = self::ground(options)?;
    }
    attempt(ground, store, versions, case.scenario, std::slice::from_ref(&case.fault))
}

fn work(options: &Options, store: &Store, versions: &Versions, desk: &Desk) -> Result<(), Failure> {
    let mut ground = ground(options)?;
    loop {
        let Some(case) = lock(&desk.queue).pop_front() else { return Ok(()) };
        let tried = match attempt_somewhere(options, &mut ground, store, versions, &case) {
            Ok(attempt) => {
                if !attempt.problems.is_empty() {
                    eprintln!("WRONG {case}: {}\n{}", attempt.problems.join("; "), attempt.output);
                }
                Tried { case, ended: attempt.hit.then_some(attempt.ended), problems: attempt.problems }
            }
            // The engine or the stack is beyond use: that is lost, too, and the next case needs another.
            Err(error) => {
                eprintln!("WRONG {case}: {error}");
                ground = self::ground(options)?;
                Tried { case, ended: None, problems: vec![error.to_string()] }
            }
        };
        let mut done = lock(&desk.done);
        desk.known.add(&tried)?;
        let ended = tried.ended.map_or_else(|| "not met".to_owned(), |ended| ended.to_string());
        eprintln!("{}/{} {}: {ended}", done.len() + 1, desk.total, tried.case);
        done.push(tried);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
