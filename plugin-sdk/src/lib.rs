//! Write plugins for Dockrev: registry adapters, notifiers and version policies.
//!
//! A plugin is one WebAssembly component and a manifest, `plugin.toml`. The host runs it in a sandbox: it reaches the
//! hosts and the secrets that the manifest asks for and the admin granted, and nothing else of the machine. Every call
//! gets a fresh instance, 64 MiB of memory, 30 s, 200 requests and 32 MiB of bodies.
//!
//! # A whole plugin
//!
//! This notifier posts to a topic of an [ntfy](https://ntfy.sh) server:
//!
//! ```
//! use dockrev_plugin_sdk::notifier::{Event, Notifier, Receipt, Undelivered, judge};
//! use dockrev_plugin_sdk::{http::Request, secrets, settings};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     url: String,
//! }
//!
//! struct Ntfy;
//!
//! impl Notifier for Ntfy {
//!     fn notify(event: Event) -> Result<Receipt, Undelivered> {
//!         let settings: Settings = settings::get()?;
//!         let mut request = Request::post(settings.url).header("Title", event.title).body(event.body);
//!         if let Some(token) = secrets::find("token") {
//!             request = request.header("Authorization", format!("Bearer {}", token.expose()));
//!         }
//!         judge(&request.send()?)
//!     }
//! }
//!
//! dockrev_plugin_sdk::export!(notifier: Ntfy);
//! # fn main() {}
//! ```
//!
//! Its manifest:
//!
//! ```toml
//! id = "notifier-ntfy"
//! version = "0.1.0"
//! world = "notifier"
//! wit = "0.1.0"
//! name = "ntfy"
//! description = "Posts to a topic of an ntfy server"
//! license = "MIT OR Apache-2.0"
//!
//! [capabilities]
//! settings-hosts = ["url"]
//! secrets = ["token"]
//!
//! [settings]
//! type = "object"
//! required = ["url"]
//! additionalProperties = false
//! properties.url = { type = "string", format = "uri", description = "The topic's URL" }
//! ```
//!
//! The crate is a library of both kinds, so that it becomes a component and can be tested natively:
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib", "rlib"]
//! ```
//!
//! Build it with `cargo build --release --target wasm32-wasip2`, and put the result beside the manifest as
//! `plugin.wasm`.
//!
//! # Which module
//!
//! | a plugin that | implements | and uses |
//! | --- | --- | --- |
//! | reads a registry | [`registry::RegistryAdapter`] | [`distribution`], [`http`] |
//! | judges versions | [`policy::VersionPolicy`] | nothing: it is a pure function |
//! | delivers events | [`notifier::Notifier`] | [`http`], [`secrets`] |
//!
//! All of them read [`settings`] and write to the [`log`]. Tests run natively against a [`testing::Host`].

#[allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    rust_2018_idioms,
    clippy::all,
    clippy::allow_attributes,
    clippy::expect_used,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm,
    reason = "generated code"
)]
#[doc(hidden)]
pub mod bindings;

pub mod distribution;
mod export;
mod host;
pub mod http;
pub mod log;
pub mod notifier;
pub mod policy;
#[cfg(test)]
mod properties;
pub mod registry;
pub mod secrets;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
