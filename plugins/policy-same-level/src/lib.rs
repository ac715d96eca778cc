//! Dockrev's default version policy: newer versions of the same shape.
//!
//! A tag is taken apart into a prefix, numbers and a suffix (`version.rs`). Tags with the same prefix, as many numbers and
//! a suffix of the same family are a track, and only within a track is there an order: `5.2` goes to `5.3`, and never to
//! `5.3.1`, `5.3-alpine` or `20240115`. The highest eligible tag of the track is the choice (`judge.rs`).
//!
//! Before that, the tags of a repository are read in the light of each other (`history.rs`): digits that are commits, years
//! with two digits, numbers of a suffix that name a line. A version that stands far above all others is doubtful, and not
//! eligible (`doubt.rs`).
//!
//! `docs/policy.md` has the whole rule and the settings; `corpus/` has tags of real repositories and where they should go.

mod calendar;
mod doubt;
mod expression;
mod family;
mod history;
mod judge;
mod number;
mod prefix;
mod settings;
mod stage;
mod version;

use dockrev_plugin_sdk::policy::{PolicyError, Question, Verdict, VersionPolicy};

/// The plugin.
pub struct SameLevel;

impl VersionPolicy for SameLevel {
    fn assess(question: Question) -> Result<Verdict, PolicyError> {
        let settings = settings::parse(&question.service_settings)?;
        judge::assess(&question, &settings)
    }
}

dockrev_plugin_sdk::export!(version-policy: SameLevel);

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
