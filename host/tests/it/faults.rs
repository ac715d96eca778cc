//! A small part of `cargo xtask faults`: one update with a backup, broken where most is at stake.

use crate::stage::plugin_dir;
use dockrev_faults::{Blow, Disk, Ended, Fault, Ground, Keeps, Line, Moment, Stage, Store, Trick, Version};
use dockrev_testkit::{Compose, Mode};
use std::path::Path;

const PROGRAM: &str = env!("CARGO_BIN_EXE_dockrev");

fn ground() -> Ground {
    Ground::prepare(Path::new(PROGRAM), &plugin_dir(), Compose::v2().expect("Compose 2")).expect("a ground")
}

/// The line with this label, as a run without faults wrote it.
#[track_caller]
fn at(lines: &[Line], label: &str, moment: Moment, blow: Blow) -> Fault {
    let line = lines.iter().find(|line| line.label == label);
    let line = line.unwrap_or_else(|| panic!("there is no `{label}` in {lines:#?}"));
    Fault::Line { moment, number: line.number, blow }
}

fn call(what: &str, nth: u32, trick: Trick) -> Fault {
    Fault::Call { what: what.to_owned(), nth, trick }
}

#[track_caller]
fn check(
    ground: &Ground,
    store: &Store,
    (old, new): (&Version, &Version),
    keeps: Keeps,
    fault: &Fault,
    expected: &[Ended],
) {
    let mut stage = Stage::set(ground, store, old, keeps).expect("a stack");
    let attempt = stage.attempt(new, std::slice::from_ref(fault)).expect("an attempt");
    assert!(attempt.problems.is_empty(), "{fault}: {:#?}\n{}", attempt.problems, attempt.output);
    assert!(attempt.hit, "{fault} was not met");
    assert!(expected.contains(&attempt.ended), "{fault}: {}\n{}", attempt.ended, attempt.output);
}

#[test]
fn an_update_to_an_unhealthy_version_loses_nothing() {
    let (ground, store) = (ground(), Store::start().expect("a registry"));
    let old = store.push(1, Mode::Healthy).expect("a push");
    let sick = store.push(2, Mode::Unhealthy).expect("a push");
    let plain =
        Stage::set(&ground, &store, &old, Keeps::InSight).expect("a stack").attempt(&sick, &[]).expect("an attempt");
    assert_eq!(plain.ended, Ended::RolledBack, "{}", plain.output);
    assert!(plain.problems.is_empty(), "{:#?}\n{}", plain.problems, plain.output);
    let at = |label: &str, moment, blow| at(&plain.lines, label, moment, blow);
    let check =
        |fault: &Fault, expected: &[Ended]| check(&ground, &store, (&old, &sick), Keeps::InSight, fault, expected);
    use Ended::{Failed, RolledBack};
    use Moment::{After, Before};
    // The service is stopped, and the copy has begun.
    check(&at("backup: intends write-backup", After, Blow::Kill), &[Failed]);
    // The service was replaced, and the journal does not know yet.
    check(&at("apply: did compose-up", Before, Blow::Kill), &[RolledBack]);
    // The data went back, and the journal does not know yet.
    check(&at("undo apply: did restore-data", Before, Blow::Kill), &[RolledBack]);
    check(&at("undo apply: intends compose-up", After, Blow::Kill), &[RolledBack]);
    check(&at("apply: intends compose-up", After, Blow::KillEngine), &[RolledBack]);
    check(&at("apply: did pin-image", After, Blow::Fill(Disk::Data)), &[RolledBack]);
    check(&at("verify: started", After, Blow::RemoveOldImage), &[RolledBack]);
    check(&call("POST /containers/create", 1, Trick::Lose), &[RolledBack]);
}

#[test]
fn an_update_to_a_healthy_version_loses_nothing() {
    let (ground, store) = (ground(), Store::start().expect("a registry"));
    let old = store.push(1, Mode::Healthy).expect("a push");
    let well = store.push(2, Mode::Healthy).expect("a push");
    let plain =
        Stage::set(&ground, &store, &old, Keeps::InSight).expect("a stack").attempt(&well, &[]).expect("an attempt");
    assert_eq!(plain.ended, Ended::Updated, "{}", plain.output);
    assert!(plain.problems.is_empty(), "{:#?}\n{}", plain.problems, plain.output);
    let at = |label: &str, moment, blow| at(&plain.lines, label, moment, blow);
    let check =
        |fault: &Fault, expected: &[Ended]| check(&ground, &store, (&old, &well), Keeps::InSight, fault, expected);
    // Verify changes nothing: it is done again.
    check(&at("verify: started", Moment::After, Blow::Kill), &[Ended::Updated]);
    check(&at("verify: done", Moment::Before, Blow::Kill), &[Ended::Updated]);
    check(&at("backup: intends write-backup", Moment::After, Blow::Fill(Disk::Backups)), &[Ended::Failed]);
    check(&call("POST /containers/{}/stop", 1, Trick::Refuse), &[Ended::Failed]);
}

/// Its copy is made and put back by helpers, which live on when the process dies.
#[test]
fn data_out_of_sight_is_not_lost_either() {
    let (ground, store) = (ground(), Store::start().expect("a registry"));
    let old = store.push(1, Mode::Healthy).expect("a push");
    let sick = store.push(2, Mode::Unhealthy).expect("a push");
    let keeps = Keeps::OutOfSight;
    let plain = Stage::set(&ground, &store, &old, keeps).expect("a stack").attempt(&sick, &[]).expect("an attempt");
    assert_eq!(plain.ended, Ended::RolledBack, "{}", plain.output);
    assert!(plain.problems.is_empty(), "{:#?}\n{}", plain.problems, plain.output);
    let at = |label: &str, moment, blow| at(&plain.lines, label, moment, blow);
    let check = |fault: &Fault, expected: &[Ended]| check(&ground, &store, (&old, &sick), keeps, fault, expected);
    check(&at("backup: intends write-backup", Moment::After, Blow::Kill), &[Ended::Failed]);
    check(&at("undo apply: intends restore-data", Moment::After, Blow::Kill), &[Ended::RolledBack]);
    check(&at("undo apply: did restore-data", Moment::Before, Blow::Kill), &[Ended::RolledBack]);
    // Measuring is tried again, a copy is not: then nothing was changed.
    check(&call("POST /containers/{}/attach", 1, Trick::Lose), &[Ended::RolledBack]);
    check(&call("POST /containers/{}/attach", 2, Trick::Lose), &[Ended::Failed]);
    check(&call("PUT /containers/{}/archive", 1, Trick::Cut), &[Ended::RolledBack]);
}

/// What stops at every line of the journal for a test is in no release.
#[test]
fn only_a_debug_build_has_the_gate() {
    let program = std::fs::read(PROGRAM).expect("the program");
    let name = b"DOCKREV_TEST_GATE";
    assert_eq!(program.windows(name.len()).any(|window| window == name), cfg!(debug_assertions));
}
