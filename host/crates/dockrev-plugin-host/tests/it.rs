//! The plugin host with real components: those that come with Dockrev, one that misbehaves, and broken ones.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

#[path = "it/broken.rs"]
mod broken;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/probing.rs"]
mod probing;
#[path = "it/real.rs"]
mod real;
#[path = "it/support.rs"]
mod support;
