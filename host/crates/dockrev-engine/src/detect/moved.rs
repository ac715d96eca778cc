//! What is known of a tag that points to another image than the one that runs.

use super::Check;
use super::reading::{Asked, store_trouble};
use dockrev_core::detection::{Finding, Moved, MovedBack, TagFacts, runs};
use dockrev_core::image::ImageRef;
use dockrev_core::registry::ResolvedImage;
use dockrev_core::stack::LocalImage;
use jiff::Timestamp;

/// Notes what the tag points to, and finds out how it moved, if it did.
pub(super) async fn find(
    check: &Check<'_>,
    asked: &Asked<'_>,
    tag_now: &ResolvedImage,
    facts: &TagFacts,
) -> Result<Option<Moved>, Finding> {
    let repository = asked.reference.repository();
    let pushed =
        facts.pushed_at_unix_s.filter(|_| facts.digest.as_ref().is_none_or(|digest| *digest == tag_now.digest));
    let since = check.memory.since(repository, &asked.tag, &tag_now.digest, pushed).await;
    let Some(local) = asked.local else { return Ok(None) };
    if runs(local, repository, tag_now) {
        // What runs may be known here by the digest of its platform, and there by that of the index.
        for digest in local.digests_of(repository).filter(|digest| tag_now.is_or_contains(digest)) {
            // The failure was noticed with the digest above.
            let _ = check.memory.see(repository, &asked.tag, digest).await;
        }
        return Ok(None);
    }
    let too_young = match (&asked.settings.min_age, &since) {
        (Some(_), Err(error)) => return Err(store_trouble(error)),
        (Some(wanted), Ok(since)) => since.too_young(wanted, check.memory.now()),
        (None, _) => None,
    };
    let back = back(check, asked, local, tag_now).await;
    Ok(Some(Moved { since: since.ok(), too_young, back }))
}

/// Whether the tag went back: by what earlier checks saw behind it, or by what this engine still has. What cannot be read
/// shows nothing.
async fn back(check: &Check<'_>, asked: &Asked<'_>, local: &LocalImage, tag_now: &ResolvedImage) -> Option<MovedBack> {
    let repository = asked.reference.repository();
    let first_seen = async |digest| check.memory.first_seen(repository, &asked.tag, digest).await.ok().flatten();
    let mut running_seen: Option<Timestamp> = None;
    for digest in local.digests_of(repository) {
        running_seen = [running_seen, first_seen(digest).await].into_iter().flatten().min();
    }
    if let (Some(seen), Some(running_seen)) = (first_seen(&tag_now.digest).await, running_seen)
        && seen < running_seen
    {
        return Some(MovedBack::SeenBefore { seen, running_seen });
    }
    let by_digest = ImageRef::new(repository.clone(), None, Some(tag_now.digest.clone()));
    let here = check.engine?.image(&by_digest).await.ok().flatten()?;
    let (built, running_built) = (here.created?, local.created?);
    (built < running_built).then_some(MovedBack::BuiltBefore { built, running_built })
}
