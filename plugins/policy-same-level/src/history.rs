//! What a repository's tags say about each other.

use crate::calendar::{Calendar, ShortYear};
use crate::number::Number;
use crate::version::{Tag, Track, Version, commit_shape};
use std::collections::{BTreeMap, BTreeSet};

/// Numbers of lines in a suffix begin here (`-18`, `-20` for Node.js); those of builds begin at 0 or 1.
const LINE_MIN: u64 = 8;

/// A number names a line if, on average, at least so many versions have it. Builds are counted anew for each version.
const VERSIONS_PER_LINE: usize = 3;

/// All tags of a repository, each read in the light of the others.
pub(crate) struct History<'a>(BTreeMap<&'a str, Tag<'a>>);

impl<'a> History<'a> {
    /// Reads `names` with `read`. The order of the names, and repeated ones, do not matter.
    pub(crate) fn new(names: impl Iterator<Item = &'a str>, read: impl Fn(&'a str) -> Tag<'a>) -> Self {
        let mut history = Self(names.map(|name| (name, read(name))).collect());
        history.find_commits();
        history.find_commits_in_suffixes();
        history.find_lines();
        history.find_short_years();
        history
    }

    /// What `name` says, if it is one of the tags.
    pub(crate) fn tag(&self, name: &str) -> Option<&Tag<'a>> {
        self.0.get(name)
    }

    /// Every tag, in the order of the names.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'a str, &Tag<'a>)> {
        self.0.iter().map(|(name, tag)| (*name, tag))
    }

    fn versions(&self) -> impl Iterator<Item = &Version<'a>> {
        self.0.values().filter_map(version)
    }

    fn versions_mut(&mut self) -> impl Iterator<Item = &mut Version<'a>> {
        self.0.values_mut().filter_map(|tag| match tag {
            Tag::Version(version) => Some(version.as_mut()),
            Tag::Hash | Tag::Word | Tag::Unmatched => None,
        })
    }

    /// Digits alone are a commit if others of that shape have letters.
    fn find_commits(&mut self) {
        let is_hash = |(_, tag): &(&'a str, &Tag<'a>)| matches!(tag, Tag::Hash);
        let shapes: BTreeSet<_> = self.iter().filter(is_hash).filter_map(|(name, _)| commit_shape(name)).collect();
        for tag in self.0.values_mut() {
            if version(tag).and_then(Version::commit_shape).is_some_and(|shape| shapes.contains(&shape)) {
                *tag = Tag::Hash;
            }
        }
    }

    /// The same within suffixes: `-424562606` among `-c0dd5a73e`.
    fn find_commits_in_suffixes(&mut self) {
        let with_commits: BTreeSet<Track<'a>> =
            self.versions().filter(|one| one.family().has_commit()).map(|one| one.track().clone()).collect();
        if with_commits.is_empty() {
            return;
        }
        for version in self.versions_mut() {
            if let Some(family) = version.family().with_commits()
                && with_commits.contains(&version.track_with(&family))
            {
                version.set_family(family);
            }
        }
    }

    /// Finds suffixes whose bare number names a line, such as the version of Node.js in `4.0.2-20`.
    fn find_lines(&mut self) {
        let mut tracks: BTreeMap<Track<'a>, (BTreeSet<Vec<Number<'a>>>, usize)> = BTreeMap::new();
        let mut with_small: BTreeSet<Track<'a>> = BTreeSet::new();
        for version in self.versions().filter(|one| one.family().with_lines().is_some()) {
            let numbers = version.family().numbers();
            let (values, versions) = tracks.entry(version.track().clone()).or_default();
            values.insert(numbers.to_vec());
            *versions += 1;
            if numbers.iter().any(|number| number.value() < LINE_MIN) {
                with_small.insert(version.track().clone());
            }
        }
        tracks.retain(|track, (values, versions)| {
            !with_small.contains(track) && values.len() > 1 && *versions >= VERSIONS_PER_LINE * values.len()
        });
        for version in self.versions_mut().filter(|version| tracks.contains_key(version.track())) {
            if let Some(family) = version.family().with_lines() {
                version.set_family(family);
            }
        }
    }

    /// Finds years with two digits. They are shown by a zero in front of a month, `24.04`, in a track without anything
    /// that speaks against it; elsewhere, only such tags themselves are taken out of the order of the others.
    fn find_short_years(&mut self) {
        let mut shown: BTreeMap<Track<'a>, BTreeSet<Number<'a>>> = BTreeMap::new();
        let mut against: BTreeMap<Track<'a>, BTreeSet<Number<'a>>> = BTreeMap::new();
        for version in self.versions().filter(|version| version.calendar() == Calendar::None) {
            let found = match ShortYear::of(version.numbers()) {
                ShortYear::Shown => &mut shown,
                ShortYear::NoMonth => &mut against,
                ShortYear::Possible | ShortYear::Impossible => continue,
            };
            found.entry(version.track().clone()).or_default().extend(version.numbers().first());
        }
        if shown.is_empty() {
            return;
        }
        let none = BTreeSet::new();
        for version in self.versions_mut() {
            let (Some(years), Some(first)) = (shown.get(version.track()), version.numbers().first()) else { continue };
            let against = against.get(version.track()).unwrap_or(&none);
            let is_short_year = match ShortYear::of(version.numbers()) {
                ShortYear::Shown => years.is_disjoint(against),
                ShortYear::Possible => against.is_empty() || (years.contains(first) && years.is_disjoint(against)),
                ShortYear::NoMonth | ShortYear::Impossible => false,
            };
            if is_short_year {
                version.set_short_year();
            }
        }
    }
}

/// The version that `tag` names, if it is one.
pub(crate) fn version<'t, 'a>(tag: &'t Tag<'a>) -> Option<&'t Version<'a>> {
    match tag {
        Tag::Version(version) => Some(version),
        Tag::Hash | Tag::Word | Tag::Unmatched => None,
    }
}
