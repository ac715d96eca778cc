//! Dockrev's default version policy: newer versions of the same shape.
//!
//! A tag is taken apart into a prefix, numbers and a suffix (`version.rs`). Tags with the same prefix, as many numbers and
//! a suffix of the same family are a track, and only within a track is there an order: `5.2` goes to `5.3`, and never to
//! `5.3.1`, `5.3-alpine` or `20240115`. The highest eligible tag of the track is the choice (`judge.rs`).
//!
//! | tags | are |
//! | --- | --- |
//! | `latest`, `nightly`, `1.x`, `sha-1a2b3c4`, `pr-12` | followed by their digest |
//! | `16`, `v5`, `16-alpine`, `2022` | bare majors: followed by their digest, newer lines are shown but not eligible |
//! | `5.2`, `v1.2.3`, `release-1.2` | versions: major, minor or patch by the first number that differs |
//! | `20240115`, `2024.1`, `2024-01-15`, `b4000` | calendar versions and build numbers: always `same-level` |
//! | `5.3-rc.1`, `5.3b2`, `5.3-M1` | pre-releases: eligible only for another one that is no more finished |
//! | `1.2-alpine3.19` and `1.2-alpine3.20`, `-ls257` and `-ls322` | one family: the higher suffix is newer |
//! | `0.8-pg16` and `0.8-pg17`, `8.5-jdk17` and `8.5-jdk21` | different families, since a service may depend on it |
//!
//! # Settings of a service
//!
//! `{"levels": ["major", "minor", "patch", "same-level"], "include": null, "exclude": null, "prereleases": false}`
//!
//! These are the defaults. `levels` are those that may be chosen; `prereleases` allows pre-releases for a service that runs
//! none; `include` and `exclude` must be `null`. Any other name is an error.

mod judge;
mod number;
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
mod tests;
