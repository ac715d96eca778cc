//! What Dockrev does: it detects, and it runs jobs, undoes them and picks them up after a crash.
//!
//! Decisions are the core's; the world is reached through the core's ports only.
#![forbid(unsafe_code)]

pub mod attach;
pub mod batch;
pub mod clock;
pub mod detect;
pub mod retention;
mod revive;
pub mod runner;

mod context;
mod followers;
mod health;
mod keep;
mod questions;
mod rewrites;
mod scribe;
mod stage;

pub use context::Ports;

#[cfg(test)]
mod world;
