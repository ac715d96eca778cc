//! Image references, digests and tags: whatever is read prints back, in full and as people write it.
#![no_main]

use dockrev_core::image::{Digest, ImageRef, Tag};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(reference) = text.parse::<ImageRef>() {
        assert_eq!(reference.to_string().parse().as_ref(), Ok(&reference));
        assert_eq!(reference.familiar().parse().as_ref(), Ok(&reference));
        assert_eq!(reference.to_string().parse::<ImageRef>().map(|again| again.to_string()), Ok(reference.to_string()));
    }
    if let Ok(digest) = text.parse::<Digest>() {
        assert_eq!(digest.to_string(), text);
        assert!(text.starts_with(digest.short()));
    }
    if let Ok(tag) = text.parse::<Tag>() {
        assert_eq!(tag.to_string(), text);
    }
});
