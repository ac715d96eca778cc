//! What a program found out, in a form in which two of them can be compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::failure::Failure;
use crate::registry::Repository;

/// The tag to move to and its digest, by image; nothing where there is nothing newer.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Found(pub(super) BTreeMap<String, Option<(String, String)>>);

impl Found {
    /// What is true.
    pub(super) fn expected(host: &str, repositories: &[Repository]) -> Self {
        let image = |repository: &Repository| format!("{host}/{}:{}", repository.name, repository.tag);
        let news =
            |repository: &Repository| repository.expected().map(|(tag, digest)| (tag.to_owned(), digest.to_owned()));
        Self(repositories.iter().map(|repository| (image(repository), news(repository))).collect())
    }

    /// What `dockrev check --json` says.
    pub(super) fn of_dockrev(document: &Value) -> Result<Self, Failure> {
        let entries = document["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut found = BTreeMap::new();
        for entry in entries {
            let news = match entry["status"].as_str() {
                Some("up-to-date") => None,
                Some("update" | "held") => {
                    Some((text(&entry["candidate"]["tag"]), text(&entry["candidate"]["digest"])))
                }
                Some(_) | None => {
                    let (image, status, reason) = (&entry["image"], &entry["status"], &entry["reason"]);
                    return Err(Failure::new(format!("dockrev says of {image}: {status}, {reason}")));
                }
            };
            found.insert(text(&entry["image"]), news);
        }
        Ok(Self(found))
    }

    /// Fails with the first image of which `who` found out something else.
    pub(super) fn compare(&self, other: &Self, who: &str) -> Result<(), Failure> {
        let all = self.0.keys().chain(other.0.keys());
        match all.into_iter().find(|image| self.0.get(*image) != other.0.get(*image)) {
            None => Ok(()),
            Some(image) => {
                let (expected, found) = (self.0.get(image), other.0.get(image));
                Err(Failure::new(format!("{who} found {found:?} for `{image}`, and {expected:?} is true")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_found_is_compared() {
        let document = json!({ "entries": [
            { "image": "a:1", "status": "up-to-date" },
            { "image": "b:1", "status": "update", "candidate": { "tag": "2", "digest": "sha256:0" } },
        ]});
        let found = Found::of_dockrev(&document).unwrap();
        let news = Some(("2".to_owned(), "sha256:0".to_owned()));
        let expected = Found(BTreeMap::from([("a:1".to_owned(), None), ("b:1".to_owned(), news)]));
        assert!(expected.compare(&found, "dockrev").is_ok());
        assert!(Found::default().compare(&found, "dockrev").is_err());
        assert!(found.compare(&Found::default(), "dockrev").is_err());
        let unknown = json!({ "entries": [{ "image": "a:1", "status": "unknown", "reason": "no answer" }] });
        assert!(Found::of_dockrev(&unknown).is_err());
    }
}
