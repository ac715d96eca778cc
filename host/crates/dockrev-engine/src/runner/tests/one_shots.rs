//! Services that run to their end before the one that is changed.

use super::*;

#[tokio::test]
async fn a_one_shot_that_fails_stops_the_update_and_not_the_way_back() {
    let (world, runner, change) = prepare_with_backup(Road::Prepared, NewImage::Works).await;
    world.state().one_shot_dislikes = Some(image(NEW).id);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    let cause = job.state.cause().unwrap();
    assert_eq!(cause.code, "apply.one-shot-failed");
    assert!(cause.message.contains("`demo/migrate`, which has to succeed before `demo/app` starts"), "{cause:?}");
    check_promise(&world, Road::Prepared, "a failing one-shot");
    let kept = world.state().entries[job.id.as_str()].iter().any(
        |entry| matches!(&entry.step, Step::Saw(Observation::LastLines { lines }) if lines == &["its last words"]),
    );
    assert!(kept, "what it wrote is no evidence");

    // It fails with the old version, too: the service comes back all the same.
    let (world, runner, change) = prepare_with_backup(Road::Prepared, NewImage::IsSick).await;
    world.state().one_shot_dislikes = Some(image(OLD).id);
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    check_promise(&world, Road::Prepared, "a one-shot that fails on the way back");
}

#[tokio::test]
async fn a_one_shot_that_another_job_moved_stays_moved() {
    let (world, runner, change) = prepare(Road::Prepared, NewImage::IsSick, true);
    world.state().pins.insert(migrate().service, pinned("1.1", NEW));
    world.state().one_shot.as_mut().unwrap().image = image(NEW).id;
    let job = runner.run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "rolled-back", "{:?}", job.state);
    let state = world.state();
    assert_eq!(state.container.as_ref().unwrap().image_id, image(OLD).id);
    assert_eq!(state.pins.get(&migrate().service), Some(&pinned("1.1", NEW)));
}
