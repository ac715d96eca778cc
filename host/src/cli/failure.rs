//! What the reader sees when a command fails: what failed, a stable code, and what to do.

use super::paint::{Tone, paint};
use super::table::one_line;
use crate::cli::output::complain;
pub(super) use crate::operations::Failure;

/// Shows it on standard error.
pub(super) fn show(failure: &Failure) {
    complain!("{} {}", paint(Tone::Bad, "error:"), one_line(failure.message()));
    complain!("  {} {}", paint(Tone::Faint, "code:"), failure.code());
    if let Some(hint) = failure.what_to_do() {
        complain!("  {} {}", paint(Tone::Faint, "hint:"), one_line(hint));
    }
}
