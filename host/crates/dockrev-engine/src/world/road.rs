//! The ways in which the change of a test is made.

use super::rewrite;
use dockrev_core::image::PinnedImage;
use dockrev_core::plan::{RewritePlan, Writing};

/// How the change of a test is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Road {
    MovedTag,
    FirstPin,
    NextPin,
    Rewrite,
    RewriteOfPinned,
    /// As the first pin, with another service that lives in this one's network.
    Followed,
    /// As the first pin, with a one-shot of the same image that runs before it.
    Prepared,
    /// A container that belongs to no stack, and whose tag moved.
    AloneMovedTag,
    /// A container that belongs to no stack, and a newer tag.
    AloneNewTag,
}

impl Road {
    pub(crate) const ALL: [Self; 9] = [
        Self::MovedTag,
        Self::FirstPin,
        Self::NextPin,
        Self::Rewrite,
        Self::RewriteOfPinned,
        Self::Followed,
        Self::Prepared,
        Self::AloneMovedTag,
        Self::AloneNewTag,
    ];

    /// Whether the old image runs by a pin of Dockrev's.
    pub(crate) fn is_pinned(self) -> bool {
        match self {
            Self::NextPin | Self::RewriteOfPinned => true,
            Self::MovedTag
            | Self::FirstPin
            | Self::Rewrite
            | Self::Followed
            | Self::Prepared
            | Self::AloneMovedTag
            | Self::AloneNewTag => false,
        }
    }

    /// What the compose file says before the change.
    pub(crate) fn file_image(self) -> &'static str {
        if self.is_pinned() { "demo.invalid/app:0.9" } else { "demo.invalid/app:1.0" }
    }

    pub(super) fn rewrite(self, before: Option<PinnedImage>) -> Writing {
        let rewrite = rewrite(self.file_image(), "demo.invalid/app:1.1");
        Writing::Rewrite(Box::new(RewritePlan { rewrite, before, tag_before: None }))
    }

    pub(crate) fn is_alone(self) -> bool {
        match self {
            Self::MovedTag
            | Self::FirstPin
            | Self::NextPin
            | Self::Rewrite
            | Self::RewriteOfPinned
            | Self::Followed
            | Self::Prepared => false,
            Self::AloneMovedTag | Self::AloneNewTag => true,
        }
    }
}
