//! The tags of a repository, page by page.

use super::at_most::AtMost;
use super::link::{self, LinkError};
use super::{Client, content};
use crate::http::{Method, Response, Url};
use crate::log;
use crate::registry::{RegistryError, Tag, TagList};
use std::collections::BTreeSet;

/// How many tags a page is asked to have: the most that large registries give at once.
const TAGS_PER_PAGE: u32 = 1000;

/// How many pages are read: half of the requests that one call has, so that a registry without an end
/// ends as a list that says it is incomplete, and not as a plugin that was stopped.
pub(super) const PAGES_MAX: usize = 100;

/// Largest page that is read. A registry that ignores `n` sends all tags at once: this is room for about a hundred
/// thousand of the longest usual ones (a commit's full hash).
const PAGE_MAX_BYTES: usize = 6 * 1024 * 1024;

/// Most names that are read of a page. As large as real repositories get.
const PAGE_MAX_NAMES: usize = 100_000;

/// How much is read of all pages together, below the 32 MiB that one call has.
const LIST_MAX_BYTES: usize = 24 * 1024 * 1024;

#[derive(serde::Deserialize)]
struct Page {
    /// Distribution sends `null` for a repository whose last tag was deleted. An answer without it is no list.
    #[serde(deserialize_with = "serde::Deserialize::deserialize")]
    tags: Option<AtMost<String, PAGE_MAX_NAMES>>,
}

pub(super) fn list(client: &Client, max_tags: u32) -> Result<TagList, RegistryError> {
    let what = format!("the tags of {}", client.repository_words());
    let size = TAGS_PER_PAGE.min(max_tags.max(1));
    let mut list = Listing::new(max_tags);
    let mut asked = BTreeSet::new();
    let mut next = Some((Way::Start, Url::parse(&client.url(&format!("tags/list?n={size}")))?));
    let mut read_bytes = 0;
    while let Some((way, url)) = next {
        if asked.len() == PAGES_MAX {
            list.cut(format!("only the first {PAGES_MAX} pages were read"));
            break;
        }
        if read_bytes > LIST_MAX_BYTES - PAGE_MAX_BYTES {
            list.cut(format!("only the first {} MiB were read", read_bytes / (1024 * 1024)));
            break;
        }
        if !asked.insert(url.to_string()) {
            return Err(client.unexpected(&what, "a loop of pages"));
        }
        let request = client.request(Method::Get, url.to_string()).max_body_bytes(PAGE_MAX_BYTES);
        let response = client.exchange(&request, &what)?;
        match (way, response.status) {
            (Way::Start, 400) => {
                // It may not know `n`, or not like this one.
                next = Some((Way::Linked, Url::parse(&client.url("tags/list"))?));
                continue;
            }
            (Way::Guessed, 400 | 404 | 405) => break,
            (Way::Start | Way::Linked | Way::Guessed, _) => {}
        }
        let (names, link) = read_page(client, &what, &url, response, &mut read_bytes)?;
        let guess = guess(client, size, &names.items);
        let news = list.add(names.items);
        if way == Way::Guessed && news == 0 {
            break;
        }
        if names.is_cut && !list.is_full() {
            list.cut(format!("only the first {PAGE_MAX_NAMES} names of a page were read"));
            break;
        }
        list.overflowed |= names.is_cut;
        next = link.map(|url| (Way::Linked, url)).or_else(|| guess.map(|url| (Way::Guessed, url)));
        if list.is_full() {
            if list.overflowed || next.is_some() {
                list.cut(format!("only the first {max_tags} tags were read"));
            }
            break;
        }
    }
    Ok(list.finish(client))
}

/// Why a page is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is the first one.
    Start,
    /// The page before it, or the specification, says that it is there.
    Linked,
    /// The page before it was full, so there may be one.
    Guessed,
}

/// Where the page after a full one would be. Some registries end a list at the number that was asked for and do not say
/// that there is more.
fn guess(client: &Client, size: u32, names: &[String]) -> Option<Url> {
    let last = names.last().filter(|last| names.len() == size as usize && content::is_tag(last))?;
    Url::parse(&client.url(&format!("tags/list?n={size}&last={last}"))).ok()
}

/// The names on a page, and where the next page is.
fn read_page(
    client: &Client,
    what: &str,
    url: &Url,
    response: Response,
    read_bytes: &mut usize,
) -> Result<(AtMost<String, PAGE_MAX_NAMES>, Option<Url>), RegistryError> {
    if response.status == 404 {
        return Err(client.not_found(&client.repository_words()));
    }
    let response = client.check(response, what)?;
    *read_bytes += response.body.len();
    let page: Page = response.json().map_err(|_| client.unexpected(what, "something else than a list of tags"))?;
    let next = link::next(url, response.header_values("Link")).map_err(|error| match error {
        LinkError::OtherHost => client.unexpected(what, "a next page on another host"),
        LinkError::Malformed => client.unexpected(what, "a next page that is no link"),
    })?;
    Ok((page.tags.unwrap_or_default(), next))
}

/// The tags so far.
struct Listing {
    tags: Vec<Tag>,
    names: BTreeSet<String>,
    max_tags: usize,
    not_tags: usize,
    overflowed: bool,
    truncated: Option<String>,
}

impl Listing {
    fn new(max_tags: u32) -> Self {
        Self {
            tags: Vec::new(),
            names: BTreeSet::new(),
            max_tags: usize::try_from(max_tags).unwrap_or(usize::MAX),
            not_tags: 0,
            overflowed: false,
            truncated: None,
        }
    }

    /// Adds what is not there yet, and says how many that are.
    fn add(&mut self, names: Vec<String>) -> usize {
        let before = self.tags.len();
        for name in names {
            if !content::is_tag(&name) {
                self.not_tags += 1;
            } else if self.names.contains(&name) {
                // Pages overlap when somebody pushes while they are read.
            } else if self.is_full() {
                self.overflowed = true;
            } else {
                self.names.insert(name.clone());
                self.tags.push(Tag::named(name));
            }
        }
        self.tags.len() - before
    }

    fn is_full(&self) -> bool {
        self.tags.len() >= self.max_tags
    }

    fn cut(&mut self, why: String) {
        self.truncated = Some(why);
    }

    fn finish(self, client: &Client) -> TagList {
        if self.not_tags > 0 {
            log::warn(format_args!("{} has {} names that are no tags", client.repository_words(), self.not_tags));
        }
        TagList { tags: self.tags, truncated: self.truncated }
    }
}
