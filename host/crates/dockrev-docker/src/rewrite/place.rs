//! Finding a place again in a file that others may have edited, and replacing what stands there.

use super::env_file;
use super::yaml::Tree;
use dockrev_core::plan::{Place, Rewrite};
use dockrev_core::ports::{Standing, Way};
use std::ops::Range;

/// The bytes of `text` at `place`. None if the place is gone, or no longer one place.
pub(super) fn locate(text: &str, place: &Place) -> Option<Range<usize>> {
    match place {
        Place::Yaml { path } => {
            let tree = Tree::parse(text).ok()?;
            let id = tree.at(path).ok()??;
            Some(tree.node(id).span.clone())
        }
        Place::Variable { name } => {
            let mut found = env_file::entries(text).into_iter().filter(|entry| entry.name == *name);
            match (found.next(), found.next()) {
                (Some(entry), None) => Some(entry.span),
                (None, _) | (Some(_), Some(_)) => None,
            }
        }
    }
}

/// What stands in `text` at the place of `rewrite`.
pub(super) fn standing(text: &str, rewrite: &Rewrite) -> Standing {
    match locate(text, &rewrite.place).map(|range| &text[range]) {
        Some(found) if found == rewrite.before => Standing::Before,
        Some(found) if found == rewrite.after => Standing::After,
        Some(_) | None => Standing::Other,
    }
}

/// `text` with what `way` says at the place of `rewrite`. None if something else stands there.
pub(super) fn replaced(text: &str, rewrite: &Rewrite, way: Way) -> Option<String> {
    let (from, to) = match way {
        Way::Forth => (&rewrite.before, &rewrite.after),
        Way::Back => (&rewrite.after, &rewrite.before),
    };
    let range = locate(text, &rewrite.place)?;
    let found = &text[range.clone()];
    if found == to {
        return Some(text.to_owned());
    }
    (found == from).then(|| format!("{}{to}{}", &text[..range.start], &text[range.end..]))
}
