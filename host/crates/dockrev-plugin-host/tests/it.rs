//! The plugin host with real components: those that come with Dockrev, one that misbehaves, and broken ones.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test")]

#[path = "it/broken.rs"]
mod broken;
#[path = "it/forged.rs"]
mod forged;
#[path = "it/hostile.rs"]
mod hostile;
#[path = "it/outside.rs"]
mod outside;
#[path = "it/probing.rs"]
mod probing;
#[path = "it/real.rs"]
mod real;
#[path = "it/support.rs"]
mod support;
#[path = "it/wishes.rs"]
mod wishes;
