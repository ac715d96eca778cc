//! What the registry has: repositories as real hosts run them.

use std::collections::HashMap;

use super::image::{Blob, Image, Layer};
use crate::failure::Failure;

/// How many tags a repository has, by its number: most have some ten or hundred, a few more than fit on a page.
const TAG_COUNTS: [usize; 10] = [40, 120, 250, 60, 500, 90, 1500, 180, 30, 300];

/// What is to be found out about a repository's image, by its number.
const KINDS: [Kind; 10] = [
    Kind::Current,
    Kind::Outdated,
    Kind::Current,
    Kind::Floating,
    Kind::Outdated,
    Kind::Current,
    Kind::Outdated,
    Kind::Moved,
    Kind::Current,
    Kind::Outdated,
];

/// How far behind an outdated image is, in versions.
const BEHIND: usize = 3;

/// What is to be found out about an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its tag is the newest version.
    Current,
    /// There are newer versions.
    Outdated,
    /// It follows `latest`, which stands for it.
    Floating,
    /// It follows `latest`, which stands for another one by now.
    Moved,
}

/// A repository, one image of which is in use.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// All tags, in the order of their names, as registries list them.
    pub(super) tags: Vec<String>,
    /// The tag that is in use.
    pub(crate) tag: String,
    /// The newest version.
    newest_tag: String,
    in_use: Image,
    newest: Image,
}

impl Repository {
    fn new(number: usize, layer: &Layer) -> Self {
        let name = format!("team-{}/app-{number:04}", number % 20);
        let kind = KINDS[number % KINDS.len()];
        let (versions, mut tags) = tags(TAG_COUNTS[number / 3 % TAG_COUNTS.len()]);
        tags.sort_unstable();
        let newest_tag = versions.last().cloned().unwrap_or_default();
        let tag = match kind {
            Kind::Current => newest_tag.clone(),
            Kind::Outdated => versions[versions.len().saturating_sub(BEHIND + 1)].clone(),
            Kind::Floating | Kind::Moved => "latest".to_owned(),
        };
        let in_use = Image::new(&name, &tag, layer);
        let newest = Image::new(&name, "the newest", layer);
        Self { name, kind, tags, tag, newest_tag, in_use, newest }
    }

    /// What `tag` stands for.
    pub(super) fn image(&self, tag: &str, is_news_out: bool) -> Option<&Image> {
        let moved = self.kind == Kind::Moved && is_news_out;
        if tag == self.tag && !moved {
            return Some(&self.in_use);
        }
        self.tags.binary_search_by(|known| known.as_str().cmp(tag)).ok().map(|_| &self.newest)
    }

    /// The tag to move to, and its digest, if there is something newer.
    pub(crate) fn expected(&self) -> Option<(&str, &str)> {
        let digest = self.newest.index.digest.as_str();
        match self.kind {
            Kind::Current | Kind::Floating => None,
            Kind::Outdated => Some((&self.newest_tag, digest)),
            Kind::Moved => Some((&self.tag, digest)),
        }
    }
}

/// All that there is.
#[derive(Debug)]
pub(crate) struct Catalogue {
    repositories: Vec<Repository>,
    numbers: HashMap<String, usize>,
    blobs: HashMap<String, Blob>,
}

impl Catalogue {
    pub(super) fn of(repositories: usize) -> Result<Self, Failure> {
        let layer = Layer::new()?;
        let repositories: Vec<Repository> = (0..repositories).map(|number| Repository::new(number, &layer)).collect();
        let images = repositories.iter().flat_map(|repository| [&repository.in_use, &repository.newest]);
        let blobs = images.flat_map(|image| [&image.index, &image.manifest, &image.config, &*image.layer]);
        let blobs = blobs.map(|blob| (blob.digest.clone(), blob.clone())).collect();
        let named = repositories.iter().enumerate().map(|(number, repository)| (repository.name.clone(), number));
        Ok(Self { numbers: named.collect(), blobs, repositories })
    }

    pub(crate) fn repositories(&self) -> &[Repository] {
        &self.repositories
    }

    pub(super) fn repository(&self, name: &str) -> Option<&Repository> {
        self.repositories.get(*self.numbers.get(name)?)
    }

    pub(super) fn blob(&self, digest: &str) -> Option<&Blob> {
        self.blobs.get(digest)
    }
}

/// So many tags, and the versions among them, oldest first.
fn tags(count: usize) -> (Vec<String>, Vec<String>) {
    let mut tags: Vec<String> = ["latest", "edge", "nightly"].map(str::to_owned).to_vec();
    let mut versions = Vec::new();
    for number in 0.. {
        if tags.len() >= count {
            break;
        }
        let (major, minor, patch) = (1 + number / 40, number / 5 % 8, number % 5);
        let version = format!("{major}.{minor}.{patch}");
        tags.push(format!("{version}-alpine"));
        tags.push(version.clone());
        if patch == 0 {
            tags.push(format!("{major}.{minor}"));
        }
        if patch == 0 && minor == 0 {
            tags.push(major.to_string());
        }
        versions.push(version);
    }
    (versions, tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_image_is_there() {
        let catalogue = Catalogue::of(30).unwrap();
        for repository in catalogue.repositories() {
            let (before, after) = [false, true].map(|news| repository.image(&repository.tag, news).unwrap()).into();
            let moved = before.index.digest != after.index.digest;
            assert_eq!(moved, repository.kind == Kind::Moved, "{}", repository.name);
            assert_eq!(repository.expected().is_some(), matches!(repository.kind, Kind::Outdated | Kind::Moved));
            if let Some((tag, digest)) = repository.expected() {
                assert_eq!(repository.image(tag, true).unwrap().index.digest, digest);
            }
            assert!(repository.image("no-such-tag", true).is_none());
        }
        let names: std::collections::HashSet<_> = catalogue.repositories().iter().map(|found| &found.name).collect();
        assert_eq!(names.len(), 30);
    }

    #[test]
    fn versions_grow() {
        let (versions, tags) = tags(100);
        assert!(tags.len() >= 100 && versions.len() > 40);
        assert_eq!((versions[0].as_str(), versions[41].as_str()), ("1.0.0", "2.0.1"));
    }
}
