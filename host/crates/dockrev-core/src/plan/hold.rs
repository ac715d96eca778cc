//! Why something newer is not taken.

use super::candidate::{Architecture, Candidate};
use super::options::{MismatchRule, PlanOptions};
use crate::detection::{Detection, Subject};
use crate::platform::Platform;
use serde::{Deserialize, Serialize};

/// Why something newer is not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Hold {
    /// It is not built for this host.
    #[error("not built for {host}: only for {}", list(offered))]
    ArchitectureMismatch {
        /// This host's platform.
        host: Platform,
        /// The platforms that it is built for.
        offered: Vec<Platform>,
    },
    /// The registry does not say what it is built for.
    #[error("the registry does not say whether it is built for {host}")]
    ArchitectureUnknown {
        /// This host's platform.
        host: Platform,
    },
    /// The service is stopped, and an update would start it.
    #[error("the service is stopped, and an update would start it")]
    Stopped,
    /// It belongs to no stack.
    #[error("not part of a Compose stack: updating such containers is not supported yet")]
    Standalone,
    /// It was only asked about.
    #[error("only asked about")]
    NotInstalled,
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(Platform::to_string).collect::<Vec<_>>().join(", ")
}

/// The reason to hold `candidate` back, if there is one.
pub(super) fn find(
    detection: &Detection,
    candidate: &Candidate,
    host: &Platform,
    options: &PlanOptions,
) -> Option<Hold> {
    match detection.subject {
        Subject::Image(_) => return Some(Hold::NotInstalled),
        Subject::Container(_) => return Some(Hold::Standalone),
        Subject::Service(_) => {}
    }
    if !detection.is_running {
        return Some(Hold::Stopped);
    }
    match (&candidate.architecture, options.architecture_mismatch) {
        (Architecture::Matches, _) | (_, MismatchRule::Apply) => None,
        (Architecture::Mismatch { offered }, MismatchRule::Hold) => {
            Some(Hold::ArchitectureMismatch { host: host.clone(), offered: offered.clone() })
        }
        (Architecture::Unknown, MismatchRule::Hold) => Some(Hold::ArchitectureUnknown { host: host.clone() }),
    }
}
