//! Lines for the person who runs Dockrev.
//!
//! They appear in Dockrev's own log, marked with the plugin's id. Lines past the call's budget are dropped, so say what
//! matters once. Never log a secret.

pub use crate::bindings::imports::dockrev::plugin::log::Level;
use std::fmt::Display;

/// Writes one line at `level`.
pub fn write(level: Level, message: impl Display) {
    crate::host::write_log(level, &message.to_string());
}

/// Writes a line about a small step.
pub fn trace(message: impl Display) {
    write(Level::Trace, message);
}

/// Writes a line that helps to find a fault.
pub fn debug(message: impl Display) {
    write(Level::Debug, message);
}

/// Writes a line that is worth knowing.
pub fn info(message: impl Display) {
    write(Level::Info, message);
}

/// Writes a line about something odd that does not stop the call.
pub fn warn(message: impl Display) {
    write(Level::Warn, message);
}

/// Writes a line about something wrong.
pub fn error(message: impl Display) {
    write(Level::Error, message);
}
