use super::*;
use crate::world::{NEW, OLD, Road, World, digest};
use async_trait::async_trait;
use dockrev_core::age::AgeSource;
use dockrev_core::detection::{Absence, MovedBack, Reading};
use dockrev_core::ignore::{Matcher, MatcherKind};
use dockrev_core::image::{Digest, Repository};
use dockrev_core::policy::{Following, PolicyError, PolicyQuestion, Verdict};
use dockrev_core::ports::{JournalError, Sighting, Target};
use dockrev_core::registry::{
    Answered, Detail, ListedTag, OldAnswer, PlatformImage, RegistryError, ResolvedImage, TagList,
};
use dockrev_core::settings::LabelFilter;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

mod ages;

/// A registry with tags, that counts what it is asked.
#[derive(Default)]
struct FakeRegistry {
    tags: BTreeMap<String, Digest>,
    broken: Option<RegistryError>,
    /// It is down, and this is known of it from before.
    down: Option<OldAnswer>,
    /// When tags were pushed, in Unix seconds, where it says so.
    pushed: BTreeMap<String, i64>,
    asked: Mutex<Vec<String>>,
    announced: Mutex<Vec<String>>,
}

impl FakeRegistry {
    fn answered<T>(&self, answer: T, freshness: Freshness) -> Result<Answered<T>, RegistryError> {
        match (&self.down, freshness) {
            (None, _) => Ok(Answered::now(answer)),
            (Some(old), Freshness::LastKnown) => Ok(Answered { answer, old: Some(old.clone()) }),
            (Some(old), Freshness::Now) => Err((*old.error).clone()),
        }
    }
}

#[async_trait]
impl Registry for FakeRegistry {
    fn announce(&self, repositories: &[Repository]) {
        let names = repositories.iter().map(|repository| repository.name.as_str());
        self.announced.lock().unwrap().extend(names.map(str::to_owned));
    }

    async fn tags(
        &self,
        _repository: &Repository,
        _current: Option<&Tag>,
        freshness: Freshness,
    ) -> Result<Answered<TagList>, RegistryError> {
        self.asked.lock().unwrap().push("tags".to_owned());
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        if self.tags.is_empty() {
            return Err(RegistryError::NotFound("app".to_owned()));
        }
        let listed = |name: &String| ListedTag {
            name: name.parse().unwrap(),
            digest: None,
            pushed_at_unix_s: self.pushed.get(name).copied(),
        };
        let answer = TagList { tags: self.tags.keys().map(listed).collect(), truncated: None };
        self.answered(answer, freshness)
    }

    async fn resolve(
        &self,
        _repository: &Repository,
        target: &Target,
        detail: Detail,
        freshness: Freshness,
    ) -> Result<Answered<ResolvedImage>, RegistryError> {
        let Target::Tag(tag) = target else { return Err(RegistryError::Unsupported("digest".to_owned())) };
        self.asked.lock().unwrap().push(format!("{tag} {detail:?}"));
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        let digest = self.tags.get(tag.as_str()).ok_or_else(|| RegistryError::NotFound(tag.to_string()))?.clone();
        let platform = PlatformImage { platform: Platform::new("linux", "amd64", None), digest: digest.clone() };
        self.answered(ResolvedImage { digest, media_type: "test".to_owned(), platforms: vec![platform] }, freshness)
    }
}

/// Words are followed by their digest, the last tag by name is the choice for everything else.
struct FakePolicy;

#[async_trait]
impl VersionPolicy for FakePolicy {
    async fn assess(&self, question: &PolicyQuestion) -> Result<Verdict, PolicyError> {
        let floats = question.current.as_str() == "latest";
        let highest = question.tags.iter().map(|tag| tag.name.clone()).max();
        Ok(Verdict {
            following: if floats { Following::Digest } else { Following::Version },
            assessments: Vec::new(),
            choice: highest.filter(|tag| !floats && *tag > question.current),
            reason: "test".to_owned(),
        })
    }
}

fn registry(tags: &[(&str, &str)]) -> FakeRegistry {
    let tags = tags.iter().map(|(name, seed)| ((*name).to_owned(), digest(seed))).collect();
    FakeRegistry { tags, ..FakeRegistry::default() }
}

/// What was seen, and a clock that stands still.
#[derive(Default)]
struct Memories {
    now: Mutex<i64>,
    sightings: Mutex<BTreeSet<Sighting>>,
    is_broken: bool,
}

impl Memories {
    fn fail(&self) -> Result<(), JournalError> {
        let error = || JournalError { action: "read what was seen", reason: "broken".to_owned() };
        if self.is_broken { Err(error()) } else { Ok(()) }
    }
}

#[async_trait]
impl Sightings for Memories {
    async fn sightings_of(&self, repository: &Repository) -> Result<Vec<Sighting>, JournalError> {
        self.fail()?;
        let sightings = self.sightings.lock().unwrap();
        Ok(sightings.iter().filter(|sighting| sighting.repository == *repository).cloned().collect())
    }

    async fn keep_sightings(&self, sightings: &[Sighting], _now: Timestamp) -> Result<(), JournalError> {
        self.fail()?;
        let mut kept = self.sightings.lock().unwrap();
        for new in sightings {
            kept.retain(|old| (&old.tag, &old.digest) != (&new.tag, &new.digest));
            kept.insert(new.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl Clock for Memories {
    fn timestamp(&self) -> Timestamp {
        Timestamp::from_second(*self.now.lock().unwrap()).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _duration: Duration) {}
}

fn detector(registry: &Arc<FakeRegistry>, rules: Rules) -> Detector {
    let memories = Arc::new(Memories::default());
    Detector::new(registry.clone(), Arc::new(FakePolicy), memories.clone(), memories, rules)
}

async fn survey(registry: FakeRegistry, world: &World) -> (Detection, Vec<String>) {
    survey_by(Rules::default(), registry, world).await
}

async fn survey_by(rules: Rules, registry: FakeRegistry, world: &World) -> (Detection, Vec<String>) {
    let registry = Arc::new(registry);
    let detector = detector(&registry, rules);
    let survey = detector.survey(world.eyes(), &Scope::All, Depth::Plan, None, &|_, _| {}).await.unwrap();
    let mut asked = registry.asked.lock().unwrap().clone();
    asked.sort();
    (survey.detections.into_iter().next().unwrap(), asked)
}

fn reading(detection: &Detection) -> &Reading {
    match &detection.finding {
        Finding::Read(reading) => reading,
        other @ (Finding::Gone(_) | Finding::Excluded(_) | Finding::Unknown(_)) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn finds_a_newer_tag_with_the_fewest_questions() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let (detection, asked) = survey(registry(&[("1.0", OLD), ("1.1", NEW)]), &world).await;
    let (tag, image) = reading(&detection).candidate.clone().unwrap();
    assert_eq!((tag.as_str(), image.digest), ("1.1", digest(NEW)));
    assert_eq!(asked, ["1.0 Digest", "1.1 Platforms", "tags"]);
    assert!(detection.compose.unwrap().has_healthcheck);
}

#[tokio::test]
async fn says_beforehand_what_it_will_read() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let fake = Arc::new(registry(&[("1.0", OLD), ("1.1", NEW)]));
    let detector = detector(&fake, Rules::default());
    detector.survey(world.eyes(), &Scope::All, Depth::Survey, None, &|_, _| {}).await.unwrap();
    let images =
        ["registry.lan/a:1", "registry.lan/a:2", "registry.lan/b:1", "registry.lan/pinned@sha256:0", "Not An Image"];
    let images = images.map(str::to_owned);
    detector.survey_images(&images, Platform::new("linux", "amd64", None), &|_, _| {}).await;
    let announced = fake.announced.lock().unwrap().clone();
    assert_eq!(announced[announced.len() - 2..], ["a", "b"]);
    assert_eq!(announced.len(), 3, "{announced:?}");
}

#[tokio::test]
async fn reads_the_platforms_of_a_moved_tag_only() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let (detection, asked) = survey(registry(&[("1.0", NEW)]), &world).await;
    assert_eq!(reading(&detection).tag_now.as_ref().unwrap().digest, digest(NEW));
    assert_eq!(asked, ["1.0 Digest", "1.0 Platforms", "tags"]);
}

#[tokio::test]
async fn does_not_list_tags_for_a_floating_one() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    world.state().container.as_mut().unwrap().image = "demo.invalid/app".to_owned();
    let (detection, asked) = survey(registry(&[("latest", OLD)]), &world).await;
    assert_eq!(reading(&detection).tag.as_str(), "latest");
    assert_eq!(asked, ["latest Digest"]);
}

#[tokio::test]
async fn a_failing_registry_is_unknown_with_its_reason() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let broken = FakeRegistry { broken: Some(RegistryError::Unreachable("no route".to_owned())), ..registry(&[]) };
    let (detection, _) = survey(broken, &world).await;
    let Finding::Unknown(trouble) = detection.finding else { panic!("known") };
    assert_eq!((trouble.code.as_str(), trouble.message.as_str()), ("registry.unreachable", "unreachable: no route"));
}

#[tokio::test]
async fn what_a_registry_said_before_is_shown_and_never_planned_with() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let error = Box::new(RegistryError::Unreachable("no route".to_owned()));
    let old = OldAnswer { fetched_at: "2026-11-24T03:12:00Z".parse().unwrap(), error };
    let down = || FakeRegistry { down: Some(old.clone()), ..registry(&[("1.0", OLD), ("1.1", NEW)]) };
    let look = async |depth| {
        let detector = detector(&Arc::new(down()), Rules::default());
        let survey = detector.survey(world.eyes(), &Scope::All, depth, None, &|_, _| ()).await.unwrap();
        survey.detections.into_iter().next().unwrap()
    };
    let shown = look(Depth::Survey).await;
    assert_eq!(reading(&shown).candidate.as_ref().unwrap().0.as_str(), "1.1");
    assert_eq!(reading(&shown).old, Some(old.clone()));
    let Finding::Unknown(trouble) = look(Depth::Plan).await.finding else { panic!("planned with old answers") };
    assert_eq!(trouble.code, "registry.unreachable");
}

#[tokio::test]
async fn asks_nothing_where_there_is_nothing_to_ask() {
    let hex = "a".repeat(64);
    let check = async |change: &dyn Fn(&World), expected: Exclusion| {
        let (world, _) = World::with_change(Road::FirstPin, true);
        change(&world);
        let (detection, asked) = survey(registry(&[]), &world).await;
        assert_eq!(detection.finding, Finding::Excluded(expected));
        assert_eq!(asked, Vec::<String>::new());
    };
    let written = |text: String| move |world: &World| world.state().container.as_mut().unwrap().image.clone_from(&text);
    check(&written(format!("demo.invalid/app@sha256:{hex}")), Exclusion::PinnedByDigest).await;
    check(&written(format!("sha256:{hex}")), Exclusion::NameUnknown).await;
    let forget_where_from = |world: &World| {
        world.state().images.values_mut().for_each(|image| image.repo_digests.clear());
    };
    check(&forget_where_from, Exclusion::BuiltLocally).await;
}

#[tokio::test]
async fn several_images_of_one_repository_share_the_questions() {
    let registry = Arc::new(registry(&[("1.0", OLD), ("1.1", NEW)]));
    let detector = detector(&registry, Rules::default());
    let images: Vec<String> = (0..20).map(|_| "demo.invalid/app:1.0".to_owned()).collect();
    let platform = Platform::new("linux", "amd64", None);
    let survey = detector.survey_images(&images, platform, &|_, _| {}).await;
    assert_eq!(survey.detections.len(), 20);
    assert_eq!(registry.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn names_the_stacks_that_there_are() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let detector = detector(&Arc::new(registry(&[])), Rules::default());
    let scope = Scope::Stacks(vec![StackName::new("dmeo")]);
    let error = detector.survey(world.eyes(), &scope, Depth::Survey, None, &|_, _| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "no stack `dmeo` has containers on this engine (there are: demo)");
}

fn ignoring(kind: MatcherKind, text: &str) -> Rules {
    let rule = IgnoreRule {
        id: 7,
        workload: WorkloadId::Service(crate::world::service()),
        matcher: Matcher::parse(kind, text).unwrap(),
        note: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
    };
    Rules { ignore: vec![rule], ..Rules::default() }
}

#[tokio::test]
async fn an_ignored_tag_gives_way_to_the_next_best_or_stays_visible() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let tags = [("1.0", OLD), ("1.1", NEW), ("1.2", "cccc")];
    let (detection, _) = survey_by(ignoring(MatcherKind::Exact, "1.2"), registry(&tags), &world).await;
    let found = reading(&detection);
    assert_eq!(found.candidate.as_ref().unwrap().0.as_str(), "1.1");
    assert_eq!(found.ignored, None);
    let (detection, _) = survey_by(ignoring(MatcherKind::Range, ">1.0"), registry(&tags), &world).await;
    let found = reading(&detection);
    assert_eq!(found.candidate, None);
    let ignored = found.ignored.as_ref().unwrap();
    assert_eq!((ignored.tag.as_str(), ignored.rule.as_str()), ("1.2", "rule 7: range `>1.0`"));
    assert_eq!(ignored.image.digest, digest("cccc"));
}

#[tokio::test]
async fn what_is_switched_off_is_not_asked_about() {
    let (world, _) = World::with_change(Road::FirstPin, true);
    let mut rules = Rules::default();
    rules.settings.defaults.watch = Some(false);
    let (detection, asked) = survey_by(rules, registry(&[("1.1", NEW)]), &world).await;
    assert!(matches!(detection.finding, Finding::Excluded(Exclusion::SwitchedOff { .. })), "{:?}", detection.finding);
    assert_eq!(asked, Vec::<String>::new());
}
