//! How old things are, and what became of tags.

use super::*;
use dockrev_core::detection::LocalTag;

const DAY: i64 = 86_400;
/// When the checks of these tests begin.
const TODAY: i64 = 100 * DAY;

/// Several checks of the one service, with one memory.
struct Diary {
    memories: Arc<Memories>,
    world: World,
    rules: Rules,
}

impl Diary {
    fn new(min_age: &str) -> Self {
        let (world, _) = World::with_change(Road::FirstPin, true);
        let mut rules = Rules::default();
        rules.settings.defaults.min_age = (!min_age.is_empty()).then(|| min_age.parse().unwrap());
        Self { memories: Arc::new(Memories::default()), world, rules }
    }

    async fn on(&self, now: i64, registry: FakeRegistry) -> Detection {
        self.asked_on(now, registry, None).await.0
    }

    async fn asked_on(&self, now: i64, registry: FakeRegistry, requested: Option<&str>) -> (Detection, Vec<String>) {
        *self.memories.now.lock().unwrap() = now;
        let registry = Arc::new(registry);
        let (memories, clock) = (self.memories.clone(), self.memories.clone());
        let detector = Detector::new(registry.clone(), Arc::new(FakePolicy), memories, clock, self.rules.clone());
        let requested = requested.map(|tag| tag.parse().unwrap());
        let scope = Scope::Service(crate::world::service());
        let survey = detector.survey(self.world.eyes(), &scope, Depth::Plan, requested.as_ref(), &|_, _| {}).await;
        let mut asked = registry.asked.lock().unwrap().clone();
        asked.sort();
        (survey.unwrap().detections.remove(0), asked)
    }
}

fn pushed(registry: FakeRegistry, times: &[(&str, i64)]) -> FakeRegistry {
    let pushed = times.iter().map(|(tag, at)| ((*tag).to_owned(), *at)).collect();
    FakeRegistry { pushed, ..registry }
}

fn candidate(detection: &Detection) -> Option<String> {
    reading(detection).candidate.as_ref().map(|(tag, _)| tag.to_string())
}

fn young(detection: &Detection) -> (String, String) {
    let young = reading(detection).young.as_ref().expect("something too young");
    (young.tag.to_string(), young.too_young.to_string())
}

#[tokio::test]
async fn without_a_push_time_an_age_counts_from_the_first_check() {
    let diary = Diary::new("3d");
    let tags = || registry(&[("1.0", OLD), ("1.1", NEW)]);
    let first = diary.on(TODAY, tags()).await;
    assert_eq!(candidate(&first), None);
    assert_eq!(
        young(&first),
        ("1.1".to_owned(), "first seen 0 s ago, wanted 3d: eligible from 1970-04-14 00:00:00Z".to_owned())
    );
    let refused = reading(&first).verdict.assessment(&"1.1".parse().unwrap());
    assert_eq!(refused, None, "the fake policy assesses nothing");
    assert_eq!(
        young(&diary.on(TODAY + 2 * DAY, tags()).await).1,
        "first seen 2 d ago, wanted 3d: eligible from 1970-04-14 00:00:00Z"
    );
    let third = diary.on(TODAY + 3 * DAY, tags()).await;
    assert_eq!((candidate(&third).as_deref(), reading(&third).young.is_none()), (Some("1.1"), true));
    assert_eq!(reading(&third).candidate_since.unwrap().source, AgeSource::FirstSeen);
    let moved = registry(&[("1.0", OLD), ("1.1", "cccc")]);
    assert!(young(&diary.on(TODAY + 4 * DAY, moved).await).1.starts_with("first seen 0 s ago"), "another image");
}

#[tokio::test]
async fn what_is_too_young_gives_way_to_the_next_best_that_is_old_enough() {
    let diary = Diary::new("3d");
    let tags = || registry(&[("1.0", OLD), ("1.1", NEW), ("1.2", "cccc"), ("1.3", "dddd")]);
    let times = [("1.1", TODAY - 30 * DAY), ("1.2", TODAY - 4 * DAY), ("1.3", TODAY - DAY)];
    let (detection, asked) = diary.asked_on(TODAY, pushed(tags(), &times), None).await;
    assert_eq!(candidate(&detection).as_deref(), Some("1.2"));
    assert_eq!(reading(&detection).candidate_since.unwrap().source, AgeSource::Pushed);
    assert_eq!(asked, ["1.0 Digest", "1.2 Digest", "1.2 Platforms", "1.3 Digest", "tags"]);
    let (detection, _) = diary.asked_on(TODAY, pushed(tags(), &times), Some("1.3")).await;
    assert_eq!(candidate(&detection).as_deref(), Some("1.3"), "asked for by name");
}

#[tokio::test]
async fn a_push_time_from_the_future_is_not_believed() {
    let diary = Diary::new("3d");
    let tags = || pushed(registry(&[("1.0", OLD), ("1.1", NEW)]), &[("1.1", TODAY + 1000 * DAY)]);
    assert!(young(&diary.on(TODAY, tags()).await).1.starts_with("first seen 0 s ago"));
    assert_eq!(candidate(&diary.on(TODAY + 3 * DAY, tags()).await).as_deref(), Some("1.1"));
    // The clock was ahead when it was first seen.
    let diary = Diary::new("3d");
    let tags = || registry(&[("1.0", OLD), ("1.1", NEW)]);
    diary.on(TODAY + 1000 * DAY, tags()).await;
    assert!(young(&diary.on(TODAY, tags()).await).1.starts_with("first seen 0 s ago"));
    assert_eq!(candidate(&diary.on(TODAY + 3 * DAY, tags()).await).as_deref(), Some("1.1"));
}

#[tokio::test]
async fn a_long_row_of_young_tags_is_not_asked_about_to_its_end() {
    let diary = Diary::new("3d");
    let names: Vec<String> = (1..=30).map(|number| format!("1.{number:02}")).collect();
    let mut tags: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), NEW)).collect();
    tags.push(("1.0", OLD));
    let (detection, asked) = diary.asked_on(TODAY, registry(&tags), None).await;
    assert_eq!((candidate(&detection), young(&detection).0), (None, "1.30".to_owned()));
    assert_eq!(asked.iter().filter(|question| question.ends_with("Digest")).count(), 9, "{asked:?}");
    assert!(reading(&detection).verdict.reason.contains("the 8 newest"), "{:?}", reading(&detection).verdict);
}

#[tokio::test]
async fn without_a_memory_nothing_is_old_enough_and_all_else_goes_on() {
    let tags = || registry(&[("1.0", OLD), ("1.1", NEW)]);
    let broken = || Arc::new(Memories { is_broken: true, ..Memories::default() });
    let diary = Diary { memories: broken(), ..Diary::new("") };
    assert_eq!(candidate(&diary.on(TODAY, tags()).await).as_deref(), Some("1.1"));
    let diary = Diary { memories: broken(), ..Diary::new("3d") };
    let Finding::Unknown(trouble) = diary.on(TODAY, tags()).await.finding else { panic!("known") };
    assert_eq!(trouble.code, "store.failed");
}

fn floating(diary: &Diary) {
    diary.world.state().container.as_mut().unwrap().image = "demo.invalid/app:latest".to_owned();
}

#[tokio::test]
async fn a_tag_that_goes_back_is_known_by_what_was_seen_behind_it() {
    let diary = Diary::new("");
    floating(&diary);
    let moved = async |day: i64, behind: &str| {
        let detection = diary.on(TODAY + day * DAY, registry(&[("latest", behind)])).await;
        reading(&detection).moved.clone()
    };
    // The one that runs is not what was there first.
    assert_eq!(moved(0, NEW).await.unwrap().back, None);
    assert_eq!(moved(1, OLD).await, None, "it runs");
    let back = moved(2, NEW).await.unwrap().back;
    let at = |day: i64| Timestamp::from_second(TODAY + day * DAY).unwrap();
    assert_eq!(back, Some(MovedBack::SeenBefore { seen: at(0), running_seen: at(1) }));
    assert_eq!(moved(3, "cccc").await.unwrap().back, None, "a third one is no way back");
}

#[tokio::test]
async fn a_tag_that_goes_back_is_known_by_what_the_engine_still_has() {
    let check = async |built: Option<i64>, expected: bool| {
        let diary = Diary::new("");
        floating(&diary);
        let at = |day: i64| Timestamp::from_second(day * DAY).unwrap();
        {
            let mut state = diary.world.state();
            state.images.values_mut().for_each(|image| image.created = Some(at(50)));
            let other = LocalImage { created: built.map(at), ..crate::world::image(NEW) };
            state.images.insert(other.id.clone(), other);
        }
        let detection = diary.on(TODAY, registry(&[("latest", NEW)])).await;
        let back = reading(&detection).moved.as_ref().unwrap().back.clone();
        assert_eq!(back.is_some(), expected, "{built:?} {back:?}");
    };
    check(Some(40), true).await;
    check(Some(50), false).await;
    check(Some(60), false).await;
    check(None, false).await;
}

#[tokio::test]
async fn a_moved_tag_has_an_age_as_well() {
    let diary = Diary::new("3d");
    floating(&diary);
    let moved = async |day: i64| {
        let detection = diary.on(TODAY + day * DAY, registry(&[("latest", NEW)])).await;
        reading(&detection).moved.clone().unwrap().too_young
    };
    assert!(moved(0).await.is_some());
    assert_eq!(moved(3).await, None);
}

#[tokio::test]
async fn a_tag_that_is_gone_is_told_from_a_repository_that_is() {
    let diary = Diary::new("");
    floating(&diary);
    let tag_gone = diary.on(TODAY, registry(&[("1.0", OLD)])).await;
    assert_eq!(reading(&tag_gone).tag_now, None);
    let all_gone = diary.on(TODAY, registry(&[])).await;
    assert!(matches!(all_gone.finding, Finding::Gone(Absence::Repository { .. })), "{:?}", all_gone.finding);
    let diary = Diary::new("");
    let all_gone = diary.on(TODAY, registry(&[])).await;
    assert!(matches!(all_gone.finding, Finding::Gone(Absence::Repository { .. })), "{:?}", all_gone.finding);
}

#[tokio::test]
async fn what_the_local_tag_stands_for_is_told_from_what_runs() {
    let check = async |tagged: Option<LocalImage>, expected: LocalTag| {
        let diary = Diary::new("");
        {
            let mut state = diary.world.state();
            let name = "demo.invalid/app:1.0".to_owned();
            match tagged {
                Some(image) => {
                    state.tags.insert(name, image.id.clone());
                    state.images.insert(image.id.clone(), image);
                }
                None => drop(state.tags.remove(&name)),
            }
        }
        let detection = diary.on(TODAY, registry(&[("1.0", OLD)])).await;
        assert_eq!(detection.local_tag, expected);
        assert_eq!(reading(&detection).moved, None, "what runs is what the registry has");
    };
    let (old, new) = (crate::world::image(OLD), crate::world::image(NEW));
    let own = LocalImage { repo_digests: Vec::new(), ..crate::world::image(NEW) };
    check(Some(old), LocalTag::Same).await;
    check(Some(new.clone()), LocalTag::Pulled(new.id)).await;
    check(Some(own.clone()), LocalTag::Retagged(own.id)).await;
    check(None, LocalTag::Gone).await;
}

#[tokio::test]
async fn filters_and_skips_leave_out_before_anything_is_asked() {
    let check = async |change: &dyn Fn(&mut Diary), part: &str| {
        let mut diary = Diary::new("");
        change(&mut diary);
        let (detection, asked) = diary.asked_on(TODAY, registry(&[("1.0", OLD), ("1.1", NEW)]), None).await;
        let Finding::Excluded(exclusion) = &detection.finding else { panic!("{part}: {:?}", detection.finding) };
        assert!(exclusion.to_string().contains(part), "{exclusion}");
        assert_eq!(asked, Vec::<String>::new());
        diary.world.state().labels.insert("dockrev.force".to_owned(), "true".to_owned());
        let (detection, _) = diary.asked_on(TODAY, registry(&[("1.0", OLD), ("1.1", NEW)]), None).await;
        assert!(matches!(detection.finding, Finding::Read(_)), "{part}: {:?}", detection.finding);
    };
    let label = |name: &'static str| {
        move |diary: &mut Diary| drop(diary.world.state().labels.insert(name.to_owned(), "true".to_owned()))
    };
    let only = |diary: &mut Diary| diary.rules.settings.filters.only = LabelFilter::parse_all(["tier=test"]).unwrap();
    check(&only, "`only-labels`: it does not have `tier=test`").await;
    check(&label("dockrev.skip"), "switched off by label `dockrev.skip`").await;
    let exact = |diary: &mut Diary| {
        diary.rules.settings.defaults.skip_exact = Some(true);
        diary.world.state().container.as_mut().unwrap().image = "demo.invalid/app:1.0.0".to_owned();
    };
    check(&exact, "`1.0.0` is a full version").await;
    let pinned = |diary: &mut Diary| {
        diary.rules.settings.defaults.skip_pinned = Some(true);
        let image = crate::world::pinned("1.0", OLD).pinned().to_string();
        diary.world.state().container.as_mut().unwrap().image = image;
    };
    check(&pinned, "pinned to a digest, and left out by `[defaults]`").await;
    let own = Diary::new("");
    let mut own = Diary { rules: own.rules.clone(), ..own };
    pinned(&mut own);
    own.world.state().pins.insert(crate::world::service().service, crate::world::pinned("1.0", OLD));
    let detection = own.on(TODAY, registry(&[("1.0", OLD)])).await;
    assert!(matches!(detection.finding, Finding::Read(_)), "the pin is Dockrev's own: {:?}", detection.finding);
}

#[tokio::test]
async fn a_label_that_is_not_known_is_named() {
    let diary = Diary::new("");
    diary.world.state().labels.insert("dockrev.min-aeg".to_owned(), "3d".to_owned());
    let Finding::Unknown(trouble) = diary.on(TODAY, registry(&[("1.1", NEW)])).await.finding else { panic!("known") };
    assert_eq!(trouble.code, "settings.unknown-label");
    assert!(trouble.message.ends_with("did you mean `dockrev.min-age`?"), "{}", trouble.message);
}
