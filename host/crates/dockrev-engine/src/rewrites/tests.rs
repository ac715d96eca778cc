use crate::attach::attach;
use crate::context::Ports;
use crate::runner::{Observer, Runner};
use crate::world::{NEW, OLD, Road, World, digest, file, image, pinned, rewrite, service};
use dockrev_core::detection::{LocalTag, Subject};
use dockrev_core::ids::WorkloadId;
use dockrev_core::job::{DataWish, Job, LogLine};
use dockrev_core::plan::{Change, Decision, Hold, Plan, PlanEntry, ServiceWorkload, Warning, Workload, Writing};
use dockrev_core::ports::CancelFlag;
use dockrev_core::settings::SettingsBook;
use std::sync::Arc;

struct Nobody;

impl Observer for Nobody {
    fn state(&self, _job: &Job) {}
    fn line(&self, _workload: &WorkloadId, _line: &LogLine) {}
}

fn prepare(road: Road) -> (Arc<World>, Ports, Change) {
    let (world, change) = World::with_change(road, true);
    let world = Arc::new(world);
    let ports = world.ports();
    (world, ports, change)
}

fn runner(ports: &Ports) -> Runner {
    Runner::new(ports.clone(), CancelFlag::default())
}

fn entry(change: Change) -> PlanEntry {
    PlanEntry {
        subject: Subject::Service(service()),
        written: change.from.reference.to_string(),
        current_tag: None,
        file_image: None,
        local_tag: LocalTag::Same,
        considered: Vec::new(),
        old: None,
        decision: Decision::Update(Box::new(change)),
    }
}

fn settings(rewrite: Option<bool>) -> SettingsBook {
    let mut settings = SettingsBook::default();
    settings.defaults.rewrite = rewrite;
    settings
}

fn writing(plan: &Plan) -> &Writing {
    &workload(plan.changes().next().unwrap()).writing
}

fn workload(change: &Change) -> &ServiceWorkload {
    change.workload.service().unwrap()
}

fn workload_mut(change: &mut Change) -> &mut ServiceWorkload {
    match &mut change.workload {
        Workload::Service(workload) => workload,
        Workload::Container(container) => panic!("{container:?}"),
    }
}

#[tokio::test]
async fn a_newer_tag_is_written_into_the_file_where_that_is_asked_for() {
    for road in [Road::FirstPin, Road::NextPin] {
        let (_, ports, mut change) = prepare(road);
        let Writing::Override { before } = workload(&change).writing.clone() else { panic!("{road:?}") };
        change.warnings.push(Warning::OverrideOnly { file_image: "demo.invalid/app:1.0".to_owned() });
        let mut plan = Plan { entries: vec![entry(change)] };
        attach(&mut plan, &ports, &settings(None)).await.unwrap();
        assert_eq!(*writing(&plan), Writing::Override { before: before.clone() });
        attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
        let Writing::Rewrite(found) = writing(&plan) else { panic!("{road:?}") };
        assert_eq!(
            (found.rewrite.before.as_str(), found.rewrite.after.as_str()),
            (road.file_image(), "demo.invalid/app:1.1")
        );
        assert_eq!((&found.before, &found.tag_before), (&before, &None));
        assert!(plan.changes().next().unwrap().warnings.is_empty(), "the file does not keep its older tag");
    }
}

#[tokio::test]
async fn what_the_file_has_already_is_not_written() {
    let (world, ports, change) = prepare(Road::FirstPin);
    world.state().file_image = "demo.invalid/app:1.1".to_owned();
    let mut plan = Plan { entries: vec![entry(change)] };
    attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
    assert_eq!(*writing(&plan), Writing::Override { before: None });
    let (_, ports, moved) = prepare(Road::MovedTag);
    let mut plan = Plan { entries: vec![entry(moved)] };
    attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
    assert_eq!(*writing(&plan), Writing::LocalTag);
}

#[tokio::test]
async fn what_is_not_certain_is_held() {
    let (world, ports, change) = prepare(Road::FirstPin);
    world.state().file_is_shared = true;
    let mut plan = Plan { entries: vec![entry(change)] };
    attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
    let Decision::Held { hold: hold @ Hold::CannotRewrite { .. }, candidate } = &plan.entries[0].decision else {
        panic!("{:?}", plan.entries[0].decision);
    };
    assert!(hold.to_string().contains("also decides about db"), "{hold}");
    assert_eq!(candidate.image, pinned("1.1", NEW));
}

/// Somebody's own image has the newer tag's name: it may be moved only where nobody is made from it, and comes back.
#[tokio::test]
async fn a_name_that_others_use_is_not_taken_from_them() {
    let (world, ports, change) = prepare(Road::FirstPin);
    let own = image("dddd");
    world.state().images.insert(own.id.clone(), own.clone());
    world.state().tags.insert("demo.invalid/app:1.1".to_owned(), own.id.clone());
    let mut plan = Plan { entries: vec![entry(change)] };
    attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
    let change = plan.changes().next().unwrap().clone();
    let job = runner(&ports).run(change, "test", &Nobody).await.unwrap();
    assert_eq!(world.state().tags["demo.invalid/app:1.1"], image(NEW).id);
    runner(&ports).roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap();
    assert_eq!(world.state().tags["demo.invalid/app:1.1"], own.id);
}

/// The second job of a plan finds the files as the first one left them.
#[tokio::test]
async fn an_earlier_edit_of_the_same_plan_does_not_make_it_stale() {
    let (_, ports, first) = prepare(Road::FirstPin);
    let (world, _, second) = prepare(Road::FirstPin);
    let mut plan = Plan { entries: vec![entry(first), entry(second)] };
    attach(&mut plan, &ports, &settings(Some(true))).await.unwrap();
    let changes: Vec<_> = plan.changes().cloned().collect();
    let Writing::Rewrite(of_first) = &workload(&changes[0]).writing else {
        panic!("{:?}", workload(&changes[0]).writing)
    };
    assert_eq!(workload(&changes[0]).earlier_edits, []);
    assert_eq!(workload(&changes[1]).earlier_edits, std::slice::from_ref(&of_first.rewrite));

    world.state().edited_neighbour.clone_from(&of_first.rewrite.after);
    world.state().files[0].digest = digest("eeee");
    let ports = world.ports();
    let mut stale = changes[1].clone();
    workload_mut(&mut stale).earlier_edits.clear();
    let failed = runner(&ports).run(stale, "test", &Nobody).await.unwrap();
    assert_eq!(failed.state.cause().unwrap().code, "preflight.files-changed");
    let job = runner(&ports).run(changes[1].clone(), "test", &Nobody).await.unwrap();
    assert_eq!(job.state.name(), "updated", "{:?}", job.state);
}

/// The text is somebody else's by then: it stays, the service comes back, and a person is told.
#[tokio::test]
async fn a_text_that_somebody_changed_is_left_and_said() {
    for road in [Road::Rewrite, Road::RewriteOfPinned] {
        let (world, ports, change) = prepare(road);
        let job = runner(&ports).run(change, "test", &Nobody).await.unwrap();
        assert_eq!(job.state.name(), "updated");
        world.state().file_image = "demo.invalid/app:2.0".to_owned();
        let undone = runner(&ports).roll_back(&job.id, DataWish::Keep, &Nobody).await.unwrap();
        assert_eq!(undone.state.name(), "needs-attention", "{road:?}");
        let dockrev_core::job::JobState::NeedsAttention { undo_failure: Some(failure), .. } = &undone.state else {
            panic!("{:?}", undone.state);
        };
        assert_eq!(failure.code, "rollback.file-changed");
        assert!(failure.message.contains("`services.app.image` of `/srv/demo/compose.yaml`"), "{failure}");
        let state = world.state();
        assert_eq!(state.file_image, "demo.invalid/app:2.0");
        assert_eq!(state.container.as_ref().unwrap().image_id, image(OLD).id);
        assert_eq!(state.pins.get(&service().service), Some(&pinned("1.0", OLD)));
    }
}

/// A file that Compose reads otherwise than it was planned: nothing is made from it.
#[tokio::test]
async fn a_file_that_is_read_otherwise_is_put_back_before_anything_runs() {
    let (world, ports, mut change) = prepare(Road::Rewrite);
    let Writing::Rewrite(plan) = &mut workload_mut(&mut change).writing else { panic!("no rewrite") };
    plan.rewrite = rewrite(Road::Rewrite.file_image(), "demo.invalid/app:1.2");
    let before = world.state().container.clone();
    let job = runner(&ports).run(change, "test", &Nobody).await.unwrap();
    assert_eq!(job.state.cause().unwrap().code, "apply.edit-not-read");
    assert_eq!(job.state.name(), "rolled-back");
    let state = world.state();
    assert_eq!((state.file_image.as_str(), &state.files), (Road::Rewrite.file_image(), &vec![file()]));
    assert_eq!(state.container, before);
}
