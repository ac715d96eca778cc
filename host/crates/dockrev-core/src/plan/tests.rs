use super::*;
use crate::age::{AgeSource, Since};
use crate::detection::{ComposeFacts, ContainerFacts, LocalTag, Moved, MovedBack, Replicas, TagUsers, YoungCandidate};
use crate::ids::{ImageId, ServiceId, ServiceName, StackName, WorkloadId};
use crate::image::{Digest, PinnedImage};
use crate::policy::{Assessment, Following, Level, Relation, Verdict};
use crate::ports::Recreation;
use crate::registry::{PlatformImage, ResolvedImage};
use crate::settings::Switch;
use crate::stack::{ComposeProject, ComposeService, FileHash, LocalImage};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::time::Duration;

mod company;

fn digest(seed: &str) -> Digest {
    format!("sha256:{}", seed.repeat(64)).parse().unwrap()
}

fn amd64() -> Platform {
    Platform::new("linux", "amd64", None)
}

fn resolved(seed: &str, architectures: &[&str]) -> ResolvedImage {
    let platforms = architectures.iter().map(|architecture| PlatformImage {
        platform: Platform::new("linux", architecture, None),
        digest: digest(&format!("{seed}{}", architecture.len())[..1]),
    });
    ResolvedImage { digest: digest(seed), media_type: "test".to_owned(), platforms: platforms.collect() }
}

/// A service that runs `app:1.0`, digest `a…`, and a registry that has nothing newer.
fn up_to_date(service: &str) -> Detection {
    let reference: ImageRef = "demo.invalid/app:1.0".parse().unwrap();
    let tag: Tag = "1.0".parse().unwrap();
    let verdict = Verdict {
        following: Following::Version,
        assessments: Vec::new(),
        choice: None,
        reason: "no newer tag".to_owned(),
    };
    Detection {
        subject: Subject::Service(ServiceId { stack: StackName::new("demo"), service: ServiceName::new(service) }),
        written: reference.to_string(),
        local: Some(LocalImage {
            id: ImageId::new("sha256:id-a"),
            repo_digests: vec![(reference.repository().clone(), digest("a"))],
            platform: amd64(),
            created: None,
        }),
        local_tag: LocalTag::Same,
        is_running: true,
        update: Switch::On,
        compose: Some(ComposeFacts {
            project: ComposeProject {
                name: StackName::new("demo"),
                working_dir: "/srv".into(),
                files: vec!["/srv/compose.yaml".into()],
                env_files: Vec::new(),
            },
            files: Vec::new(),
            in_files: InFiles::Found(ComposeService {
                image: Some("demo.invalid/app:1.0".to_owned()),
                ..ComposeService::default()
            }),
            pin: None,
            depends_on: Vec::new(),
            has_healthcheck: true,
            containers: 1,
            replicas: Replicas::Alike,
            tag_users: TagUsers::One,
            left_volumes: Vec::new(),
            followers: Vec::new(),
            one_shots: Vec::new(),
            tied_to_it: Vec::new(),
        }),
        container: None,
        is_dockrev: false,
        finding: Finding::Read(Box::new(Reading {
            reference,
            tag,
            tag_now: Some(resolved("a", &["amd64"])),
            moved: None,
            verdict,
            tags: BTreeMap::new(),
            candidate: None,
            candidate_since: None,
            asked_for: false,
            young: None,
            ignored: None,
            truncated: None,
            old: None,
        })),
        took: Duration::ZERO,
    }
}

fn reading(detection: &mut Detection) -> &mut Reading {
    match &mut detection.finding {
        Finding::Read(reading) => reading,
        Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_) => unreachable!("made above"),
    }
}

fn compose(detection: &mut Detection) -> &mut ComposeFacts {
    detection.compose.as_mut().unwrap()
}

fn newer(tag: &str, image: ResolvedImage) -> Detection {
    let mut detection = up_to_date("app");
    let reading = reading(&mut detection);
    let tag: Tag = tag.parse().unwrap();
    reading.verdict.choice = Some(tag.clone());
    reading.verdict.assessments.push(Assessment {
        tag: tag.clone(),
        relation: Relation::Newer,
        level: Some(Level::Minor),
        eligible: true,
        reason: "a newer minor version".to_owned(),
    });
    reading.candidate = Some((tag, image));
    detection
}

/// A change to what `newer` gives.
pub(super) fn some_change() -> Change {
    change_of(&newer("1.1", resolved("b", &["amd64"])))
}

#[test]
fn what_was_taken_back_is_not_taken_again_by_itself() {
    let detection = newer("1.1", resolved("b", &["amd64"]));
    let change = some_change();
    let refused = |workload: WorkloadId, digest| Refused {
        workload,
        digest,
        job: crate::ids::JobId::new("job"),
        reason: "it did not become healthy".to_owned(),
    };
    let decide =
        |refused: Refused| decide_with(&detection, &PlanOptions { refused: vec![refused], ..PlanOptions::cautious() });
    let held = decide(refused(change.id(), change.to.digest.clone()));
    assert!(matches!(held, Decision::Held { hold: Hold::TakenBack { .. }, .. }), "{held:?}");
    let other =
        WorkloadId::Service(ServiceId { service: ServiceName::new("other"), ..service_of(&change).service.clone() });
    assert!(matches!(decide(refused(other, change.to.digest.clone())), Decision::Update(_)));
    let newer_digest = format!("sha256:{}", "9".repeat(64)).parse().unwrap();
    assert!(matches!(decide(refused(change.id(), newer_digest)), Decision::Update(_)));
}

fn decide_with(detection: &Detection, options: &PlanOptions) -> Decision {
    plan(std::slice::from_ref(detection), &amd64(), options).entries.remove(0).decision
}

fn decide_on(detection: &Detection) -> Decision {
    decide_with(detection, &PlanOptions::cautious())
}

#[track_caller]
fn service_of(change: &Change) -> &ServiceWorkload {
    change.workload.service().unwrap()
}

fn change_of(detection: &Detection) -> Change {
    match decide_on(detection) {
        Decision::Update(change) => *change,
        other @ (Decision::UpToDate { .. }
        | Decision::Held { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_)) => panic!("{other:?}"),
    }
}

#[test]
fn nothing_newer_is_up_to_date() {
    assert_eq!(decide_on(&up_to_date("app")), Decision::UpToDate { reason: "no newer tag".to_owned() });
}

#[test]
fn a_newer_tag_is_pinned_in_the_override_by_its_digest() {
    let change = change_of(&newer("1.1", resolved("b", &["amd64", "arm64"])));
    assert_eq!(change.to.to_string(), format!("demo.invalid/app:1.1@{}", digest("b")));
    assert_eq!(change.from.image_id, ImageId::new("sha256:id-a"));
    assert_eq!(change.from.digest, Some(digest("a")));
    assert_eq!(change.level, ChangeLevel::Minor);
    assert_eq!(service_of(&change).writing, Writing::Override { before: None });
    let file_image = "demo.invalid/app:1.0".to_owned();
    assert_eq!(change.warnings, [Warning::OverrideOnly { file_image }]);
}

#[test]
fn a_moved_tag_is_news_and_goes_by_the_local_tag() {
    let mut detection = up_to_date("app");
    reading(&mut detection).tag_now = Some(resolved("c", &["amd64"]));
    let change = change_of(&detection);
    assert_eq!((change.to.tag.as_str(), change.level), ("1.0", ChangeLevel::Digest));
    assert_eq!(service_of(&change).writing, Writing::LocalTag);
    assert_eq!(change.warnings, []);
}

#[test]
fn a_moved_tag_of_a_pinned_service_goes_by_the_override() {
    let mut detection = up_to_date("app");
    let pin = PinnedImage {
        repository: reading(&mut detection).reference.repository().clone(),
        tag: "1.0".parse().unwrap(),
        digest: digest("a"),
    };
    compose(&mut detection).pin = Some(pin.clone());
    reading(&mut detection).tag_now = Some(resolved("c", &["amd64"]));
    assert_eq!(service_of(&change_of(&detection)).writing, Writing::Override { before: Some(pin) });
}

#[test]
fn the_index_and_the_image_of_a_platform_are_the_same_news() {
    let mut detection = up_to_date("app");
    let mut index = resolved("d", &["amd64"]);
    index.platforms[0].digest = digest("a");
    reading(&mut detection).tag_now = Some(index);
    assert!(matches!(decide_on(&detection), Decision::UpToDate { .. }));
}

#[test]
fn an_image_for_other_platforms_is_held_unless_it_is_wanted_all_the_same() {
    let detection = newer("1.1", resolved("b", &["arm64"]));
    let Decision::Held { hold, .. } = decide_on(&detection) else { panic!("not held") };
    assert_eq!(hold.to_string(), "not built for linux/amd64: only for linux/arm64");
    let options = PlanOptions { architecture_mismatch: MismatchRule::Apply, ..PlanOptions::cautious() };
    let Decision::Update(change) = decide_with(&detection, &options) else { panic!("held") };
    assert!(change.warnings.contains(&Warning::ArchitectureMismatch));
    let unknown = newer("1.1", resolved("b", &[]));
    assert!(matches!(decide_on(&unknown), Decision::Held { hold: Hold::ArchitectureUnknown { .. }, .. }));
}

#[test]
fn says_why_something_newer_is_not_taken() {
    let check = |change: fn(&mut Detection), part: &str| {
        let mut detection = newer("1.1", resolved("b", &["amd64"]));
        change(&mut detection);
        let Decision::Held { hold, .. } = decide_on(&detection) else { panic!("{part}: not held") };
        assert!(hold.to_string().contains(part), "{hold}");
    };
    check(|detection| detection.is_running = false, "stopped");
    check(|detection| detection.is_dockrev = true, "Dockrev itself runs in it");
    check(|detection| compose(detection).replicas = Replicas::Mixed, "different images");
    check(|detection| compose(detection).in_files = InFiles::Missing, "no longer have this service");
    check(|detection| compose(detection).left_volumes = vec!["/data".into()], "an empty volume at `/data`");
    check(|detection| compose(detection).tied_to_it = vec!["torrent".to_owned()], "torrent would be cut off");
    check(|detection| detection.written = "demo.invalid/app:0.9".to_owned(), "bring that up first");
    check(|detection| detection.update = Switch::Off("label `x`".to_owned()), "shown only, because of label `x`");
    let alone = |recreation: Recreation| {
        let mut detection = newer("1.1", resolved("b", &["amd64"]));
        make_alone(&mut detection, recreation);
        let Decision::Held { hold, .. } = decide_on(&detection) else { panic!("not held") };
        hold.to_string()
    };
    let obstacle = Some("its network is gone".to_owned());
    assert_eq!(alone(Recreation { obstacle, ..Recreation::default() }), "it cannot be made anew: its network is gone");
    let tied = alone(Recreation { tied_to_it: vec!["guest".to_owned()], ..Recreation::default() });
    assert!(tied.contains("guest would be cut off"), "{tied}");
    check(|detection| detection.subject = Subject::Image("app".to_owned()), "only asked about");
}

#[test]
fn unknown_is_never_up_to_date() {
    let mut gone = up_to_date("app");
    reading(&mut gone).tag_now = None;
    let Decision::Gone(absence) = decide_on(&gone) else { panic!("there") };
    assert_eq!(absence.code(), "registry.tag-gone");
    let mut broken = up_to_date("app");
    broken.finding = Finding::Unknown(Trouble { code: "registry.unreachable".to_owned(), message: "no".to_owned() });
    assert!(matches!(decide_on(&broken), Decision::Unknown(_)));
    let mut built = up_to_date("app");
    built.finding = Finding::Excluded(Exclusion::BuiltLocally);
    assert_eq!(decide_on(&built), Decision::Excluded(Exclusion::BuiltLocally));
}

#[test]
fn a_tag_that_was_asked_for_is_taken_also_when_it_is_older() {
    let mut detection = up_to_date("app");
    let reading = reading(&mut detection);
    reading.asked_for = true;
    reading.candidate = Some(("0.9".parse().unwrap(), resolved("e", &["amd64"])));
    let change = change_of(&detection);
    assert_eq!((change.to.tag.as_str(), change.level), ("0.9", ChangeLevel::Requested));
    let mut same = up_to_date("app");
    let reading = super::tests::reading(&mut same);
    reading.asked_for = true;
    reading.candidate = Some(("1.0".parse().unwrap(), resolved("a", &["amd64"])));
    assert!(matches!(decide_on(&same), Decision::UpToDate { .. }));
}

#[test]
fn warns_of_what_the_person_who_approves_should_know() {
    let mut detection = newer("1.1", resolved("b", &["amd64"]));
    compose(&mut detection).has_healthcheck = false;
    reading(&mut detection).truncated = Some("only 100 pages".to_owned());
    let warnings: Vec<String> = change_of(&detection).warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(warnings[0].starts_with("no healthcheck"), "{warnings:?}");
    assert!(warnings[1].contains("only 100 pages"), "{warnings:?}");
    assert!(warnings[2].contains("compose file keeps"), "{warnings:?}");
}

#[test]
fn dependencies_come_first() {
    let mut detections: Vec<Detection> = ["api", "db", "web"].into_iter().map(up_to_date).collect();
    compose(&mut detections[0]).depends_on = vec![ServiceName::new("db")];
    compose(&mut detections[2]).depends_on = vec![ServiceName::new("api"), ServiceName::new("gone")];
    detections.reverse();
    let names = |plan: &Plan| plan.entries.iter().map(|entry| entry.subject.to_string()).collect::<Vec<_>>();
    let planned = plan(&detections, &amd64(), &PlanOptions::cautious());
    assert_eq!(names(&planned), ["demo/db", "demo/api", "demo/web"]);
    compose(&mut detections[1]).depends_on = vec![ServiceName::new("web")];
    assert_eq!(plan(&detections, &amd64(), &PlanOptions::cautious()).entries.len(), 3, "a circle loses nobody");
}

#[test]
fn a_plan_survives_being_written_down() {
    let mut change = change_of(&newer("1.1", resolved("b", &["amd64"])));
    change.verify.without_healthcheck = UndoRule::Automatic;
    let text = serde_json::to_string(&change).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change);
}

#[test]
fn a_tag_that_others_use_is_not_moved() {
    let mut detection = up_to_date("app");
    reading(&mut detection).tag_now = Some(resolved("c", &["amd64"]));
    compose(&mut detection).tag_users = TagUsers::Several;
    assert_eq!(service_of(&change_of(&detection)).writing, Writing::Override { before: None });
}

#[test]
fn a_digest_in_the_compose_file_is_overridden_and_not_a_tag_moved() {
    let mut detection = up_to_date("app");
    let written = format!("demo.invalid/app:1.0@{}", digest("a"));
    detection.written.clone_from(&written);
    compose(&mut detection).in_files =
        InFiles::Found(ComposeService { image: Some(written.clone()), ..ComposeService::default() });
    let reading = reading(&mut detection);
    reading.reference = written.parse().unwrap();
    reading.tag_now = Some(resolved("c", &["amd64"]));
    assert_eq!(service_of(&change_of(&detection)).writing, Writing::Override { before: None });
}

#[test]
fn a_pin_that_is_not_what_runs_is_nothing_to_go_back_to() {
    let mut detection = newer("1.2", resolved("b", &["amd64"]));
    let stale = PinnedImage {
        repository: reading(&mut detection).reference.repository().clone(),
        tag: "1.1".parse().unwrap(),
        digest: digest("e"),
    };
    compose(&mut detection).pin = Some(stale.clone());
    let change = change_of(&detection);
    assert_eq!(service_of(&change).writing, Writing::Override { before: None });
    assert_eq!(service_of(&change).pin_found, Some(stale));
}

#[test]
fn an_incomplete_list_without_news_is_unknown() {
    let mut detection = up_to_date("app");
    reading(&mut detection).truncated = Some("only 100 pages".to_owned());
    let Decision::Unknown(trouble) = decide_on(&detection) else { panic!("known") };
    assert_eq!(trouble.code, "registry.tags-truncated");
}

#[test]
fn a_service_that_runs_a_foreign_image_stays_on_its_platform() {
    let mut detection = newer("1.1", resolved("b", &["amd64", "arm64"]));
    let arm64 = Platform::new("linux", "arm64", None);
    detection.local.as_mut().unwrap().platform = arm64.clone();
    assert_eq!(change_of(&detection).platform, Some(arm64));
    assert_eq!(change_of(&newer("1.1", resolved("b", &["amd64", "arm64"]))).platform, None);
}

#[test]
fn what_a_rule_leaves_out_stays_visible_with_the_rule() {
    let mut detection = up_to_date("app");
    let rule = "rule 3: prefix `6.`".to_owned();
    reading(&mut detection).ignored = Some(crate::detection::IgnoredCandidate {
        tag: "6.0".parse().unwrap(),
        image: resolved("f", &["amd64"]),
        rule,
    });
    let Decision::Held { candidate, hold } = decide_on(&detection) else { panic!("not held") };
    assert_eq!(candidate.image.tag.as_str(), "6.0");
    assert_eq!(hold.to_string(), "ignored by rule 3: prefix `6.`");
}

#[test]
fn nothing_is_done_because_of_what_a_registry_said_before() {
    let down = crate::registry::OldAnswer {
        fetched_at: "2026-11-24T03:12:00Z".parse().unwrap(),
        error: Box::new(crate::registry::RegistryError::Unavailable("`demo.invalid` answered 503".to_owned())),
    };
    let words = "registry down (the registry fails: `demo.invalid` answered 503); answers of 2026-11-24 03:12 UTC";
    let mut current = up_to_date("web");
    let mut newer = newer("1.1", resolved("b", &["amd64"]));
    for detection in [&mut current, &mut newer] {
        reading(detection).old = Some(down.clone());
    }
    let plan = plan(&[current, newer], &amd64(), &PlanOptions::cautious());
    assert_eq!(plan.changes().count(), 0);
    let of = |name: &str| plan.entries.iter().find(|entry| entry.subject.to_string() == name).unwrap();
    match &of("demo/web").decision {
        Decision::Unknown(Trouble { code, message }) => {
            let expected = format!("{words}, with nothing newer in them");
            assert_eq!((code.as_str(), message), ("registry.unavailable", &expected));
        }
        other @ (Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Held { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)) => panic!("{other:?}"),
    }
    match &of("demo/app").decision {
        Decision::Held { candidate, hold } => {
            assert_eq!((candidate.image.tag.as_str(), hold.to_string().as_str()), ("1.1", words));
        }
        other @ (Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_)) => panic!("{other:?}"),
    }
    assert!(plan.entries.iter().all(|entry| entry.old.as_ref() == Some(&down)));
}

fn at(day: i64) -> Timestamp {
    Timestamp::from_second(day * 86_400).unwrap()
}

fn first_seen(day: i64) -> Since {
    Since { at: at(day), source: AgeSource::FirstSeen }
}

#[track_caller]
fn held(detection: &Detection) -> (Candidate, Hold) {
    match decide_on(detection) {
        Decision::Held { candidate, hold } => (*candidate, hold),
        other @ (Decision::Update(_)
        | Decision::UpToDate { .. }
        | Decision::Gone(_)
        | Decision::Excluded(_)
        | Decision::Unknown(_)) => panic!("{other:?}"),
    }
}

#[test]
fn what_is_too_young_stays_visible_with_its_time() {
    let too_young = first_seen(1).too_young(&"3d".parse().unwrap(), at(2)).unwrap();
    let mut detection = newer("1.1", resolved("b", &["amd64"]));
    let (tag, image) = reading(&mut detection).candidate.take().unwrap();
    reading(&mut detection).young = Some(YoungCandidate { tag, image, too_young });
    let (candidate, hold) = held(&detection);
    assert_eq!((candidate.image.tag.as_str(), candidate.level), ("1.1", ChangeLevel::Minor));
    assert_eq!(hold.to_string(), "first seen 1 d ago, wanted 3d: eligible from 1970-01-05 00:00:00Z");
}

fn moved(too_young: Option<crate::age::TooYoung>, back: Option<MovedBack>) -> Detection {
    let mut detection = up_to_date("app");
    reading(&mut detection).tag_now = Some(resolved("c", &["amd64"]));
    reading(&mut detection).moved = Some(Moved { since: Some(first_seen(1)), too_young, back });
    detection
}

#[test]
fn a_moved_tag_is_taken_at_its_age_and_not_back_to_an_older_build() {
    assert_eq!(change_of(&moved(None, None)).level, ChangeLevel::Digest);
    let too_young = first_seen(1).too_young(&"3d".parse().unwrap(), at(2));
    let (candidate, hold) = held(&moved(too_young.clone(), None));
    assert!(hold.to_string().starts_with("first seen 1 d ago"), "{hold}");
    assert_eq!(candidate.since, Some(first_seen(1)));
    let seen = MovedBack::SeenBefore { seen: at(1), running_seen: at(2) };
    let (_, hold) = held(&moved(too_young, Some(seen)));
    let words =
        "the tag went back to an older build (seen behind it on 1970-01-02 00:00Z, and what runs on 1970-01-03 00:00Z)";
    assert!(hold.to_string().starts_with(words), "{hold}");
    let built = MovedBack::BuiltBefore { built: at(1), running_built: at(2) };
    let mut asked = moved(None, Some(built));
    assert!(matches!(held(&asked).1, Hold::MovedBack { .. }));
    let image = reading(&mut asked).tag_now.clone().unwrap();
    reading(&mut asked).candidate = Some(("1.0".parse().unwrap(), image));
    reading(&mut asked).asked_for = true;
    assert_eq!(change_of(&asked).level, ChangeLevel::Digest, "asked for by name");
}

#[test]
fn a_local_tag_of_somebodys_own_is_not_taken_away_from_them() {
    let mut detection = newer("1.1", resolved("b", &["amd64"]));
    detection.local_tag = LocalTag::Retagged(ImageId::new(format!("sha256:{}", "d".repeat(64))));
    let (_, hold) = held(&detection);
    let words = "on this machine `demo.invalid/app:1.0` stands for another image by now (sha256:dddddddddddd)";
    assert!(hold.to_string().starts_with(words), "{hold}");
    detection.local_tag = LocalTag::Pulled(ImageId::new("sha256:new"));
    assert_eq!(change_of(&detection).level, ChangeLevel::Minor);
}

fn make_alone(detection: &mut Detection, recreation: Recreation) {
    detection.subject = Subject::Container("lonely".to_owned());
    detection.compose = None;
    detection.container = Some(ContainerFacts { recreation, tag_users: TagUsers::One });
}

/// `docker ps` shows what was chosen, unless the tag is, or may be, somebody else's.
#[test]
fn says_how_the_image_is_written_on_a_container_that_belongs_to_no_stack() {
    let spelling = |mut detection: Detection, tag_users: TagUsers| {
        make_alone(&mut detection, Recreation::default());
        detection.container.as_mut().unwrap().tag_users = tag_users;
        let Workload::Container(workload) = change_of(&detection).workload else { panic!("a service") };
        assert_eq!(workload.container.as_str(), "lonely");
        workload.spelling
    };
    let moved = || {
        let mut detection = newer("1.0", resolved("b", &["amd64"]));
        reading(&mut detection).tag_now = Some(resolved("b", &["amd64"]));
        detection
    };
    assert_eq!(spelling(moved(), TagUsers::One), Spelling::MovedTag);
    assert_eq!(spelling(moved(), TagUsers::Several), Spelling::TagAndDigest);
    assert_eq!(spelling(newer("1.1", resolved("b", &["amd64"])), TagUsers::One), Spelling::TagAndDigest);
}

/// Jobs that were written before containers of their own could be changed.
#[test]
fn reads_changes_of_old_journals() {
    let change = some_change();
    let text = serde_json::to_value(&change).unwrap();
    assert_eq!(text["service"]["service"], "app", "a service is written flat, as it always was: {text}");
    assert!(text["writing"].is_object() && text["files"].is_array(), "{text}");
    assert_eq!(serde_json::from_value::<Change>(text).unwrap(), change);
    let mut alone = newer("1.1", resolved("b", &["amd64"]));
    make_alone(&mut alone, Recreation::default());
    let change = change_of(&alone);
    let text = serde_json::to_string(&change).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&text).unwrap(), change, "{text}");
}
