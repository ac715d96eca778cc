//! What became of a tag: on this engine, and in its registry.

use crate::age::{Since, TooYoung};
use crate::ids::ImageId;
use crate::image::{Digest, Repository, Tag};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the local tag, by which a container was made, stands for by now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalTag {
    /// It is of no interest: the container was made from a digest, or there is none.
    Unused,
    /// The image that runs.
    Same,
    /// Nothing.
    Gone,
    /// Another image of the same repository: it was pulled, and not brought up.
    Pulled(ImageId),
    /// An image that did not come from this repository: somebody gave it this name here.
    Retagged(ImageId),
}

/// The tag that is followed points to another image than the one that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Since when it does, as far as is known.
    pub since: Option<Since>,
    /// What is missing to the age that is wanted, if something is.
    pub too_young: Option<TooYoung>,
    /// Set if it went back to an older build.
    pub back: Option<MovedBack>,
}

/// How it is known that a tag went back to an older build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum MovedBack {
    /// The tag pointed to it before it pointed to what runs.
    SeenBefore {
        /// When the tag was first seen to point to it.
        seen: Timestamp,
        /// When the tag was first seen to point to what runs.
        running_seen: Timestamp,
    },
    /// This engine has it, and it says that it was built earlier than what runs.
    BuiltBefore {
        /// When it says that it was built.
        built: Timestamp,
        /// When what runs says that it was built.
        running_built: Timestamp,
    },
}

impl fmt::Display for MovedBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minute = |at: &Timestamp| at.strftime("%Y-%m-%d %H:%MZ").to_string();
        match self {
            Self::SeenBefore { seen, running_seen } => {
                write!(f, "seen behind it on {}, and what runs on {}", minute(seen), minute(running_seen))
            }
            Self::BuiltBefore { built, running_built } => {
                write!(f, "built {}, and what runs {}", minute(built), minute(running_built))
            }
        }
    }
}

/// What a registry no longer has, or never had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Absence {
    /// The tag.
    Tag {
        /// Which one.
        tag: Tag,
    },
    /// The whole repository.
    Repository {
        /// Which one.
        repository: Repository,
    },
}

impl Absence {
    /// Stable code for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tag { .. } => "registry.tag-gone",
            Self::Repository { .. } => "registry.repository-gone",
        }
    }
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag { tag } => write!(f, "the registry does not have tag `{tag}` (any more)"),
            Self::Repository { repository } => {
                write!(f, "the registry does not have repository `{}` (any more)", repository.familiar())
            }
        }
    }
}

/// Something newer that has not been out for long enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YoungCandidate {
    /// Its tag.
    pub tag: Tag,
    /// What the tag points to.
    pub image: crate::registry::ResolvedImage,
    /// What is missing.
    pub too_young: TooYoung,
}

/// What is known of one tag of a repository beside its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFacts {
    /// The digest behind it.
    pub digest: Option<Digest>,
    /// When it was pushed, in Unix seconds, where the registry tells it.
    pub pushed_at_unix_s: Option<i64>,
}
