//! Runs plugins: WebAssembly components behind limits and grants.
//!
//! [`PluginHost::load`] reads the plugin folders. [`RegistryAdapters`], [`Policies`] and [`Notifiers`] implement the core's
//! ports with what was found. Every call gets a fresh instance of a component that was compiled and linked before; what
//! it may do is decided outside the sandbox, and what it returns is checked as any other input is.
//!
//! | module | what it is |
//! | --- | --- |
//! | `manifest`, `setup` | `plugin.toml`, and what the admin set |
//! | `load`, `inspect` | from folders to plugins and problems; what one file is |
//! | `host` | all plugins, and what is known of them |
//! | `engine`, `linker`, `bindings` | the WebAssembly engine, what a component may import, the generated interfaces |
//! | `call`, `state`, `limits` | one call: its store, its limits, and what its failure means |
//! | `call_log`, `outgoing` | what a plugin writes, and what it sends |
//! | `adapters` | which adapter serves a registry: probing, and remembering what came of it |
//! | `registry_adapters`, `policies`, `notifiers` | one port each, with the checks of its answers |

mod adapters;
mod bindings;
mod call;
mod call_log;
mod engine;
mod host;
mod inspect;
mod limits;
mod linker;
mod load;
mod manifest;
mod meter;
mod notifiers;
mod outgoing;
mod policies;
mod registry_adapters;
mod setup;
mod state;
mod text;

pub use adapters::{Served, Why};
pub use call::Calls;
pub use host::{PluginHost, PluginHostConfig, PluginHostError, PluginInfo, Readiness};
pub use inspect::{InspectError, Inspection, inspect};
pub use limits::CallLimits;
pub use load::{LoadError, PluginProblem};
pub use manifest::{Capabilities, Manifest, ManifestError, Probe, World};
pub use notifiers::Notifiers;
pub use policies::Policies;
pub use registry_adapters::{MAX_TAGS, RegistryAdapters};
pub use setup::PluginSetup;
