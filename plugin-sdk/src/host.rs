//! The one place that knows whether there is a real host outside (a component) or one made up for a test (native).

#[cfg(target_arch = "wasm32")]
mod component;
#[cfg(target_arch = "wasm32")]
pub(crate) use component::{secret, send, settings, write_log};

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use crate::testing::{secret, send, settings, write_log};
