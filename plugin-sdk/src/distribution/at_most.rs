//! Lists from outside that must not fill the memory: a few MiB of JSON can hold millions of entries, and each takes much
//! more room than its text.

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// The first entries of a list, at most `MAX`.
#[derive(Debug, Default)]
pub(super) struct AtMost<T, const MAX: usize> {
    pub(super) items: Vec<T>,
    /// Whether there were more.
    pub(super) is_cut: bool,
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for AtMost<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for ListVisitor<T, MAX> {
    type Value = AtMost<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while items.len() < MAX {
            match list.next_element()? {
                Some(item) => items.push(item),
                None => return Ok(AtMost { items, is_cut: false }),
            }
        }
        let mut is_cut = false;
        while list.next_element::<IgnoredAny>()?.is_some() {
            is_cut = true;
        }
        Ok(AtMost { items, is_cut })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, expected: Option<(&[u32], bool)>) {
        let read: Option<AtMost<u32, 3>> = serde_json::from_str(json).ok();
        assert_eq!(read.as_ref().map(|read| (read.items.as_slice(), read.is_cut)), expected, "{json}");
    }

    #[test]
    fn the_rest_is_left_out_and_has_to_be_json_all_the_same() {
        check("[]", Some((&[], false)));
        check("[1,2,3]", Some((&[1, 2, 3], false)));
        check("[1,2,3,\"x\"]", Some((&[1, 2, 3], true)));
        check("[1,2,3,4", None);
        check("[1,\"x\"]", None);
        check("{}", None);
    }
}
