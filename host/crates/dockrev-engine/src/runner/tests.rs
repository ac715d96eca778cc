use super::*;
use crate::world::{Fault, NEW, OLD, Road, World, image, migrate, pinned, service};
use dockrev_core::backup::{self, BackupSettings, Measured};
use dockrev_core::ids::{ContainerId, WorkloadId};
use dockrev_core::job::{LogLine, Observation, StageOutput};
use dockrev_core::ports::Engine as _;
use dockrev_core::stack::RunState;

mod one_shots;

struct Nobody;

impl Observer for Nobody {
    fn state(&self, _job: &Job) {}
    fn line(&self, _workload: &WorkloadId, _line: &LogLine) {}
}

/// What is to become of the new image in a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NewImage {
    Works,
    IsSick,
}

fn prepare(road: Road, new: NewImage, has_healthcheck: bool) -> (Arc<World>, Runner, Change) {
    let (world, change) = World::with_change(road, has_healthcheck);
    if new == NewImage::IsSick {
        world.state().sick.insert(image(NEW).id);
    }
    let world = Arc::new(world);
    let runner = Runner::new(world.ports(), CancelFlag::default());
    (world, runner, change)
}

/// The same with the data copied before, and going back with a rollback.
async fn prepare_with_backup(road: Road, new: NewImage) -> (Arc<World>, Runner, Change) {
    let (world, runner, change) = prepare(road, new, true);
    let targets = backup::of_stack(&world.inventory().await.unwrap(), &change.id().stack());
    let measured: Vec<_> = targets.into_iter().map(|target| (target, Measured::Bytes(1))).collect();
    let planned = backup::plan(&change.id(), &measured, &BackupSettings::default());
    let change = change.with_backup(planned);
    assert_eq!(change.backup.as_ref().unwrap().going_back().count(), 1);
    (world, runner, change)
}

/// Runs the change until it ends, fails to be written down, or the process dies.
async fn run_until_it_ends_or_dies(world: &World, runner: &Runner, change: Change) {
    tokio::select! {
        _ = runner.run(change, "test", &Nobody) => {}
        () = world.died.notified() => {}
    }
}

async fn recover_until_it_ends_or_dies(world: &World, runner: &Runner) {
    tokio::select! {
        _ = runner.recover(&Nobody) => {}
        () = world.died.notified() => {}
    }
}

/// The one promise: what the job says it did is what is there, or it says that a person has to look.
fn check_promise(world: &World, road: Road, context: &str) -> Option<JobState> {
    let state = world.state();
    let runs = state.container.as_ref().map(|container| container.image_id.clone());
    let Some(job) = state.jobs.values().next() else {
        assert_eq!(runs, Some(image(OLD).id), "{context}: touched without a job");
        return None;
    };
    match &job.state {
        JobState::Updated => {
            assert_eq!(runs, Some(image(NEW).id), "{context}: says updated");
            let pin = state.pins.get(&service().service);
            match road {
                Road::MovedTag | Road::AloneMovedTag => {
                    assert_eq!(state.tags.get("demo.invalid/app:1.0"), Some(&image(NEW).id), "{context}");
                }
                Road::AloneNewTag => {
                    assert_eq!(state.tags.get("demo.invalid/app:1.1"), Some(&image(NEW).id), "{context}");
                }
                Road::FirstPin | Road::NextPin | Road::Followed => {
                    assert_eq!(pin, Some(&pinned("1.1", NEW)), "{context}")
                }
                Road::Prepared => {
                    let pin_of_one_shot = state.pins.get(&migrate().service);
                    assert_eq!((pin, pin_of_one_shot), (Some(&pinned("1.1", NEW)), pin), "{context}");
                    assert_eq!(state.one_shot.as_ref().unwrap().image, image(NEW).id, "{context}");
                }
                Road::Rewrite | Road::RewriteOfPinned => {
                    assert_eq!((pin, state.file_image.as_str()), (None, "demo.invalid/app:1.1"), "{context}");
                    assert_eq!(state.tags.get("demo.invalid/app:1.1"), Some(&image(NEW).id), "{context}");
                }
            }
        }
        JobState::Failed { .. } | JobState::RolledBack { .. } => {
            assert_eq!(runs, Some(image(OLD).id), "{context}: says {}", job.state.name());
            let pin = state.pins.get(&service().service);
            assert_eq!(state.file_image, road.file_image(), "{context}");
            match road {
                Road::NextPin | Road::RewriteOfPinned => assert_eq!(pin, Some(&pinned("1.0", OLD)), "{context}"),
                Road::MovedTag
                | Road::FirstPin
                | Road::Rewrite
                | Road::Followed
                | Road::Prepared
                | Road::AloneMovedTag
                | Road::AloneNewTag => {
                    assert_eq!((pin, state.pins.len()), (None, 0), "{context}");
                    let ran = state.one_shot.as_ref().map_or(image(OLD).id, |run| run.image.clone());
                    assert_eq!(ran, image(OLD).id, "{context}: the one-shot is another version");
                    assert_eq!(state.tags.get("demo.invalid/app:1.0"), Some(&image(OLD).id), "{context}");
                }
            }
        }
        JobState::NeedsAttention { .. } => return Some(job.state.clone()),
        JobState::Running { .. } | JobState::Undoing { .. } => panic!("{context}: still {}", job.state.name()),
    }
    let own = state.container.as_ref().map(|container| container.run);
    assert_eq!(own, Some(RunState::Running), "{context}: the service does not run");
    assert!(state.follower_is_connected(), "{context}: {:?} is not in {:?}", state.follower, state.container);
    let keeps_the_old = road.is_alone() && job.state == JobState::Updated;
    assert_eq!(state.kept.is_some(), keeps_the_old, "{context}: the old container");
    assert_eq!(state.neighbour, RunState::Running, "{context}: the neighbour was not let go");
    if job.change.backup.is_some() {
        let expected = if job.state == JobState::Updated { NEW } else { OLD };
        assert_eq!(state.data, expected, "{context}: the data is not that of the image");
    }
    assert!(state.locked.is_empty(), "{context}: the stack is still locked");
    Some(job.state.clone())
}

#[tokio::test]
async fn updates_and_puts_back() {
    for road in Road::ALL {
        for (new, expected) in [(NewImage::Works, "updated"), (NewImage::IsSick, "rolled-back")] {
            let (world, runner, change) = prepare(road, new, true);
            let job = runner.run(change, "test", &Nobody).await.unwrap();
            assert_eq!(job.state.name(), expected, "{road:?} {new:?}: {:?}", job.state);
            check_promise(&world, road, &format!("{road:?} {new:?}"));
        }
    }
}

#[tokio::test]
async fn keeps_its_promise_whatever_breaks_at_whichever_call() {
    let mut cases = 0;
    for road in Road::ALL {
        for new in [NewImage::Works, NewImage::IsSick] {
            for fault in Fault::ALL {
                let mut call = 1;
                loop {
                    let (world, runner, change) = prepare_with_backup(road, new).await;
                    world.break_call(call, fault);
                    run_until_it_ends_or_dies(&world, &runner, change).await;
                    let reached = world.calls() >= call;
                    world.mend();
                    runner.recover(&Nobody).await.unwrap();
                    let context = format!("{road:?} {new:?} {fault:?} at call {call}");
                    let state = check_promise(&world, road, &context);
                    if let Some(JobState::NeedsAttention { undo_failure, .. }) = state {
                        assert!(undo_failure.is_some(), "{context}: gave up without trying to undo");
                    }
                    if !reached {
                        break;
                    }
                    cases += 1;
                    call += 1;
                }
            }
        }
    }
    assert!(cases > 500, "only {cases} cases: the faults are no longer reached");
}

#[tokio::test]
async fn keeps_its_promise_when_recovery_dies_too() {
    for road in Road::ALL {
        let last = if road == Road::Followed { 150 } else { 110 };
        for first in 1..last {
            for second in (1..40).step_by(3) {
                let (world, runner, change) = prepare_with_backup(road, NewImage::IsSick).await;
                world.break_call(first, Fault::DiesAfter);
                run_until_it_ends_or_dies(&world, &runner, change).await;
                world.break_call(second, Fault::DiesBefore);
                recover_until_it_ends_or_dies(&world, &runner).await;
                world.mend();
                runner.recover(&Nobody).await.unwrap();
                let context = format!("{road:?} dies at call {first}, and at call {second} of its recovery");
                let state = check_promise(&world, road, &context);
                assert!(!matches!(state, Some(JobState::NeedsAttention { .. })), "{context}: {state:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_service_without_a_healthcheck_is_not_put_back_unasked() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::IsSick, false);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "needs-attention");
    assert!(job.state.cause().unwrap().hint.as_ref().unwrap().contains("dockrev rollback"));
    let job = runner.roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    check_promise(&world, Road::FirstPin, "asked for");
}

#[tokio::test]
async fn a_service_without_a_healthcheck_is_put_back_when_asked_beforehand() {
    let (world, runner, mut change) = prepare(Road::FirstPin, NewImage::IsSick, false);
    change.verify.without_healthcheck = UndoRule::Automatic;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    check_promise(&world, Road::FirstPin, "asked beforehand");
}

#[tokio::test]
async fn success_without_a_healthcheck_carries_a_warning() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, false);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state, JobState::Updated);
    let warnings: Vec<_> = world.state().entries[job.id.as_str()]
        .iter()
        .filter_map(|entry| {
            let Step::Done(StageOutput::Verified { warnings, .. }) = &entry.step else { return None };
            Some(warnings.clone())
        })
        .collect();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0][0].contains("no healthcheck"), "{warnings:?}");
}

#[tokio::test]
async fn an_update_can_be_rolled_back_later_unless_something_changed_since() {
    for road in Road::ALL {
        let (world, runner, change) = prepare(road, NewImage::Works, true);
        let job = runner.run(change, "test", &Nobody).await.unwrap();
        let undone = runner.roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap();
        assert_eq!(undone.state.name(), "rolled-back", "{road:?}");
        check_promise(&world, road, "rolled back");
        let again = runner.roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap_err();
        assert_eq!(again.code(), "rollback.nothing-to-undo");
    }
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, true);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    world.state().container.as_mut().unwrap().image_id = image("dddd").id;
    assert_eq!(
        runner.roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap_err().code(),
        "rollback.service-changed"
    );
}

#[tokio::test]
async fn a_stale_plan_touches_nothing() {
    type Staleness = fn(&World);
    let changes: [(&str, Staleness); 5] = [
        ("preflight.files-changed", |world| world.state().files[0].digest = crate::world::digest("eeee")),
        ("preflight.service-changed", |world| world.state().container = None),
        ("preflight.service-changed", |world| {
            world.state().container.as_mut().unwrap().run = dockrev_core::stack::RunState::Exited { code: 0 };
        }),
        ("preflight.pin-changed", |world| {
            world.state().pins.insert(service().service, pinned("1.2", NEW));
        }),
        ("preflight.old-image-gone", |world| {
            world.state().images.remove(&image(OLD).id);
        }),
    ];
    for (code, make_stale) in changes {
        let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, true);
        make_stale(&world);
        let before = world.visible();
        let job = runner.run(change, "test", &Nobody).await.unwrap();
        assert_eq!(job.state.name(), "failed", "{code}");
        assert_eq!(job.state.cause().unwrap().code, code);
        let after = world.visible();
        assert_eq!(before, after, "{code}");
    }
}

/// Somebody else pulled the same tag in the meantime: going back must not take it from them, nor run what it is now.
#[tokio::test]
async fn a_tag_that_drifted_is_gone_back_to_by_digest() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::IsSick, true);
    let drifted = image("dddd");
    world.state().tags.insert("demo.invalid/app:1.0".to_owned(), drifted.id.clone());
    world.state().images.insert(drifted.id.clone(), drifted.clone());
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    let state = world.state();
    assert_eq!(state.container.as_ref().unwrap().image_id, image(OLD).id);
    assert_eq!(state.pins.get(&service().service), Some(&pinned("1.0", OLD)));
    assert_eq!(state.tags["demo.invalid/app:1.0"], drifted.id);
}

/// The old image has a healthcheck, the new one lost it and ends: that is no reason to leave the service broken.
#[tokio::test]
async fn a_lost_healthcheck_does_not_lose_the_way_back() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::IsSick, true);
    world.state().has_healthcheck = false;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
}

/// An engine that was killed in between may never run the healthcheck of the old container, until that is started once more.
#[tokio::test]
async fn a_forgotten_healthcheck_does_not_lose_the_way_back() {
    for road in [Road::FirstPin, Road::Followed] {
        let (world, runner, change) = prepare(road, NewImage::IsSick, true);
        world.state().forgets_healthchecks = true;
        let job = runner.run(change, "test", &Nobody).await.unwrap();
        assert_eq!(job.state.name(), "rolled-back", "{road:?}: {:?}", job.state);
        check_promise(&world, road, "the healthcheck was forgotten");
    }
}

/// What is unhealthy by its own healthcheck stays so, and is told.
#[tokio::test]
async fn an_old_version_that_is_sick_itself_needs_a_person() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::IsSick, true);
    world.state().sick.insert(image(OLD).id);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    let JobState::NeedsAttention { undo_failure, .. } = &job.state else { panic!("{:?}", job.state) };
    assert_eq!(undo_failure.as_ref().map(|failure| &*failure.code), Some("rollback.not-healthy"));
    let lines = &world.state().lines[job.id.as_str()];
    assert_eq!(lines.iter().filter(|line| line.text.starts_with("starting it once more")).count(), 1);
}

#[tokio::test]
async fn copies_before_and_puts_back_after() {
    for road in Road::ALL {
        for (new, expected, data) in [(NewImage::Works, "updated", NEW), (NewImage::IsSick, "rolled-back", OLD)] {
            let (world, runner, change) = prepare_with_backup(road, new).await;
            let job = runner.run(change, "test", &Nobody).await.unwrap();
            assert_eq!(job.state.name(), expected, "{road:?} {new:?}: {:?}", job.state);
            check_promise(&world, road, &format!("{road:?} {new:?}"));
            let state = world.state();
            assert_eq!(state.data, data, "{road:?} {new:?}");
            assert_eq!(state.backups.values().collect::<Vec<_>>(), [OLD], "{road:?} {new:?}");
        }
    }
}

#[tokio::test]
async fn a_backup_that_fails_stops_the_update() {
    let (world, runner, change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
    let before = world.visible();
    world.state().vault_is_full = true;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "failed", "{:?}", job.state);
    assert_eq!(job.state.cause().unwrap().stage, Stage::Backup);
    assert_eq!(world.visible(), before, "the same container runs again");
    assert!(world.state().half_written.is_empty());
    check_promise(&world, Road::FirstPin, "the vault is full");
}

#[tokio::test]
async fn a_backup_that_fails_is_passed_over_where_the_settings_say_so() {
    let (world, runner, mut change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
    change.backup.as_mut().unwrap().on_failure = backup::FailureRule::GoOn;
    world.state().vault_is_full = true;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state, JobState::Updated);
    check_promise(&world, Road::FirstPin, "the vault is full and nobody minds");
}

/// The network of a container ends when it stops: what lives in it has to be started again after it.
#[tokio::test]
async fn a_backup_that_fails_leaves_followers_connected() {
    let (world, runner, change) = prepare_with_backup(Road::Followed, NewImage::Works).await;
    let before = world.state().follower.clone().unwrap();
    world.state().vault_is_full = true;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "failed", "{:?}", job.state);
    check_promise(&world, Road::Followed, "the vault is full");
    let after = world.state().follower.clone().unwrap();
    assert_eq!(after.id, before.id, "it is the same container, started again");
    assert!(after.started_at > before.started_at);
}

#[tokio::test]
async fn a_follower_that_does_not_come_back_takes_the_change_back() {
    let (world, runner, change) = prepare_with_backup(Road::Followed, NewImage::Works).await;
    world.state().follower_dislikes = Some(image(NEW).id);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    let cause = job.state.cause().unwrap();
    assert_eq!((job.state.name(), cause.code.as_str()), ("rolled-back", "verify.follower-not-good"), "{cause}");
    assert!(cause.message.contains("`demo/rider`: container `demo-rider-1` is unhealthy"), "{cause}");
    check_promise(&world, Road::Followed, "the follower is sick");
}

/// A plan that would start what somebody stopped meanwhile, or move it to another image, is none any more.
#[tokio::test]
async fn a_follower_that_changed_since_makes_the_plan_stale() {
    type Staleness = fn(&World);
    let changes: [Staleness; 2] = [
        |world| world.state().follower.as_mut().unwrap().run = RunState::Exited { code: 0 },
        |world| {
            let other = image("dddd");
            world.state().tags.insert("demo.invalid/rider:1".to_owned(), other.id.clone());
            world.state().images.insert(other.id.clone(), other);
        },
    ];
    for make_stale in changes {
        let (world, runner, change) = prepare_with_backup(Road::Followed, NewImage::Works).await;
        make_stale(&world);
        let before = (world.visible(), world.state().follower.clone());
        let job = runner.run(change, "test", &Nobody).await.unwrap();
        assert_eq!(job.state.cause().unwrap().code, "preflight.follower-changed");
        assert_eq!((world.visible(), world.state().follower.clone()), before);
    }
}

/// As after an earlier job of the same plan.
#[tokio::test]
async fn who_was_made_anew_since_is_frozen_for_the_copy_as_well() {
    let (world, runner, change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
    world.state().neighbour_id = ContainerId::new("made-anew");
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state, JobState::Updated);
    let state = world.state();
    assert_eq!((state.backups.len(), state.neighbour), (1, RunState::Running));
}

/// What has been in use is not overwritten unasked.
#[tokio::test]
async fn a_later_rollback_puts_data_back_only_when_asked() {
    for (wish, data) in [(DataWish::Keep, NEW), (DataWish::Restore, OLD)] {
        let (world, runner, change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
        let job = runner.run(change, "test", &Nobody).await.unwrap();
        let undone = runner.roll_back(&job.id, wish, &Nobody).await.unwrap();
        assert_eq!(undone.state.name(), "rolled-back", "{wish:?}: {:?}", undone.state);
        assert_eq!(world.state().data, data, "{wish:?}");
        assert_eq!(world.state().neighbour, RunState::Running, "{wish:?}");
    }
}

#[tokio::test]
async fn what_a_failed_candidate_said_is_kept_as_evidence() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::IsSick, true);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    let state = world.state();
    let seen: Vec<_> = state.entries[job.id.as_str()]
        .iter()
        .filter_map(|entry| if let Step::Saw(seen) = &entry.step { Some((entry.direction, seen)) } else { None })
        .collect();
    let [(Direction::Do, probed), (Direction::Do, said), (Direction::Undo, good)] = seen.as_slice() else {
        panic!("{seen:?}")
    };
    assert!(matches!(probed, Observation::Probed { probe, .. } if probe.exit_code == 1), "{probed:?}");
    assert!(matches!(said, Observation::LastLines { lines } if lines == &["its last words"]), "{said:?}");
    assert!(matches!(good, Observation::Probed { probe, .. } if probe.exit_code == 0), "{good:?}");
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_stops_the_update_before_anything_is_touched() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, true);
    let before = world.visible();
    world.state().free_bytes = Some(crate::stage::FREE_MIN_BYTES - 1);
    let job = runner.run(change.clone(), "test", &Nobody).await.unwrap();
    let cause = job.state.cause().unwrap();
    assert_eq!((job.state.name(), cause.code.as_str()), ("failed", "pull.no-space"));
    assert!(cause.message.contains("127 MiB left, and an update wants 128"), "{cause}");
    assert_eq!(world.visible(), before);
    world.state().free_bytes = Some(crate::stage::FREE_MIN_BYTES);
    assert_eq!(runner.run(change, "test", &Nobody).await.unwrap().state, JobState::Updated);
}

#[tokio::test]
async fn data_that_nobody_copied_cannot_be_asked_for() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, true);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    let before = world.visible();
    let error = runner.roll_back(&job.id, DataWish::Restore, &Nobody).await.unwrap_err();
    assert_eq!(error.code(), "rollback.no-data");
    assert_eq!(world.visible(), before, "nothing was touched");
}

#[tokio::test]
async fn a_job_that_is_asked_to_stop_undoes_itself() {
    let (world, runner, change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
    // Everything else is broken at a call; this stops the job once it has a journal.
    world.break_call(12, Fault::DiesAfter);
    run_until_it_ends_or_dies(&world, &runner, change).await;
    world.mend();
    let id = world.unfinished().await.unwrap().remove(0).id;
    assert!(world.ask_to_cancel(&id).await.unwrap());
    runner.recover(&Nobody).await.unwrap();
    let state = world.job(&id).await.unwrap().unwrap().state;
    assert!(matches!(state, JobState::Failed { .. }), "{state:?}");
}

#[tokio::test]
async fn a_process_that_is_to_end_undoes_its_job() {
    let (world, runner, change) = prepare_with_backup(Road::FirstPin, NewImage::Works).await;
    world.state().cancelled.insert("any".to_owned());
    let cancelled = CancelFlag::default();
    cancelled.raise();
    let runner = Runner::new(runner.ports.clone(), cancelled);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.cause().map(|cause| cause.code.as_str()), Some("job.cancelled"));
    check_promise(&world, Road::FirstPin, "cancelled");
}

#[tokio::test]
async fn one_job_at_a_time_for_a_stack() {
    let (world, runner, change) = prepare(Road::FirstPin, NewImage::Works, true);
    world.state().locked.insert(service().stack.to_string());
    let error = runner.run(change.clone(), "test", &Nobody).await.unwrap_err();
    assert_eq!(error.code(), "stack.locked");
    world.state().locked.clear();
    world.break_call(5, Fault::DiesAfter);
    run_until_it_ends_or_dies(&world, &runner, change.clone()).await;
    world.mend();
    let error = runner.run(change.clone(), "test", &Nobody).await.unwrap_err();
    assert_eq!(error.code(), "job.unsettled");
    world.state().locked.insert(service().stack.to_string());
    let left = runner.recover(&Nobody).await.unwrap();
    assert!(matches!(left.as_slice(), [Recovered::AtWork(_)]), "{left:?}");
    world.state().locked.clear();
    let settled = runner.recover(&Nobody).await.unwrap();
    assert!(matches!(settled.as_slice(), [Recovered::Settled(_)]), "{settled:?}");
    assert_eq!(runner.run(change, "test", &Nobody).await.unwrap().state, JobState::Updated);
}
