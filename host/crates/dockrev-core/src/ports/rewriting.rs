//! The user's own files, where a newer tag is written into them.

use super::HostError;
use crate::plan::{CannotRewrite, Rewrite, Wanted};
use crate::stack::{ComposeProject, FileHash};
use async_trait::async_trait;

/// Finds and replaces the one text in the user's own files that says a service's image.
#[async_trait]
pub trait Rewriting: Send + Sync {
    /// Finds the text that has to change so that Compose makes the service from the wanted image, and proves on a copy of
    /// the files that nothing else changes with it. The files themselves stay as they are.
    ///
    /// Inside, why it cannot be done with certainty.
    async fn find(
        &self,
        project: &ComposeProject,
        wanted: &Wanted,
    ) -> Result<Result<Rewrite, CannotRewrite>, HostError>;

    /// What stands at the place of `rewrite` by now. Whatever an interrupted [`Self::replace`] left beside the file is
    /// gone afterwards.
    async fn standing(&self, rewrite: &Rewrite) -> Result<Standing, HostError>;

    /// Replaces the text at the place of `rewrite` by the one of `way`, and no other byte: all at once, with the file's
    /// owner and mode. Fails if neither of the two texts is there.
    async fn replace(&self, rewrite: &Rewrite, way: Way) -> Result<(), HostError>;

    /// As [`super::Compose::fingerprint`], as if `edits` had not been made.
    async fn fingerprint_without(
        &self,
        project: &ComposeProject,
        edits: &[Rewrite],
    ) -> Result<Vec<FileHash>, HostError>;
}

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The text from before.
    Before,
    /// The new text.
    After,
    /// Something else, or the place is gone: somebody changed it.
    Other,
}

/// Which of the two texts is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The new one.
    Forth,
    /// The one from before.
    Back,
}
