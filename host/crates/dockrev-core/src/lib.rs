//! What Dockrev decides, apart from doing it.
//!
//! No I/O, no clock, no randomness: every function here takes all it needs as arguments, the time included. The
//! rest of Dockrev is reached through the small traits in [`ports`].
#![forbid(unsafe_code)]

pub mod age;
pub mod backup;
pub mod causes;
pub mod detection;
pub mod event;
pub mod ids;
pub mod ignore;
pub mod image;
pub mod job;
pub mod plan;
pub mod platform;
pub mod policy;
pub mod ports;
#[cfg(test)]
mod properties;
pub mod registry;
pub mod settings;
pub mod stack;
pub mod window;
