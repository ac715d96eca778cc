//! World `version-policy`: judges which tag is newer, and which to take.

pub use crate::bindings::version_policy::exports::dockrev::plugin::policy::{
    Assessment, Candidate, Following, Level, PolicyError, Question, Relation, Verdict,
};

use crate::bindings::version_policy::exports::dockrev::plugin::policy::Guest;

/// A version policy: a pure function without network and secrets.
///
/// Export it with [`export!`](crate::export!). It need not sort or count: one call has all the tags.
pub trait VersionPolicy {
    /// Judges all tags of a repository against the current one.
    fn assess(question: Question) -> Result<Verdict, PolicyError>;
}

#[doc(hidden)]
pub fn is_policy<T: VersionPolicy>() {}

impl<T: VersionPolicy> Guest for T {
    fn assess(question: Question) -> Result<Verdict, PolicyError> {
        <T as VersionPolicy>::assess(question)
    }
}
