use super::*;

fn failure(stage: Stage, undo: UndoRule) -> Failure {
    Failure { stage, code: "test".to_owned(), message: format!("{stage} broke"), hint: None, undo }
}

/// Runs a job whose stages end as the two functions say, and gives the names of all states it passes.
fn run(done: impl Fn(Stage) -> Outcome, undone: impl Fn(Stage) -> Outcome) -> (Vec<String>, JobState) {
    let mut state = JobState::first();
    let mut passed = Vec::new();
    while !state.has_ended() {
        let outcome = match &state {
            JobState::Running { stage } => {
                passed.push(stage.to_string());
                done(*stage)
            }
            JobState::Undoing { stage, .. } => {
                passed.push(format!("-{stage}"));
                undone(*stage)
            }
            JobState::Updated
            | JobState::Failed { .. }
            | JobState::RolledBack { .. }
            | JobState::NeedsAttention { .. } => {
                unreachable!()
            }
        };
        state = state.next(outcome);
    }
    (passed, state)
}

#[test]
fn runs_all_stages_in_order() {
    let (passed, state) = run(|_| Outcome::Done, |_| Outcome::Done);
    assert_eq!(passed, ["preflight", "pull", "backup", "apply", "verify"]);
    assert_eq!(state, JobState::Updated);
}

#[test]
fn undoes_every_stage_that_started_in_reverse() {
    for broken in Stage::ALL {
        let fail = failure(broken, UndoRule::Automatic);
        let (passed, state) =
            run(|stage| if stage == broken { Outcome::Failed(fail.clone()) } else { Outcome::Done }, |_| Outcome::Done);
        let started = passed.iter().filter(|name| !name.starts_with('-')).cloned().collect::<Vec<_>>();
        let undone = passed.iter().filter_map(|name| name.strip_prefix('-')).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(undone, started.into_iter().rev().collect::<Vec<_>>(), "{broken}");
        assert_eq!(state.name(), if broken.touches_service() { "rolled-back" } else { "failed" }, "{broken}");
    }
}

#[test]
fn a_failed_undo_stops_and_asks_for_a_person() {
    for broken in Stage::ALL {
        for stuck in Stage::ALL.into_iter().filter(|stuck| *stuck <= broken) {
            let (_, state) = run(
                |stage| {
                    if stage == broken { Outcome::Failed(failure(stage, UndoRule::Automatic)) } else { Outcome::Done }
                },
                |stage| {
                    if stage == stuck { Outcome::Failed(failure(stage, UndoRule::Automatic)) } else { Outcome::Done }
                },
            );
            let JobState::NeedsAttention { cause, undo_failure } = state else { panic!("{broken} {stuck}: {state:?}") };
            assert_eq!((cause.stage, undo_failure.map(|failure| failure.stage)), (broken, Some(stuck)));
        }
    }
}

#[test]
fn does_not_undo_what_waits_for_a_request() {
    let (passed, state) = run(
        |stage| {
            if stage == Stage::Verify { Outcome::Failed(failure(stage, UndoRule::OnRequest)) } else { Outcome::Done }
        },
        |_| Outcome::Done,
    );
    assert_eq!(passed.last().map(String::as_str), Some("verify"));
    assert_eq!(state.name(), "needs-attention");
}

#[test]
fn an_ended_job_stays_as_it_is() {
    let ended = JobState::RolledBack { cause: failure(Stage::Verify, UndoRule::Automatic) };
    assert_eq!(ended.clone().next(Outcome::Done), ended);
    assert_eq!(ended.clone().next(Outcome::Failed(failure(Stage::Pull, UndoRule::Automatic))), ended);
}
